"""`vj learn`: what is typed, what is kept, what is said."""

from pathlib import Path

import platformdirs
import pytest
from layouts import steerable
from typer.testing import CliRunner

from vj.apps import cli
from vj.core.errors import BundleError, VjError
from vj.generators._bundle import find_bundle, read_bundle


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of the user's bundles."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(platformdirs, "user_data_path", lambda *_, **__: tmp_path / "data/vj")
    return tmp_path / "data/vj/models"


def learn(*words: str) -> str:
    """What a command prints; raises what it raises."""
    result = CliRunner().invoke(cli.app, ["learn", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_walk_is_learned_into_a_copy(tmp_path: Path, home: Path) -> None:
    steerable.write(tmp_path / "steerable")
    before = {path.name: path.read_bytes() for path in (tmp_path / "steerable").iterdir()}
    said = learn("walk", str(tmp_path / "steerable"), "--edit", "red,green", "--steps", "6", "--name", "mine")
    assert "vj live --bundle mine" in said
    assert "/latent/dir/1  red" in said
    assert read_bundle(find_bundle("mine")).directions == ("red", "green", "bluer")
    assert (home / "mine").is_dir()
    assert {path.name: path.read_bytes() for path in (tmp_path / "steerable").iterdir()} == before
    with pytest.raises(BundleError, match="already"):
        learn("walk", str(tmp_path / "steerable"), "--edit", "red", "--steps", "4", "--name", "mine")


def test_a_non_linear_walk(tmp_path: Path) -> None:
    steerable.write(tmp_path / "steerable")
    learn("walk", str(tmp_path / "steerable"), "--edit", "blue", "--kind", "nnz", "--steps", "6")
    assert read_bundle(find_bundle("steerable-nnz")).directions == ("blue", "bluer")


def test_an_edit_that_nobody_knows(tmp_path: Path) -> None:
    steerable.write(tmp_path / "steerable")
    with pytest.raises(VjError, match="no edit"):
        learn("walk", str(tmp_path / "steerable"), "--edit", "sepia")


def test_sefa_of_worlds() -> None:
    said = learn("sefa", "worlds", "--count", "2")
    assert "spread of w" in said
    made = read_bundle(find_bundle("worlds-sefa"))
    assert made.directions[:3] == ("pca 1", "pca 2", "hue")
