"""StyleGAN2 of pictures that are not square, under other names of blocks, and BasicSR's: whole bundles."""

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
import torch
from layouts.nvidia import write_snapshot
from layouts.stylegan2 import basicsr, official, rosinality
from layouts.tensorflow import stylegan2, write_networks

from vj.core.errors import CheckpointError
from vj.core.types import Latent
from vj.generators.bundle.manifest import read_bundle
from vj.generators.bundle.opening import open_generator
from vj.workshop.checkpoint.reader import Checkpoint, read_checkpoint
from vj.workshop.importers import stylegan2 as importer2
from vj.workshop.stylegan import graph2
from vj.workshop.stylegan.net2 import Synthesizer
from vj.workshop.stylegan.plan2 import Plan

Array = npt.NDArray[Any]


def drawn(planned: Plan, styles: Array) -> Array:
    content = graph2.synthesizer(planned).proto("g").SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"styles": styles})[0])


def some(planned: Plan) -> Array:
    return np.random.default_rng(3).standard_normal((2, planned.layers, planned.w)).astype(np.float32)


def test_a_full_body_model_becomes_a_tall_bundle(tmp_path: Path) -> None:
    """A constant of 4 x 2: 32 pixels high, 16 wide, in the manifest, the card and the picture."""
    file = write_snapshot(tmp_path / "body.pkl", {"square": False}, official(32, start=(4, 2)))
    importer2.bundle(read_checkpoint(file), tmp_path / "b", "body", samples=1)
    assert read_bundle(tmp_path / "b").resolution == (16, 32)
    assert "16x32" in (tmp_path / "b" / "README.md").read_text()
    with closing(open_generator(str(tmp_path / "b"), threads=1)) as generator:
        groups, faders = len(generator.spec.groups), np.zeros(8, np.float32)
        z = np.random.default_rng(0).standard_normal((groups, 24)).astype(np.float32)
        picture = generator.generate([Latent(z, np.ones(1, np.float32), 0.7, faders)])[0]
    assert picture.shape == (32, 16, 3)
    assert picture.std() > 10


def test_blocks_may_be_named_after_the_pictures(tmp_path: Path) -> None:
    """b3, b6, b12 and 3x5, 6x10 are the same network as b4, b8, b16."""
    tensors = official(16, start=(3, 5))
    forked = {name.replace(".b16.", ".b12.").replace(".b8.", ".b6."): v for name, v in tensors.items()}
    forked = {name.replace(".b4.", ".b3."): v for name, v in forked.items()}
    found = read_checkpoint(write_snapshot(tmp_path / "a.pkl", {}, forked))
    planned, usual = (
        importer2.planned(Checkpoint("stylegan2", {}, dict(held), Path("a"))) for held in (found.tensors, tensors)
    )
    assert (planned.width, planned.height) == (20, 12)
    assert np.array_equal(drawn(planned, some(planned)), drawn(usual, some(usual)))


def test_tensorflows_networks_may_be_of_any_shape(tmp_path: Path) -> None:
    """Its scopes are 4x4, 8x8 or those of the pictures."""
    own, mapping, synthesis = stylegan2(16)
    rng = np.random.default_rng(1)
    wide = dict(synthesis)
    wide["4x4/Const/const"] = rng.standard_normal((1, wide["4x4/Const/const"].shape[1], 2, 3)).astype(np.float32)
    for name, value in synthesis.items():
        if name.startswith("noise"):
            shape = (1, 1, value.shape[2] // 2, value.shape[3] * 3 // 4)
            wide[name] = rng.standard_normal(shape).astype(np.float32)
    forked = {n.replace("16x16/", "8x12/").replace("8x8/", "4x6/"): v for n, v in wide.items()}
    forked = {n.replace("4x4/", "2x3/"): v for n, v in forked.items()}
    pictures = []
    for held in (wide, forked):
        planned = importer2.planned(read_checkpoint(write_networks(tmp_path / "a.pkl", {}, own, mapping, held)))
        assert (planned.width, planned.height) == (12, 8)
        pictures.append(drawn(planned, some(planned)))
    assert np.array_equal(*pictures)


def test_noise_of_another_shape_is_told() -> None:
    tensors = {**official(16, start=(4, 2)), "synthesis.b16.conv1.noise_const": np.zeros((16, 16), np.float32)}
    with pytest.raises(CheckpointError, match=r"shape \[16, 16\]; \[16, 8\] is needed"):
        importer2.planned(Checkpoint("stylegan2", {}, tensors, Path("a")))
    with pytest.raises(CheckpointError, match="pictures are"):
        importer2.planned(Checkpoint("stylegan2", {}, official(16, start=(4, 3000)), Path("a")))


@pytest.mark.parametrize("noisy", [True, False])
def test_rosinalitys_may_be_wide(noisy: bool) -> None:
    tensors = rosinality(16, start=(2, 3))
    held = {name: value for name, value in tensors.items() if noisy or not name.startswith("noises.")}
    planned = importer2.planned(Checkpoint("rosinality", {}, held, Path("a.pt")))
    noise = planned.noise("b16.conv1")
    assert noise is not None
    assert noise[0].shape == (8, 12)
    assert drawn(planned, some(planned)).shape == (2, 3, 8, 12)


def test_basicsrs_generator_is_rosinalitys_under_other_names(tmp_path: Path) -> None:
    """From the file it saves, `params_ema` beside `params`; the filters that it does not keep are the usual ones."""
    tensors = {name: torch.from_numpy(value) for name, value in basicsr(16).items()}
    wrong = {name: value * 0 for name, value in tensors.items()}
    torch.save({"params": wrong, "params_ema": tensors}, tmp_path / "net_g_800000.pth")
    found = read_checkpoint(tmp_path / "net_g_800000.pth")
    assert found.family == "basicsr"
    planned = importer2.planned(found)
    theirs = importer2.planned(Checkpoint("rosinality", {}, rosinality(16), Path("a.pt")))
    with torch.no_grad():
        expected = Synthesizer(theirs)(torch.tensor(some(theirs))).numpy()
    assert expected.std() > 0.2
    assert np.abs(drawn(planned, some(planned)) - expected).max() < 1e-4
    clean = {name.replace("activate.bias", "bias"): value for name, value in basicsr(8).items()}
    with pytest.raises(CheckpointError, match=r"BasicSR's StyleGAN2 has no style_conv1\.bias"):
        importer2.planned(Checkpoint("basicsr", {}, clean, Path("a.pth")))
