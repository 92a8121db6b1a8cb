"""The control of a loop: all that there is to it before pictures are made."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from vj.core.params import Snapshot, addresses
from vj.core.types import F32, Event, Finish, Latent
from vj.engine.console import Model
from vj.engine.desk import Desk
from vj.engine.governor import unhurried
from vj.engine.looping.hearing import Heard, hear
from vj.engine.looping.span import Span
from vj.engine.looping.walk import ClosedWalker
from vj.engine.looping.weave import woven_finishes, woven_latents
from vj.engine.modulation import lfo
from vj.engine.onward import Onward
from vj.engine.show import Show
from vj.features.state import Name

#: Seconds of a show that are played before the round that is measured.
RUN_UP = 6.0


@dataclass(frozen=True)
class Round:
    """Once round: [frames] latents of `program`, how each picture is finished, and what the desk says meanwhile."""

    span: Span
    program: str
    latents: Sequence[Latent]
    finishes: Sequence[Finish]
    snapshots: Sequence[Snapshot]


def played(
    show: Show, desk: Desk, sound: F32, span: Span, state: Name, known: dict[Hashable, Heard] | None = None
) -> Round:
    """What `show` does to one round of `sound` [n], mono at its analyzer's rate, that goes round, once it closes.

    What was heard is kept in `known`, for other shows that hear the same sound and state of the music.
    """
    snapshot, _ = show.open(desk)
    _keep_waves(desk, snapshot, span)
    ears = tuple(snapshot[where] for stage in show.analyzer.stages for where in addresses(stage).values())
    known, key = {} if known is None else known, (state, ears)
    if key not in known:
        known[key] = hear(sound, show.analyzer, snapshot, span, state)
    heard = known[key]
    program = show.programs[snapshot[Model.select]]
    program.walker = walker = ClosedWalker(program.generator.spec, span.frames)
    frames = span.frames
    run_up = math.ceil(RUN_UP * span.fps)
    measured = (1 + math.ceil(run_up / frames)) * frames  # moments of before count from 0 too
    steps = _Steps(show, desk, heard, span)
    for frame in range(measured - run_up, measured + frames):
        steps.step(frame)
    walker.close(float(span.seconds))
    first, second = (
        [steps.step(frame) for frame in range(start, start + frames)]
        for start in (measured + frames, measured + 2 * frames)
    )
    latents = woven_latents([step[0] for step in first], [step[0] for step in second])
    finishes = woven_finishes([step[1] for step in first], [step[1] for step in second], span)
    return Round(span, program.name, latents, finishes, [step[2] for step in second])


class _Steps:
    """Plays a show frame by frame, as far as that needs no picture."""

    def __init__(self, show: Show, desk: Desk, heard: Heard, span: Span) -> None:
        self._show, self._desk, self._heard, self._span = show, desk, heard, span
        self._onward = Onward()

    def step(self, frame: int) -> tuple[Latent, Finish, Snapshot]:
        """What there is to frame number `frame`."""
        t, features = self._span.time(frame), self._heard.at(frame)
        snapshot = unhurried(self._desk.tick(t, features, float(self._span.bpm)))
        latent = self._show.direct(t, features, snapshot)
        finisher = self._show.finisher
        finish = finisher.step(t, self._onward.step(features, t), snapshot) if finisher is not None else Finish({}, 1)
        return latent, finish, snapshot


def _keep_waves(desk: Desk, snapshot: Snapshot, span: Span) -> None:
    """Let each LFO come round with the loop: the nearest length of which a whole number goes into it."""
    for number in range(1, lfo.COUNT + 1):
        address = f"{lfo.ROOT}/{number}/beats"
        periods = max(1, round(span.beats / float(snapshot[address])))  # type: ignore[arg-type]
        if span.beats / periods != snapshot[address]:
            desk.apply(Event(address, (span.beats / periods,), "start"))
