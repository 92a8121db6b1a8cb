"""Where orbits come near a circle: the plane folded, turned and turned inside out, six times; rings within rings."""

from vj.workshop.graph import Value
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Plane, Stage

ANCHOR = Anchor(hue=2.75, span=1.05, lift=-0.3, chroma=0.18, accent=-0.9, bend=0.0)
_STEPS = 6


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    zoom = g.exp(s.c[1] * 0.14) * 0.72
    p = s.fine.scale(zoom).turn(s.c[0] * 0.3 + 0.2)
    p = p.shift(
        s.c[2] * 0.12 + s.smooth(s.quick[0] * 0.015) + 0.35,
        s.c[3] * 0.12 + s.smooth(s.quick[1] * 0.015) + 0.2,
    )
    bend = 1.12 + s.c[4] * 0.05 + s.m[2] * 0.006
    turn = s.c[5] * 0.16 + s.m[3] * 0.01
    aside = s.c[6] * 0.06 + s.m[0] * 0.006, s.c[7] * 0.06 + s.m[1] * 0.006
    pace = s.pixel * zoom + p.x * 0.0  # how far the orbit of the next pixel has run away
    radius = 0.74 + s.c[8] * 0.03 + s.m[4] * 0.02 + s.f[0] * 0.006
    v, e, t = p.x * 0.0, p.x * 0.0, p.x * 0.0
    for k in range(_STEPS):
        p = Plane(_folded(p.x), _folded(p.y))
        square = p.x * p.x + p.y * p.y + 0.004
        size = bend * g.op("Reciprocal", square)
        p = p.scale(size).turn(turn + 0.35).shift(*aside)
        pace = g.op("Min", pace * size, 8.0)
        gap = g.abs(g.sqrt(square) - radius)
        thin = pace * pace * 50.0
        calm = g.op("Reciprocal", thin * thin + 1.0)
        near = gap * size * g.op("Reciprocal", pace + 0.006)
        body = g.exp(gap * -8.0) * calm
        line = g.fading(near * near * -0.14) * calm
        v = v + body * (0.62 - 0.045 * k)
        t = t + body * (0.36 * k - 1.0)
        e = e + line * (0.5 + s.f[1 + k % 4] * 0.08)
    t = g.tanh(t * g.op("Reciprocal", v + 0.05) * 0.9)
    glow = 1.0 - g.exp(v * -0.85)
    return Fields(g.relu(glow * 1.55 - 0.30), t, e * e * glow * 0.75)


def _folded(x: Value) -> Value:
    """Distance to the nearest even number."""
    g = x.graph
    return g.abs(x - g.op("Round", x * 0.5) * 2.0)
