"""Writes a BigGAN of BigGAN-PyTorch as the two graphs of a bundle.

    mapper       z, mix, psi  -> w = psi z, embedding of the class
    synthesizer  styles       -> image

As with the package's BigGAN-deep each norm is one scale and one offset a channel, made from the style alone, with the
bias of the convolution before it in the offset; a doubling and the 3x3 convolution after it are one 2x2 convolution.
What goes past a block is made small before it is doubled, for a 1x1 convolution does not mind the order.
"""

import numpy as np
from onnx import TensorProto

from vj.workshop.biggan.graph import NEAREST, Material, attention, doubled, linear
from vj.workshop.biggan.plan_pytorch import Block, Plan
from vj.workshop.graph import Graph, Value


def mapper(plan: Plan) -> Graph:
    """z [N, Z], class weights [N, C] (any real numbers), psi [N] -> w [N, W]."""
    g = Graph()
    z, mix, psi = g.input("z", ["batch", plan.z]), g.input("mix", ["batch", plan.classes]), g.input("psi", ["batch"])
    g.output("w", g.concat([z * g.reshape(psi, -1, 1), mix @ plan.weights["embedding"]], 1), ["batch", plan.w])
    return g


def synthesizer(plan: Plan, half: bool = False) -> Graph:
    """styles [N, L, W] -> image [N, 3, side, side] in [-1, 1]; grey as three equal channels.

    half  pictures between layers are float16; styles and the finished picture float32
    """
    g, made = Graph(), Material(plan.weights, half)
    styles = g.input("styles", ["batch", plan.layers, plan.w])
    rows = [g.reshape(g.take(styles, 1, k, k + 1), 0, -1) for k in range(plan.layers)]
    side, channels = plan.first
    x = linear(rows[0], plan.weights["linear.weight"], plan.weights["linear.bias"])
    x = made.narrowed(g.reshape(x, -1, channels, side, side))
    for block, row in zip(plan.blocks, rows[1:], strict=True):
        x = _deep(x, row, made, block) if plan.deep else _plain(x, row, made, block)
        side *= 2 if block.doubles else 1
        if block.attention:
            x = attention(x, made, f"blocks.{block.place}.1", block.outputs, side)
    norm = {part: plan.weights[f"output_layer.0.{part}"] for part in ("scale", "offset", "mean", "deviation")}
    scale = norm["scale"] / norm["deviation"]
    x = made.scaled(x, g.constant(scale[None]), g.constant((norm["offset"] - norm["mean"] * scale)[None]))
    x = made.convolved(x, "output_layer.2", biased=True)
    x = g.tanh(g.op("Cast", x, to=TensorProto.FLOAT) if half else x)
    if plan.colours == 1:
        x = g.concat([x] * 3, 1)
    g.output("image", x, ["batch", 3, plan.side, plan.side])
    return g


def _plain(x: Value, row: Value, made: Material, block: Block) -> Value:
    """Two norms and 3x3 convolutions; a 1x1 convolution past them where the picture grows."""
    name = block.name
    past = x
    if f"{name}.conv_sc.weight" in made.weights:
        past = _larger(made.convolved(x, f"{name}.conv_sc", biased=True), block)
    y = _normed(x, row, made, f"{name}.bn1")
    y = doubled(y, made, f"{name}.conv1.weight") if block.doubles else made.convolved(y, f"{name}.conv1")
    y = _normed(y, row, made, f"{name}.bn2", f"{name}.conv1.bias")
    return made.convolved(y, f"{name}.conv2", biased=True) + past


def _deep(x: Value, row: Value, made: Material, block: Block) -> Value:
    """Four norms and convolutions, 1x1, 3x3, 3x3, 1x1, on a quarter of the channels; what goes past is cut."""
    name = block.name
    past = x if block.outputs == block.inputs else x.graph.take(x, 1, 0, block.outputs)
    bias = None
    for k in range(1, 5):
        x = _normed(x, row, made, f"{name}.bn{k}", bias)
        if k == 2 and block.doubles:
            x = doubled(x, made, f"{name}.conv2.weight")
        else:
            x = made.convolved(x, f"{name}.conv{k}", biased=k == 4)
        bias = f"{name}.conv{k}.bias"
    return x + _larger(past, block)


def _normed(x: Value, row: Value, made: Material, norm: str, bias: str | None = None) -> Value:
    """relu of a norm whose scale and offset the style makes; `bias` is that of the convolution which made x."""
    deviation = made.weights[f"{norm}.deviation"]
    scale = linear(row, made.weights[f"{norm}.scale"] / deviation[:, None], 1.0 / deviation)
    ahead = made.weights[bias] if bias else np.zeros(1, np.float32)
    moved = linear(row, made.weights[f"{norm}.offset"], np.zeros(1, np.float32))
    return made.scaled(x, scale, moved + scale * (ahead - made.weights[f"{norm}.mean"]))


def _larger(x: Value, block: Block) -> Value:
    """`x` doubled, each pixel four times, where the block does that."""
    if not block.doubles:
        return x
    return x.graph.op("Resize", x, None, x.graph.constant([1, 1, 2, 2]), mode="nearest", **NEAREST)
