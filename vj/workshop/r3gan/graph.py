"""Writes an R3GAN generator as the two graphs of a bundle.

    mapper       z, mix where it knows classes, psi -> w = psi z, embedding of the class
    synthesizer  styles [N, 1, W]                   -> image

The style weighs the channels of a basis of 4 x 4; after that all is convolution, without any normalisation. A doubling
filters each channel alone, as pictures of one channel, so that it is one small transposed convolution.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from vj.core.types import F32
from vj.workshop.graph import Graph, Value
from vj.workshop.r3gan.plan import SLOPE, Plan


def mapper(plan: Plan) -> Graph:
    """z [N, Z], class weights [N, C] (any real numbers), psi [N] -> w [N, W]."""
    g = Graph()
    w = g.input("z", ["batch", plan.z])
    mix = g.input("mix", ["batch", plan.classes]) if plan.classes else None
    w = w * g.reshape(g.input("psi", ["batch"]), -1, 1)
    if mix is not None:
        w = g.concat([w, mix @ np.ascontiguousarray(plan.tensors["EmbeddingLayer.weight"].T)], 1)
    g.output("w", w, ["batch", plan.w])
    return g


def synthesizer(plan: Plan, half: bool = False) -> Graph:
    """styles [N, 1, W] -> image [N, 3, height, width], about -1..1 but not limited to it; grey as three channels.

    half  pictures between layers are float16; the style and the finished picture float32
    """
    return _Writer(plan, half).graph()


class _Writer:
    """Writes the synthesizer stage by stage."""

    def __init__(self, plan: Plan, half: bool) -> None:
        self._plan, self._half = plan, half
        self._g = Graph()

    def graph(self) -> Graph:
        g, plan = self._g, self._plan
        style = g.reshape(g.input("styles", ["batch", 1, plan.w]), -1, plan.w)
        weighed = style @ np.ascontiguousarray(plan.tensors["MainLayers.0.Layers.0.LinearLayer.weight"].T)
        x = g.op("Unsqueeze", weighed, g.constant([2, 3], np.int64)) * plan.tensors["MainLayers.0.Layers.0.Basis"][None]
        if self._half:
            x = g.op("Cast", x, to=TensorProto.FLOAT16)
        channels = plan.tensors["MainLayers.0.Layers.0.Basis"].shape[0]
        for number in range(len(plan.blocks)):
            if number:
                name = f"MainLayers.{number}.Layers.0.LinearLayer"
                if f"{name}.weight" in plan.tensors:
                    x, channels = self._conv(x, name), len(plan.tensors[f"{name}.weight"])
                x = self._doubled(x, number, channels)
            for block in plan.stage(number):
                x = x + self._block(x, block)
        x = self._conv(x, "AggregationLayer")
        if self._half:
            x = g.op("Cast", x, to=TensorProto.FLOAT)
        if plan.colours == 1:
            x = g.concat([x] * 3, 1)
        g.output("image", x, ["batch", 3, plan.height, plan.width])
        return g

    def _block(self, x: Value, name: str) -> Value:
        """1x1, a bend, a convolution in groups, a bend, 1x1; the biases of bends are those of what comes before."""
        x = self._bent(self._conv(x, f"{name}.LinearLayer1", f"{name}.NonLinearity1.Bias"))
        return self._conv(
            self._bent(self._conv(x, f"{name}.LinearLayer2", f"{name}.NonLinearity2.Bias")), f"{name}.LinearLayer3"
        )

    def _conv(self, x: Value, name: str, bias: str = "") -> Value:
        """Channels are in as many groups as the shape of the kernel says."""
        kernel = self._plan.tensors[f"{name}.weight"]
        groups = len(kernel) // kernel.shape[1] if name.endswith("LinearLayer2") else 1
        biases = (self._kept(self._plan.tensors[bias]),) if bias else ()
        return self._g.op("Conv", x, self._kept(kernel), *biases, pads=[kernel.shape[-1] // 2] * 4, group=groups)

    def _bent(self, x: Value) -> Value:
        return self._g.op("LeakyRelu", x, alpha=SLOPE)

    def _doubled(self, x: Value, number: int, channels: int) -> Value:
        """Zeros between the samples, then four times the filter."""
        g, fir = self._g, self._plan.fir(number)
        height, width = (side << (number - 1) for side in self._plan.first)
        taps = len(fir)
        before = taps - 1 - (taps + 1) // 2
        ends = [before] * 2 + [taps - 2 - before] * 2
        alone = g.reshape(x, -1, 1, height, width)
        kernel = self._kept(np.asarray(fir[None, None] * 4.0, np.float32))
        large = g.op("ConvTranspose", alone, kernel, strides=[2, 2], pads=ends)
        return g.reshape(large, -1, channels, 2 * height, 2 * width)

    def _kept(self, array: F32) -> NDArray[Any]:
        return array.astype(np.float16) if self._half else array
