"""Writes BigGAN-deep as the two graphs of a bundle.

    mapper       z, mix, psi   -> w = bent z, embedding of the class
    synthesizer  styles, psi   -> image

What a runtime would otherwise do in every frame is done here once: each norm is one scale and one offset a channel,
made from style and psi; the bias of the convolution before it is in the offset; a doubling and the 3x3 convolution
after it are one 2x2 convolution of the small map, which makes four pixels of the large one at once (16 products for
36); self-attention's three convolutions are one; the last convolution makes the three channels that are used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from vj.core.types import F32
from vj.workshop.biggan.net import BEND, SLOPE
from vj.workshop.biggan.weights import FIRST, Block, Shape, attention_sides
from vj.workshop.graph import Graph, Value

Weights = Mapping[str, F32]


def mapper(weights: Weights, shape: Shape) -> Graph:
    """The graph of `BigGAN.mapped`."""
    g = Graph()
    z, mix, psi = g.input("z", ["batch", shape.z]), g.input("mix", ["batch", shape.classes]), g.input("psi", ["batch"])
    x = z * SLOPE
    bent = x / g.op("Pow", g.op("Pow", x * 0.5, float(BEND)) + 1.0, 1.0 / BEND)
    embedding = mix @ np.ascontiguousarray(weights["embeddings.weight"].T)
    w = g.concat([bent * g.reshape(g.clip(psi, 0.0, 1.0), -1, 1), embedding], 1)
    g.output("w", w, ["batch", 2 * shape.z])
    return g


def synthesizer(weights: Weights, shape: Shape, package_truncation: bool = False, half: bool = False) -> Graph:
    """The graph of `BigGAN.forward`.

    half  pictures between layers are float16; styles, statistics and the finished picture float32
    """
    g, made = Graph(), Material(weights, half)
    styles = g.input("styles", ["batch", shape.layers, 2 * shape.z])
    between = _between(g.input("psi", ["batch"]), shape.knots, package_truncation)
    layers = [g.reshape(g.take(styles, 1, k, k + 1), 0, -1) for k in range(shape.layers)]
    x, side = made.narrowed(_first(layers[0], weights, shape.blocks[0].inputs)), FIRST
    for block, style in zip(shape.blocks, layers[1:], strict=True):
        if block.place - 1 == shape.attention:
            x = attention(x, made, f"generator.layers.{shape.attention}", block.inputs, side)
        x = _block(x, style, between, made, block, shape.eps)
        side *= 2 if block.doubles else 1
    mean, variance = between.of(weights, ["generator.bn"], shape.eps)
    scale = g.constant(weights["generator.bn.weight"]) * _over_root(variance)
    x = made.scaled(x, scale, g.constant(weights["generator.bn.bias"]) - mean * scale)
    x = made.convolved(x, "generator.conv_to_rgb", biased=True)
    x = g.tanh(g.op("Cast", x, to=TensorProto.FLOAT) if half else x)
    g.output("image", x, ["batch", 3, shape.side, shape.side])
    return g


@dataclass(frozen=True)
class Material:
    """The weights, and whether pictures between layers are in half precision."""

    weights: Weights
    half: bool

    def kernel(self, name: str) -> NDArray[Any]:
        """A weight in the number format of pictures."""
        return self.kept(self.weights[name])

    def kept(self, array: F32) -> NDArray[Any]:
        return array.astype(np.float16) if self.half else array

    def narrowed(self, x: Value) -> Value:
        return x.graph.op("Cast", x, to=TensorProto.FLOAT16) if self.half else x

    def scaled(self, x: Value, scale: Value, offset: Value) -> Value:
        """relu(scale x + offset), [N, C] each."""
        g = x.graph
        spread = g.constant([2, 3], np.int64)
        wide = [self.narrowed(g.op("Unsqueeze", value, spread)) for value in (scale, offset)]
        return g.relu(x * wide[0] + wide[1])

    def convolved(self, x: Value, name: str, biased: bool = False) -> Value:
        kernel = self.kernel(f"{name}.weight")
        biases = (self.kernel(f"{name}.bias"),) if biased else ()
        return x.graph.op("Conv", x, kernel, *biases, pads=[kernel.shape[-1] // 2] * 4)


@dataclass(frozen=True)
class _Between:
    """Where psi is among the knots: rows [N] before and after it, and how far on, [N, 1]."""

    low: Value
    high: Value
    share: Value

    def of(self, weights: Weights, norms: Sequence[str], eps: float) -> tuple[Value, Value]:
        """Mean and variance (with `eps`) of all channels of some norms one after the other, [N, C]."""
        g = self.share.graph
        tables = [np.hstack([weights[f"{norm}.running_{what}"] for norm in norms]) for what in ("means", "vars")]
        table = g.constant(np.hstack([tables[0], tables[1] + np.float32(eps)]))
        low, high = (g.op("Gather", table, row, axis=0) for row in (self.low, self.high))
        both = low + (high - low) * self.share
        channels = tables[0].shape[1]
        return g.take(both, 1, 0, channels), g.take(both, 1, channels, 2 * channels)


def _between(psi: Value, knots: int, package: bool) -> _Between:
    """Linear interpolation between the knots; or what the package makes of psi, mixing the two rows the wrong way.

    At a knot the package takes the row that double precision leads to, which may be the one before or after: so that
    .58 means the same here, a psi within float32 of a knot counts as that knot.
    """
    g, last = psi.graph, knots - 1
    place = g.clip(psi, 0.0, 1.0) * float(last)
    low = g.op("Min", g.floor(place), float(last - 1))
    share = place - low
    if package:
        nearest = g.op("Round", place)
        known = g.op("Gather", g.constant(_package_rows(knots)), _whole(nearest), axis=0)
        at_knot = g.op("Less", g.abs(place - nearest), 2e-5)
        high = g.op("Where", at_knot, known, low + 1.0)
        low, share = g.op("Where", at_knot, known, low), 1.0 - share
        return _Between(_whole(low), _whole(high), g.reshape(share, -1, 1))
    return _Between(_whole(low), _whole(low + 1.0), g.reshape(share, -1, 1))


def _package_rows(knots: int) -> F32:
    """The row that the package takes at each knot: that of which it mixes in nearly all."""
    step = 1.0 / (knots - 1)
    rows = []
    for knot in range(knots):
        share, row = np.modf(knot / (knots - 1) / step)
        rows.append(row + 1 if 0.0 < share < 0.5 else row)
    return np.array(rows, np.float32)


def _whole(x: Value) -> Value:
    return x.graph.op("Cast", x, to=7)  # int64


def _first(style: Value, weights: Weights, channels: int) -> Value:
    """The first feature map [N, channels, FIRST, FIRST]; the checkpoint has channels last."""
    weight, bias = weights["generator.gen_z.weight"], weights["generator.gen_z.bias"]
    weight = weight.reshape(FIRST * FIRST, channels, -1).swapaxes(0, 1).reshape(len(bias), -1)
    bias = bias.reshape(FIRST * FIRST, channels).T.ravel()
    return style.graph.reshape(linear(style, weight, bias), -1, channels, FIRST, FIRST)


def _block(x: Value, style: Value, between: _Between, made: Material, block: Block, eps: float) -> Value:
    """See `vj.workshop.biggan.net._Block`."""
    g, name, weights = x.graph, f"generator.layers.{block.place}", made.weights
    norms = [f"{name}.bn_{k}" for k in range(4)]
    kept = x if block.kept == block.inputs else g.take(x, 1, 0, block.kept)
    mean, variance = between.of(weights, norms, eps)
    raw = linear(style, np.vstack([weights[f"{norm}.scale.weight"] for norm in norms]), np.ones(1, np.float32))
    scale = raw * _over_root(variance)
    before = [np.zeros(block.inputs, np.float32), *(weights[f"{name}.conv_{k}.bias"] for k in range(3))]
    moved = linear(style, np.vstack([weights[f"{norm}.offset.weight"] for norm in norms]), np.zeros(1, np.float32))
    offset = moved + (np.hstack(before) - mean) * scale
    sizes = g.constant(block.channels, np.int64)
    scales, offsets = (g.ops("Split", 4, value, sizes, axis=1) for value in (scale, offset))
    for k in range(4):
        x = made.scaled(x, scales[k], offsets[k])
        if k == 1 and block.doubles:
            x = doubled(x, made, f"{name}.conv_1.weight")
        else:
            x = made.convolved(x, f"{name}.conv_{k}", biased=k == 3)
    if block.doubles:
        kept = g.op("Resize", kept, None, g.constant([1, 1, 2, 2]), mode="nearest", **NEAREST)
    return x + kept


#: How a map is doubled, each pixel four times.
NEAREST = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}


def doubled(x: Value, made: Material, name: str) -> Value:
    """A 3x3 convolution of x doubled, each pixel four times.

    The 2x2 places around a corner of x make the four doubled pixels that meet there; a rim of one pixel is cut off.
    """
    g = x.graph
    above_below = [_folded(made.weights[name], 2, split) for split in (2, 1)]
    phases = [_folded(rows, 3, split) for rows in above_below for split in (2, 1)]
    kernel = made.kept(np.stack(phases, 1).reshape(-1, *phases[0].shape[1:]))
    large = g.op("DepthToSpace", g.op("Conv", x, kernel, pads=[1] * 4), blocksize=2, mode="CRD")
    return g.op("Slice", large, *(g.constant(ends, np.int64) for ends in ([1, 1], [-1, -1], [2, 3])))


def _folded(kernel: F32, axis: int, split: int) -> F32:
    """Three taps of a kernel as two: those before `split` fall on one pixel of the small map, the rest on the next."""
    return np.stack([part.sum(axis) for part in np.split(kernel, [split], axis)], axis)


def attention(x: Value, made: Material, name: str, channels: int, side: int) -> Value:
    """See `vj.workshop.biggan.net._Attention`; x is [N, channels, side, side]."""
    g, weights = x.graph, made.weights
    kernels = [made.kernel(f"{name}.snconv1x1_{part}.weight") for part in ("theta", "phi", "g")]
    narrow, half = attention_sides(channels)["theta"][0], attention_sides(channels)["g"][0]
    mixed = g.op("Conv", x, np.concatenate(kernels))
    asking = g.reshape(g.take(mixed, 1, 0, narrow), 0, narrow, -1)
    pooled = g.op("MaxPool", g.take(mixed, 1, narrow, 2 * narrow + half), kernel_shape=[2, 2], strides=[2, 2])
    pooled = g.reshape(pooled, 0, narrow + half, -1)
    asked, told = g.take(pooled, 1, 0, narrow), g.take(pooled, 1, narrow, narrow + half)
    looks = g.op("Softmax", g.op("Transpose", asking, perm=[0, 2, 1]) @ asked, axis=-1)
    seen = told @ g.op("Transpose", looks, perm=[0, 2, 1])
    out = made.kept(weights[f"{name}.snconv1x1_o_conv.weight"] * weights[f"{name}.gamma"])
    return x + g.op("Conv", g.reshape(seen, 0, half, side, side), out)


def linear(x: Value, weight: F32, bias: F32) -> Value:
    return x @ np.ascontiguousarray(weight.T) + bias


def _over_root(x: Value) -> Value:
    return x.graph.op("Reciprocal", x.graph.sqrt(x))
