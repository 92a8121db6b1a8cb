"""GAN_PI-2: the numbers of the original; bass and loudness heard, looks that last, transitions without jumps."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests_tracks import RATE, heard, made, run, set_to, song, track

from vj.core.errors import ControlError, SetlistError
from vj.core.params import Snapshot, defaults
from vj.core.sphere import angles, unit
from vj.core.types import F32, F64, LatentSpec
from vj.directors import _gan_pi2 as original
from vj.directors._palettes import Shade, palettes, read_palette
from vj.engine.walker import Walker

CLASSES = tuple(f"class {n}" for n in range(10))
SPEC = LatentSpec(("coarse", "middle", "fine"), (4, 4, 4), 16, CLASSES)
WIDE = LatentSpec(("all",), (1,), 128, CLASSES)
SONG = song(16.0)


def reference(y: F64, fps: int) -> F64:
    """[N, 128] z before the shuffle, number by number as the original goes."""
    count, div = int(len(y) / 22050 * fps), 22050 // fps
    spectra = np.array([np.abs(np.fft.rfft(y[div * k : div * (k + 1)])) for k in range(count)])
    out = []
    for k in range(count):
        weights = (1 - 0.125) ** np.arange(k, -1, -1)
        v = list((weights[:, None] * spectra[: k + 1]).sum(axis=0)[50:178] / weights.sum())
        v = [min(x, 1.0) for x in v]
        for j in range(128):
            v[j] = 2 * ((v[j] - min(v)) / (max(v) - min(v) + 1e-5)) - 1
        out.append(v)
    return np.array(out)


@pytest.mark.parametrize("fps", [20, 30, 60])
def test_exact_z_is_the_originals(fps: int) -> None:
    y = np.asarray(np.random.default_rng(1).standard_normal(22050 * 2) * 0.01, np.float32)
    spectra = original.moving(original.spectra(iter([y]), fps))
    expected = reference(y.astype(np.float64), fps)
    np.testing.assert_allclose(original.scaled(spectra)[: len(expected)], expected, atol=1e-6)


def test_facts_of_the_original() -> None:
    assert original.ALPHA == 0.125
    width = 22050 / (22050 // 60)
    assert round(50 * width) == 3004
    assert round(177 * width) == 10634
    order = list(range(128))
    random.Random(777).shuffle(order)
    assert original.shuffled(128, 777).tolist() == order
    assert original.scaled(np.zeros((1, 184)))[0, :4] == pytest.approx([-1, 1, 0, 0], abs=1e-4)
    with pytest.raises(ControlError, match="bins"):
        original.spectra(iter([]), 63)


def test_transitions_are_scheduled_as_in_the_original_and_never_hang_or_fail() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1, 1, 1, 2])
    shown = original.schedule(labels, 4)
    assert shown.a.tolist() == [0, 1, 2, 2, 2, 2, 6, 7, 7]
    assert shown.b.tolist() == [0, 1, 6, 6, 6, 6, 6, 8, 8]
    np.testing.assert_allclose(shown.x, [0, 0, 0, 1 / 3, 2 / 3, 1, 0, 0, 1 / 3])
    cut = original.schedule(labels, 0)
    assert (cut.a == np.arange(9)).all()
    assert (cut.a == cut.b).all()


def test_exact_controls_are_the_originals_frames() -> None:
    """z, class weights and truncation of plain frames and of transitions, jumps at their ends included."""
    director = made("spectrum", WIDE)
    p = set_to(type(director), exact=True, kinds=3, transition=0.333)
    director.survey(track(SONG, RATE, 30), p)
    frames = director._frames
    order = original.shuffled(128, 100)
    z = original.scaled(original.moving(original.spectra(track(SONG, RATE).sound(22050), 30)))[:, order]
    plain = next(k for k in range(40, 400) if frames.shown.a[k] == frames.shown.b[k])
    between = next(k for k in range(400) if frames.shown.a[k] != frames.shown.b[k]) + 3
    for k in (plain, between):
        a, b, x = frames.shown.a[k], frames.shown.b[k], frames.shown.x[k]
        one, two = frames.shades[a], frames.shades[b]
        expected = z[k] if a == b else (1 - x) * one.psi * z[a] + x * two.psi * z[b]
        controls = frames.at(k / 30, WIDE)
        np.testing.assert_allclose(controls.target[0], expected, atol=1e-6)
        np.testing.assert_allclose(controls.mix, (1 - x) * one.weights + x * two.weights, atol=1e-6)
        assert controls.exact
        latent = Walker(WIDE).step(0.0, controls, defaults(Walker))
        np.testing.assert_array_equal(latent.z, controls.target)  # the walker lets the exact z through
        np.testing.assert_array_equal(latent.mix, controls.mix)


def test_the_same_seed_gives_the_same_z_to_the_bit_and_another_shuffle_another() -> None:
    found = []
    for shuffle in (100, 100, 101):
        director = made("spectrum", SPEC)
        p = set_to(type(director), shuffle=shuffle)
        director.survey(track(SONG, RATE), p)
        found.append(np.array([c.target for c in run(director, heard(SONG)[:200], p)]).tobytes())
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("fps", [24, 25, 30, 50, 60, 120, 144])
def test_every_frame_rate_has_the_whole_of_z(fps: int) -> None:
    """The original has no z above 62 frames a second, and less of the band the slower it goes."""
    director = made("spectrum", SPEC)
    p = set_to(type(director))
    director.survey(track(SONG[: 4 * RATE], RATE, fps), p)
    last = run(director, heard(SONG)[:380], p, fps)[-1]
    assert last.target.shape == (3, 16)
    assert np.linalg.norm(last.target) > 0.1


def tone(hz: float, level: float = 0.2) -> F32:
    t = np.arange(3 * RATE) / RATE
    noise = 1e-3 * np.random.default_rng(0).standard_normal(len(t))
    return (noise + level * np.sin(2 * np.pi * hz * t) * (t > 1.5)).astype(np.float32)


def moved(sound: F32, first: int = 85, last: int = 150) -> float:
    """Radians from form in one frame to form in another, as the walker walks it without a walk of its own."""
    director, walker = made("spectrum", SPEC), Walker(SPEC)
    p, snapshot = set_to(type(director), speed=0.0), defaults(Walker)
    steps = [walker.step(1 / 60, c, snapshot).z for c in run(director, heard(sound), p)]
    return float(angles(unit(steps[first].astype(np.float64)), unit(steps[last].astype(np.float64))).mean())


def test_bass_moves_form_where_the_original_is_deaf() -> None:
    def seen(hz: float) -> float:
        spectra = original.moving(original.spectra(track(tone(hz), RATE).sound(22050), 60))[:, 50:178]
        return float(np.abs(spectra[150] - spectra[85]).max())

    assert seen(60.0) < 0.02 * seen(5000.0)
    assert moved(tone(60.0)) > 0.2
    assert moved(tone(5000.0)) > 0.2


def test_half_the_loudness_is_another_picture() -> None:
    t = np.arange(3 * RATE) / RATE
    sound = np.sin(2 * np.pi * 220 * t) * np.where(t < 2.0, 0.4, 0.2)
    assert moved(sound.astype(np.float32), 115, 140) > 0.03


def test_a_look_stays_for_its_dwell_time() -> None:
    for surveyed in (True, False):
        director = made("spectrum", SPEC)
        p = set_to(type(director), kinds=4, dwell=2.0)
        if surveyed:
            director.survey(track(SONG, RATE), p)
        looks, now = [], 0.0
        for f in heard(SONG):
            director.step(f, f.dt, p, 1.0)
            looks.append(director._look[1])
            now = f.t
        changes = np.flatnonzero(np.diff(looks)) * 512 / RATE
        assert len(set(looks)) > 1, "the song has kinds"
        assert np.diff(changes).min(initial=9.0) >= 1.9
        assert now > 15.0


def transition(seconds: float, kinds: Callable[[float], int]) -> F64:
    """Class weights and psi at 60 frames a second, while the kind of sound is `kinds` of the time."""
    director = made("spectrum", SPEC)
    director._own = [Shade(np.eye(10, dtype=np.float32)[k], 0.5 + 0.1 * k) for k in range(4)]
    dressed = [director._dress("own", kinds(n / 60), 1 / 60 / seconds if seconds else 1.0) for n in range(120)]
    return np.array([np.append(weights, psi) for weights, psi in dressed])


def test_class_and_psi_are_continuous_through_transitions_that_overlap() -> None:
    path = transition(0.5, lambda t: 0 if t < 0.5 else 1 if t < 0.75 else 2)
    steps = np.abs(np.diff(path, axis=0)).max(axis=1)
    assert steps.max() < 0.08
    assert steps[29:31].max() <= steps.max()  # joins are no faster than the inside
    assert path[44, 1] > 0.3, "the second began"
    np.testing.assert_allclose(path[-1], np.append(np.eye(10)[2], 0.7), atol=1e-6)


def test_no_transition_is_a_cut_and_one_at_the_very_end_does_not_fail() -> None:
    path = transition(0.0, lambda t: int(t >= 1.0))
    assert set(path[:, 1]) == {0.0, 1.0}
    assert np.isfinite(transition(5.0, lambda t: int(t >= 118 / 60))).all()


def test_palettes_take_any_real_weights_and_any_number_of_looks(tmp_path: Path) -> None:
    entries = "".join(
        f"[[look]]\npairs = [[{k % 10}, {1.501 - 0.05 * k}], [3, -1.305]]\npsi = 0.2203\n" for k in range(60)
    )
    file = tmp_path / "many.toml"
    file.write_text('title = "many"\n' + entries + '[[look]]\nclasses = { "class 7" = 1.4, unknown = 1.0 }\n')
    shades = read_palette(file, CLASSES)
    assert len(shades) == 61
    assert shades[0].weights[0] == np.float32(1.501)
    assert shades[0].weights[3] == np.float32(-1.305)
    assert shades[0].psi == 0.2203
    assert shades[-1].weights[7] == np.float32(1.4)


@pytest.mark.parametrize("text", ["", "[[look]]\ncolour = 1", "[[look]]\npsi = 'x'", "look = 3", "= ="])
def test_what_is_wrong_with_a_palette_is_said(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text)
    with pytest.raises(SetlistError, match="look"):
        read_palette(file, CLASSES)


def test_every_palette_that_ships_shows_classes_of_the_default_bundle() -> None:
    classes = tuple(Path("models/worlds/classes.txt").read_text().split())
    for name, path in palettes().items():
        shades = read_palette(path, classes)
        assert len(shades) >= 5, name
        assert len({shade.weights.tobytes() for shade in shades}) == len(shades), name


def test_looks_of_a_palette_reach_the_latent() -> None:
    spec = LatentSpec(("all",), (1,), 16, tuple(Path("models/worlds/classes.txt").read_text().split()))
    director, walker = made("spectrum", spec), Walker(spec)
    p = set_to(type(director), looks="reef")
    snapshot = Snapshot(dict(defaults(Walker).values))
    latents = [walker.step(1 / 60, c, snapshot) for c in run(director, heard(SONG)[:300], p)]
    shown = director._shades("reef")[director._look[1]]
    np.testing.assert_allclose(latents[-1].mix, shown.weights, atol=1e-5)
