"""Keeps the picture from flashing: where a frame would be one change too many, only part of the way to it is gone."""

from collections.abc import Mapping
from typing import Any

from vj.core.flash import FlashMeter, grid, places
from vj.core.params import Param, Values
from vj.core.types import U8
from vj.engine.finish.blending import blend, fit

#: Halvings in search of how far a frame may go.
STEPS = 5


class Limiter:
    """Looks at every frame before it is finished. `limited` counts frames held back, `warned` those that should be."""

    address = "/safety"
    flash = Param(
        "limit",
        choices=("limit", "warn", "off"),
        doc="Flashes of more than three a second: hold them back, count them, or neither. No certified test.",
    )

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nothing seen, nothing counted."""
        self._meter = FlashMeter()
        self._last: U8 | None = None
        self.limited = 0
        self.warned = 0

    @property
    def memory(self) -> dict[str, Any]:
        """What it saw of the frames so far: what its meter read, and the last of them."""
        return {"meter": self._meter.memory, "last": self._last, "counts": [self.limited, self.warned]}

    def remember(self, memory: Mapping[str, Any]) -> None:
        """Go on from the `memory` of another one."""
        self._meter.remember(memory["meter"])
        self._last = memory["last"]
        self.limited, self.warned = memory["counts"]

    def step(self, t: float, image: U8, p: Values) -> U8:
        """What may be shown of `image` [height, width, 3] at show time `t`."""
        if p.flash == "off":
            self._last = None
            return image
        seen = places(image)
        if self._last is not None and self._meter.risky(t) and not self._meter.would(t, grid(seen)).passes:
            if p.flash == "warn":
                self.warned += 1
            else:
                self.limited += 1
                image = self._held_back(t, image, seen)
                seen = places(image)
        self._meter.step(t, grid(seen))
        self._last = image
        return image

    def _held_back(self, t: float, image: U8, seen: U8) -> U8:
        """As far on the way from the last frame to `image` as passes."""
        assert self._last is not None
        last = fit(self._last, image.shape[1], image.shape[0])
        before, low, high = places(last), 0.0, 1.0
        for _ in range(STEPS):
            middle = (low + high) / 2
            passes = self._meter.would(t, grid(blend(before, seen, middle))).passes
            low, high = (middle, high) if passes else (low, middle)
        return blend(last, image, low)
