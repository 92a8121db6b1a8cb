"""What a level of the governor does to a look: the measure by pictures whose answer is known, then looks."""

from functools import cache

import numpy as np
import pytest

from bench.look._level_film import film
from bench.look._level_seen import LIMITS, Difference, difference, seen
from bench.look.levels import AT, DRAWN, FPS, SPAN, compared
from vj.core.types import U8, Finish
from vj.engine.governor import LADDER
from vj.workshop import loop

LAST = len(LADDER) - 1


def coloured(degrees: float, lightness: float = 0.6) -> U8:
    """A wall of one hue, with soft waves of lightness from left to right."""
    waves = lightness + 0.1 * np.sin(np.arange(1280) / 90)
    angle = np.radians(degrees)
    lab = np.stack([waves, np.full(1280, 0.1 * np.cos(angle)), np.full(1280, 0.1 * np.sin(angle))], -1)
    to_lms = np.array([[1, 1, 1], [0.3963378, -0.1055613, -0.0894842], [0.2158038, -0.0638542, -1.2914855]])
    to_rgb = np.array(
        [[4.0767417, -1.268438, -0.0041961], [-3.3077116, 2.6097574, -0.7034186], [0.2309699, -0.3413194, 1.7076147]]
    )
    light = ((lab @ to_lms) ** 3 @ to_rgb).clip(0, 1)
    code = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.repeat(np.rint(code * 255).astype(np.uint8)[None], 720, 0)


def over(found: Difference) -> list[str]:
    """What is beyond the limits."""
    return [name for name, value in vars(found).items() if value > getattr(LIMITS, name)]


def test_what_is_seen_of_a_wall_is_its_colour() -> None:
    lab = seen([coloured(120.0, 0.6)])
    assert lab.shape == (180, 320, 3)
    assert lab[..., 0].mean() == pytest.approx(0.6, abs=0.02)
    assert np.degrees(np.arctan2(lab[..., 2], lab[..., 1])).mean() == pytest.approx(120.0, abs=2.0)
    pixels = np.indices((720, 1280)).sum(0) % 2 * np.full((3, 1, 1), 255)
    fine = seen([np.moveaxis(pixels, 0, -1).astype(np.uint8)])
    assert np.ptp(fine) < 0.9, "grey from afar"
    assert fine[..., 0] == pytest.approx(0.5 ** (1 / 3), abs=0.01)


def test_the_measure_tells_hue_tone_and_form_apart() -> None:
    green = coloured(140.0)
    assert over(difference([green], [green])) == []
    turned = difference([green], [coloured(150.0)])
    assert turned.hue == pytest.approx(10.0, abs=1.5)
    assert turned.tone < 0.005
    darker = difference([green], [coloured(140.0, 0.55)])
    assert darker.tone == pytest.approx(0.05, abs=0.01)
    assert darker.hue < 1.5
    assert darker.form < LIMITS.form
    moved = difference([green], [green[:, ::-1].copy()])
    assert moved.form > 2 * LIMITS.form
    assert moved.hue < 0.5
    assert difference([green, coloured(150.0)], [coloured(150.0), green]).colour < 1e-6, "one to the eye"


@cache
def whole_film(look: str) -> list[U8]:
    """The look with everything."""
    return film(look, 0, loop.cached(), SPAN, DRAWN)


@pytest.mark.slow
@pytest.mark.gl
@pytest.mark.parametrize(
    "look", ["event_horizon", *(pytest.param(name, marks=pytest.mark.slow) for name in ("neon_loom", "plumage"))]
)
def test_the_last_level_is_the_same_look(look: str) -> None:
    """Bounds of the whole table (bench/results/levels.json), kept where they are tightest."""
    whole, last = whole_film(look), film(look, LAST, loop.cached(), SPAN, DRAWN)
    found = compared(whole, last, LAST)
    assert over(found) == [], found
    n = round((AT[0] - DRAWN) * FPS)
    assert found.detail < 1.0
    assert "form" in over(difference(whole[n : n + 2], [image[:, ::-1].copy() for image in whole[n : n + 2]]))


@pytest.mark.slow
@pytest.mark.gl
def test_without_its_finish_a_look_is_another() -> None:
    """What the last level was once: beyond every bound, or the bounds are worth nothing."""
    whole = whole_film("plumage")
    bare = film("plumage", 0, loop.cached(), SPAN, DRAWN, finish=lambda finish: Finish({}, on=False))
    assert {"colour", "hue", "tone"} <= set(over(compared(whole, bare, 0)))
