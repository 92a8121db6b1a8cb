"""Four beats of a film on one sheet, a beat a row: whether it dances is seen at a glance, or is not."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from vj.core.types import F64, U8
from vj.workshop.contact import contact_sheet

BEATS, PICTURES = 4, 8
WIDTH = 160


def moments(beats: F64, fps: int) -> list[int]:
    """Numbers of the frames PICTURES to a beat, of BEATS beats from the middle one of `beats` (seconds) on."""
    first = (len(beats) - 1) // 2 // BEATS * BEATS
    shown = np.arange(min(BEATS, len(beats) - 1 - first) * PICTURES) / PICTURES
    at = np.interp(first + shown, np.arange(len(beats)), beats)
    return [round(t * fps) for t in at]


def write(path: Path, beats: F64, pictures: Mapping[int, U8], fps: int) -> None:
    """A sheet of the pictures at `moments`, each with its part of the beat."""
    at = [k for k in moments(beats, fps) if k in pictures]
    labels = [f"{n // PICTURES + 1} {n % PICTURES}/{PICTURES}" for n in range(len(at))]
    path.parent.mkdir(parents=True, exist_ok=True)
    contact_sheet([pictures[k] for k in at], PICTURES, labels, WIDTH).save(path)
