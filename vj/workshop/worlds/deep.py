"""The deep sea: jellyfish that glow by themselves, sparks that drift past them, a last haze of light from above."""

from vj.workshop.graph import Value
from vj.workshop.worlds._means import dots
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Stage

ANCHOR = Anchor(hue=4.2, span=1.7, lift=-0.2, chroma=0.18, accent=-0.5, bend=0.1)
#: x, y, size and lean of each jellyfish, from the farthest to the nearest.
_JELLIES = ((1.30, 0.62, 0.50, 0.35), (-1.30, -0.05, 0.72, -0.30), (0.85, -0.25, 1.0, 0.22), (-0.35, 0.20, 1.4, -0.12))


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    sway = [s.smooth(field * 0.03) for field in s.quick]
    above = s.knots.y * 0.55 + s.slow[0] * 0.45 + s.quick[1] * 0.12
    shaft = g.sigmoid(
        g.sin(s.knots.x * 3.1 + s.knots.y * 0.9 + s.slow[1] * 0.9 + s.m[12] * 0.2) * 1.3 + above * 2.2 - 1.3
    )
    v = s.smooth(shaft) * 0.30
    t, e = s.smooth(g.tanh(s.slow[1] * 0.5) * 0.3 - 0.3), v * 0.0
    for k in range(len(_JELLIES)):
        light, hue, glow, cover = _jelly(s, sway, k)
        rest = 1.0 - cover * 0.75
        v, t, e = v * rest + light, t * (1.0 - cover) + hue, e * rest + glow
    for k, (cells, core) in enumerate(((3.3, 0.012), (6.3, 0.008))):
        here = s.fine.shift(sway[0] + s.c[4 + k] * 0.06, sway[1] + s.c[8 + k] * 0.06)
        square, power, place = dots(s, here.turn(s.c[0] * 0.03 + 1.1 * k), cells, 0.43 * k + 0.1)
        lit = (0.12 + power) * (0.75 + 0.4 * g.sin(place * 91.0 + s.f[k] * 0.6 + s.m[k] * 0.5))
        e = e + lit * g.fading(square * (-0.5 / (cells * core) ** 2)) * 0.8
    return Fields(g.relu(v), g.tanh(t), e)


def _jelly(s: Stage, sway: list[Value], k: int) -> tuple[Value, Value, Value, Value]:
    """Value, hue, glow and cover of one jellyfish: a bell with ribs, folded arms in the middle, threads around them."""
    g = s.g
    cx, cy, size, lean = _JELLIES[k]
    angle = s.c[k] * 0.16 + lean
    cos, sin = g.cos(angle) * (1 / size), g.sin(angle) * (1 / size)
    x, y = s.fine.x - (s.c[4 + k] * 0.28 + cx), s.fine.y - (s.c[8 + k] * 0.18 + cy)
    u, h = x * cos + y * sin + sway[0] * (1 / size), y * cos - x * sin + sway[1] * (1 / size)
    pixel = s.pixel * (1 / size)
    breath = g.sin(s.c[12 + k] * 0.9 + s.m[4 + k] * 0.4 + 1.7 * k) * 0.14
    a, b = 0.44 + breath * 0.4, 0.36 - breath * 0.3
    up, down = g.relu(h), g.relu(-h)
    rise = up * g.op("Reciprocal", b)
    chord = g.sqrt(g.op("Max", 1.0 - rise * rise, 0.03)) * a
    across = u * g.op("Reciprocal", chord)
    q = across * across * (chord * chord) * g.op("Reciprocal", a * a) + rise * rise + down * down * 110.0
    bell = g.sigmoid((1.0 - q) * (0.5 * g.op("Reciprocal", pixel)))
    rim = g.exp(g.op("Min", q - 1.0, 0.2) * 3.4) * bell
    square = across * across
    ribs = 0.5 + 0.5 * g.cos(across * (square * square * 3.2 + 11.0)) * bell  # crowded where the bell turns away
    heart = g.fading((u * u + (h - 0.14) * (h - 0.14) * 2.0) * -42.0)
    halo = g.fading(g.relu(q - 1.0) * -0.55) * (1.0 - bell)
    thread, arms, fold = _hanging(s, k, u, h, a, pixel)
    far = 0.60 + 0.15 * k
    light = bell * (0.06 + 0.26 * ribs + rise * 0.14) + rim * (0.42 + 0.25 * ribs) + halo * 0.15
    light = light + arms * (0.2 + fold * 0.6) + thread * 0.35 + heart * bell * 0.2
    hue = bell * (rim * 0.9 - 0.45) + heart * 1.3 + arms * 1.3 + thread * 0.1
    glow = rim * rim * (0.25 + ribs * 0.25) + heart * bell * 0.35 + thread * 0.35 + arms * fold * 0.12
    return light * far, hue, glow * far, bell * 0.9 + arms * 0.5


def _hanging(s: Stage, k: int, u: Value, h: Value, a: Value, pixel: Value) -> tuple[Value, Value, Value]:
    """What hangs from a bell of half width `a`: threads, the arms in the middle, and the folds of the arms."""
    g = s.g
    down = g.relu(-h)
    wave = (
        g.sin(down * 4.6 + s.m[8 + k] * 0.5 + s.c[12 + k] * 0.5 + 2.1 * k) * 0.11
        + g.sin(down * 10.0 + s.f[k] * 0.35 + k) * 0.03
    )
    middle = u + wave * down
    wide = a * 0.88 - down * 0.12
    place = middle * g.op("Reciprocal", g.op("Max", wide, 0.06)) * 4.5
    number = g.op("Round", place)
    off = (place - number) * wide * (1 / 4.5) * g.op("Reciprocal", pixel * 0.8 + 0.0035)
    within = g.clip(g.abs(place) * -6.0 + 27.0, 0.0, 1.0)
    below = g.sigmoid(h * -60.0 - 1.8)
    thread = g.fading(off * off * -0.8 - down * (g.abs(number) * 0.4 + 1.4)) * (below * within)
    fold = 0.5 + 0.5 * g.sin(down * 24.0 + g.sin(middle * 34.0) * 1.6 + s.f[4 + k] * 0.4)
    arms = g.fading(middle * middle * g.op("Reciprocal", down * -0.014 - 0.012) - down * 2.2) * below
    return thread, arms, fold
