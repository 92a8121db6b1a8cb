"""Small lights in a dark sea: sparks that drift along currents, each in its own haze."""

from vj.workshop._worlds_means import dots, placed
from vj.workshop._worlds_palette import Anchor, Fields
from vj.workshop._worlds_stage import Plane, Stage

ANCHOR = Anchor(hue=3.75, span=0.7, lift=-0.3, chroma=0.15, accent=-0.5, bend=0.1)
#: Cells to a unit, size of the sparks in units, and strength of their haze, for each depth.
_DEPTHS = ((1.7, 0.022, 0.75), (3.3, 0.014, 0.85), (6.3, 0.011, 0.9))


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    at = placed(s).scale(0.8)
    n = s.noise(at.scale(0.7).shift(3.3, 5.1), 0, 2)
    a, b = n[0] * 0.5 + s.slow[0] * 0.5, n[1] * 0.5 + s.slow[1] * 0.5
    p = Plane(at.x * 0.9 + a * 0.4 + s.quick[0] * 0.06, at.y * 0.9 + b * 0.4 + s.quick[1] * 0.06)
    w = s.noise(p)
    current = s.smooth(a * 0.8 + w[0] * 0.7 + w[2] * 0.2)
    stream = g.exp(current * current * -2.2)
    sway = [s.smooth(v * 0.05) for v in (w[0] + s.quick[0], w[1] + s.quick[1])]
    sparks, haze = s.fine.x * 0.0, s.fine.x * 0.0
    for k, (cells, core, glow) in enumerate(_DEPTHS):
        here = Plane(s.fine.x + sway[0] + s.c[4 + k] * 0.08, s.fine.y + sway[1] + s.c[8 + k] * 0.08)
        square, power, place = dots(s, here.turn(s.c[0] * 0.05 + 1.1 * k), cells, 0.43 * k + 0.1)
        lit = (0.35 + power) * (0.8 + 0.5 * g.sin(place * 91.0 + s.f[k] * 0.6 + s.m[k] * 0.6))
        sparks = sparks + lit * g.exp(square * (-0.5 / (cells * core) ** 2))
        round_ = g.relu(1.0 - square * 16.0)
        haze = haze + lit * round_ * round_ * round_ * glow
    (mist,) = s.noise(Plane(*(s.smooth(v) for v in (p.x * 1.2 + w[0] * 0.25, p.y * 1.2 + w[1] * 0.25))), 3, 4)
    mist = mist * mist * g.exp(current * current * -0.9)
    water = s.smooth(g.sigmoid(w[1] * 1.2 + b * 1.2 - 0.6))
    v = stream * (0.34 + haze * 1.3) + haze * 0.5 + mist * (0.25 + water * 0.5) * 0.6 - 0.10
    t = g.tanh(s.smooth(b * 0.7 + w[1] * 0.5) + haze * 0.3)
    return Fields(g.relu(v), t, sparks * (0.25 + stream * 1.1))
