"""The second stage without a model: which pictures are painted, how those between follow, what is asked for."""

import json
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from vj.core.errors import BundleError
from vj.core.install import extra
from vj.core.params import Snapshot, Values, defaults
from vj.core.types import F32, U8
from vj.generators.diffusion import flow
from vj.generators.diffusion.opening import open_painter, read_model
from vj.generators.diffusion.refine import Ask, Key, Painted, Refine, arc, ask_of
from vj.generators.diffusion.schedule import Schedule

ASK = Ask((("ink", 1.0),), 0.5, 1, 1.0, 42)
HEIGHT, WIDTH = 96, 160


def values(**more: object) -> Values:
    asked = {"/refine/on": True, **{f"/refine/{name}": value for name, value in more.items()}}
    return Snapshot({**defaults(Refine).values, **asked}).of(Refine)  # type: ignore[dict-item]


class Engraver:
    """A painter without a model: what it paints sticks to what is in the picture, and flickers as it is told to.

    Its size is that of the pictures, or `size`. Its latents are (0, ten times the number of the painting).
    """

    def __init__(self, flicker: float = 0.0, size: tuple[int, int] | None = None) -> None:
        self.painted: list[Key | U8] = []
        self._flicker, self._size = flicker, size
        self._luck = np.random.default_rng(5)

    def fit(self, width: int, height: int) -> tuple[int, int]:
        return self._size or (width, height)

    def paint(self, image: U8, ask: Ask) -> Painted:
        self.painted.append(image)
        pixels = image.astype(np.float32)
        fine = pixels - gaussian_filter(pixels, (3, 3, 0))
        texture = gaussian_filter(self._luck.standard_normal(image.shape[:2]), 1.5)
        result = pixels + 1.5 * fine + self._flicker * (texture / texture.std())[..., None]
        return Painted(np.clip(result, 0, 255).astype(np.uint8), np.array([0.0, 10 * len(self.painted)], np.float32))

    def decode(self, latent: F32) -> U8:
        return np.full((HEIGHT, WIDTH, 3), round(float(latent[1])), np.uint8)

    def warp(self, pixels: F32, found: F32) -> F32:
        return flow.warp(pixels, found)

    def close(self) -> None:
        """Nothing is held."""


def film(count: int, right: float = 3.0, down: float = 1.0) -> list[U8]:
    """Pictures of a scenery that goes by, so many pixels a picture."""
    noise = np.random.default_rng(2).standard_normal((HEIGHT + 80, WIDTH + 200, 3))
    rich = sum(s * gaussian_filter(noise, (s, s, 0)) for s in (1.5, 4, 10))
    wide = np.asarray(40 + 170 * (rich - rich.min()) / np.ptp(rich)).astype(np.uint8)
    corners = [(round(n * down), round(n * right)) for n in range(count)]
    return [wide[y : y + HEIGHT, x : x + WIDTH] for y, x in corners]


def refined(pictures: list[U8], painter: Engraver, **more: object) -> list[U8]:
    """Each picture, refined as a render does it."""
    stage, p, shown = Refine(painter), values(**more), []
    for picture in pictures:
        key = stage.step(picture, False, ASK, p)
        if key is not None:
            stage.arrive(key, painter.paint(key.image, key.ask))
        shown.append(stage.show(p))
    return shown


def incoherence(shown: list[U8], right: float = 3.0, down: float = 1.0) -> float:
    """Mean E_warp along the true motion, in levels, away from the edges where things come in."""
    weight = np.zeros((HEIGHT, WIDTH), np.float32)
    weight[16:-16, 16:-16] = 1
    true = np.full((HEIGHT, WIDTH, 2), (right, down), np.float32)
    errors = [flow.warping_error(a, b, true, weight) for a, b in pairwise(shown)]
    return 255 * float(np.mean(errors))


