"""The worlds: each turns the stage into value, hue travel and emission."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vj.workshop._worlds_palette import Anchor, Fields
from vj.workshop._worlds_stage import Plane, Stage


@dataclass(frozen=True)
class World:
    """A class of the bundle: how it is drawn and where its palette rests."""

    draw: Callable[[Stage], Fields]
    anchor: Anchor


def neon(s: Stage) -> Fields:
    """Glass tubes on the zero lines of two slow fields, over a faint fog."""
    g = s.g
    at = _placed(s, 0.25).scale(1.15)
    n = s.noise(at.shift(s.c[4] * 0.5, s.c[5] * 0.5))
    warp = s.noise(Plane(at.x * 1.4 + n[0] * 0.35 + s.m[0] * 0.3, at.y * 1.4 + n[1] * 0.35 + s.m[1] * 0.3))
    first = n[0] + warp[1] * (0.42 + s.m[4] * 0.1)
    second = warp[0] + n[1] * 0.5 + s.c[6] * 0.15
    lines = []
    for field, period in ((first, 1.1), (second, 1.6)):
        f = s.smooth(field * (1 / period) + s.m[8] * 0.12)
        dx, dy = (slope * s.pixel for slope in s.gradient(field * (1 / period)))
        steep = g.sqrt(dx * dx + dy * dy + 1e-6)
        away = g.abs(f - g.floor(f + 0.5)) / steep
        lines.append((away, f))
    core = [g.exp(away * away * -0.45) for away, _ in lines]
    halo = [1.0 / (1.0 + away * away * 0.018) for away, _ in lines]
    fog = s.smooth(g.tanh(warp[0] * 0.8) * 0.5 + 0.5)
    v = halo[0] * 0.62 + halo[1] * 0.42 + fog * 0.10 - 0.05
    t = (halo[0] - halo[1]) * 0.9 + (fog - 0.5) * 0.5
    e = core[0] * 0.85 + core[1] * 0.5
    return Fields(v, t, e * (1.0 + s.f[0] * 0.15))


def ink(s: Stage) -> Fields:
    """Ink in water: noise carried by noise carried by noise."""
    g = s.g
    at = _placed(s, 0.3).scale(1.3)
    n = s.noise(at.shift(s.c[4] * 0.5, s.c[5] * 0.5))
    k = 0.55 + s.m[4] * 0.08
    second = s.noise(Plane(at.x * 1.2 + n[0] * k + s.m[0] * 0.3, at.y * 1.2 + n[1] * k + s.m[1] * 0.3))
    x = s.smooth(at.x * 1.5 + second[0] * 0.55 + s.f[0] * 0.15)
    y = s.smooth(at.y * 1.5 + second[1] * 0.55 + s.f[1] * 0.15)
    d = s.noise(Plane(x, y))
    mass = s.smooth(n[0] * 0.6 + second[2] * 0.35)
    v = g.sigmoid((mass + d[2] * 0.55) * 2.2 - 0.6)
    ridge = d[3] * d[3]
    v = v * (0.35 + ridge * 0.9)
    t = g.tanh(mass * 0.8 + d[0] * 0.35)
    edge = ridge * ridge * ridge
    return Fields(v, t, edge * edge * v * 2.2)


def _placed(s: Stage, drift: float) -> Plane:
    """The knots seen from where coarse numbers 0 to 3 put the eye."""
    g = s.g
    turned = s.knots.turn(s.c[0] * 0.35)
    return turned.scale(g.exp(s.c[1] * 0.18)).shift(s.c[2] * drift, s.c[3] * drift)


WORLDS: Mapping[str, World] = {
    "neon": World(neon, Anchor(hue=5.6, span=0.9, lift=0.2, chroma=0.17, accent=1.8, bend=0.0)),
    "ink": World(ink, Anchor(hue=6.6, span=0.8, lift=0.25, chroma=0.155, accent=1.6, bend=0.1)),
}
