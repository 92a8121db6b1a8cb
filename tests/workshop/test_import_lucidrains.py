"""The StyleGAN2 of lucidrains: bundles against the network as its code defines it."""

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
import torch
from layouts.lucidrains import mapped, original, random

from vj.core.errors import VjError
from vj.core.types import Latent
from vj.generators.bundle.manifest import read_bundle
from vj.generators.bundle.opening import open_generator
from vj.generators.bundle.verify import findings
from vj.workshop import import_checkpoint
from vj.workshop.checkpoint.reader import Checkpoint, read_checkpoint
from vj.workshop.graph import Graph
from vj.workshop.lucidrains import graph
from vj.workshop.lucidrains.plan import plan
from vj.workshop.onnx.importer import Asked

Array = npt.NDArray[Any]


def saved(path: Path, tensors: dict[str, Array]) -> Path:
    torch.save({"GAN": {n: torch.tensor(v) for n, v in tensors.items()}, "version": "1.9.0"}, path)
    return path


def run(written: Graph, **feeds: Array) -> Array:
    content = written.proto("g").SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {name: value.astype(np.float32) for name, value in feeds.items()})[0])


@pytest.mark.parametrize("how", [{}, {"colours": 4}, {"filters": (8, 8, 6, 4), "depth": 8, "z": 16}])
def test_the_graphs_are_the_network_of_its_code(tmp_path: Path, how: dict[str, Any]) -> None:
    """The means SE and GE, each layer with a style of its own; psi leads to the mean w."""
    tensors = random(**how)
    found = read_checkpoint(saved(tmp_path / "model_100.pt", tensors))
    assert found.family == "lucidrains"
    planned = plan(found)
    z = np.random.default_rng(2).standard_normal((2, planned.z)).astype(np.float32)
    w = run(graph.mapper(planned), z=z, psi=np.ones(2))
    assert np.allclose(w, mapped(tensors, z).numpy(), rtol=1e-4, atol=1e-4)
    many = mapped(tensors, np.random.default_rng(9).standard_normal((3000, planned.z)).astype(np.float32)).numpy()
    mean = run(graph.mapper(planned), z=z, psi=np.zeros(2))
    assert (np.abs(mean - many.mean(0)) < 6 * many.std(0) / np.sqrt(3000)).all()
    styles = np.random.default_rng(3).standard_normal((2, planned.blocks, planned.z)).astype(np.float32)
    expected = original(tensors, torch.tensor(styles, dtype=torch.float64), planned.noise)[:, :3] * 2 - 1
    assert expected.std() > 0.1
    assert np.abs(run(graph.synthesizer(planned), styles=styles) - expected).max() < 1e-3
    assert 0.45 < planned.noise.mean() < 0.55


def test_the_rate_of_training_is_that_of_its_config(tmp_path: Path) -> None:
    tensors = random()
    path = saved(tmp_path / "model_3.pt", tensors)
    (tmp_path / ".config.json").write_text('{"image_size": 16, "lr_mlp": 0.03}')
    planned = plan(read_checkpoint(path))
    z = np.random.default_rng(2).standard_normal((2, 9)).astype(np.float32)
    w = run(graph.mapper(planned), z=z, psi=np.ones(2))
    assert np.allclose(w, mapped(tensors, z, 0.03).numpy(), rtol=1e-4, atol=1e-5)
    (tmp_path / ".config.json").write_text('{"lr_mlp": "slow"}')
    with pytest.raises(VjError, match="lr_mlp is 'slow'"):
        plan(read_checkpoint(path))


def test_a_model_becomes_a_bundle_that_plays(tmp_path: Path) -> None:
    tensors = random()
    path = saved(tmp_path / "model_100.pt", tensors)
    import_checkpoint.bundle(str(path), tmp_path / "b", "flowers", Asked(), lambda step, part=None: None)
    assert not [finding.text for finding in findings(tmp_path / "b") if finding.fault]
    bundle = read_bundle(tmp_path / "b")
    assert bundle.resolution == (16, 16)
    assert list(bundle.groups) == ["coarse", "middle", "fine"]
    assert bundle.directions == tuple(f"sefa {k}" for k in range(1, 9))
    z = np.random.default_rng(2).standard_normal((3, 9)).astype(np.float32)
    w = mapped(tensors, z)[list(bundle.layer_groups)][None]
    noise = plan(read_checkpoint(path)).noise
    expected = (original(tensors, w, noise)[0].transpose(1, 2, 0) * 2 - 1) * 127.5 + 128
    with closing(open_generator(str(tmp_path / "b"), threads=1)) as generator:
        picture = generator.generate([Latent(z, np.ones(1, np.float32), 1.0, np.zeros(8, np.float32))])[0]
    assert np.abs(picture - np.clip(expected, 0, 255)).max() < 1.01


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"GE.initial_conv.weight": None}, "before version 1.0"),
        ({"GE.initial_block": None}, "no-const"),
        ({"GE.attns.1.0.fn.g": np.ones(1, np.float32)}, "attention"),
        ({"GE.blocks.1.to_noise2.bias": None}, r"to_noise2\.bias is missing"),
        ({"GE.blocks.1.conv3.weight": np.ones(3, np.float32)}, r"has not: blocks\.1\.conv3"),
        ({"SE.net.0.weight": np.full((9, 9), np.nan, np.float32)}, "not finite"),
    ],
)
def test_what_does_not_fit_is_told(changes: dict[str, Array | None], says: str) -> None:
    tensors: dict[str, Any] = {**random(), **changes}
    held = {name: value for name, value in tensors.items() if value is not None}
    with pytest.raises(VjError, match=says) as caught:
        plan(Checkpoint("lucidrains", {}, held, Path("model.pt")))
    assert "as ONNX" in caught.value.hint
