"""A rose window: everything is a function of the radius and of cosines of 4, 8 and 12 times the angle."""

from vj.workshop.graph import Value
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Plane, Stage

ANCHOR = Anchor(hue=6.5, span=1.0, lift=0.25, chroma=0.17, accent=1.2, bend=0.1)


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    p = s.fine.scale(g.exp(s.c[1] * 0.10)).turn(s.c[0] * 0.12)
    square = p.x * p.x + p.y * p.y
    r = g.sqrt(square + 1e-5)
    four, eight, twelve = _petals(s, p, square)
    lobes = eight * (0.50 + s.c[5] * 0.09) + four * (0.10 + s.c[4] * 0.10) + twelve * (0.06 + s.c[6] * 0.06)
    swell = g.tanh(r * 3.0)
    depth = r * 0.95 + g.op("Log", r + 0.10) * 0.30  # rings crowd towards the middle
    u = depth * (1.0 + s.c[7] * 0.04) + lobes * swell * (0.20 + s.m[4] * 0.035) + s.c[2] * 0.03
    across = lobes * swell * (1.0 + s.m[5] * 0.12)
    d = s.noise(
        Plane(u * 1.35 + s.m[0] * 0.09 + s.c[8] * 0.045 + 2.0, across * 1.3 + s.m[1] * 0.09 + s.c[9] * 0.045), 0, 2
    )
    wave = g.sin(u * 8.5 + d[0] * (1.4 + s.m[6] * 0.1) - across * (2.0 + s.m[8] * 0.2) + s.c[3] * 0.22)
    (ridges,) = s.noise(
        Plane(
            u * 3.4 + d[0] * 0.42 + s.m[2] * 0.10 + s.f[0] * 0.12 + 5.0,
            (across - lobes * 0.2) * 3.6 + d[1] * 0.42 + s.m[3] * 0.10 + s.f[1] * 0.12,
        ),
        3,
        4,
    )
    lace = ridges * ridges
    petal = g.sigmoid(wave * 3.4 + d[1] * 1.3 + s.m[9] * 0.2)
    fade = g.sigmoid((1.8 + eight * 0.10 - r) * 4.5)
    v = fade * (petal * (0.14 + lace * (1.2 + s.f[2] * 0.12)) + lace * lace * 0.2)
    heart = g.fading(square * -150.0)
    outline = g.exp(wave * wave * -30.0) * fade
    t = g.tanh(wave * 0.6 + d[0] * 0.35 + r * 1.1 - 0.8 + s.f[4] * 0.12)
    sparks = lace * lace * lace * petal * fade
    return Fields(v, t, outline * (0.08 + lace * 0.8) * (1.0 + s.f[3] * 0.2) + sparks * 0.75 + heart * 0.6)


def _petals(s: Stage, p: Plane, square: Value) -> tuple[Value, Value, Value]:
    """Cosines of 4, 8 and 12 times the angle, calmed towards the middle, by squaring complex numbers."""
    calm = s.g.op("Reciprocal", square + 0.003)
    re, im = (p.x * p.x - p.y * p.y) * calm, p.x * p.y * calm * 2.0
    re4, im4 = re * re - im * im, re * im * 2.0
    re8, im8 = re4 * re4 - im4 * im4, re4 * im4 * 2.0
    return re4, re8, re8 * re4 - im8 * im4
