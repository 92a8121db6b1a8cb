"""Clouds lit from inside, dust in front of them, two depths of stars."""

from vj.workshop.worlds._means import placed, stars
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Plane, Stage

ANCHOR = Anchor(hue=5.2, span=1.25, lift=0.35, chroma=0.15, accent=2.0, bend=0.05)


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    at = placed(s)
    n = s.noise(at.scale(0.5).shift(4.1, 0.0), 0, 2)
    a, b = n[0] * 0.15 + s.slow[0] * 1.05, n[1] * 0.15 + s.slow[1] * 1.05
    w = s.noise(
        Plane(
            at.x * 0.9 + a * 0.22 + s.quick[0] * 0.18 + s.c[6] * 0.12,
            at.y * 0.9 + b * 0.22 + s.quick[1] * 0.18 + s.c[7] * 0.12,
        )
    )
    x = s.smooth(at.x * 0.85 + w[0] * 0.14 + s.quick[0] * 0.12 + s.slow[1] * 0.12 + s.c[4] * 0.22)
    y = s.smooth(at.y * 0.85 + w[1] * 0.14 + s.quick[1] * 0.12 - s.slow[0] * 0.12 + s.c[5] * 0.22)
    near = s.noise(Plane(x, y))
    sway = [s.smooth(field * 0.3) for field in s.flutter]
    rough, ridges = s.noise(Plane(x * 2.3 + near[0] * 0.16 + sway[0], y * 2.3 + near[1] * 0.16 + sway[1]), 2, 4)
    mass = s.smooth(a * 0.8 + b * 0.3 + w[2] * 0.35)
    cloud = g.sigmoid((mass + near[2] * 0.75 + rough * 0.50) * 2.0 + 0.5)
    dust = g.sigmoid(near[3] * 9.0 + ridges * 2.5 + s.smooth(w[1] * 1.1) - 6.9)
    lit = cloud * (1.0 - dust * 0.92)
    v = lit * (0.30 + ridges * (0.95 + s.f[3] * 0.2))
    core = g.sigmoid(s.smooth(a * 2.4 + w[0] * 1.3) + near[2] * 0.9 - 2.2) * lit
    sky = stars(s, 5.0, 0.0105, 0.0) + stars(s, 10.0, 0.0075, 0.37) * 0.8
    t = g.tanh(s.smooth(b * 0.9 + w[0] * 0.6) + near[0] * 0.35)
    return Fields(v * 0.95, t, core * core * 0.8 + sky * (1.0 - lit * 0.75) * (1.0 + s.f[2] * 0.3))
