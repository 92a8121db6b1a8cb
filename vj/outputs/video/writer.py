"""What every writer of pictures in the child has in common: places in time, filled without a gap."""

from abc import ABC, abstractmethod
from typing import Any

import av
import numpy as np

from vj.core.types import F32
from vj.outputs.finish.swscale import fitted
from vj.outputs.video.colours import Pixels
from vj.outputs.video.job import Job

#: A gap in the frame numbers longer than this is a clock gone wrong, not a slow machine.
LONGEST_GAP = 3600


class Writer(ABC):
    """Pictures by number, sound by sample count, both from zero.

    `codec` is the encoder at work, `sounds` what becomes of the sound, `copied` whether it comes from a file and need
    not be sent, `notes` what the performer should know.
    """

    codec: str
    sounds = ""
    copied = False

    def __init__(self, job: Job) -> None:
        self.job = job
        self.frames = 0
        self.notes: list[str] = []
        self._last: Any = None

    def picture(self, image: Pixels, number: int) -> None:
        """Write one picture as frame `number`, repeating the one before over a gap; drops one that comes too late."""
        if number < self.frames:
            return
        while self._last is not None and self.frames < min(number, self.frames + LONGEST_GAP):
            self._emit(self._last)
            self.frames += 1
        self._last = self._made(sized(image, (self.job.width, self.job.height)))
        self._emit(self._last)
        self.frames += 1

    def sound(self, samples: F32) -> None:  # noqa: B027
        """Take interleaved samples [n, channels]; most formats have no sound."""

    def chapter(self, t: float, name: str) -> None:  # noqa: B027
        """From second `t` on it is called `name`; most formats have no chapters."""

    def rescue(self) -> None:  # noqa: B027
        """Make of what was written something that plays, after a failure; nothing is flushed any more."""

    @abstractmethod
    def close(self) -> None:
        """Finish the file."""

    @abstractmethod
    def _made(self, image: Pixels) -> Any:
        """What is to be written of a picture of the film's size."""

    @abstractmethod
    def _emit(self, made: Any) -> None:
        """Write it as frame `self.frames`."""


def sized(image: Pixels, size: tuple[int, int]) -> Pixels:
    """`image` scaled to cover `size`."""
    if (image.shape[1], image.shape[0]) == size:
        return image
    if image.dtype == np.uint16:  # nobody sends such ones of another size, but for odd screens
        frame = av.VideoFrame.from_ndarray(image.copy(), format="rgb48le")
        return frame.reformat(*size, interpolation="BICUBIC").to_ndarray().astype(np.uint16, copy=False)
    return fitted(image, size)  # type: ignore[arg-type]
