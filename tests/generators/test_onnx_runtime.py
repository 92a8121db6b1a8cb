"""The ONNX Runtime runtime beyond the contract: sizes, batches, providers, threads, odd networks."""

import hashlib
import itertools
import subprocess
import sys
from copy import copy
from dataclasses import replace
from functools import cache

import numpy as np
import onnxruntime
import pytest

from vj.core.errors import BundleError
from vj.core.shelf import share
from vj.core.types import Latent
from vj.generators import onnx as onnx_runtime
from vj.generators import providers
from vj.generators.bundle import manifest
from vj.generators.bundle.feeds import _MOST_NUMBERS, bands
from vj.generators.bundle.opening import open_generator
from vj.generators.onnx import Onnx
from vj.generators.providers.session import Bound, Session
from vj.workshop.graph import Graph
from vj.workshop.sheets import drawing

WORLDS = share("models") / "worlds"


def latent(generator, seed=0, noise_seed=0):
    spec = generator.spec
    z = np.random.default_rng(seed).standard_normal((len(spec.groups), spec.z_dim), np.float32)
    still = np.zeros(len(spec.directions), np.float32)
    return Latent(z, np.eye(len(spec.classes), dtype=np.float32)[0], 1.0, still, noise_seed)


@cache
def opened():
    return open_generator("worlds", (96, 64))


def worlds(size):
    """`worlds` at another size, opened once for all: its graph has free sizes, and takes seconds to open."""
    generator = copy(opened())
    generator.size = generator.usual = size
    return generator


@pytest.mark.parametrize("size", [(256, 256), (344, 192), (161, 97), (512, 512)])
def test_any_size(size):
    generator = worlds(size)
    assert generator.size == size
    assert generator.generate([latent(generator)]).shape == (1, size[1], size[0], 3)


def test_larger_is_the_same_picture():
    small, large = worlds((172, 96)), worlds((344, 192))
    a = small.generate([latent(small)])[0].astype(float)
    b = large.generate([latent(large)])[0].astype(float).reshape(96, 2, 172, 2, 3).mean((1, 3))
    assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.9


def test_noise_seed_is_all_that_noise_depends_on():
    generator = worlds((96, 64))
    one, two = (generator.generate([latent(generator, 0, seed)])[0].astype(int) for seed in (1, 2))
    assert not np.array_equal(one, two)
    assert np.abs(one - two).max() <= 6  # a dither, no more
    mixed = generator.generate([latent(generator, 0, 1), latent(generator, 0, 2)])
    assert np.abs(mixed[0] - one).max() <= 1
    assert np.abs(mixed[1] - two).max() <= 1


def test_missing_providers_fall_through_with_their_reason():
    generator = open_generator("dream", providers=["tensorrt", "cuda", "coreml", "directml"])
    assert generator.provider == "CPUExecutionProvider, 1 thread"
    assert [a.provider for a in generator.tried][-1] == "CPUExecutionProvider"
    for attempt in generator.tried[:-1]:
        if attempt.provider not in onnxruntime.get_available_providers():
            assert "not in this build" in attempt.reason
    assert generator.tried[-1].reason == ""


def test_a_provider_that_is_listed_but_fails_is_passed_over(monkeypatch):
    listed = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(providers.ort, "get_available_providers", lambda: listed)

    def attempt(name):
        if name != "CPUExecutionProvider":
            raise RuntimeError("no device of that kind\nlong story")
        return "ran"

    result, tried = providers.first_working(providers.candidates(), attempt)
    assert result == "ran"
    assert [(t.provider, t.reason) for t in tried] == [
        ("CUDAExecutionProvider", "no device of that kind"),
        ("CPUExecutionProvider", ""),
    ]


def test_no_provider_at_all_is_an_error(monkeypatch):
    def attempt(name):
        raise RuntimeError("broken")

    with pytest.raises(BundleError, match="no provider can run"):
        providers.first_working(providers.candidates(["cpu"]), attempt)


