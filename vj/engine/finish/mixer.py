"""The mixer makes the Frame that is to be finished: crossfade and freeze, on the main thread.

It needs no generator to do its work, so that it holds while the generator hangs. Master, blackout and what may flash
are said here and done at the very end, after all that may hold light of its own.
"""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from vj.core.curves import smoothstep
from vj.core.params import Param
from vj.core.types import U8, Frame, Passage, Picture
from vj.engine.finish.blending import blend, dissolve, fit
from vj.engine.finish.limiter import BLACKOUT, Limiter

_REMEMBERED = ("now", "before", "since", "period", "leaving", "left", "by_cut", "frozen", "passage", "last_t", "index")
#: The transition that needs no shader.
DISSOLVE = "dissolve"
#: The picture while there is none.
NOTHING = np.zeros((2, 2, 3), np.uint8)
#: Where transitions are chosen.
TRANSITION = "/master/transition"


class Mixer:
    """Turns the newest Picture into the Frame for show time `t`.

    When pictures come slower than frames it glides from one to the next (`tween`), one picture late.
    """

    address = "/master"
    level = Param(1.0, smooth=0.05, doc="Output dimmer.")
    blackout = Param(False, doc="Black, at once.")
    freeze = Param(False, doc="Hold the picture.")
    panic = Param(
        0,
        kind="trigger",
        doc="Back to the safe look: let go of all that is held, picture on. Sound, tempo, recording, windows stay.",
    )
    fade = Param(1.0, 0.0, 30.0, unit="s", curve="square", doc="Crossfade between bundles.")
    transition = Param(DISSOLVE, choices=(DISSOLVE,), doc="The way from one bundle's picture to the next one's.")
    cuts = Param(0.0, 0.0, 10.0, unit="s", curve="square", doc="How long the transition is where the walk is cut.")
    reactivity = Param(1.0, 0.0, 2.0, smooth=0.1, doc="How strongly everything answers to sound.")
    speed = Param(1.0, 0.0, 4.0, smooth=0.1, doc="How fast everything moves.")
    tween = Param(True, doc="Glide between pictures when the generator is slower than the display.")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget every picture."""
        self._now: Picture | None = None
        self._before: Picture | None = None
        self._since = 0.0
        self._period = 0.0
        self._leaving: U8 | None = None
        self._left, self._by_cut = 0.0, False
        self._passage: Passage | None = None
        self._frozen: U8 | None = None
        self._last_t = 0.0
        self._index = 0

    @property
    def memory(self) -> dict[str, Any]:
        """All that it knows of the frames so far."""
        return {name: getattr(self, f"_{name}") for name in _REMEMBERED}

    def remember(self, memory: Mapping[str, Any]) -> None:
        """Go on from the `memory` of another one, or from part of it."""
        for name in _REMEMBERED:
            setattr(self, f"_{name}", memory.get(name, getattr(self, f"_{name}")))

    @property
    def busy(self) -> bool:
        """Whether a picture from longer ago is still to be seen: one that leaves, or one that is frozen."""
        return self._leaving is not None or self._frozen is not None

    def step(self, t: float, picture: Picture | None, p: Self, safety: Limiter) -> Frame:
        """The frame for show time `t`; `picture` is the newest one, or None while there is none yet.

        `safety` are the values of the Limiter.
        """
        fresh = picture is not None and (self._now is None or picture.index != self._now.index)
        if fresh and picture is not None:
            self._arrive(t, picture, p)
        image = self._glide(t, p.tween) if self._now else NOTHING
        image, passage = self._crossfade(image, t, p)
        if p.freeze:
            passage = self._passage if self._frozen is not None else passage
            image = self._frozen = image if self._frozen is None else self._frozen
        else:
            self._frozen = None
        self._passage = passage
        flash = BLACKOUT if safety.flash == "limit" and level(p) <= 0.0 else str(safety.flash)
        frame = Frame(image, t, self._index, fresh, self._now.stamp if self._now else 0.0, flash=flash, passage=passage)
        self._index += 1
        self._last_t = t
        return frame

    def _arrive(self, t: float, picture: Picture, p: Self) -> None:
        """A new picture is here; one of another program starts a crossfade, unless it is one already, and so may one
        that the walk jumped to."""
        if self._now is not None and picture.program != self._now.program:
            self._leave(t, picture, p.fade > 0)
        elif self._now is not None and picture.cut and p.cuts > 0:
            self._leave(t, picture, True, by_cut=True)
        elif self._now is not None:
            self._before = self._now
            self._period += 0.2 * (min(t - self._since, 1.0) - self._period)
        self._now, self._since = picture, t

    def _leave(self, t: float, picture: Picture, slowly: bool, by_cut: bool = False) -> None:
        assert self._now is not None
        self._leaving = self._now.image if slowly and not picture.joined else None
        self._left, self._by_cut = t, by_cut
        self._before = None

    def _glide(self, t: float, tween: bool) -> U8:
        """The newest picture, or a point between the last two when they come slower than frames."""
        assert self._now is not None
        frame_dt = t - self._last_t
        slow = self._period > 1.5 * frame_dt > 0.0
        if not tween or not slow or self._before is None:
            return self._now.image
        now = self._now.image
        before = fit(self._before.image, now.shape[1], now.shape[0])
        return dissolve(before, now, (t - self._since + frame_dt) / self._period)

    def _crossfade(self, image: U8, t: float, p: Self) -> tuple[U8, Passage | None]:
        """`image`, with what is leaving still showing through, or on its way by a shader."""
        if self._leaving is None:
            return image, None
        lasts = p.cuts if self._by_cut else p.fade
        x = (t - self._left) / lasts if lasts > 0 else 1.0
        if x >= 1.0:
            self._leaving = None
            return image, None
        eased = smoothstep(x)
        if p.transition != DISSOLVE:
            return image, Passage(str(p.transition), self._leaving, eased)
        return blend(fit(self._leaving, image.shape[1], image.shape[0]), image, eased), None


def level(p: Mixer) -> float:
    """How bright the picture may be, 0..1: the master, and 0 in blackout."""
    return 0.0 if p.blackout else float(p.level)
