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
#: Display curve by roots: linear^(1/2) a + linear^(1/4) b - linear^(1/8) c - linear d.
CURVE = (0.662002687, 0.684122060, 0.323583601, 0.0225411470)
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


def colour(stage: Stage, fields: Fields, anchors: Sequence[Anchor], weights: Value) -> Value:
    """[N, 3, H, W] sRGB from 0 to 1. `weights` [N, C] choose between the anchors."""
    g = stage.g
    glow = 1.0 - g.exp(fields.e * -1.6)
    return painted(g.clip(fields.v, 0.0, 1.0), fields.t, glow, palette(g, anchors, weights, stage.palette))


def painted(v: Value, t: Value, glow: Value, colours: Sequence[Value]) -> Value:
    """[N, 3, H, W] sRGB from 0 to 1: value 0..1, hue travel, how far a pixel runs to the accent 0..1, `palette`."""
    g = v.graph
    hue, span, lift, chroma, accent, bend = colours
    room = v * (1.45 - v)
    light = v * (1.0 + bend * (1.0 - v)) * 0.86
    vivid = g.sqrt(room)
    vivid = chroma * 1.42 * vivid * g.sqrt(vivid)
    angle = hue + span * t + lift * (v * 2.0 - 1.0)
    angle = angle + g.sin(angle - OLIVE) * 0.5
    rest = 1.0 - glow
    a = vivid * g.cos(angle) * rest + glow * (g.cos(hue + accent) * 0.07)
    b = vivid * g.sin(angle) * rest + glow * (g.sin(hue + accent) * 0.07)
    return _srgb(g, light * rest + glow * 0.95, a, b)


def palette(g: Graph, anchors: Sequence[Anchor], weights: Value, numbers: Sequence[Value]) -> list[Value]:
    """Hue, span, lift, chroma, accent and bend [N, 1, 1, 1]: the anchors' mean, moved by the palette's six numbers."""
    rest = weights @ np.array([astuple(anchor) for anchor in anchors], np.float32)
    moved = []
    for k, (number, amount, grows) in enumerate(MOVES):
        value, move = g.reshape(g.take(rest, 1, k, k + 1), -1, 1, 1, 1), numbers[number] * amount
        moved.append(value * g.exp(move) if grows else value + move)
    return moved


def _srgb(g: Graph, light: Value, a: Value, b: Value) -> Value:
    """OKLab to display code values. The curve is a fit of the sRGB one by roots, within 0.002 of it and 0 at 0."""
    column = [FROM_LAB[:, k].reshape(1, 3, 1, 1) for k in range(3)]
    roots = light + a * g.constant(column[1]) + b * g.constant(column[2])
    lms = roots * roots * roots
    flat = g.op("MatMul", TO_RGB, g.reshape(lms, 0, 3, -1))  # a third of the time of a 1x1 convolution
    linear = g.clip(g.op("Reshape", flat, g.op("Shape", lms)), 0.0, 1.0)
    half = g.sqrt(linear)
    quarter = g.sqrt(half)
    eighth = g.sqrt(quarter)
    return half * CURVE[0] + quarter * CURVE[1] - eighth * CURVE[2] - linear * CURVE[3]


def picture(rgb: Value, noise: Value) -> Value:
    """[-1, 1] with the dither of the noise input."""
    return rgb * 2.0 + (noise * (2 * _DITHER / 255) - 1.0)
