"""Silk thrown down in folds: two systems of threads, each of which shines only where its slope meets the light."""

from vj.workshop.graph import Value
from vj.workshop.worlds._means import clear, placed
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Plane, Stage

ANCHOR = Anchor(hue=6.42, span=0.55, lift=0.15, chroma=0.19, accent=0.9, bend=-0.1)


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    at = placed(s).turn(s.c[4] * 0.35 + 0.6)
    n = s.noise(at.scale(0.36).shift(2.1, 3.3), 0, 2)
    a, b = n[0] * 0.5 + s.slow[0] * 0.5, n[1] * 0.5 + s.slow[1] * 0.5
    x, y = at.x * 0.42 + a * 0.26, at.y * 0.95 + b * 0.36 + a * 0.22
    w = s.noise(Plane(x, y + s.quick[0] * 0.05), 0, 2)
    across = y + w[0] * 0.13 + s.quick[1] * 0.03
    rate = 7.5 + s.c[6] * 0.6
    deep = s.smooth(g.sigmoid(b * 1.3 + w[0] * 0.8 + 1.2 + s.c[9] * 0.2))
    fold = _wave(s, across * rate + w[1] * 1.2 + s.c[7] * 0.3, deep * 0.70)
    crease = _wave(s, across * (rate * 2.1) + w[0] * 1.5 + a * 2.0 + s.m[6] * 0.25, deep * 0.26)
    ruffled = s.smooth(g.sigmoid(w[1] * 1.4 + s.quick[1] * 0.6 - 0.2)) * 0.16
    ripple = _wave(s, across * (rate * 6.2) + w[1] * 3.0 + x * 5.0 + s.m[7] * 0.3 + s.f[3] * 0.2, ruffled)
    base = a * 0.06 + w[0] * 0.06 + s.flutter[0] * 0.003
    bx, by = s.gradient(base)
    dx, dy = bx + fold[1] + crease[1] + ripple[1], by + fold[2] + crease[2] + ripple[2]
    steep = g.op("Reciprocal", g.sqrt(dx * dx + dy * dy + 1.0))
    weave, strand = _threads(s, x, across)
    angle = s.c[5] * 0.22 + 0.9
    c, d = g.cos(angle), g.sin(angle)
    warp, weft = (dx * c + dy * d) * steep + strand, (dy * c - dx * d) * steep - strand
    first = _shine(warp, 0.40 + s.m[8] * 0.05, 32.0)
    second = _shine(weft, -0.22 + s.m[9] * 0.05, 38.0)
    glint = _shine(warp, 0.46 + s.m[8] * 0.05, 420.0)
    facing = g.relu(warp * 0.85 + weft * 0.25 + steep * 0.46)
    hollow = g.sigmoid((fold[0] + crease[0]) * 2.6 + s.smooth(a * 2.0 + s.slow[1] * 0.5 + 1.3))
    v = hollow * (facing * facing * 0.80 + 0.03 + first * 0.46 + second * 0.26) * weave
    t = g.tanh((first - second) * 0.9 + fold[0] * 0.4 + 0.1)
    return Fields(
        v, t, (first * first * 0.30 + glint * 0.30 + second * second * 0.08) * hollow * weave * (1.0 + s.f[2] * 0.1)
    )


def _wave(s: Stage, phase: Value, size: Value) -> tuple[Value, Value, Value]:
    """Height of a train of folds, -1 to 1, and its slopes: never steeper than `size`, however close the folds."""
    g = s.g
    p = s.smooth(phase)
    dx, dy = s.gradient(phase)
    square = dx * dx + dy * dy
    thin = square * s.pixel * s.pixel
    size = size * g.op("Reciprocal", thin * thin + 1.0)
    slope = g.cos(p) * size / g.sqrt(square + 30.0)
    return g.sin(p) * size, slope * dx, slope * dy


def _threads(s: Stage, along: Value, across: Value) -> tuple[Value, Value]:
    """The grain of the cloth as light, about 1, and as slope; even where it is finer than the pixels bear."""
    path = [along * 0.5 + s.f[0] * 0.08, across * 4.5 + s.f[1] * 0.05]
    rough, ridges = s.noise(Plane(*(s.smooth(field) for field in path)), 2, 4)
    fine = clear(s, path, 0.12)
    return 1.0 + (ridges - 0.42) * 0.9 * fine, rough * 0.07 * fine


def _shine(slope: Value, at: Value, sharp: float) -> Value:
    """Light of threads whose slope is near `at`."""
    off = slope - at
    g = slope.graph
    return g.fading(off * off * -sharp)
