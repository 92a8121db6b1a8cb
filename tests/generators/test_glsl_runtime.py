"""The worlds as shaders: what a card draws of them is what their graph draws."""

import shutil
import zipfile
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from vj.core.errors import BundleError
from vj.core.shelf import share
from vj.core.types import Frame, Latent
from vj.generators.bundle.manifest import RUNTIME, SHADERS, read_bundle
from vj.generators.bundle.opening import open_generator
from vj.generators.bundle.racing import quicker
from vj.generators.glsl import Glsl, ahead
from vj.outputs.offscreen import Offscreen

NAMES = (share("models") / "worlds" / "classes.txt").read_text(encoding="utf-8").split()
#: Worlds that between them look up tables, neighbours on the knots and beside the pixel, far pixels and many bumps.
SOME = ("neon", "city", "glass", "smoke", "caustics")
#: Both dither, each in its own way; what differs besides is less than a step of 255.
DECIBEL, STEPS = 50.0, 8


@pytest.fixture(scope="module")
def pair():
    """The same bundle by its graph and by its shaders."""
    with (
        closing(open_generator("worlds", (172, 96), runtime="onnx", threads=1)) as graph,
        closing(open_generator("worlds", (172, 96), runtime="glsl")) as shaders,
    ):
        assert isinstance(shaders, Glsl)
        yield graph, shaders


def latent(seed, psi=1.0, directions=(0, 0, 0, 0, 0, 0), **weights):
    """z of three groups from `seed`, and class weights by name."""
    mix = np.zeros(len(NAMES), np.float32)
    for name, weight in weights.items():
        mix[NAMES.index(name)] = weight
    z = np.random.default_rng(seed).standard_normal((3, 16)).astype(np.float32)
    return Latent(z, mix, psi, np.array(directions, np.float32))


def psnr(a, b):
    return 10 * np.log10(255**2 / ((a.astype(float) - b) ** 2).mean())


def alike(pair, size, *latents):
    graph, shaders = pair
    for generator in pair:
        generator.resize(size)
    theirs, ours = graph.generate(latents), shaders.generate(latents)
    assert ours.shape == theirs.shape == (len(latents), size[1], size[0], 3)
    for a, b in zip(theirs, ours, strict=True):
        assert a.std() > 5
        assert psnr(a, b) > DECIBEL
        assert np.abs(a.astype(int) - b).max() <= STEPS
    return ours


@pytest.mark.parametrize("name", SOME)
def test_a_world_is_the_same_picture(pair, name):
    alike(pair, (172, 96), latent(1, **{name: 1.0}), latent(2, 0.6, (0.5, -0.4, 0.3, 0.2, -0.6, 0.7), **{name: 1.0}))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(344, 192), (128, 160), (330, 600)], ids=["usual", "upright", "tall"])
def test_every_world_is_the_same_picture_at_any_size(pair, name, size):
    alike(pair, size, *(latent(seed, **{name: 1.0}) for seed in (3, 4)))


def test_what_is_seen_far_away_is_the_same_in_a_tall_picture(pair):
    """More rows than shadows and light are worked out in."""
    alike(pair, (96, 600), latent(5, smoke=1.0), latent(6, caustics=1.0))


def test_worlds_grow_into_each_other_alike(pair):
    alike(pair, (172, 96), latent(7, neon=0.5, glass=0.3, city=0.2), latent(8, neon=0.8, city=-0.35), latent(9))


def test_style_layers_turn_what_they_turn(pair):
    """Another z of one group moves both pictures alike, and really moves them."""
    first = latent(10, neon=1.0)
    for group in range(3):
        z = first.z.copy()
        z[group] = latent(11).z[group]
        a, b = alike(pair, (172, 96), first, replace(first, z=z))
        assert np.abs(a.astype(int) - b).mean() > 1


def test_only_worlds_with_weight_are_compiled_and_drawn():
    with closing(open_generator("worlds", (64, 36), runtime="glsl")) as shaders:
        shaders.generate([latent(1, neon=1.0)])
        assert set(shaders._drawings) == {"neon"}