def test_order_of_providers(monkeypatch):
    monkeypatch.setattr(providers.ort, "get_available_providers", lambda: list(reversed(providers.ORDER)))
    assert providers.candidates() == providers.ORDER
    assert providers.candidates(["cuda"]) == ("CUDAExecutionProvider", "CPUExecutionProvider")
    assert providers.candidates(["directml", "cpu"]) == ("DmlExecutionProvider", "CPUExecutionProvider")


def test_two_builds_on_top_of_each_other_are_named(monkeypatch):
    monkeypatch.setattr(providers, "_installed", lambda name: name in ("onnxruntime", "onnxruntime-gpu"))
    with pytest.raises(BundleError) as caught:
        providers.check_install()
    assert "onnxruntime and onnxruntime-gpu" in caught.value.what
    assert "pip uninstall" in caught.value.hint


def test_engine_cache_is_keyed_by_model(tmp_path, monkeypatch):
    monkeypatch.setattr(providers.platformdirs, "user_cache_path", lambda *_, **__: tmp_path)
    first = providers.options("TensorrtExecutionProvider", "aaaa")
    second = providers.options("TensorrtExecutionProvider", "bbbb")
    assert first["trt_engine_cache_path"] != second["trt_engine_cache_path"]
    assert "trt" in first["trt_engine_cache_path"]
    assert "sm" in first["trt_engine_cache_path"]
    assert providers.options("CPUExecutionProvider", "aaaa") == {}


@pytest.mark.parametrize(("two_is", "expected"), [(0.5, "2 threads"), (0.95, "1 thread"), (2.0, "1 thread")])
def test_threads_are_chosen_by_the_clock(two_is, expected, monkeypatch):
    """A clock that says how long each run took: one second on one thread, `two_is` seconds on two."""
    monkeypatch.setattr("vj.generators.onnx.read_choice", lambda bundle: None)  # what this user has optimized
    readings = iter(np.concatenate([np.arange(9.0), 100 + two_is * np.arange(9.0)]))
    generator = open_generator("dream", clock=lambda: float(next(readings)))
    assert generator.provider.endswith(expected)
    before = generator.generate([latent(generator)])
    alone = open_generator("dream", threads=1)
    assert np.abs(before.astype(int) - alone.generate([latent(alone)])).max() <= 1


def test_directions_move_the_picture_and_return():
    generator = worlds((96, 64))
    names = generator.spec.directions
    base = latent(generator, 1)
    pictures = generator.generate(
        [base, *(replace(base, directions=row) for row in np.eye(len(names), dtype=np.float32))]
    )
    for name, picture in zip(names, pictures[1:], strict=True):
        assert np.abs(picture.astype(float) - pictures[0]).mean() > 2.0, name
    assert np.array_equal(generator.generate([base])[0], pictures[0])


def test_hue_direction_turns_hue_and_keeps_lightness():
    generator = worlds((96, 64))
    base = latent(generator, 1)
    turned = replace(base, directions=np.eye(len(generator.spec.directions), dtype=np.float32)[0])
    plain, other = drawing.oklab(generator.generate([base, turned]))
    lightness = np.abs(plain[..., 0] - other[..., 0]).mean()
    colour = np.linalg.norm(plain[..., 1:] - other[..., 1:], axis=-1).mean()
    assert colour > 3 * lightness


