"""R3GAN: bundles against the network as the paper and its code define it."""

import pickle
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
from layouts.r3gan import module, original, random

from vj.core.errors import CheckpointError
from vj.core.types import Latent
from vj.generators.bundle.manifest import read_bundle
from vj.generators.bundle.opening import open_generator
from vj.generators.bundle.verify import findings
from vj.workshop import import_checkpoint
from vj.workshop.checkpoint.reader import Checkpoint, read_checkpoint
from vj.workshop.graph import Graph
from vj.workshop.onnx.importer import Asked
from vj.workshop.r3gan import graph
from vj.workshop.r3gan.plan import plan

Array = npt.NDArray[Any]
CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "classes": {"classes": 6},
    "first version": {"early": True},
    "other filter": {"taps": (1, 3, 2, 2, 1)},
    "grey, wide groups": {"colours": 1, "cardinality": 1, "blocks": (2, 1, 2)},
    "one size": {"widths": (8, 8), "blocks": (1, 1), "cardinality": 16},
}


def saved(path: Path, tensors: dict[str, Array]) -> Path:
    """A snapshot as its training writes it: plain modules, the generator in a wrapper."""
    parts = {"G": module({name: value * 0 for name, value in tensors.items()}), "D": None, "G_ema": module(tensors)}
    path.write_bytes(pickle.dumps({**parts, "augment_pipe": None, "cur_nimg": 1000}))
    return path


def run(written: Graph, **feeds: Array) -> Array:
    content = written.proto("g").SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {name: value.astype(np.float32) for name, value in feeds.items()})[0])


@pytest.mark.parametrize("case", CASES)
def test_the_graphs_are_the_published_network(tmp_path: Path, case: str) -> None:
    """From the snapshot to the picture, for a class by itself and for a mixture."""
    tensors = random(**CASES[case])
    found = read_checkpoint(saved(tmp_path / "network-snapshot-final.pkl", tensors))
    assert found.family == "r3gan"
    planned = plan(found)
    rng = np.random.default_rng(2)
    z = rng.standard_normal((2, planned.z)).astype(np.float32)
    mix = np.stack([np.eye(6)[4], rng.standard_normal(6)]).astype(np.float32) if planned.classes else None
    more = {} if mix is None else {"mix": mix}
    w = run(graph.mapper(planned), z=z, psi=np.array([1.0, 0.6]), **more)
    picture = run(graph.synthesizer(planned), styles=w[:, None])
    expected = original(tensors, z * np.float32([[1.0], [0.6]]), mix, CASES[case].get("cardinality", 4))
    assert picture.shape == (2, 3, planned.height, planned.width)
    assert expected.std() > 0.1
    assert np.abs(picture - np.broadcast_to(expected, picture.shape)).max() < 1e-3


def test_half_precision_looks_the_same() -> None:
    planned = plan(Checkpoint("r3gan", {}, random(), Path("a.pkl")))
    styles = np.random.default_rng(1).standard_normal((2, 1, planned.w))
    whole = run(graph.synthesizer(planned), styles=styles)
    apart = run(graph.synthesizer(planned, half=True), styles=styles) - whole
    assert 0 < np.mean(apart**2) < 4 * 10**-4.5 * max(1.0, float(np.abs(whole).max()) ** 2)


@pytest.mark.parametrize("classes", [0, 3])
def test_a_snapshot_becomes_a_bundle_that_plays(tmp_path: Path, classes: int) -> None:
    tensors = random(classes=classes)
    path = saved(tmp_path / "ffhq.pkl", tensors)
    import_checkpoint.bundle(str(path), tmp_path / "b", "faces", Asked(half=True), lambda step, part=None: None)
    assert not [finding.text for finding in findings(tmp_path / "b") if finding.fault]
    bundle = read_bundle(tmp_path / "b")
    assert bundle.resolution == (16, 16)
    assert list(bundle.groups) == ["all"]
    assert bundle.directions == tuple(f"sefa {k}" for k in range(1, 9))
    assert set(bundle.turn) == {"all"}
    assert bundle.classes == (("class 0", "class 1", "class 2") if classes else ("all",))
    z = np.random.default_rng(2).standard_normal((1, 9)).astype(np.float32)
    mix = np.eye(max(classes, 1), dtype=np.float32)[-1]
    expected = original(tensors, 0.9 * z, mix[None] if classes else None)[0].transpose(1, 2, 0) * 127.5 + 128
    with closing(open_generator(str(tmp_path / "b"), threads=1)) as generator:
        picture = generator.generate([Latent(z, mix, 0.9, np.zeros(8, np.float32))])[0]
    assert np.abs(picture - np.clip(expected, 0, 255)).max() < 1.01


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"AggregationLayer.Layer.weight": None}, r"AggregationLayer\.weight is missing"),
        ({"MainLayers.1.Layers.1.NonLinearity2.Bias": None}, r"NonLinearity2\.Bias is missing"),
        ({"MainLayers.1.Layers.2.LinearLayer1.Layer.weight": np.ones(3, np.float32)}, "not 4 sides"),
        ({"AttentionLayer.weight": np.ones(3, np.float32)}, r"has not: AttentionLayer\.weight"),
        ({"AggregationLayer.Layer.weight": np.ones((13, 8, 1, 1), np.float32)}, "13 channels"),
        ({"MainLayers.0.Layers.0.Basis": np.full((12, 4, 4), np.inf, np.float32)}, "not finite"),
        ({"MainLayers.0.Layers.0.Basis": np.ones((12, 4, 2000), np.float32)}, "of 4096 at most"),
        ({"MainLayers.1.Layers.0.Resampler.Kernel": np.ones((3, 3), np.float32)}, "3 taps"),
        ({"MainLayers.5.Layers.1.NonLinearity2.Bias": np.ones(3, np.float32)}, "of its stages only"),
    ],
)
def test_what_does_not_fit_is_told(changes: dict[str, Array | None], says: str) -> None:
    tensors: dict[str, Any] = {**random(), **changes}
    held = {name: value for name, value in tensors.items() if value is not None}
    with pytest.raises(CheckpointError, match=says) as caught:
        plan(Checkpoint("r3gan", {}, held, Path("a.pkl")))
    assert "download" not in str(caught.value)
