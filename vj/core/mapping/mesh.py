"""A grid of points that bends a picture: smooth patches through every point, or straight ones between them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vj.core.mapping.plane import Point
from vj.core.types import F64

#: Points each way.
MIN_POINTS = 2
MAX_POINTS = 16
#: How far a point may lie outside the square.
BEYOND = 0.5
#: Straight pieces that a patch is drawn in each way.
PATCH_PIECES = 12
#: Straight pieces that the whole of it is drawn in each way, at most.
MAX_PIECES = 64


@dataclass(frozen=True)
class Mesh:
    """Rows of points in the unit square, which the corners of an output then pin: a regular grid changes nothing.

    `smooth` patches are cubic Bezier patches that go through the points, their handles laid by the neighbours on both
    sides (Catmull-Rom), so that no seam shows; straight ones bend at the lines of the grid.
    """

    points: tuple[tuple[Point, ...], ...]
    smooth: bool = True

    @classmethod
    def regular(cls, columns: int, rows: int, smooth: bool = True) -> "Mesh":
        """The grid of `columns` x `rows` points that changes nothing."""
        columns, rows = (min(max(n, MIN_POINTS), MAX_POINTS) for n in (columns, rows))
        across, down = np.linspace(0, 1, columns), np.linspace(0, 1, rows)
        return cls(tuple(tuple((float(x), float(y)) for x in across) for y in down), smooth)

    @property
    def columns(self) -> int:
        """Points in a row."""
        return len(self.points[0])

    @property
    def rows(self) -> int:
        """Points in a column."""
        return len(self.points)

    @property
    def flat(self) -> bool:
        """Whether it changes nothing."""
        return bool(np.abs(self._array() - Mesh.regular(self.columns, self.rows)._array()).max() < 1e-9)

    def place(self, across: Sequence[float] | F64, down: Sequence[float] | F64) -> F64:
        """[len(down), len(across), 2] where the points of a picture at `across` and `down` (0..1) lie."""
        wx = _weights(self.columns, np.asarray(across, np.float64), self.smooth)
        wy = _weights(self.rows, np.asarray(down, np.float64), self.smooth)
        placed: F64 = np.einsum("ir,rcd,jc->ijd", wy, self._array(), wx)
        return placed

    def lines(self) -> tuple[F64, F64]:
        """Where it is cut across and down, 0..1, so that straight pieces show no bend."""
        across, down = ((n - 1) * min(PATCH_PIECES, max(MAX_PIECES // (n - 1), 1)) for n in (self.columns, self.rows))
        return np.linspace(0.0, 1.0, across + 1), np.linspace(0.0, 1.0, down + 1)

    def of_size(self, columns: int, rows: int) -> "Mesh":
        """The same surface, as near as may be, with so many points."""
        columns, rows = (min(max(n, MIN_POINTS), MAX_POINTS) for n in (columns, rows))
        found = np.clip(self.place(np.linspace(0, 1, columns), np.linspace(0, 1, rows)), -BEYOND, 1.0 + BEYOND)
        return Mesh(tuple(tuple((float(x), float(y)) for x, y in row) for row in found), self.smooth)

    def with_point(self, index: int, to: Point) -> "Mesh":
        """Point number `index`, counted row by row, lies at `to`, or as near to it as it may."""
        x, y = (min(max(v, -BEYOND), 1.0 + BEYOND) for v in to)
        row, column = divmod(index, self.columns)
        rows = list(self.points)
        rows[row] = (*rows[row][:column], (x, y), *rows[row][column + 1 :])
        return replace(self, points=tuple(rows))

    def _array(self) -> F64:
        return np.array(self.points, np.float64)


def _weights(count: int, at: F64, smooth: bool) -> F64:
    """[len(at), count] how much each of `count` points in a row counts at the places `at` (0..1) of it."""
    spot = at * (count - 1)
    low = np.clip(np.floor(spot), 0, count - 2).astype(np.intp)
    t = spot - low
    # one more point at either end, on the parabola of the last three: what was straight stays so
    weights = np.zeros((len(at), count + 2))
    row = np.arange(len(at))
    if not smooth:
        weights[row, low + 1], weights[row, low + 2] = 1.0 - t, t
    else:
        # handles a third of the way along the tangents, and with these the four weights of Bernstein
        b0, b1, b2, b3 = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        weights[row, low] = -b1 / 6
        weights[row, low + 1] = b0 + b1 + b2 / 6
        weights[row, low + 2] = b1 / 6 + b2 + b3
        weights[row, low + 3] = -b2 / 6
    inner = weights[:, 1:-1].copy()
    ahead = (3.0, -3.0, 1.0) if count > 2 else (2.0, -1.0)
    for k, part in enumerate(ahead):
        inner[:, k] += part * weights[:, 0]
        inner[:, -1 - k] += part * weights[:, -1]
    return inner
