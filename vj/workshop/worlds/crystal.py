"""A cluster of clear prisms: each facet cuts out its own piece of the light behind, its edges split it into colours."""

from dataclasses import dataclass

import numpy as np

from vj.workshop.graph import Value
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Plane, Stage

ANCHOR = Anchor(hue=3.55, span=1.8, lift=0.05, chroma=0.21, accent=-0.8, bend=-0.05)
#: Angle from upright, place of the foot, length and half width of each prism, from the farthest to the nearest.
_PRISMS = (
    (-0.95, -0.20, 2.05, 0.22),
    (0.90, 0.16, 2.15, 0.23),
    (-0.22, -0.12, 2.30, 0.28),
    (0.42, 0.24, 2.05, 0.25),
    (-0.62, -0.36, 1.75, 0.26),
    (1.22, 0.44, 1.85, 0.20),
    (0.08, 0.10, 1.50, 0.30),
    (-1.25, -0.48, 1.65, 0.21),
)


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    x, y = s.fine.x - s.c[15] * 0.22, s.fine.y + (1.3 - s.c[8] * 0.06)
    nothing = s.fine.x * 0.0 + s.fine.y * 0.0
    bx, by, clear, edge, hue, shade = s.fine.x + nothing, s.fine.y + nothing, nothing, nothing, nothing, nothing
    for k in range(len(_PRISMS)):
        prism = _prism(s, x, y, k)
        bx, by = bx + prism.dx, by + prism.dy
        clear = g.op("Max", clear, prism.body)
        edge = edge * (1.0 - prism.body * 0.78) + prism.edge
        hue = hue * (1.0 - prism.body * 0.75) + prism.hue
        shade = shade * (1.0 - prism.body * 0.75) + prism.shade
    rough, ridges = s.noise(Plane(bx * 1.3 + s.f[0] * 0.08, by * 1.3 + s.f[1] * 0.08), 2, 4)
    phase = bx * 4.2 + by * 1.7 + rough * 0.45 + (s.c[12] * 0.7 + s.m[8] * 0.3)
    other = by * 5.1 - bx * 2.2 + rough * 0.3 + (s.c[13] * 0.7 + s.m[9] * 0.3)
    bars = g.sigmoid((g.sin(phase) + g.sin(other)) * 2.6 - 0.7)
    kx, ky = s.knots.x - s.c[15] * 0.22, s.knots.y + 0.9
    haze = s.smooth(g.exp((kx * kx * 0.45 + ky * ky) * -0.75) * g.sigmoid(s.slow[0] * 1.5 + s.quick[0] * 0.6 + 0.4))
    v = shade * (0.26 + bars * 0.85) * (0.70 + ridges * 0.75) + edge * 0.30 + (1.0 - clear) * haze * 0.62
    t = g.tanh(hue * 1.1 + g.cos(phase) * 0.45 * clear + (1.0 - clear) * 0.4)
    return Fields(
        g.relu(v), t, g.relu(edge * (0.10 + bars * (0.62 + s.f[2] * 0.08)) + shade * bars * ridges * ridges * 0.45)
    )


@dataclass(frozen=True, eq=False)
class Prism:
    """Where a prism is, how its facets push what is behind, how light they are, its bright edges and their colours."""

    body: Value
    dx: Value
    dy: Value
    shade: Value
    edge: Value
    hue: Value


def _prism(s: Stage, x: Value, y: Value, k: int) -> Prism:
    """A six-sided column with a point, three facets of which show, and three of the point."""
    g = s.g
    lean, foot, long, half = _PRISMS[k]
    angle = s.c[k] * 0.12 + s.m[k] * 0.025 + s.c[14] * 0.16 + lean
    sin, cos = g.sin(angle), g.cos(angle)
    px, py = x - (s.c[9 + k % 3] * 0.05 + foot), y - s.c[(k + 5) % 8] * 0.04
    u, w = px * sin + py * cos, px * cos - py * sin
    width = s.c[(k + 3) % 8] * 0.028 + half
    tip = (s.c[(k + 6) % 8] * 0.20 + long) - u
    left, right = width * (-0.34 - 0.12 * np.sin(k * 2.4)), width * (0.42 + 0.12 * np.cos(k * 1.7))
    sharp = g.op("Reciprocal", s.pixel) * 2.5
    across = g.abs(w)
    inner = g.op("Min", width - across, tip * 0.53 - across * 0.85)
    from_left, from_right = w - left, w - right
    shoulder = width * 1.7 - tip - g.abs(w - (left + right) * 0.5) * 0.4
    body = g.sigmoid(inner * sharp)
    on_left, on_right, on_tip = (g.sigmoid(d * sharp) for d in (-from_left, from_right, shoulder))
    push = (on_right - on_left) * body
    cap = on_tip * body
    kind = 0.3 * np.sin(k * 5.1)
    dx = push * (cos * 0.55) + body * (cos * kind) + cap * (sin * 0.4 + 1.7 * kind)
    dy = push * (sin * -0.55) + body * (sin * -kind) + cap * 0.45
    shade = (body * 0.62 - push * 0.42 + cap * (0.10 + 0.4 * kind)) * (u * 0.22 + 0.48)
    ridge = g.op("Min", g.op("Min", g.abs(from_left), g.abs(from_right)), g.abs(shoulder))
    rim = g.op("Min", ridge * 1.3, g.abs(inner - 0.006)) * g.op("Reciprocal", s.pixel * 0.75 + 0.0035)
    edge = body * g.fading(rim * rim * -0.7)
    fringe = g.exp(ridge * -24.0) * (1.0 - on_right * 2.0) + g.exp(g.relu(inner) * -26.0) * 0.7
    return Prism(body, dx, dy, shade, edge, fringe * body + push * 0.4)
