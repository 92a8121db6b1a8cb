"""Channels to left and right."""

import numpy as np
import pytest

from vj.core.sound.mixdown import mixdown

FILM = ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR")


@pytest.mark.parametrize(
    ("places", "right"),
    [
        (("FC",), [[1, 1]]),
        (("FL", "FR"), [[1, 0], [0, 1]]),
        (("FL", "FR", "BL", "BR"), [[0.586, 0], [0, 0.586], [0.414, 0], [0, 0.414]]),
        (("AMBI0", "AMBI1", "AMBI2", "AMBI3"), [[1, 1], [0, 0], [0, 0], [0, 0]]),
        (("USR0", "USR1", "USR2"), [[1 / 3, 1 / 3]] * 3),
        ((), [[0.2, 0.2]] * 5),
    ],
)
def test_places(places: tuple[str, ...], right: list[list[float]]) -> None:
    assert np.allclose(mixdown(len(places) or 5, places), right, atol=1e-3)


def test_a_side_never_clips_and_mirrors_the_other() -> None:
    gains = mixdown(8, FILM)
    assert np.allclose(gains.sum(axis=0), 1.0)
    assert np.allclose(gains[::, ::-1], gains[[1, 0, 2, 3, 5, 4, 7, 6]])
    assert (gains.sum(axis=1) > 0).all(), "a channel is lost"


def test_picked_channels() -> None:
    assert mixdown(4, FILM[:4], (2,)).tolist() == [[0, 0], [0, 0], [1, 1], [0, 0]]
    assert mixdown(3, pick=(2, 0)).tolist() == [[0, 1], [0, 0], [1, 0]]
    assert mixdown(4, pick=(0, 1, 3))[:, 0].tolist() == pytest.approx([1 / 3, 1 / 3, 0, 1 / 3])
