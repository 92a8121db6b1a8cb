"""Black marble, broken many times and healed with gold: every break cuts the pattern of the stone."""

from vj.workshop.graph import Value
from vj.workshop.worlds._means import clear, placed
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Plane, Stage

ANCHOR = Anchor(hue=4.6, span=3.0, lift=0.0, chroma=0.13, accent=2.9, bend=-0.25)


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    at = placed(s).turn(s.c[4] * 0.1 - 0.5)
    n = s.noise(at.scale(0.55).shift(6.1, 2.2))
    a, b = n[0] * 0.5 + s.slow[0] * 0.5, n[1] * 0.5 + s.slow[1] * 0.5
    p = Plane(at.x * 0.9 + a * 0.32 + s.quick[0] * 0.06, at.y * 1.5 + b * 0.32 + s.quick[1] * 0.06)
    w = s.noise(p)
    vein, plate, facing = _break(s, at.y * 0.9 + a * 0.5 + w[2] * 0.10 + w[0] * 0.16 + s.flutter[0] * 0.01, 0.95)
    hair, piece, _ = _break(s, at.x * 0.5 - at.y * 0.4 + b * 0.55 + w[3] * 0.25 + w[1] * 0.2, 0.75)
    path = [p.x * 1.1 + w[0] * 0.22 + s.flutter[0] * 0.03, p.y * 1.1 + w[1] * 0.22 + s.flutter[1] * 0.03]
    x, y = s.smooth(path[0]) + plate * 1.37 + piece * 0.61, s.smooth(path[1]) + plate * 0.83 - piece * 1.13
    rough, ridges = s.noise(Plane(x, y), 2, 4)
    fine, grain = s.noise(Plane(x * 2.6 + rough * 0.10, y * 2.6 + rough * 0.10), 2, 4)
    calm, still = clear(s, path, 0.14), clear(s, path, 0.055)
    open_ = s.smooth(g.sigmoid(w[2] * 1.6 + s.slow[1] * 0.6 + 0.2))
    wide = open_ * open_ * 4.6 + 0.75
    sharp = g.op("Reciprocal", s.pixel * 96.0) * 2.5
    away, aside = g.abs(vein), g.abs(hair)
    gold = g.sigmoid((wide - away) * sharp)
    thin = s.smooth(g.sigmoid(w[0] * 1.8 - 0.2)) * 1.1 + 0.45
    seam = g.op("Max", g.sigmoid((thin - aside) * sharp) * 0.85, gold)
    bevel = g.clip(vein * g.op("Reciprocal", wide), -1.0, 1.0) * facing
    ridge = (ridges * ridges * calm + grain * grain * grain * still * 0.35) * (0.75 + 0.3 * fine * still)
    stone = g.sigmoid(s.smooth(a * 1.2 + w[2] * 0.5) + rough * 0.6 + g.sin(plate * 2.3 + piece * 1.7) * 0.45 - 0.25)
    shade = g.fading(g.relu(away - wide) * -0.35) * 0.45 + g.fading(aside * -0.6) * 0.3
    cloud = (stone * (0.05 + g.relu(ridge) * 1.25) + ridges * ridges * ridges * calm * 0.25) * (1.0 - shade)
    lit = g.sigmoid(bevel * 9.0 - 0.3)
    metal = gold * (0.20 + lit * 0.50) + (seam - gold) * 0.5
    v = cloud * (1.0 - seam) + metal
    glint = g.fading((bevel - 0.36) * (bevel - 0.36) * -55.0) * gold
    t = g.tanh(seam * 3.0 - 0.1)
    return Fields(g.relu(v), t, glint * (1.1 + s.f[2] * 0.12) * open_ + (seam - gold) * thin * 0.1)


def _break(s: Stage, field: Value, period: float) -> tuple[Value, Value, Value]:
    """Signed distance to the nearest break in 192nds of the height; number of the plate; how it faces the light."""
    g = s.g
    scaled = field * (1 / period)
    f = s.smooth(scaled) + 0.5
    dx, dy = s.gradient(scaled)
    less = g.op("Reciprocal", g.sqrt(dx * dx + dy * dy + 0.02))
    whole = g.floor(f)
    nearest = g.op("Round", f)
    return (f - nearest) * 96.0 * less, whole, (dy * 0.85 - dx * 0.5) * less
