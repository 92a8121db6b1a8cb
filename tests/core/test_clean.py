"""What is no sound becomes sound, and is counted."""

import numpy as np

from vj.core.sound.clean import clean, cleaned


def test_good_samples_are_left_alone_and_bad_ones_removed() -> None:
    good = np.linspace(-8.0, 8.0, 100, dtype=np.float32)
    assert clean(good) is good
    bad = np.array([0.5, np.nan, np.inf, -np.inf, 1e30, -1e30], np.float32)
    assert clean(bad).tolist() == [0.5, 0.0, 0.0, 0.0, 8.0, -8.0]
    assert cleaned(bad)[1] == 5
    assert clean(np.array([[0.5, -3.0]], np.float32), 1.0).tolist() == [[0.5, -1.0]]
    assert cleaned(good[:0])[1] == 0
