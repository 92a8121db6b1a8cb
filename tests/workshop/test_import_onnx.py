"""Any ONNX decoder becomes a bundle whose pictures are those of a computation by hand; bad files get a sentence."""

import io
import os
import struct
import subprocess
import sys
import tomllib
import warnings
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from vj.core.errors import BundleError
from vj.core.types import Latent
from vj.generators.bundle.opening import open_generator
from vj.generators.bundle.verify import findings
from vj.workshop.graph import Graph
from vj.workshop.onnx import _trial, _trial_child, importer
from vj.workshop.onnx._decoder import guessed_span
from vj.workshop.onnx.importer import Asked

Z, SIDE = 6, 8
RNG = np.random.default_rng(3)
A = RNG.standard_normal((Z, 3 * SIDE * SIDE)).astype(np.float32) * 0.5
GREY = RNG.standard_normal((Z, SIDE * SIDE)).astype(np.float32) * 0.5
CLASSES = RNG.standard_normal((4, Z)).astype(np.float32)


def save(graph: Graph, path: Path, kinds: Mapping[str, int] | None = None) -> Path:
    """Write `graph`; `kinds` are the element types of inputs and outputs that are no floats."""
    model = graph.proto("decoder")
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.elem_type = (kinds or {}).get(value.name, value.type.tensor_type.elem_type)
    path.write_bytes(model.SerializeToString())
    return path


def plain(path: Path, batch: int | str = "batch") -> Path:
    """tanh(z A) as [N, 3, 8, 8]."""
    g = Graph()
    z = g.input("z", [batch, Z])
    first = batch if isinstance(batch, int) else -1
    g.output("image", g.reshape(g.tanh(z @ A), first, 3, SIDE, SIDE), [batch, 3, SIDE, SIDE])
    return save(g, path)


def tanh_picture(z: np.ndarray) -> np.ndarray:
    return np.asarray(np.tanh(z @ A).reshape(-1, 3, SIDE, SIDE))


def pictures(folder: Path, z: np.ndarray, mix: np.ndarray | None = None, psi: float = 1.0) -> np.ndarray:
    """[N, H, W, 3] that the bundle in `folder` gives for z [N, Z], one style group."""
    generator = open_generator(str(folder))
    weights = np.ones((len(z), 1)) if mix is None else mix
    assert len(generator.spec.groups) == 1
    latents = [
        Latent(row[None], w.astype(np.float32), psi, np.zeros(0, np.float32)) for row, w in zip(z, weights, strict=True)
    ]
    return generator.generate(latents)


def as_bytes(image: np.ndarray) -> np.ndarray:
    """[N, 3, H, W] in [-1, 1] as a screen has it."""
    return np.clip(np.floor(image.transpose(0, 2, 3, 1) * 127.5 + 128.0), 0, 255)