def test_a_screen_on_the_same_thread_is_left_as_it_was(monkeypatch):
    """A film is drawn on one thread, and so are its pictures."""
    image = np.random.default_rng(1).integers(0, 255, (36, 64, 3), np.uint8)
    with Offscreen((64, 36)) as screen:
        if screen.renderer == "swscale":
            pytest.skip("no OpenGL without a screen")
        before = screen.draw(Frame(image, 0.0, 0))
        with closing(open_generator("worlds", (64, 36), runtime="glsl")) as shaders:
            first = shaders.generate([latent(1, mandala=1.0)])
            assert np.array_equal(screen.draw(Frame(image.copy(), 0.0, 0)), before)
            assert np.array_equal(shaders.generate([latent(1, mandala=1.0)]), first)
        assert np.array_equal(screen.draw(Frame(image.copy(), 0.0, 0)), before)


def test_the_same_latent_is_the_same_picture_and_another_seed_dithers_otherwise(pair):
    _, shaders = pair
    one = latent(1, neon=1.0)
    first, again, other = shaders.generate([one, one, replace(one, noise_seed=5)])
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.abs(first.astype(int) - other).max() <= 4


def test_a_race_keeps_the_graph_where_a_processor_draws(pair, monkeypatch):
    """On a card the quicker is kept, and the other closed; here a clock says which that is."""
    bundle = pair[1].bundle

    class Played:
        size, spec, tried, closed = (64, 36), bundle.spec, (), False

        def generate(self, latents):
            return None

        def warm_up(self):
            pass

        def close(self):
            self.closed = True

    def clock(*seconds):
        marks = iter(np.cumsum([0, *[seconds[0]] * 5, 0, *[seconds[1]] * 5]))
        return lambda: next(marks)

    monkeypatch.setattr(Glsl, "card", staticmethod(lambda: ""))
    assert quicker(bundle, graph := Played(), clock(1, 2)) is graph
    assert "no card" in graph.tried[0].reason
    monkeypatch.setattr(Glsl, "card", staticmethod(lambda: "a card"))
    assert quicker(bundle, graph := Played(), clock(2, 1)) is graph
    assert not graph.closed
    with closing(quicker(bundle, graph := Played(), clock(1, 2))) as shaders:
        assert isinstance(shaders, Glsl)
        assert graph.closed
        child = shaders._ahead
        assert child.poll() is None  # compiles the other classes meanwhile
    assert child.returncode is not None


@pytest.mark.slow
def test_all_classes_are_compiled_ahead_by_a_process_of_its_own(pair):
    assert ahead.main(str(pair[1].bundle.folder)) == 0
    pair[1].prepare()
    assert pair[1]._ahead.wait(120) == 0


def test_what_cannot_be_compiled_ahead_is_left_to_the_show(tmp_path, capsys):
    assert ahead.main(str(tmp_path)) == 1
    assert "bundle.toml" in capsys.readouterr().err


def test_a_runtime_is_asked_for_by_name(monkeypatch):
    from vj.apps.ahead import opened

    monkeypatch.setenv(RUNTIME, "glsl")
    with closing(opened("worlds", (64, 36))) as generator:
        assert generator.provider.startswith("OpenGL, ")
    with pytest.raises(BundleError, match="no runtime 'gsl'"):
        open_generator("worlds", runtime="gsl")


def test_a_damaged_archive_is_told(tmp_path):
    folder = tmp_path / "worlds"
    shutil.copytree(share("models") / "worlds", folder)
    (folder / SHADERS).write_bytes(b"nothing")
    with pytest.raises(BundleError, match=r"shaders\.zip is damaged"):
        Glsl(read_bundle(folder, verify=False))
    with zipfile.ZipFile(share("models") / "worlds" / SHADERS) as whole, zipfile.ZipFile(folder / SHADERS, "w") as bad:
        for name in whole.namelist():
            bad.writestr(name, b'/*{"passes": [{"draw": "picture"}]}*/ oh' if name == "neon.glsl" else whole.read(name))
    with closing(Glsl(read_bundle(folder, verify=False), (64, 36))) as shaders:
        with pytest.raises(BundleError, match=r"neon\.glsl does not compile"):
            shaders.generate([latent(1, neon=1.0)])
        assert shaders.generate([latent(1, mandala=1.0)]).std() > 5
