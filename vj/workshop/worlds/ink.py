"""Ink in water: noise carried by noise carried by noise."""

from vj.workshop.worlds._means import clear, placed
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Plane, Stage

ANCHOR = Anchor(hue=2.9, span=0.85, lift=0.15, chroma=0.165, accent=2.9, bend=0.2)


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    at = placed(s).scale(1.15)
    n = s.noise(at, 0, 2)
    a, b = n[0] + s.slow[0] * 0.18, n[1] + s.slow[1] * 0.18
    second = s.noise(
        Plane(
            at.x * 1.2 + a * 0.55 + s.quick[0] * 0.13 + s.c[4] * 0.12,
            at.y * 1.2 + b * 0.55 + s.quick[1] * 0.13 + s.c[5] * 0.12,
        )
    )
    path = [at.x * 1.5 + second[0] * 0.55 + s.flutter[0] * 0.09, at.y * 1.5 + second[1] * 0.55 + s.flutter[1] * 0.09]
    hint, rough, ridges = s.noise(Plane(*(s.smooth(field) for field in path)), 1, 4)
    open_water = clear(s, path, 0.12)
    mass = s.smooth(second[2] * 0.35 + s.slow[0] * 0.95)
    v = g.sigmoid((mass + rough * 0.55) * 2.4 - 0.2)
    ridge = ridges * ridges * open_water + 0.30 * (1.0 - open_water)
    v = v * (0.30 + ridge * (1.05 + s.f[3] * 0.12))
    t = g.tanh(mass * 0.9 + hint * 0.45)
    edge = ridge * ridge * ridge
    return Fields(v, t, edge * edge * v * (2.4 + s.f[4] * 0.5))
