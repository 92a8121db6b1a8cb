"""Curtains of light hanging over a starry night, their rays drawn together where they fold."""

from vj.workshop.graph import Value
from vj.workshop.worlds._means import placed, stars
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Plane, Stage

ANCHOR = Anchor(hue=2.75, span=1.9, lift=0.1, chroma=0.19, accent=0.2, bend=0.15)


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    at = placed(s)
    fan = Plane(at.x * (1.0 - at.y * 0.16), at.y)
    far, near = _curtain(s, fan, 0, 0.30, 1.5), _curtain(s, fan, 1, -0.45, 0.85)
    v = far[0] * 0.62 + near[0]
    share = g.op("Reciprocal", v + 0.05)
    t = (far[0] * 0.62 * far[1] + near[0] * near[1]) * share
    light = stars(s, 6.0, 0.0095, 0.0) + stars(s, 11.0, 0.007, 0.37) * 0.8
    night = s.smooth(g.sigmoid(s.slow[0] * 0.6 - at.y * 1.2 - 1.2)) * 0.14
    return Fields(v + night, t, light * g.exp(v * -3.0) * (0.8 + s.f[2] * 0.2) + far[2] * 0.35 + near[2] * 0.6)


def _curtain(s: Stage, at: Plane, k: int, height: float, size: float) -> tuple[Value, Value, Value]:
    """Value, hue and light of curtain `k`, whose hem hangs about `height`; `size` is larger for one farther off."""
    g = s.g
    n = s.noise(Plane(at.x * (0.50 * size) + s.c[4 + k] * 0.25 + 3.1 * k, at.y * 0.22 + s.c[6 + k] * 0.18), 0, 2)
    fold = s.noise(
        Plane(at.x * (1.1 * size) + s.m[k] * 0.12 + n[0] * 0.22, at.y * 0.12 + s.m[2 + k] * 0.12 + 5.0 * k), 0, 2
    )
    hem = n[1] * 0.34 + fold[0] * 0.13 + s.slow[k] * 0.22 + height + s.c[8 + k] * 0.08
    over = (at.y - hem) * size
    u = at.x * size + n[0] * 0.30 + fold[1] * 0.16 + s.quick[k] * 0.07
    slope, _ = s.gradient(u)
    drawn = g.sqrt(slope * slope + 0.06)  # rays crowd where the curtain turns away
    h, across = s.smooth(over), s.smooth(u)
    fine, ridges = s.noise(Plane(across * 5.2 + s.f[k] * 0.10 + 1.7 * k, h * 0.16 + s.f[3 + k] * 0.12), 2, 4)
    reach = s.smooth(g.exp(fold[1] * 0.30 + n[0] * 0.25 + s.m[4 + k] * 0.1)) * (0.62 + ridges * 1.0)
    rise = g.relu(h)
    ray = (0.25 + ridges * ridges * 1.6 + fine * 0.06) * (0.75 + 0.35 * g.op("Reciprocal", drawn))
    lit = s.smooth(g.sigmoid(n[1] * 1.1 + s.slow[1 - k] * 1.2 + 1.0))
    edge = g.sigmoid(h * 17.0 + ridges * 1.5 - 1.0)
    v = 1.0 - g.exp(edge * g.exp(rise * -1.9 / reach) * ray * lit * -1.35)
    hue = g.tanh(rise * 1.25 / reach - 0.45 + s.f[5] * 0.06)
    return v, hue, v * v * v * g.exp(rise * -9.0) * ridges
