"""BigGAN as BigGAN-PyTorch trains it: bundles against the network as the paper and its code define it."""

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
import torch
from layouts.biggan_pytorch import original, random

from vj.core.errors import CheckpointError
from vj.core.types import Latent
from vj.generators.bundle.manifest import read_bundle
from vj.generators.bundle.opening import open_generator
from vj.generators.bundle.verify import findings
from vj.workshop import import_checkpoint
from vj.workshop.biggan import graph_pytorch
from vj.workshop.biggan.plan_pytorch import plan
from vj.workshop.checkpoint.reader import Checkpoint, read_checkpoint
from vj.workshop.graph import Graph
from vj.workshop.onnx.importer import Asked

Array = npt.NDArray[Any]
PLAIN = ((16, 16), (16, 8), (8, 8))
DEEP = ((16, 16), (16, 8), (8, 8), (8, 8))
CASES: dict[str, dict[str, Any]] = {
    "split z": {"channels": PLAIN, "attention": 1},
    "one z": {"channels": PLAIN, "hier": False, "z": 7, "attention": 2},
    "no embedding": {"channels": PLAIN, "hier": False, "shared": False},
    "standing statistics": {"channels": PLAIN, "norms": "mybn"},
    "sync, no spectral norm": {"channels": ((8, 8), (8, 8)), "norms": "sync", "spectral": False},
    "grey": {"channels": PLAIN, "colours": 1},
    "deep": {"channels": DEEP, "deep": True, "attention": 1, "z": 6},
    "deep, other sizes": {"channels": DEEP, "deep": True, "z": 6, "embedding": 9, "norms": "mybn", "classes": 1},
}


def run(written: Graph, **feeds: Array) -> Array:
    content = written.proto("g").SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {name: value.astype(np.float32) for name, value in feeds.items()})[0])


def given(planned: Any) -> tuple[Array, Array]:
    """z and class weights: a class, and a mixture with negative weights."""
    rng = np.random.default_rng(5)
    mix = np.eye(planned.classes)[[0, planned.classes - 1]]
    mix[1] = rng.standard_normal(planned.classes) / 2
    return rng.standard_normal((2, planned.z)).astype(np.float32), mix.astype(np.float32)


@pytest.mark.parametrize("case", CASES)
def test_the_graphs_are_the_published_network(tmp_path: Path, case: str) -> None:
    """From the file that training saves to the picture, the same w in all layers; and w at another psi."""
    how = CASES[case]
    tensors = random(**how)
    torch.save({name: torch.tensor(value) for name, value in tensors.items()}, tmp_path / "G_ema.pth")
    found = read_checkpoint(tmp_path / "G_ema.pth")
    assert found.family == "biggan-pytorch"
    planned = plan(found)
    z, mix = given(planned)
    w = run(graph_pytorch.mapper(planned), z=z, mix=mix, psi=np.ones(2))
    picture = run(graph_pytorch.synthesizer(planned), styles=np.repeat(w[:, None], planned.layers, 1))
    expected = original(tensors, z, mix, how.get("deep", False), how.get("hier", True) and how.get("shared", True))
    assert picture.shape == (2, 3, planned.side, planned.side)
    assert expected.std() > 0.1
    assert np.abs(picture - np.broadcast_to(expected, picture.shape)).max() < 1e-3
    half = run(graph_pytorch.mapper(planned), z=z, mix=mix, psi=np.array([0.5, 0.0]))
    assert np.allclose(half[:, : planned.z], z * [[0.5], [0.0]], atol=1e-6)
    assert np.allclose(half[:, planned.z :], w[:, planned.z :], atol=1e-6)


