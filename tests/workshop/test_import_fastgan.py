"""FastGAN and Projected GAN: bundles against the networks as torch's own layers make them."""

import pickle
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
import torch
from layouts.fastgan import TWICE, Generator, random

from vj.core.errors import CheckpointError
from vj.core.types import Latent
from vj.generators.bundle.manifest import read_bundle
from vj.generators.bundle.opening import open_generator
from vj.generators.bundle.verify import findings
from vj.workshop import import_checkpoint
from vj.workshop.checkpoint.reader import Checkpoint, read_checkpoint
from vj.workshop.fastgan import graph
from vj.workshop.fastgan.plan import plan
from vj.workshop.graph import Graph
from vj.workshop.importers.fastgan import measured
from vj.workshop.onnx.importer import Asked

Array = npt.NDArray[Any]
CASES: dict[str, dict[str, Any]] = {
    "FastGAN": {},
    "FastGAN 256, grey, torch's new names": {"side": 256, "width": 4, "colours": 1, "modern": True},
    "Projected GAN": {"projected": True},
    "Projected GAN with classes": {"projected": True, "classes": 5, "side": 256, "width": 4},
}


def saved(path: Path, made: Generator) -> Path:
    """A file as its training writes it."""
    if made.projected:
        torch.save({"G_ema": {f"synthesis.{name}": value for name, value in made.state_dict().items()}}, path)
    else:
        state = {f"module.{name}": value for name, value in made.state_dict().items()}
        torch.save({"g": state, "d": {"module.down_4.main.0.weight_orig": torch.ones(2, 2, 1, 1)}}, path)
    return path


def drawn(side: int, rows: int = 1) -> list[Array]:
    rng = np.random.default_rng(7)
    return [rng.standard_normal((rows, 1, s, s), np.float32) for s in TWICE if s <= side for _ in range(2)]


def run(written: Graph, **feeds: Any) -> Array:
    content = written.proto("g").SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    noises = [port.name for port in session.get_inputs() if port.name.startswith("noise")]
    feeds |= dict(zip(noises, feeds.pop("noises", []), strict=True))
    return np.asarray(session.run(None, {name: np.asarray(v, np.float32) for name, v in feeds.items()})[0])


def original(made: Generator, z: Array, noises: list[Array], mix: Array | None = None) -> Array:
    with torch.no_grad():
        told = [torch.tensor(np.asarray(noise)) for noise in noises]
        given = None if mix is None else torch.tensor(mix)
        return np.asarray(made(torch.tensor(z), told, given).numpy())


@pytest.mark.parametrize("case", CASES)
def test_the_graphs_are_the_published_network(tmp_path: Path, case: str) -> None:
    """From the file to the picture, for a class by itself and for a mixture."""
    made = random(**CASES[case])
    found = read_checkpoint(saved(tmp_path / "50000.pth", made))
    assert found.family == "fastgan"
    planned = plan(found)
    assert (planned.side, planned.projected, planned.classes) == (made.side, made.projected, made.classes)
    rng = np.random.default_rng(2)
    z = rng.standard_normal((2, planned.z)).astype(np.float32)
    mix = np.stack([np.eye(5)[3], rng.standard_normal(5)]).astype(np.float32) if planned.classes else None
    w = run(graph.mapper(planned), z=z, psi=np.ones(2), **({} if mix is None else {"mix": mix}))
    noises = drawn(planned.side)
    picture = run(graph.synthesizer(planned), styles=np.repeat(w[:, None], 3, 1), noises=noises)
    expected = original(made, z, noises, mix)
    assert picture.shape == (2, 3, planned.side, planned.side)
    assert expected.std() > 0.05
    assert np.abs(picture - np.broadcast_to(expected, picture.shape)).max() < 1e-3


def test_each_group_moves_its_own_part() -> None:
    """Another z in the first layer is another picture; in the others the same picture, opened otherwise."""
    planned = plan(Checkpoint("fastgan", {}, state(random(side=256, width=4)), Path("a.pth")))
    rng = np.random.default_rng(1)
    one, two = rng.standard_normal((2, planned.z))
    styles = np.stack([[one] * 3, [two, one, one], [one, two, one], [one, one, two]])
    pictures = run(graph.synthesizer(planned), styles=styles, noises=drawn(256))
    apart = [float(np.abs(p - pictures[0]).mean()) for p in pictures[1:]]
    assert apart[0] > 2 * max(apart[1:])
    assert min(apart[1:]) > 1e-4


