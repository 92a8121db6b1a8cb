"""What of an evening cannot be said by a session: told to the journal, and taken up by the start after a fall."""

import time
from collections.abc import Callable
from typing import Any, Protocol

from vj.apps.guard.apart import Apart
from vj.apps.guard.journal import Beat, Evening, Fall
from vj.core.clock import AudioClock
from vj.core.params import Snapshot
from vj.core.types import Features
from vj.engine.analyzer import Analyzer
from vj.engine.console import Model
from vj.engine.desk import Desk
from vj.engine.governor import Governor
from vj.engine.rack import Rack
from vj.features.beat.record import BARS_SURE, Tempo
from vj.features.tempo import HearTempo
from vj.generators.providers import CPU

#: Whose tempo nobody but a hand has set.
BY_HAND = ("tap", "held", "lost")


class Screen(Protocol):
    """Where the show is seen."""

    @property
    def size(self) -> tuple[int, int] | None: ...


def evening(
    screen: Screen,
    desk: Desk,
    programs: Rack,
    features: Features | None,
    snapshot: Snapshot,
    clock: AudioClock,
    before: Fall | None,
    **more: Any,
) -> Evening:
    """As things are now, `snapshot` being that of this frame and `features` the newest heard, which `clock` puts in
    time; before anything is heard the beat is that of the start `before`."""
    beat, now = None, time.monotonic()
    t = clock.audio(now)
    if t is not None and features is not None and Tempo in features.records:
        tempo = features[Tempo]
        bar = tempo.beat - tempo.place if tempo.bar_confidence >= BARS_SURE else None
        beat = (tempo.count(t), tempo.bpm, bar, tempo.source in BY_HAND)
    elif before is not None:
        beat = _later(before.evening, now)
    name = snapshot[Model.select]
    generator = programs[name].generator if name in programs else None
    again = isinstance(generator, Apart) or (generator is not None and generator.provider.startswith(CPU))
    return Evening(
        fullscreen=bool(getattr(screen, "is_fullscreen", False)),
        place=getattr(screen, "place", None),
        beat=beat,
        cue=desk.cue_age(snapshot.t),
        at=now,
        rung=snapshot[Governor.rung],
        warm=name if again else "",
        **more,
    )


def afresh(screen: object, source: object, midi: object, asked: bool = False) -> str:
    """Why the show is to be begun by a new process; nothing while all is well.

    A process that was a client of a JACK server that is no more cannot be one of the next: what hears is a process of
    its own, but MIDI through JACK is not.
    """
    if getattr(screen, "lost", False):
        return "the graphics card was reset"
    if asked:
        return "somebody wanted a new window"
    restarted = getattr(source, "reopened", 0) and "jack" in getattr(source, "name", "").casefold()
    return "JACK was restarted" if restarted and getattr(midi, "backend", "") == "jack" else ""


def take_up(fall: Fall, analyzer: Analyzer, desk: Desk) -> Callable[[float], None]:
    """Go on as if no time had been lost. What is given back is to be called when the first sound is heard, with the
    second of the monotonic clock at which it began: then the beat is."""
    then, now = fall.evening, time.monotonic()
    if then.at and not fall.safe:
        desk.cue_aged(then.cue + now - then.at)

    def beat(began: float) -> None:
        if (beat := _later(then, began)) is not None:
            analyzer.feature(HearTempo).go_on(*beat)

    return beat


def _later(then: Evening, now: float) -> Beat | None:
    """Its beat, as it is `now`."""
    if then.beat is None:
        return None
    beats, bpm, bar, by_hand = then.beat
    return beats + (now - then.at) * bpm / 60.0, bpm, bar, by_hand
