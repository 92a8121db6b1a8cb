"""A StyleGAN3 synthesis layer as a part of an ONNX graph.

Styles scale activations, never kernels, so that all kernels are constants. Filters run as depthwise convolutions of
each phase (`_stylegan3_phases`), two passes where they are separable; gains are folded into them. Channels are filled
up to whole blocks of the runtime with zeros.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from onnx import TensorProto

from vj.core.types import F32
from vj.workshop.graph import Graph, Value
from vj.workshop.stylegan.phases3 import Phases, Step, phases
from vj.workshop.stylegan.plan3 import Layer, Plan

SLOPE = 0.2
#: Channels of a block in the widest layout of ONNX Runtime's CPU kernels.
_BLOCK = 16
_GAIN = 2.0**0.5
#: Phase down the columns and along the rows -> signal.
_Grids = Mapping[tuple[int, int], Value]


@dataclass(frozen=True)
class _Depthwise:
    """A filter of `taps` [K], or [K, K] where it is radial, for each of `channels` alike."""

    taps: F32
    channels: int
    half: bool

    def __call__(self, x: Value, rows: Step | None, columns: Step | None) -> Value:
        """`x` convolved down the columns by `rows`, along the rows by `columns`, or both."""
        if self.taps.ndim == 2:
            assert rows is not None
            assert columns is not None
            kernel = columns.kernel(rows.kernel(self.taps).T).T
        else:
            one = np.ones(1, np.float32)
            kernel = np.outer(rows.kernel(self.taps) if rows else one, columns.kernel(self.taps) if columns else one)
        (top, bottom), (left, right) = (rows or _STILL).pads, (columns or _STILL).pads
        whole = _constant(x.graph, np.broadcast_to(kernel, (self.channels, 1, *kernel.shape)), self.half)
        return x.graph.op("Conv", x, whole, group=self.channels, pads=[top, left, bottom, right])


_STILL = Step((0,))


def styled(plan: Plan, layer: Layer, x: Value, style: Value, clamp: float, half: bool) -> Value:
    """`layer` on `x` [N, C, size, size] by `style` [N, W]; no limit where `clamp` is infinite.

    With `half`, `x` and what comes back are in half precision.
    """
    g, at = x.graph, f"synthesis.{layer.name}"
    arrays = {name: plan.tensors[f"{at}.{name}"] for name in ("weight", "bias", "affine.weight", "affine.bias")}
    s = linear(style, filled(arrays["affine.weight"], 0), filled(arrays["affine.bias"], 0))
    x = x * _spread(s, half)
    weight, bias = arrays["weight"], arrays["bias"]
    gain = np.float32(plan.tensors[f"{at}.magnitude_ema"] ** -0.5)
    found = phases(layer)
    if layer.rgb:
        factor = np.float32(plan.scale / np.sqrt(weight[0].size))
        y = _seen(layer, found, x, _constant(g, filled(weight, 1) * (gain * factor), half))
        y = y + _constant(g, bias.reshape(1, -1, 1, 1) * np.float32(plan.scale), half)
        return _clipped(y, clamp * plan.scale, half)
    # norm 1, where the original has mean square 1 and styles too: demodulation takes both out again
    weight = weight / np.sqrt(np.square(weight).sum((1, 2, 3), keepdims=True))
    power = filled(filled(np.square(weight).sum((2, 3)), 0, 1.0), 1)
    size = g.op("Reciprocal", g.sqrt((s * s) @ np.ascontiguousarray(power.T) + 1e-12))
    y = _seen(layer, found, x, _constant(g, filled(filled(weight, 0), 1) * gain, half))
    y = y * _spread(size, half) + _constant(g, filled(bias, 0).reshape(1, -1, 1, 1), half)
    return _bent(layer, found, y, clamp, half)


def linear(x: Value, weight: F32, bias: F32) -> Value:
    """x W^T + b with the equalised learning rate folded in."""
    return x @ np.ascontiguousarray(weight.T / np.float32(np.sqrt(weight.shape[1]))) + bias


def filled(array: F32, axis: int, value: float = 0.0) -> F32:
    """`array` with `axis` filled up to whole blocks."""
    after = [(0, -size % _BLOCK if k == axis else 0) for k, size in enumerate(array.shape)]
    return np.pad(array, after, constant_values=value)


def _seen(layer: Layer, found: Phases, x: Value, weight: Value) -> Value:
    """The convolution with zeros around, but only those samples of it that are looked at later."""
    g, reach = x.graph, layer.kernel - 1
    start, stop = found.seen
    first, last = max(start - reach, 0), min(stop, layer.size[0])
    if (first, last) != (0, layer.size[0]):
        x = g.take(g.take(x, 2, first, last), 3, first, last)
    before, after = max(reach - start, 0), max(stop - layer.size[0], 0)
    return g.op("Conv", x, weight, pads=[before, before, after, after])


def _bent(layer: Layer, found: Phases, x: Value, clamp: float, half: bool) -> Value:
    """Up, the leaky bend with its gain, down."""
    g, channels = x.graph, -(-layer.channels[1] // _BLOCK) * _BLOCK
    radial = layer.down_filter.ndim == 2
    lift = _Depthwise(layer.up_filter * np.float32(layer.up), channels, half)
    drop = _Depthwise(layer.down_filter * np.float32(_GAIN if radial else _GAIN**0.5), channels, half)
    bent: dict[tuple[int, int], Value] = {}
    for k, step in enumerate(found.rise):
        wide = lift(x, None, step)
        for j, other in enumerate(found.rise):
            y = g.op("LeakyRelu", lift(wide, other, None), alpha=SLOPE)
            bent[j, k] = _clipped(y, clamp / _GAIN, half)
    grids = (_radial if radial else _separable)(bent, found, drop)
    whole = grids[0]
    if len(grids) > 1:
        whole = g.op("DepthToSpace", g.concat(grids, 1), blocksize=len(found.fall), mode="DCR")
    cropped = found.size * len(found.fall) != layer.size[1]
    return g.take(g.take(whole, 2, 0, layer.size[1]), 3, 0, layer.size[1]) if cropped else whole


def _separable(bent: _Grids, found: Phases, drop: _Depthwise) -> list[Value]:
    """Phases of the output, row by row: down the columns first, then along the rows."""
    grids = []
    for rows in found.fall:
        halves = []
        for k in range(len(found.rise)):
            halves.append(_total(drop(bent[j, k], step, None) for j, step in enumerate(rows)))
        for columns in found.fall:
            grids.append(_total(drop(halves[k], None, step) for k, step in enumerate(columns)))
    return grids


def _radial(bent: _Grids, found: Phases, drop: _Depthwise) -> list[Value]:
    """Phases of the output, row by row, by a filter that no two passes can make."""
    return [
        _total(drop(bent[j, k], step, other) for (j, step), (k, other) in product(enumerate(rows), enumerate(columns)))
        for rows, columns in product(found.fall, found.fall)
    ]


def _total(values: Iterable[Value]) -> Value:
    """Their sum, one after the other, so that the runtime adds while it convolves."""
    first, *others = values
    for value in others:
        first = first + value
    return first


def _clipped(x: Value, limit: float, half: bool) -> Value:
    g = x.graph
    if np.isinf(limit):
        return x
    return g.op("Clip", x, *(_constant(g, np.array(sign * limit, np.float32), half) for sign in (-1, 1)))


def _spread(x: Value, half: bool) -> Value:
    """[N, C] -> [N, C, 1, 1]."""
    g = x.graph
    spread = g.op("Unsqueeze", x, g.constant([2, 3], np.int64))
    return g.op("Cast", spread, to=TensorProto.FLOAT16) if half else spread


def _constant(g: Graph, array: F32, half: bool) -> Value:
    return g.constant(array, np.float16 if half else np.float32)
