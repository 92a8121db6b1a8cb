"""What all short bands share is what each would work out for itself."""

import numpy as np
import pytest

from vj.core.sound.dsp import band_weights
from vj.core.sound.short import Short, bands, bins, size
from vj.features._short_bands import BEAT, LEVELS, OF_BEAT, OF_DRUMS, OF_LEVELS, OF_ONSET, ONSET, ShortBands

RATES = (44100, 48000, 96000)


@pytest.mark.parametrize("rate", RATES)
def test_each_part_is_its_own_product(rate: int) -> None:
    hop = round(rate * 512 / 48000)
    sound = np.random.default_rng(3).normal(0.0, 0.2, 6 * hop).astype(np.float32)
    short, shared = Short(rate, hop), ShortBands(rate)
    for k in range(6):
        powers = short.step(sound[k * hop : (k + 1) * hop])
        heard = shared.of(powers)
        assert shared.of(powers) is heard
        onset = bands(rate, *ONSET[1:], ONSET[0])
        levels = [powers @ band_weights(edges, size(rate), rate)[: bins(rate), 0] for edges in LEVELS]
        np.testing.assert_allclose(heard[:, OF_ONSET] ** 2, powers @ (onset / (4.0 * onset.sum(axis=0))), rtol=1e-4)
        np.testing.assert_allclose(heard[:, OF_LEVELS] ** 2, np.stack(levels, axis=1) / 3.0, rtol=1e-4)
        np.testing.assert_allclose(heard[:, OF_BEAT] ** 2, powers @ bands(rate, *BEAT[1:], BEAT[0]), rtol=1e-4)
        drums = heard[:, OF_DRUMS] ** 2
        np.testing.assert_allclose(drums[:, -1], drums[:, :-1].sum(axis=1), rtol=1e-4)


def test_other_frames_are_other_bands_and_none_are_none() -> None:
    shared = ShortBands(48000)
    loud = shared.of(np.ones((2, bins(48000)), np.float32))
    assert shared.of(np.zeros((2, bins(48000)), np.float32)).max() == 0.0
    assert loud.min() > 0.0
    assert shared.of(np.zeros((0, bins(48000)), np.float32)).shape == (0, OF_BEAT.stop)
