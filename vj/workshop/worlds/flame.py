"""Fire: plumes that rise, lean, part and join over a bed of heat, and embers above them."""

from functools import reduce

from vj.workshop.graph import Value
from vj.workshop.worlds._means import clear, dots
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Plane, Stage

ANCHOR = Anchor(hue=0.75, span=0.55, lift=0.55, chroma=0.21, accent=0.9, bend=-0.1)
#: Where each plume stands, how high it reaches and how wide it is.
_PLUMES = ((-1.25, 0.90, 0.42), (-0.40, 1.30, 0.52), (0.45, 1.00, 0.40), (1.30, 1.10, 0.46))


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    zoom = g.exp(s.c[1] * 0.10)
    x, y = s.knots.x * zoom + s.c[2] * 0.10, s.knots.y * zoom + s.c[3] * 0.06
    lift = (y + 1.15) * 0.5
    n = s.noise(Plane(x * 0.62 + y * 0.05 + s.c[4] * 0.20 + 2.9, y * 0.42 + x * 0.1 + s.c[5] * 0.28 + 4.3), 0, 2)
    sway = (n[0] * 0.22 + s.slow[0] * 0.14 + s.c[0] * 0.14) * lift
    w = s.noise(Plane((x + sway) * 1.25 + n[1] * 0.12 + s.m[0] * 0.16, y * 0.60 - n[1] * 0.25 + s.m[1] * 0.16), 0, 2)
    across = x + sway + (w[0] * 0.17 + s.quick[0] * 0.04) * lift
    rise = lift + w[1] * 0.10 + s.quick[1] * 0.03
    path = [across * 1.7 + w[0] * 0.10 * lift + s.f[0] * 0.03, y * 0.52 + w[1] * 0.30 - n[0] * 0.2 + s.f[1] * 0.035]
    hint, rough, ridges = s.noise(Plane(*(s.smooth(field) for field in path)), 1, 4)
    calm = clear(s, path, 0.14)
    fire = _plumes(s, across, rise)
    heat = s.smooth(fire + n[0] * 0.35 + w[0] * 0.55 + w[1] * 0.25)
    h = heat + rough * 0.42 + hint * 0.25
    body = g.sigmoid(h * 2.3)
    ridge = ridges * calm + 0.5 * (1.0 - calm)
    tongues = ridge * ridge
    v = body * (0.08 + tongues * 1.40) * g.sigmoid(h * 1.2 + 0.8)
    hot = tongues * tongues * body * body
    ember = _embers(s, sway) * g.sigmoid(heat + 2.2) * (1.0 - body)
    ember = g.op("Max", ember, 1e-8)  # its fourth power is asked for, which is to stay a normal number
    t = g.tanh(h * 0.35 - 0.25 + ember * 2.0 + s.f[4] * 0.08)
    spark = ember * ember
    return Fields(v + ember * 0.75, t, hot * hot * 2.4 + hot * 0.25 + spark * spark * 0.35)


def _plumes(s: Stage, x: Value, lift: Value) -> Value:
    """Heat of all plumes, 0 at their rims: about the largest of them, so that near ones melt into each other."""
    g = s.g

    def plume(k: int) -> Value:
        middle, height, width = _PLUMES[k]
        off = (x - s.c[6 + k] * 0.38 - s.m[4 + k] * 0.07 - middle) * (1 / width)
        above = lift * g.exp(s.c[10 + k] * -0.32) * (1 / height)
        return g.fading((2.3 - above * 3.2 - off * off * (0.6 + above)) * 1.2)

    total = reduce(lambda a, b: a + b, (plume(k) for k in range(len(_PLUMES))))
    return g.op("Log", total + 0.01) * (1 / 1.2)


def _embers(s: Stage, sway: Value) -> Value:
    """Sparks on their way up."""
    g = s.g
    at = Plane(
        s.fine.x + s.smooth(sway * 0.5 + s.quick[0] * 0.02) + s.f[2] * 0.03, s.fine.y - s.m[2] * 0.12 + s.f[3] * 0.04
    )
    square, power, _ = dots(s, at, 5.5, 0.3)
    return g.op("Min", power, 1.2) * g.fading(square * -170.0)
