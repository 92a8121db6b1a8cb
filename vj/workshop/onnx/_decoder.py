"""The graphs around a foreign decoder: what makes its inputs of styles and psi, and a picture of its output.

    mapper         z [N, Z], mix [N, C], psi [N] -> w = psi z ++ shares of the classes, psi being LEAST_PSI at least
    synthesizer    styles [N, L, W] -> z, class, psi, noise | decoder | range, channels and sides put right -> image

A decoder that has a psi of its own gets it, and z as it is.
"""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto

from vj.core.types import F32
from vj.workshop.graph import Graph, Value
from vj.workshop.onnx._ports import Port, Ports
from vj.workshop.onnx._wrap import INNER, spliced

#: Numbers of z that a walk needs at least; a decoder of one number ignores the second.
LEAST_Z = 2
_CHANNELS = (1, 2, 3, 4)
#: The origin is never fed: networks that bring z to its sphere divide by its length there, and psi 0 leads there.
LEAST_PSI = 1e-3
_LEAST_LENGTH = 1e-6


def z_size(ports: Ports) -> int:
    """Z of the bundle."""
    return max(int(np.prod(ports.z_shape)), LEAST_Z)


def mapper(ports: Ports) -> Graph:
    """z, and where the decoder has them mix and psi, to w [N, Z + C]."""
    g = Graph()
    size = z_size(ports)
    w = g.input("z", ["batch", size])
    shares = class_shares(g, g.input("mix", ["batch", ports.classes]), ports.classes) if ports.label else None
    if ports.psi is None:
        w = w * g.reshape(g.op("Max", g.input("psi", ["batch"]), LEAST_PSI), -1, 1)
    w = off_origin(g, w, size)
    if shares is not None:
        w = g.concat([w, shares], 1)
    g.output("w", w, ["batch", size + ports.classes])
    return g


def off_origin(g: Graph, z: Value, size: int) -> Value:
    """z [N, size], and in place of a z of no length a very short one."""
    short = g.op("Cast", g.op("Less", g.sum(z * z, 1), _LEAST_LENGTH**2), to=TensorProto.FLOAT)
    return z + short * np.full((1, size), LEAST_PSI, np.float32)


def class_shares(g: Graph, mix: Value, classes: int) -> Value:
    """Weights of any size [N, C] to shares whose sizes sum to 1; the first class where there is no weight."""
    bounded = g.clip(mix, -1e6, 1e6)
    size = g.sum(g.abs(bounded), 1)
    nothing = g.op("Cast", g.op("Less", size, 1e-6), to=TensorProto.FLOAT)
    return bounded / (size + 1e-9) * (1.0 - nothing) + nothing * np.eye(1, classes, dtype=np.float32)


def synthesizer(
    decoder: onnx.ModelProto, ports: Ports, sides: Sequence[int], span: tuple[float, float], layers: int = 1
) -> onnx.ModelProto:
    """`decoder` as a synthesizer of `layers` style layers; `sides` are those of its raw picture.

    `span` are the values of its black and white.
    """
    width = (z_size(ports) + ports.classes) // layers
    g = Graph()
    styles = g.input("styles", ["batch", layers, width])
    flat = g.reshape(styles, -1, layers * width)
    feed(g, flat, ports, g.input("psi", ["batch"]) if ports.psi else None)
    for k, port in enumerate(ports.noises):
        noise = g.input(noise_name(k), ["draws", *(port.fixed or ())])
        count = g.op("Slice", g.op("Shape", styles), *(g.constant([n], np.int64) for n in (0, 1)))
        ones = g.constant(np.ones(len(port.shape) - 1), np.int64)
        _give(g, port, g.op("Expand", noise, g.concat([count, ones], 0)))
    return spliced(g, decoder, _picture(ports.image, sides, span))


def noise_name(k: int) -> str:
    """Name of the k-th noise input of a bundle."""
    return f"noise{k}"


