"""The language that graphs are written in: constants are shared, kept once, and stay in their number format."""

import tracemalloc

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto

from vj.workshop.graph import Graph


def test_equal_constants_are_one_and_others_are_not() -> None:
    g = Graph()
    one = np.arange(6, dtype=np.float32)
    alike = [g.constant(one), g.constant(one[::-1][::-1]), g.constant(list(range(6)))]
    assert len({value.name for value in alike}) == 1
    others = [
        g.constant(one.reshape(2, 3)),
        g.constant(one, np.float16),
        g.constant(one, np.int64),
        g.constant(one + 1),
    ]
    others += [
        g.constant(np.float32(0.0)),
        g.constant(np.zeros(0, np.float32)),
        g.constant(np.zeros((0, 2), np.float32)),
    ]
    assert len({value.name for value in (alike[0], *others)}) == 1 + len(others)


def test_weights_are_not_kept_a_second_time_to_tell_them_apart() -> None:
    g, weights = Graph(), np.ones((1000, 1000), np.float32)
    tracemalloc.start()
    try:
        for k in range(5):
            g.constant(weights * k)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < weights.nbytes / 2  # ONNX's own copies are not Python's


def test_arrays_in_half_precision_make_nodes_in_half_precision() -> None:
    g = Graph()
    x = g.op("Cast", g.input("x", ["batch", 2]), to=TensorProto.FLOAT16)
    y = g.op("Gemm", x, np.eye(2, dtype=np.float16), np.ones(2, np.float16))
    g.output("y", g.op("Cast", y, to=TensorProto.FLOAT) * 2.0, ["batch", 2])
    proto = g.proto("half")
    kinds = [tensor.data_type for tensor in proto.graph.initializer]
    assert kinds == [TensorProto.FLOAT16, TensorProto.FLOAT16, TensorProto.FLOAT]
    onnx.checker.check_model(proto, full_check=True)
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    assert session.run(None, {"x": np.array([[1, 2]], np.float32)})[0].tolist() == [[4.0, 6.0]]
