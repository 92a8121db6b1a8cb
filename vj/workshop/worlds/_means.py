"""Means that several worlds share: where the eye is, even lines, stars, and calm where a pattern is too fine."""

from collections.abc import Sequence

import numpy as np

from vj.workshop.graph import Value
from vj.workshop.worlds.stage import ROWS, Plane, Stage


def placed(s: Stage) -> Plane:
    """The knots seen from where coarse numbers 0 to 3 put the eye: turned, scaled, moved, each a little."""
    g = s.g
    turned = s.knots.turn(s.c[0] * 0.12)
    return turned.scale(g.exp(s.c[1] * 0.08)).shift(s.c[2] * 0.12, s.c[3] * 0.12)


def away(s: Stage, field: Value, period: float) -> Value:
    """Distance in 192nds of the picture's height to the nearest level line of the smooth `field`."""
    g = s.g
    scaled = field * (1 / period)
    f = s.smooth(scaled)
    dx, dy = s.gradient(scaled)
    steep = g.sqrt(dx * dx + dy * dy + 0.02)
    return g.abs(f - g.op("Round", f)) * 96.0 / steep


def clear(s: Stage, path: Sequence[Value], limit: float) -> Value:
    """1 where a look-up along the smooth `path` moves less than `limit` cells a pixel, falling to 0 above it.

    There the texture is finer than the pixels and would sparkle as it moves.
    """
    slopes = [slope for field in path for slope in s.gradient(field)]
    square = slopes[0] * slopes[0]
    for slope in slopes[1:]:
        square = square + slope * slope
    pace = square * (s.pixel * s.pixel * (1 / limit**2))
    return s.g.op("Reciprocal", pace * pace + 1.0)


def bend(s: Stage, field: Value) -> Value:
    """Size of the Laplacian of a field on the knots."""
    g = s.g
    wide = g.op("Pad", field, g.constant([0, 0, 1, 1, 0, 0, 1, 1], np.int64), mode="edge")
    kernel = g.constant(np.array([[[[0, 1, 0], [1, -4, 1], [0, 1, 0]]]]))
    return g.abs(g.op("Conv", wide, kernel)) * ((ROWS / 2) ** 2)


def stars(s: Stage, cells: float, size: float, phase: float) -> Value:
    """Gaussian dots of deviation `size`, at most one to a cell of a jittered grid, bright ones rare."""
    square, power, _ = dots(s, s.fine.shift(s.c[2] * 0.05 * (1 + phase), s.c[3] * 0.05 * (1 + phase)), cells, phase)
    return power * s.g.fading(square * (-0.5 / (cells * size) ** 2))


def dots(s: Stage, at: Plane, cells: float, phase: float) -> tuple[Value, Value, Value]:
    """Squared distance, in cells, to the one star of each cell of a jittered grid; its power; its place in the cell."""
    g = s.g
    p = at.scale(cells)
    ix, iy = g.floor(p.x), g.floor(p.y)
    number = ix + iy * 61.0 + (2048.0 + 61.0 * 64.0 + 977.0 * phase)
    jx, jy, power = s.table(_STARS, number)
    dx, dy = p.x - ix - jx, p.y - iy - jy
    return dx * dx + dy * dy, power, jx


_RANDOM = np.random.Generator(np.random.PCG64(11))
#: Where in its cell each of 4096 stars stands, and how bright it is; three cells of four are empty.
_STARS = np.concatenate(
    [
        0.25 + 0.5 * _RANDOM.random((4096, 2)),
        2.2 * np.maximum(_RANDOM.random((4096, 1)) - 0.72, 0) / 0.28 * _RANDOM.random((4096, 1)) ** 2,
    ],
    1,
).astype(np.float32)
