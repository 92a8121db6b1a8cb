"""What one output shows of the finished picture, and how it lies there. All frozen; a changed one is a new one."""

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from vj.core.mapping.mesh import Mesh
from vj.core.mapping.plane import SQUARE, Corners, Point, homography
from vj.core.types import F32, F64

Flip = Literal["none", "across", "down", "both"]
Test = Literal["none", "grid", "bars", "ramp", "checker", "name"]
FLIPS: tuple[Flip, ...] = get_args(Flip)
TESTS: tuple[Test, ...] = get_args(Test)
TURNS = (0, 90, 180, 270)
#: How far what is drawn goes beyond the unit square.
RIM = 0.01
#: Corners of a mask, at most.
MASK_POINTS = 32
#: Masks of an output, at most.
MASKS = 8


@dataclass(frozen=True)
class Slice:
    """A rectangle of the finished picture, in 0..1 of it from its top left."""

    x: float = 0.0
    y: float = 0.0
    width: float = 1.0
    height: float = 1.0

    @property
    def corners(self) -> Corners:
        """Its corners, from the top left clockwise."""
        right, bottom = self.x + self.width, self.y + self.height
        return (self.x, self.y), (right, self.y), (right, bottom), (self.x, bottom)

    def kept(self) -> "Slice":
        """The same within the picture, and at least a hundredth of it each way."""
        width, height = (min(max(v, 0.01), 1.0) for v in (self.width, self.height))
        x, y = min(max(self.x, 0.0), 1.0 - width), min(max(self.y, 0.0), 1.0 - height)
        return Slice(x, y, width, height)


WHOLE = Slice()


@dataclass(frozen=True)
class Blend:
    """How the edges of an output fade where another one overlaps it: widths in 0..1 of its picture, side by side.

    Of two that overlap the light sums to that of one. `gamma` is the projectors'; `curve` says how steep the way is
    (1 is straight in light), `luminance` how bright each is in the middle: 0.5, unless the seam is seen darker or
    brighter than the rest. `black` lifts what does not overlap to where the blacks of two projectors add up, 0..0.2.
    """

    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0
    gamma: float = 2.2
    curve: float = 2.0
    luminance: float = 0.5
    black: float = 0.0

    @property
    def widths(self) -> tuple[float, float, float, float]:
        """Left, right, top, bottom."""
        return self.left, self.right, self.top, self.bottom

    @property
    def on(self) -> bool:
        """Whether any edge fades."""
        return any(width > 0.0 for width in self.widths)

    def light(self, x: F64) -> F64:
        """The share of light, 0..1, at `x` of the way in from an edge (0..1)."""
        x = np.clip(x, 0.0, 1.0)
        rise = self.luminance * (2.0 * x) ** self.curve
        return np.where(x < 0.5, rise, 1.0 - (1.0 - self.luminance) * (2.0 * (1.0 - x)) ** self.curve)


@dataclass(frozen=True)
class Mask:
    """A polygon in 0..1 of the output. `shows` says that light is inside of it only, else that inside it is dark;
    its edge is `feather` wide, in 0..1 of the output's height, half of it on either side."""

    points: tuple[Point, ...]
    feather: float = 0.01
    shows: bool = False


@dataclass(frozen=True)
class Mapping:
    """One output: the `slice` of the finished picture that it shows, turned by `turn` degrees clockwise and flipped,
    bent by `mesh`, pinned to `corners` in 0..1 of the output, blended at its edges, and masked.

    `test` is a pattern to show instead of the picture; it is for setting up, and no file keeps it.
    """

    slice: Slice = WHOLE
    turn: int = 0
    flip: Flip = "none"
    corners: Corners = SQUARE
    mesh: Mesh | None = None
    blend: Blend = field(default_factory=Blend)
    masks: tuple[Mask, ...] = ()
    test: Test = "none"

    @property
    def plain(self) -> bool:
        """Whether the output shows the picture as it is: nothing has to be drawn then."""
        return (
            self.slice == WHOLE
            and self.turn == 0
            and self.flip == "none"
            and self.corners == SQUARE
            and (self.mesh is None or self.mesh.flat)
            and not self.blend.on
            and self.blend.black == 0.0
            and not self.masks
            and self.test == "none"
        )

    @property
    def matrix(self) -> F64:
        """[3, 3] what takes the unit square to the corners."""
        return homography(self.corners)

    def look(self) -> F64:
        """[2, 3] what takes a place (a, b, 1) of the unit square to the picture's coordinates, from its top left."""
        a, b = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
        for _ in range(self.turn // 90 % 4):  # a picture turned clockwise has its left side on top
            a, b = b, np.array([0.0, 0.0, 1.0]) - a
        one = np.array([0.0, 0.0, 1.0])
        across, down = self.flip in ("across", "both"), self.flip in ("down", "both")
        u, v = (one - a if across else a), (one - b if down else b)
        part = self.slice
        return np.stack([part.x * one + part.width * u, part.y * one + part.height * v])

    def canvas(self, size: tuple[int, int], area: float = 1.0) -> tuple[int, int]:
        """How large the finished picture should be for an output of `size` pixels to be sharp, with at most `area`
        times as many pixels as the output."""
        width, height = size if self.turn % 180 == 0 else size[::-1]
        wide, high = width / self.slice.width, height / self.slice.height
        less = min((area * size[0] * size[1] / (wide * high)) ** 0.5, 1.0)
        return max(round(wide * less), 2), max(round(high * less), 2)

    def vertices(self) -> F32:
        """[triangles, 3, 5] what is to be drawn: x, y and w of OpenGL's clip space (y goes up), and the place (a, b)
        in the unit square, which goes a little beyond it, so that its rim can be smooth."""
        mesh, rim = self.mesh, ([-RIM], [1.0 + RIM])
        if mesh is None:
            across = down = np.array([*rim[0], *rim[1]])
            points = np.stack(np.meshgrid(across, down), axis=-1)
        else:
            across, down = (np.concatenate([rim[0], line, rim[1]]) for line in mesh.lines())
            points = mesh.place(across, down)
        rows = points @ self.matrix[:, :2].T + self.matrix[:, 2]
        x, y, w = rows[..., 0], rows[..., 1], rows[..., 2]
        a, b = np.meshgrid(across, down)
        grid = np.stack([2.0 * x - w, w - 2.0 * y, w, a, b], axis=-1).astype(np.float32)
        one, two, three, four = grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]
        halves = [np.stack(each, axis=-2) for each in ((one, four, three), (one, three, two))]
        return np.stack(halves, axis=-3).reshape(-1, 3, 5)
