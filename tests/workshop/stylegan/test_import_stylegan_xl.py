"""StyleGAN-XL: what is imported against a reference of its own, its classes, and files that are not whole."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from layouts import stylegan_xl as made
from layouts.nvidia import write_snapshot

from vj.core.errors import CheckpointError
from vj.core.types import F32
from vj.generators.bundle.manifest import read_bundle
from vj.generators.bundle.opening import open_generator
from vj.generators.bundle.verify import findings, sample
from vj.workshop.checkpoint.reader import read_checkpoint
from vj.workshop.import_checkpoint import bundle
from vj.workshop.onnx.importer import Asked
from vj.workshop.stylegan import plan_xl

#: As the program that grows a network keeps it: the stem's own arguments are the stem's.
ARGUMENTS = {"img_resolution": 64, "path_stem": "runs/32/best_model.pkl", "head_layers": 4, "up_factor": 2}


@pytest.fixture(scope="module", params=[3, 0], ids=["classes", "none"])
def imported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, F32], Path]:
    """What a snapshot holds, and the bundle that is made of it."""
    folder, tensors = tmp_path_factory.mktemp("xl"), made.tensors(request.param)
    path = write_snapshot(folder / "best_model.pkl", ARGUMENTS, tensors)
    bundle(str(path), folder / "b", "xl", Asked(), lambda step, part=None: None)
    return tensors, folder / "b"


def pictures(folder: Path, z: F32, mix: F32, psi: float) -> F32:
    """[N, 3, H, W] of both graphs."""
    run = [onnxruntime.InferenceSession(folder / f"{part}.onnx") for part in ("mapper", "synthesizer")]
    feeds = {"z": z, "mix": mix, "psi": np.full(len(z), psi, np.float32)}
    (w,) = run[0].run(None, {each.name: feeds[each.name] for each in run[0].get_inputs()})
    layers = run[1].get_inputs()[0].shape[1]
    (found,) = run[1].run(None, {"styles": np.repeat(w[:, None], layers, 1)})
    return np.asarray(found, np.float32)


@pytest.mark.parametrize("psi", [1.0, 0.4])
def test_it_draws_what_the_reference_draws(imported: tuple[dict[str, F32], Path], psi: float) -> None:
    """Each class, and a network without any."""
    tensors, folder = imported
    classes = 3 if "mapping.embed_proj.weight" in tensors else 0
    z = np.random.default_rng(4).standard_normal((3, made.Z)).astype(np.float32)
    found = pictures(folder, z, np.eye(3, max(classes, 1), dtype=np.float32), psi)
    for k, one in enumerate(found):
        w = made.mapped(tensors, z[k].astype(np.float64), k if classes else None, psi)
        expected = made.drawn(tensors, w)
        assert expected.std() > 0.1
        assert np.abs(one - expected).max() < 1e-3


def test_it_is_a_whole_bundle(imported: tuple[dict[str, F32], Path]) -> None:
    tensors, folder = imported
    found = read_bundle(folder)
    assert found.resolution == (64, 64)
    assert found.shapes["layers"] == len(made.layers()) + 1
    named = ["class 0", "class 1", "class 2"] if "mapping.embed_proj.weight" in tensors else ["all"]
    assert list(found.classes) == named
    assert not [finding for finding in findings(folder) if finding.fault]
    generator = open_generator(str(folder), threads=1)
    assert generator.generate([sample(generator.spec, 1)]).std() > 10
    card = (folder / "README.md").read_text()
    assert "StyleGAN-XL, config t" in card
    assert 'Sauer et al., "StyleGAN-XL' in card


@pytest.mark.parametrize("imported", [3], ids=["classes"], indirect=True)
def test_a_mixture_of_classes_is_known_by_the_mixture(imported: tuple[dict[str, F32], Path]) -> None:
    """Between two of a kind, and as large as one may be: weights are shares."""
    tensors, folder = imported
    z = np.random.default_rng(4).standard_normal((2, made.Z)).astype(np.float32)
    mix = np.array([[0.5, 0.0, 0.5], [7.0, 0.0, 7.0]], np.float32)
    first, second = pictures(folder, np.repeat(z[:1], 2, 0), mix, 0.0)
    assert np.abs(first - second).max() < 1e-5
    between = {**tensors, "mapping.w_avg": tensors["mapping.w_avg"][[0, 2]].mean(0, keepdims=True)}
    assert np.abs(first - made.drawn(between, made.mapped(between, z[0].astype(float), 0, 0.0))).max() < 1e-3


def test_of_imagenet_the_names_are_known(tmp_path: Path) -> None:
    tensors = made.tensors(1000, 1000)
    path = write_snapshot(tmp_path / "best_model.pkl", ARGUMENTS, tensors)
    bundle(str(path), tmp_path / "b", "xl", Asked(), lambda step, part=None: None)
    assert read_bundle(tmp_path / "b").classes[207] == "golden retriever"


LAYER = f"synthesis.{made.layers()[4].name}"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({f"{LAYER}.up_filter": None}, "up_filter is missing"),
        ({f"{LAYER}.up_filter": np.ones(13, np.float32)}, r"up_filter has shape \[13\]"),
        ({f"{LAYER}.down_filter": np.full(12, np.nan, np.float32)}, "down_filter has shape"),
        ({f"{LAYER}.down_filter": np.ones(36, np.float32)}, "by its filters"),
        ({f"{LAYER}.affine.weight": np.ones((3, 3), np.float32)}, "affine.weight has shape"),
        ({"mapping.embed_proj.bias": None}, "embed_proj.bias is missing"),
        ({"mapping.w_avg": np.zeros((9, made.W), np.float32)}, r"embed.weight has shape \[5, 14\]"),
        ({f"{LAYER}.extra": np.ones(1, np.float32)}, "parts that StyleGAN3 has not"),
    ],
)
def test_what_is_not_whole_is_told(tmp_path: Path, change: Mapping[str, F32 | None], word: str) -> None:
    tensors = {name: one for name, one in {**made.tensors(), **change}.items() if one is not None}
    checkpoint = read_checkpoint(write_snapshot(tmp_path / "x.pkl", ARGUMENTS, tensors))
    with pytest.raises(CheckpointError, match=word) as caught:
        plan_xl.plan(checkpoint.arguments, checkpoint.tensors)
    assert caught.value.hint


def test_no_size_that_only_a_name_says_is_believed() -> None:
    names = {layer.name: layer.name.replace("_64_", "_9999_") for layer in made.layers()}
    tensors = {".".join(names.get(part, part) for part in name.split(".")): a for name, a in made.tensors().items()}
    with pytest.raises(CheckpointError, match="samples a side"):
        plan_xl.plan({}, tensors)
