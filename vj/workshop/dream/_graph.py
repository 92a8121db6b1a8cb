"""Writes the trained networks as the two graphs of a bundle.

    mapper       z, mix, psi    -> w = form, palette numbers, class shares
    synthesizer  styles, noise  -> image: trunk, sharpener, palette head

Gains and scales of training are folded into constant kernels, which the runtime packs once; styles scale activations.
Layers 0 to 9 read only form, layer 10 (the sharpener) only shares, layer 11 (the palette) palette numbers and shares.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from vj.core.types import F32
from vj.workshop.dream._shapes import (
    DREAMT,
    FORM,
    FULL,
    LAYERS,
    LEVELS,
    NOISY_ROWS,
    PALETTE,
    REACH,
    SCALE,
    STYLE,
    Z,
)
from vj.workshop.graph import Graph, Value
from vj.workshop.worlds.palette import Anchor, painted, palette, picture

Weights = Mapping[str, F32]
_SLOPE = 0.2
_GAIN = 2.0**0.5
#: The first world's share when no class has any weight.
_FALLBACK = 1e-3


def mapper(weights: Weights, means: F32) -> Graph:
    """`weights` of the Mapper; `means` [C, STYLE] is the mean style of every class, where psi 0 leads."""
    classes = len(means)
    g = Graph()
    z, mix, psi = g.input("z", ["batch", Z]), g.input("mix", ["batch", classes]), g.input("psi", ["batch"])
    some = g.reshape(g.clip(psi, 0.0, 1.5), -1, 1)
    bounded = g.clip(mix, -1e6, 1e6) + np.eye(1, classes, dtype=np.float32) * _FALLBACK
    shares = bounded / (g.sum(g.abs(bounded), 1) + 1e-9)
    bent = g.tanh(z * (1 / REACH)) * REACH
    x = _linear(g.take(bent, 1, 0, FORM), weights, "place") + shares @ weights["classes"]
    x = _leaky(x) * _GAIN
    x = _leaky(_linear(x, weights, "middle")) * _GAIN
    mean = shares @ means
    form = mean + (_linear(x, weights, "last") - mean) * some
    numbers = g.take(bent, 1, FORM, Z) * some
    g.output("w", g.concat([form, numbers, shares], 1), ["batch", STYLE + PALETTE + classes])
    return g


def synthesizer(trunk: Weights, sharpener: Weights, anchors: Sequence[Anchor]) -> Graph:
    """`weights` of the Trunk and the Sharpener, and the palettes' anchors of all classes."""
    g = Graph()
    styles = g.input("styles", ["batch", LAYERS, STYLE + PALETTE + len(anchors)])
    noise = g.input("noise", ["draws", 1, *FULL])
    fields = _bounded(_trunk(g, trunk, styles, noise))
    share = g.reshape(_part(g, styles, LAYERS - 2, STYLE + PALETTE, STYLE + PALETTE + len(anchors)), 0, -1)
    v, t, glow = (g.take(_sharpened(fields, sharpener, share), 1, k, k + 1) for k in range(3))
    numbers = g.ops("Split", PALETTE, _spread(_part(g, styles, LAYERS - 1, STYLE, STYLE + PALETTE)), axis=1)
    tint = g.abs(g.reshape(_part(g, styles, LAYERS - 1, STYLE + PALETTE, STYLE + PALETTE + len(anchors)), 0, -1))
    colours = palette(g, anchors, tint / (g.sum(tint, 1) + 1e-9), numbers)
    rgb = painted(g.clip(v, 0.0, 1.0), g.clip(t, -1.0, 1.0), g.clip(glow, 0.0, 0.97), colours)
    g.output("image", picture(rgb, noise), ["batch", 3, *FULL])
    return g


def _trunk(g: Graph, weights: Weights, styles: Value, noise: Value) -> Value:
    """Raw fields [N, 3, *DREAMT]."""
    x: Value = g.constant(weights["start"])
    fields: Value | None = None
    gain = 1.0
    for k, (rows, columns) in enumerate(LEVELS):
        name = f"levels.{k}"
        for half, part in enumerate(("first", "second")):
            style = g.reshape(_part(g, styles, 2 * k + half, 0, STYLE), 0, -1)
            x = _styled(x, style, weights, f"{name}.{part}", gain)
            gain = _GAIN
            if k and not half:
                x = _doubled(x, rows, columns)
            bias = weights[f"{name}.biases"][half].reshape(1, -1, 1, 1)
            if rows >= NOISY_ROWS:
                step = FULL[0] // rows
                x = x + _strided(g, noise, half, step, rows, columns) * float(weights[f"{name}.strength"][half])
            x = _leaky(x + bias)
        said = _styled(x, style, weights, f"{name}.fields", gain, demodulated=False)
        fields = said if fields is None else said + _doubled(fields, rows, columns)
    assert fields is not None
    return fields


