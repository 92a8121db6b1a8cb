"""Where the orbits of z^2 + c come near a circle: rings within rings of a Julia set, as fine as the pixels bear."""

from vj.workshop._worlds_palette import Anchor, Fields
from vj.workshop._worlds_stage import Stage

ANCHOR = Anchor(hue=2.75, span=1.05, lift=-0.3, chroma=0.18, accent=-0.9, bend=0.0)
_STEPS = 8


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    p = s.fine.scale(g.exp(s.c[1] * 0.12) * 0.72).turn(s.c[0] * 0.15 - 0.33)
    x = p.x + s.c[2] * 0.06 + s.smooth(s.quick[0] * 0.02)
    y = p.y + s.c[3] * 0.06 + s.smooth(s.quick[1] * 0.02)
    cx = s.c[4] * 0.06 + s.c[5] * 0.03 + s.m[0] * 0.006 - 0.62
    cy = s.c[6] * 0.05 + s.c[7] * 0.03 + s.m[1] * 0.006 + 0.40
    pace = s.pixel * 0.72 + x * 0.0  # how far the orbit of the next pixel has run away
    radius = 0.36 + s.m[2] * 0.02 + s.f[0] * 0.006
    v, e, t = x * 0.0, x * 0.0, x * 0.0
    for k in range(_STEPS):
        square = x * x + y * y
        size = g.sqrt(square + 1e-6)
        pace = g.op("Min", pace * size * 2.0, 8.0)
        x, y = x * x - y * y + cx, x * y * 2.0 + cy
        bound = g.op("Reciprocal", g.sqrt(g.op("Max", (x * x + y * y) * 0.11, 1.0)))
        x, y = x * bound, y * bound
        gap = g.abs(g.sqrt(x * x + y * y + 1e-6) - radius)
        calm = g.op("Reciprocal", pace * pace * 60.0 + 1.0)
        near = gap * g.op("Reciprocal", pace + 0.006)
        body = g.exp(gap * -10.0) * calm
        line = g.exp(near * near * -0.14) * calm
        v = v + body * (0.62 - 0.045 * k)
        t = t + body * (0.30 * k - 1.0)
        e = e + line * (0.5 + s.f[1 + k % 4] * 0.08)
    t = g.tanh(t * g.op("Reciprocal", v + 0.05) * 0.9)
    glow = 1.0 - g.exp(v * -0.75)
    return Fields(g.relu(glow * 1.3 - 0.22), t, e * glow * 0.8)
