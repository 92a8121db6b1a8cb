"""A city across the water at night: towers in four depths of haze, their windows, and all of it once more below."""

from dataclasses import dataclass

import numpy as np

from vj.workshop.graph import Value
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Plane, Stage

ANCHOR = Anchor(hue=4.5, span=2.6, lift=0.1, chroma=0.17, accent=2.8, bend=0.0)
#: Towers to a unit, height of their roofs, haze, windows to a unit across and up, from the farthest to the nearest.
_DEPTHS = (
    (4.4, 1.05, 0.75, 27.0, 27.0),
    (3.3, 1.15, 0.42, 24.0, 25.0),
    (2.4, 1.00, 0.18, 20.0, 20.0),
    (1.5, 0.62, 0.05, 15.0, 15.0),
)


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    over = s.fine.y - (s.c[3] * 0.09 - 0.58)
    under = g.sigmoid(over * g.op("Reciprocal", s.pixel) * -2.0)
    depth = g.relu(-over)
    wave, wisps = s.noise(_ripples(s, over, depth, under), 2, 4)
    y = g.abs(over) * (1.0 + under * 0.25) + under * wave * (depth * 0.16 + 0.004)
    low = g.exp(y * -1.5)
    v, t = _sky(s, y, wisps)
    e = v * 0.0
    for k, row in enumerate(_DEPTHS):
        tower = _towers(s, y, k, *row)
        rest = 1.0 - tower.body
        v = v * rest + tower.body * (low * tower.face * row[2] + tower.lit * 0.68)
        t = t * rest + tower.body * (tower.lit * 1.3 + tower.tint * 0.3 - 0.35)
        e = e * rest + tower.body * tower.lit * tower.lit * 1.2 + tower.edge * 0.5
    bank = g.fading(g.abs(over) * -40.0)
    dim = 1.0 - under * 0.45
    return Fields(g.relu(v * dim + bank * 0.3), g.tanh(t + bank * 0.6), e * dim + bank * bank * 0.35)


def _sky(s: Stage, y: Value, wisps: Value) -> tuple[Value, Value]:
    """Value and hue of what glows behind the towers: haze, and a moon."""
    g = s.g
    dx, dy = s.fine.x - (s.c[10] * 0.55 + 0.1), y - (s.c[11] * 0.2 + 0.9)
    r = g.sqrt(dx * dx + dy * dy + 1e-4)
    size = 0.46 + s.c[12] * 0.08
    moon = g.sigmoid((size - r) * g.op("Reciprocal", s.pixel) * 2.0)
    cloud = s.smooth(g.sigmoid(s.slow[0] * 0.9 + s.quick[0] * 0.35 + 0.2)) * g.sigmoid(wisps * 9.0 - 4.6)
    halo = g.exp(g.relu(r - size) * -2.2)
    rim = g.exp((size - r) * -7.0)
    glow = g.exp(y * -1.15) * (0.34 + 0.36 * cloud) + halo * (0.10 + 0.42 * cloud)
    v = glow * (1.0 - moon * 0.6) + moon * (0.58 + 0.10 * rim - dy * 0.30 - cloud * 0.34)
    return v, moon * (0.9 - cloud * 0.5) + halo * 0.45 - 0.4


def _ripples(s: Stage, over: Value, depth: Value, under: Value) -> Plane:
    """Where the noise is looked up: waves in the water, finer towards the far bank, and wisps in the sky."""
    g = s.g
    near = g.op("Reciprocal", depth + 0.10)
    sky = g.relu(over) * (1.1 + s.m[1] * 0.05) + s.c[13] * 0.2
    return Plane(
        s.fine.x * (near * under * 0.25 + 0.45) + s.m[0] * 0.2,
        near * under * 1.1 + sky + s.fine.x * 0.06 + s.f[0] * 0.12,
    )


@dataclass(frozen=True, eq=False)
class Towers:
    """One depth of towers: where they stand, the light of their sides, windows and roofs, and a hue for each."""

    body: Value
    face: Value
    lit: Value
    edge: Value
    tint: Value


def _towers(s: Stage, y: Value, k: int, cells: float, height: float, haze: float, wide: float, tall: float) -> Towers:
    """The towers of one depth. What depends on x alone is a single row, so it costs next to nothing."""
    g = s.g
    moved = s.c[2] * (0.08 + 0.07 * k) + 0.71 * k
    u = (s.fine.x + moved) * cells
    cell = g.floor(u)
    a, b, c, d = (_random(s, cell * 5.0 + j, 17.0 * k) for j in range(4))
    inside = u - cell
    left, right = a * 0.24, 1.0 - b * 0.24
    middle = (cell + 0.5) * (1 / cells) - moved - s.c[8] * 0.6
    hill = g.exp(middle * middle * -0.9)
    grown = g.sin(c * 19.0 + s.c[4 + k] * 1.1 + s.m[4 + k] * 0.25) * 0.34
    roof = height * (0.28 + d * 0.55 + grown) * (0.40 + 0.80 * hill) * (1.0 + s.c[9] * 0.16)
    sharp = g.op("Reciprocal", s.pixel) * 2.5
    sides = g.sigmoid((inside - left) * sharp * (1 / cells)) * g.sigmoid((right - inside) * sharp * (1 / cells))
    corner = g.sigmoid((inside - 0.3 - c * 0.4) * sharp * (1 / cells))
    body = sides * g.sigmoid((roof - y) * sharp)
    off = (roof - y) * (1 / 0.011)
    edge = sides * g.fading(off * off * -1.0) * g.sigmoid(c * 14.0 - 9.0)
    across, up = inside * (wide / cells), y * tall
    column, row = g.floor(across), g.floor(up)
    dice = _random(s, (column * 7.0 + cell * 131.0) + row * 31.0, 5.0 * k)
    wake = g.sin(dice * 41.0 + s.f[k] * 0.6 + s.m[8 + k] * 0.5) * 0.15
    on = g.sigmoid((dice + wake + b * 0.5 - 0.78) * 14.0)
    frame = _pane(s, across - column, 1.0 / wide, a * 0.28 + 0.22) * _pane(s, up - row, 1.0 / tall, d * 0.26 + 0.22)
    lit = on * frame * (0.45 + 0.55 * dice) * (1.0 - haze * 0.5)
    return Towers(body, 0.75 - corner * 0.45, lit, edge, g.sin(c * 71.0))


def _pane(s: Stage, place: Value, size: float, half: Value) -> Value:
    """1 in the middle of a cell of `size` units, to `half` of it either way."""
    g = s.g
    return g.sigmoid((half - g.abs(place - 0.5)) * size * g.op("Reciprocal", s.pixel) * 3.0)


def _random(s: Stage, index: Value, seed: float) -> Value:
    """A number from 0 to 1 that belongs to a whole number."""
    (number,) = s.table(_DICE, index + (seed * 61.0 + 32768.0))
    return number


_DICE = np.random.Generator(np.random.PCG64(23)).random(4096).astype(np.float32)
