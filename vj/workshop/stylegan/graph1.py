"""Writes a StyleGAN generator of 2019 as the two graphs of a bundle.

    mapper       z, mix where it knows classes, psi -> w
    synthesizer  styles, noise where somebody has it -> image

Each layer: convolution, noise, bias, bend, every channel brought to mean 0 and deviation 1, then scaled and moved by
its style. Doubling each pixel and a 3x3 convolution are one transposed convolution of 4x4, for 16 products instead of
36; the original does so too where pictures are large, with kernels that lie the other way round.
"""

import numpy as np

from vj.core.types import F32
from vj.workshop.graph import Graph, Value
from vj.workshop.stylegan.graph2 import label, unit
from vj.workshop.stylegan.plan1 import Plan

_SLOPE = 0.2
_EPSILON = 1e-8
#: He's gain, which this family keeps in the weights.
_GAIN = 2.0**0.5


def mapper(plan: Plan) -> Graph:
    """z [N, Z], class weights [N, C] whose sizes are made to sum to 1, psi [N] -> w [N, W]."""
    g, arrays = Graph(), plan.tensors
    x = g.input("z", ["batch", plan.z])
    if plan.c:
        known = label(g.input("mix", ["batch", plan.c]), plan.c) @ arrays["mapping/LabelConcat/weight"]
        x = g.concat([x, known], 1)
    x = unit(x)
    for k in range(plan.depth):
        weight, bias = arrays[f"mapping/Dense{k}/weight"], arrays[f"mapping/Dense{k}/bias"]
        x = x @ _equalised(weight, _GAIN * plan.rate) + bias * np.float32(plan.rate)
        x = g.op("LeakyRelu", x, alpha=_SLOPE)
    mean, psi = arrays["dlatent_avg"], g.reshape(g.input("psi", ["batch"]), -1, 1)
    g.output("w", (x - mean) * psi + mean, ["batch", plan.w])
    return g


def synthesizer(plan: Plan) -> Graph:
    """styles [N, L, W] -> image [N, 3, size, size], grey as three equal channels.

    Inputs `noise.b8.conv0` may take the place of the constants.
    """
    g, arrays = Graph(), plan.tensors
    styles = g.input("styles", ["batch", len(plan.stages), plan.w])
    ones = g.constant([1] * len(plan.stages), np.int64)
    rows = g.ops("Split", len(plan.stages), styles, ones, axis=1)
    x: Value = g.constant(arrays["synthesis/4x4/Const/const"])
    for number, (stage, row) in enumerate(zip(plan.stages, rows, strict=True)):
        if number:
            weight = _equalised(arrays[f"{stage}/weight"], _GAIN)
            x = _doubled(x, weight, plan, plan.sizes[number // 2]) if stage.endswith("_up") else _same(x, weight)
        x = _finished(x, g.reshape(row, -1, plan.w), plan, stage, number)
    weight = _equalised(arrays["synthesis/ToRGB_lod0/weight"], 1.0)
    image = _same(x, weight) + _column(arrays["synthesis/ToRGB_lod0/bias"])
    if plan.colours == 1:
        image = g.concat([image] * 3, 1)
    g.output("image", image, ["batch", 3, plan.size, plan.size])
    return g


def _finished(x: Value, w: Value, plan: Plan, stage: str, number: int) -> Value:
    """What follows the convolution of a layer."""
    g, arrays = x.graph, plan.tensors
    strength, constant = arrays[f"{stage}/Noise/weight"], arrays[f"synthesis/noise{number}"]
    if strength.any():
        name = f"noise.b{plan.sizes[number // 2]}.conv{number % 2}"
        x = x + g.optional(name, ["draws", *constant.shape[1:]], constant) * _column(strength)
    x = g.op("LeakyRelu", x + _column(arrays[f"{stage}/bias"]), alpha=_SLOPE)
    channels = len(strength)
    if number == 0:  # of a constant picture: one for the whole batch
        x = g.op("Expand", x, g.concat([g.take(g.op("Shape", w), 0, 0, 1), g.constant([1, 1, 1], np.int64)], 0))
    still = np.ones(channels, np.float32), np.zeros(channels, np.float32)
    x = g.op("InstanceNormalization", x, *still, epsilon=_EPSILON)
    moved = arrays[f"{stage}/StyleMod/bias"] + np.repeat(np.array([1, 0], np.float32), channels)
    style = w @ _equalised(arrays[f"{stage}/StyleMod/weight"], 1.0) + moved
    style = g.op("Unsqueeze", style, g.constant([2, 3], np.int64))
    return x * g.take(style, 1, 0, channels) + g.take(style, 1, channels, 2 * channels)


def _doubled(x: Value, weight: F32, plan: Plan, side: int) -> Value:
    """`x` at twice the size, to `side` pixels: each pixel four times, `weight` [3, 3, in, out], the blur."""
    kernel = weight if side >= plan.fused else weight[::-1, ::-1]
    wide = np.pad(kernel, ((1, 1), (1, 1), (0, 0), (0, 0)))
    wide = wide[1:, 1:] + wide[:-1, 1:] + wide[1:, :-1] + wide[:-1, :-1]
    g = x.graph
    y = g.op("ConvTranspose", x, np.ascontiguousarray(wide.transpose(2, 3, 0, 1)), strides=[2, 2], pads=[1] * 4)
    if not plan.blur:
        return y
    taps = np.outer(plan.blur, plan.blur).astype(np.float32)
    each = np.broadcast_to(taps, (weight.shape[3], 1, *taps.shape))
    return g.op("Conv", y, each, pads=[len(taps) // 2] * 4, group=weight.shape[3])


def _same(x: Value, weight: F32) -> Value:
    kernel = np.ascontiguousarray(weight.transpose(3, 2, 0, 1))
    return x.graph.op("Conv", x, kernel, pads=[kernel.shape[-1] // 2] * 4)


def _equalised(weight: F32, gain: float) -> F32:
    """A weight [..., in, out] by the number of its inputs."""
    return weight * np.float32(gain / np.prod(weight.shape[:-1]) ** 0.5)


def _column(values: F32) -> F32:
    return values.reshape(1, -1, 1, 1)
