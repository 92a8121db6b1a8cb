"""Any number of channels to two, by what is known about their places."""

from collections.abc import Sequence

import numpy as np

from vj.core.types import F32

#: -3 dB: what stands in the middle goes to both sides, and what stands behind or above counts that much less.
HALF_POWER = 0.5**0.5
_FRONT = {"FL", "FR", "DL", "DR"}


def mixdown(count: int, places: Sequence[str] = (), pick: Sequence[int] = ()) -> F32:
    """[count, 2] gains of each channel to left and right; each side's add up to 1, so nothing clips.

    `places` are FFmpeg's names of the channels, such as FL, FC, LFE; with none known, and more than two channels, all
    count alike on both sides, as the tracks of a recorder should. With names it is the usual downmix (ITU-R BS.775:
    front 1, centre and surround -3 dB), but for the low channel: a cinema plays it, so it is heard, at -3 dB.
    `pick` takes some channels only, from 0: one for both sides, two as left and right, more alike on both sides.
    """
    if pick:
        chosen = np.zeros((count, 2), np.float32)
        chosen[list(pick)] = np.eye(2) if len(pick) == 2 else 1.0
    elif count == 2:
        chosen = np.eye(2, dtype=np.float32)
    elif len(places) == count and any(_gains(place) != (1.0, 1.0) for place in places):
        chosen = np.array([_gains(place) for place in places], np.float32)
    else:
        chosen = np.ones((count, 2), np.float32)
    if not chosen.any(axis=0).all():  # nothing is for one of the sides
        chosen = np.ones((count, 2), np.float32)
    return np.asarray(chosen / chosen.sum(axis=0), np.float32)


def _gains(place: str) -> tuple[float, float]:
    """What one named channel gives to left and right; 1 and 1 for a name that says nothing about a place."""
    if place in _FRONT:
        return (1.0, 0.0) if place.endswith("L") else (0.0, 1.0)
    if place.startswith("LFE") or place in ("FC", "TC", "TFC", "TBC", "BC", "BFC"):
        return HALF_POWER, HALF_POWER
    if place.startswith("AMBI"):  # the first of a sound field is all of it, heard from all round
        return (1.0, 1.0) if place == "AMBI0" else (0.0, 0.0)
    if not place.isupper() or place.startswith(("UNK", "UNSD", "USR", "NONE")):
        return 1.0, 1.0
    return (HALF_POWER, 0.0) if "L" in place else (0.0, HALF_POWER)
