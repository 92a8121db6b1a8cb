"""Light at the bottom of a pool: every pixel of the floor asks which piece of the rippled surface sent its light.

The surface bends each ray by its slope; where the map from surface to floor shrinks, light crowds. The map is inverted
by a few steps of x <- floor - depth * slope(x), and its Jacobian, taken over the pixel, is the light that arrived.
"""

import numpy as np

from vj.workshop.graph import Value
from vj.workshop.worlds._means import placed
from vj.workshop.worlds._sums import Waves
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Plane, Stage

ANCHOR = Anchor(hue=3.55, span=0.75, lift=-0.25, chroma=0.17, accent=-0.5, bend=-0.1)
#: The surface reaches this much beyond the picture, so that rays may come from outside.
_MARGIN = 1.4
#: Rows of the surface, at the most; it is smooth.
_WIDE = 540


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    at = placed(s).scale(_MARGIN)
    far = g.op("Reciprocal", 1.0 - at.y * (0.15 + s.c[6] * 0.03))
    floor = Plane(at.x * far, at.y * far).turn(s.c[7] * 0.4)
    gusty = Plane(floor.x * g.exp(s.c[8] * 0.13), floor.y * g.exp(s.c[8] * -0.13))
    big, _, _ = s.waves(_BIG, gusty, 7.0, [*s.c[5:], *s.m[:11]])
    small, _, _ = s.waves(_SMALL, gusty, 15.0, [*s.m[:11], *s.f[:11]])
    fine, _, _ = s.waves(_FINE, gusty, 12.0, [*s.c[5:], *s.m[:11]])
    wide = s.wide(_WIDE)
    closeness = wide.smooth(g.exp(s.c[1] * -0.16) / (far * far))
    web = _focus(s, wide, big * (0.9 + s.c[9] * 0.05) + small * (0.09 + s.m[4] * 0.015), closeness * 0.0275, 6)
    net = _focus(s, wide, fine + big * 0.5, closeness * 0.0085, 4)
    shade = s.smooth(g.sigmoid(s.slow[0] * 1.1 + s.slow[1] * 0.5 + 1.3))
    below = s.smooth(g.sigmoid(s.slow[1] * 1.2 - s.slow[0] * 0.4 + 0.3))
    front = (web * g.op("Reciprocal", web + 2.0) * 1.25 - 0.11) * (0.25 + 0.8 * shade)
    back = g.relu(net * g.op("Reciprocal", net + 2.2) - 0.2) * below
    v = g.relu(front) + back * 0.95
    t = g.tanh(front * 1.3 - back * 2.2 + s.smooth(s.slow[1] * 0.3) - 0.2)
    return Fields(v, t, g.relu(web - 3.0) * (0.085 + s.f[2] * 0.01) * shade)


def _focus(s: Stage, wide: Stage, height: Value, depth: Value, steps: int) -> Value:
    """Light that the surface `height` throws on the floor, 1 where it is flat.

    The steps are short, so that they settle where rays part and nearly settle where they meet.
    """
    g = s.g
    bent = g.concat(wide.gradient(height), 1) * (depth * (1.0 / _MARGIN))
    x, y = s.longer()
    each = s.c[0] * 0.0  # a look-up is told of every picture of the batch
    found = _seen(wide, bent, x * _MARGIN + y * 0.0 + each, y * _MARGIN + x * 0.0 + each) * _EASE
    for _ in range(steps):
        there = _seen(wide, bent, x - g.take(found, 1, 0, 1), y - g.take(found, 1, 1, 2))
        found = found * (1.0 - _EASE) + there * _EASE
    slopes = g.op("Conv", found, g.constant(_DERIVATIVES), group=2) * g.op("Reciprocal", s.pixel)
    dxx, dxy, dyx, dyy = (g.take(slopes, 1, k, k + 1) for k in range(4))
    light = g.abs((1.0 - dxx) * (1.0 - dyy) - dxy * dyx)
    return g.op("Min", light, 30.0)


def _seen(wide: Stage, field: Value, x: Value, y: Value) -> Value:
    """[N, K, h, w] `field` over the whole picture, looked up at (x, y)."""
    g = wide.g
    rim = 1.0 - wide.pixel * 0.5  # farther out the water goes on as at the margin's end
    ends = (x * g.op("Reciprocal", wide.aspect * _MARGIN), y * (-1.0 / _MARGIN))
    bounded = [g.op("Max", g.op("Min", v, rim), rim * -1.0) for v in ends]
    grid = g.concat([g.op("Unsqueeze", v, g.constant([4], np.int64)) for v in bounded], 4)
    grid = g.op("Squeeze", grid, g.constant([1], np.int64))
    return g.op("GridSample", field, grid, mode="bilinear", padding_mode="zeros", align_corners=0)


#: How far a step goes towards what it finds.
_EASE = 0.43
_ACROSS = np.array([[1, 2, 1]]).T @ np.array([[-1, 0, 1]]) / 8
_DERIVATIVES = np.stack([_ACROSS, -_ACROSS.T] * 2)[:, None]
_BIG = Waves(14, 41, (0.5, 0.3))
_SMALL = Waves(14, 42, (0.5, 0.5))
_FINE = Waves(14, 43, (0.5, 0.4))
