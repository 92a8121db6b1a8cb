"""Training on a film: what is read, what is learnt, that it can be interrupted, and the bundle that comes of it."""

import json
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from vj.apps.models import train as train_app
from vj.core.errors import VjError
from vj.core.types import U8, Latent
from vj.generators.bundle.manifest import read_bundle
from vj.generators.bundle.opening import open_generator
from vj.generators.bundle.verify import findings
from vj.workshop.film import _frames, _graph, _scenes, _sheet, _train
from vj.workshop.film import bundle as film
from vj.workshop.film._frames import kept, pictures
from vj.workshop.film._net import GROUPS, Autoencoder, Shape
from vj.workshop.film._scenes import Scenes, clustered, scenes
from vj.workshop.film._train import Lesson, Plan

SIZE = (64, 32)
COUNT = 240
Z = 4


def disc(k: int, size: tuple[int, int] = (96, 48)) -> U8:
    """A disc on its way round in a light that comes and goes: red on blue in the first half, then green on grey."""
    width, height = size
    angle = 2 * np.pi * k / 60
    x, y = width * (0.5 + 0.3 * np.cos(angle)), height * (0.5 + 0.25 * np.sin(angle))
    rows, columns = np.mgrid[:height, :width]
    inside = ((columns - x) ** 2 + (rows - y) ** 2 < (height / 5) ** 2)[..., None]
    ink, paper = ((230, 60, 30), (20, 30, 110)) if k < COUNT // 2 else ((60, 210, 80), (90, 90, 95))
    return (np.where(inside, ink, paper) * (1 + 0.1 * np.sin(k / 7))).astype(np.uint8)


def write_film(path: Path, images: list[U8]) -> Path:
    """An H.264 film of the pictures."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"crf": "12", "threads": "1"})
        stream.width, stream.height = images[0].shape[1], images[0].shape[0]
        stream.pix_fmt = "yuv420p"
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("movie") / "discs.mp4", [disc(k) for k in range(COUNT)])


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    film.use_threads(1)


def asked(movie: Path, steps: int = 260) -> film.Asked:
    return film.Asked(movie, SIZE, steps=steps, z=Z, count=2, width=8)


def trained(folder: Path, movie: Path, steps: int) -> film.Course:
    """A training and what it said."""
    made = film.Course(folder, asked(movie, steps))
    losses: list[float] = []
    assert made.train(600.0, lambda step, steps, figures: losses.append(figures["loss"]))
    assert len(losses) == steps
    made.figures["first"], made.figures["last"] = float(np.mean(losses[:10])), losses[-1]
    return made


@pytest.fixture(scope="module")
def course(movie: Path, tmp_path_factory: pytest.TempPathFactory) -> film.Course:
    """A training of some seconds on small batches, in which scenes and colours are learnt."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_train, "BATCH", 8)
        return trained(tmp_path_factory.mktemp("course"), movie, 240)


@pytest.fixture(scope="module")
def long_course(movie: Path, tmp_path_factory: pytest.TempPathFactory) -> film.Course:
    """One that is long enough for how well a film is learnt."""
    return trained(tmp_path_factory.mktemp("long"), movie, 400)


@pytest.fixture(scope="module")
def bundle(course: film.Course, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / "discs"
    course.write(folder, "discs")
    return folder


# What is read.


def test_frames_are_the_films_own_in_order(movie: Path, tmp_path: Path) -> None:
    images = kept(movie, tmp_path, (96, 48), 4000, lambda what: None)
    assert images.shape == (COUNT, 48, 96, 3)
    for k in (0, 60, 200):
        assert np.abs(images[k].astype(int) - disc(k)).mean() < 4
    assert isinstance(images, np.memmap)


def test_frames_are_evenly_chosen_and_read_once(movie: Path, tmp_path: Path) -> None:
    said: list[str] = []
    images = kept(movie, tmp_path, (96, 48), 40, said.append)
    for k, image in enumerate(images):
        assert np.abs(image.astype(int) - disc(6 * k + 3)).mean() < 4
    stamp = (tmp_path / "frames.npy").stat().st_mtime_ns
    kept(movie, tmp_path, (96, 48), 40, said.append)
    assert (tmp_path / "frames.npy").stat().st_mtime_ns == stamp
    assert len(kept(movie, tmp_path, (96, 48), 30, said.append)) == 30


def test_key_frames_do_where_they_are_many(tmp_path: Path) -> None:
    path = tmp_path / "keys.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"g": "2", "bf": "0", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = 96, 48, "yuv420p"
        for k in range(80):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(disc(k), format="rgb24")))
        container.mux(stream.encode(None))
    found = list(pictures(path, 20, None))
    assert len(found) == 20
    assert all(np.abs(image.astype(int) - disc(4 * k + 2)).mean() < 8 for k, image in enumerate(found))


