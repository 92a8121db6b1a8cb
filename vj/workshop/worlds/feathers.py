"""Plumes that fan out over each other: barbs sweep from a quill along curved vanes, an iridescent eye near each tip."""

from dataclasses import dataclass

from vj.workshop.graph import Value
from vj.workshop.worlds._means import placed
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Plane, Stage

ANCHOR = Anchor(hue=2.8, span=1.2, lift=-0.1, chroma=0.18, accent=-0.9, bend=0.0)
#: Place in the fan and length of each feather, from the one farthest back to the one in front.
_FAN = ((-3.1, 2.55), (3.1, 2.65), (-1.55, 3.0), (1.6, 2.9), (0.05, 3.15), (-0.85, 2.2), (0.9, 2.05))
#: How many barbs there are to a unit.
_BARBS = 21.0


@dataclass(frozen=True, eq=False)
class _Plume:
    """The uppermost feather of each pixel.

    along, out   place along its quill, 0 to 1, and beside it in units of its width
    barb         which barb, in units of the picture
    sheen        how its barbs meet the light, 0 to 1
    body, shade  0 at its rim and outside, 1 within; what the shadows of others leave
    """

    along: Value
    out: Value
    barb: Value
    sheen: Value
    body: Value
    shade: Value


def draw(s: Stage) -> Fields:
    """The fields of this world."""
    g = s.g
    wide = 0.42 * g.exp(s.c[7] * 0.12)
    top = _layered(s, wide)
    rough, ridges = s.noise(Plane(top.barb * 6.5 + s.f[0] * 0.06, top.out * 0.8 + top.along * 1.5), 2, 4)
    fluff = _comb(s, top.barb + rough * 0.010, 1.0, 0.62) * _comb(s, top.barb + rough * 0.004, 3.0, 0.5)
    fluff = fluff * (0.16 + ridges * 1.6)
    x, y = (top.along - 0.81) * 5.6, top.out * 1.7
    ring = g.sqrt(x * x + y * y + 1e-4)
    eye = g.sigmoid((1.0 - ring + rough * 0.05) * 12.0)
    heart = g.sigmoid((0.50 - ring) * 18.0)
    iris = eye * (1.0 - heart)
    vane = (0.06 + 0.80 * top.sheen) * (0.22 + 0.58 * top.along) * (1.0 - 0.45 * top.out)
    v = fluff * (vane + eye * (0.66 - vane) - heart * 0.54)
    t = (
        g.sin(top.out * 1.7 + top.along * 2.4 + top.sheen * 0.9 + rough * 0.12 + s.c[10] * 0.35 + s.f[4] * 0.12 - 1.6)
        * 0.75
        + 0.2
    )
    t = t + eye * (1.05 - ring * ring * 2.0 - t)
    beside = top.out * wide
    quill = g.fading(beside * beside * -8000.0) * g.sigmoid((0.84 - top.along) * 14.0)
    seen = top.body * top.shade
    shine = fluff * fluff * (iris * 0.20 + top.sheen * top.sheen * (0.10 + 0.03 * s.f[2]))
    return Fields(v * seen, t, seen * (quill * 0.45 + shine))


def _comb(s: Stage, barb: Value, count: float, strength: float) -> Value:
    """Barbs with gaps between them, about 1; barbs finer than the pixels bear fade away."""
    g = s.g
    comb = barb * (_BARBS * count)
    gap = g.abs(comb - g.op("Round", comb)) * 2.0
    thin = s.pixel * s.pixel * (_BARBS * count / 0.30) ** 2
    return 1.0 - (gap * gap - 0.33) * g.op("Reciprocal", thin * thin + 1.0) * strength


def _layered(s: Stage, wide: Value) -> _Plume:
    """All feathers of the fan, each over those before it."""
    at = placed(s)
    n = s.noise(at.scale(0.6).shift(1.3, 4.4), 0, 2)
    sway = [n[k] * 0.05 + s.slow[k] * 0.055 + s.quick[k] * 0.018 + s.flutter[k] * 0.004 for k in range(2)]
    fan = Plane(at.x + sway[0], at.y + sway[1]).turn(s.c[4] * -0.38 - 0.9).scale(0.84)
    zero = s.smooth(at.x * 0.0)
    top = _Plume(zero, zero, zero, zero, zero, zero + 1.0)
    for k in range(len(_FAN)):
        top = _over(s, top, fan, wide, k)
    return top


def _over(s: Stage, below: _Plume, fan: Plane, wide: Value, k: int) -> _Plume:
    """Feather `k` laid over what is below; the fan grows along x."""
    g = s.g
    place, length = _FAN[k]
    angle = g.exp(s.c[5] * 0.20) * (0.33 * place) + s.m[k] * 0.05
    local = Plane(fan.x + 1.65, fan.y - s.c[6] * 0.07 * place).turn(angle * -1.0)
    long = length + s.m[8 + k] * 0.10
    curl = s.c[8] * 0.055 + s.c[9] * 0.02 * place
    u, w = s.smooth(local.x / long), s.smooth(local.y - local.x * local.x * curl)
    inside = g.clip(u, 0.0, 1.0)
    beside = g.abs(w)
    out = beside / wide
    barb = u * long - beside * (0.75 + out * 0.35)
    loose = barb * 2.3 + s.f[k] * 0.08 + 0.37 * k
    split = g.relu(g.abs(loose - g.op("Round", loose)) - 0.41) * 3.0
    comb = barb * _BARBS
    tooth = g.abs(comb - g.op("Round", comb)) * 0.12
    profile = g.sqrt(inside * (1.0 - inside) * 4.0 + 1e-5) * (0.30 + 0.80 * inside)
    reach = (profile * (1.0 - split - tooth) - out - 0.02) * wide
    body = g.sigmoid(reach * (1.3 / s.pixel))
    light = s.c[11] * 0.5 + 0.4 - angle
    left, right = (0.5 + 0.5 * g.cos(light + lean) for lean in (0.8, -0.8))
    sheen = left + g.sigmoid(w * 60.0) * (right - left)
    first = g.op("Greater", body, 0.5)
    cast = 1.0 - g.exp(g.op("Min", reach, 0.0) * 8.0) * 0.85
    mine = (u, out, barb + 2.3 * k, sheen, body * 2.0 - 1.0, body * 0.0 + 1.0)
    other = (below.along, below.out, below.barb, below.sheen, below.body * (1.0 - body * 2.0), below.shade * cast)
    return _Plume(*(g.op("Where", first, a, b) for a, b in zip(mine, other, strict=True)))