def feed(g: Graph, flat: Value, ports: Ports, psi: Value | None) -> None:
    """Give z, class and psi to the network, from `flat` = z ++ shares [N, Z + C]."""
    size, real = z_size(ports), int(np.prod(ports.z_shape))
    z = flat if real == size and not ports.classes else g.take(flat, 1, 0, real)
    _give(g, ports.z, g.reshape(z, -1, *ports.z_shape))
    if ports.label:
        shares = g.take(flat, 1, size, size + ports.classes)
        if ports.by_number:
            shares = g.op("ArgMax", shares, axis=1, keepdims=0)
        _give(g, ports.label, _row(g, shares, ports.label, ports))
    if ports.psi and psi:
        _give(g, ports.psi, _row(g, psi, ports.psi, ports))
    for port in ports.empty:
        _give(g, port, g.take(flat, 1, 0, 0))


def _row(g: Graph, value: Value, port: Port, ports: Ports) -> Value:
    """`value` in the shape of `port`, which may have one row for the whole batch, or be a single number."""
    one = not port.shape or (port.shape[0] == 1 and ports.z.shape[0] != 1)
    if one:
        value = g.take(value, 0, 0, 1)
    if not port.shape:
        return g.op("Squeeze", value)
    return value if len(port.shape) == 2 and not _flat(port, ports) else g.reshape(value, -1, *(port.fixed or ()))


def _flat(port: Port, ports: Ports) -> bool:
    """Whether what is fed has one number a picture."""
    return port is ports.psi or ports.by_number


def _give(g: Graph, port: Port, value: Value) -> None:
    """Name `value` as the input `port` of the network, in its type."""
    if port.kind != TensorProto.FLOAT:
        value = g.op("Cast", value, to=port.kind)
    g.output(INNER + port.name, value, ["batch"] if len(port.shape) else [])


def _picture(port: Port, sides: Sequence[int], span: tuple[float, float]) -> Graph:
    """The decoder's picture as [N, 3, H, W] in [-1, 1]."""
    g = Graph()
    image = g.input(INNER + port.name, ["batch"])
    if port.kind != TensorProto.FLOAT:
        image = g.op("Cast", image, to=TensorProto.FLOAT)
    height, width, channels, first = layout(sides)
    if len(sides) == 3:
        image = g.reshape(image, -1, 1, height, width)
    elif not first:
        image = g.op("Transpose", image, perm=[0, 3, 1, 2])
    if channels in (2, 4):
        image = g.take(image, 1, 0, channels - 1)
    if channels in (1, 2):
        image = g.concat([image] * 3, 1)
    low, high = span
    if span != (-1.0, 1.0):
        image = (image - low) * (2.0 / (high - low)) - 1.0
    g.output("image", image, ["batch", 3, height, width])
    return g


def layout(sides: Sequence[int]) -> tuple[int, int, int, bool]:
    """(height, width, channels, channels first) of a raw picture [N, ...]; raises ValueError for what is none.

    One channel is grey, three are a colour, and one more is alpha.
    """
    if len(sides) == 3:
        return sides[1], sides[2], 1, True
    if len(sides) == 4 and sides[1] in _CHANNELS:
        return sides[2], sides[3], sides[1], True
    if len(sides) == 4 and sides[3] in _CHANNELS:
        return sides[1], sides[2], sides[3], False
    raise ValueError(f"{list(sides)}")


def guessed_span(pictures: F32, last_operator: str, whole_numbers: bool) -> tuple[float, float]:
    """The values of black and white: told by the last operator or the type, else by the numbers that came out."""
    low, high = float(pictures.min()), float(pictures.max())
    if whole_numbers or high > 16.0:
        return 0.0, 255.0
    if last_operator == "Tanh":
        return -1.0, 1.0
    if last_operator == "Sigmoid" or low >= -0.01:
        return 0.0, 1.0
    return -1.0, 1.0
