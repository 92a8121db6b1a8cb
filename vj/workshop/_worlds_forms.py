"""The worlds: each turns the stage into value, hue travel and emission."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vj.workshop._graph import Value
from vj.workshop._worlds_palette import Anchor, Fields
from vj.workshop._worlds_stage import ROWS, Plane, Stage


@dataclass(frozen=True)
class World:
    """A class of the bundle: how it is drawn and where its palette rests."""

    draw: Callable[[Stage], Fields]
    anchor: Anchor


def ink(s: Stage) -> Fields:
    """Ink in water: noise carried by noise carried by noise."""
    g = s.g
    at = _placed(s).scale(1.15)
    n = s.noise(at)
    a, b = n[0] + s.slow[0] * 0.18, n[1] + s.slow[1] * 0.18
    second = s.noise(
        Plane(
            at.x * 1.2 + a * 0.55 + s.quick[0] * 0.13 + s.c[4] * 0.12,
            at.y * 1.2 + b * 0.55 + s.quick[1] * 0.13 + s.c[5] * 0.12,
        )
    )
    path = [at.x * 1.5 + second[0] * 0.55 + s.flutter[0] * 0.09, at.y * 1.5 + second[1] * 0.55 + s.flutter[1] * 0.09]
    d = s.noise(Plane(*(s.smooth(field) for field in path)))
    clear = _clear(s, path, 0.12)
    mass = s.smooth(second[2] * 0.35 + s.slow[0] * 0.95)
    v = g.sigmoid((mass + d[2] * 0.55) * 2.4 - 0.2)
    ridge = d[3] * d[3] * clear + 0.30 * (1.0 - clear)
    v = v * (0.30 + ridge * (1.05 + s.f[3] * 0.12))
    t = g.tanh(mass * 0.9 + d[0] * 0.45)
    edge = ridge * ridge * ridge
    return Fields(v, t, edge * edge * v * (2.4 + s.f[4] * 0.5))


def mandala(s: Stage) -> Fields:
    """A rose window: everything is a function of the radius and of cosines of 4, 8 and 12 times the angle."""
    g = s.g
    p = s.fine.scale(g.exp(s.c[1] * 0.10)).turn(s.c[0] * 0.12)
    square = p.x * p.x + p.y * p.y
    r = g.sqrt(square + 1e-5)
    four, eight, twelve = _petals(s, p, square)
    lobes = eight * (0.50 + s.c[5] * 0.09) + four * (0.10 + s.c[4] * 0.10) + twelve * (0.06 + s.c[6] * 0.10)
    swell = g.tanh(r * 3.0)
    depth = r * 0.95 + g.op("Log", r + 0.10) * 0.30  # rings crowd towards the middle
    u = depth * (1.0 + s.c[7] * 0.04) + lobes * swell * (0.20 + s.m[4] * 0.035) + s.c[2] * 0.05
    across = lobes * swell * (1.0 + s.m[5] * 0.12)
    d = s.noise(Plane(u * 1.35 + s.m[0] * 0.09 + s.c[8] * 0.06 + 2.0, across * 1.3 + s.m[1] * 0.09 + s.c[9] * 0.06))
    wave = g.sin(u * 8.5 + d[0] * (1.4 + s.m[6] * 0.1) - across * (2.0 + s.m[8] * 0.2) + s.c[3] * 0.3)
    fine = s.noise(
        Plane(
            u * 3.4 + d[0] * 0.42 + s.m[2] * 0.10 + s.f[0] * 0.12 + 5.0,
            (across - lobes * 0.2) * 3.6 + d[1] * 0.42 + s.m[3] * 0.10 + s.f[1] * 0.12,
        )
    )
    lace = fine[3] * fine[3]
    petal = g.sigmoid(wave * 3.4 + d[1] * 1.3 + s.m[9] * 0.2)
    fade = g.sigmoid((1.8 + eight * 0.10 - r) * 4.5)
    v = fade * (petal * (0.14 + lace * (1.2 + s.f[2] * 0.12)) + lace * lace * 0.2)
    heart = g.exp(square * -150.0)
    outline = g.exp(wave * wave * -30.0) * fade
    t = g.tanh(wave * 0.6 + d[0] * 0.35 + r * 1.1 - 0.8 + s.f[4] * 0.12)
    sparks = lace * lace * lace * petal * fade
    return Fields(v, t, outline * (0.08 + lace * 0.8) * (1.0 + s.f[3] * 0.2) + sparks * 0.75 + heart * 0.6)


def metal(s: Stage) -> Fields:
    """Poured metal: a warped height field mirrors a room of dark walls and a few lamps."""
    g = s.g
    at = _placed(s).scale(0.62)
    n = s.noise(at.shift(1.7, 0.0))
    a, b = n[0] * 0.7 + s.slow[0] * 0.45, n[1] * 0.7 + s.slow[1] * 0.45
    w = s.noise(Plane(at.x * 1.2 + a * 0.55 + s.quick[0] * 0.06, at.y * 1.2 + b * 0.55 + s.quick[1] * 0.06))
    height = w[0] * 0.34 + a * 0.28 + w[1] * (0.14 + s.m[5] * 0.02) + s.flutter[0] * 0.014
    dx, dy = s.gradient(height * 0.74)
    steep = g.op("Reciprocal", g.sqrt(dx * dx + dy * dy + 1.0))
    nx, ny = dx * steep, dy * steep
    h = s.smooth(height)
    swing = nx * (3.9 + s.f[0] * 0.2) + ny * (5.4 + s.f[1] * 0.2) + h * 2.4 + s.c[6] * 0.2
    bent = s.smooth(_bend(s, height)) * s.pixel * 4.0  # about the radians by which the folds turn in a pixel
    bent = bent * bent
    calm = g.op("Reciprocal", bent * bent + 1.0)
    room, fold = g.sin(swing) * calm, g.sin(ny * 11.0 - nx * 4.6 + h * 4.2 + s.f[2] * 0.5) * calm
    wall = g.sigmoid(room * 4.2 + fold * 1.7 - 0.1)
    glint = g.exp((1.0 - room) * -26.0)  # the rim of every bright wall
    v = wall * (0.32 + 0.44 * steep + 0.34 * room) * (0.84 + 0.24 * fold) + (1.0 - wall) * (0.16 + 0.13 * fold) * steep
    x1, y1, x2, y2 = nx - 0.42 + s.m[7] * 0.03, ny - 0.40, nx + 0.55, ny + 0.25 + s.f[3] * 0.06
    lamp = g.exp((x1 * x1 + y1 * y1) * -48.0)
    strip = g.exp(x2 * x2 * -110.0 + y2 * y2 * -12.0)
    t = g.tanh(fold * 0.65 + nx * 1.1 - 0.1)
    return Fields(v, t, (lamp * 1.3 + strip * 0.9 + glint * wall * 0.22) * calm)


def neon(s: Stage) -> Fields:
    """Glass tubes along the level lines of two slow fields, in front of their own haze."""
    g = s.g
    at = _placed(s).scale(0.72)
    n = s.noise(at)
    a, b = n[0] * 0.55 + s.slow[0] * 0.7, n[1] * 0.55 + s.slow[1] * 0.7
    warp = s.noise(Plane(at.x * 1.3 + a * 0.25 + 3.3, at.y * 1.3 + b * 0.25))
    near = _away(s, a + warp[1] * 0.24 + s.quick[0] * 0.16, 1.15)
    far = _away(s, b + warp[0] * 0.22 + s.quick[1] * 0.20, 1.9)
    run = g.sigmoid(s.smooth(warp[2] * 1.3 + s.flutter[0] * 2.2) + 1.2)  # the gas does not glow evenly
    tube = g.exp(near * near * (-0.10 - 0.02 * s.f[1]))
    core = g.exp(near * near * -0.55)
    wire = g.exp(far * far * -0.5)
    haze = (g.exp(near * -0.042) * 0.55 + g.exp(near * -0.22) * 0.55) * run
    behind = g.exp(far * -0.16)
    fog = s.smooth(g.sigmoid(warp[2] * 1.6 + s.slow[1] * 0.9 - 0.6))
    v = haze * 0.68 + tube * run * 0.45 + behind * 0.36 + fog * 0.17 - 0.07
    t = haze * 1.0 - behind * 1.1 - fog * 0.5 - 0.1 + s.f[4] * 0.1
    return Fields(v, t, core * run * run * 0.9 + wire * 0.6 * (1.0 - tube) * (1.0 + s.f[2] * 0.2))


def nebula(s: Stage) -> Fields:
    """Clouds lit from inside, dust in front of them, two depths of stars."""
    g = s.g
    at = _placed(s)
    n = s.noise(at.scale(0.5).shift(4.1, 0.0))
    a, b = n[0] * 0.15 + s.slow[0] * 1.05, n[1] * 0.15 + s.slow[1] * 1.05
    w = s.noise(
        Plane(
            at.x * 0.9 + a * 0.22 + s.quick[0] * 0.18 + s.c[6] * 0.12,
            at.y * 0.9 + b * 0.22 + s.quick[1] * 0.18 + s.c[7] * 0.12,
        )
    )
    x = s.smooth(at.x * 0.85 + w[0] * 0.14 + s.quick[0] * 0.12 + s.slow[1] * 0.12 + s.c[4] * 0.22)
    y = s.smooth(at.y * 0.85 + w[1] * 0.14 + s.quick[1] * 0.12 - s.slow[0] * 0.12 + s.c[5] * 0.22)
    near = s.noise(Plane(x, y))
    sway = [s.smooth(field * 0.2) for field in s.flutter]
    detail = s.noise(Plane(x * 2.3 + near[0] * 0.16 + sway[0], y * 2.3 + near[1] * 0.16 + sway[1]))
    mass = s.smooth(a * 0.8 + b * 0.3 + w[2] * 0.35)
    cloud = g.sigmoid((mass + near[2] * 0.75 + detail[2] * 0.50) * 2.0 + 0.5)
    dust = g.sigmoid(near[3] * 9.0 + detail[3] * 2.5 + s.smooth(w[1] * 1.1) - 6.9)
    lit = cloud * (1.0 - dust * 0.92)
    v = lit * (0.30 + detail[3] * (0.95 + s.f[3] * 0.1))
    core = g.sigmoid(s.smooth(a * 2.4 + w[0] * 1.3) + near[2] * 0.9 - 2.2) * lit
    stars = _stars(s, 5.0, 0.0105, 0.0) + _stars(s, 10.0, 0.0075, 0.37) * 0.8
    t = g.tanh(s.smooth(b * 0.9 + w[0] * 0.6) + near[0] * 0.35)
    return Fields(v * 0.95, t, core * core * 0.8 + stars * (1.0 - lit * 0.75) * (1.0 + s.f[2] * 0.3))


def glass(s: Stage) -> Fields:
    """A leaded window of hand-made panes with a lamp wandering behind it.

    Panes are the regions where one of many Gaussian bumps is the largest. A Gaussian is a product of one in x and one
    in y, so every sum over the panes is a single matrix product, however many there are.
    """
    g = s.g
    moves = g.reshape(g.concat([*s.c[4:12], *s.m[4:12]], 1), 0, -1, 1)
    seeds = _SEEDS + g.reshape(_SWAY @ moves, 0, len(_SEEDS), 2) * 0.045
    zoom, cos, sin = (g.reshape(f(s.c[k] * 0.15), -1, 1, 1) for f, k in ((g.exp, 1), (g.cos, 0), (g.sin, 0)))
    sx, sy = g.take(seeds, 2, 0, 1), g.take(seeds, 2, 1, 2)
    cx, cy = ((sx * cos - sy * sin) * zoom, (sx * sin + sy * cos) * zoom)
    across = _bump(s, g.reshape(s.fine.x, 1, 1, -1) - cx)
    up = _bump(s, g.reshape(s.fine.y, 1, 1, -1) - cy)
    column = g.op("Transpose", up, perm=[0, 2, 1])

    def total(weight: Value | None = None, power: float = 1.0) -> Value:
        rows, columns = (column, across) if power == 1.0 else (column * column, across * across)
        return g.op("Unsqueeze", rows @ (columns if weight is None else columns * weight), g.constant([1], np.int64))

    whole = total()
    share = g.op("Reciprocal", whole)
    twinkle = g.reshape(_SWAY[:, :12] @ g.reshape(g.concat(s.f, 1), 0, -1, 1), 0, 2, len(_SEEDS), 1) * 0.09
    tone, tint = (
        total(_PANES[None, :, k : k + 1] + g.op("Squeeze", g.take(twinkle, 1, k, k + 1), g.constant([1], np.int64)))
        * share
        for k in (0, 1)
    )
    tilt, clear = (total(g.constant(_PANES[None, :, k : k + 1])) * share for k in (2, 3))
    mx, my = s.fine.x - total(cx) * share, s.fine.y - total(cy) * share
    purity = total(power=2.0) * share * share
    gap = g.op("Log", 2.0002 - purity * 2.0) * (-1.0 / _PULL)
    lead = g.sigmoid(gap * 170.0 - 3.2)
    bevel = g.exp(gap * -11.0)
    d = s.noise(Plane(s.fine.x * 2.2 + tilt * 2.5 + s.f[0] * 0.1, s.fine.y * 2.2 + tone * 5.0 + s.f[1] * 0.1))
    slope = (mx * tilt + my * (tone - 0.5) * 2.0) * (1.3 + s.m[0] * 0.2)
    lx, ly = s.fine.x - s.m[2] * 0.4, s.fine.y - s.m[3] * 0.25
    distance = lx * lx + ly * ly
    light = g.op("Reciprocal", distance * 0.9 + 1.0)
    v = lead * (tone * 0.40 + 0.06 + light * 0.36 + slope * 0.9 + d[2] * 0.06 + d[0] * 0.05)
    edge = bevel * g.sigmoid((mx * 0.6 - my) * 9.0)
    t = tint + d[1] * 0.10 + slope * 0.4
    shine = clear * clear * clear * g.exp(distance * -2.2)
    return Fields(v, t, lead * (edge * 0.45 * light + shine * (0.5 + d[3]) * 0.8))


def _petals(s: Stage, p: Plane, square: Value) -> tuple[Value, Value, Value]:
    """Cosines of 4, 8 and 12 times the angle, calmed towards the middle, by squaring complex numbers."""
    calm = s.g.op("Reciprocal", square + 0.003)
    re, im = (p.x * p.x - p.y * p.y) * calm, p.x * p.y * calm * 2.0
    re4, im4 = re * re - im * im, re * im * 2.0
    re8, im8 = re4 * re4 - im4 * im4, re4 * im4 * 2.0
    return re4, re8, re8 * re4 - im8 * im4


def _bump(s: Stage, distance: Value) -> Value:
    """Gaussians of `distance`, never so small that a product of two leaves the normal floats, which is slow."""
    return s.g.exp(s.g.op("Max", distance * distance * -_PULL, -40.0))


def _bend(s: Stage, field: Value) -> Value:
    """Size of the Laplacian of a field on the knots."""
    g = s.g
    wide = g.op("Pad", field, g.constant([0, 0, 1, 1, 0, 0, 1, 1], np.int64), mode="edge")
    kernel = g.constant(np.array([[[[0, 1, 0], [1, -4, 1], [0, 1, 0]]]]))
    return g.abs(g.op("Conv", wide, kernel)) * ((ROWS / 2) ** 2)


def _clear(s: Stage, path: Sequence[Value], limit: float) -> Value:
    """1 where a look-up along the smooth `path` moves less than `limit` cells a pixel, falling to 0 above it.

    There the texture is finer than the pixels and would sparkle as it moves.
    """
    slopes = [slope for field in path for slope in s.gradient(field)]
    square = slopes[0] * slopes[0]
    for slope in slopes[1:]:
        square = square + slope * slope
    pace = square * (s.pixel * s.pixel * (1 / limit**2))
    return s.g.op("Reciprocal", pace * pace + 1.0)


def _away(s: Stage, field: Value, period: float) -> Value:
    """Distance in 192nds of the picture's height to the nearest level line of the smooth `field`."""
    g = s.g
    scaled = field * (1 / period)
    f = s.smooth(scaled)
    dx, dy = s.gradient(scaled)
    steep = g.sqrt(dx * dx + dy * dy + 0.02)
    return g.abs(f - g.op("Round", f)) * 96.0 / steep


