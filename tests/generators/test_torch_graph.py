"""ONNX graphs run by torch: equal to ONNX Runtime, operator by operator and network by network, in every precision."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from layouts import stylegan2 as made
from layouts.stylegan3 import random_network
from onnx import TensorProto, helper, numpy_helper

from vj.core.errors import BundleError
from vj.core.shelf import share
from vj.core.types import F32
from vj.generators.bundle.manifest import read_bundle
from vj.generators.bundle.verify import raw_feeds, sample
from vj.generators.providers.session import Session
from vj.generators.torch._fused import SCALED
from vj.generators.torch._graph import Program
from vj.generators.torch._node import Way
from vj.workshop.checkpoint.reader import Checkpoint
from vj.workshop.graph import Graph, Value
from vj.workshop.onnx import _wrap
from vj.workshop.optimize.measure import worst_psnr_db
from vj.workshop.stylegan import graph2, graph3
from vj.workshop.stylegan.plan2 import plan as plan2
from vj.workshop.stylegan.plan3 import plan as plan3

CPU, BRANCHLESS = Way(), Way(branchless=True)
NARROW = Way(narrow=torch.bfloat16)
Build = Callable[[Graph, Value], Value]


def by_onnxruntime(file: Path, feeds: Mapping[str, F32]) -> F32:
    how = onnxruntime.SessionOptions()
    how.intra_op_num_threads = 1
    how.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(file), how, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, dict(feeds))[0])


def by_torch(program: Program, feeds: Mapping[str, F32]) -> F32:
    with torch.inference_mode():
        return np.asarray(program.run({name: torch.from_numpy(a) for name, a in feeds.items()}).float().numpy())


def numbers(*sides: int, seed: int = 0) -> F32:
    return np.random.default_rng(seed).standard_normal(sides).astype(np.float32)


@cache
def shipped(name: str, size: tuple[int, int] | None, batch: int) -> tuple[Path, Mapping[str, F32], F32]:
    """The synthesizer of a bundle of ours, what it is fed for pictures of different z and class, and these."""
    bundle = read_bundle(share("models") / name, verify=False)
    bundle = replace(bundle, resolution=size or bundle.resolution)
    mapper, synthesizer = (
        Session(bundle.folder / f"{n}.onnx", "CPUExecutionProvider", 1) for n in ("mapper", "synthesizer")
    )
    rows = [raw_feeds(bundle, sample(bundle.spec, 3 * seed), mapper, synthesizer.inputs) for seed in range(batch)]
    feeds = {key: rows[0][key] if key == "noise" else np.concatenate([row[key] for row in rows]) for key in rows[0]}
    return synthesizer.file, feeds, synthesizer.run(feeds)


@pytest.mark.parametrize("way", [CPU, BRANCHLESS], ids=["as it is", "branchless"])
@pytest.mark.parametrize(("name", "size", "batch"), [("worlds", (49, 32), 2), ("dream", None, 1)])
def test_what_is_shipped(name: str, size: tuple[int, int] | None, batch: int, way: Way) -> None:
    file, feeds, truth = shipped(name, size, batch)
    assert truth.std() > 0.1
    program = Program(file, way)
    for _ in range(2):  # made ready, and ready
        assert np.abs(by_torch(program, feeds) - truth).max() < 1e-3


def test_shipped_mappers() -> None:
    for name in ("worlds", "dream"):
        file = share("models") / name / "mapper.onnx"
        program = Program(file, CPU)
        feeds = {key: numbers(*(4 if s == "batch" else s for s in shape)) for key, shape in program.inputs.items()}
        assert np.abs(by_torch(program, feeds) - by_onnxruntime(file, feeds)).max() < 1e-5


def networks() -> dict[str, tuple[Graph, dict[str, F32]]]:
    """Random small networks of every family, and two pictures' worth of inputs."""
    found: dict[str, tuple[Graph, dict[str, F32]]] = {}
    for label, options, folded in (
        ("skip", {}, False),
        ("folded", {}, True),
        ("resnet", {"architecture": "resnet"}, False),
    ):
        arguments = {"synthesis_kwargs": {"architecture": label if label == "resnet" else "skip"}}
        planned = plan2(
            Checkpoint(
                "stylegan2",
                arguments,
                made.official(64, architecture=options.get("architecture", "skip")),
                Path("x.pkl"),
            )
        )
        graph = graph2.synthesizer(planned, folded=folded)
        noise = {"noise.b8.conv1": numbers(1, 1, 8, 8, seed=2)} if label == "skip" else {}
        found[f"stylegan2 {label}"] = graph, {"styles": numbers(2, planned.layers, planned.w), **noise}
    planned = plan2(Checkpoint("stylegan2", {}, made.official(16, classes=3), Path("x.pkl")))
    mapper = graph2.mapper(planned)
    found["stylegan2 mapper"] = mapper, {"z": numbers(2, 24), "mix": numbers(2, 3), "psi": numbers(2)}
    for config in ("t", "r"):
        network = plan3(**random_network(config))
        styles = numbers(2, network.styles, network.w + 4) * np.float32(0.7)
        styles[:, 0, network.w :] = 0.1
        found[f"stylegan3 {config}"] = graph3.synthesizer(network, True), {"styles": styles}
    return found


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, dict[str, F32]]]:
    folder = tmp_path_factory.mktemp("networks")
    kept = {}
    for k, (label, (graph, feeds)) in enumerate(networks().items()):
        graph.save(folder / f"{k}.onnx")
        kept[label] = folder / f"{k}.onnx", feeds
    return kept


