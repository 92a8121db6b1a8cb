"""BeatNet: a causal recurrent network and a cascade of particle filters, with downbeats; its mode "online".

Its windows of 64 ms are centred, so that it knows 32 ms of the future of each moment that it tells.
"""

import sys
from collections.abc import Iterator
from types import ModuleType

import by_librosa
import by_madmom
import numpy as np
import numpy.typing as npt

MODE = "online"
PACKAGES = (
    "BeatNet==1.1.3",
    "matplotlib==3.11.2",
    *dict.fromkeys((*by_librosa.PACKAGES, *by_madmom.PACKAGES)),
)
#: What it asks for cannot be had together (numba 0.54, an unbuilt madmom): it goes in without. torch is the product's.
ALONE, BORROWS = ("BeatNet",), True
RATE = 44100


def track(samples: npt.NDArray[np.float32]) -> Iterator[tuple[float, int]]:
    """(moment, 1 on a downbeat and 2 else) of every beat."""
    by_madmom.named_as_before()
    # what it imports and does not use here: a microphone
    sys.modules.setdefault("pyaudio", ModuleType("pyaudio"))
    np.__dict__.setdefault("in1d", np.isin)  # gone since numpy 2.4; the same for what it asks
    from BeatNet.BeatNet import BeatNet
    from scipy.signal import resample_poly

    half = resample_poly(samples, 1, 2).astype(np.float32)
    np.random.seed(1)  # its particles
    for beat, place in BeatNet(1, mode="online", inference_model="PF", plot=[], thread=False).process(half):
        yield float(beat), int(place)
