"""Writes a FastGAN generator as the two graphs of a bundle.

    mapper       z, mix where it knows classes, psi -> w = psi z ++ embedding of the class
    synthesizer  styles [N, 3, W], noise            -> image

The network has one z. Its larger pictures are opened and shut, channel by channel, by what its smallest look like, and
those may as well be of another z: that is how its authors mix styles. So the first style layer is what is seen, the
second opens the pictures of 64 and 128 pixels, the third those of 256 and more; with the same z in all three the
picture is the network's own, to the last digits. Where it knows classes, each layer brings its own.

Noise is an input by picture, `noise.feat_8.1` [draws, 1, 8, 8]. Sources: see `plan`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from vj.core.types import F32
from vj.workshop.fastgan.plan import FIRST_PX, SKIPS, Convolution, Plan
from vj.workshop.graph import Graph, Value

#: What is seen; what opens pictures up to 128 pixels a side; what opens larger ones.
LAYERS = 3
_SMALL = 1e-5
#: Mean and variance [C] of what comes to a normalisation, by its name.
Means = Mapping[str, tuple[F32, F32]]


def mapper(plan: Plan) -> Graph:
    """z [N, Z], class weights [N, C] (any real numbers), psi [N] -> w [N, W].

    Projected GAN brings z to its sphere; psi shortens it after that, or it would do nothing.
    """
    g = Graph()
    w = g.input("z", ["batch", plan.z])
    mix = g.input("mix", ["batch", plan.classes]) if plan.classes else None
    if plan.projected:
        w = w / g.sqrt(g.sum(w * w, 1) * (1.0 / plan.z) + 1e-8)
    w = w * g.reshape(g.input("psi", ["batch"]), -1, 1)
    if mix is not None:
        w = g.concat([w, mix @ plan.tensors["embed.weight"]], 1)
    g.output("w", w, ["batch", width(plan)])
    return g


def width(plan: Plan) -> int:
    """Numbers of a style."""
    return 2 * plan.z if plan.classes else plan.z


def synthesizer(plan: Plan, half: bool = False, means: Means | None = None) -> Graph:
    """styles [N, 3, W] -> image [N, 3, side, side], about -1..1; grey as three channels.

    half   pictures between layers are float16; the style and the finished picture float32
    means  in place of the running ones of the checkpoint
    """
    return _Writer(plan, half, means).graph()


def measuring(plan: Plan) -> tuple[Graph, list[str]]:
    """A graph styles [N, 3, W] -> mean and variance [2, C] of all pictures of the batch before each normalisation.

    Each normalises by that, as in training. Its outputs are the normalisations by name, which are listed.
    """
    writer = _Writer(plan, False, None, measured=[])
    return writer.graph(), writer.measured or []


class _Writer:
    """Writes the synthesizer picture by picture."""

    def __init__(self, plan: Plan, half: bool, means: Means | None, measured: list[str] | None = None) -> None:
        self._plan, self._half, self._means = plan, half, means
        self._g = Graph()
        self._classes: list[Value] = []
        self._noises: dict[str, Value] = {}
        self.measured = measured

    def graph(self) -> Graph:
        g, plan = self._g, self._plan
        styles = g.input("styles", ["batch", LAYERS, width(plan)])
        rows = [g.reshape(g.take(styles, 1, k, k + 1), -1, width(plan)) for k in range(LAYERS)]
        if self._half:
            rows = [g.op("Cast", row, to=TensorProto.FLOAT16) for row in rows]
        if plan.classes:
            self._classes = [g.take(row, 1, plan.z, 2 * plan.z) for row in rows]
            rows = [g.take(row, 1, 0, plan.z) for row in rows]
        opening: dict[int, Value] = {}
        if self.measured is None:
            for layer, sides in ((1, (64, 128)), (2, (256, 512))):
                opening |= self._seeds(rows[layer], layer, [SKIPS[side] for side in sides if side in plan.sides])
        x = self._first(rows[0])
        made = {FIRST_PX: x}
        for side in plan.sides:
            x = self._picture(x, side, 0)
            if side in SKIPS:
                small = SKIPS[side]
                x = x * self._opened(opening.get(small, made[small]), side)
            made[side] = x
        x = self._conv(x, "to_big", bias=plan.tensors.get("to_big.bias"))
        if self._half:
            x = g.op("Cast", x, to=TensorProto.FLOAT)
        if plan.side == 1024 and not plan.projected:
            x = g.tanh(x)
        if plan.colours == 1:
            x = g.concat([x] * 3, 1)
        if self.measured is None:
            g.output("image", x, ["batch", 3, plan.side, plan.side])
        return g

    def _seeds(self, row: Value, layer: int, sides: list[int]) -> dict[int, Value]:
        """Side -> the small picture of another style, as far as one is needed."""
        if not sides:
            return {}
        x = self._first(row)
        found = {FIRST_PX: x}
        for side in range(3, max(sides).bit_length()):
            x = self._picture(x, 2**side, layer)
            found[2**side] = x
        return {side: found[side] for side in sides}

    def _first(self, row: Value) -> Value:
        """z to the picture of 4 pixels: a transposed convolution of one pixel is a product of matrices."""
        kernel = self._plan.tensors["init.init.0.weight"]
        x = self._g.reshape(row @ self._kept(kernel.reshape(len(kernel), -1)), -1, kernel.shape[1], FIRST_PX, FIRST_PX)
        return self._halved(self._norm(x, "init.init.1", 0), kernel.shape[1])

    def _picture(self, x: Value, side: int, layer: int) -> Value:
        """Every pixel twice each way, then a convolution or two; half of the channels open the others."""
        scales = self._g.constant([1.0, 1.0, 2.0, 2.0])
        how = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        x = self._g.op("Resize", x, None, scales, **how)
        for number, convolution in enumerate(self._plan.convolutions(side)):
            x = self._conv(x, convolution.name)
            if convolution.noise:
                x = x + self._noise(convolution, side, number)
            x = self._norm(x, convolution.norm, layer)
            x = self._halved(x, len(self._plan.tensors[f"{convolution.name}.weight"]))
        return x

    def _noise(self, convolution: Convolution, side: int, number: int) -> Value:
        """Standard normals by the network's strength, the same ones for every style."""
        name = f"noise.feat_{side}.{number}"
        if name not in self._noises:
            noise = self._g.input(name, ["draws", 1, side, side])
            strength = float(self._plan.tensors[str(convolution.noise)][0])
            scaled = noise * strength
            self._noises[name] = self._g.op("Cast", scaled, to=TensorProto.FLOAT16) if self._half else scaled
        return self._noises[name]

    def _norm(self, x: Value, name: str, layer: int) -> Value:
        """To a mean of 0 and a deviation of 1, then the gain and bias of the network or of the class."""
        g, t = self._g, self._plan.tensors
        if self.measured is not None:
            means = g.op("ReduceMean", x, axes=[0, 2, 3], keepdims=1)
            apart = x - means
            spread = g.op("ReduceMean", apart * apart, axes=[0, 2, 3], keepdims=1)
            g.output(name, g.reshape(g.concat([means, spread], 0), 2, -1), [2, "channels"])
            self.measured.append(name)
            x = apart / g.sqrt(spread + _SMALL)
            if f"{name}.weight" in t:
                return x * _across(t[f"{name}.weight"]) + _across(t[f"{name}.bias"])
            return self._of_class(x, name, layer)
        stored = ("running_mean", "running_var") if f"{name}.weight" in t else ("stored_mean", "stored_var")
        mean, variance = (self._means or {}).get(name) or (t[f"{name}.{stored[0]}"], t[f"{name}.{stored[1]}"])
        gain = 1.0 / np.sqrt(variance.astype(np.float64) + _SMALL)
        if f"{name}.weight" not in t:
            whitened = x * self._kept(_across(gain)) + self._kept(_across(-mean * gain))
            return self._of_class(whitened, name, layer)
        gain *= t[f"{name}.weight"]
        return x * self._kept(_across(gain)) + self._kept(_across(t[f"{name}.bias"] - mean * gain))

    def _of_class(self, x: Value, name: str, layer: int) -> Value:
        """Gain and bias as the class of `layer` has them."""
        g, t = self._g, self._plan.tensors
        gain, bias = (
            self._classes[layer] @ self._kept(np.ascontiguousarray(t[f"{name}.{part}.weight"].T))
            + self._kept(t[f"{name}.{part}.bias"])
            for part in ("gain", "bias")
        )
        axes = g.constant([2, 3], np.int64)
        one = np.ones(1, np.float16 if self._half else np.float32)
        return x * (g.op("Unsqueeze", gain, axes) + one) + g.op("Unsqueeze", bias, axes)

    def _opened(self, small: Value, side: int) -> Value:
        """[N, C, 1, 1]: how much of each channel of the picture of `side` a small one lets through."""
        g, name = self._g, f"se_{side}.main"
        pool = SKIPS[side] // FIRST_PX
        x = small if pool == 1 else g.op("AveragePool", small, kernel_shape=[pool] * 2, strides=[pool] * 2)
        x = g.op("Conv", x, self._kept(self._plan.tensors[f"{name}.1.weight"]))
        x = x * g.sigmoid(x)
        return g.sigmoid(g.op("Conv", x, self._kept(self._plan.tensors[f"{name}.3.weight"])))

    def _halved(self, x: Value, channels: int) -> Value:
        half = channels // 2
        return self._g.take(x, 1, 0, half) * self._g.sigmoid(self._g.take(x, 1, half, channels))

    def _conv(self, x: Value, name: str, bias: F32 | None = None) -> Value:
        kernel = self._kept(self._plan.tensors[f"{name}.weight"])
        return self._g.op("Conv", x, kernel, *(() if bias is None else (self._kept(bias),)), pads=[1] * 4)

    def _kept(self, array: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(array, np.float16 if self._half else np.float32)


def _across(channels: NDArray[Any]) -> NDArray[Any]:
    """[C] as [1, C, 1, 1]."""
    return channels.reshape(1, -1, 1, 1)
