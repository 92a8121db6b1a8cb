"""Fire in a mirror: tongues that rise, lean and part, the same on either side."""

from vj.workshop._worlds_means import clear
from vj.workshop._worlds_palette import Anchor, Fields
from vj.workshop._worlds_stage import Plane, Stage

ANCHOR = Anchor(hue=0.75, span=0.55, lift=0.55, chroma=0.21, accent=0.9, bend=-0.1)


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    zoom = g.exp(s.c[1] * 0.08)
    x, y = s.knots.x * zoom + s.c[2] * 0.05, s.knots.y * zoom + s.c[3] * 0.05
    side = g.sqrt(x * x + 0.004)
    n = s.noise(Plane(side * 0.62 + y * 0.05 + s.c[4] * 0.34 + 2.9, y * 0.42 + side * 0.1 + s.c[5] * 0.28 + 4.3), 0, 2)
    lift = (y + 1.2) * 0.5
    a = n[0] * 0.26 * lift + (n[1] * 0.12 + s.c[0] * 0.05)
    w = s.noise(Plane(side * 1.25 + a + s.m[0] * 0.16, y * 0.60 - n[1] * 0.25 + s.m[1] * 0.16), 0, 2)
    path = [
        side * 1.7 + (a + w[0] * 0.26 * lift) * 1.5 + s.f[0] * 0.03,
        y * 0.52 + w[1] * 0.30 - n[0] * 0.2 + s.f[1] * 0.035,
    ]
    hint, rough, ridges = s.noise(Plane(*(s.smooth(field) for field in path)), 1, 4)
    calm = clear(s, path, 0.14)
    heat = s.smooth(
        n[0] * 0.55
        + w[0] * 0.60
        + w[1] * 0.25
        - lift * 1.5
        + 2.2
        - side * 0.55
        + s.c[7] * 0.12
        + s.slow[1] * 0.25
        + s.c[6] * 0.2
    )
    h = heat + rough * 0.42 + hint * 0.2
    body = g.sigmoid(h * 2.1)
    ridge = ridges * calm + 0.5 * (1.0 - calm)
    tongues = ridge * ridge
    v = body * (0.10 + tongues * 1.35) * g.sigmoid(h * 1.2 + 1.0)
    hot = tongues * tongues * body * body
    t = g.tanh(h * 0.35 - 0.25 + s.f[4] * 0.08)
    return Fields(v, t, hot * hot * 2.4 + hot * 0.25)
