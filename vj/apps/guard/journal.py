"""Where a guarded show stands, told to its guard many times a second, and taken up by the start after a fall.

What is written is a Session and what belongs to this evening alone: films, the place of the window, the beat, the song.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from vj.apps.guard import pulse
from vj.apps.guard.block import ON, Block
from vj.apps.keeping.session import FORMAT, Session, parse_session
from vj.core.errors import VjError

#: Between two entries after something was done by hand.
TOUCHED_S = 0.05
#: ... while nothing is.
IDLE_S = 0.5
#: Code of a show that wants to be begun afresh.
AFRESH = 75
#: What a show wears that fell twice within a minute: calm, made of what ships.
SAFE_BUNDLE = "worlds"
SAFE_LOOK = "slow_tide"

Beat = tuple[float, float, int | None, bool]
_word: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Evening:
    """What belongs to this evening.

    recording   whether a film is being made
    fullscreen  whether the window fills a display; `place` (x, y, width, height) is that of its picture else
    beat        beats, BPM, a beat that begins a bar if that is known, whether it was set by hand
    cue         seconds for which the cue has been on
    song        seconds of the song, where one is played
    at          when all that was, in seconds of the monotonic clock
    rate        of the sound in Hz
    ports       of OSC and of the surface
    rung        how far down the ladder of quality it is
    warm        the bundle that a spare can have open as well
    why         it was ended by itself, to be begun afresh
    """

    recording: bool = False
    fullscreen: bool = False
    place: tuple[int, int, int, int] | None = None
    beat: Beat | None = None
    cue: float = 0.0
    song: float | None = None
    at: float = 0.0
    rate: int = 0
    ports: tuple[int, int] = (0, 0)
    rung: int = 0
    warm: str = ""
    why: str = ""


@dataclass(frozen=True)
class Fall:
    """What a start after a fall goes on from: `why` in words, `safe` if it is not to go on in the same way, `began` is
    when the evening began in seconds of the monotonic clock."""

    start: int
    why: str
    safe: bool
    began: float
    session: Session
    evening: Evening


class Journal:
    """Tells where the show stands. `step` is for the main thread, once a frame, and touches no disk.

    `needs` says what has become of a part that only a new process can have anew, and nothing else; then this one ends.
    """

    def __init__(self, session: Callable[[], Session], block: Block, needs: Callable[[], str] = str) -> None:
        self._session, self._block, self._needs = session, block, needs
        self.evening: Callable[[], Evening] = Evening
        self._due = self._touched = 0.0
        self._frames = 0

    def step(self, now: float, touched: bool, seen: bool) -> None:
        """A frame was shown `now`, seconds of the monotonic clock, with a picture if one is `seen`."""
        if seen:
            self._frames += 1
            self._block.show(self._frames, now)
            if self._frames == 1:
                self._block.phase = ON
        if touched:
            self._due = min(self._due, now + TOUCHED_S)
        if now >= self._due:
            self._due = now + IDLE_S
            why = self._needs() if seen else ""
            self.write(why)
            if why:
                os._exit(AFRESH)

    def write(self, why: str = "") -> None:
        """An entry; `why` is in it where the show is to be begun afresh."""
        entry = {"session": asdict(self._session()), "evening": asdict(self.evening()) | {"why": why}}
        self._block.write(json.dumps(entry, ensure_ascii=False).encode())


def told(word: Mapping[str, Any]) -> None:
    """This process is a start after a fall, and `word` says what of."""
    global _word
    _word = word


def fall() -> Fall | None:
    """What this start goes on from; None for a show that simply begins."""
    block = pulse.block()
    if _word is None or block is None:
        return None
    session, evening = entry(block)
    safe = bool(_word["safe"])
    if safe:
        session, evening = Session(SAFE_BUNDLE, device=session.device, display=session.display, song=session.song,
                                   seed=session.seed), replace(evening, recording=False)  # fmt: skip
    return Fall(int(_word["start"]), str(_word["why"]), safe, float(_word["began"]), session, evening)


def entry(block: Block) -> tuple[Session, Evening]:
    """The newest entry; what cannot be read is as at the beginning of a show."""
    try:
        told = json.loads(block.read() or b"{}")
        session = parse_session(json.dumps({"format": FORMAT, **told["session"]}), Path("journal"))
        evening = {**told["evening"]}
        for name in ("place", "beat", "ports"):
            evening[name] = None if evening[name] is None else tuple(evening[name])
        return session, Evening(**evening)
    except (VjError, ValueError, TypeError, LookupError):
        return Session(), Evening()
