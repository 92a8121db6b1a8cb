"""Keeps lights from flashing: the rule of the picture's limiter, for each light alone, for a light fills a room."""

import numpy as np

from vj.core.flash.light import luminance
from vj.core.flash.meter import BRIGHT, CHANGE
from vj.core.flash.swings import Swings
from vj.core.flash.window import KINDS, Window
from vj.core.types import F32, F64

#: The part of a change that light is held to.
WITHIN = 0.9


class Calm:
    """Looks at the light of `count` cells before it is sent. `held` counts frames in which some light was held."""

    def __init__(self, count: int) -> None:
        self._swings, self._window = Swings(CHANGE), Window((count,))
        self._t: float | None = None
        self.held = 0

    def step(self, t: float, light: F64, dark: bool = False) -> F64:
        """What may be shown of linear `light` [count, 3] at second `t`: of more than three flashes a second, or two to
        three held for long, only so much that they are none. It may always be `dark`, but not light again at once."""
        self._window.forget(t)
        if dark:
            self._take(t, np.zeros(len(light), np.float32))
            return np.zeros_like(light)
        now = luminance(light.astype(np.float32))
        near, last = self._window.near()[0], self._window.near(1)[0]
        low, high = self._swings.room(now, WITHIN)
        floor, ceiling = np.where(near, low, -np.inf), np.where(near | last, high, np.inf)
        wanted = np.clip(now, floor, np.maximum(ceiling, floor)).clip(0.0, 1.0)
        if not np.array_equal(wanted, now):
            self.held += 1
            light = self._brought(light, now, wanted)
        self._take(t, wanted.astype(np.float32))
        return light

    def _brought(self, light: F64, now: F32, wanted: F32) -> F64:
        """`light` at another luminance: scaled, and what cannot be scaled that far is made paler."""
        scaled = light * (wanted / np.maximum(now, 1e-6))[:, None]
        over = np.clip(scaled, 0.0, 1.0)
        lacks = (wanted - luminance(over.astype(np.float32)))[:, None]
        return np.asarray(np.clip(over + np.maximum(lacks, 0.0), 0.0, 1.0), np.float64)

    def _take(self, t: float, now: F32) -> None:
        fell, rose, ends = self._swings.look(now, keep=True)
        changes = np.zeros((KINDS, len(now)), np.bool_)
        changes[0] = (fell | rose) & (np.minimum(now, ends) < BRIGHT)
        self._window.take(t, 0.0 if self._t is None else min(max(t - self._t, 0.0), 0.1), changes)
        self._t = t
