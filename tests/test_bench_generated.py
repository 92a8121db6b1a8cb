"""The scores of trained bundles, tested on pictures whose answer is known beforehand."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from bench.nets._generated_scores import coverage, fine_energy, luminance, pooled, spectrum, spread, thumbnails

SIZE = (96, 168)


def scenes(count, kinds, seed, smooth=8.0):
    """[count, 96, 168] smooth pictures round as many different ones as `kinds` says."""
    base = np.random.default_rng(1).standard_normal((kinds, *SIZE))
    base = np.array([gaussian_filter(x, smooth) for x in base])
    base /= base.std(axis=(1, 2), keepdims=True)
    rng = np.random.default_rng(seed)
    own = np.array([gaussian_filter(x, smooth) for x in rng.standard_normal((count, *SIZE))])
    own /= own.std(axis=(1, 2), keepdims=True)
    return (base[rng.integers(kinds, size=count)] + 0.15 * own).astype(np.float32)


def test_luminance_and_pooling():
    images = np.zeros((2, 4, 6, 3), np.uint8)
    images[1] = 255
    y = luminance(images)
    assert y[0].max() == 0.0
    assert y[1] == pytest.approx(1.0, abs=1e-5)
    steps = np.arange(24, dtype=np.float32).reshape(1, 4, 6)
    np.testing.assert_allclose(pooled(steps, (2, 2)), [[[4, 7], [16, 19]]])


def test_spread_is_the_distance_of_two_pictures():
    thumbs = np.zeros((2, 9), np.float32)
    thumbs[1] = 0.5
    assert spread(thumbs) == pytest.approx(0.5)
    assert spread(np.zeros((5, 9), np.float32)) == 0.0
    y = scenes(40, 8, 0)
    assert spread(thumbnails(y)) > 3 * spread(thumbnails(scenes(40, 1, 0)))
    # brightness alone is no variety
    assert spread(thumbnails(np.ones((9, *SIZE), np.float32) * np.arange(9)[:, None, None].astype(np.float32))) < 1e-5


def test_blur_takes_fine_energy_away():
    y = np.random.default_rng(0).standard_normal((4, *SIZE)).astype(np.float32)
    blurred = np.array([gaussian_filter(x, 2.0) for x in y])
    assert fine_energy(y) == pytest.approx(15 / 16, rel=0.02)  # white noise: a mean of sixteen keeps a sixteenth
    assert fine_energy(blurred) < 0.05 * fine_energy(y)
    assert fine_energy(np.ones((1, *SIZE), np.float32)) == 0.0


def test_spectrum_by_octave():
    y = np.random.default_rng(0).standard_normal((8, *SIZE)).astype(np.float32)
    white = spectrum(y)
    assert white.max() / white.min() < 1.5
    loss = spectrum(np.array([gaussian_filter(x, 1.0) for x in y])) / white
    assert np.all(np.diff(loss) < 0)
    assert loss[0] > 0.8
    assert loss[-1] < 0.1


def test_modes_that_are_missing_are_missed():
    data = thumbnails(scenes(160, 8, 1))
    full = coverage(data, thumbnails(scenes(80, 8, 2)))
    assert (full.any, full.fair) == (1.0, 1.0)
    collapsed = coverage(data, thumbnails(scenes(80, 1, 2)))
    assert collapsed.any == pytest.approx(1 / 8)
    half = coverage(data, thumbnails(scenes(80, 8, 2))[:3])
    assert half.any < 0.5