def _stars(s: Stage, cells: float, size: float, phase: float) -> Value:
    """Gaussian dots of deviation `size`, at most one to a cell of a jittered grid, bright ones rare."""
    g = s.g
    p = s.fine.shift(s.c[2] * 0.05 * (1 + phase), s.c[3] * 0.05 * (1 + phase)).scale(cells)
    ix, iy = g.floor(p.x), g.floor(p.y)
    number = ix + iy * 61.0 + (2048.0 + 61.0 * 64.0 + 977.0 * phase)
    index = g.op("Cast", number - g.floor(number * (1 / 4096)) * 4096.0, to=7)
    found = g.op("Gather", g.constant(_STARS), index, axis=0)
    jx, jy, power = (g.op("Squeeze", g.take(found, 4, k, k + 1), g.constant([4], np.int64)) for k in range(3))
    dx, dy = p.x - ix - jx, p.y - iy - jy
    return power * g.exp((dx * dx + dy * dy) * (-0.5 / (cells * size) ** 2))


def _placed(s: Stage) -> Plane:
    """The knots seen from where coarse numbers 0 to 3 put the eye: turned, scaled, moved, each a little."""
    g = s.g
    turned = s.knots.turn(s.c[0] * 0.12)
    return turned.scale(g.exp(s.c[1] * 0.08)).shift(s.c[2] * 0.12, s.c[3] * 0.12)


