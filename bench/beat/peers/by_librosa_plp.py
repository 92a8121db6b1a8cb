"""librosa's predominant local pulse: whose every peak is a beat. It looks four seconds ahead and back."""

from collections.abc import Iterator

import by_librosa
import numpy as np
import numpy.typing as npt

MODE = "offline"
PACKAGES = by_librosa.PACKAGES
RATE = 44100


def track(samples: npt.NDArray[np.float32]) -> Iterator[tuple[float, int]]:
    """(moment, 0) of every peak of the pulse."""
    import librosa

    half = librosa.resample(samples, orig_sr=RATE, target_sr=RATE // 2)
    pulse = librosa.beat.plp(y=half, sr=RATE // 2, tempo_min=55, tempo_max=215)
    peaks = np.flatnonzero(librosa.util.localmax(pulse) & (pulse > 0.05))
    for beat in librosa.frames_to_time(peaks, sr=RATE // 2):
        yield float(beat), 0
