"""A short film of `make bench-sync`: every flash in its click's frame, and a flash out of place is seen."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bench.film import sync

SECONDS = 4.0


@pytest.mark.parametrize("fps", [Fraction(25), Fraction(30000, 1001)], ids=["25", "29.97"])
def test_a_flash_is_seen_in_the_frame_after_its_click(tmp_path: Path, fps: Fraction) -> None:
    film, memory = sync.filmed(tmp_path, SECONDS, fps)
    gaps = sync.apart(film, SECONDS)
    assert len(gaps) == len(sync.clicks(SECONDS)) == 2
    assert gaps.min() > -0.002
    assert gaps.max() < 1 / float(fps) + 0.002
    assert len(memory) > 10


def test_a_flash_that_comes_late_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hands = sync.hands
    monkeypatch.setattr(sync, "hands", lambda seconds: tuple((t + 0.1 * (t > 0), event) for t, event in hands(seconds)))
    film, _ = sync.filmed(tmp_path, SECONDS, Fraction(24))
    assert np.abs(sync.apart(film, SECONDS)).min() > 0.09
