"""librosa's dynamic programming, which knows the whole piece beforehand: what is possible without hurry."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

MODE = "offline"
PACKAGES = (
    "librosa==0.11.0",
    "audioread==3.1.0",
    "joblib==1.6.0",
    "lazy-loader==0.6",
    "llvmlite==0.50.0",
    "numba==0.68.1",
    "numpy==2.4.6",
    "scikit-learn==1.9.1",
    "scipy==1.17.1",
    "soundfile==0.14.0",
    "soxr==1.1.0",
)
RATE = 44100


def track(samples: npt.NDArray[np.float32]) -> Iterator[tuple[float, int]]:
    """(moment, 0) of every beat of `beat_track`."""
    import librosa

    half = librosa.resample(samples, orig_sr=RATE, target_sr=RATE // 2)
    _, beats = librosa.beat.beat_track(y=half, sr=RATE // 2, units="time")
    for beat in beats:
        yield float(beat), 0
