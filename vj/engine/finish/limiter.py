"""Keeps the wall from flashing: where a frame would be one change too many, its light is held, not its movement.

What it looks at are finished frames, as they are about to be seen: bloom, trails, grades, dimmers and all.
"""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from vj.core.flash.light import grid, luminance, places
from vj.core.flash.meter import FlashMeter
from vj.core.params import Param
from vj.core.types import U8, U16
from vj.engine.finish.blending import blend, fit
from vj.engine.finish.hold import Hold, P, spread

#: Halvings in search of how far a frame may go.
HALVINGS = 5
#: The part of a change that light is held to.
WITHIN = 0.9
#: A frame that is too dark has its own light raised so many times at the most; what is missing then comes from the one
#: before.
RAISED = 4.0
#: For so many seconds after a frame was held back, it gets no lighter than it may at once be dark again: a strobe is
#: held in the dark, where the picture goes on, and not in its last flash.
WARY_S = 1.0
#: What a frame says of itself that is black because it was asked for: it is never held back, what comes after it is.
BLACKOUT = "blackout"


class Limiter:
    """Looks at every frame before it is seen. `limited` counts frames held back, `warned` those that should be, and
    `held` is what was done to the last one. `owed`: what was seen last is still to be taken."""

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
        self._last: U8 | U16 | None = None
        self._seen: U8 | None = None
        self._wary_until = -1.0
        self.owed = False
        self.held: tuple[Hold, ...] = ()
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
        self._seen = None if self._last is None else looked(self._last)
        self.limited, self.warned = memory["counts"]

    def step(self, t: float, image: U8, p: Self) -> U8:
        """What may be shown of `image` [height, width, 3] at show time `t`."""
        return self.shown(t, image, p.flash)

    def shown(self, t: float, image: P, flash: str, before: tuple[Hold, ...] = ()) -> P:
        """The same where the parameter is `flash`. `before` is done to it first: what was `held` of it another time."""
        if flash == "off":
            self.rest()
            return image
        last: Any = self._last
        if last is not None and last.shape != image.shape:
            last = fit(last, image.shape[1], image.shape[0])
        for each in before if last is not None else ():
            image = each.on(image, last)
        seen, asked = looked(image), image
        hold = self.judge(t, seen, flash)
        if hold is not None:
            for each in hold.nearer():
                image = each.on(asked, last)
                seen = looked(image)
                if self.passes(t, seen):
                    break
            before = (*before, each)
        self.held = before
        self.take(t, seen, flash)
        self._last = image
        return image

    def judge(self, t: float, seen: U8, flash: str) -> Hold | None:
        """How a frame of show time `t` must be held back, of which `seen` [72, 128, 3] was `looked` at; None if it may
        be shown as it is. It is counted."""
        before = self._seen
        if before is None or flash == BLACKOUT or not self._meter.risky(t) or self.passes(t, seen):
            return None
        if flash == "warn":
            self.warned += 1
            return None
        self.limited += 1
        self._wary_until = t + WARY_S
        hold = self._in_light(seen, before)
        calm, low, high = hold.on(seen, before), 0.0, 1.0
        if self.passes(t, calm):
            return hold
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.passes(t, blend(before, calm, middle)) else (low, middle)
        return Hold(hold.gain, hold.share, low)

    def passes(self, t: float, seen: U8) -> bool:
        """Whether a frame that looks so may be shown at show time `t`."""
        reading = self._meter.would(t, grid(seen))
        return reading.rests if t < self._wary_until else reading.stays

    def trusts(self, t: float) -> bool:
        """Whether a frame may be shown at show time `t` without a look at it, and be taken before the next one is
        judged: neither could be one change too many, whatever it is. It is owed then."""
        self.owed = self._seen is not None and self._meter.far(t)
        return self.owed

    def take(self, t: float, seen: U8, flash: str) -> None:
        """A frame that looks so is shown at show time `t`."""
        self.owed = False
        self._meter.step(t, grid(seen))
        self._seen = seen
        if flash == BLACKOUT:
            self._wary_until = t + WARY_S

    def rest(self) -> None:
        """A frame is shown that is not to be looked at."""
        self._last = self._seen = None
        self.owed = False
        self.held = ()

    @property
    def near(self) -> bool:
        """Whether the next frame may have to be held back."""
        return self._meter.near

    def _in_light(self, seen: U8, last: U8) -> Hold:
        """Darker where it would be too bright for its place; raised, and lit by `last`, where it would be too dark."""
        now, before = luminance(grid(seen)), luminance(grid(last))
        least, most = self._meter.room(grid(seen), WITHIN)
        gain = -spread(-np.where(now < least, np.minimum(least / np.maximum(now, 1e-6), RAISED), 1.0))
        gain = gain * spread(np.where(now * gain > most, most / np.maximum(now * gain, 1e-6), 1.0))
        lit = now * gain
        share = np.where(lit < least, (least - lit) / np.maximum(before - lit, 1e-6), 0.0).clip(0.0, 1.0)
        return Hold(gain.astype(np.float32), (-spread(-share)).astype(np.float32))


def looked(image: U8 | U16) -> U8:
    """[72, 128, 3] what the meter sees of a picture."""
    seen = places(image)  # type: ignore[arg-type]
    return (seen >> 8).astype(np.uint8) if seen.dtype == np.uint16 else seen
