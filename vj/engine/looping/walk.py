"""A walk that comes back: as long as the one that would have been taken, and closed."""

from dataclasses import replace

import numpy as np

from vj.core.params import Snapshot
from vj.core.sphere import Loops
from vj.core.types import F32, F64, Controls, Latent, LatentSpec
from vj.engine.walker import Walker

#: A loop is seen again and again, so it goes somewhere: so many turns round it at the least, ...
LEAST_TURNS = 4.0
#: ... but no more than these a second, ...
PACE_HZ = 0.5
#: ... and no more than so many times as far as it would have gone.
HURRY = 4.0


class ClosedWalker(Walker):
    """Walks as a Walker does while a round of `frames` steps is measured; once `closed`, goes round for ever.

    Each group then goes round loops of the very length that it walked, in the same paces, so that it moves as fast as
    it would have, or somewhat faster where that is next to nothing; a walk that was longer than its loop goes round it
    a whole number of times. Section and class stay what they were at first, for a loop has no story.
    """

    def __init__(self, spec: LatentSpec, frames: int) -> None:
        self._frames = frames
        self._gone: list[F64] = []
        self._asked: F64 | None = None
        self._places: F64 | None = None
        self._section: int | None = None
        self._class: F32 | None = None
        super().__init__(spec)

    @property
    def rounds(self) -> F64:
        """[G] how often each group goes round its loop in one round of the music; all 0 until it is closed."""
        return np.zeros(len(self._turn)) if self._places is None else self._whole

    def close(self, seconds: float) -> None:
        """The last `frames` steps, which took so many `seconds`, are the round: they come again and again from now."""
        turns = np.array(self._gone[-self._frames :])
        gone = turns.sum(axis=0)
        walked = np.maximum(gone, np.minimum(HURRY * gone, min(LEAST_TURNS, PACE_HZ * seconds)))
        longest = self._loops.longest / self._turn
        asked = np.minimum(longest if self._asked is None else self._asked, longest)
        self._whole = np.maximum(np.maximum(np.round(gone / asked), np.ceil(walked / longest - 1e-9)), 1.0)
        self._around = walked / self._whole
        share = np.cumsum(turns, axis=0) / np.maximum(gone, 1e-12)
        self._places = np.where(gone > 1e-9, share, 0.0) * self._whole
        self._gone.clear()
        self._at = 0

    def step(self, dt: float, controls: Controls, snapshot: Snapshot, bpm: float = 120.0) -> Latent:
        """The latent `dt` seconds after the last one, in the section and class of the first."""
        if self._section is None:
            self._section, self._class = controls.section, controls.mix
        mix = controls.mix if controls.fluid or controls.among else self._class
        return super().step(dt, replace(controls, section=self._section, mix=mix, cut=0), snapshot, bpm)

    def _draw(self, seed: int, reseeds: object, section: int) -> bool:
        """Loops as ever, but that they do not develop: a second time round is the same."""
        before = self._loops
        first = super()._draw(seed, reseeds, section)  # type: ignore[arg-type]
        if self._loops is not before:
            frames = self._loops.frames.copy()
            frames[:, 7:] = 0.0
            self._loops = Loops(frames, self._loops.circles)
        return first

    def _walk(self, controls: Controls, speed: float, limits: F64) -> None:
        if self._places is None:
            self._gone.append(self._turns(controls, speed, limits))
            self._asked = None if controls.length is None else self._lengths(controls) / self._turn
            super()._walk(controls, speed, limits)
            return
        self._place = self._loops.at(self._places[self._at % self._frames], self._around * self._turn)
        self._at += 1
