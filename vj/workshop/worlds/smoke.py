"""Smoke in the dark between two lamps: curls of a slow current, each casting its shadow on those behind it."""

import numpy as np

from vj.workshop.graph import Value
from vj.workshop.worlds._means import clear, placed
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import ROWS, Plane, Stage

ANCHOR = Anchor(hue=4.55, span=1.2, lift=0.05, chroma=0.15, accent=0.6, bend=0.05)
#: How far towards a lamp the smoke is looked at for which way it faces, in units of the picture.
_NEAR = 0.04
#: How far the smoke in the lamp's way is looked at, in the same units, and how much of it counts.
_WAY = ((0.07, 0.9), (0.15, 1.0), (0.30, 1.1))


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    smoke = _smoke(s)
    around = _Around(s.wide(_WIDE), smoke)
    angle = s.c[10] * 0.45 + 0.75
    lx, ly = g.cos(angle), g.sin(angle)
    key = _lit(s, smoke, around, lx, ly)
    rim = _lit(s, smoke, around, lx * -0.95, ly * -0.4)
    seen = 1.0 - g.exp(smoke * -2.2)
    v = seen * (key * 0.85 + rim * 0.55 + 0.02)
    t = g.tanh((key - rim * 1.1) * 1.8)
    return Fields(v, t, key * key * seen * (0.30 + s.f[3] * 0.04))


def _smoke(s: Stage) -> Value:
    """Density of the smoke, 0 to about 2."""
    g = s.g
    at = _rolled(s, placed(s))
    at = at.turn(s.c[4] * 0.4)
    x, y = at.x * 0.62, at.y * 0.34
    n = s.noise(Plane(x + 2.7, y + 0.6), 0, 2)
    dx, dy = _curl(s, n[0] * 0.3 + s.slow[0] * 0.5)
    x, y = x + dx * 0.07, y + dy * 0.07
    w = s.noise(Plane(x * 1.4 + s.c[5] * 0.06, y * 1.4 + s.c[6] * 0.06))
    dx, dy = _curl(s, w[0] * 0.6 + s.quick[0] * 0.28)
    x, y = x + dx * 0.045, y + dy * 0.045
    u = s.noise(Plane(x * 2.2 + 3.1, y * 2.2 + s.m[4] * 0.05))
    dx, dy = _curl(s, u[0] * 0.5)
    x, y = x + dx * 0.012, y + dy * 0.012
    path = [x * 1.5 + s.flutter[0] * 0.02, y * 1.5 + s.flutter[1] * 0.02]
    a, b = (s.smooth(field) for field in path)
    near = s.noise(Plane(a, b), 2, 4)
    rough, ridges = s.noise(Plane(a * 2.4 + near[0] * 0.10, b * 2.4 + near[1] * 0.25), 2, 4)
    calm = clear(s, [field * 2.4 for field in path], 0.14)
    mass = s.smooth(n[1] * 0.4 + s.slow[1] * 0.75 + w[1] * 0.45 + s.c[7] * 0.1 + 0.35)
    body = mass + near[0] * 0.45 + (rough * 0.22 - (ridges - 0.42) * 0.55) * calm
    steep = body * 3.0
    return (g.relu(steep) + g.op("Log", g.exp(g.abs(steep) * -1.0) + 1.0)) * 0.33  # log(1 + exp), in quick parts


def _rolled(s: Stage, at: Plane) -> Plane:
    """The plane as a few whirls have rolled it up, each with its own place, sense and strength."""
    g = s.g
    for k, (x, y, size, strength) in enumerate(_WHIRLS):
        here = at.shift(s.c[6 + k] * 0.24 + s.m[k] * 0.09 - x, s.c[11 - k] * 0.17 + s.m[6 + k] * 0.09 - y)
        square = here.x * here.x + here.y * here.y
        turned = here.turn(g.exp(square * (-1 / size**2)) * (s.c[5 + 2 * k] * 0.9 + strength))
        at = turned.shift(x, y)
    return at


def _curl(s: Stage, field: Value) -> tuple[Value, Value]:
    """The current along the level lines of a field on the knots."""
    g = s.g
    wide = g.op("Pad", field, g.constant([0, 0, 1, 1, 0, 0, 1, 1], np.int64), mode="edge")
    slopes = g.op("Conv", wide, g.constant(_SLOPES))
    return g.take(slopes, 1, 1, 2), g.take(slopes, 1, 0, 1) * -1.0


def _lit(s: Stage, smoke: Value, around: "_Around", lx: Value, ly: Value) -> Value:
    """Light of a lamp at (lx, ly) on the smoke: what the smoke in its way lets through."""
    g = s.g
    facing = smoke - around.seen(s, lx * _NEAR, ly * _NEAR)
    thick = smoke * 0.0
    for far, share in _WAY:
        thick = thick + around.seen(s, lx * far, ly * far) * share
    return g.exp(thick * -0.75) * g.sigmoid(facing * 5.0) * 2.4


class _Around:
    """The smoke of the whole picture: what is drawn anyway where that is all of a small one, and else a coarser one."""

    def __init__(self, wide: Stage, smoke: Value) -> None:
        g = self._g = wide.g
        small = g.op("And", wide.alone, g.op("Equal", wide.rows, wide.whole))
        self._wide = wide
        self._field = g.choose(small, lambda: g.op("Identity", smoke), lambda: _smoke(wide))

    def seen(self, s: Stage, dx: Value, dy: Value) -> Value:
        """Looked up (dx, dy) farther on."""
        g = self._g
        rim = 1.0 - self._wide.pixel * 0.5  # beyond the picture the smoke goes on as at its border
        x = g.op("Max", g.op("Min", (s.fine.x + dx) * g.op("Reciprocal", s.aspect), rim), rim * -1.0)
        y = g.op("Max", g.op("Min", (s.fine.y + dy) * -1.0, rim), rim * -1.0)
        rows = g.op("Unsqueeze", y + x * 0.0, g.constant([4], np.int64))
        grid = g.concat([g.op("Unsqueeze", x + y * 0.0, g.constant([4], np.int64)), rows], 4)
        grid = g.op("Squeeze", grid, g.constant([1], np.int64))
        return g.op("GridSample", self._field, grid, mode="bilinear", padding_mode="zeros", align_corners=0)


_ACROSS = np.array([[1, 2, 1]]).T @ np.array([[-1, 0, 1]]) / 8 * (ROWS / 2)
_SLOPES = np.stack([_ACROSS, _ACROSS.T])[:, None]
#: Rows, at the most, of the smoke that casts shadows: shadows are soft.
_WIDE = 432
#: Place, size and turn in radians of each whirl.
_WHIRLS = (
    (-1.0, 0.25, 0.55, 2.6),
    (0.15, -0.30, 0.60, -2.4),
    (1.10, 0.30, 0.55, 2.5),
    (-0.45, -0.75, 0.35, 2.0),
    (0.60, 0.75, 0.35, -2.0),
)
