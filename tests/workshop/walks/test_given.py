"""Directions from files of others: their shapes, their lengths, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import torch
from layouts.tiny import LAYERS, W, tiny
from typer.testing import CliRunner

from vj.apps.cli import app
from vj.core.errors import BundleError
from vj.generators.bundle.directions import read_directions
from vj.generators.bundle.manifest import Bundle, find_bundle, read_bundle
from vj.workshop.optimize.ways import styles
from vj.workshop.walks import given

RNG = np.random.default_rng(4)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return tiny(tmp_path_factory.mktemp("given") / "tiny")


def kept(path: Path, **arrays: Any) -> Path:
    """The arrays in a file of the kind of its name."""
    if path.suffix == ".npy":
        np.save(path, arrays["one"])
    elif path.suffix == ".npz":
        np.savez(path, **arrays)
    elif path.suffix == ".safetensors":
        safetensors.numpy.save_file({name: np.ascontiguousarray(a) for name, a in arrays.items()}, path)
    elif path.suffix == ".pt":
        torch.save({name: torch.tensor(array) for name, array in arrays.items()}, path)
    else:
        path.write_bytes(np.asarray(arrays["one"], "<f4").tobytes())
    return path


FILES = ("a.npy", "a.npz", "a.safetensors", "a.pt", "a.data-00000-of-00001")
SHAPES = ((W,), (1, W), (LAYERS, W), (2, W), (2, 1, W), (2, LAYERS, W))
#: Nobody can tell the three sides of bytes.
CASES = [(file, shape) for file in FILES for shape in SHAPES if (file, shape) != (FILES[-1], SHAPES[-1])]


@pytest.mark.parametrize(("file", "shape"), CASES)
def test_every_shape_in_every_file(tmp_path: Path, bundle: Bundle, file: str, shape: tuple[int, ...]) -> None:
    array = RNG.standard_normal(shape).astype(np.float32)
    found = list(given.directions(kept(tmp_path / file, one=array), bundle, reach=0.0).values())
    whole = {(W,): 1, (1, W): 1, (LAYERS, W): 1}.get(shape, 2)
    expected = np.broadcast_to(array.reshape(whole, -1, W), (whole, LAYERS, W))
    assert np.allclose(np.stack(found), expected)


def test_one_on_the_fader_goes_so_many_deviations(tmp_path: Path, bundle: Bundle) -> None:
    """Measured on styles of the bundle's own mapper, as the runtime makes them."""
    array = RNG.standard_normal(W).astype(np.float32)
    file = kept(tmp_path / "age.npy", one=array)
    (short,), (long,) = (list(given.directions(file, bundle, reach=r).values()) for r in (1.0, 2.5))
    assert np.allclose(long, 2.5 * short)
    assert np.allclose(short[0] / np.linalg.norm(short[0]), array / np.linalg.norm(array), atol=1e-6)
    drawn = np.stack([feed["styles"][0].reshape(-1) for feed in styles(bundle, 400)])
    unit = (short / np.linalg.norm(short)).reshape(-1)
    assert np.linalg.norm(short) == pytest.approx((drawn @ unit).std(), rel=0.15)


def test_a_group_keeps_to_its_layers(tmp_path: Path, bundle: Bundle) -> None:
    file = kept(tmp_path / "age.npy", one=RNG.standard_normal(W).astype(np.float32))
    (step,) = given.directions(file, bundle, "fine", 0.0).values()
    first, end = bundle.groups["fine"]
    assert step[first:end].all()
    assert not step[:first].any()


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (np.ones(W + 1), f"sides \\[{W + 1}\\], but a style has {W} or 4 numbers"),
        (np.ones((2, LAYERS + 1, W)), f"for {LAYERS + 1} layers, not {LAYERS}"),
        (np.full(W, np.nan), "numbers that are none"),
        (np.zeros(W), "is zero"),
        (np.array(["a"] * W), "holds <U1"),
        (np.ones((0, W)), "holds float64"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, bundle: Bundle, array: Any, says: str) -> None:
    with pytest.raises(BundleError, match=says) as caught:
        given.directions(kept(tmp_path / "a.npy", one=array), bundle)
    assert caught.value.hint


@pytest.mark.parametrize("name", ["none.npy", "text.npy", "text.npz", "text.safetensors", "text.pt"])
def test_a_file_that_is_none_is_told(tmp_path: Path, bundle: Bundle, name: str) -> None:
    if name.startswith("text"):
        (tmp_path / name).write_text("no arrays here")
    with pytest.raises(BundleError):
        given.directions(tmp_path / name, bundle)


def test_the_program_makes_a_bundle_whose_faders_they_are(
    tmp_path: Path, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    file = kept(tmp_path / "smile.npy", one=RNG.standard_normal((LAYERS, W)).astype(np.float32))
    done = CliRunner().invoke(app, ["learn", "import", str(file), "--bundle", str(bundle.folder), "--name", "smiling"])
    assert done.exit_code == 0, done.output
    assert "/latent/dir/1  smile" in done.output
    made = read_bundle(find_bundle("smiling"))
    assert made.directions == ("smile", *bundle.directions)
    assert read_directions(made).shape == (3, LAYERS, W)
