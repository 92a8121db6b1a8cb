"""`vj learn`, a tool of the workshop: what is typed, what is kept, what is said."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs
import pytest
from layouts import steerable
from typer.testing import CliRunner

from vj.apps import cli
from vj.core.errors import BundleError, VjError
from vj.core.types import F32, Controls, Cue, Event, Features, Latent, Modulation
from vj.engine.console import full_table
from vj.engine.cues.setlist import Setlist
from vj.engine.desk import Desk
from vj.engine.walker import Walker
from vj.generators.bundle.manifest import find_bundle, read_bundle
from vj.generators.bundle.opening import open_generator


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
    said = learn(
        "walk", str(tmp_path / "steerable"), "--edit", "red,green", "--kind", "linear", "--steps", "6", "--name", "mine"
    )
    assert "vj live --bundle mine" in said
    assert "/latent/dir/1  red" in said
    assert read_bundle(find_bundle("mine")).directions == ("red", "green", "bluer")
    assert (home / "mine").is_dir()
    assert {path.name: path.read_bytes() for path in (tmp_path / "steerable").iterdir()} == before
    with pytest.raises(BundleError, match="already"):
        learn(
            "walk", str(tmp_path / "steerable"), "--edit", "red", "--kind", "linear", "--steps", "4", "--name", "mine"
        )


def test_a_non_linear_walk(tmp_path: Path) -> None:
    steerable.write(tmp_path / "steerable")
    learn("walk", str(tmp_path / "steerable"), "--edit", "blue", "--steps", "6")
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


def test_bands_and_midi_drive_the_alphas(tmp_path: Path) -> None:
    """Bass, snare and mids on red, green and blue; a knob takes one of them over; the picture follows."""
    steerable.write(tmp_path / "steerable")
    learn("walk", str(tmp_path / "steerable"), "--kind", "linear", "--steps", "8", "--name", "rgb")
    routes = {"bass": "/latent/dir/1", "snare": "/latent/dir/2", "mids": "/latent/dir/3"}
    cue = Cue("1", "", {}, modulations=tuple(Modulation(f"bands.{n}.level", to, 0.5) for n, to in routes.items()))
    desk = Desk(full_table(), {"rgb": ("class 0",)}, Setlist(cues=(cue,)))
    desk.apply(Event("/cue/go", ()))
    desk.apply(Event("/latent/psi", (0.0,)))  # in the middle, no colour is at its end
    with closing(open_generator("rgb", threads=1)) as generator:
        walker, still = Walker(generator.spec), Controls(np.zeros(2, np.float32))

        def seen(bass: float, snare: float, mids: float, begin: int) -> tuple[F32, Latent]:
            """Mean R, G, B a second later, and the latent."""
            heard = Features(0.0, 0.01, 0, {Bands: Bands(*map(Level, (bass, snare, mids, 0.0)))})
            for tick in range(begin, begin + 50):
                snapshot = desk.tick(tick * 0.02, heard)
            latent = walker.step(0.0, still, snapshot)
            return generator.generate([latent])[0].mean((0, 1)).astype(np.float32), latent

        quiet, _ = seen(0.0, 0.0, 0.0, 0)
        for k, hit in enumerate(np.eye(3)):
            struck, latent = seen(float(hit[0]), float(hit[1]), float(hit[2]), 50 * (k + 1))
            assert latent.directions[:3] == pytest.approx(hit, abs=0.02)
            assert struck - quiet == pytest.approx(hit * 0.5 * 127.5, abs=8.0)
        desk.apply(Event("/latent/dir/1", (0.25,), "midi:knob", scaled=True))  # a quarter of -1..1
        _, latent = seen(1.0, 0.0, 0.0, 200)
        assert latent.directions[0] == pytest.approx(-0.5, abs=0.02)


@dataclass(frozen=True)
class Level:
    """What is read of a band."""

    level: float


@dataclass(frozen=True)
class Bands:
    """What is read of the bands."""

    bass: Level
    snare: Level
    mids: Level
    highs: Level
