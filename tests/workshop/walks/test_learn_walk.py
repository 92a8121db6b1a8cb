"""Walks: edits against their definition, learning against a generator solved by hand, bundles against walks."""

import json
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from layouts import steerable

from vj.core.errors import VjError
from vj.core.shelf import share
from vj.core.types import F32, U8, Latent
from vj.generators.bundle.directions import read_directions
from vj.generators.bundle.manifest import Bundle, read_bundle
from vj.generators.bundle.opening import open_generator
from vj.workshop.walks import learn
from vj.workshop.walks.bundle import Learned, write
from vj.workshop.walks.edits import EDITS, chosen
from vj.workshop.walks.probe import Probe

RESULTS = Path(__file__).resolve().parents[3] / "bench" / "results" / "walks.json"


def silent(said: str, part: float | None) -> None:
    assert said
    assert part is None or 0.0 <= part <= 1.0


def blob(height: int = 24, width: int = 40) -> F32:
    """[1, 3, H, W]: a smooth spot off the middle."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    spot = np.exp(-((y - 14) ** 2 + (x - 24) ** 2) / 40)
    return np.stack([spot, 0.5 * spot, -spot])[None].astype(np.float32)


def test_colour_edits_add_to_one_channel_without_clipping() -> None:
    edited, mask = EDITS["green"].apply(blob(), -1.0)
    assert np.allclose((edited - blob())[0].mean((1, 2)), [0.0, -0.5, 0.0], atol=1e-6)
    assert mask.all()
    assert np.allclose(EDITS["luminance"].apply(blob(), 0.4)[0] - blob(), 0.2)


def test_a_shift_moves_pixels_and_masks_what_comes_in() -> None:
    edited, mask = EDITS["shift-x"].apply(blob(), 0.5)  # 0.2 of 40 pixels at 1: four pixels
    assert np.allclose(edited[..., 4:], blob()[..., :-4], atol=1e-5)
    assert np.array_equal(mask[0], [0.0] * 4 + [1.0] * 36)


def test_zoom_by_the_fader_is_a_factor_of_two() -> None:
    y, x = np.mgrid[0:21, 0:21] - 10
    cone = np.sqrt(y * y + x * x).astype(np.float32)[None, None].repeat(3, 1)
    edited, mask = EDITS["zoom"].apply(cone, 1.0)
    assert edited[0, 0, 10, 20] == pytest.approx(5.0, abs=0.01)
    assert mask.all()
    assert EDITS["zoom"].apply(cone, -1.0)[1].mean() < 0.35


@pytest.mark.parametrize("name", EDITS)
def test_edits_are_flows(name: str) -> None:
    edit = EDITS[name]
    there, _ = edit.apply(blob(), 0.3)
    further, mask = edit.apply(there, 0.4)
    at_once, _ = edit.apply(blob(), 0.7)
    inner = (slice(None), slice(None), slice(8, -6), slice(12, -10))
    assert np.abs((further - at_once) * mask)[inner].max() < 0.06
    ahead = (edit.apply(blob(), 0.1)[0] - blob())[0] / 0.1
    rate = edit.rate(blob()[0])
    assert np.linalg.norm(rate - ahead) < 0.4 * np.linalg.norm(ahead)


def test_edits_by_name() -> None:
    assert list(chosen("blue, zoom")) == ["blue", "zoom"]
    with pytest.raises(VjError, match="no edit"):
        chosen("rde")
    with pytest.raises(VjError, match="no edit"):
        chosen(" , ")


def test_a_linear_walk_is_the_one_found_by_hand(tmp_path: Path) -> None:
    probe = Probe(steerable.write(tmp_path / "one"))
    walk = learn.learn(probe, chosen("red,blue,shift-x"), "linear", 12, silent)
    styles = probe.styles(np.random.default_rng(5), 0, 4)
    base = probe.pictures(styles)
    change = {
        name: probe.pictures(walk.moved(styles, np.tile(fader, (4, 1)))) - base
        for name, fader in zip(walk.names, np.eye(3, dtype=np.float32), strict=True)
    }
    assert np.abs(change["red"] - np.reshape([0.5, 0.0, 0.0], (3, 1, 1))).max() < 0.05
    assert np.abs(change["blue"] - np.reshape([0.0, 0.0, 0.5], (3, 1, 1))).max() < 0.05
    # a shift by 0.2 of 16 pixels darkens a ramp by 3.2 of its 15 steps
    assert np.abs(change["shift-x"] + 3.2 / 15).max() < 0.03


def test_a_flow_does_what_no_single_direction_can(tmp_path: Path) -> None:
    probe = Probe(steerable.write(tmp_path / "two", classes=2))
    styles = np.concatenate([probe.styles(np.random.default_rng(5), k, 1) for k in range(8)])
    base = probe.pictures(styles)
    red = np.zeros((8, 1), np.float32)
    reached = {}
    kinds: tuple[learn.Kind, ...] = ("linear", "nnz")
    for kind in kinds:
        walk = learn.learn(probe, chosen("red"), kind, 24, silent)
        change = probe.pictures(walk.moved(styles, red + 1.0)) - base
        reached[kind] = change.mean((2, 3))
    alone = reached["linear"][:, 0] - reached["linear"][:, 1]
    assert alone.min() < 0.1  # it would have to go both ways at once
    assert np.abs(reached["nnz"][:, 0] - 0.5).max() < 0.15
    assert np.abs(reached["nnz"][:, 1:]).max() < 0.05


def picture(bundle: Bundle, alphas: dict[int, float], label: int = 0) -> U8:
    with closing(open_generator(str(bundle.folder), threads=1)) as generator:
        spec = generator.spec
        faders = np.zeros(len(spec.directions), np.float32)
        for fader, alpha in alphas.items():
            faders[fader] = alpha
        z = np.random.default_rng(1).standard_normal((len(spec.groups), spec.z_dim), np.float32)
        mix = np.eye(len(spec.classes), dtype=np.float32)[label]
        return np.asarray(generator.generate([Latent(z, mix, 1.0, faders)])[0])


def test_linear_walks_become_the_first_directions(tmp_path: Path) -> None:
    source = steerable.write(tmp_path / "one")
    walk = learn.learn(Probe(source), chosen("red,green"), "linear", 6, silent)
    (tmp_path / "made").mkdir()
    write(source, tmp_path / "made", "made", Learned("vj learn walk", walk.directions))
    made = read_bundle(tmp_path / "made")
    assert made.name == "made"
    assert made.directions == ("red", "green", "bluer")
    assert np.allclose(read_directions(made)[2], read_directions(source)[0])
    change = picture(made, {0: 0.5}).astype(float) - picture(source, {})
    assert change.mean((0, 1)) == pytest.approx([127.5 / 4, 0.0, 0.0], abs=1.0)
    assert read_directions(source).shape[0] == 1


def test_a_flow_is_played_by_the_bundle_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "fit", partial(learn.fit, rounds=20))  # any flow will do
    source = steerable.write(tmp_path / "two", classes=2)
    probe = Probe(source)
    walk = learn.learn(probe, chosen("red,blue"), "nnz", 4, silent)
    assert walk.flow is not None
    (tmp_path / "made").mkdir()
    write(source, tmp_path / "made", "made", Learned("vj learn walk", {}, walk.names, walk.flow))
    made = read_bundle(tmp_path / "made")
    assert made.shapes["w"] == source.shapes["w"] + 2
    assert made.directions == ("red", "blue", "bluer")
    for label in (0, 1):
        assert np.array_equal(picture(made, {}, label), picture(source, {}, label))
        assert np.array_equal(picture(made, {2: 0.7}, label), picture(source, {0: 0.7}, label))
    styles = probe.styles(np.random.default_rng(2), 1, 3)
    alphas = np.array([[1.0, 0.0], [-0.5, 0.8], [0.2, -1.0]], np.float32)
    wide = np.concatenate([styles.reshape(3, 2, -1), np.zeros((3, 2, 2), np.float32)], 2)
    wide[:, 0, -2:] = alphas
    played = Probe(made).pictures(wide.reshape(3, -1))
    assert np.abs(played - probe.pictures(walk.moved(styles, alphas))).max() < 1e-4


def test_worlds_gets_brighter_by_a_quickly_learned_walk() -> None:
    probe = Probe(read_bundle(share("models") / "worlds"))
    walk = learn.learn(probe, chosen("luminance"), "linear", 8, silent)
    styles = np.concatenate([probe.styles(np.random.default_rng(9), k, 1) for k in range(0, 24, 3)])
    alphas = np.linspace(-1, 1, 5, dtype=np.float32)
    light = [probe.pictures(walk.moved(styles, np.full((8, 1), a, np.float32))).mean() for a in alphas]
    assert np.all(np.diff(light) > 0.02)


def test_the_measured_colour_walk_on_worlds_is_monotone_and_clean() -> None:
    """What bench/nets/walks.py measured on pictures that were not learned from."""
    measured = json.loads(RESULTS.read_text(encoding="utf-8"))["walks"]["nnz"]["change"]
    for c, name in enumerate(("red", "green", "blue")):
        change = np.array(measured[name])
        assert np.all(np.diff(change[:, c]) > 0), name
        own = change[-1, c] - change[0, c]
        others = np.abs(np.delete(change[-1] - change[0], c, 0)).max()
        assert own > 0.2
        assert others < 0.35 * own, name
