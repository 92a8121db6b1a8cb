"""Writes a StyleGAN3 generator as the two graphs of a bundle.

    mapper       z, mix, psi -> w, and four zeros: where the picture goes
    synthesizer  styles      -> image

Fourier features are made of one sine and cosine a row and a column; layers are in `_stylegan3_layers`. In half
precision only what lies between those features and the picture is half: angles and styles need all their digits.
"""

import numpy as np
from onnx import TensorProto

from vj.core.types import F32
from vj.workshop.graph import Graph, Value
from vj.workshop.stylegan.layers3 import SLOPE, filled, linear, styled
from vj.workshop.stylegan.plan3 import Plan

#: Numbers that follow w in every style; layer 0 reads them: right, down, clockwise turn, octaves of size.
PLACE = 4
_TURN = 2 * np.pi


def mapper(plan: Plan) -> Graph:
    """The mapping network; `mix` only where the network knows classes, whose weights need not sum to 1."""
    g, arrays = Graph(), plan.tensors
    z = g.input("z", ["batch", plan.z])
    x = _unit(z, plan.z)
    if plan.classes:
        mix = g.input("mix", ["batch", plan.classes])
        shares = mix / g.op("Max", g.sum(g.abs(mix), 1), np.float32(1e-9))
        x = g.concat([x, _unit(_known(plan, shares), plan.embedded)], 1)
    psi = g.reshape(g.input("psi", ["batch"]), -1, 1)
    for k in range(plan.depth):
        gain = np.float32(plan.rate * 2.0**0.5)
        x = linear(x, arrays[f"mapping.fc{k}.weight"] * gain, arrays[f"mapping.fc{k}.bias"] * gain)
        x = g.op("LeakyRelu", x, alpha=SLOPE)
    mean: Value | F32 = arrays["mapping.w_avg"]
    if plan.seen:  # StyleGAN-XL: every class has its own
        mean = shares @ arrays["mapping.w_avg"]
    w = (x - mean) * psi + mean
    fixed = g.op("Pad", w, g.constant([0, 0, 0, PLACE], np.int64))
    g.output("w", fixed, ["batch", plan.w + PLACE])
    return g


def _known(plan: Plan, shares: Value) -> Value:
    """What a mixture of classes is known by beside z."""
    g, arrays = shares.graph, plan.tensors
    if not plan.seen:
        return linear(shares, arrays["mapping.embed.weight"], arrays["mapping.embed.bias"])
    at, gain = "mapping.embed_proj", np.float32(2.0**0.5)
    seen = shares @ arrays["mapping.embed.weight"]
    return g.op("LeakyRelu", linear(seen, arrays[f"{at}.weight"] * gain, arrays[f"{at}.bias"] * gain), alpha=SLOPE)


def synthesizer(plan: Plan, clamped: bool, half: bool = False) -> Graph:
    """The synthesis network; grey pictures get three equal channels.

    clamped  keeps the limit after each bend, which costs a fifth and rarely ever acts
    half     computes in half precision, for runtimes that are fast in it; inputs and outputs stay as they are
    """
    g = Graph()
    styles = g.input("styles", ["batch", plan.styles, plan.w + PLACE])
    rows = [g.reshape(row, 0, plan.w + PLACE) for row in g.ops("Split", plan.styles, styles, axis=1)]
    x = _features(plan, rows[0])  # shapes keep the batch's name, or the runtime would not fuse sums into convolutions
    if half:
        x = g.op("Cast", x, to=TensorProto.FLOAT16)
    for layer, row in zip(plan.layers, rows[1:], strict=True):
        x = styled(plan, layer, x, g.take(row, 1, 0, plan.w), plan.clamp if clamped else np.inf, half)
    if half:
        x = g.op("Cast", x, to=TensorProto.FLOAT)
    if plan.layers[-1].channels[1] == 1:
        x = g.concat([x] * 3, 1)
    g.output("image", x, ["batch", 3, plan.resolution, plan.resolution])
    return g


def _features(plan: Plan, row: Value) -> Value:
    """[N, C, size, size] Fourier features of the plane that the style and the four numbers after it move."""
    g, arrays = row.graph, plan.tensors
    matrix, offset = _plane(plan, row)
    freqs = g.constant(arrays["synthesis.input.freqs"])
    moved = freqs @ matrix
    phase = freqs @ offset + arrays["synthesis.input.phases"][:, None]
    fading = (g.sqrt(g.sum(moved * moved, 2)) - plan.bandwidth) / (plan.input_rate / 2 - plan.bandwidth)
    loud = g.clip(1.0 - fading, 0.0, 1.0)
    at = (np.arange(plan.input_size) + 0.5 - plan.input_size / 2) / plan.input_rate * _TURN
    across = g.take(moved, 2, 0, 1) * at.astype(np.float32) + phase * _TURN
    along = g.take(moved, 2, 1, 2) * at.astype(np.float32)
    up = [g.op("Unsqueeze", v, g.constant([3], np.int64)) for v in (g.sin(along) * loud, g.cos(along) * loud)]
    side = [g.op("Unsqueeze", v, g.constant([2], np.int64)) for v in (g.cos(across), g.sin(across))]
    weight = arrays["synthesis.input.weight"] / np.float32(np.sqrt(len(arrays["synthesis.input.weight"])))
    return g.op("Conv", up[0] * side[0] + up[1] * side[1], filled(weight, 0)[:, :, None, None])


def _plane(plan: Plan, row: Value) -> tuple[Value, Value]:
    """[N, 2, 2] and [N, 2, 1]: from a point of the picture to the point of the features that is shown there."""
    g, arrays = row.graph, plan.tensors
    t = linear(
        g.take(row, 1, 0, plan.w), arrays["synthesis.input.affine.weight"], arrays["synthesis.input.affine.bias"]
    )
    heading = g.take(t, 1, 0, 2)
    t = t / g.sqrt(g.sum(heading * heading, 1))
    c, s = g.take(t, 1, 0, 1), g.take(t, 1, 1, 2)
    turn = g.reshape(g.concat([c, -s, s, c], 1), 0, 2, 2)
    shift = g.reshape(g.take(t, 1, 2, 4), 0, 2, 1)
    x, y, angle, octaves = (g.take(row, 1, plan.w + k, plan.w + k + 1) for k in range(PLACE))
    size = g.exp(octaves * -np.log(2.0))
    c, s = g.cos(angle) * size, g.sin(angle) * size
    placed = g.reshape(g.concat([c, s, -s, c], 1), 0, 2, 2)
    offset = -(placed @ g.reshape(g.concat([x, y], 1), 0, 2, 1))
    fixed = arrays["synthesis.input.transform"]
    whole = g.constant(fixed[:2, :2])
    return turn @ (whole @ placed), turn @ (whole @ offset + fixed[:2, 2:] - shift)


def _unit(x: Value, width: int) -> Value:
    """x [N, width] brought to mean square 1."""
    g = x.graph
    return x / g.sqrt(g.sum(x * x, 1) * (1 / width) + 1e-8)