@pytest.mark.parametrize(
    ("film_size", "width", "height"), [((180, 100), 190, 106), ((100, 178), 106, 188), ((300, 60), 316, 64)]
)
def test_a_films_own_shape_is_kept(tmp_path: Path, film_size: tuple[int, int], width: int, height: int) -> None:
    path = write_film(tmp_path / "film.mp4", [disc(k, film_size) for k in range(3)])
    found = _frames.usual_size(path)
    assert found == (width, height)
    assert found[0] / found[1] == pytest.approx(film_size[0] / film_size[1], rel=0.03)


def test_oblong_pixels_are_shown_square(tmp_path: Path) -> None:
    path = tmp_path / "wide.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.sample_aspect_ratio = Fraction(2)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(disc(0, (64, 64)), format="rgb24")))
        container.mux(stream.encode(None))
    assert next(pictures(path, 1, None)).shape == (64, 128, 3)


def test_another_shape_is_filled_and_not_stretched(tmp_path: Path) -> None:
    bars = np.zeros((40, 120, 3), np.uint8)
    bars[:, 40:80] = 200
    Image.fromarray(bars).save(tmp_path / "a.png")
    (image,) = pictures(tmp_path, 9, (40, 40))
    assert image.shape == (40, 40, 3)
    assert image.min() > 180


def test_pictures_of_a_folder_go_by_their_numbers(tmp_path: Path) -> None:
    for k in range(0, 24):
        Image.fromarray(np.full((40, 60, 3), 10 * k, np.uint8)).save(tmp_path / f"image_{k}.png")
    means = [image.mean() for image in pictures(tmp_path, 99, (48, 32))]
    assert np.allclose(means, 10 * np.arange(24), atol=1.5)
    assert np.allclose([image.mean() for image in pictures(tmp_path, 3, None)], [40, 120, 200], atol=1.5)


def told(source: Path, folder: Path, size: tuple[int, int] | None = None) -> VjError:
    with pytest.raises(VjError) as raised:
        kept(source, folder, size, 100, lambda what: None)
    assert raised.value.where
    assert raised.value.hint
    return raised.value


