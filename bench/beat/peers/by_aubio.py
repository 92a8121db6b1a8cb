"""aubio's beat tracker as it runs live: hop by hop, a beat when it fires."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

MODE = "online"
PACKAGES = ("aubio-ledfx==0.4.12", "numpy==2.4.6")
RATE, WINDOW, HOP = 44100, 1024, 512


def track(samples: npt.NDArray[np.float32]) -> Iterator[tuple[float, int]]:
    """(moment, 0) of every beat: the end of the hop in which it fires."""
    import aubio

    tempo = aubio.tempo("default", WINDOW, HOP, RATE)
    for start in range(0, len(samples) - HOP + 1, HOP):
        if tempo(samples[start : start + HOP])[0]:
            yield (start + HOP) / RATE, 0
