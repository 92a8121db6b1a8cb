"""The second stage with a model: a small random one in the layout of diffusers, written and read by the test."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vj.core.errors import BundleError
from vj.core.types import F32, U8
from vj.generators.diffusion import flow
from vj.generators.diffusion.opening import open_painter
from vj.generators.diffusion.refine import Ask

torch = pytest.importorskip("torch", reason="the extra 'diffusion' is not installed: no torch")
pytest.importorskip("diffusers", reason="the extra 'diffusion' is not installed: no diffusers")
pytest.importorskip("transformers", reason="the extra 'diffusion' is not installed: no transformers")

from layouts import small_diffusion  # noqa: E402  needs all three

ASK = Ask((("ink", 1.0),), 0.5, 1, 1.0, 42)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the models `sd` and `sdxl` and the autoencoder `tiny`."""
    folder = tmp_path_factory.mktemp("models")
    for kind in ("sd", "sdxl"):
        small_diffusion.write_model(folder / kind, kind)
    small_diffusion.write_tiny_vae(folder / "tiny")
    return folder


@pytest.fixture
def picture() -> U8:
    return (np.random.default_rng(0).random((64, 128, 3)) * 255).astype(np.uint8)


def asked(**changes: Any) -> Ask:
    return Ask(**{**{name: getattr(ASK, name) for name in Ask.__dataclass_fields__}, **changes})


@pytest.mark.parametrize("kind", ["sd", "sdxl"])
@pytest.mark.parametrize("vae", [None, "tiny"])
def test_one_ask_is_one_painting_and_every_part_of_it_counts(
    models: Path, picture: U8, kind: str, vae: str | None
) -> None:
    painter = open_painter(models / kind, models / vae if vae else None, "cpu")
    painted = painter.paint(picture, ASK)
    assert painted.image.shape == picture.shape
    assert painted.image.dtype == np.uint8
    assert painted.latent.shape == (1, 4, 16, 32)
    again = open_painter(models / kind, models / vae if vae else None, "cpu").paint(picture, ASK)
    np.testing.assert_array_equal(painted.latent, again.latent)
    np.testing.assert_array_equal(painted.image, again.image)
    np.testing.assert_array_equal(painter.decode(painted.latent), painted.image)
    others = [
        {"prompts": (("neon", 1.0),)},
        {"prompts": (("neon", 0.5), ("ink", 0.5))},
        {"strength": 0.25},
        {"steps": 3},
        {"guidance": 7.5},
        {"seed": 43},
    ]
    for other in others:
        assert np.abs(painter.paint(picture, asked(**other)).latent - painted.latent).max() > 1e-4, other
    painter.close()


def test_half_of_two_prompts_is_between_them(models: Path, picture: U8) -> None:
    painter = open_painter(models / "sd", None, "cpu")
    ink, neon, both = (
        painter.paint(picture, asked(prompts=prompts, strength=1.0)).latent
        for prompts in ((("ink", 1.0),), (("neon", 1.0),), (("ink", 0.5), ("neon", 0.5)))
    )
    apart = np.linalg.norm(neon - ink)
    assert np.linalg.norm(both - (ink + neon) / 2) < 0.2 * apart
    painter.close()


def test_at_no_strength_nothing_is_added_or_asked(models: Path, picture: U8) -> None:
    """What comes back is what the autoencoder keeps of the picture, whatever the prompt."""
    painter = open_painter(models / "sd", None, "cpu")
    plain, other = (painter.paint(picture, asked(strength=0.0, prompts=((text, 1.0),))) for text in ("ink", "neon"))
    np.testing.assert_array_equal(plain.image, other.image)
    vae: Any = painter.net.vae  # type: ignore[attr-defined]
    with torch.inference_mode():
        given = torch.from_numpy(picture.astype(np.float32)).permute(2, 0, 1)[None] / 127.5 - 1
        kept = vae.decode(vae.encode(given).latent_dist.mode()).sample[0].permute(1, 2, 0)
    expected = ((kept.clamp(-1, 1) + 1) * 127.5).round().numpy()
    assert np.abs(plain.image - expected).max() <= 1
    little, half = (painter.paint(picture, asked(strength=strength)).latent for strength in (0.001, 0.5))
    assert np.abs(little - plain.latent).mean() < 0.1 * np.abs(half - plain.latent).mean()
    painter.close()


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of diffusers' own scheduler
@pytest.mark.parametrize("kind", ["epsilon", "v_prediction"])
def test_the_steps_are_those_of_the_library(tmp_path: Path, picture: U8, kind: str) -> None:
    """Four guided steps from pure noise, against Euler's scheduler of diffusers and a loop written here."""
    from diffusers import EulerDiscreteScheduler

    noise = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "prediction_type": kind}
    painter: Any = open_painter(small_diffusion.write_model(tmp_path / "sd", scheduler=noise), None, "cpu")
    latent = painter.paint(picture, asked(strength=1.0, steps=4, guidance=3.0)).latent
    scheduler = EulerDiscreteScheduler(timestep_spacing="trailing", num_train_timesteps=1000, **noise)
    scheduler.set_timesteps(4)
    feeds = {name: torch.from_numpy(a) for name, a in painter.feeds(picture, asked(guidance=3.0)).items()}
    drawn = np.random.default_rng(42).standard_normal((1, 4, 16, 32), np.float32)
    with torch.inference_mode():
        x = scheduler.add_noise(painter.net.encode(feeds["pixels"]), torch.from_numpy(drawn), scheduler.timesteps[:1])
        for t in scheduler.timesteps:
            given = scheduler.scale_model_input(torch.cat([x, x]), t)
            empty, told = painter.net.unet(given, t, encoder_hidden_states=feeds["words"]).sample.chunk(2)
            x = scheduler.step(empty + 3.0 * (told - empty), t, x).prev_sample
    np.testing.assert_allclose(latent, x.numpy(), atol=2e-3 * float(x.abs().max()))
    painter.close()