def test_means_are_those_of_the_authors_batches() -> None:
    """With them one picture is what it is in a large batch that is normalised by itself."""
    made = random(gain=1.0, z=64, width=4)
    planned = plan(Checkpoint("fastgan", {}, state(made), Path("a.pth")))
    means = measured(planned)
    z = np.random.default_rng(3).standard_normal((96, planned.z)).astype(np.float32)
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.train()
    expected = original(made, z, drawn(128, 96))
    noises = [noise[:1] for noise in drawn(128, 96)]
    written = graph.synthesizer(planned, means=means)
    picture = run(written, styles=np.repeat(z[:1, None], 3, 1), noises=noises)
    stale = run(graph.synthesizer(planned), styles=np.repeat(z[:1, None], 3, 1), noises=noises)
    error, before = (float(np.abs(p[0] - expected[0]).mean()) for p in (picture, stale))
    assert error < 0.15 * expected.std()
    assert error < before / 3


def test_half_precision_looks_the_same() -> None:
    made = random(projected=True)
    planned = plan(Checkpoint("fastgan", {}, state(made), Path("a.pth")))
    styles = np.random.default_rng(1).standard_normal((2, 3, planned.z))
    whole = run(graph.synthesizer(planned), styles=styles, noises=drawn(128))
    apart = run(graph.synthesizer(planned, half=True), styles=styles, noises=drawn(128)) - whole
    assert 0 < np.mean(apart**2) < 4 * 10**-4.5 * max(1.0, float(np.abs(whole).max()) ** 2)


@pytest.mark.parametrize("case", ["FastGAN", "Projected GAN with classes"])
def test_a_file_becomes_a_bundle_that_plays(tmp_path: Path, case: str) -> None:
    made = random(**{**CASES[case], "side": 128, "width": 4})
    path = saved(tmp_path / "art.pth", made)
    import_checkpoint.bundle(str(path), tmp_path / "b", "art", Asked(half=True), lambda step, part=None: None)
    assert not [finding.text for finding in findings(tmp_path / "b") if finding.fault]
    bundle = read_bundle(tmp_path / "b")
    assert bundle.resolution == (128, 128)
    assert list(bundle.groups) == ["coarse", "middle", "fine"]
    assert bundle.directions == tuple(f"sefa {k}" for k in range(1, 9))
    z = np.random.default_rng(2).standard_normal((3, planned_z(made))).astype(np.float32)
    mix = np.eye(max(made.classes, 1), dtype=np.float32)[-1]
    with closing(open_generator(str(tmp_path / "b"), threads=1)) as generator:
        latent = Latent(z, mix, 0.9, np.zeros(8, np.float32))
        picture = generator.generate([latent])[0]
        assert np.array_equal(picture, generator.generate([latent])[0])
    assert picture.std() > 2


def planned_z(made: Generator) -> int:
    return int(made.state_dict()["init.init.0.weight_orig"].shape[0])


def state(made: Generator) -> dict[str, Any]:
    return {name: value.numpy() for name, value in made.state_dict().items()}


@cache
def usual() -> dict[str, Any]:
    return state(random())


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"to_big.weight_orig": None, "to_big.weight_u": None, "to_big.weight_v": None}, r"to_big\.weight is missing"),
        ({"feat_64.2.running_var": None}, r"feat_64\.2\.running_var is missing"),
        ({"se_64.main.3.weight_u": np.ones(3, np.float32)}, "spectral norm of another size"),
        ({"attention.weight": np.ones(3, np.float32)}, r"has not: attention\.weight"),
        ({"init.init.1.bias": np.full(256, np.inf, np.float32)}, "not finite"),
        ({"feat_32.1.weight_orig": None}, r"feat_32|missing"),
    ],
)
def test_what_does_not_fit_is_told(changes: dict[str, Array | None], says: str) -> None:
    tensors: dict[str, Any] = {**usual(), **changes}
    held = {name: value for name, value in tensors.items() if value is not None}
    with pytest.raises(CheckpointError, match=says) as caught:
        plan(Checkpoint("fastgan", {}, held, Path("a.pth")))
    assert "download" not in str(caught.value)


def test_a_whole_snapshot_of_modules_is_read(tmp_path: Path) -> None:
    """Projected GAN pickles its networks, not their state."""
    made = random(projected=True)
    holder = torch.nn.Module()
    holder.synthesis = torch.nn.Module()
    for name, value in made.state_dict().items():
        *path, leaf = name.split(".")
        at = holder.synthesis
        for part in path:
            if part not in at._modules:
                at.add_module(part, torch.nn.Module())
            at = at.get_submodule(part)
        at.register_buffer(leaf, value)
    path = tmp_path / "network-snapshot.pkl"
    path.write_bytes(pickle.dumps({"G": holder, "D": None, "G_ema": holder}))
    assert plan(read_checkpoint(path)).projected
