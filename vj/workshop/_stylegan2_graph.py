"""Writes a StyleGAN2 generator as the two graphs of a bundle.

    mapper       z, mix where it knows classes, psi -> w
    synthesizer  styles                             -> image

Styles scale activations, so convolutions keep constant kernels that a runtime packs once. Where the picture doubles,
the low-pass filter is folded into the kernel (see `GROWTH`). Gains of the bend are folded into what comes before it.

The checkpoint's own noise is the default of inputs `noise.b64.conv1` [draws, 1, H, W]: who feeds none gets the picture
that the original makes with `noise_mode="const"`, who feeds standard normals gets its "random" one.
"""

from collections.abc import Mapping

import numpy as np

from vj.core.types import F32
from vj.workshop._graph import Graph, Value
from vj.workshop._stylegan2_plan import EPSILON, GAIN, SLOPE, Plan


def mapper(plan: Plan, mean: F32) -> Graph:
    """`mean` [W] is where psi 0 leads; see `vj.workshop._stylegan2_net.Mapper` for what it computes."""
    g = Graph()
    x = unit(g.input("z", ["batch", plan.z]))
    if plan.c:
        x = g.concat([x, unit(_linear(label(g.input("mix", ["batch", plan.c]), plan.c), plan, "mapping.embed"))], 1)
    for k in range(plan.depth):
        x = _leaky(_linear(x, plan, f"mapping.fc{k}", plan.rate, GAIN))
    psi = g.reshape(g.input("psi", ["batch"]), -1, 1)
    g.output("w", (x - mean) * psi + mean, ["batch", plan.w])
    return g


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


def _linear(x: Value, plan: Plan, name: str, rate: float = 1.0, gain: float = 1.0) -> Value:
    """(x W + b) `gain`, with the equalised rate folded in."""
    weight, bias = plan.tensors[f"{name}.weight"], plan.tensors[f"{name}.bias"]
    scaled = weight * np.float32(rate * gain / weight.shape[1] ** 0.5)
    return x.graph.op("Gemm", x, scaled, bias * np.float32(rate * gain), transB=1)


def _leaky(x: Value) -> Value:
    return x.graph.op("LeakyRelu", x, alpha=SLOPE)