def test_pictures_keep_their_shape_at_the_size_the_model_was_taught_with(models: Path) -> None:
    painter = open_painter(models / "sd", None, "cpu")  # taught with 64 x 64, in steps of 8
    assert painter.fit(344, 192) == (88, 48)
    assert painter.fit(512, 512) == (64, 64)
    assert painter.fit(10, 4000) == (8, 1280)
    painter.close()


def test_a_warp_is_that_of_numpy(models: Path, picture: U8) -> None:
    painter = open_painter(models / "sd", None, "cpu")
    found = np.random.default_rng(1).normal(0, 6, (64, 128, 2)).astype(np.float32)
    moved, expected = (warp(picture.astype(np.float32), found) for warp in (painter.warp, flow.warp))
    assert np.abs(moved - expected).max() < 0.5
    painter.close()


class Recorded:
    """A card on the processor: it computes the graph again at each replay, and records what it was asked."""

    index = 0

    def __init__(self) -> None:
        self.asked: list[str] = []

    def pinned(self, shape: tuple[int, ...], dtype: Any) -> Any:
        return torch.empty(shape, dtype=dtype)

    empty = pinned

    def copy(self, target: Any, source: Any) -> None:
        target.copy_(source)
        self.asked.append("copy")

    def run(self, call: Callable[[], Any]) -> Any:
        return call()

    def capture(self, call: Callable[[], Any]) -> tuple[Any, Any]:
        self.asked.append("capture")
        made = call()
        return (call, made), made

    def replay(self, graph: Any) -> None:
        self.asked.append("replay")
        call, made = graph
        for buffer, value in zip(made, call(), strict=True):
            buffer.copy_(value)

    def wait(self) -> None:
        self.asked.append("wait")

    def release(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize("kind", ["sd", "sdxl"])
def test_as_a_graph_it_paints_the_same_and_is_captured_once(models: Path, picture: U8, kind: str) -> None:
    """New pictures, prompts, seeds and strengths are inputs of the graph; another number of steps is another graph."""
    from vj.generators.diffusion._model import Diffusion

    card = Recorded()
    plain, graph = open_painter(models / kind, None, "cpu"), Diffusion(models / kind, None, "cpu", card)
    others: list[dict[str, Any]] = [{}, {"strength": 0.8}, {"seed": 3}, {"prompts": (("neon", 1.0),)}]
    for other in others:
        np.testing.assert_array_equal(
            graph.paint(picture, asked(**other)).image, plain.paint(picture, asked(**other)).image
        )
    flipped = np.ascontiguousarray(picture[::-1])
    first = graph.paint(picture, ASK).image
    np.testing.assert_array_equal(graph.paint(flipped, ASK).image, plain.paint(flipped, ASK).image)
    np.testing.assert_array_equal(first, plain.paint(picture, ASK).image)
    assert card.asked.count("capture") == 1
    assert card.asked.count("replay") == len(others) + 2
    graph.paint(picture, asked(steps=2))
    assert card.asked.count("capture") == 2
    plain.close()
    graph.close()


def test_damaged_and_missing_weights_are_told_in_words(models: Path, tmp_path: Path) -> None:
    model = tmp_path / "sd"
    shutil.copytree(models / "sd", model)
    weights = model / "unet" / "diffusion_pytorch_model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BundleError, match="the weights cannot be read") as refused:
        open_painter(model, None, "cpu")
    assert refused.value.where == str(model)
    weights.write_bytes(whole)
    shutil.rmtree(model / "tokenizer")
    with pytest.raises(BundleError, match="the weights cannot be read"):
        open_painter(model, None, "cpu")


def test_half_precision_files_are_found(models: Path, tmp_path: Path, picture: U8) -> None:
    model = tmp_path / "sd"
    shutil.copytree(models / "sd", model)
    for part, stem in (
        ("unet", "diffusion_pytorch_model"),
        ("vae", "diffusion_pytorch_model"),
        ("text_encoder", "model"),
    ):
        (model / part / f"{stem}.safetensors").rename(model / part / f"{stem}.fp16.safetensors")
    expected = open_painter(models / "sd", None, "cpu").paint(picture, ASK).image
    np.testing.assert_array_equal(open_painter(model, None, "cpu").paint(picture, ASK).image, expected)


def test_the_arrays_of_a_prompt_are_kept(models: Path, picture: U8) -> None:
    """A graph copies only what is another array."""
    painter: Any = open_painter(models / "sd", None, "cpu")
    one, two = painter.feeds(picture, ASK), painter.feeds(picture[::-1], ASK)
    for name in ("noise", "words", "times", "sigmas", "guidance"):
        assert one[name] is two[name], name
        array: F32 = one[name]
        assert array.dtype == np.float32
    assert one["pixels"] is not two["pixels"]
