"""Keeps the picture from flashing: where a frame would be one change too many, its light is held, not its movement."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vj.core.flash.light import grid, luminance, places
from vj.core.flash.meter import FlashMeter
from vj.core.params import Param, Values
from vj.core.types import F32, U8
from vj.engine.finish.blending import blend, fit

#: Halvings in search of how far a frame may go, and the part of a change that light is held to.
STEPS, WITHIN = 5, 0.9
#: For so many seconds after a frame was held back, it gets no lighter than it may at once be dark again: a strobe is
#: held in the dark, where the picture goes on, and not in its last flash.
WARY_S = 1.0


class Limiter:
    """Looks at every frame before it is finished. `limited` counts frames held back, `warned` those that should be."""

    address = "/safety"
    flash = Param(
        "limit",
        choices=("limit", "warn", "off"),
        doc="Flashes of more than three a second, or two held for long: hold them back, count them, or neither. "
        "No certified test.",
    )

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nothing seen, nothing counted."""
        self._meter = FlashMeter()
        self._last: U8 | None = None
        self._wary_until = -1.0
        self.limited = 0
        self.warned = 0

    @property
    def memory(self) -> dict[str, Any]:
        """What it saw of the frames so far: what its meter read, the last of them, and how many it counted."""
        meter = {"read": self._meter.memory, "wary": self._wary_until}
        return {"meter": meter, "last": self._last, "counts": [self.limited, self.warned]}

    def remember(self, memory: Mapping[str, Any]) -> None:
        """Go on from the `memory` of another one."""
        self._meter.remember(memory["meter"]["read"])
        self._wary_until = memory["meter"]["wary"]
        self._last = memory["last"]
        self.limited, self.warned = memory["counts"]

    def step(self, t: float, image: U8, p: Values) -> U8:
        """What may be shown of `image` [height, width, 3] at show time `t`."""
        if p.flash == "off":
            self._last = None
            return image
        seen = places(image)
        if self._last is not None and self._meter.risky(t) and not self._passes(t, seen):
            if p.flash == "warn":
                self.warned += 1
            else:
                self.limited += 1
                self._wary_until = t + WARY_S
                image = self._held_back(t, image, seen)
                seen = places(image)
        self._meter.step(t, grid(seen))
        self._last = image
        return image

    def _passes(self, t: float, seen: U8) -> bool:
        reading = self._meter.would(t, grid(seen))
        return reading.rests if t < self._wary_until else reading.stays

    def _held_back(self, t: float, image: U8, seen: U8) -> U8:
        """`image` in as much light as passes; where that is not all, as far on the way to it from the last one."""
        assert self._last is not None
        last = fit(self._last, image.shape[1], image.shape[0])
        calm = self._in_light(image, last, seen)
        seen, before, low, high = places(calm), places(last), 0.0, 1.0
        if self._passes(t, seen):
            return calm
        for _ in range(STEPS):
            middle = (low + high) / 2
            low, high = (middle, high) if self._passes(t, blend(before, seen, middle)) else (low, middle)
        return blend(last, calm, low)

    def _in_light(self, image: U8, last: U8, seen: U8) -> U8:
        """`image`, darker where it would be too bright for its place, and lit by `last` where it would be too dark."""
        light, before = grid(seen), luminance(grid(places(last)))
        now = luminance(light)
        least, most = self._meter.room(light, WITHIN)
        gain = np.where(now > most, most / np.maximum(now, 1e-6), 1.0)
        share = np.where(now < least, (least - now) / np.maximum(before - now, 1e-6), 0.0).clip(0.0, 1.0)
        height, width = image.shape[:2]
        gain, share = (_enlarged(np.asarray(each, np.float32), width, height) for each in (gain, share))
        mixed = np.square(image, dtype=np.float32)
        mixed *= gain * (1.0 - share)
        mixed += np.square(last, dtype=np.float32) * share
        np.sqrt(mixed, out=mixed)
        mixed += np.float32(0.5)
        return mixed.astype(np.uint8)


def _enlarged(cells: F32, width: int, height: int) -> F32:
    """[height, width, 1] a value for each pixel from those of cells [rows, columns], linear between them."""
    for axis, size in enumerate((height, width)):
        count = cells.shape[axis]
        at = np.clip((np.arange(size) + 0.5) * (count / size) - 0.5, 0, count - 1).astype(np.float32)
        low = at.astype(np.intp)
        part = (at - low).reshape((-1, 1) if axis == 0 else (1, -1))
        cells = cells.take(low, axis) * (1.0 - part) + cells.take(np.minimum(low + 1, count - 1), axis) * part
    return cells[..., None]