class Synthesis:
    """Writes the synthesizer. `half` computes the big tensors in float16, `growth` is how the picture doubles."""

    def __init__(self, plan: Plan, half: bool = False, growth: str = "folded") -> None:
        self.plan, self.half, self.growth = plan, half, growth
        self.g = Graph()

    def graph(self) -> Graph:
        g, plan = self.g, self.plan
        styles = g.input("styles", ["batch", plan.layers, plan.w])
        split = g.ops("Split", plan.layers, styles, g.constant([1] * plan.layers, np.int64), axis=1)
        self.styles = [g.reshape(one, -1, plan.w) for one in split]
        x: Value = self._constant(plan.tensors["synthesis.b4.const"][None])
        image: Value | None = None
        for size in plan.sizes:
            x = self._block(x, size)
            image = self._painted(image, x, size)
        assert image is not None
        if plan.colours == 1:
            image = g.concat([image] * 3, 1)
        g.output("image", image, ["batch", 3, plan.size, plan.size])
        return g

    def _block(self, x: Value, size: int) -> Value:
        past, name = x, f"b{size}"
        if size > 4:
            x = self._styled(x, f"{name}.conv0")
        skip = self.plan.tensors.get(f"synthesis.{name}.skip.weight")
        if skip is None:
            return self._styled(x, f"{name}.conv1")
        x = self._styled(x, f"{name}.conv1", 0.5**0.5)
        kernel = skip * np.float32((0.5 / skip.shape[1]) ** 0.5)
        return x + self._doubled(past, kernel, self.plan.fir(name))

    def _styled(self, x: Value, name: str, gain: float = 1.0) -> Value:
        g, plan, full = self.g, self.plan, f"synthesis.{name}"
        kernel = plan.tensors[f"{full}.weight"]
        s = _linear(self.styles[plan.convolutions[name]], plan, f"{full}.affine")
        if self.half:
            s = s / (g.op("ReduceMax", g.abs(s), axes=[1], keepdims=1) + EPSILON)
            kernel = kernel / (np.abs(kernel).max((1, 2, 3), keepdims=True) * np.float32(np.prod(kernel.shape[1:])**.5))
        size = (s * s) @ np.ascontiguousarray((kernel * kernel).sum((2, 3)).T) + EPSILON
        d = g.op("Div", GAIN * gain, g.sqrt(size))
        x = x * self._spread(s)
        if name.endswith("conv0"):
            x = self._doubled(x, kernel, plan.fir(name))
        else:
            x = g.op("Conv", x, self._constant(kernel), pads=[kernel.shape[-1] // 2] * 4)
        x = x * self._spread(d)
        noise = plan.noise(name)
        bias = plan.tensors[f"{full}.bias"].reshape(1, -1, 1, 1) * np.float32(GAIN * gain)
        if noise is not None and noise[1]:
            x = x + self._cast(self._noise(name, noise[0]) * float(noise[1] * GAIN * gain))
        x = _leaky(x + self._constant(bias))
        return self._clamped(x, gain)

    def _noise(self, name, constant):
        return self.g.constant(constant[None, None])

    def _doubled(self, x: Value, kernel: F32, fir: F32) -> Value:
        g = self.g
        side, taps = kernel.shape[-1], fir.shape[-1]
        before, after = side // 2 + (taps + 1) // 2 - (side - 1), side // 2 + (taps - 2) // 2 - (side - 2)
        if self.growth == "filtered":
            y = g.op("ConvTranspose", x, self._constant(kernel.transpose(1, 0, 2, 3)), strides=[2, 2])
            spread = np.broadcast_to(fir[::-1, ::-1] * 4, (kernel.shape[0], 1, taps, taps))
            return g.op("Conv", y, self._constant(spread), pads=[before, before, after, after], group=kernel.shape[0])
        if self.growth == "separable":
            y = g.op("ConvTranspose", x, self._constant(kernel.transpose(1, 0, 2, 3)), strides=[2, 2])
            one = fir.sum(0)[::-1] * 2
            C = kernel.shape[0]
            y = g.op("Conv", y, self._constant(np.broadcast_to(one.reshape(1, 1, 1, taps), (C, 1, 1, taps))), pads=[0, before, 0, after], group=C)
            return g.op("Conv", y, self._constant(np.broadcast_to(one.reshape(1, 1, taps, 1), (C, 1, taps, 1))), pads=[before, 0, after, 0], group=C)
        wide = np.zeros((*kernel.shape[:2], side + taps - 1, side + taps - 1), np.float32)
        for i in range(taps):
            for j in range(taps):
                wide[:, :, i : i + side, j : j + side] += kernel * (fir[i, j] * 4)
        a, b = taps - 1 - before, taps - 1 - after
        if self.growth == "folded":
            return g.op("ConvTranspose", x, self._constant(wide.transpose(1, 0, 2, 3)), strides=[2, 2], pads=[a, a, b, b])
        # phases
        T = side + taps - 1
        lo = min(-((T - 1 - a - p) // 2) for p in (0, 1))
        hi = max((p + a) // 2 for p in (0, 1))
        n = hi - lo + 1
        O, I = kernel.shape[:2]
        ph = np.zeros((O, 2, 2, I, n, n), np.float32)
        for p in (0, 1):
            for q in (0, 1):
                for u in range(n):
                    for v in range(n):
                        r, c = p + a - 2 * (u + lo), q + a - 2 * (v + lo)
                        if 0 <= r < T and 0 <= c < T:
                            ph[:, p, q, :, u, v] = wide[:, :, r, c]
        if self.growth == "phases":
            y = g.op("Conv", x, self._constant(ph.reshape(O * 4, I, n, n)), pads=[-lo, -lo, hi, hi])
            return g.op("DepthToSpace", y, blocksize=2, mode="CRD")
        y = g.op("Conv", x, self._constant(ph.transpose(1, 2, 0, 3, 4, 5).reshape(O * 4, I, n, n)), pads=[-lo, -lo, hi, hi])
        return g.op("DepthToSpace", y, blocksize=2, mode="DCR")

    def _painted(self, image: Value | None, x: Value, size: int) -> Value | None:
        g, plan, name = self.g, self.plan, f"synthesis.b{size}.torgb"
        if image is not None:
            fir = plan.fir(f"b{size}")
            taps = fir.shape[-1]
            before, after = (taps + 1) // 2, (taps - 2) // 2 + 1
            each = np.broadcast_to(fir * 4, (plan.colours, 1, taps, taps))
            a, b = taps - 1 - before, taps - 1 - after
            image = g.op("ConvTranspose", image, np.ascontiguousarray(each), strides=[2, 2], pads=[a, a, b, b], group=plan.colours)
        layer = plan.colour_layer(size)
        if layer is None:
            return image
        kernel = plan.tensors[f"{name}.weight"]
        s = _linear(self.styles[layer], plan, f"{name}.affine", gain=kernel.shape[1] ** -0.5)
        y = g.op("Conv", x * self._spread(s), self._constant(kernel))
        if self.half:
            y = g.op("Cast", y, to=1)
        y = y + plan.tensors[f"{name}.bias"].reshape(1, -1, 1, 1)
        if plan.clamp is not None:
            y = g.clip(y, -plan.clamp, plan.clamp)
        return y if image is None else image + y

    def _clamped(self, x: Value, gain: float) -> Value:
        if self.plan.clamp is None:
            return x
        limits = [self._constant(sign * self.plan.clamp * gain) for sign in (-1, 1)]
        return self.g.op("Clip", x, *limits)

    def _spread(self, x: Value) -> Value:
        """[N, K] -> [N, K, 1, 1]."""
        return self._cast(self.g.op("Unsqueeze", x, self.g.constant([2, 3], np.int64)))

    def _constant(self, array) -> Value:
        return self.g.constant(array, np.float16 if self.half else np.float32)

    def _cast(self, x: Value) -> Value:
        return self.g.op("Cast", x, to=10) if self.half else x
