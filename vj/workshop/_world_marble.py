"""Black marble, its veins of gold broken and healed many times."""

from vj.workshop._worlds_means import away, clear, placed
from vj.workshop._worlds_palette import Anchor, Fields
from vj.workshop._worlds_stage import Plane, Stage

ANCHOR = Anchor(hue=4.6, span=3.0, lift=0.0, chroma=0.13, accent=2.9, bend=-0.25)


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    at = placed(s).turn(s.c[4] * 0.1 - 0.5)
    n = s.noise(at.scale(0.55).shift(6.1, 2.2))
    a, b = n[0] * 0.5 + s.slow[0] * 0.5, n[1] * 0.5 + s.slow[1] * 0.5
    p = Plane(at.x * 0.9 + a * 0.32 + s.quick[0] * 0.06, at.y * 1.5 + b * 0.32 + s.quick[1] * 0.06)
    w = s.noise(p)
    path = [p.x * 1.1 + w[0] * 0.22 + s.flutter[0] * 0.03, p.y * 1.1 + w[1] * 0.22 + s.flutter[1] * 0.03]
    rough, ridges = s.noise(Plane(*(s.smooth(field) for field in path)), 2, 4)
    calm = clear(s, path, 0.14)
    vein = away(s, at.y * 0.9 + a * 0.5 + w[2] * 0.10 + w[0] * 0.16 + s.flutter[0] * 0.01, 1.25)
    hair = away(s, at.x * 0.5 - at.y * 0.4 + b * 0.55 + w[3] * 0.25 + w[1] * 0.2, 0.75)
    open_ = s.smooth(g.sigmoid(w[2] * 1.6 + s.slow[1] * 0.6 + 0.4))
    gold = g.exp(vein * -0.36) * open_
    thread = g.exp(hair * hair * -0.30) * s.smooth(g.sigmoid(w[0] * 1.8 - 0.3)) * 0.7
    ridge = ridges * ridges * calm
    stone = g.sigmoid(s.smooth(a * 1.2 + w[2] * 0.5) + rough * 0.5 - 0.5)
    cloud = stone * (0.08 + ridge * 1.0) + ridge * ridge * 0.25
    bright = gold * (0.5 + ridges * 0.9)
    v = cloud * (1.0 - bright * 0.5) + bright * 0.75 + thread * 0.5
    t = g.tanh((bright + thread) * 3.0 - 0.1)
    core = g.exp(vein * vein * -0.25) * open_
    return Fields(v, t, core * (0.15 + ridges * 0.75) * (0.9 + s.f[2] * 0.15))
