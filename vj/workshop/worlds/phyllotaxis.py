"""Seeds set by the golden angle, the oldest outermost, growing out of a middle that wanders."""

import numpy as np

from vj.workshop.graph import Value
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Stage

ANCHOR = Anchor(hue=6.9, span=0.85, lift=0.15, chroma=0.2, accent=0.5, bend=0.1)
_COUNT = 330
#: How sharply a seed gives way to the next, 1 / deviation^2 in its own radii.
_PULL = 3.5
_GOLDEN = np.pi * (3.0 - 5.0**0.5)


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    x, y, size, lit, tint = _seeds(s)
    bumps = s.bumps(x, y, _PULL, size)
    total = bumps.sum()
    share = g.op("Reciprocal", total + 1e-20)

    def mean(weights: Value) -> Value:
        return bumps.sum(weights) * share

    near, glow = mean(size), mean(lit)
    dx, dy = (s.fine.x - mean(x)) * near, (s.fine.y - mean(y)) * near
    square = g.relu(g.op("Log", total + 1e-30) * (-1 / _PULL))  # 1 at the rim of a seed
    r = g.sqrt(square + 1e-4)
    disc = g.sigmoid((1.0 - r) * g.op("Reciprocal", s.pixel * near + 0.02) * 3.0)
    around = (1.0 - disc) * glow * g.exp((r - 1.0) * -2.2)
    ball = g.sqrt(g.relu(1.0 - square) + 0.0004)
    light = g.relu(dx * -0.40 + dy * 0.50 + ball * 0.45)
    rim = r * r * r * r
    heart = g.fading(square * (-2.6 + s.f[0] * 0.3))
    v = disc * (light * (0.34 + 0.3 * glow) + glow * (heart * 0.48 + rim * 0.25)) + around * 0.34
    gx, gy = dx + 0.36, dy - 0.42
    glint = g.fading((gx * gx + gy * gy) * -18.0) * (0.35 + s.f[1] * 0.06)
    t = g.tanh(mean(tint) + (rim - heart) * 0.25 + s.f[4] * 0.06)
    return Fields(g.relu(v), t, disc * (glint + heart * heart * glow * glow * (0.8 + s.f[2] * 0.15)))


def _seeds(s: Stage) -> tuple[Value, Value, Value, Value, Value]:
    """x, y, 1 / radius, light 0 to 1 and hue travel [N, seeds, 1] of all seeds."""
    g = s.g
    c, m = ([g.reshape(number, 0, 1, 1) for number in group] for group in (s.c, s.m))
    index = g.constant(np.arange(_COUNT, dtype=np.float32).reshape(1, -1, 1))
    n = index + (c[8] * 0.7 + 2.6)
    age = g.sqrt(g.op("Max", n * (1 / _COUNT), 0.001))
    angle = index * (c[4] * 0.0017 + c[5] * 0.0007 + _GOLDEN) + c[0] * 0.12 + c[6] * 0.3 * age
    power = c[7] * 0.15 + 1.25
    radius = g.exp(g.op("Log", age) * power) * (g.exp(c[1] * 0.10) * 2.5)
    x, y = radius * g.cos(angle) + c[2] * 0.32, radius * g.sin(angle) + c[3] * 0.2
    room = radius * g.sqrt(power * 3.1416 / g.op("Max", n, 0.3)) * 0.5  # half the way to the neighbours
    wave = g.sin(
        age * (m[0] * 0.5 + 10.0) + g.sin(angle * 2.0 + age * 4.0 + m[1] * 0.4) * 0.7 + c[9] * 0.8 + m[2] * 0.5
    )
    arms = g.sin(angle * 3.0 - age * 5.0 + c[10] * 0.7 + m[3] * 0.4)
    size = g.op("Reciprocal", room * (0.86 + wave * 0.08 + arms * 0.05 + m[4] * 0.02) + 0.004)
    lit = g.sigmoid(wave * 1.9 + arms * 1.1 + m[5] * 0.3 + 0.4)
    tint = (age - 0.62) * 1.5 + arms * 0.45 + m[6] * 0.12
    return x, y, size, lit, tint
