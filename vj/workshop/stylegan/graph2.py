"""Writes a StyleGAN2 generator as the two graphs of a bundle.

    mapper       z, mix where it knows classes, psi -> w
    synthesizer  styles, noise where somebody has it -> image

Styles scale activations, so kernels stay constant and a runtime packs them once. Where the picture doubles, a
transposed convolution of stride 2 is followed by the low-pass filter, one channel at a time. The filter could be folded
into the kernel: the picture is the same, but the kernel then has four times as many weights, and all took twice as long
on a CPU. Gains of the bends are folded into what comes before them.

The checkpoint's own noise is the default of the inputs `noise.b64.conv1` [draws, 1, H, W]. Who feeds none gets the
picture that the original makes with constant noise; who feeds standard normals gets one of its random ones.
"""

import numpy as np
from onnx import TensorProto

from vj.core.types import F32
from vj.workshop.graph import Graph, Value
from vj.workshop.stylegan.plan2 import EPSILON, GAIN, SLOPE, Plan, margins

_HALVED = 0.5**0.5


def mapper(plan: Plan) -> Graph:
    """What `vj.workshop.stylegan.net2.Mapper` computes, which says what it does with class weights."""
    g = Graph()
    x = unit(g.input("z", ["batch", plan.z]))
    if plan.c:
        x = g.concat([x, unit(_linear(label(g.input("mix", ["batch", plan.c]), plan.c), plan, "mapping.embed"))], 1)
    for k in range(plan.depth):
        x = _leaky(_linear(x, plan, f"mapping.fc{k}", plan.rate * GAIN))
    mean, psi = plan.tensors["mapping.w_avg"], g.reshape(g.input("psi", ["batch"]), -1, 1)
    g.output("w", (x - mean) * psi + mean, ["batch", plan.w])
    return g


def synthesizer(plan: Plan, half: bool = False, folded: bool = False) -> Graph:
    """What `vj.workshop.stylegan.net2.Synthesizer` computes; grey pictures get three equal channels.

    half    pictures between layers are float16, styles and the finished picture float32. As in the original, styles
            and kernels are brought to size 1 first, which demodulation takes back, and sums stay in range
    folded  the low-pass filter is folded into the kernels
    """
    return _Writer(plan, half, folded).graph()