FAMILIES = ("stylegan2 skip", "stylegan2 folded", "stylegan2 resnet", "stylegan2 mapper", "stylegan3 t", "stylegan3 r")


@pytest.mark.parametrize("label", FAMILIES)
def test_networks_in_single_precision(label: str, saved: dict[str, tuple[Path, dict[str, F32]]]) -> None:
    file, feeds = saved[label]
    program, truth = Program(file, CPU), by_onnxruntime(file, feeds)
    assert truth.std() > 0.05
    for _ in range(2):
        assert np.abs(by_torch(program, feeds) - truth).max() < 1e-3
    one = {name: array[:1] for name, array in feeds.items()}
    assert np.abs(by_torch(program, one) - truth[:1]).max() < 1e-3


@pytest.mark.parametrize("label", ["stylegan2 skip", "stylegan3 t", "dream"])
def test_networks_in_bfloat16_look_the_same(label: str, saved: dict[str, tuple[Path, dict[str, F32]]]) -> None:
    file, feeds, truth = shipped("dream", None, 1) if label == "dream" else (*saved[label], None)
    truth = by_onnxruntime(file, feeds) if truth is None else truth
    narrow = by_torch(Program(file, NARROW), feeds)
    scale = max(float(np.abs(truth).max()), 1.0)  # random networks go beyond the range of pictures
    psnr = worst_psnr_db(narrow / scale, truth / scale)
    assert 40.0 < psnr < 90.0  # near, and not in single precision after all


def test_a_picture_stays_in_single_precision(tmp_path: Path) -> None:
    """The last convolution gives three channels: they are not rounded again, nor is what is done to them."""
    g = Graph()
    x = g.op("Conv", g.input("x", ["batch", 8, 16, 16]), numbers(8, 8, 3, 3) * np.float32(0.1), pads=[1] * 4)
    rgb = g.op("Conv", g.relu(x), numbers(3, 8, 1, 1))
    g.output("image", g.tanh(rgb + 0.1), ["batch", 3, 16, 16])
    g.save(tmp_path / "n.onnx")
    made = by_torch(Program(tmp_path / "n.onnx", NARROW), {"x": numbers(1, 8, 16, 16)})
    rounded = torch.from_numpy(made).bfloat16().float().numpy()
    assert made.dtype == np.float32
    assert np.mean(made == rounded) < 0.2