@pytest.mark.parametrize("case", ["split z", "deep"])
def test_every_layer_hears_its_own_style(case: str) -> None:
    planned = plan(Checkpoint("biggan-pytorch", {}, random(**CASES[case]), Path("a.pth")))
    styles = np.random.default_rng(1).standard_normal((1, planned.layers, planned.w))
    before = run(graph_pytorch.synthesizer(planned), styles=styles)
    for layer in range(planned.layers):
        other = styles.copy()
        other[:, layer] = 0.0
        assert np.abs(run(graph_pytorch.synthesizer(planned), styles=other) - before).mean() > 1e-4, layer


def test_half_precision_looks_the_same() -> None:
    planned = plan(Checkpoint("biggan-pytorch", {}, random(**CASES["deep"]), Path("a.pth")))
    styles = np.random.default_rng(1).standard_normal((2, planned.layers, planned.w))
    apart = run(graph_pytorch.synthesizer(planned, half=True), styles=styles) - run(
        graph_pytorch.synthesizer(planned), styles=styles
    )
    assert 0 < np.mean(apart**2) < 4 * 10**-4.5


@pytest.mark.parametrize("half", [False, True])
def test_a_state_dict_becomes_a_bundle_that_plays(tmp_path: Path, half: bool) -> None:
    """Wrapped as data-parallel training saves it; through the importer that `vj models import` calls."""
    tensors = random(**CASES["split z"])
    path = tmp_path / "G_ema_best0.pth"
    torch.save({f"module.{name}": torch.tensor(value) for name, value in tensors.items()}, path)
    import_checkpoint.bundle(str(path), tmp_path / "b", "dogs", Asked(half=half), lambda step, part=None: None)
    assert not [finding.text for finding in findings(tmp_path / "b") if finding.fault]
    bundle = read_bundle(tmp_path / "b")
    assert bundle.classes == ("class 0", "class 1", "class 2", "class 3")
    assert bundle.resolution == (32, 32)
    assert ("synthesizer.fp16.onnx" in bundle.files) == half
    assert "BigGAN" in (tmp_path / "b" / "README.md").read_text()
    z = np.random.default_rng(2).standard_normal((1, 12)).astype(np.float32)
    mix = np.array([0, 1, 0, 0], np.float32)
    expected = original(tensors, 0.8 * z, mix[None], False, True)[0].transpose(1, 2, 0) * 127.5 + 128
    with closing(open_generator(str(tmp_path / "b"), threads=1)) as generator:
        latent = Latent(np.tile(z, (len(generator.spec.groups), 1)), mix, 0.8, np.zeros(0, np.float32))
        picture = generator.generate([latent])[0]
    assert np.abs(picture - np.clip(expected, 0, 255)).max() < 1.01


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"blocks.1.0.conv1.weight": None}, "blocks.1.0.conv1.weight is missing"),
        ({"blocks.0.0.bn1.stored_mean": None}, "keeps no statistics"),
        ({"blocks.0.0.bn2.gain.u0": np.ones((1, 3), np.float32)}, "another size"),
        ({"linear.weight": np.zeros((256, 3), np.float32)}, "never trained"),
        ({"linear.weight": np.ones((255, 3), np.float32), "linear.u0": np.ones((1, 255), np.float32)}, "first layer"),
        ({"output_layer.2.bias": np.full(3, np.nan, np.float32)}, "not finite"),
        ({"blocks.2.0.extra": np.ones(3, np.float32)}, "has not: blocks.2.0.extra"),
        ({"blocks.2.0.bn1.stored_var": np.full(8, -1.0, np.float32)}, "no trained network has"),
        ({"blocks.1.0.conv2.weight": np.ones((9, 9, 3, 3), np.float32)}, "block 1 makes 9 channels"),
    ],
)
def test_what_does_not_fit_is_told(changes: dict[str, Array | None], says: str) -> None:
    tensors: dict[str, Any] = {**random(**CASES["split z"]), **changes}
    held = {name: value for name, value in tensors.items() if value is not None}
    with pytest.raises(CheckpointError, match=says) as caught:
        plan(Checkpoint("biggan-pytorch", {}, held, Path("a.pth")))
    assert "download" not in str(caught.value)
