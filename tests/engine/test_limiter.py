"""The limiter holds back what flashes, and nothing else."""

import numpy as np
import pytest

from vj.core.flash.light import grid, places
from vj.core.flash.meter import FlashMeter
from vj.core.params import Snapshot, Values
from vj.core.types import U8
from vj.engine.finish.limiter import Limiter

FPS = 60


def mode(flash: str = "limit") -> Values:
    return Snapshot({"/safety/flash": flash}).of(Limiter)


def strobe(rate: float, n: int, top: int = 255, fps: int = FPS) -> U8:
    return np.full((64, 64, 3), top if (n / fps * rate) % 1.0 < 0.5 else 0, np.uint8)


def passes(frames: list[U8], fps: int) -> bool:
    meter = FlashMeter()
    return all(meter.step(n / fps, grid(places(frame))).passes for n, frame in enumerate(frames))


@pytest.mark.parametrize(
    ("rate", "seconds", "fps"), [(2.0, 8, 30), (3.0, 8, 30), (4.0, 3, 60), (8.0, 3, 30), (30.0, 3, 60)]
)
def test_a_strobe_comes_out_within_the_rule(rate: float, seconds: int, fps: int) -> None:
    """Those that are too slow to be too many at once are too many when they are held for four of five seconds."""
    limiter, frames = Limiter(), [strobe(rate, n, fps=fps) for n in range(seconds * fps)]
    shown = [limiter.step(n / fps, frame, mode()) for n, frame in enumerate(frames)]
    assert not passes(frames, fps)
    assert passes(shown, fps)
    assert limiter.limited > 0
    assert len({int(frame[0, 0, 0]) for frame in shown}) > 2, "it is softened, not stopped"


def test_two_flashes_a_second_are_untouched_until_they_are_held_for_long() -> None:
    limiter = Limiter()
    for n in range(3 * FPS):
        image = strobe(2.0, n)
        assert limiter.step(n / FPS, image, mode()) is image
    assert limiter.limited == 0


def test_what_is_held_back_in_light_goes_on_moving() -> None:
    """A picture that moves under a strobe is as sharp, and as far on its way, as it would be without."""
    limiter, likeness = Limiter(), []
    texture = np.random.default_rng(5).uniform(0.97, 1.03, (72, 400, 1)).astype(np.float32)
    for n in range(3 * FPS):
        image = (texture[:, n : n + 128] * (180 if (n / FPS * 6.0) % 1.0 < 0.5 else 30)).repeat(3, 2).astype(np.uint8)
        before = limiter.limited
        shown = limiter.step(n / FPS, image, mode())
        if limiter.limited > before and image.mean() > 100:
            likeness.append(np.corrcoef(shown.ravel(), image.ravel())[0, 1])
    assert len(likeness) > 10
    assert min(likeness) > 0.85  # it is dark, and there are few levels


def test_fewer_than_two_a_second_are_untouched_for_ever() -> None:
    limiter = Limiter()
    for n in range(12 * 30):
        image = strobe(1.4, n, fps=30)
        assert limiter.step(n / 30, image, mode()) is image


def test_colours_in_the_same_place_may_change_as_fast_as_they_like() -> None:
    """Movement without a change of light is no flash."""
    limiter = Limiter()
    for n in range(2 * FPS):
        image = np.full((64, 64, 3), 110, np.uint8)
        image[..., n % 3] = 120
        assert limiter.step(n / FPS, image, mode()) is image


def test_warn_counts_and_lets_pass_and_off_does_neither() -> None:
    warned, off = Limiter(), Limiter()
    for n in range(2 * FPS):
        image = strobe(10.0, n)
        assert warned.step(n / FPS, image, mode("warn")) is image
        assert off.step(n / FPS, image, mode("off")) is image
    assert warned.warned > 10
    assert (warned.limited, off.limited, off.warned) == (0, 0, 0)


def test_pictures_may_change_size_and_a_reset_equals_new() -> None:
    limiter, counts = Limiter(), []
    for _ in range(2):
        for n in range(80):
            size = (32, 32) if n % 50 < 25 else (48, 80)
            image = np.full((*size, 3), 255 * (n % 8 < 4), np.uint8)
            assert limiter.step(n / FPS, image, mode()).shape == image.shape
        counts.append(limiter.limited)
        limiter.reset()
        assert limiter.limited == 0
    assert counts[0] == counts[1] > 0
