"""A leaded window of hand-made panes with a lamp wandering behind it."""

from dataclasses import dataclass

import numpy as np

from vj.workshop.graph import Value
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Plane, Stage

ANCHOR = Anchor(hue=5.6, span=1.7, lift=0.0, chroma=0.21, accent=1.6, bend=-0.1)


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    panes = _panes(s)
    slope = (panes.x * panes.tilt + panes.y * (panes.tone - 0.5) * 2.0) * (1.3 + s.m[0] * 0.2)
    lx, ly = s.fine.x - s.m[2] * 0.4, s.fine.y - s.m[3] * 0.25
    distance = lx * lx + ly * ly
    light = g.op("Reciprocal", distance * 0.9 + 1.0)
    ripple = Plane(s.fine.x + panes.tilt * 1.2 + s.f[0] * 0.045, s.fine.y + panes.tone * 2.3 + s.f[1] * 0.045)
    wavy, rough, ridges = s.noise(ripple.scale(2.2), 1, 4)
    lead = g.sigmoid(panes.gap * 170.0 - 3.2)
    bevel = g.exp(panes.gap * -11.0) * g.sigmoid((panes.x * 0.6 - panes.y) * 9.0)
    v = lead * (panes.tone * 0.44 + 0.10 + light * 0.38 + slope * 0.9 + rough * 0.07 + wavy * 0.05)
    t = panes.tint + wavy * 0.10 + slope * 0.4
    shine = panes.clear * panes.clear * panes.clear * g.exp(distance * -2.2)
    return Fields(v, t, lead * (bevel * 0.45 * light + shine * (0.5 + ridges) * 0.8))


@dataclass(frozen=True, eq=False)
class Panes:
    """Fields that say of each pixel: place within its pane, the pane's nature, and the distance to the lead."""

    x: Value
    y: Value
    tone: Value
    tint: Value
    tilt: Value
    clear: Value
    gap: Value


def _panes(s: Stage) -> Panes:
    """The window, with panes where one of many Gaussian bumps is the largest."""
    g = s.g
    cx, cy = _centres(s)
    bumps = s.bumps(cx, cy, _PULL)
    share = g.op("Reciprocal", bumps.sum())

    def mean(weights: Value) -> Value:
        return bumps.sum(weights) * share

    twinkle = g.reshape(_SWAY[:, :12] @ g.reshape(g.concat(s.f, 1), 0, -1, 1), 0, len(_SEEDS), 2) * 0.09
    tone, tint = (mean(g.take(twinkle, 2, k, k + 1) + _PANES[None, :, k : k + 1]) for k in (0, 1))
    tilt, clear = (mean(g.constant(_PANES[None, :, k : k + 1])) for k in (2, 3))
    # Of two bumps with shares p and 1 - p the squares sum to 1 - 2 p (1 - p), and p falls like exp(-pull * gap).
    purity = bumps.squared() * share * share
    gap = g.op("Log", 2.0002 - purity * 2.0) * (-1.0 / _PULL)
    return Panes(s.fine.x - mean(cx), s.fine.y - mean(cy), tone, tint, tilt, clear, gap)


def _centres(s: Stage) -> tuple[Value, Value]:
    """x and y [N, panes, 1] of the middles of all panes, swayed by the coarse and the middle style."""
    g = s.g
    moves = g.reshape(g.concat([*s.c[4:12], *s.m[4:12]], 1), 0, -1, 1)
    seeds = _SEEDS + g.reshape(_SWAY @ moves, 0, len(_SEEDS), 2) * 0.045
    zoom, cos, sin = (g.reshape(f(s.c[k] * 0.15), -1, 1, 1) for f, k in ((g.exp, 1), (g.cos, 0), (g.sin, 0)))
    x, y = g.take(seeds, 2, 0, 1), g.take(seeds, 2, 1, 2)
    return (x * cos - y * sin) * zoom, (x * sin + y * cos) * zoom


def _jittered(columns: int, rows: int) -> np.ndarray:
    """[columns * rows, 2] points on a jittered grid over a 16:9 picture and a little beyond."""
    random = np.random.Generator(np.random.PCG64(7))
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    points = np.stack([x + 0.5 * (y % 2), y], -1).reshape(-1, 2) + 0.62 * (random.random((columns * rows, 2)) - 0.5)
    return (points / [columns - 0.5, rows - 1] - 0.5) * [4.3, 2.5]


#: How sharply a pane gives way to the next; 1 / width^2.
_PULL = 40.0
_RANDOM = np.random.Generator(np.random.PCG64(11))
_SEEDS = _jittered(9, 5)
_SWAY = _RANDOM.standard_normal((_SEEDS.size, 16)).astype(np.float32)
#: Tone, tint, tilt and clearness of each pane.
_PANES = (_RANDOM.random((_SEEDS.shape[0], 4)) * [1, 2, 2, 1] - [0, 1, 1, 0]).astype(np.float32)
