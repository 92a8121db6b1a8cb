"""Whether a soak would notice a leak, and take none for one that is not."""

import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))

from _soak_growth import growth, held

HOURS = np.linspace(0.0, 8.0, 480)


@pytest.mark.parametrize("seed", range(4))
def test_noise_is_no_leak_and_a_drip_is(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(300.0, 8.0, 480)
    warming = 40.0 * (1.0 - np.exp(-HOURS / 0.3))  # what is asked for once is remembered
    assert not growth(HOURS, noise + warming, 40.0)["leaks"]
    leak = growth(HOURS, noise + warming + 10.0 * HOURS, 40.0)
    assert leak["leaks"]
    assert leak["an_hour"] == pytest.approx(10.0, abs=1.5)


def test_what_is_held_is_counted() -> None:
    before = held(None)
    with ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(Path(__file__).open())
        assert held(None)["handles"] == before["handles"] + 5
    assert before["rss_mb"] > 10.0
