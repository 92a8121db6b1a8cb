"""City lights at night through a lens out of focus: discs of light, near and far, along streets that bend."""

from vj.workshop.graph import Value
from vj.workshop.worlds._means import dots
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Stage

ANCHOR = Anchor(hue=1.0, span=1.0, lift=0.1, chroma=0.19, accent=0.3, bend=0.25)
#: Cells to a unit and brightness of each depth.
_DEPTHS = ((0.95, 0.55), (1.3, 0.7), (2.1, 0.8), (3.4, 1.0))


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    street = s.smooth(g.sigmoid(s.slow[0] * 1.5 + s.quick[1] * 0.4 + 0.3))
    tone = s.smooth(g.tanh(s.slow[1] * 0.9))
    v, tint = s.fine.x * 0.0 + s.fine.y * 0.0, s.fine.x * 0.0
    for k, (cells, power) in enumerate(_DEPTHS):
        disc, hue = _discs(s, cells, k)
        light = disc * power
        v, tint = v + light, tint + light * hue
    t = tint / (v + 0.02) * 0.6 + tone * 0.4
    v = (1.0 - g.exp(v * -1.3)) * (0.15 + 0.95 * street)
    return Fields(v, t, v * v * v * 0.6)


def _discs(s: Stage, cells: float, k: int) -> tuple[Value, Value]:
    """Discs of one size, and the hue of each, -1 to 1."""
    g = s.g
    at = s.fine.shift(s.c[4 + k] * 0.10 + s.m[k] * 0.03 + 0.37 * k, s.c[8 + k] * 0.10 + s.m[4 + k] * 0.03 + 0.21 * k)
    square, power, place = dots(s, at.turn(s.c[0] * 0.05 + 0.9 * k), cells, 0.61 * k + 0.2)
    r = g.sqrt(square + 1e-5)
    disc = g.sigmoid((0.245 - r) * (250.0 / cells))
    rim = g.fading((r - 0.225) * (r - 0.225) * (-6000.0 / (cells * cells)))
    lit = g.sigmoid(g.sin(place * 173.0 + s.m[9] * 0.5 + s.f[k] * 0.25) * 3.0 + 1.0) + power * 0.3
    return disc * lit * (0.5 + rim * 0.5), g.sin(place * 61.0 + s.m[8] * 0.2)
