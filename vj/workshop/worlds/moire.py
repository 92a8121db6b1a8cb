"""Rings about two moving centres, bent by lenses, and the beats where they cross: black where they agree."""

from vj.workshop.graph import Operand, Value
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Plane, Stage

ANCHOR = Anchor(hue=5.9, span=0.95, lift=0.1, chroma=0.2, accent=0.4, bend=0.2)
#: Lines to a unit.
_RATE = 7.6


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    p, swell = _lenses(s, s.knots.turn(s.c[0] * 0.16))
    first = _rings(s, p, s.c[2] * 0.26 - 0.36, s.c[3] * 0.2 + 0.1)
    second = _rings(s, p, s.c[4] * 0.26 + 0.36, s.c[5] * 0.2 - 0.1)
    first = first + s.slow[0] * 0.42 + s.quick[0] * 0.08 + s.m[8] * 0.12
    second = second * (1.0 + s.c[6] * 0.035) + s.slow[1] * 0.42 + s.quick[1] * 0.08 + s.m[9] * 0.12
    a, b = _lines(s, first, 0.5 + s.f[0] * 0.03), _lines(s, second, 0.5 + s.f[1] * 0.03)
    apart = a + b - a * b * 2.0
    beat = s.smooth(first - second)
    swing = g.sin(beat * 3.1416)
    dx, dy = s.gradient(swell)
    light = g.tanh((dy * 0.7 - dx * 0.45) * 1.4) * 0.5
    shade = s.smooth(g.sigmoid(s.slow[1] * 1.1 - s.slow[0] * 0.8 + 1.2))
    v = (apart * (0.62 + light) + a * b * 0.05) * (0.3 + 0.75 * shade)
    t = swing * 0.9 + s.f[4] * 0.08
    high = swing * swing
    return Fields(g.relu(v), t, apart * high * high * high * g.relu(light + 0.12) * (1.2 + s.f[2] * 0.2) * shade)


def _lenses(s: Stage, p: Plane) -> tuple[Plane, Value]:
    """The plane seen through three round lenses, and how far each lifts it."""
    g = s.g
    x, y, swell = p.x, p.y, p.x * 0.0 + p.y * 0.0
    for k, (cx, cy, size) in enumerate(((-0.9, -0.2, 0.62), (0.5, 0.35, 0.75), (1.4, -0.5, 0.5))):
        dx, dy = p.x - (s.c[7 + k] * 0.25 + s.m[k] * 0.05 + cx), p.y - (s.c[10 + k] * 0.2 + s.m[3 + k] * 0.05 + cy)
        inside = g.relu(1.0 - (dx * dx + dy * dy) * (1 / size**2))
        bulge = inside * inside
        pull = bulge * (s.c[13 + k] * 0.12 - 0.42) if k < 2 else bulge * -0.42
        x, y, swell = x + dx * pull, y + dy * pull, swell + bulge * size
    return Plane(x, y), swell


def _rings(s: Stage, p: Plane, x: Operand, y: Operand) -> Value:
    """Phase, in lines, of rings about (x, y)."""
    dx, dy = p.x - x, p.y - y
    return s.g.sqrt(dx * dx + dy * dy + 0.004) * _RATE


def _lines(s: Stage, phase: Value, share: Operand) -> Value:
    """1 on the lines of a phase on the knots, which take `share` of its area; even grey where they are too fine."""
    g = s.g
    f = s.smooth(phase)
    dx, dy = s.gradient(phase)
    pace = g.sqrt(dx * dx + dy * dy + 4.0) * s.pixel
    edge = (share * 0.5 - g.abs(f - g.op("Round", f))) * g.op("Reciprocal", pace)
    rest = pace * pace * 7.0
    calm = g.op("Reciprocal", rest * rest + 1.0)
    return g.sigmoid(edge * 4.0) * calm + (1.0 - calm) * 0.5
