"""What every generator and every shipped bundle must do; a new one is tested the day it is dropped on the shelf."""

import numpy as np
import pytest

from vj.core.types import Latent
from vj.generators.bundle.opening import generator_names, open_generator


@pytest.fixture(scope="module", params=generator_names())
def generator(request):
    made = open_generator(request.param)
    yield made
    made.close()
    made.close()


@pytest.fixture
def small(generator):
    """Where many pictures are asked for they have half their sides, if they may."""
    width, height = generator.usual
    generator.resize((width // 2, height // 2))
    yield
    generator.resize(generator.usual)


def latent(generator, seed=0, mix=None, psi=1.0, scale=1.0):
    spec = generator.spec
    random = np.random.default_rng(seed)
    z = random.standard_normal((len(spec.groups), spec.z_dim), np.float32) * np.float32(scale)
    weights = np.eye(len(spec.classes), dtype=np.float32)[0] if mix is None else np.asarray(mix, np.float32)
    return Latent(z, weights, psi, np.zeros(len(spec.directions), np.float32))


def test_spec_is_whole(generator):
    spec = generator.spec
    assert len(spec.groups) == len(spec.layers) >= 1
    assert sum(spec.layers) >= len(spec.groups)
    assert spec.z_dim >= 1
    assert len(set(spec.classes)) == len(spec.classes) >= 1
    assert spec.psi[0] <= 0.5 <= spec.psi[1]
    assert generator.provider


def test_shape_and_type(generator):
    width, height = generator.size
    images = generator.generate([latent(generator), latent(generator, 1)])
    assert images.shape == (2, height, width, 3)
    assert images.dtype == np.uint8
    assert images.flags.c_contiguous


def test_same_latent_same_picture(generator):
    first = generator.generate([latent(generator, 3)])
    generator.generate([latent(generator, 4)])
    assert np.array_equal(first, generator.generate([latent(generator, 3)]))


def test_pictures_are_the_callers_to_keep(generator):
    first = generator.generate([latent(generator, 3)])
    kept = first.copy()
    generator.generate([latent(generator, 4)])
    assert np.array_equal(first, kept)


@pytest.mark.usefixtures("small")
def test_every_style_group_and_class_shows(generator):
    base = generator.generate([latent(generator, 5)])[0].astype(float)
    for group in range(len(generator.spec.groups)):
        moved = latent(generator, 5)
        moved.z[group] = latent(generator, 6).z[group]
        assert np.abs(generator.generate([moved])[0] - base).mean() > 2.0, generator.spec.groups[group]
    classes = np.eye(len(generator.spec.classes))
    pictures = generator.generate([latent(generator, 5, mix) for mix in classes]).astype(float)
    for a in range(len(classes)):
        for b in range(a):
            assert np.abs(pictures[a] - pictures[b]).mean() > 4.0, (
                generator.spec.classes[a],
                generator.spec.classes[b],
            )


def test_psi_changes_the_picture_and_never_greys_it(generator):
    pictures = generator.generate([latent(generator, 7, psi=psi) for psi in (0.0, 0.6, 1.2)]).astype(float)
    assert np.abs(pictures[0] - pictures[2]).mean() > 2.0
    for picture in pictures:
        assert picture.std() > 20.0
        assert (picture.max(-1) - picture.min(-1)).mean() > 8.0


@pytest.mark.usefixtures("small")
def test_a_batch_equals_its_pictures_one_by_one(generator):
    count = len(generator.spec.classes)
    mixes = [
        None,
        np.arange(count) + 1.0,
        -np.eye(count)[-1],
        np.zeros(count),
        np.eye(count)[0] + 0.005 * np.eye(count)[-1],
    ]
    latents = [latent(generator, k, mix) for k, mix in enumerate(mixes)]
    together = generator.generate(latents).astype(int)
    for picture, one in zip(together, latents, strict=True):
        assert np.abs(picture - generator.generate([one])[0]).max() <= 1


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("scale", [0.0, 1.0, 40.0, 1e6])
@pytest.mark.parametrize("weight", [0.0, -1.0, 1e-9, 1e9])
def test_extremes_still_make_a_picture(generator, scale, weight):
    """A float that is not finite would be an undefined cast, and with warnings as errors a failure."""
    count = len(generator.spec.classes)
    for psi in (0.0, 1.2):
        mix = np.full(count, weight)
        mix[0] = abs(weight) / 2
        picture = generator.generate([latent(generator, 2, mix, psi, scale)])[0]
        assert picture.std() > 0.0


def test_no_weight_at_all_still_shows_something(generator):
    mixes = np.zeros(len(generator.spec.classes))
    assert generator.generate([latent(generator, 2, mixes)])[0].std() > 10.0


@pytest.mark.usefixtures("small")
def test_a_small_step_is_a_small_change(generator):
    """No pops: along a walk on the shell no 0.01 rad step changes a picture much, in any group or class."""
    spec = generator.spec
    for k, mix in enumerate(np.eye(len(spec.classes))):
        for group in range(len(spec.groups)):
            here, there = latent(generator, 10 + k, mix), latent(generator, 50 + k, mix)
            walk = []
            for angle in np.arange(6) * 0.01:
                z = here.z.copy()
                z[group] = np.cos(angle) * here.z[group] + np.sin(angle) * there.z[group]
                walk.append(Latent(z, here.mix, 1.0, here.directions))
            change = np.abs(np.diff(generator.generate(walk).astype(float), axis=0)).mean((1, 2, 3))
            assert change.max() < 8.0, (spec.classes[k], spec.groups[group])
            assert change.max() <= 4.0 * np.median(change) + 0.5, (spec.classes[k], spec.groups[group])


@pytest.mark.usefixtures("small")
def test_classes_fade_in_without_a_pop(generator):
    count = len(generator.spec.classes)
    if count < 2:
        pytest.skip("one class only")
    first, second = np.eye(count)[:2]
    latents = [latent(generator, 3, first + part * second) for part in (0.0, 0.002, 0.004, 0.006, 0.008, 0.010)]
    change = np.abs(np.diff(generator.generate(latents).astype(float), axis=0)).mean((1, 2, 3))
    assert change.max() < 1.5
    morph = [latent(generator, 3, first * (1 - part) + second * part) for part in np.linspace(0, 1, 9)]
    change = np.abs(np.diff(generator.generate(morph).astype(float), axis=0)).mean((1, 2, 3))
    assert change.min() > 0.2


def test_warm_up_leaves_no_trace(generator):
    before = generator.generate([latent(generator, 8)])
    generator.warm_up()
    assert np.array_equal(before, generator.generate([latent(generator, 8)]))
