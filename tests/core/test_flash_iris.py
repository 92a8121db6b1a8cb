"""Our count of flashes beside that of EA's IRIS (the port `iris-pse-detection`), frame by frame, on clips made here."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from vj.core.flash.light import grid, places
from vj.core.flash.meter import FlashMeter
from vj.core.params import Snapshot
from vj.core.types import U8
from vj.engine.finish.limiter import Limiter

iris = pytest.importorskip("iris_pse_detection.flash_detection", reason="iris-pse-detection is not installed")

FPS, HEIGHT, WIDTH = 30, 72, 128
#: Frames by which two counts may differ about when a second is over.
SLACK = 2
Clip = Callable[[int], U8]


def wave(
    rate: float, top: int = 255, bottom: int = 0, area: float = 1.0, colour: tuple[int, int, int] = (1, 1, 1)
) -> Clip:
    """A square wave of `rate` flashes a second on part of a picture that is otherwise as dark."""

    def picture(n: int) -> U8:
        image = np.full((HEIGHT, WIDTH, 3), bottom, np.uint8) * np.array(colour, np.uint8)
        if (n / FPS * rate) % 1.0 < 0.5:
            image[:, : round(WIDTH * area)] = top * np.array(colour)
        return image

    return picture


def swell(rate: float) -> Clip:
    return lambda n: np.full((HEIGHT, WIDTH, 3), round(128 - 100 * np.cos(2 * np.pi * rate * n / FPS)), np.uint8)


def over_a_moving_ground(rate: float, area: float) -> Clip:
    """A small part that flashes hard, on a ground where something stirs everywhere."""
    ground = np.random.default_rng(2).integers(20, 40, (HEIGHT, WIDTH + 400, 3)).astype(np.uint8)

    def picture(n: int) -> U8:
        image = ground[:, n % 400 : n % 400 + WIDTH].copy()
        if (n / FPS * rate) % 1.0 < 0.5:
            image[:, : round(WIDTH * area)] = 255
        return image

    return picture


CLIPS: dict[str, tuple[Clip, float]] = {
    "1 Hz": (wave(1.0), 6.0),
    "2 Hz, 3.5 s": (wave(2.0), 3.5),
    "2 Hz, 6 s": (wave(2.0), 6.0),
    "3 Hz, 6 s": (wave(3.0), 6.0),
    "5 Hz": (wave(5.0), 3.0),
    "10 Hz": (wave(10.0), 3.0),
    "too faint": (wave(10.0, 60, 20), 3.0),
    "too bright": (wave(10.0, 255, 240), 3.0),
    "swell": (swell(0.7), 5.0),
    "swell, fast": (swell(3.75), 4.0),
    "a fifth of it": (wave(5.0, area=0.2), 3.0),
    "red, dark": (wave(5.0, 150, colour=(1, 0, 0)), 3.0),
    "red, held": (wave(2.5, 200, colour=(1, 0, 0)), 7.0),
    "a fifth of it, on a moving ground": (over_a_moving_ground(5.0, 0.2), 3.0),
    "a tenth of it, on a moving ground": (over_a_moving_ground(5.0, 0.09), 3.0),
}


def theirs(frames: list[U8]) -> list[bool]:
    """Whether IRIS fails each frame."""
    from iris_pse_detection.configuration import Configuration

    analyser: Any = iris.FlashDetection(FPS, frames[0].shape[:2], Configuration())
    failing = []
    for n, frame in enumerate(frames):
        analyser.set_current_frame(np.ascontiguousarray(frame[..., ::-1]))
        data = analyser.analyse_frame(n)
        failing.append(max(int(data.luminance_frame_result), int(data.red_frame_result)) >= 2)
    return failing


def ours(frames: list[U8]) -> list[bool]:
    meter = FlashMeter()
    return [not meter.step(n / FPS, grid(places(frame))).passes for n, frame in enumerate(frames)]


@cache
def frames(name: str) -> list[U8]:
    clip, seconds = CLIPS[name]
    return [clip(n) for n in range(round(seconds * FPS))]


@cache
def failing(name: str) -> list[bool]:
    """Whether IRIS fails each frame of a clip."""
    return theirs(frames(name))


@pytest.mark.parametrize("name", CLIPS)
def test_both_find_the_same(name: str) -> None:
    own, other = ours(frames(name)), failing(name)
    assert any(own) == any(other)
    missed = [n for n, fails in enumerate(other) if fails and not any(own[max(n - SLACK, 0) : n + SLACK + 1])]
    assert not missed, f"{len(missed)} of {sum(other)} failing frames"


@pytest.mark.parametrize("name", [name for name in CLIPS if name not in ("1 Hz", "2 Hz, 3.5 s", "too faint")])
def test_what_the_limiter_lets_through_passes_there(name: str) -> None:
    limiter, safety = Limiter(), Snapshot({"/safety/flash": "limit"}).of(Limiter)
    shown = [limiter.step(n / FPS, frame, safety) for n, frame in enumerate(frames(name))]
    assert not any(theirs(shown))
    assert (limiter.limited > 0) == any(failing(name))
