"""Bands of the style walk: zero phase over a stream is filtfilt over the whole; causal ones say how late they are."""

from typing import Any

import numpy as np
import pytest
from scipy import signal

from vj.core.frames import overlapping
from vj.core.sound import filters

RATE = 22050
NOISE = np.random.default_rng(0).standard_normal(RATE * 5).astype(np.float32)


KINDS: dict[str, list[tuple[Any, float]]] = {
    "bass": [("low", 150)],
    "mids": [("low", 5000), ("high", 500)],
    "snare": [("low", 350), ("high", 200)],
}


def by_scipy(band: str) -> np.ndarray:
    out = NOISE.astype(np.float64)
    for kind, hz in KINDS[band]:
        b, a = signal.butter(5, hz / (RATE / 2), kind)
        out = signal.filtfilt(b, a, out)
    return out


@pytest.mark.parametrize("size", [700, 4096, 200_000])
@pytest.mark.parametrize("band", ["bass", "mids", "snare"])
def test_pieces_make_what_filtfilt_makes_of_the_whole(band: str, size: int) -> None:
    blocks = (NOISE[i : i + size] for i in range(0, len(NOISE), size))
    found = np.concatenate(list(filters.zero_phase(blocks, band, RATE)))
    np.testing.assert_allclose(found, by_scipy(band), atol=1e-9)


@pytest.mark.parametrize("length", [0, 1, 18, 19, 40])
def test_short_sounds_keep_their_length(length: int) -> None:
    found = list(filters.zero_phase(iter([NOISE[:length]]), "bass", RATE))
    assert sum(len(block) for block in found) == length


@pytest.mark.parametrize(("band", "inside"), [("bass", (5, 120)), ("mids", (620, 4100)), ("snare", (232, 300))])
def test_causal_and_zero_phase_are_within_1_db_in_the_pass_band(band: str, inside: tuple[float, float]) -> None:
    hz = np.linspace(*inside, 60)
    causal = 20 * np.log10(np.abs(filters.response(band, hz, RATE)))
    zero_phase = 2 * causal  # forwards and backwards: the magnitude squared
    assert np.abs(causal - zero_phase).max() < 1.0


@pytest.mark.parametrize(("band", "hz"), [("bass", 60.0), ("snare", 265.0), ("mids", 1500.0)])
def test_the_delay_that_is_told_is_the_delay_of_a_burst(band: str, hz: float) -> None:
    t = np.arange(RATE) / RATE
    burst = np.exp(-(((t - 0.4) / 0.06) ** 2)) * np.sin(2 * np.pi * hz * t)
    first, states = filters.causal(burst[:9000].astype(np.float32), band, RATE)
    second, _ = filters.causal(burst[9000:].astype(np.float32), band, RATE, states)
    envelope = np.abs(signal.hilbert(np.concatenate([first, second])))
    late = float((envelope**2 * t).sum() / (envelope**2).sum()) - 0.4
    assert late == pytest.approx(filters.delay(band, hz, RATE), abs=0.0015)


def test_frames_of_a_stream_are_the_frames_of_the_whole() -> None:
    blocks = (NOISE[i : i + 333] for i in range(0, 10_000, 333))
    found = np.concatenate(list(overlapping(blocks, 256, 128)))
    expected = np.lib.stride_tricks.sliding_window_view(NOISE[: len(range(0, 10_000, 333)) * 333], 256)[::128]
    np.testing.assert_array_equal(found, expected)
