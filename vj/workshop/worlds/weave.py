"""Woven light: glowing threads of warp and weft, over and under each other, in a cloth that fields have bent."""

from dataclasses import dataclass

from vj.workshop.graph import Value
from vj.workshop.worlds._means import placed
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Plane, Stage

ANCHOR = Anchor(hue=6.1, span=1.35, lift=0.1, chroma=0.19, accent=0.9, bend=0.0)
#: Threads of a system to a unit.
_COUNT = 3.5


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    at = placed(s).turn(s.c[8] * 0.3 + 0.5)
    n = s.noise(at.scale(0.45).shift(3.7, 1.1), 0, 2)
    a, b = n[0] * 0.16 + s.slow[0] * 0.14, n[1] * 0.16 + s.slow[1] * 0.14
    warp = (at.x + a + s.quick[0] * 0.035 + s.flutter[0] * 0.004) * (_COUNT * g.exp(s.c[4] * 0.14))
    weft = (at.y + b + s.quick[1] * 0.035 + s.flutter[1] * 0.004) * (_COUNT * g.exp(s.c[5] * 0.14))
    thick = s.smooth(g.sigmoid(s.slow[0] * 1.2 + s.quick[1] * 0.7 + 0.4 + s.c[6] * 0.3)) * 0.24 + 0.13
    p, q = s.smooth(warp), s.smooth(weft)
    phase = s.c[7] * 0.03, s.c[9] * 0.03
    one = _threads(s, warp, p, q, thick, 0)
    two = _threads(s, weft, q, p, thick, 1)
    lift_one = g.cos((one.number * (1.0 + phase[0]) + q * (1.0 + phase[1])) * 3.14159265)
    lift_two = g.cos((two.number * (1.0 + phase[1]) + p * (1.0 + phase[0])) * 3.14159265) * -1.0
    over = g.sigmoid((lift_one - lift_two) * 7.0)
    seen_one, seen_two = _seen(two, 1.0 - over), _seen(one, over)
    strand = _fibres(s, one, two, over, p, q)
    light_one = one.round * seen_one * (0.66 + 0.34 * lift_one)
    light_two = two.round * seen_two * (0.66 + 0.34 * lift_two)
    fold = s.smooth(g.sigmoid(n[0] * 0.9 - s.slow[1] * 0.8 + s.quick[0] * 0.5 + 0.9))
    dyed = light_one * (0.30 + 0.95 * one.lit) + light_two * (0.30 + 0.95 * two.lit)
    haze = one.halo * one.lit * (0.6 + 0.4 * lift_one) + two.halo * two.lit * (0.6 + 0.4 * lift_two)
    v = (dyed * strand * 1.05 + haze * 0.30) * (0.25 + 0.85 * fold)
    warm = light_one * (0.22 + one.lit) + one.halo * one.lit * 0.2
    cold = light_two * (0.22 + two.lit) + two.halo * two.lit * 0.2
    t = (warm - cold) * g.op("Reciprocal", warm + cold + 0.03)
    core = one.core * seen_one * (0.65 + 0.35 * lift_one) + two.core * seen_two * (0.65 + 0.35 * lift_two)
    return Fields(v, t, core * strand * (1.15 + s.f[2] * 0.12) * fold)


@dataclass(frozen=True, eq=False)
class _Threads:
    """Of the nearest thread of one system: its number, and how much a pixel has of its body, round, halo and core."""

    number: Value
    away: Value
    body: Value
    round: Value
    halo: Value
    core: Value
    lit: Value
    edge: Value
    shadow: Value


def _threads(s: Stage, across: Value, p: Value, q: Value, thick: Value, k: int) -> _Threads:
    """The threads at whole numbers of `across`, of which `p` is the smooth field; they run along `q`."""
    g = s.g
    dx, dy = s.gradient(across)
    edge = s.pixel * g.sqrt(dx * dx + dy * dy + 1e-3)
    number = g.op("Round", p)
    away = p - number
    narrow = away / thick
    square = narrow * narrow
    body = g.sigmoid((thick - g.abs(away)) / edge * 2.5)
    calm = g.op("Reciprocal", g.op("Max", edge * edge * 9.0, 1.0))
    wave = g.sin(number * (2.4 + 1.3 * k) + q * 0.35 + s.m[k] * 0.7 + s.c[10 + k] * 0.8)
    lit = g.sigmoid(wave * 3.5 - 0.1 + s.m[2] * 0.2)
    pulse = g.sin(q * 1.1 + number * 4.1 + s.f[k] * 0.7 + s.m[4 + k] * 0.7)
    lit = lit * (0.75 + 0.25 * pulse)
    return _Threads(
        number,
        away,
        body * calm,
        body * g.sqrt(g.relu(1.0 - square * 0.85)) * calm,
        g.exp(away * away * -9.0),
        g.fading(square * -7.0) * lit * lit * calm,
        lit,
        edge,
        g.fading(square * -0.7),
    )


def _seen(upper: _Threads, over: Value) -> Value:
    """How much is seen of a thread under `upper`: nothing below its body, little in the shadow beside it."""
    return (1.0 - upper.body * over) * (1.0 - upper.shadow * over * 0.7)


def _fibres(s: Stage, one: _Threads, two: _Threads, over: Value, p: Value, q: Value) -> Value:
    """0.4 to 1.4: the fibres of which the upper thread is spun, even where they are finer than the pixels bear."""
    g = s.g
    first = g.op("Greater", one.body * (0.02 + over), two.body * (1.02 - over))
    pairs = ((one.away, two.away), (q, p), (one.edge, two.edge), (one.number * 1.7, two.number * 1.7))
    away, along, edge, shift = (g.op("Where", first, *pair) for pair in pairs)
    (ridges,) = s.noise(Plane(along * 0.55 + away * 0.8 + s.f[4] * 0.1, away * 2.2 - along * 0.30 + shift), 3, 4)
    square = edge * edge * 300.0
    return 0.80 + (ridges - 0.42) * 1.15 * g.op("Reciprocal", square * square + 1.0)
