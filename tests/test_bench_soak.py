"""Whether a soak would notice a leak, and take none for one that is not."""

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from bench.hours._soak_growth import growth, held

HOURS = np.linspace(0.0, 8.0, 480)


@pytest.mark.parametrize("seed", range(4))
def test_noise_and_warming_up_are_no_leak_and_a_drip_is(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(300.0, 4.0, 480)
    for hours in (0.3, 1.0, 2.0, 4.0):  # what is asked for once is remembered, the last of it late
        assert growth(HOURS, noise + 60.0 * (1.0 - np.exp(-HOURS / hours)), 40.0)["verdict"] != "leaks", hours
    assert growth(HOURS, noise + 30.0 * np.log1p(HOURS / 0.1), 40.0)["verdict"] != "leaks"
    assert growth(HOURS, noise, 40.0)["verdict"] == "flat"
    leak = growth(HOURS, noise + 40.0 * (1.0 - np.exp(-HOURS / 0.3)) + 10.0 * HOURS, 40.0)
    assert leak["verdict"] == "leaks"
    assert leak["an_hour"] == pytest.approx(10.0, abs=1.5)


def test_an_object_now_and_then_is_a_leak_and_one_more_of_them_is_none() -> None:
    assert growth(HOURS, 38.0 + np.floor(HOURS / 0.5), 4.0)["verdict"] == "leaks"
    assert growth(HOURS, 38.0 + (HOURS > 3.0), 4.0)["verdict"] != "leaks"
    assert growth(HOURS, 38.0 + (HOURS > 3.0) + (HOURS > 7.0), 4.0)["verdict"] != "leaks"


def test_minutes_say_nothing_of_hours() -> None:
    assert growth(HOURS / 80.0, 38.0 + 100.0 * HOURS, 4.0)["verdict"] == "too short"
    assert growth(HOURS[:9], HOURS[:9], 4.0)["verdict"] == "too short"


def test_what_is_held_is_counted() -> None:
    before = held(None)
    with ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(Path(__file__).open())
        assert held(None)["handles"] == before["handles"] + 5
    assert before["rss_mb"] > 10.0


def test_two_programs_that_were_compiled_late_are_no_pace() -> None:
    hours = np.linspace(0.0, 0.9, 54)
    assert growth(hours, 70.0 + (hours > 0.4) + (hours > 0.7), 8.0)["verdict"] != "leaks"
    assert growth(hours, 70.0 + np.floor(hours / 0.05), 8.0)["verdict"] == "leaks"