def _styled(x: Value, style: Value, weights: Weights, name: str, gain: float, demodulated: bool = True) -> Value:
    """conv(x s) / |s W| times `gain`, the gain that training had on x."""
    g = style.graph
    s = _linear(style, weights, f"{name}.affine")
    kernel = weights[f"{name}.weight"]
    kernel = kernel / np.float32(np.sqrt(np.prod(kernel.shape[1:])))
    side = kernel.shape[-1] // 2
    pads = [side] * 4
    folded = kernel if demodulated else kernel * np.float32(gain)
    y = g.op("Conv", x * _spread(s), folded, pads=pads)
    if demodulated:
        size = (s * s) @ np.ascontiguousarray((kernel * kernel).sum((2, 3)).T) + 1e-8
        y = y * _spread(g.op("Reciprocal", g.sqrt(size)) * gain)
    return y


def _sharpened(fields: Value, weights: Weights, share: Value) -> Value:
    """Fields at FULL size; see `Sharpener`."""
    g = fields.graph
    scales = weights["classes"]
    x = _leaky(_plain(fields, weights, "enter", _GAIN)) * _spread(share @ scales[0])
    for k in range(len(scales) - 1):
        x = x + _leaky(_plain(x, weights, f"middle.{k}")) * _spread(share @ scales[k + 1])
    added = _plain(x, weights, "leave", 0.1)
    sides = g.constant([1, 1, SCALE, SCALE], np.float32)
    large = g.op("Resize", fields, None, sides, mode="linear", coordinate_transformation_mode="half_pixel")
    return large + g.op("DepthToSpace", added, blocksize=SCALE, mode="CRD")


def _plain(x: Value, weights: Weights, name: str, gain: float = 1.0) -> Value:
    """A plain convolution times `gain`, which passes through the leaky bend after it."""
    kernel = weights[f"{name}.weight"]
    scale = np.float32(gain / np.sqrt(np.prod(kernel.shape[1:])))
    side = kernel.shape[-1] // 2
    return x.graph.op("Conv", x, kernel * scale, weights[f"{name}.bias"] * np.float32(gain), pads=[side] * 4)


def _bounded(raw: Value) -> Value:
    g = raw.graph
    v, t, glow = (g.take(raw, 1, k, k + 1) for k in range(3))
    return g.concat([g.sigmoid(v), g.tanh(t), g.sigmoid(glow - 2.0)], 1)


def _linear(x: Value, weights: Weights, name: str) -> Value:
    """x W + b, with the equalised rate folded in."""
    weight = weights[f"{name}.weight"]
    return x @ np.ascontiguousarray((weight / np.float32(np.sqrt(weight.shape[1]))).T) + weights[f"{name}.bias"]


def _leaky(x: Value) -> Value:
    return x.graph.op("LeakyRelu", x, alpha=_SLOPE)


def _doubled(x: Value, rows: int, columns: int) -> Value:
    g = x.graph
    sides = g.constant([1, 1, 2, 2], np.float32)
    large = g.op("Resize", x, None, sides, mode="linear", coordinate_transformation_mode="half_pixel")
    before = LEVELS[[level for level, _ in LEVELS].index(rows) - 1]
    large = large if before[0] * 2 == rows else g.take(large, 2, 0, rows)
    return large if before[1] * 2 == columns else g.take(large, 3, 0, columns)


def _strided(g: Graph, noise: Value, first: int, step: int, rows: int, columns: int) -> Value:
    """Every `step`th number of the noise, [draws, 1, rows, columns]."""
    starts, ends = g.constant([first, first], np.int64), g.constant([FULL[0], FULL[1]], np.int64)
    axes, steps = g.constant([2, 3], np.int64), g.constant([step, step], np.int64)
    return g.take(g.take(g.op("Slice", noise, starts, ends, axes, steps), 2, 0, rows), 3, 0, columns)


def _part(g: Graph, styles: Value, layer: int, start: int, stop: int) -> Value:
    """[N, 1, stop - start] of one layer."""
    return g.take(g.take(styles, 1, layer, layer + 1), 2, start, stop)


def _spread(x: Value) -> Value:
    """[N, ..., K] -> [N, K, 1, 1]."""
    g = x.graph
    return g.op("Unsqueeze", g.reshape(x, 0, -1), g.constant([2, 3], np.int64))


assert LEVELS[-1] == DREAMT
