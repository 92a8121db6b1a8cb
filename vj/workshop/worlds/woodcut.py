"""A relief engraved in parallel lines: the more light, the wider the line."""

from vj.workshop.worlds._means import placed
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Plane, Stage

ANCHOR = Anchor(hue=1.1, span=0.8, lift=0.2, chroma=0.07, accent=0.4, bend=0.25)


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    at = placed(s)
    wide = at.scale(0.6)
    n = s.noise(wide.shift(2.2, 1.4), 0, 2)
    a, b = n[0] * 0.6 + s.slow[0] * 0.6, n[1] * 0.6 + s.slow[1] * 0.6
    w = s.noise(Plane(wide.x * 1.5 + b * 0.3 + s.quick[0] * 0.07, wide.y * 1.5 + a * 0.3 + s.quick[1] * 0.07), 0, 2)
    height = a * 0.16 + w[0] * 0.095 + s.quick[0] * 0.02 + s.flutter[0] * 0.004
    lines = (at.y + height + s.f[0] * 0.012) * (13.5 + 0.3 * s.m[6])
    f = s.smooth(lines)
    dx, dy = s.gradient(lines)
    steep = g.sqrt(dx * dx + dy * dy + 4.0)
    hx, hy = s.gradient(height)
    facing = (hx * (0.75 + s.m[7] * 0.08) - hy * 0.55) * g.op("Reciprocal", g.sqrt(hx * hx + hy * hy + 0.05))
    cloud = s.smooth(g.sigmoid(b * 1.1 + 0.7))
    tone = g.clip(0.50 + facing * 0.55, 0.02, 0.96) * (0.25 + 0.75 * cloud)
    from_middle = g.abs(f - g.op("Round", f))
    ink = g.sigmoid((tone * 0.5 - from_middle) * (96.0 / steep) * 3.2)
    (cut,) = s.noise(Plane(s.fine.x * 1.6 + f * 0.03 + s.f[1] * 0.08, f * 0.9), 3, 4)
    ink = ink * g.sigmoid(tone * 60.0 - 5.0)
    v = ink * (0.45 + tone * 0.5) * (0.86 + cut * 0.22)
    t = s.smooth(g.tanh(a * 1.6 - b * 0.8 - 0.6))
    return Fields(v, t, ink * g.relu(facing - 0.45) * 0.6 * cloud)