def _jittered(columns: int, rows: int) -> np.ndarray:
    """[columns * rows, 2] points on a jittered grid over a 16:9 picture and a little beyond."""
    random = np.random.Generator(np.random.PCG64(7))
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    points = np.stack([x + 0.5 * (y % 2), y], -1).reshape(-1, 2) + 0.62 * (random.random((columns * rows, 2)) - 0.5)
    return (points / [columns - 0.5, rows - 1] - 0.5) * [4.3, 2.5]


_RANDOM = np.random.Generator(np.random.PCG64(11))
#: How sharply a pane gives way to the next; 1 / width^2.
_PULL = 40.0
_SEEDS = _jittered(9, 5)
_SWAY = _RANDOM.standard_normal((_SEEDS.size, 16)).astype(np.float32)
#: Tone, tint, tilt and clearness of each pane.
_PANES = (_RANDOM.random((_SEEDS.shape[0], 4)) * [1, 2, 2, 1] - [0, 1, 1, 0]).astype(np.float32)
_STARS = np.concatenate(
    [
        0.25 + 0.5 * _RANDOM.random((4096, 2)),
        2.2 * np.maximum(_RANDOM.random((4096, 1)) - 0.72, 0) / 0.28 * _RANDOM.random((4096, 1)) ** 2,
    ],
    1,
).astype(np.float32)

WORLDS: Mapping[str, World] = {
    "ink": World(ink, Anchor(hue=2.9, span=0.85, lift=0.15, chroma=0.165, accent=2.9, bend=0.2)),
    "mandala": World(mandala, Anchor(hue=6.5, span=1.0, lift=0.25, chroma=0.17, accent=1.2, bend=0.1)),
    "metal": World(metal, Anchor(hue=7.2, span=0.65, lift=0.25, chroma=0.16, accent=0.6, bend=-0.05)),
    "neon": World(neon, Anchor(hue=5.5, span=1.1, lift=0.1, chroma=0.18, accent=0.6, bend=0.0)),
    "nebula": World(nebula, Anchor(hue=5.2, span=1.25, lift=0.35, chroma=0.15, accent=2.0, bend=0.05)),
    "glass": World(glass, Anchor(hue=5.6, span=1.7, lift=0.0, chroma=0.21, accent=1.6, bend=-0.1)),
}
