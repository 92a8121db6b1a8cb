"""Writes a StyleGAN3 generator as the two graphs of a bundle.

    mapper       z, mix, psi -> w, and four zeros: where the picture goes
    synthesizer  styles      -> image

Styles scale activations, never kernels, so that all kernels are constants. Filters run as depthwise convolutions of
each phase (`_stylegan3_phases`), two passes where they are separable; gains are folded into them. Channels are filled
up to whole blocks of the runtime with zeros. Fourier features are made of one sine and cosine a row and a column.
"""

from collections.abc import Iterable
from itertools import product

import numpy as np

from vj.core.types import F32
from vj.workshop._graph import Graph, Value
from vj.workshop._stylegan3_phases import Phases, Step, phases
from vj.workshop._stylegan3_plan import Layer, Plan

#: Numbers that follow w in every style; layer 0 reads them: right, down, clockwise turn, octaves of size.
PLACE = 4
#: Channels of a block in the widest layout of ONNX Runtime's CPU kernels.
_BLOCK = 16
_SLOPE, _GAIN = 0.2, 2.0**0.5
_TURN = 2 * np.pi


def mapper(plan: Plan) -> Graph:
    """The mapping network; `mix` only where the network knows classes, whose weights need not sum to 1."""
    g, arrays = Graph(), plan.tensors
    z = g.input("z", ["batch", plan.z])
    x = _unit(z, plan.z)
    if plan.classes:
        mix = g.input("mix", ["batch", plan.classes])
        shares = mix / g.op("Max", g.sum(g.abs(mix), 1), np.float32(1e-9))
        known = _linear(shares, arrays["mapping.embed.weight"], arrays["mapping.embed.bias"])
        x = g.concat([x, _unit(known, plan.w)], 1)
    psi = g.reshape(g.input("psi", ["batch"]), -1, 1)
    for k in range(plan.depth):
        gain = np.float32(plan.rate * _GAIN)
        x = _linear(x, arrays[f"mapping.fc{k}.weight"] * gain, arrays[f"mapping.fc{k}.bias"] * gain)
        x = g.op("LeakyRelu", x, alpha=_SLOPE)
    mean = arrays["mapping.w_avg"]
    w = (x - mean) * psi + mean
    fixed = g.op("Pad", w, g.constant([0, 0, 0, PLACE], np.int64))
    g.output("w", fixed, ["batch", plan.w + PLACE])
    return g


def synthesizer(plan: Plan, clamped: bool) -> Graph:
    """The synthesis network; `clamped` keeps the limit after each bend, which costs a fifth and rarely ever acts."""
    g = Graph()
    styles = g.input("styles", ["batch", plan.styles, plan.w + PLACE])
    rows = [g.reshape(row, 0, plan.w + PLACE) for row in g.ops("Split", plan.styles, styles, axis=1)]
    x = _features(plan, rows[0])  # shapes keep the batch's name, or the runtime would not fuse sums into convolutions
    for layer, row in zip(plan.layers, rows[1:], strict=True):
        x = _styled(plan, layer, x, g.take(row, 1, 0, plan.w), clamped)
    g.output("image", x, ["batch", plan.layers[-1].channels[1], plan.resolution, plan.resolution])
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
    return g.op("Conv", up[0] * side[0] + up[1] * side[1], _filled(weight, 0)[:, :, None, None])


