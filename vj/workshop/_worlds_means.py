"""Means that several worlds share: where the eye is, even lines, and calm where a pattern is finer than pixels."""

from collections.abc import Sequence

import numpy as np

from vj.workshop._graph import Value
from vj.workshop._worlds_stage import ROWS, Plane, Stage


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
