"""Writes film's decoder and its scenes as the two graphs of a bundle.

mapper       z, mix, psi -> w = the scenes' mean style + psi (z through the scenes' spreads), all groups side by side
synthesizer  styles      -> image; layer g takes its own group's part of w
"""

from collections.abc import Mapping

import numpy as np

from vj.core.types import F32
from vj.workshop.film._net import GROUPS, SLOPE, Shape
from vj.workshop.film._scenes import Scenes
from vj.workshop.graph import Graph, Value

Weights = Mapping[str, F32]
#: The first scene's share when no scene has any weight.
_FALLBACK = 1e-3
#: The furthest that psi spreads.
_MOST_PSI = 1.5


def mapper(scenes: Scenes) -> Graph:
    """Class weights are any real numbers: divided by the sum of their sizes they are shares of the scenes."""
    count, groups, z_dim = scenes.spreads.shape[:3]
    g = Graph()
    z, mix, psi = g.input("z", ["batch", z_dim]), g.input("mix", ["batch", count]), g.input("psi", ["batch"])
    bounded = g.clip(mix, -1e6, 1e6) + np.eye(1, count, dtype=np.float32) * _FALLBACK
    shares = bounded / (g.sum(g.abs(bounded), 1) + 1e-9)
    spread = z @ np.ascontiguousarray(scenes.spreads.transpose(2, 0, 1, 3)).reshape(z_dim, -1)
    moved = g.reshape(spread, -1, count, groups * z_dim) * g.reshape(shares, -1, count, 1)
    moved = g.reshape(g.sum(moved, 1), -1, groups * z_dim)
    some = g.reshape(g.clip(psi, 0.0, _MOST_PSI), -1, 1)
    g.output("w", shares @ scenes.means + moved * some, ["batch", groups * z_dim])
    return g


def synthesizer(weights: Weights, shape: Shape, whole: F32) -> Graph:
    """`weights` of the Decoder by name; `whole` makes latents of styles."""
    g = Graph()
    z = shape.z
    styles = g.input("styles", ["batch", len(GROUPS), shape.latents])
    own = [g.take(g.take(styles, 1, k, k + 1), 2, k * z, (k + 1) * z) for k in range(len(GROUPS))]
    latents = g.reshape(g.concat(own, 2), -1, shape.latents) @ whole
    group = [g.take(latents, 1, k * z, (k + 1) * z) for k in range(len(GROUPS))]
    x = _linear(_leaky(_linear(group[0], weights, "told")), weights, "draw")
    x = _leaky(g.reshape(x, -1, shape.channels[0], *shape.levels[0]))
    x = x + _leaky(_convolved(x, weights, "more"))
    for k in range(1, len(shape.levels)):
        x = _level(x, group[min(k, len(GROUPS) - 1)], weights, f"levels.{k - 1}", shape.levels[k])
    image = g.op("DepthToSpace", _convolved(x, weights, "leave"), blocksize=2, mode="CRD")
    width, height = shape.size
    image = g.take(g.take(image, 2, 0, height), 3, 0, width)
    g.output("image", g.clip(image, -1.0, 1.0), ["batch", 3, height, width])
    return g


def _level(x: Value, z: Value, weights: Weights, name: str, sides: tuple[int, int]) -> Value:
    g = x.graph
    x = _doubled(_convolved(x, weights, f"{name}.enter"), *sides)
    told = _leaky(_linear(z, weights, f"{name}.told"))
    x = x * g.reshape(_linear(told, weights, f"{name}.scale") + 1.0, 0, -1, 1, 1)
    if f"{name}.draw.weight" in weights:
        channels = weights[f"{name}.spread.weight"].shape[1]
        drawn = g.reshape(_linear(told, weights, f"{name}.draw"), -1, channels, *sides)
        x = x + _convolved(drawn, weights, f"{name}.spread")
    x = _leaky(x)
    return x + _leaky(_convolved(x, weights, f"{name}.more"))


def _linear(x: Value, weights: Weights, name: str) -> Value:
    return x @ np.ascontiguousarray(weights[f"{name}.weight"].T) + weights[f"{name}.bias"]


def _convolved(x: Value, weights: Weights, name: str) -> Value:
    kernel = weights[f"{name}.weight"]
    return x.graph.op("Conv", x, kernel, weights[f"{name}.bias"], pads=[kernel.shape[-1] // 2] * 4)


def _leaky(x: Value) -> Value:
    return x.graph.op("LeakyRelu", x, alpha=SLOPE)


def _doubled(x: Value, rows: int, columns: int) -> Value:
    g = x.graph
    sides = g.constant([1, 1, 2, 2], np.float32)
    large = g.op("Resize", x, None, sides, mode="linear", coordinate_transformation_mode="half_pixel")
    return g.take(g.take(large, 2, 0, rows), 3, 0, columns)
