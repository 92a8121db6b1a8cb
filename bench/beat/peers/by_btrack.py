"""BTrack by its Python binding: onset function, comb filters and a cumulative score, frame by frame."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

MODE = "online"
PACKAGES = ("btrack-beat-tracker==1.0.7", "numpy==2.4.6")
RATE, HOP = 44100, 512


def track(samples: npt.NDArray[np.float32]) -> Iterator[tuple[float, int]]:
    """(moment, 0) of every beat: the end of the hop in which it is due."""
    import btrack_beat_tracker

    for beat in btrack_beat_tracker.detect_beats(samples.astype(np.float64)):
        yield float(beat) + HOP / RATE, 0
