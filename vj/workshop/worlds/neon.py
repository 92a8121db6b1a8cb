"""Glass tubes along the level lines of two slow fields, in front of their own haze."""

from vj.workshop.worlds._means import away, placed
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Plane, Stage

ANCHOR = Anchor(hue=5.5, span=1.1, lift=0.1, chroma=0.18, accent=0.6, bend=0.0)


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    at = placed(s).scale(0.72)
    n = s.noise(at, 0, 2)
    a, b = n[0] * 0.55 + s.slow[0] * 0.7, n[1] * 0.55 + s.slow[1] * 0.7
    warp = s.noise(Plane(at.x * 1.3 + a * 0.25 + 3.3, at.y * 1.3 + b * 0.25))
    near = away(s, a + warp[1] * 0.24 + s.quick[0] * 0.16, 1.15)
    far = away(s, b + warp[0] * 0.22 + s.quick[1] * 0.20, 1.9)
    run = g.sigmoid(s.smooth(warp[2] * 1.3 + s.flutter[0] * 2.2) + 1.2)  # the gas does not glow evenly
    tube = g.fading(near * near * (-0.10 - 0.02 * s.f[1]))
    core = g.fading(near * near * -0.55)
    wire = g.fading(far * far * -0.5)
    haze = (g.fading(near * -0.042) * 0.55 + g.fading(near * -0.22) * 0.55) * run
    behind = g.fading(far * -0.16)
    fog = s.smooth(g.sigmoid(warp[2] * 1.6 + s.slow[1] * 0.9 - 0.6))
    v = haze * 0.68 + tube * run * 0.45 + behind * 0.36 + fog * 0.17 - 0.07
    t = haze * 1.0 - behind * 1.1 - fog * 0.5 - 0.1 + s.f[4] * 0.1
    return Fields(v, t, core * run * run * 0.9 + wire * 0.6 * (1.0 - tube) * (1.0 + s.f[2] * 0.2))