def _operators() -> dict[str, tuple[Build, tuple[int, ...]]]:
    """A graph of each operator that the networks above do not have, on x of the given sides."""
    i64 = np.int64
    return {
        "slice back": (
            lambda g, x: g.op("Slice", x, *(g.constant(v, i64) for v in ([-1, 5], [-99, 1], [0, 2], [-1, -2]))),
            (3, 2, 6),
        ),
        "gather": (lambda g, x: g.op("Gather", x, g.constant([[0, -1], [2, 1]], i64), axis=1), (2, 4, 3)),
        "gather one": (lambda g, x: g.op("Gather", x, g.constant(1, i64), axis=1), (2, 4, 3)),
        "pad constant": (lambda g, x: g.op("Pad", x, g.constant([0, 1, 2, 0, 0, 3], i64), 0.5), (2, 3, 4)),
        "pad reflect": (
            lambda g, x: g.op("Pad", x, g.constant([0, 0, 1, 2, 0, 0, 2, 1], i64), mode="reflect"),
            (1, 2, 4, 5),
        ),
        "pad edge": (lambda g, x: g.op("Pad", x, g.constant([0, 0, 1, 2, 0, 0, 2, 1], i64), mode="edge"), (1, 2, 4, 5)),
        "conv strided": (
            lambda g, x: g.op("Conv", x, numbers(4, 2, 3, 3), numbers(4), strides=[2, 1], pads=[1, 0, 2, 1], group=2),
            (2, 4, 7, 6),
        ),
        "conv line": (lambda g, x: g.op("Conv", x, numbers(5, 3, 3), dilations=[2]), (2, 3, 9)),
        "transposed uneven": (
            lambda g, x: g.op(
                "ConvTranspose",
                x,
                numbers(3, 2, 4, 4),
                numbers(2),
                strides=[2, 2],
                pads=[1, 0, 2, 1],
                output_padding=[1, 0],
            ),
            (2, 3, 5, 4),
        ),
        "transposed grouped": (
            lambda g, x: g.op("ConvTranspose", x, numbers(4, 1, 4, 4), strides=[2, 2], pads=[1] * 4, group=4),
            (1, 4, 5, 5),
        ),
        "resize up": (
            lambda g, x: g.op(
                "Resize", x, None, g.constant([1, 1, 2, 3]), mode="linear", coordinate_transformation_mode="half_pixel"
            ),
            (2, 3, 4, 5),
        ),
        "resize to": (
            lambda g, x: g.op("Resize", x, None, None, g.constant([1, 3, 7, 9], i64), mode="linear"),
            (1, 3, 4, 5),
        ),
        "resize corners": (
            lambda g, x: g.op(
                "Resize",
                x,
                None,
                g.constant([1, 1, 2, 2]),
                mode="linear",
                coordinate_transformation_mode="align_corners",
            ),
            (1, 2, 4, 5),
        ),
        "resize cubic": (
            lambda g, x: g.op("Resize", x, None, g.constant([1, 1, 2, 2]), mode="cubic"),
            (1, 2, 6, 5),
        ),
        "resize nearest": (
            lambda g, x: g.op("Resize", x, None, g.constant([1, 1, 3, 2]), mode="nearest"),
            (1, 2, 4, 5),
        ),
        "space to depth": (lambda g, x: g.op("SpaceToDepth", x, blocksize=2), (2, 3, 4, 6)),
        "depth to space": (lambda g, x: g.op("DepthToSpace", x, blocksize=2, mode="DCR"), (2, 8, 3, 2)),
        "pixel shuffle": (lambda g, x: g.op("DepthToSpace", x, blocksize=2, mode="CRD"), (2, 8, 3, 2)),
        "means": (
            lambda g, x: g.op("ReduceMean", x, axes=[1, 2], keepdims=0) + g.op("ReduceL2", x, axes=[-1, 1], keepdims=0),
            (2, 3, 3),
        ),
        "largest": (lambda g, x: g.op("ReduceMax", x) * g.op("ReduceMin", x) + g.op("ReduceProd", x, axes=[1]), (3, 4)),
        "pool": (
            lambda g, x: (
                g.op("AveragePool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
                + g.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
                + g.op("GlobalAveragePool", x)
            ),
            (2, 3, 6, 6),
        ),
        "batch norm": (
            lambda g, x: g.op("BatchNormalization", x, numbers(3), numbers(3), numbers(3), np.abs(numbers(3)) + 0.5),
            (2, 3, 4, 4),
        ),
        "instance norm": (lambda g, x: g.op("InstanceNormalization", x, numbers(3), numbers(3)), (2, 3, 4, 4)),
        "layer norm": (lambda g, x: g.op("LayerNormalization", x, numbers(4, 5), numbers(4, 5), axis=-2), (2, 4, 5)),
        "gemm": (lambda g, x: g.op("Gemm", x, numbers(4, 3), numbers(3), alpha=0.5, beta=2.0, transA=1), (4, 2)),
        "softmax": (lambda g, x: g.op("Softmax", x, axis=1), (2, 5, 3)),
        "bends": (
            lambda g, x: (
                g.op("Elu", x, alpha=0.5)
                + g.op("Selu", x)
                + g.op("HardSigmoid", x)
                + g.op("HardSwish", x)
                + g.op("Softplus", x)
                + g.op("PRelu", x, numbers(5))
                + g.op("Erf", x)
            ),
            (4, 5),
        ),
        "whole numbers": (
            lambda g, x: (
                g.op("Cast", g.op("ArgMax", x, axis=1, keepdims=1), to=TensorProto.FLOAT)
                + g.op("Cast", g.op("Div", g.op("Cast", x * 9.0, to=TensorProto.INT64), g.constant([2], i64)), to=1)
            ),
            (3, 5),
        ),
        "compared": (
            lambda g, x: g.op(
                "Where", g.op("Greater", x, 0.2), g.op("Round", x * 3.0), g.op("Max", x, -0.5, g.floor(x))
            ),
            (4, 5),
        ),
        "expand": (lambda g, x: g.op("Expand", x, g.constant([2, 1, 4], i64)) + g.op("Sign", x), (3, 1)),
        "tile": (lambda g, x: g.op("Tile", x, g.constant([2, 3], i64)), (2, 3)),
        "split evenly": (lambda g, x: g.concat(g.ops("Split", 2, x, axis=1)[::-1], 1), (2, 6)),
        "squeezed": (lambda g, x: g.op("Squeeze", g.op("Unsqueeze", x, g.constant([0, -1], i64))) * 2.0, (2, 5)),
        "flat": (lambda g, x: g.op("Flatten", g.op("Transpose", x, perm=[2, 0, 1]), axis=2), (2, 3, 4)),
        "shapes": (
            lambda g, x: (
                g.op("ConstantOfShape", g.op("Shape", x), value=helper.make_tensor("v", TensorProto.FLOAT, [1], [0.5]))
                + g.op("Cast", g.op("Range", *(g.constant(n, i64) for n in (0, 10, 2))), to=1)
            ),
            (3, 5),
        ),
    }


@pytest.mark.parametrize("label", _operators())
def test_operators(label: str, tmp_path: Path) -> None:
    build, sides = _operators()[label]
    g = Graph()
    g.output("y", build(g, g.input("x", sides)), ["a", "b", "c", "d"][:1])
    model = g.proto("g")
    del model.graph.output[0].type.tensor_type.shape.dim[:]
    model.graph.output[0].type.tensor_type.ClearField("shape")
    (tmp_path / "g.onnx").write_bytes(model.SerializeToString())
    feeds = {"x": numbers(*sides, seed=5)}
    truth = by_onnxruntime(tmp_path / "g.onnx", feeds)
    found = by_torch(Program(tmp_path / "g.onnx", CPU), feeds)
    assert found.shape == truth.shape
    np.testing.assert_allclose(found, truth, atol=2e-5, rtol=1e-4)


def written(path: Path, nodes: Sequence[onnx.NodeProto], opset: int, sides: Sequence[int], **constants: Any) -> Path:
    """A file of plain nodes from x to y."""
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("x", list(sides)), ("y", None)))
    graph = helper.make_graph(list(nodes), "g", [x], [y], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 7
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize(
    ("opset", "node", "sides", "constants"),
    [
        (9, helper.make_node("Clip", ["x"], ["y"], min=-0.5, max=0.25), (3, 4), {}),
        (9, helper.make_node("Upsample", ["x", "s"], ["y"], mode="nearest"), (1, 2, 3, 4), {"s": [1.0, 1.0, 2.0, 2.0]}),
        (9, helper.make_node("Slice", ["x"], ["y"], axes=[1], starts=[1], ends=[-1]), (3, 4), {}),
        (11, helper.make_node("Softmax", ["x"], ["y"], axis=1), (2, 3, 4), {}),
        (11, helper.make_node("ReduceSum", ["x"], ["y"], axes=[1], keepdims=0), (2, 3, 4), {}),
        (11, helper.make_node("Unsqueeze", ["x"], ["y"], axes=[0, 2]), (3, 4), {}),
        (9, helper.make_node("Pad", ["x"], ["y"], pads=[0, 1, 0, 2], value=2.0), (3, 4), {}),
        (11, helper.make_node("Split", ["x"], ["y", "z"], axis=1, split=[1, 3]), (3, 4), {}),
    ],
    ids=lambda value: value.op_type if isinstance(value, onnx.NodeProto) else None,
)
def test_older_files(
    opset: int, node: onnx.NodeProto, sides: tuple[int, ...], constants: dict[str, Any], tmp_path: Path
) -> None:
    constants = {name: np.array(value, np.float32) for name, value in constants.items()}
    file = written(tmp_path / "g.onnx", [node], opset, sides, **constants)
    feeds = {"x": numbers(*sides)}
    truth = by_onnxruntime(file, feeds)
    found = by_torch(Program(file, CPU), feeds)
    assert found.shape == truth.shape
    np.testing.assert_allclose(found, truth, atol=1e-6)


def test_a_graph_that_runs_once_a_picture(tmp_path: Path) -> None:
    g = Graph()
    flat = g.op("Squeeze", g.input("z", [1, 6]), g.constant([0], np.int64)) @ numbers(6, 12)
    g.output("image", g.reshape(g.tanh(flat), 1, 3, 2, 2) + g.input("noise", [1, 1, 2, 2]), [1, 3, 2, 2])
    model = _wrap.repeated(g.proto("g"))
    assert "Scan" in [node.op_type for node in model.graph.node]
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    (tmp_path / "g.onnx").write_bytes(model.SerializeToString())
    feeds = {"z": numbers(3, 6), "noise": numbers(1, 1, 2, 2)}
    found = by_torch(Program(tmp_path / "g.onnx", CPU), feeds)
    np.testing.assert_allclose(found, by_onnxruntime(tmp_path / "g.onnx", feeds), atol=1e-6)


def test_only_the_chosen_branch_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the processor; where a graph is captured both run, and the number chooses."""
    g = Graph()
    x = g.input("x", ["batch"])
    condition = g.op("Greater", g.op("ReduceMax", x, keepdims=0), 0.0)
    g.output("y", g.choose(condition, lambda: g.sin(x), lambda: g.constant([7.0])) + x, ["batch"])
    g.save(tmp_path / "g.onnx")
    for way, sines in ((CPU, 1), (BRANCHLESS, 2)):
        program = Program(tmp_path / "g.onnx", way)
        counted: list[int] = []
        monkeypatch.setattr("vj.generators.torch._ops.DELICATE", {})  # the table is read when a plan is made
        monkeypatch.setitem(_functions(), "Sin", lambda node, x, c=counted: (c.append(1), torch.sin(x))[1])
        by_torch(program, {"x": numbers(4)})
        counted.clear()
        for sign in (1.0, -1.0):
            feed = np.abs(numbers(4)) * np.float32(sign)
            expected = np.sin(feed) + feed if sign > 0 else feed + 7
            np.testing.assert_allclose(by_torch(program, {"x": feed}), expected, atol=1e-6)
        assert len(counted) == sines


def _functions() -> dict[str, Any]:
    from vj.generators.torch import _plan

    return _plan._FUNCTIONS


def test_what_follows_from_shapes_is_worked_out_once(tmp_path: Path) -> None:
    """Coordinates made of the shape of an input leave no step; plans of the last few shapes are kept."""
    g = Graph()
    x = g.input("x", ["batch", "width"])
    sides = g.op("Gather", g.op("Shape", x), g.constant(1, np.int64))
    across = g.op("Cast", g.op("Range", g.constant(0, np.int64), sides, g.constant(1, np.int64)), to=TensorProto.FLOAT)
    g.output("y", x * g.sin(across / g.op("Cast", sides, to=TensorProto.FLOAT)), ["batch", "width"])
    g.save(tmp_path / "g.onnx")
    program = Program(tmp_path / "g.onnx", CPU)
    for width in (5, 6, 7, 8, 9, 5):
        feeds = {"x": numbers(2, width)}
        expected = feeds["x"] * np.sin(np.arange(width) / width)
        np.testing.assert_allclose(by_torch(program, feeds), expected, atol=1e-6)
    assert len(program._plans) == 4
    assert {len(plan) for plan in program._plans.values()} == {2}  # the product, and its name


@pytest.mark.parametrize("kind", ["RandomNormalLike", "NonMaxSuppression", "Loop"])
def test_an_unknown_operator_is_named(kind: str, tmp_path: Path) -> None:
    file = written(tmp_path / "g.onnx", [helper.make_node(kind, ["x"], ["y"])], 17, (2, 3))
    with pytest.raises(BundleError, match=kind):
        Program(file, CPU)


@pytest.mark.parametrize("content", [b"", b"no network", bytes(range(200))])
def test_a_damaged_file(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "g.onnx").write_bytes(content)
    with pytest.raises(BundleError, match=r"g\.onnx"):
        Program(tmp_path / "g.onnx", CPU)


def test_no_other_file_is_opened(tmp_path: Path) -> None:
    tensor = numpy_helper.from_array(numbers(2, 3), "c")
    onnx.external_data_helper.set_external_data(tensor, "other.bin")
    tensor.ClearField("raw_data")
    (tmp_path / "other.bin").write_bytes(bytes(24))
    g = Graph()
    g.output("y", g.input("x", [2, 3]) + 1.0, [2, 3])
    model = g.proto("g")
    model.graph.initializer.append(tensor)
    (tmp_path / "g.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(BundleError, match="file of their own"):
        Program(tmp_path / "g.onnx", CPU)


def test_what_torch_would_do_otherwise_is_refused(tmp_path: Path) -> None:
    node = helper.make_node("Resize", ["x", "", "s"], ["y"], mode="nearest", nearest_mode="ceil")
    file = written(tmp_path / "g.onnx", [node], 17, (1, 2, 3, 4), s=np.array([1, 1, 1.5, 1.5], np.float32))
    with pytest.raises(BundleError, match="Resize"):
        by_torch(Program(file, CPU), {"x": numbers(1, 2, 3, 4)})


@pytest.mark.parametrize("shared", [False, True], ids=["as one", "what lies between is read"])
def test_a_norm_and_its_relu_become_one_step(shared: bool, tmp_path: Path) -> None:
    g = Graph()
    x, scale, offset = (
        g.input(name, ["batch", 4, *sides]) for name, sides in (("x", [6, 6]), ("s", [1, 1]), ("o", [1, 1]))
    )
    moved = x * scale + offset
    y = g.relu(moved)
    g.output("image", y + moved if shared else y, ["batch", 4, 6, 6])
    file = tmp_path / "net.onnx"
    g.save(file)
    feeds = {"x": numbers(2, 4, 6, 6), "s": numbers(2, 4, 1, 1, seed=1), "o": numbers(2, 4, 1, 1, seed=2)}
    program = Program(file, CPU)
    kinds = [part.node.kind for part in program._graph.parts]
    assert (SCALED in kinds) is not shared
    assert np.abs(by_torch(program, feeds) - by_onnxruntime(file, feeds)).max() < 1e-6


def test_small_maps_stay_in_single_precision(tmp_path: Path) -> None:
    """Narrow at 8 rows, and from 16 rows on: the latter is the nearer one, and not the truth itself."""
    g = Graph()
    x = g.input("x", ["batch", 8, 8, 8])
    for k in range(2):
        x = g.op("Conv", x, numbers(8, 8, 3, 3, seed=k) / 8, pads=[1] * 4)
    x = g.op("Resize", x, None, g.constant([1, 1, 2, 2]), mode="nearest")
    g.output("image", g.op("Conv", x, numbers(8, 8, 3, 3, seed=5) / 8, pads=[1] * 4), ["batch", 8, 16, 16])
    file = tmp_path / "net.onnx"
    g.save(file)
    feeds = {"x": numbers(1, 8, 8, 8)}
    truth = by_onnxruntime(file, feeds)
    off = {
        single: float(np.abs(by_torch(Program(file, replace(NARROW, single=single)), feeds) - truth).mean())
        for single in (0, 16, 32)
    }
    assert off[0] > 1.2 * off[16] > 100 * off[32]
