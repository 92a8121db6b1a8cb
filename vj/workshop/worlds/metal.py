"""Poured metal: a warped height field mirrors a room of dark walls and a few lamps."""

from vj.workshop.worlds._means import bend, placed
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Plane, Stage

ANCHOR = Anchor(hue=7.2, span=0.65, lift=0.25, chroma=0.16, accent=0.6, bend=-0.05)


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    at = placed(s).scale(0.62)
    n = s.noise(at.shift(1.7, 0.0), 0, 2)
    a, b = n[0] * 0.7 + s.slow[0] * 0.45, n[1] * 0.7 + s.slow[1] * 0.45
    w = s.noise(Plane(at.x * 1.2 + a * 0.55 + s.quick[0] * 0.06, at.y * 1.2 + b * 0.55 + s.quick[1] * 0.06), 0, 2)
    height = w[0] * 0.34 + a * 0.28 + w[1] * (0.14 + s.m[5] * 0.02) + s.flutter[0] * 0.014
    dx, dy = s.gradient(height * 0.74)
    steep = g.op("Reciprocal", g.sqrt(dx * dx + dy * dy + 1.0))
    nx, ny = dx * steep, dy * steep
    h = s.smooth(height)
    swing = nx * (3.9 + s.f[0] * 0.2) + ny * (5.4 + s.f[1] * 0.2) + h * 2.4 + s.c[6] * 0.2
    bent = s.smooth(bend(s, height)) * s.pixel * 4.0  # about the radians by which the folds turn in a pixel
    bent = bent * bent
    calm = g.op("Reciprocal", bent * bent + 1.0)
    room, fold = g.sin(swing) * calm, g.sin(ny * 11.0 - nx * 4.6 + h * 4.2 + s.f[2] * 0.5) * calm
    wall = g.sigmoid(room * 4.2 + fold * 1.7 - 0.1)
    glint = g.exp((1.0 - room) * -26.0)  # the rim of every bright wall
    v = wall * (0.32 + 0.44 * steep + 0.34 * room) * (0.84 + 0.24 * fold) + (1.0 - wall) * (0.16 + 0.13 * fold) * steep
    x1, y1, x2, y2 = nx - 0.42 + s.m[7] * 0.03, ny - 0.40, nx + 0.55, ny + 0.25 + s.f[3] * 0.06
    lamp = g.fading((x1 * x1 + y1 * y1) * -48.0)
    strip = g.fading(x2 * x2 * -110.0 + y2 * y2 * -12.0)
    t = g.tanh(fold * 0.65 + nx * 1.1 - 0.1)
    return Fields(v, t, (lamp * 1.3 + strip * 0.9 + glint * wall * 0.22) * calm)
