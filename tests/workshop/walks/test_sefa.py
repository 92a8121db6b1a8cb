"""Closed-form directions against eigenvectors found another way."""

from pathlib import Path

import numpy as np
import pytest
from layouts import steerable
from layouts import stylegan2 as made

from vj.core.errors import BundleError
from vj.core.shelf import share
from vj.generators.bundle.manifest import read_bundle
from vj.workshop.checkpoint.reader import Checkpoint
from vj.workshop.importers import stylegan2 as importer2
from vj.workshop.walks import sefa

SIDES = (24, 16)


def test_directions_of_a_stylegan2_are_the_eigenvectors_of_its_affine_weights(tmp_path: Path) -> None:
    tensors = made.official(size=16, sides=SIDES)
    nested = {"synthesis_kwargs": {"conv_clamp": None}}
    importer2.bundle(Checkpoint("stylegan2", nested, tensors, Path("x.pkl")), tmp_path / "g", "g", samples=0)
    bundle = read_bundle(tmp_path / "g")
    found = sefa.directions(bundle, 4)
    assert list(found.directions) == ["sefa 1", "sefa 2", "sefa 3", "sefa 4"]
    a = np.concatenate([t for n, t in tensors.items() if n.endswith("affine.weight")]).astype(np.float64)
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    left = a.T @ a
    for k, step in enumerate(found.directions.values()):
        assert np.allclose(step, step[0])  # all layers alike
        # the power method, and what it found taken away each time
        v = np.random.default_rng(k).standard_normal(SIDES[1])
        for _ in range(20000):
            v = left @ v
            v /= np.linalg.norm(v)
        left = left - np.outer(v, v) * (v @ left @ v)
        unit = step[0] / np.linalg.norm(step[0])
        assert abs(unit @ v) == pytest.approx(1.0, abs=1e-4)


def test_a_group_of_its_own(tmp_path: Path) -> None:
    tensors = made.official(size=16, sides=SIDES)
    nested = {"synthesis_kwargs": {"conv_clamp": None}}
    importer2.bundle(Checkpoint("stylegan2", nested, tensors, Path("x.pkl")), tmp_path / "g", "g", samples=0)
    bundle = read_bundle(tmp_path / "g")
    name, (start, stop) = list(bundle.groups.items())[-1]
    for step in sefa.directions(bundle, 2, name).directions.values():
        assert not step[:start].any()
        assert step[start:stop].any(1).all()
    with pytest.raises(BundleError, match="no style group"):
        sefa.directions(bundle, 2, "finest")


def test_without_weights_the_spread_of_w_says_where(tmp_path: Path) -> None:
    found = sefa.directions(steerable.write(tmp_path / "one"), 8)
    assert all(name.startswith("pca") for name in found.directions)
    assert len(found.directions) == steerable.Z  # w spreads in no other way


def test_worlds_has_no_weights_and_gets_principal_directions_within_classes() -> None:
    found = sefa.directions(read_bundle(share("models") / "worlds"), 3)
    assert "spread" in found.source
    assert np.abs(np.stack(list(found.directions.values()))[..., 16:]).max() < 1e-4  # class weights stay