@pytest.mark.parametrize("every", [1, 3, 4])
def test_every_nth_picture_is_painted(every: int) -> None:
    painter, pictures = Engraver(), film(10)
    refined(pictures, painter, every=every)
    assert len(painter.painted) == -(-10 // every)
    for image, picture in zip(painter.painted, pictures[::every], strict=True):
        np.testing.assert_array_equal(image, picture)


def test_painted_alone_each_picture_is_what_the_painter_made_of_it() -> None:
    pictures = film(4)
    for shown, picture in zip(refined(pictures, Engraver(), every=1), pictures, strict=True):
        np.testing.assert_array_equal(shown, Engraver().paint(picture, ASK).image)


def test_off_at_no_strength_and_unblended_the_picture_is_the_generators() -> None:
    pictures = film(3)
    for more in ({"on": False}, {"blend": 0.0}):
        for shown, picture in zip(refined(pictures, Engraver(), **more), pictures, strict=True):
            np.testing.assert_array_equal(shown, picture)
    painter, stage = Engraver(size=(32, 32)), None
    stage = Refine(painter)
    assert stage.step(pictures[0], False, Ask(ASK.prompts, 0.0, 1, 1.0, 42), values()) is None
    assert stage.show(values()) is pictures[0]


def test_half_a_blend_is_half_way() -> None:
    (picture,) = film(1)
    whole, half = (refined([picture], Engraver(), blend=b)[0].astype(int) for b in (1.0, 0.5))
    assert np.abs(2 * half - whole - picture).max() <= 2
    assert np.abs(whole - picture).mean() > 2


def test_pictures_between_move_with_the_generator() -> None:
    """What was painted is where its part of the scenery is now, not where it was."""
    pictures = film(4)
    shown = refined(pictures, Engraver(), every=8)[3]
    ideal, stuck = Engraver().paint(pictures[3], ASK).image, Engraver().paint(pictures[0], ASK).image
    inner = (slice(12, -12), slice(20, -20))
    missed = np.abs(shown[inner].astype(int) - ideal[inner]).mean()
    assert missed < 0.25 * np.abs(pictures[3][inner].astype(int) - ideal[inner]).mean()
    assert missed < 0.05 * np.abs(stuck[inner].astype(int) - ideal[inner]).mean()


@pytest.mark.parametrize("flicker", [0.0, 12.0])
def test_carried_pictures_are_more_coherent_than_faded_ones_and_than_painting_each(flicker: float) -> None:
    pictures = film(17)
    flow = incoherence(refined(pictures, Engraver(flicker), every=4))
    fade = incoherence(refined(pictures, Engraver(flicker), every=4, between="fade"))
    each = incoherence(refined(pictures, Engraver(flicker), every=1))
    assert flow < 0.3 * fade
    assert flow < (0.6 * each if flicker else 2.5)
    assert incoherence(pictures) < 0.01


def test_a_flash_is_not_late() -> None:
    """Light comes from the generator at once, whichever pictures are painted."""
    pictures = film(6, 0.0, 0.0)
    pictures[2] = np.clip(pictures[2].astype(int) + 40, 0, 255).astype(np.uint8)
    means = [shown.mean() for shown in refined(pictures, Engraver(), every=4)]
    assert means[2] - means[1] > 35
    assert abs(means[3] - means[1]) < 2
    late = [shown.mean() for shown in refined(pictures, Engraver(), every=4, between="fade")]
    assert late[2] - late[1] < 5


def test_a_new_painting_takes_over_within_n_pictures() -> None:
    """Two paintings of a picture that stands all but still: the second is there in steps, and wholly in the end."""
    pictures = film(1) * 8
    pictures[4:] = [np.clip(pictures[0].astype(int) + 1, 0, 255).astype(np.uint8)] * 4
    shown = refined(pictures, Engraver(20.0), every=4)
    painter = Engraver(20.0)
    first, second = (painter.paint(pictures[n], ASK).image.astype(int) for n in (0, 4))
    for n, share in enumerate((0.25, 0.5, 0.75, 1.0)):
        expected = first + 1 + share * (second - first - 1)
        assert np.abs(shown[4 + n] - expected).mean() < 1.0


def test_the_same_calls_give_the_same_pictures_and_reset_forgets() -> None:
    pictures = film(6)
    np.testing.assert_array_equal(refined(pictures, Engraver(9.0), every=3), refined(pictures, Engraver(9.0), every=3))
    stage, p = Refine(Engraver()), values(every=3)
    for picture in pictures:
        key = stage.step(picture, False, ASK, p)
        if key:
            stage.arrive(key, Engraver().paint(key.image, ASK))
    stage.reset()
    assert stage.step(pictures[0], False, ASK, p) is not None
    assert stage.show(p) is not None


def test_a_painting_that_comes_late_is_carried_to_the_newest_picture() -> None:
    """Live: the painter is at work for three pictures, which are shown as they are; then all at once it fits."""
    painter, stage, p, pictures = Engraver(), Refine(Engraver()), values(every=1), film(8)
    key = stage.step(pictures[0], False, ASK, p)
    assert key is not None
    for picture in pictures[1:4]:
        assert stage.step(picture, False, ASK, p) is None, "one key is on its way at a time"
        np.testing.assert_array_equal(stage.show(p), picture)
    stage.arrive(key, painter.paint(key.image, key.ask))
    newer = stage.step(pictures[4], False, ASK, p)
    assert newer is not None
    np.testing.assert_array_equal(newer.image, pictures[4])  # the newest, not the oldest that was not painted
    ideal, inner = painter.paint(pictures[4], ASK).image, (slice(12, -12), slice(20, -20))
    missed = np.abs(stage.show(p)[inner].astype(int) - ideal[inner]).mean()
    assert missed < 0.3 * np.abs(pictures[4][inner].astype(int) - ideal[inner]).mean()


def test_a_painting_that_failed_or_nobody_waits_for_is_let_go() -> None:
    painter, p, pictures = Engraver(), values(every=1), film(4)
    stage = Refine(painter)
    first = stage.step(pictures[0], False, ASK, p)
    assert first is not None
    stage.arrive(first, None)
    second = stage.step(pictures[1], False, ASK, p)
    assert second is not None
    assert stage.step(pictures[2], True, ASK, p) is not None, "a cut asks anew"
    stage.arrive(second, painter.paint(second.image, ASK))
    np.testing.assert_array_equal(stage.show(p), pictures[2])


def test_a_frozen_picture_is_painted_once_and_again_for_another_prompt() -> None:
    painter, stage, p = Engraver(), Refine(Engraver()), values(every=2)
    (picture,) = film(1)
    asked = [stage.step(picture, False, ASK, p)]
    assert asked[0] is not None
    stage.arrive(asked[0], painter.paint(picture, ASK))
    assert [stage.step(picture, False, ASK, p) for _ in range(5)] == [None] * 5
    assert stage.step(picture, False, Ask((("neon", 1.0),), 0.5, 1, 1.0, 42), p) is not None


def test_pictures_may_change_their_size_in_mid_show() -> None:
    painter, pictures = Engraver(), film(6)
    smaller = [*pictures[:3], *(flow.resize_picture(picture, 48, 80) for picture in pictures[3:])]
    shown = refined(smaller, painter, every=4)
    assert [image.shape[:2] for image in shown] == [(96, 160)] * 3 + [(48, 80)] * 3
    assert {image.shape[:2] for image in refined(smaller, Engraver(size=(64, 32)), every=4)} == {(32, 64)}


def test_between_latents_is_an_arc_and_pictures_are_decoded_from_it() -> None:
    a, b = np.array([3.0, 0.0], np.float32), np.array([0.0, 5.0], np.float32)
    np.testing.assert_allclose(arc(a, b, 0.5), 4.0 * np.sqrt([0.5, 0.5]), rtol=1e-6)
    np.testing.assert_array_equal(arc(a, b, 1.0), b)
    np.testing.assert_allclose(arc(a, 2 * a, 0.5), 1.5 * a)
    np.testing.assert_allclose(arc(a, -a, 0.5), 0.0)
    pictures = film(1) * 2 + film(3)[1:2] * 2
    shown = refined(pictures, Engraver(), every=2, between="latent")
    assert [int(image.mean()) for image in shown] == [10, 10, 15, 20]


def test_the_prompt_names_the_classes_that_are_on() -> None:
    classes = ("ink", "neon_city", "flame")
    p = values(prompt="a {class}, bright")
    ask = ask_of(p, np.array([0.0, 0.5, 1.5], np.float32), classes, {"flame": "wall of fire"})
    assert ask.prompts == (("a wall of fire, bright", 0.75), ("a neon city, bright", 0.25))
    assert ask_of(p, np.array([1.0, 1e-3, 0.0], np.float32), classes, {}).prompts == (("a ink, bright", 1.0),)
    assert ask_of(p, np.zeros(3, np.float32), classes, {}).prompts == (("a ink, bright", 1.0),)
    assert ask_of(p, np.array([-1.0, 2.0, np.nan], np.float32), classes, {}).prompts == (("a neon city, bright", 1.0),)
    plain = ask_of(values(prompt="plain {0.__class__}"), np.ones(3, np.float32), classes, {})
    assert plain.prompts == (("plain {0.__class__}", 1.0),)
    assert (plain.strength, plain.steps, plain.guidance, plain.seed) == (0.5, 1, 1.0, 42)


def test_steps_begin_at_the_strength_and_end_without_noise() -> None:
    schedule = Schedule({"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"})
    times, sigmas = schedule.strides(1.0, 4)
    assert times.tolist() == [999, 749, 499, 249]
    assert sigmas[0] == pytest.approx(14.6146, abs=1e-3)  # the well-known end of Stable Diffusion's schedule
    assert sigmas[-1] == 0.0
    assert np.all(np.diff(sigmas) < 0)
    assert schedule.strides(0.5, 1)[0].tolist() == [499]
    assert schedule.strides(0.002, 12)[0].tolist() == [1, 0]
    nothing = schedule.strides(0.0, 4)
    assert len(nothing[0]) == 0
    assert nothing[1].tolist() == [0.0]


def write_skeleton(folder: Path, weights: str = "diffusion_pytorch_model.safetensors") -> Path:
    """The files of a model folder that are looked at before any weights are read."""
    parts = {"unet": "UNet2DConditionModel", "vae": "AutoencoderKL", "text_encoder": "CLIPTextModel"}
    for part, kind in parts.items():
        (folder / part).mkdir(parents=True)
        named = {"architectures": [kind]} if part == "text_encoder" else {"_class_name": kind}
        (folder / part / "config.json").write_text(json.dumps(named))
        (folder / part / weights).write_bytes(b"")
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text("{}")
    (folder / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    return folder


@pytest.mark.parametrize("weights", ["diffusion_pytorch_model.bin", "model.ckpt", "weights.pt"])
def test_pickled_weights_are_refused(tmp_path: Path, weights: str) -> None:
    with pytest.raises(BundleError, match="is pickled, and a pickle can run any program") as refused:
        open_painter(write_skeleton(tmp_path, weights))
    assert refused.value.where == str(tmp_path / "unet")
    assert "safetensors" in refused.value.hint


def test_folders_that_are_no_model_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"there is no model_index\.json") as refused:
        open_painter(tmp_path / "nowhere")
    assert "layout of diffusers" in refused.value.hint
    model = write_skeleton(tmp_path / "model")
    assert set(read_model(model)) == {"unet", "vae", "text_encoder", "scheduler"}
    (model / "vae" / "config.json").write_text('{"_class_name": "Gadget"}')
    with pytest.raises(BundleError, match="the vae is a 'Gadget'"):
        open_painter(model)
    (model / "vae" / "config.json").write_text("{")
    with pytest.raises(BundleError, match=r"config\.json is damaged"):
        open_painter(model)
    (model / "model_index.json").write_text('{"_class_name": "FluxPipeline"}')
    with pytest.raises(BundleError, match="this is a FluxPipeline, not a Stable Diffusion"):
        open_painter(model)
    empty = write_skeleton(tmp_path / "empty", "notes.txt")
    with pytest.raises(BundleError, match="the unet has no weights"):
        open_painter(empty)


def test_without_the_packages_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "diffusers", None)
    for name in [name for name in sys.modules if name.startswith("vj.generators.diffusion._")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(BundleError, match="the second stage needs the package") as refused:
        open_painter(write_skeleton(tmp_path))
    assert refused.value.where == "--refine"
    assert refused.value.hint == extra("diffusion")