def near(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.shape == expected.shape
    assert np.abs(found.astype(float) - expected).max() <= 1
    assert expected.std() > 10  # so that equality says something


@pytest.fixture
def in_a_child() -> None:
    """For what may end the process: networks are tried in one of their own, as everywhere else."""


@pytest.fixture(autouse=True)
def in_this_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks are tried by the child's program, but in this process: one of its own takes longer than all the rest."""
    if "in_a_child" in request.fixturenames:
        return

    def run(command: list[str], **how: object) -> subprocess.CompletedProcess[str]:
        assert command[:3] == [sys.executable, "-m", _trial_child.__name__]
        with monkeypatch.context() as patch:
            patch.setattr(sys, "excepthook", sys.excepthook)
            try:
                _trial_child.main(*command[3:])
            except Exception as error:  # noqa: BLE001 - whatever would end the child
                told = io.StringIO()
                patch.setattr(sys, "stderr", told)
                sys.excepthook(type(error), error, None)
                return subprocess.CompletedProcess(command, 1, stderr=told.getvalue())
            return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(_trial_child, "_bound_memory", lambda: None)
    monkeypatch.setattr(_trial, "subprocess", SimpleNamespace(run=run, TimeoutExpired=subprocess.TimeoutExpired))


@pytest.fixture
def z() -> np.ndarray:
    return np.random.default_rng(7).standard_normal((3, Z)).astype(np.float32)


@pytest.mark.usefixtures("in_a_child")
def test_a_plain_decoder(tmp_path: Path, z: np.ndarray) -> None:
    importer.bundle(plain(tmp_path / "d.onnx"), tmp_path / "b", "mine", Asked(licence='odd "one"'))
    near(pictures(tmp_path / "b", z), as_bytes(tanh_picture(z)))
    near(pictures(tmp_path / "b", z, psi=0.5), as_bytes(tanh_picture(z * 0.5)))
    manifest = tomllib.loads((tmp_path / "b/bundle.toml").read_text())
    assert manifest["shapes"] == {"z": Z, "w": Z, "layers": 1, "classes": 1}
    assert manifest["resolution"] == [SIDE, SIDE]
    assert manifest["licence"] == 'odd "one"'
    assert manifest["source"]["range"] == [-1.0, 1.0]
    assert "notes" not in manifest["source"], "psi changes something"
    assert set(manifest["files"]) == {"mapper.onnx", "synthesizer.onnx", "classes.txt"}
    assert not [finding for finding in findings(tmp_path / "b") if finding.fault]


def test_a_decoder_fixed_to_one_picture_makes_several(tmp_path: Path, z: np.ndarray) -> None:
    importer.bundle(plain(tmp_path / "d.onnx", batch=1), tmp_path / "b", "mine")
    near(pictures(tmp_path / "b", z), as_bytes(tanh_picture(z)))
    operators = [node.op_type for node in onnx.load(tmp_path / "b/synthesizer.onnx").graph.node]
    assert "Scan" not in operators


def test_a_decoder_that_cannot_be_freed_runs_once_a_picture(tmp_path: Path, z: np.ndarray) -> None:
    g = Graph()
    flat = g.op("Squeeze", g.input("z", [1, Z]), g.constant([0], np.int64)) @ A
    noise = g.input("noise_a", [1, 1, SIDE, SIDE])
    g.output("image", g.reshape(g.tanh(flat), 1, 3, SIDE, SIDE) + noise * 0.1, [1, 3, SIDE, SIDE])
    importer.bundle(save(g, tmp_path / "d.onnx"), tmp_path / "b", "mine")
    operators = [node.op_type for node in onnx.load(tmp_path / "b/synthesizer.onnx").graph.node]
    assert "Scan" in operators
    draw = np.random.default_rng(0).standard_normal((1, SIDE, SIDE), np.float32)  # noise seed 0
    near(pictures(tmp_path / "b", z), as_bytes(tanh_picture(z) + 0.1 * draw))


@pytest.mark.parametrize("kind", ["grey NHWC in 0..1", "bytes", "0..255", "no channel", "asked"])
def test_pictures_of_all_sorts(tmp_path: Path, z: np.ndarray, kind: str) -> None:
    g = Graph()
    x = g.input("latent", ["batch", Z])
    grey = g.sigmoid(x @ GREY)
    sides, kinds, asked = [SIDE, SIDE, 1], {}, Asked()
    value = 1.0 / (1.0 + np.exp(-(z @ GREY).astype(np.float64)))
    if kind == "bytes":
        grey, kinds = g.op("Cast", grey * 255.0, to=TensorProto.UINT8), {"sample": TensorProto.UINT8}
        value = np.floor(value * 255.0) / 255.0
    elif kind == "0..255":
        grey = grey * 255.0
    elif kind == "no channel":
        sides = [SIDE, SIDE]
    elif kind == "asked":
        grey, asked = grey * 3.0 + 1.0, Asked(span=(1.0, 4.0))
    g.output("sample", g.reshape(grey, -1, *sides), ["batch", *sides])
    importer.bundle(save(g, tmp_path / "d.onnx", kinds), tmp_path / "b", "mine", asked)
    planes = np.repeat(value.reshape(-1, 1, SIDE, SIDE), 3, 1)
    near(pictures(tmp_path / "b", z), as_bytes(planes * 2.0 - 1.0))


@pytest.mark.parametrize("shape", [(Z, 1, 1), (2, 3)])
def test_z_of_any_shape(tmp_path: Path, z: np.ndarray, shape: tuple[int, ...]) -> None:
    g = Graph()
    x = g.reshape(g.input("latent_sample", ["batch", *shape]), -1, Z)
    g.output("image", g.reshape(g.tanh(x @ A), -1, 3, SIDE, SIDE), ["batch", 3, SIDE, SIDE])
    importer.bundle(save(g, tmp_path / "d.onnx"), tmp_path / "b", "mine")
    generator = open_generator(str(tmp_path / "b"))
    assert generator.spec.z_dim == Z
    if len(shape) == 3:
        near(pictures(tmp_path / "b", z), as_bytes(tanh_picture(z)))


def test_z_of_one_number(tmp_path: Path) -> None:
    g = Graph()
    x = g.input("z", ["batch", 1])
    g.output("image", g.reshape(g.tanh(x @ A[:1]), -1, 3, SIDE, SIDE), ["batch", 3, SIDE, SIDE])
    importer.bundle(save(g, tmp_path / "d.onnx"), tmp_path / "b", "mine")
    rows = np.array([[1.5, 9.0], [-2.0, 9.0]], np.float32)  # the walk needs two; the second is nothing
    near(pictures(tmp_path / "b", rows), as_bytes(np.tanh(rows[:, :1] @ A[:1]).reshape(-1, 3, SIDE, SIDE)))


def test_class_weights_psi_and_noise(tmp_path: Path, z: np.ndarray) -> None:
    g = Graph()
    x = g.input("z", ["n", Z]) + g.input("y", ["n", 4]) @ CLASSES
    shade = g.reshape(g.input("truncation", ["n", 1]), -1, 1, 1, 1)
    noise = g.input("noise_const", [1, 1, SIDE, SIDE])
    g.output("image", g.reshape(g.tanh(x @ A), -1, 3, SIDE, SIDE) * shade + noise * 0.1, ["n", 3, SIDE, SIDE])
    importer.bundle(save(g, tmp_path / "d.onnx"), tmp_path / "b", "mine", Asked(classes=("a", "b", "c", "d")))
    mix = np.array([[0, 1, 0, 0], [0.5, 0, 0, 1.5], [0, 0, 0, 0]], float)
    shares = np.array([[0, 1, 0, 0], [0.25, 0, 0, 0.75], [1, 0, 0, 0]])
    draw = np.random.default_rng(0).standard_normal((1, SIDE, SIDE), np.float32)
    expected = tanh_picture(z + shares @ CLASSES) * 0.7 + 0.1 * draw
    near(pictures(tmp_path / "b", z, mix, psi=0.7), as_bytes(expected))
    assert open_generator(str(tmp_path / "b")).spec.classes == ("a", "b", "c", "d")


@pytest.mark.parametrize("shape", [["n"], ["n", 1]])
def test_class_numbers(tmp_path: Path, z: np.ndarray, shape: list[int | str]) -> None:
    g = Graph()
    rows = g.op("Gather", CLASSES, g.input("label", shape))
    x = g.input("z", ["n", Z]) + g.reshape(rows, -1, Z)
    g.output("image", g.reshape(g.tanh(x @ A), -1, 3, SIDE, SIDE), ["n", 3, SIDE, SIDE])
    importer.bundle(save(g, tmp_path / "d.onnx", {"label": TensorProto.INT64}), tmp_path / "b", "mine")
    mix = np.array([[0, 1, 0, 0], [0.4, 0, 0.6, 0], [0, 0, 0, 1]], float)
    near(pictures(tmp_path / "b", z, mix), as_bytes(tanh_picture(z + CLASSES[[1, 2, 3]])))


def test_sizes_that_a_graph_leaves_free_are_asked_for(tmp_path: Path, z: np.ndarray) -> None:
    g = Graph()
    x = g.input("z", ["n", "size"])
    g.output("image", g.reshape(g.tanh(x @ A), -1, 3, SIDE, SIDE), ["n", 3, SIDE, SIDE])
    path = save(g, tmp_path / "d.onnx")
    with pytest.raises(BundleError, match="left free") as caught:
        importer.bundle(path, tmp_path / "b", "mine")
    assert "--z" in caught.value.hint
    importer.bundle(path, tmp_path / "b", "mine", Asked(z=(Z,)))
    near(pictures(tmp_path / "b", z), as_bytes(tanh_picture(z)))


@pytest.mark.usefixtures("in_a_child")
def test_weights_beside_the_file_come_along(tmp_path: Path, z: np.ndarray) -> None:
    (tmp_path / "export").mkdir()
    model = onnx.load(plain(tmp_path / "d.onnx"))
    onnx.save_model(model, tmp_path / "export/d.onnx", save_as_external_data=True, location="d.bin", size_threshold=0)
    assert (tmp_path / "export/d.bin").is_file()
    importer.bundle(tmp_path / "export", tmp_path / "b", "mine")
    (tmp_path / "export/d.bin").unlink()
    near(pictures(tmp_path / "b", z), as_bytes(tanh_picture(z)))


LAYERS, WIDTH = 4, 5
MAP = RNG.standard_normal((Z, WIDTH)).astype(np.float32)
OFFSET = RNG.standard_normal(WIDTH).astype(np.float32)
LAYER = RNG.standard_normal((LAYERS, WIDTH, 3 * SIDE * SIDE)).astype(np.float32) * 0.3


def pair(folder: Path) -> Path:
    """A mapping z -> w, the same for all layers, and a synthesis that sums what each layer makes of its w."""
    folder.mkdir()
    g = Graph()
    w = g.tanh(g.input("z", [1, Z]) @ MAP) + OFFSET
    g.output("ws", g.op("Expand", g.reshape(w, -1, 1, WIDTH), g.constant([1, LAYERS, 1], np.int64)), [1, LAYERS, WIDTH])
    save(g, folder / "mapping.onnx")
    g = Graph()
    ws = g.input("ws", ["n", LAYERS, WIDTH])
    parts = [g.reshape(g.take(ws, 1, k, k + 1), -1, WIDTH) @ LAYER[k] for k in range(LAYERS)]
    total = parts[0] + parts[1] + parts[2] + parts[3]
    g.output("image", g.reshape(g.tanh(total), -1, 3, SIDE, SIDE), ["n", 3, SIDE, SIDE])
    save(g, folder / "synthesis.onnx")
    return folder


def test_a_mapping_and_a_synthesis(tmp_path: Path) -> None:
    importer.bundle(pair(tmp_path / "pair"), tmp_path / "b", "mine")
    generator = open_generator(str(tmp_path / "b"))
    assert generator.spec.groups == ("coarse", "middle", "fine")
    assert sum(generator.spec.layers) == LAYERS
    rng = np.random.default_rng(5)
    z = rng.standard_normal((3, Z)).astype(np.float32)
    many = rng.standard_normal((20000, Z))
    mean = (np.tanh(many @ MAP) + OFFSET).mean(0)
    for psi, tolerance in ((1.0, 1), (0.3, 12)):  # the mean is of 512 z there and of 20000 here
        w = (np.tanh(z @ MAP) + OFFSET - mean) * psi + mean
        ws = w[[0, 1, 2, 2]]
        total = sum(ws[k] @ LAYER[k] for k in range(LAYERS))
        expected = as_bytes(np.tanh(total).reshape(1, 3, SIDE, SIDE))
        found = generator.generate([Latent(z, np.ones(1, np.float32), psi, np.zeros(0, np.float32))])
        assert np.abs(found - expected).max() <= tolerance


def sphere(path: Path) -> Path:
    """tanh(z / |z| A): a network that brings z to its sphere itself, and divides by zero at the origin."""
    g = Graph()
    z = g.input("z", ["batch", Z])
    length = g.op("Sqrt", g.sum(z * z, 1))
    g.output("image", g.reshape(g.tanh((z / length) @ A), -1, 3, SIDE, SIDE), ["batch", 3, SIDE, SIDE])
    return save(g, path)


def test_a_network_that_divides_by_the_length_of_z_is_never_at_the_origin(tmp_path: Path, z: np.ndarray) -> None:
    importer.bundle(sphere(tmp_path / "d.onnx"), tmp_path / "b", "mine")
    unit = z / np.linalg.norm(z, axis=1, keepdims=True)
    near(pictures(tmp_path / "b", z), as_bytes(tanh_picture(unit)))
    near(pictures(tmp_path / "b", z, psi=0.0), as_bytes(tanh_picture(unit)))
    with np.errstate(all="raise"):  # numbers that are none would raise on their way to bytes
        assert pictures(tmp_path / "b", z * 0, psi=0.0).std() > 10
    assert not [finding for finding in findings(tmp_path / "b") if finding.fault]
    notes = tomllib.loads((tmp_path / "b/bundle.toml").read_text())["source"]["notes"]
    assert [note for note in notes if "psi changes nothing" in note]


@pytest.mark.parametrize("order", ["first", "last", "grey"])
def test_alpha_is_left_out_with_a_word(tmp_path: Path, z: np.ndarray, order: str) -> None:
    g = Graph()
    x = g.input("z", ["batch", Z])
    picture = g.reshape(g.tanh(x @ A), -1, 3, SIDE, SIDE)
    alpha = g.reshape(g.tanh(x @ GREY), -1, 1, SIDE, SIDE)
    picture = g.take(picture, 1, 0, 1) if order == "grey" else picture
    sides: list[int | str] = ["batch", 2 if order == "grey" else 4, SIDE, SIDE]
    whole = g.concat([picture, alpha], 1)
    if order == "last":
        whole, sides = g.op("Transpose", whole, perm=[0, 2, 3, 1]), ["batch", SIDE, SIDE, 4]
    g.output("image", whole, sides)
    importer.bundle(save(g, tmp_path / "d.onnx"), tmp_path / "b", "mine")
    expected = tanh_picture(z)
    near(pictures(tmp_path / "b", z), as_bytes(expected[:, [0, 0, 0]] if order == "grey" else expected))
    assert "alpha channel is left out" in (tmp_path / "b/README.md").read_text()


@pytest.mark.parametrize("clean", [True, False])
def test_a_decoder_fixed_to_more_pictures_than_one(tmp_path: Path, z: np.ndarray, clean: bool) -> None:
    """Freed where that gives the same pictures, else fed the same row as often as it wants."""
    g = Graph()
    x = g.input("z", [4, Z])
    if not clean:  # the mean of the batch, which is as it should be for equal rows only
        x = x * 0.5 + g.op("ReduceMean", x, axes=[0], keepdims=1) * 0.5
    g.output("image", g.reshape(g.tanh(x @ A), 4, 3, SIDE, SIDE), [4, 3, SIDE, SIDE])
    importer.bundle(save(g, tmp_path / "d.onnx"), tmp_path / "b", "mine")
    near(pictures(tmp_path / "b", z), as_bytes(tanh_picture(z)))
    operators = [node.op_type for node in onnx.load(tmp_path / "b/synthesizer.onnx").graph.node]
    assert ("Scan" in operators) is not clean
    assert "4 pictures at once" in (tmp_path / "b/README.md").read_text()


@pytest.mark.parametrize("asked", [(4,), (4, 32, 32), (4 * 32 * 32,), (4, 8, 16), None, (3,)])
def test_a_field_of_latents_of_free_sides(tmp_path: Path, asked: tuple[int, ...] | None) -> None:
    g = Graph()
    x = g.input("latent_sample", ["batch", 4, "height", "width"])
    g.output("sample", g.tanh(g.take(x, 1, 0, 3)), ["batch", 3, "height", "width"])
    path = save(g, tmp_path / "vae.onnx")
    if asked is None or asked == (3,):
        with pytest.raises(BundleError) as caught:
            importer.bundle(path, tmp_path / "b", "mine", Asked(z=asked))
        assert "--z 4x32x32" in caught.value.hint
        return
    importer.bundle(path, tmp_path / "b", "mine", Asked(z=asked))
    sides = asked if len(asked) == 3 else (4, 32, 32)
    row = np.random.default_rng(1).standard_normal((2, *sides)).astype(np.float32)
    near(pictures(tmp_path / "b", row.reshape(2, -1)), as_bytes(np.tanh(row[:, :3])))
    assert ("is taken as 4x32x32" in (tmp_path / "b/README.md").read_text()) == (asked == (4,))


def test_classes_under_a_name_that_says_nothing(tmp_path: Path, z: np.ndarray) -> None:
    g = Graph()
    x, shares = g.input("input_1", ["batch", Z]), g.input("input_2", ["batch", 4])
    g.output("out", g.reshape(g.tanh((x + shares @ CLASSES) @ A), -1, 3, SIDE, SIDE), ["batch", 3, SIDE, SIDE])
    path = save(g, tmp_path / "d.onnx")
    refused(path, tmp_path / "b", "nothing feeds")
    importer.bundle(path, tmp_path / "c", "mine", Asked(count=4))
    mix = np.eye(4)[[2, 0, 3]]
    near(pictures(tmp_path / "c", z, mix), as_bytes(tanh_picture(z + CLASSES[[2, 0, 3]])))


def test_a_class_input_of_no_numbers(tmp_path: Path, z: np.ndarray) -> None:
    g = Graph()
    x = g.concat([g.input("z", ["batch", Z]), g.input("c", ["batch", 0])], 1)
    g.output("image", g.reshape(g.tanh(x @ A), -1, 3, SIDE, SIDE), ["batch", 3, SIDE, SIDE])
    importer.bundle(save(g, tmp_path / "d.onnx"), tmp_path / "b", "mine")
    near(pictures(tmp_path / "b", z), as_bytes(tanh_picture(z)))


def test_a_mapping_alone_is_told(tmp_path: Path) -> None:
    g = Graph()
    g.output("w", g.input("z", ["batch", Z]) * 2.0, ["batch", Z])
    refused(save(g, tmp_path / "mapping.onnx"), tmp_path / "b", "synthesis beside it")


def test_a_torch_module(tmp_path: Path) -> None:
    """As torch exports it unless told otherwise: a batch of one, and weights in a file beside it."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(12, 8 * 8 * 8),
        torch.nn.Unflatten(1, (8, 8, 8)),
        torch.nn.ConvTranspose2d(8, 8, 4, 2, 1),
        torch.nn.BatchNorm2d(8),
        torch.nn.ReLU(),
        torch.nn.Conv2d(8, 3, 3, padding=1),
        torch.nn.Tanh(),
    ).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, (torch.zeros(1, 12),), tmp_path / "net.onnx", input_names=["z"], verbose=False)
    importer.bundle(tmp_path / "net.onnx", tmp_path / "b", "net")
    z = np.random.default_rng(1).standard_normal((3, 12)).astype(np.float32) * 2
    with torch.no_grad():
        expected = as_bytes(net(torch.from_numpy(z)).numpy())
    near(pictures(tmp_path / "b", z), expected)


def refused(path: Path, folder: Path, *words: str) -> None:
    with pytest.raises(BundleError) as caught:
        importer.bundle(path, folder, "mine")
    for word in words:
        assert word in str(caught.value), str(caught.value)
    assert caught.value.hint
    assert "Traceback" not in str(caught.value)


def weights_elsewhere(path: Path, location: str, offset: int = 0, length: int | None = None) -> Path:
    model = onnx.load(plain(path))
    tensor = model.graph.initializer[0]
    size = len(tensor.raw_data)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", str(offset)), ("length", str(length or size))):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/passwd", "link.bin", "in/../../secret.bin"])
def test_weights_outside_the_folder_are_not_read(tmp_path: Path, location: str) -> None:
    (tmp_path / "secret.bin").write_bytes(bytes(10000))
    (tmp_path / "export").mkdir()
    (tmp_path / "export/link.bin").symlink_to(tmp_path / "secret.bin")
    path = weights_elsewhere(tmp_path / "export/d.onnx", location)
    refused(path, tmp_path / "b", "outside its folder")


def test_weights_that_are_missing_or_short(tmp_path: Path) -> None:
    path = weights_elsewhere(tmp_path / "d.onnx", "w.bin")
    refused(path, tmp_path / "b", "missing", "w.bin")
    (tmp_path / "w.bin").write_bytes(bytes(100))
    refused(path, tmp_path / "b", "cut short")
    refused(weights_elsewhere(tmp_path / "e.onnx", "w.bin", length=1 << 62), tmp_path / "b", "cut short")
    refused(weights_elsewhere(tmp_path / "f.onnx", "w.bin", offset=-8), tmp_path / "b")


@pytest.mark.parametrize("part", [0.0, 0.02, 0.3, 0.6, 0.99])
def test_a_file_cut_short(tmp_path: Path, part: float) -> None:
    whole = plain(tmp_path / "d.onnx").read_bytes()
    (tmp_path / "d.onnx").write_bytes(whole[: int(len(whole) * part)])
    refused(tmp_path / "d.onnx", tmp_path / "b", "d.onnx")


def test_files_that_are_no_onnx(tmp_path: Path) -> None:
    for content in (b"PK\x03\x04 a zip", zlib.compress(b"x" * 999), b"\x80\x02c__builtin__\neval\n.", os.urandom(500)):
        (tmp_path / "d.onnx").write_bytes(content)
        refused(tmp_path / "d.onnx", tmp_path / "b", "d.onnx")
    refused(tmp_path / "b", tmp_path / "c", "one ONNX file is needed")


def one_node(path: Path, operator: str, domain: str = "", **attributes: object) -> Path:
    """[1, 6] -> [1, 3, 8, 8] by a node between two others."""
    g = Graph()
    z = g.input("z", [1, Z])
    value = g.op(operator, z, domain=domain, **attributes) if operator else z
    g.output("image", g.reshape(value @ A, 1, 3, SIDE, SIDE), [1, 3, SIDE, SIDE])
    graph = helper.make_graph(g._scopes[0], "d", g._inputs, g._outputs, g._initializers)
    imports = [helper.make_opsetid("", 17), *([helper.make_opsetid(domain, 1)] if domain else [])]
    path.write_bytes(helper.make_model(graph, opset_imports=imports, ir_version=8).SerializeToString())
    return path


@pytest.mark.parametrize("kind", ["like", "sized", "no batch"])
@pytest.mark.parametrize("batch", [1, "batch"])
def test_noise_that_a_decoder_draws_becomes_an_input(
    tmp_path: Path, z: np.ndarray, kind: str, batch: int | str
) -> None:
    """The same latent gives the same picture; another noise seed another one, by the mean and scale of the node."""
    g = Graph()
    image = g.reshape(g.tanh(g.input("z", [batch, Z]) @ A), batch if isinstance(batch, int) else -1, 3, SIDE, SIDE)
    if kind == "like":
        noise = g.op("RandomNormalLike", g.take(image, 1, 0, 1), mean=0.25, scale=0.1)
    else:
        noise = g.op(
            "RandomNormal", shape=[1, 1, SIDE, SIDE] if kind == "sized" else [SIDE, SIDE], mean=0.25, scale=0.1
        )
    g.output("image", image + noise, [batch, 3, SIDE, SIDE])
    importer.bundle(save(g, tmp_path / "d.onnx"), tmp_path / "b", "mine")
    model = onnx.load(tmp_path / "b/synthesizer.onnx")
    assert not [node for node in model.graph.node if node.op_type.startswith("Random")]
    sides = (SIDE, SIDE) if kind == "no batch" else (1, SIDE, SIDE)
    draw = np.random.default_rng(0).standard_normal((1, *sides), np.float32)  # noise seed 0
    near(pictures(tmp_path / "b", z), as_bytes(tanh_picture(z) + 0.1 * draw.reshape(1, 1, SIDE, SIDE) + 0.25))
    assert np.array_equal(pictures(tmp_path / "b", z), pictures(tmp_path / "b", z))
    generator = open_generator(str(tmp_path / "b"))
    latent = Latent(z[:1], np.ones(1, np.float32), 1.0, np.zeros(0, np.float32))
    other = generator.generate([replace(latent, noise_seed=1)])
    assert np.abs(other.astype(int) - generator.generate([latent])).mean() > 1


def test_noise_of_no_known_size_is_refused(tmp_path: Path) -> None:
    g = Graph()
    z = g.input("z", ["batch", Z])
    rows = g.op("Compress", g.tanh(z @ A), g.op("Greater", g.take(z, 0, 0, 1), 0.0), axis=1)
    drawn = g.sum(g.op("RandomNormalLike", rows), 1)
    g.output("image", g.reshape(g.tanh(z @ A) + drawn, -1, 3, SIDE, SIDE), ["batch", 3, SIDE, SIDE])
    path = tmp_path / "d.onnx"
    graph = helper.make_graph(g._scopes[0], "d", g._inputs, g._outputs, g._initializers)
    path.write_bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString())
    refused(path, tmp_path / "b", "draws its own noise", "noise")


@pytest.mark.usefixtures("in_a_child")
def test_operators_that_nobody_has(tmp_path: Path) -> None:
    refused(one_node(tmp_path / "a.onnx", "Magic", "evil.corp"), tmp_path / "b", "evil.corp.Magic")
    refused(one_node(tmp_path / "b.onnx", "Magic"), tmp_path / "b", "Magic")
    refused(one_node(tmp_path / "c.onnx", "RandomUniformLike"), tmp_path / "b", "draws its own noise", "noise")
    refused(one_node(tmp_path / "d.onnx", "Magic", "com.microsoft"), tmp_path / "b", "Magic")


def test_no_numbers(tmp_path: Path) -> None:
    refused(one_node(tmp_path / "d.onnx", "Log"), tmp_path / "b", "NaN")


def shapes(path: Path, z: list[int | str], image: list[int | str], name: str = "z") -> Path:
    """A decoder that claims shapes; it says the picture's by a constant."""
    g = Graph()
    total = g.op("ReduceMean", g.input(name, z), keepdims=0)
    sides = g.constant([side if isinstance(side, int) else 1 for side in image], np.int64)
    g.output("image", g.op("Expand", total, sides), image)
    return save(g, path)


@pytest.mark.usefixtures("in_a_child")
@pytest.mark.parametrize(
    ("z", "image", "words"),
    [
        ([1, 1 << 40], [1, 3, 8, 8], ["absurd"]),
        ([1, 0], [1, 3, 8, 8], ["size"]),
        ([1, 6], [1, 5, 8, 8], ["no picture"]),
        ([1, 6], [1, 192], ["no output that is a picture"]),
        ([1, 6], [1, 3, 2, 2], ["2x2"]),
        ([1, 6], [1, 3, 8192, 8], ["8x8192"]),
        ([1, 6], [1, 3, 1 << 20, 1 << 20], ["memory"]),
    ],
)
def test_shapes_that_cannot_be(tmp_path: Path, z: list[int | str], image: list[int | str], words: list[str]) -> None:
    refused(shapes(tmp_path / "d.onnx", z, image), tmp_path / "b", *words)


def test_inputs_that_nothing_feeds(tmp_path: Path) -> None:
    g = Graph()
    x = g.input("z", ["n", Z]) + g.input("tempo", ["n", Z])
    g.output("image", g.reshape(x @ A, -1, 3, SIDE, SIDE), ["n", 3, SIDE, SIDE])
    refused(save(g, tmp_path / "d.onnx"), tmp_path / "b", "'tempo'", "nothing feeds")


@pytest.mark.usefixtures("in_a_child")
def test_graphs_nested_without_end(tmp_path: Path) -> None:
    out = helper.make_empty_tensor_value_info("out")
    inner = flat = helper.make_graph([helper.make_node("Identity", ["z"], ["out"])], "g", [], [out])
    for _ in range(12):
        node = helper.make_node("If", ["yes"], ["out"], then_branch=inner, else_branch=flat)
        inner = helper.make_graph([node], "g", [], [out])
    node = inner.node[0]
    z = helper.make_tensor_value_info("z", TensorProto.FLOAT, [1, Z])
    image = helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 3, 8, 8])
    yes = numpy_helper.from_array(np.array(True), "yes")
    graph = helper.make_graph([node], "d", [z], [image], [yes])
    path = tmp_path / "d.onnx"
    path.write_bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString())
    refused(path, tmp_path / "b", "d.onnx", "nested")


def test_the_range_is_guessed() -> None:
    around = np.linspace(-0.8, 0.9, 99, dtype=np.float32)
    assert guessed_span(around, "Conv", False) == (-1, 1)
    assert guessed_span(around * 3, "Conv", False) == (-1, 1)
    assert guessed_span(np.abs(around), "Conv", False) == (0, 1)
    assert guessed_span(np.abs(around) * 200, "Clip", False) == (0, 255)
    assert guessed_span(np.abs(around), "Tanh", False) == (-1, 1)
    assert guessed_span(around * 0.01, "Sigmoid", False) == (0, 1)
    assert guessed_span(np.abs(around), "Cast", True) == (0, 255)


@pytest.mark.parametrize("place", [0, 1, 7, 21, 40])
def test_lengths_that_lie(tmp_path: Path, place: int) -> None:
    """A length in the file's header that goes beyond its end."""
    whole = bytearray(plain(tmp_path / "d.onnx").read_bytes())
    whole[place : place + 4] = struct.pack("<I", 0xFFFFFF7F)
    (tmp_path / "d.onnx").write_bytes(bytes(whole))
    refused(tmp_path / "d.onnx", tmp_path / "b", "d.onnx")
