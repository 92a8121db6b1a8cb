"""The limiter holds back what flashes, and nothing else."""

import numpy as np
import pytest

from vj.core.flash import FlashMeter, grid, places
from vj.core.params import Snapshot, Values
from vj.core.types import U8
from vj.engine.finish.limiter import Limiter

FPS = 60


def mode(flash: str = "limit") -> Values:
    return Snapshot({"/safety/flash": flash}).of(Limiter)


def strobe(rate: float, n: int, top: int = 255) -> U8:
    return np.full((64, 64, 3), top if (n / FPS * rate) % 1.0 < 0.5 else 0, np.uint8)


def passes(frames: list[U8]) -> bool:
    meter = FlashMeter()
    return all(meter.step(n / FPS, grid(places(frame))).passes for n, frame in enumerate(frames))


@pytest.mark.parametrize("rate", [4.0, 5.0, 8.0, 15.0, 30.0])
def test_a_strobe_comes_out_within_the_rule(rate: float) -> None:
    limiter = Limiter()
    shown = [limiter.step(n / FPS, strobe(rate, n), mode()) for n in range(5 * FPS)]
    assert not passes([strobe(rate, n) for n in range(5 * FPS)])
    assert passes(shown)
    assert limiter.limited > 0
    assert len({int(frame[0, 0, 0]) for frame in shown}) > 2, "it is softened, not stopped"


def test_two_flashes_a_second_are_untouched() -> None:
    limiter = Limiter()
    for n in range(5 * FPS):
        image = strobe(2.0, n)
        assert limiter.step(n / FPS, image, mode()) is image
    assert limiter.limited == 0


def test_colours_in_the_same_place_may_change_as_fast_as_they_like() -> None:
    """Movement without a change of light is no flash."""
    limiter = Limiter()
    for n in range(3 * FPS):
        image = np.full((64, 64, 3), 110, np.uint8)
        image[..., n % 3] = 120
        assert limiter.step(n / FPS, image, mode()) is image


def test_warn_counts_and_lets_pass_and_off_does_neither() -> None:
    warned, off = Limiter(), Limiter()
    for n in range(3 * FPS):
        image = strobe(10.0, n)
        assert warned.step(n / FPS, image, mode("warn")) is image
        assert off.step(n / FPS, image, mode("off")) is image
    assert warned.warned > 10
    assert (warned.limited, off.limited, off.warned) == (0, 0, 0)


def test_pictures_may_change_size_and_a_reset_equals_new() -> None:
    limiter, counts = Limiter(), []
    for _ in range(2):
        for n in range(2 * FPS):
            size = (32, 32) if n % 50 < 25 else (48, 80)
            image = np.full((*size, 3), 255 * (n % 8 < 4), np.uint8)
            assert limiter.step(n / FPS, image, mode()).shape == image.shape
        counts.append(limiter.limited)
        limiter.reset()
        assert limiter.limited == 0
    assert counts[0] == counts[1] > 0
