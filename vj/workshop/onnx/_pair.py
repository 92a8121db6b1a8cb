"""The mapper of a pair of ONNX graphs, mapping z -> w and synthesis w -> picture, as StyleGANs are exported.

A mapping without a psi of its own gets one: w moves towards the mean w, which is measured (Karras et al. 2019, 3.2).
"""

import onnx
from onnx import TensorProto

from vj.core.types import F32
from vj.workshop.graph import Graph
from vj.workshop.onnx._decoder import class_shares, feed, off_origin, z_size
from vj.workshop.onnx._ports import Ports
from vj.workshop.onnx._wrap import INNER, spliced


def mapper(mapping: onnx.ModelProto, ports: Ports, width: int, mean: F32) -> onnx.ModelProto:
    """`mapping` as a mapper z, mix, psi -> w [N, W]; `mean` [W] is where psi 0 leads if it has no psi itself."""
    g = Graph()
    flat = off_origin(g, g.input("z", ["batch", z_size(ports)]), z_size(ports))
    if ports.label:
        flat = g.concat([flat, class_shares(g, g.input("mix", ["batch", ports.classes]), ports.classes)], 1)
    feed(g, flat, ports, g.input("psi", ["batch"]))
    after = Graph()
    w = after.input(INNER + ports.image.name, ["batch"])
    if ports.image.kind != TensorProto.FLOAT:
        w = after.op("Cast", w, to=TensorProto.FLOAT)
    if len(ports.image.shape) == 3:
        w = after.take(w, 1, 0, 1)
    w = after.reshape(w, -1, width)
    if ports.psi is None:
        w = (w - mean) * after.reshape(after.input("psi", ["batch"]), -1, 1) + mean
    after.output("w", w, ["batch", width])
    return spliced(g, mapping, after)