class _Writer:
    """Writes the synthesizer block by block."""

    def __init__(self, plan: Plan, half: bool, folded: bool) -> None:
        self._plan, self._half, self._folded = plan, half, folded
        self._g = Graph()
        styles = self._g.input("styles", ["batch", plan.layers, plan.w])
        ones = self._g.constant([1] * plan.layers, np.int64)
        split = self._g.ops("Split", plan.layers, styles, ones, axis=1)
        self._styles = [self._g.reshape(one, -1, plan.w) for one in split]

    def graph(self) -> Graph:
        plan = self._plan
        x: Value = self._kernel(plan.tensors["synthesis.b4.const"][None])
        image: Value | None = None
        for size in plan.sizes:
            x = self._block(x, size)
            image = self._painted(image, x, size)
        assert image is not None
        if plan.colours == 1:
            image = self._g.concat([image] * 3, 1)
        self._g.output("image", image, ["batch", 3, plan.height, plan.width])
        return self._g

    def _block(self, x: Value, size: int) -> Value:
        """The convolutions of a block; a resnet block adds the picture past them."""
        skip = self._plan.tensors.get(f"synthesis.b{size}.skip.weight")
        y = x if size == 4 else self._styled(x, f"b{size}.conv0", GAIN)
        if skip is None:
            return self._styled(y, f"b{size}.conv1", GAIN)
        kernel = skip * np.float32(_HALVED / skip.shape[1] ** 0.5)
        past = self._doubled(x, kernel, self._plan.fir(f"b{size}"))
        return self._styled(y, f"b{size}.conv1", GAIN * _HALVED) + past

    def _styled(self, x: Value, name: str, gain: float) -> Value:
        """bend(conv(x s) / |s W| + noise + bias) times `gain`, which the bend lets through."""
        g, plan, full = self._g, self._plan, f"synthesis.{name}"
        kernel = plan.tensors[f"{full}.weight"]
        s = _linear(self._styles[plan.convolutions[name]], plan, f"{full}.affine")
        if self._half:
            s = s / (g.op("ReduceMax", g.abs(s), axes=[1], keepdims=1) + EPSILON)
            largest = np.maximum(np.abs(kernel).max((1, 2, 3), keepdims=True), np.float32(EPSILON))
            kernel = kernel / (largest * np.float32(np.prod(kernel.shape[1:]) ** 0.5))
        size = (s * s) @ np.ascontiguousarray((kernel * kernel).sum((2, 3)).T) + EPSILON
        x = x * self._spread(s)
        grows = name.endswith("conv0")
        y = self._doubled(x, kernel, plan.fir(name)) if grows else self._same(x, kernel)
        y = y * self._spread(g.op("Div", gain, g.sqrt(size)))
        y = self._noisy(y, name, gain) + self._kernel(_column(plan.tensors[f"{full}.bias"]) * np.float32(gain))
        return self._clamped(_leaky(y), gain / GAIN, self._half)

    def _noisy(self, x: Value, name: str, gain: float) -> Value:
        constant, strength = self._plan.noise(name) or (None, 0.0)
        if constant is None or not strength:
            return x
        noise = self._g.optional(f"noise.{name}", ["draws", 1, *constant.shape], constant[None, None])
        return x + self._narrowed(noise * (strength * gain))

    def _painted(self, image: Value | None, x: Value, size: int) -> Value | None:
        """The picture so far at the size of the block, and what the block adds; float32."""
        plan, name = self._plan, f"synthesis.b{size}.torgb"
        if image is not None:
            image = _larger(image, plan.fir(f"b{size}"), plan.colours)
        layer = plan.colour_layer(size)
        if layer is None:
            return image
        kernel = plan.tensors[f"{name}.weight"]
        s = _linear(self._styles[layer], plan, f"{name}.affine") * kernel.shape[1] ** -0.5
        said = self._same(x * self._spread(s), kernel)
        if self._half:
            said = self._g.op("Cast", said, to=TensorProto.FLOAT)
        said = self._clamped(said + _column(plan.tensors[f"{name}.bias"]), 1.0, False)
        return said if image is None else image + said

    def _same(self, x: Value, kernel: F32) -> Value:
        return self._g.op("Conv", x, self._kernel(kernel), pads=[kernel.shape[-1] // 2] * 4)

    def _doubled(self, x: Value, kernel: F32, fir: F32) -> Value:
        """`x` at twice the size: see `vj.workshop.stylegan.net2.doubled`."""
        outs, taps = kernel.shape[0], fir.shape[-1]
        before, after = margins(kernel.shape[-1], taps)
        if self._folded:
            wide = self._kernel(widened(kernel, fir).swapaxes(0, 1))
            ends = [taps - 1 - before] * 2 + [taps - 1 - after] * 2
            return self._g.op("ConvTranspose", x, wide, strides=[2, 2], pads=ends)
        y = self._g.op("ConvTranspose", x, self._kernel(kernel.swapaxes(0, 1)), strides=[2, 2])
        each = np.broadcast_to(fir[::-1, ::-1] * 4.0, (outs, 1, taps, taps))
        return self._g.op("Conv", y, self._kernel(each), pads=[before] * 2 + [after] * 2, group=outs)

    def _clamped(self, x: Value, gain: float, half: bool) -> Value:
        if self._plan.clamp is None:
            return x
        dtype, limit = np.float16 if half else np.float32, self._plan.clamp * gain
        return self._g.op("Clip", x, *(self._g.constant(end, dtype) for end in (-limit, limit)))

    def _kernel(self, array: F32) -> Value:
        """A constant of the type that pictures between layers have."""
        return self._g.constant(array, np.float16 if self._half else np.float32)

    def _narrowed(self, x: Value) -> Value:
        return self._g.op("Cast", x, to=TensorProto.FLOAT16) if self._half else x

    def _spread(self, x: Value) -> Value:
        """[N, K] -> [N, K, 1, 1]."""
        return self._narrowed(self._g.op("Unsqueeze", x, self._g.constant([2, 3], np.int64)))


def widened(kernel: F32, fir: F32) -> F32:
    """[O, I, k + T - 1, k + T - 1]: `kernel` [O, I, k, k] and four times `fir` [T, T] in one."""
    side, taps = kernel.shape[-1], fir.shape[-1]
    wide = np.zeros((*kernel.shape[:2], side + taps - 1, side + taps - 1), np.float32)
    for row in range(taps):
        for column in range(taps):
            wide[:, :, row : row + side, column : column + side] += kernel * (fir[row, column] * 4.0)
    return wide


def _larger(image: Value, fir: F32, colours: int) -> Value:
    """A picture at twice its size, each channel alone."""
    each = widened(np.ones((colours, 1, 1, 1), np.float32), fir)
    before, after = (fir.shape[-1] - 1 - margin for margin in margins(1, fir.shape[-1]))
    ends = [before] * 2 + [after] * 2
    return image.graph.op("ConvTranspose", image, each, strides=[2, 2], pads=ends, group=colours)


def label(mix: Value, classes: int) -> Value:
    """Class weights whose sizes sum to 1; the first class where all are (nearly) nothing."""
    g = mix.graph
    least = g.relu(1e-3 - g.sum(g.abs(mix), 1))
    some = mix + least * np.eye(1, classes, dtype=np.float32)
    return some / g.sum(g.abs(some), 1)


def unit(x: Value) -> Value:
    """Each row with mean square 1."""
    g = x.graph
    return x / g.sqrt(g.op("ReduceMean", x * x, axes=[1], keepdims=1) + EPSILON)


def _linear(x: Value, plan: Plan, name: str, rate: float = 1.0) -> Value:
    """(x W + b) `rate`, the rate being equalised."""
    weight, bias = plan.tensors[f"{name}.weight"], plan.tensors[f"{name}.bias"]
    scaled = weight * np.float32(rate / weight.shape[1] ** 0.5)
    return x.graph.op("Gemm", x, scaled, bias * np.float32(rate), transB=1)


def _leaky(x: Value) -> Value:
    return x.graph.op("LeakyRelu", x, alpha=SLOPE)


def _column(bias: F32) -> F32:
    return bias.reshape(1, -1, 1, 1)