def test_bad_films_are_told_in_three_parts(movie: Path, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("this is no film")
    assert "cannot read the film" in told(tmp_path / "text.mp4", tmp_path / "a").what
    assert "no such film" in told(tmp_path / "none.mp4", tmp_path / "b").what
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no picture" in told(empty, tmp_path / "c").what
    (empty / "broken.png").write_bytes(b"\x89PNG nothing")
    assert "broken.png" in told(empty, tmp_path / "d").what
    assert "no size" in told(movie, tmp_path / "e", (20, 4000)).what


def test_films_without_pictures_worth_it_are_told(tmp_path: Path) -> None:
    few = write_film(tmp_path / "few.mp4", [disc(k) for k in range(5)])
    assert "only 5 pictures" in told(few, tmp_path / "a").what
    black = write_film(tmp_path / "black.mp4", [np.zeros((48, 96, 3), np.uint8)] * 40)
    assert "40 black ones" in told(black, tmp_path / "b").what
    still = write_film(tmp_path / "still.mp4", [disc(0)] * 40)
    assert "the same" in told(still, tmp_path / "c").what
    sound = tmp_path / "sound.wav"
    with av.open(str(sound), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    assert "no picture" in told(sound, tmp_path / "d").what


# What is learnt.


def likeness(course: film.Course) -> tuple[float, float, float]:
    """PSNR in dB of the film's pictures as the trained network and an untrained one give them, and as the mean of each
    half of the film: all that can be known of them without where the disc is."""
    torch.manual_seed(3)
    nets = course.lesson.mean, Autoencoder(course.shape)
    images = course.images[:].astype(np.float32)
    halves = images.reshape(2, COUNT // 2, *images.shape[1:])
    off = ((halves - halves.mean(1, keepdims=True)) ** 2).mean((2, 3, 4))
    ours, theirs = (_sheet.psnr(net, course.images) for net in nets)
    return ours, theirs, float((10 * np.log10(255**2 / off)).mean())


def test_the_loss_falls_and_reconstructions_come_near(course: film.Course) -> None:
    assert course.figures["last"] < 0.5 * course.figures["first"]
    assert course.figures["kl"] > 1.0
    ours, theirs, without_place = likeness(course)
    assert ours > without_place + 0.5 > theirs + 8


@pytest.mark.slow
def test_reconstructions_come_nearer_the_longer_it_learns(long_course: film.Course) -> None:
    ours, theirs, without_place = likeness(long_course)
    assert ours > without_place + 8 > theirs + 8


def test_divergence_is_that_of_normals() -> None:
    """Against torch's own, and against the mean of log density ratios."""
    rng = torch.Generator().manual_seed(0)
    mean, logvar = torch.randn(5, 7, generator=rng), torch.randn(5, 7, generator=rng)
    q = torch.distributions.Normal(mean, (0.5 * logvar).exp())
    p = torch.distributions.Normal(torch.zeros(5, 7), torch.ones(5, 7))
    theirs = torch.distributions.kl_divergence(q, p).mean(0)
    assert torch.allclose(_train.divergence(mean, logvar), theirs, rtol=1e-5)


class SeedAutoencoder(torch.nn.Module):
    """The earlier system's: dense 100, a plain code without a prior, dense 100, sigmoid."""

    def __init__(self, pixels: int, code: int) -> None:
        super().__init__()
        relu, dense = torch.nn.ReLU, torch.nn.Linear
        self.encoder = torch.nn.Sequential(dense(pixels, 100), relu(), dense(100, code))
        self.decoder = torch.nn.Sequential(dense(code, 100), relu(), dense(100, pixels), torch.nn.Sigmoid())


def nearest(made: U8, data: U8) -> float:
    """Mean distance of each of `made` to the nearest of `data`, as root mean square of 8-bit values."""
    flat = [images[:].reshape(len(images), -1).astype(np.float32) for images in (made, data)]
    return float(np.mean([np.sqrt(((flat[1] - one) ** 2).mean(1).min()) for one in flat[0]]))


def sampled(course: film.Course, net: Autoencoder) -> U8:
    """32 pictures of standard normal z of each of the two scenes."""
    rng, found = np.random.default_rng(1), course.scenes()
    return np.concatenate([_sheet.samples(net, found, k, 32, rng) for k in range(2)])


def test_samples_lie_near_the_film_and_differ(course: film.Course) -> None:
    ours = sampled(course, course.lesson.mean)
    torch.manual_seed(3)
    theirs = sampled(course, Autoencoder(course.shape))
    assert nearest(ours, course.images) < 0.75 * nearest(theirs, course.images)
    assert np.abs(ours[:32].astype(float) - ours[:32].mean(0)).mean() > 3, "samples differ from each other"


@pytest.mark.slow
def test_samples_lie_nearer_to_the_film_than_those_of_the_seed(long_course: film.Course) -> None:
    """Standard normal z for both; the seed's network is trained here as it was, for as many pictures."""
    torch.manual_seed(1)
    data = torch.tensor(long_course.images[:]).float().flatten(1) / 255
    seed = SeedAutoencoder(data.shape[1], 10)
    optimiser = torch.optim.Adam(seed.parameters())
    for step in range(600):
        chosen = data[torch.randint(len(data), (20,), generator=torch.Generator().manual_seed(step))]
        loss = torch.nn.functional.binary_cross_entropy(seed.decoder(seed.encoder(chosen)), chosen)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        made = seed.decoder(torch.randn(64, 10, generator=torch.Generator().manual_seed(9)))
    theirs = nearest((made.reshape(64, SIZE[1], SIZE[0], 3) * 255).byte().numpy(), long_course.images)
    ours = sampled(long_course, long_course.lesson.mean)
    assert nearest(ours, long_course.images) < 0.8 * theirs
    assert np.abs(ours[:32].astype(float) - ours[:32].mean(0)).mean() > 3, "samples differ from each other"


def test_scenes_are_the_films_halves(course: film.Course) -> None:
    found = course.scenes()
    assert found.names == ["scene 1", "scene 2"]
    assert np.mean(found.label == (np.arange(COUNT) >= COUNT // 2)) > 0.95


def test_clusters_are_found_and_numbered_as_they_come() -> None:
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.standard_normal((50, 3)) + at for at in ((9, 0, 0), (0, 9, 0), (0, 0, 9))])
    assert np.array_equal(clustered(points, 3, 1), np.repeat([0, 1, 2], 50))
    assert clustered(np.zeros((20, 3)), 4, 1).max() == 0


@pytest.fixture(scope="module")
def drawn() -> tuple[Scenes, np.ndarray]:
    """Scenes of made-up latents whose groups depend on each other, and the latents."""
    rng = np.random.default_rng(2)
    blend = np.eye(3 * Z) + 0.4 * rng.standard_normal((3 * Z, 3 * Z))
    latents = (rng.standard_normal((4000, 3 * Z)) @ blend + np.repeat([[0.0], [6.0]], 2000, 0)).astype(np.float32)
    return scenes(latents, np.full_like(latents, 0.01), np.repeat([0, 1], 2000)), latents


def test_unit_normal_z_comes_out_where_the_film_lies(drawn: tuple[Scenes, np.ndarray]) -> None:
    """Means and covariances of what z become agree with the latents', scene by scene, between groups too."""
    found, latents = drawn
    z = np.random.default_rng(3).standard_normal((20000, 3, Z)).astype(np.float32)
    for k, part in enumerate((latents[:2000], latents[2000:])):
        made = found.styles(z, np.tile(np.eye(2, dtype=np.float32)[k], (len(z), 1))) @ found.whole
        spread = part.std(0).max()
        assert np.abs(made.mean(0) - part.mean(0)).max() < 0.05 * spread
        wanted = np.cov(part.T) + 0.01 * np.eye(3 * Z)
        assert np.abs(np.cov(made.T) - wanted).max() < 0.15 * spread**2


def test_the_films_own_latents_are_unit_normal_before_the_mapper(drawn: tuple[Scenes, np.ndarray]) -> None:
    """Led back through spread and mean, the latents of a scene have mean 0, deviation 1, and groups apart."""
    found, latents = drawn
    styles = latents[:2000] @ np.linalg.inv(found.whole) - found.means[0]
    z = np.concatenate(
        [styles[:, g * Z : (g + 1) * Z] @ np.linalg.inv(found.spreads[0, g]) for g in range(len(GROUPS))], 1
    )
    assert np.abs(z.mean(0)).max() < 0.01
    assert np.abs(np.corrcoef(z.T) - np.eye(3 * Z)).max() < 0.12
    assert np.abs(z.std(0) - 1).max() < 0.1


def test_a_flash_does_not_widen_a_scene() -> None:
    """One picture in twenty that is far off: the spread is that of the others, where a plain covariance is not."""
    rng = np.random.default_rng(5)
    latents = rng.standard_normal((2000, 3 * Z)).astype(np.float32)
    latents[::20] += 15.0
    found = scenes(latents, np.full_like(latents, 1e-3), np.zeros(2000, np.int64))
    made = found.styles(rng.standard_normal((9000, 3, Z)).astype(np.float32), np.ones((9000, 1), np.float32))
    made = made @ found.whole
    assert latents.std(0).min() > 3
    assert made.std(0).max() < 1.6
    assert np.abs(made.mean(0)).max() < 0.3


# Interruption.


def test_resumed_equals_uninterrupted_bit_for_bit(movie: Path, tmp_path: Path) -> None:
    whole = film.Course(tmp_path / "whole", asked(movie, 12))
    whole.train(600.0, lambda *said: None)
    images = whole.images
    parts = Lesson.new(whole.lesson.plan)
    for stop in (5, 9, 12):
        _train.train(parts, images, 600.0, lambda stop=stop, now=parts: now.step >= stop, lambda *said: None)
        parts.keep(tmp_path / "lesson.pt")
        again = Lesson.new(Plan(parts.plan.shape, 12, seed=7))
        again.plan = parts.plan
        again.resume(tmp_path / "lesson.pt")
        parts = again
    assert parts.step == 12
    for name in ("net", "mean"):
        ours, theirs = (getattr(lesson, name).state_dict() for lesson in (parts, whole.lesson))
        assert all(torch.equal(ours[key], theirs[key]) for key in theirs), name


def test_ctrl_c_ends_after_a_whole_step_and_leaves_a_bundle(movie: Path, tmp_path: Path) -> None:
    import signal

    course = film.Course(tmp_path / "course", asked(movie, 50))
    before = signal.getsignal(signal.SIGINT)
    done = course.train(600.0, lambda step, *said: signal.raise_signal(signal.SIGINT) if step == 3 else None)
    assert not done
    assert course.lesson.step == 3
    assert signal.getsignal(signal.SIGINT) is before
    course.write(tmp_path / "bundle", "discs")
    assert not [finding.text for finding in findings(tmp_path / "bundle") if finding.fault]
    again = film.Course(tmp_path / "course", film.Asked(movie), "resume")
    assert again.lesson.step == 3
    assert again.asked.steps == 50
    assert again.shape == course.shape
    with pytest.raises(VjError, match="already"):
        film.Course(tmp_path / "course", asked(movie, 50))
    with pytest.raises(VjError, match="no such film"):
        film.Course(tmp_path / "course", asked(movie.with_name("mistyped.mp4")), "anew")
    damaged = (tmp_path / "course" / "lesson.pt").read_bytes()[:5000]
    assert film.Course(tmp_path / "course", asked(movie, 50), "anew").lesson.step == 0
    with pytest.raises(VjError, match="no training to resume"):
        film.Course(tmp_path / "course", asked(movie), "resume")
    (tmp_path / "course" / "lesson.pt").write_bytes(damaged)
    with pytest.raises(VjError, match="damaged"):
        film.Course(tmp_path / "course", asked(movie), "resume")


# The bundle.


def picture(folder: Path, z: np.ndarray, scene: int = 0, psi: float = 1.0, axis: int | None = None) -> np.ndarray:
    generator = open_generator(str(folder), threads=1)
    directions = np.zeros(len(generator.spec.directions), np.float32)
    if axis is not None:
        directions[axis] = 1.0
    mix = np.eye(2, dtype=np.float32)[scene]
    return generator.generate([Latent(z.astype(np.float32), mix, psi, directions)])[0].astype(int)


def test_the_bundle_obeys_the_contract(bundle: Path, course: film.Course) -> None:
    assert not [finding.text for finding in findings(bundle) if finding.fault]
    read = read_bundle(bundle)
    assert read.resolution == SIZE
    assert read.classes == ("scene 1", "scene 2")
    assert tuple(read.groups) == ("coarse", "middle", "fine")
    assert set(read.turn) == set(read.turn_angle) == set(read.groups)
    assert min(read.turn.values()) > 0
    assert list(read.directions) == ["brightness", *(f"axis {k}" for k in range(1, 7))]
    mean, _ = _train.encoded(course.lesson.mean, course.images, range(COUNT))
    assert np.allclose(read.latent["latents_p95"], np.percentile(mean, 95, axis=0), atol=1e-3)
    assert np.allclose(read.latent["latents_std"], mean.std(0), atol=1e-3)
    for name in ("poster.png", "sheet.jpg", "README.md"):
        assert (bundle / name).stat().st_size > 500


def test_pictures_differ_by_z_scene_and_direction(bundle: Path) -> None:
    rng = np.random.default_rng(0)
    z = rng.standard_normal((3, Z))
    still = picture(bundle, z)
    for group in range(3):
        moved = z.copy()
        moved[group] = rng.standard_normal(Z)
        assert np.abs(picture(bundle, moved) - still).max() > (20 if group == 0 else 0)
    assert np.abs(picture(bundle, rng.standard_normal((3, Z))) - still).mean() > 2
    assert np.abs(picture(bundle, z, scene=1) - still).mean() > 20
    assert np.abs(picture(bundle, z, axis=1) - still).mean() > 2
    assert np.array_equal(picture(bundle, z, psi=0.0), picture(bundle, -z, psi=0.0))


def test_scenes_have_their_colours(bundle: Path) -> None:
    """Paper of the first scene is blue, of the second grey."""
    z = np.random.default_rng(1).standard_normal((3, Z))
    first, second = (np.median(picture(bundle, z, scene=k), axis=(0, 1)) for k in (0, 1))
    assert np.abs(first - (20, 30, 110)).max() < 25
    assert np.abs(second - (90, 90, 95)).max() < 25


def test_brightness_makes_pictures_lighter(bundle: Path) -> None:
    """On average over latents, and the more the further the fader goes, in either scene."""
    generator = open_generator(str(bundle), threads=1)
    names = generator.spec.directions
    rng = np.random.default_rng(4)
    some = [rng.standard_normal((3, Z)).astype(np.float32) for _ in range(8)]
    for mix in np.eye(2, dtype=np.float32):
        means = []
        for amount in (-0.5, -0.25, 0.0, 0.25, 0.5):
            fader = np.where(np.array(names) == "brightness", amount, 0.0).astype(np.float32)
            means.append(generator.generate([Latent(z, mix, 0.7, fader) for z in some]).mean())
        assert np.all(np.diff(means) > 0)
        assert means[-1] - means[0] > 1


@pytest.mark.parametrize("size", [(64, 32), (50, 74), (200, 100)])
def test_the_graphs_are_the_network(size: tuple[int, int]) -> None:
    """The exported pair against torch and numpy, at sides that no power of two divides."""
    torch.manual_seed(1)
    shape = Shape(size, Z, 4)
    net = Autoencoder(shape).requires_grad_(False)
    for parameter in net.parameters():
        parameter.add_(0.05 * torch.randn_like(parameter))
    rng = np.random.default_rng(1)
    found = _scenes.scenes(
        rng.standard_normal((300, 3 * Z)).astype(np.float32), np.full((300, 3 * Z), 0.1, np.float32), np.arange(300) % 3
    )
    z, mix = rng.standard_normal((5, Z)).astype(np.float32), np.array([[3.0, -1.0, 0.0]] * 5, np.float32)
    psi = np.array([0.0, 0.5, 1.0, 1.2, 9.0], np.float32)
    w = run(_graph.mapper(found), {"z": z, "mix": mix, "psi": psi})
    for row, some, one in zip(w, np.minimum(psi, 1.5), z, strict=True):
        ours = found.styles(np.repeat(one[None, None], 3, 1), np.array([[0.75, -0.25, 0.0]], np.float32), float(some))
        assert np.allclose(row, ours[0], atol=5e-3)
    weights = {key: np.asarray(value.numpy()) for key, value in net.decoder.state_dict().items()}
    styles = rng.standard_normal((2, 3, 3 * Z)).astype(np.float32)
    image = run(_graph.synthesizer(weights, shape, found.whole), {"styles": styles})
    own = np.concatenate([styles[:, g, g * Z : (g + 1) * Z] for g in range(3)], 1)
    assert image.shape == (2, 3, size[1], size[0])
    assert np.allclose(image, net.decoder(torch.tensor(own @ found.whole)).clamp(-1, 1).numpy(), atol=1e-4)


def run(graph, feeds):
    session = onnxruntime.InferenceSession(graph.proto("g").SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, feeds)[0]


def test_every_shape_has_three_groups_and_halves_evenly() -> None:
    for size in ((200, 100), (32, 32), (33, 47), (1024, 40), (640, 360)):
        levels = Shape(size).levels
        assert len(levels) >= 3
        assert all(-(-b // 2) == a for low, high in pairwise(levels) for a, b in zip(low, high, strict=True))
        assert (-(-size[1] // 2), -(-size[0] // 2)) == levels[-1]


def test_the_command_trains_resumes_and_keeps_a_bundle(
    movie: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    words = ["film", str(movie), "--size", "48x32", "--z", "2", "--steps", "4", "--threads", "1", "--scenes", "2"]
    runner = CliRunner()
    first = runner.invoke(train_app.app, [*words, "--minutes", "0"])
    assert first.exit_code == 0, first.output
    assert "discs is ready after 0 of 4 steps" in first.output
    assert read_bundle(tmp_path / "home" / "vj" / "models" / "discs").resolution == (48, 32)
    with pytest.raises(VjError, match="already"):
        runner.invoke(train_app.app, words, catch_exceptions=False)
    second = runner.invoke(train_app.app, [*words, "--resume"])
    assert "discs is ready: vj live --bundle discs" in second.output
    kept_facts = json.loads((tmp_path / "out" / "film" / "discs" / "film.json").read_text())
    assert kept_facts["size"] == [48, 32]
    assert (tmp_path / "out" / "film" / "discs" / "lesson.pt").is_file()
    with pytest.raises(VjError, match="no picture size"):
        runner.invoke(train_app.app, ["film", str(movie), "--size", "big", "--force"], catch_exceptions=False)