def tiny_bundle(folder, height="height", inputs=("styles", "noise"), channels=3):
    """A bundle whose picture is the noise in three shades, steered by its one style layer."""
    g = Graph()
    z, mix = g.input("z", ["batch", 2]), g.input("mix", ["batch", 1])
    g.output("w", z + mix, ["batch", 2])
    g.save(folder / "mapper.onnx")
    g = Graph()
    values = {name: g.input(name, _shape(name, height)) for name in inputs}
    shade = g.reshape(g.take(values["styles"], 2, 0, 1), -1, 1, 1, 1)
    noise = values.get("noise", values.get("noise_const"))
    g.output(
        "image", shade * np.ones((1, channels, 1, 1), np.float32) + noise * 0.1, ["batch", channels, height, "width"]
    )
    g.save(folder / "synthesizer.onnx")
    sums = [
        f'"{n}" = "{hashlib.sha256((folder / n).read_bytes()).hexdigest()}"'
        for n in ("mapper.onnx", "synthesizer.onnx")
    ]
    (folder / "bundle.toml").write_text(
        'kind = "onnx"\nname = "tiny"\nlicence = "CC0-1.0"\nresolution = [12, 8]\npsi = [0, 1]\nclasses = ["only"]\n'
        "[shapes]\nz = 2\nw = 2\nlayers = 1\n[groups]\nall = [0, 1]\n[files]\n" + "\n".join(sums) + "\n"
    )
    return folder


def _shape(name, height):
    return (
        ["batch", 1, 2]
        if name == "styles"
        else ["draws", 1, height, "width"]
        if name.startswith("noise")
        else ["batch"]
    )


def test_a_bundle_of_one_layer_plays(tmp_path):
    generator = open_generator(str(tiny_bundle(tmp_path)))
    assert generator.spec.groups == ("all",)
    dark = Latent(np.full((1, 2), -9, np.float32), np.zeros(1, np.float32), 1.0, np.zeros(0, np.float32))
    light = Latent(np.full((1, 2), 9, np.float32), np.zeros(1, np.float32), 1.0, np.zeros(0, np.float32))
    images = generator.generate([dark, light])
    assert images[0].max() == 0
    assert images[1].min() == 255


def test_fixed_size_cannot_be_played_at_another(tmp_path):
    folder = tiny_bundle(tmp_path, height=8)
    assert open_generator(str(folder)).size == (12, 8)
    with pytest.raises(BundleError, match="12x8 pictures"):
        Onnx(manifest.read_bundle(folder), (12, 16))


def test_wrong_picture_shape(tmp_path):
    with pytest.raises(BundleError, match="synthesizer"):
        open_generator(str(tiny_bundle(tmp_path, channels=4)))


def test_an_input_nobody_feeds(tmp_path):
    with pytest.raises(BundleError, match="'tempo' that nothing feeds"):
        open_generator(str(tiny_bundle(tmp_path, inputs=("styles", "noise", "tempo"))))


def test_every_noise_input_is_fed(tmp_path):
    generator = open_generator(str(tiny_bundle(tmp_path, inputs=("styles", "noise_const"))))
    assert (
        generator.generate([Latent(np.zeros((1, 2), np.float32), np.zeros(1, np.float32), 1.0, np.zeros(0))]).std() > 1
    )


def test_pictures_of_another_size_where_the_graph_is_free():
    """Smaller and larger pictures of the same latent; those of a fixed size stay as they are."""
    free, fixed = worlds((128, 72)), open_generator("dream")
    assert (free.free, fixed.free) == (True, False)
    whole = free.generate([latent(free)])
    free.resize((64, 32))
    half = free.generate([latent(free)])
    assert (free.size, half.shape) == ((64, 32), (1, 32, 64, 3))
    assert np.abs(half.mean(axis=(1, 2)) - whole.mean(axis=(1, 2))).max() < 12
    free.resize(free.usual)
    assert np.array_equal(free.generate([latent(free)]), whole)
    fixed.resize((176, 96))
    assert fixed.size == (352, 192)


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (3000, 101), (40, 8192)])
def test_bands_are_the_rows_of_a_picture_from_top_to_bottom(size):
    found = bands(size, 2**16)
    assert (found[0][0], found[-1][1]) == (0, size[1])
    assert all(a[1] == b[0] for a, b in itertools.pairwise(found))
    assert max((end - top) * size[0] for top, end in found) <= 2**16 + size[0]


