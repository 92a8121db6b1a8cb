"""A film of oil on black water: bands of interference around whirls, and nothing where the film has torn."""

from vj.workshop.worlds._means import clear, placed
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Plane, Stage

ANCHOR = Anchor(hue=5.0, span=1.55, lift=0.0, chroma=0.2, accent=2.4, bend=0.1)
#: Place and turning of each whirl: x, y, radians at the middle, 1 / radius^2.
_WHIRLS = ((-1.0, 0.35, 2.6, 2.2), (0.55, -0.3, -2.4, 2.6), (1.35, 0.55, 2.2, 3.0), (-0.35, -0.8, -2.0, 3.4))


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    p = placed(s)
    for k, whirl in enumerate(_WHIRLS):
        p = _whirled(s, p, k, *whirl)
    n = s.noise(Plane(p.x * 0.62 + s.c[8] * 0.2 + 1.3, p.y * 0.85 + s.c[9] * 0.2 + 2.6), 0, 2)
    w = s.noise(Plane(p.x * 1.1 + n[0] * 0.25 + s.quick[0] * 0.08, p.y * 1.5 + n[1] * 0.25 + s.quick[1] * 0.08), 0, 2)
    thick = n[0] * 0.62 + s.slow[0] * 0.30 + w[0] * 0.26 + 0.32 + s.flutter[0] * 0.012
    path = [p.x * 1.3 + w[0] * 0.2 + s.flutter[0] * 0.03, p.y * 1.6 + w[1] * 0.2 + s.flutter[1] * 0.03]
    rough, ridges = s.noise(Plane(*(s.smooth(field) for field in path)), 2, 4)
    calm = clear(s, path, 0.14)
    h = g.relu(s.smooth(thick) + rough * calm * 0.035)
    dx, dy = s.gradient(thick)
    order = h * (3.4 + s.m[6] * 0.15) * 6.2832
    pace = (dx * dx + dy * dy) * (s.pixel * s.pixel * 90.0)
    seen = g.op("Reciprocal", pace * pace + 1.0)
    fringe = 0.5 - g.cos(order) * 0.5 * seen
    body = g.sigmoid(h * 60.0 - 2.2)
    facing = g.tanh((dy * 0.6 - dx * 0.35) * 0.55)
    sheen = s.smooth(g.sigmoid(n[1] * 1.2 + s.slow[1] * 0.9 + 0.5))
    v = body * (0.06 + fringe * (0.62 + 0.35 * facing)) * (0.40 + 0.72 * sheen) * (0.75 + ridges * calm * 0.5)
    t = g.sin(order * 0.5 + s.smooth(w[1] * 0.5) + s.f[4] * 0.15)
    thin = g.fading((order - 2.2) * (order - 2.2) * -0.9) * body
    return Fields(g.relu(v), t, (thin * 0.35 + fringe * fringe * g.relu(facing - 0.25) * 0.9) * sheen)


def _whirled(s: Stage, p: Plane, k: int, x: float, y: float, turn: float, tight: float) -> Plane:
    """The plane turned about whirl `k`, most in its middle."""
    g = s.g
    dx = p.x - (s.c[4 + k] * 0.34 + s.m[k] * 0.04 + x)
    dy = p.y - (s.c[10 + k] * 0.24 + s.m[4 + k] * 0.04 + y)
    angle = g.exp((dx * dx + dy * dy) * -tight) * (turn + s.m[8 + k] * 0.25)
    d = Plane(dx, dy).turn(angle)
    return Plane(p.x + d.x - dx, p.y + d.y - dy)