def _plane(plan: Plan, row: Value) -> tuple[Value, Value]:
    """[N, 2, 2] and [N, 2, 1]: from a point of the picture to the point of the features that is shown there."""
    g, arrays = row.graph, plan.tensors
    t = _linear(
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


def _styled(plan: Plan, layer: Layer, x: Value, style: Value, clamped: bool) -> Value:
    """One synthesis layer."""
    g, at = x.graph, f"synthesis.{layer.name}"
    arrays = {name: plan.tensors[f"{at}.{name}"] for name in ("weight", "bias", "affine.weight", "affine.bias")}
    s = _linear(style, _filled(arrays["affine.weight"], 0), _filled(arrays["affine.bias"], 0))
    weight, bias = arrays["weight"], arrays["bias"]
    gain = np.float32(plan.tensors[f"{at}.magnitude_ema"] ** -0.5)
    found = phases(layer)
    if layer.rgb:
        factor = np.float32(plan.scale / np.sqrt(weight[0].size))
        y = _seen(layer, found, x * _spread(s), _filled(weight, 1) * (gain * factor), bias * np.float32(plan.scale))
        return g.clip(y, -plan.clamp * plan.scale, plan.clamp * plan.scale) if clamped else y
    # norm 1, where the original has mean square 1 and styles too: demodulation takes both out again
    weight = weight / np.sqrt(np.square(weight).sum((1, 2, 3), keepdims=True))
    power = _filled(_filled(np.square(weight).sum((2, 3)), 0, 1.0), 1)
    size = g.op("Reciprocal", g.sqrt((s * s) @ np.ascontiguousarray(power.T) + 1e-12))
    y = _seen(layer, found, x * _spread(s), _filled(_filled(weight, 0), 1) * gain, None)
    y = y * _spread(size) + _filled(bias, 0).reshape(1, -1, 1, 1)
    return _bent(layer, found, y, plan.clamp if clamped else np.inf)


def _seen(layer: Layer, found: Phases, x: Value, weight: F32, bias: F32 | None) -> Value:
    """The convolution with zeros around, but only those samples of it that are looked at later."""
    g, reach = x.graph, layer.kernel - 1
    start, stop = found.seen
    first, last = max(start - reach, 0), min(stop, layer.size[0])
    if (first, last) != (0, layer.size[0]):
        x = g.take(g.take(x, 2, first, last), 3, first, last)
    before, after = max(reach - start, 0), max(stop - layer.size[0], 0)
    biased = () if bias is None else (bias,)
    return g.op("Conv", x, weight, *biased, pads=[before, before, after, after])


def _bent(layer: Layer, found: Phases, x: Value, clamp: float) -> Value:
    """Up, the leaky bend with its gain, down."""
    g, channels = x.graph, -(-layer.channels[1] // _BLOCK) * _BLOCK
    lift, drop = layer.up_filter * np.float32(layer.up), layer.down_filter
    gain = np.float32(_GAIN if drop.ndim == 2 else _GAIN**0.5)
    bent: dict[tuple[int, int], Value] = {}
    for k, step in enumerate(found.rise):
        wide = _depthwise(x, None, step, lift, channels)
        for j, other in enumerate(found.rise):
            y = g.op("LeakyRelu", _depthwise(wide, other, None, lift, channels), alpha=_SLOPE)
            bent[j, k] = y if np.isinf(clamp) else g.clip(y, -clamp / _GAIN, clamp / _GAIN)
    fallen = _radial if drop.ndim == 2 else _separable
    grids = fallen(bent, found, drop * gain, channels)
    if len(grids) > 1:
        whole = g.op("DepthToSpace", g.concat(grids, 1), blocksize=len(found.fall), mode="DCR")
    else:
        whole = grids[0]
    cropped = found.size * len(found.fall) != layer.size[1]
    return g.take(g.take(whole, 2, 0, layer.size[1]), 3, 0, layer.size[1]) if cropped else whole


def _separable(bent: dict[tuple[int, int], Value], found: Phases, taps: F32, channels: int) -> list[Value]:
    """Phases of the output, row by row: down the columns first, then along the rows."""
    grids = []
    for rows in found.fall:
        halves = []
        for k in range(len(found.rise)):
            halves.append(_total(_depthwise(bent[j, k], step, None, taps, channels) for j, step in enumerate(rows)))
        for columns in found.fall:
            grids.append(_total(_depthwise(halves[k], None, step, taps, channels) for k, step in enumerate(columns)))
    return grids


def _radial(bent: dict[tuple[int, int], Value], found: Phases, taps: F32, channels: int) -> list[Value]:
    """Phases of the output, row by row, by a filter that no two passes can make."""
    return [
        _total(
            _depthwise(bent[j, k], step, other, taps, channels)
            for (j, step), (k, other) in product(enumerate(rows), enumerate(columns))
        )
        for rows, columns in product(found.fall, found.fall)
    ]


def _depthwise(x: Value, rows: Step | None, columns: Step | None, taps: F32, channels: int) -> Value:
    """Every channel convolved down the columns by `rows`, along the rows by `columns`, or both."""
    none = Step((0,))
    one = np.ones(1, np.float32)
    if taps.ndim == 2:
        assert rows is not None
        assert columns is not None
        kernel = columns.kernel(rows.kernel(taps).T).T
    else:
        kernel = np.outer(rows.kernel(taps) if rows else one, columns.kernel(taps) if columns else one)
    (top, bottom), (left, right) = (rows or none).pads, (columns or none).pads
    whole = np.broadcast_to(kernel.astype(np.float32), (channels, 1, *kernel.shape))
    return x.graph.op("Conv", x, whole, group=channels, pads=[top, left, bottom, right])


def _total(values: Iterable[Value]) -> Value:
    """Their sum, one after the other, so that the runtime adds while it convolves."""
    first, *others = values
    for value in others:
        first = first + value
    return first


def _linear(x: Value, weight: F32, bias: F32) -> Value:
    """x W^T + b with the equalised learning rate folded in."""
    return x @ np.ascontiguousarray(weight.T / np.float32(np.sqrt(weight.shape[1]))) + bias


def _unit(x: Value, width: int) -> Value:
    """x [N, width] brought to mean square 1."""
    g = x.graph
    return x / g.sqrt(g.sum(x * x, 1) * (1 / width) + 1e-8)


def _filled(array: F32, axis: int, value: float = 0.0) -> F32:
    """`array` with `axis` filled up to whole blocks."""
    after = [(0, -size % _BLOCK if k == axis else 0) for k, size in enumerate(array.shape)]
    return np.pad(array, after, constant_values=value)


def _spread(x: Value) -> Value:
    """[N, C] -> [N, C, 1, 1]."""
    return x.graph.op("Unsqueeze", x, x.graph.constant([2, 3], np.int64))
