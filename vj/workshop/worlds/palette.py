"""The palette head: three fields become colour, in OKLab, the same way in every world.

    v  value      0 is black, 1 the lightest tone of the form
    t  hue travel -1..1 carries the hue to either end of the palette's span
    e  emission   0 none; light of its own, which runs towards a pale accent

Colour is exactly separable from form: the fields never see the palette's style, the palette never sees the form's.
OKLab after Ottosson (2020); its matrices are constants of that publication.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np

from vj.workshop.graph import Graph, Value
from vj.workshop.worlds.stage import Stage

FROM_LAB = np.array(
    [[1.0, 0.3963377774, 0.2158037573], [1.0, -0.1055613458, -0.0638541728], [1.0, -0.0894841775, -1.2914855480]]
)
TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)
#: Standard deviation of the dither, in steps of an 8-bit picture: enough to break bands, too little to see.
_DITHER = 0.4
#: Display curve by roots: linear^(1/2) a + linear^(1/4) b - linear^(1/8) c.
CURVE = (0.60306523, 0.74383328, 0.34605354)
#: Dark yellow looks like mud: hues are pushed away from it, to either side.
OLIVE = 2.0
#: What moves hue, span, lift, chroma, accent and bend: the number of the last style layer, how far, and whether it
#: multiplies (by e to the move) or adds.
MOVES = ((0, 0.52, False), (2, 0.22, True), (3, 0.12, False), (4, 0.12, True), (5, 0.3, False), (1, 0.13, False))


@dataclass(frozen=True)
class Anchor:
    """Where the palette of a world rests; style layer 11 moves it from here.

    hue     of the middle tones, radians (OKLab: 0.5 red, 1.8 yellow, 2.5 green, 3.4 cyan, 4.6 blue, 5.7 magenta)
    span    radians of hue from t = 0 to t = 1
    lift    radians by which lights turn away from darks
    chroma  of the middle tones, 0.15 is rich
    accent  radians from hue to the accent of emission
    bend    -0.6 darkens the middle tones, 0.6 lifts them
    """

    hue: float
    span: float
    lift: float
    chroma: float
    accent: float
    bend: float


@dataclass(frozen=True, eq=False)
class Fields:
    """What a world returns: [N, 1, H, W] each."""

    v: Value
    t: Value
    e: Value


def colour(stage: Stage, fields: Fields, anchors: Sequence[Anchor], weights: Value) -> list[Value]:
    """Red, green and blue [N, 1, H, W], sRGB from 0 to 1. `weights` [N, C] choose between the anchors."""
    g = stage.g
    glow = 1.0 - g.exp(fields.e * -1.6)
    return painted(g.clip(fields.v, 0.0, 1.0), fields.t, glow, palette(g, anchors, weights, stage.palette))


def painted(v: Value, t: Value, glow: Value, colours: Sequence[Value]) -> list[Value]:
    """Red, green and blue [N, 1, H, W], sRGB from 0 to 1: value 0..1, hue travel, how far a pixel runs to the accent
    0..1, `palette`.

    Hues are counted in turns from olive. Each channel is an array of its own: three at once do not fit a processor's
    cache, and take twice the time.
    """
    g = v.graph
    hue, span, lift, chroma, accent, bend = colours
    light = v * (bend * 0.86 + 0.86 - v * (bend * 0.86))
    vivid = g.sqrt(v * (1.45 - v))
    vivid = vivid * g.sqrt(vivid) * (chroma * 1.42)
    turns = t * (span * (1 / _TURN)) + v * (lift * (2 / _TURN)) + (hue - lift - OLIVE) * (1 / _TURN)
    along, across = _pushed(turns)
    rest = 1.0 - glow
    vivid = vivid * rest
    middle = hue + accent - OLIVE
    along = along * vivid + glow * (g.cos(middle) * 0.07)
    across = across * vivid + glow * (g.sin(middle) * 0.07)
    return _srgb(g, light * rest + glow * 0.95, along, across)


def _pushed(turns: Value) -> tuple[Value, Value]:
    """Cosine and sine of a hue, counted from olive, that has been pushed away from it by half its sine.

    A processor's own sine costs as much as a dozen products, and three would be needed. Sine and cosine of the angle
    as it was are polynomials in the part of a turn, which are right within 3e-4; of the angle as it is, polynomials in
    that cosine (of the Jacobi-Anger series), within 3e-3.
    """
    part = turns - turns.graph.op("Round", turns)
    square = part * part
    sine, cosine = part * _series(square, _SINE), _series(square, _COSINE)
    return _series(cosine, _PUSHED_COSINE), sine * _series(cosine, _PUSHED_SINE)


def _series(x: Value, terms: Sequence[float]) -> Value:
    """The polynomial whose coefficients are `terms`, from the constant one on."""
    total = x * terms[-1]
    for term in terms[-2:0:-1]:
        total = (total + term) * x
    return total + terms[0]


def palette(g: Graph, anchors: Sequence[Anchor], weights: Value, numbers: Sequence[Value]) -> list[Value]:
    """Hue, span, lift, chroma, accent and bend [N, 1, 1, 1]: the anchors' mean, moved by the palette's six numbers."""
    rest = weights @ np.array([astuple(anchor) for anchor in anchors], np.float32)
    moved = []
    for k, (number, amount, grows) in enumerate(MOVES):
        value, move = g.reshape(g.take(rest, 1, k, k + 1), -1, 1, 1, 1), numbers[number] * amount
        moved.append(value * g.exp(move) if grows else value + move)
    return moved


def _srgb(g: Graph, light: Value, along: Value, across: Value) -> list[Value]:
    """OKLab, its hues counted from olive, to display code values of each channel.

    The curve is a fit of the sRGB one by roots, within 0.003 of it and 0 at 0.
    """
    turned = FROM_LAB[:, 1:] @ [[np.cos(OLIVE), -np.sin(OLIVE)], [np.sin(OLIVE), np.cos(OLIVE)]]
    cubes = []
    for one, other in turned.tolist():
        root = light + along * one + across * other
        cubes.append(root * root * root)
    return [_shown(g, cubes[0] * red + cubes[1] * green + cubes[2] * blue) for red, green, blue in TO_RGB.tolist()]


def _shown(g: Graph, linear: Value) -> Value:
    half = g.sqrt(g.clip(linear, 0.0, 1.0))
    quarter = g.sqrt(half)
    return half * CURVE[0] + (quarter * CURVE[1] - g.sqrt(quarter) * CURVE[2])


def picture(rgb: Sequence[Value], noise: Value) -> Value:
    """[N, 3, H, W] from -1 to 1 of three channels from 0 to 1, with the dither of the noise input."""
    dither = noise * (2 * _DITHER / 255) - 1.0
    return noise.graph.concat([channel * 2.0 + dither for channel in rgb], 1)


_TURN = 2 * np.pi
#: Coefficients in the square of the part of a turn, and in the cosine.
_SINE = (6.27863483, -41.0937085, 77.9301540, -56.0859070)
_COSINE = (0.99995979, -19.7310408, 64.6734117, -82.4034144, 45.6462615)
_PUSHED_COSINE = (-0.48197122, 0.87629773, 0.4794057, 0.12370118)
_PUSHED_SINE = (0.87726241, 0.48966059, 0.12241332)