def test_a_large_picture_is_drawn_in_bands_without_a_seam(monkeypatch):
    """Alike but for the dither, which is less than a step of eight bits; several latents too."""
    generator = worlds((344, 193))
    latents = [latent(generator, seed) for seed in range(3)]
    whole = generator.generate(latents).astype(int)
    monkeypatch.setattr(onnx_runtime, "BAND_PIXELS", 344 * 40)
    drawn = generator.generate(latents).astype(int)
    assert np.abs(drawn - whole).max() <= 3
    assert np.abs((drawn - whole).mean(axis=(0, 2, 3))).max() < 0.1, "no row is off"


def test_a_large_picture_needs_no_more_memory_than_a_band():
    """Numbers that are kept of noise, which is all that a generator keeps."""
    generator = worlds((3840, 2160))
    picture = generator.generate([latent(generator)])
    assert picture.shape == (1, 2160, 3840, 3)
    kept = sum(array.size for draw in generator._noise._drawn.values() for array in draw.values())
    assert kept <= _MOST_NUMBERS


@pytest.mark.slow
def test_memory_of_pictures_is_bounded_at_any_size():
    """The most memory of a process that draws every world at 4K and one at 8K: 430 MB or so, 6.4 GB without bands."""
    code = (
        "import resource; import numpy as np; from vj.generators.bundle.opening import open_generator\n"
        "from vj.core.types import Latent\n"
        "g = open_generator('worlds', (3840, 2160), threads=1)\n"
        "still = np.zeros(len(g.spec.directions), np.float32)\n"
        "z = np.ones((3, g.spec.z_dim), np.float32)\n"
        "for k in range(len(g.spec.classes)):\n"
        "    mix = np.eye(1, len(g.spec.classes), k, np.float32)[0]\n"
        "    g.generate([Latent(z, mix, 1.0, still)])\n"
        "g.resize((7680, 4320)); g.generate([Latent(z, mix, 1.0, still)])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert int(out) < 700 * 1024


def test_fixed_buffers_give_what_free_ones_do_and_take_one_shape():
    """What a CUDA graph needs of its buffers, shown on the processor: the same addresses for every run."""
    bundle = manifest.read_bundle(WORLDS)
    session = Session(WORLDS / "synthesizer.onnx", "CPUExecutionProvider", 1)._session
    free, fixed = Bound(session, "cpu"), Bound(session, "cpu", fixed=True)
    rng = np.random.default_rng(0)

    def feeds(batch=1, width=48):
        styles = rng.standard_normal((batch, bundle.shapes["layers"], bundle.shapes["w"]), np.float32)
        return {"styles": styles, "noise": rng.standard_normal((1, 1, 32, width), np.float32)}

    addresses = set()
    for _ in range(3):
        given = feeds()
        assert fixed.takes(given)
        assert np.array_equal(fixed.run(given), free.run(given))
        addresses.add(fixed._output.data_ptr())
        addresses.add(tuple(value.data_ptr() for _, value in fixed._held.values()))
    assert len(addresses) == 2
    for other in (feeds(batch=2), feeds(width=64)):
        assert not fixed.takes(other)
        assert free.takes(other)
        assert free.run(other).shape[0] == len(other["styles"])


def test_what_devices_are_told():
    told = providers.options("TensorrtExecutionProvider", "aaaa", half=True, captured=True)
    assert (told["trt_fp16_enable"], told["trt_cuda_graph_enable"]) == (True, True)
    told = providers.options("TensorrtExecutionProvider", "aaaa")
    assert (told["trt_fp16_enable"], told["trt_cuda_graph_enable"]) == (False, False)
    assert providers.options("CUDAExecutionProvider", "aaaa", captured=True) == {"enable_cuda_graph": "1"}
    assert providers.options("CUDAExecutionProvider", "aaaa") == {}
