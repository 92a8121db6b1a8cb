"""Coral: a pattern of one wavelength, as where two reactions chase each other, lit as a relief."""

from vj.workshop.worlds._means import placed
from vj.workshop.worlds._sums import Waves
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Plane, Stage

ANCHOR = Anchor(hue=0.55, span=0.9, lift=0.45, chroma=0.19, accent=0.7, bend=-0.05)


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    at = placed(s)
    moved = Plane(at.x + s.slow[0] * 0.13 + s.quick[0] * 0.035, at.y + s.slow[1] * 0.13 + s.quick[1] * 0.035)
    grown, _, _ = s.waves(_WAVES, moved, 18.0, [*s.c[5:], *s.m[:11]])
    bias = s.slow[0] * 0.28 - s.slow[1] * 0.2 + s.c[4] * 0.08
    field = grown * 1.05 + bias
    f = s.smooth(field)
    dx, dy = s.gradient(field)
    body = g.sigmoid(f * 5.0 + 0.4)
    top = body * (1.0 - body) * 4.0
    facing = (dy * 0.75 - dx * 0.5) * (0.085 + 0.01 * s.m[6])
    light = g.tanh(facing * top) * 0.55
    (ridges,) = s.noise(Plane(s.fine.x * 2.3 + s.f[0] * 0.1 + f * 0.15, s.fine.y * 2.3 - f * 0.15 + s.f[1] * 0.1), 3, 4)
    shade = s.smooth(g.sigmoid(s.slow[1] * 1.3 + s.quick[0] * 0.5 + 0.6))
    v = (body * (0.34 + light + 0.28 * f * body) + g.relu(light) * 0.4) * (0.35 + 0.75 * shade) * (0.65 + ridges * 0.7)
    rim = g.fading((f - 0.10) * (f - 0.10) * -55.0)
    t = g.tanh(f * 0.5 - 0.4 + s.smooth(s.slow[0] * 0.5) + s.f[4] * 0.08)
    return Fields(v, t, rim * g.relu(light + 0.12) * (0.9 + s.f[2] * 0.2) * shade)


_WAVES = Waves(14, 3, (0.24, 0.13))
