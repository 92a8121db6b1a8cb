"""Where the canvas looks in the picture: what the coordinate pass must do, and the plain view where it need not run."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vj.outputs.finish.fit import Placement

#: Seconds after which a shock ring has left the canvas.
RING_OVER = 1.6


@dataclass(frozen=True)
class View:
    """A parallelogram of the picture, in picture coordinates with the origin at the lower left."""

    corner: tuple[float, float]
    across: tuple[float, float]
    up: tuple[float, float]

    @property
    def beyond(self) -> float:
        """How far it leaves the picture, in picture coordinates."""
        corners = [self.corner[k] + i * self.across[k] + j * self.up[k] for k in (0, 1) for i in (0, 1) for j in (0, 1)]
        return max(0.0, *(max(-at, at - 1.0) for at in corners))

    @property
    def back(self) -> "View":
        """The way back: what of the canvas the picture sees."""
        (a, b), (c, d) = self.across, self.up
        area = a * d - b * c
        across, up = (d / area, -b / area), (-c / area, a / area)
        x, y = self.corner
        return View((-x * across[0] - y * up[0], -x * across[1] - y * up[1]), across, up)

    def uniforms(self) -> dict[str, tuple[float, float]]:
        """As the shaders call them."""
        return {"corner": self.corner, "across": self.across, "up": self.up}


#: The whole of a texture that is drawn already.
WHOLE = View((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))


def shown(place: Placement) -> dict[str, tuple[float, float]]:
    """The part of the picture that the canvas shows while the camera rests: its corner and its extent."""
    return {
        "corner": (place.left, 1.0 - place.bottom),
        "extent": (place.right - place.left, place.bottom - place.top),
    }


def view(place: Placement, coords: Mapping[str, Any]) -> View:
    """What the camera sees: `lean` radians, `punch` zoom, `bounce_y` of the height; the same as in coords.fs."""
    aspect = place.width / place.height
    part = shown(place)
    (left, low), (wide, high) = part["corner"], part["extent"]
    cos, sin, zoom = math.cos(coords["lean"]), math.sin(coords["lean"]), max(coords["punch"], 0.01)
    across = (cos / zoom * wide, sin * aspect / zoom * high)
    up = (-sin / aspect / zoom * wide, cos / zoom * high)
    rise = 0.5 + coords["bounce_y"]
    corner = (
        left + wide / 2 - 0.5 * across[0] - rise * up[0],
        low + high / 2 - 0.5 * across[1] - rise * up[1],
    )
    return View(corner, across, up)


def bends(coords: Mapping[str, Any], jitter: bool) -> frozenset[str]:
    """What coords.fs has to do that no parallelogram can; nothing if this is empty."""
    asked = {
        "RING": rings(coords),
        "FOLDS": (coords["fold"] > 1 and coords["fold_mix"] > 0) or coords["mirror"] > 0,
        "WAVES": coords["warp"] > 0,
        "SLOPES": coords["displace"] != 0 or coords["swirl"] != 0,
        "JITTER": jitter and coords["jitter"] > 0,
    }
    return frozenset(name for name, wanted in asked.items() if wanted)


def rings(coords: Mapping[str, Any]) -> bool:
    """Whether there is a shock ring on the canvas."""
    return bool(coords["ring"] > 0 and 0 <= coords["ring_age"] < RING_OVER)
