"""NDI: the picture and the show's sound, found by name by every NDI program of the network."""

from fractions import Fraction

import numpy as np

from vj.core.install import extra
from vj.core.types import F32, U8
from vj.outputs.sending.far import Far
from vj.outputs.sending.fitting import Fitting
from vj.outputs.sending.talk import ImpossibleError, Task

#: What targets begin with, and what they are: see `vj.outputs.sending.kinds`.
KINDS = {"ndi": {"title": "NDI", "target": "name", "alpha": True, "sound": True}}
#: Samples that are sent at once, always as many: of fewer cyndilib 0.1.3 loses the second channel.
_BLOCK = 960


class Ndi(Far):
    """A sender called as the output says. It never waits for who watches; with alpha the pixels are straight."""

    def __init__(self, task: Task) -> None:
        try:
            from cyndilib.audio_frame import AudioSendFrame
            from cyndilib.sender import Sender
            from cyndilib.video_frame import VideoSendFrame
            from cyndilib.wrapper.ndi_structs import FourCC
        except ImportError as error:
            raise ImpossibleError(f"NDI is not installed ({error})", task.asked.target, extra("ndi")) from None
        asked = task.asked
        luma = asked.alpha == "luma"
        self._fitting = Fitting(task.size, "bgra", luma)
        self._sender = Sender(asked.target, clock_video=False, clock_audio=False)
        video = VideoSendFrame()
        video.set_resolution(*task.size)
        video.set_frame_rate(Fraction(asked.rate).limit_denominator(1001))
        video.set_fourcc(FourCC.BGRA if luma else FourCC.BGRX)
        self._sender.set_video_frame(video)
        self._waiting: F32 | None = np.zeros(0, np.float32) if task.sound else None
        if self._waiting is not None:
            audio = AudioSendFrame(_BLOCK)
            audio.sample_rate, audio.num_channels = task.sound, 2
            self._sender.set_audio_frame(audio)
        self._sender.open()
        self.told = f"NDI as {self._sender.name}, {task.size[0]}x{task.size[1]}"

    def picture(self, image: U8, t: float) -> None:
        """Send it; NDI compresses it on threads of its own, and only if somebody watches."""
        self._sender.write_video_async(self._fitting.array(image).reshape(-1))

    def sound(self, samples: F32, t: float) -> None:
        """Send it, the same on two channels."""
        if self._waiting is None:
            return
        self._waiting = np.concatenate([self._waiting, samples])
        while len(self._waiting) >= _BLOCK:
            piece, self._waiting = self._waiting[:_BLOCK], self._waiting[_BLOCK:]
            self._sender.write_audio(np.ascontiguousarray(np.stack([piece, piece])))

    @property
    def watched(self) -> int:
        """How many receive it."""
        return int(self._sender.get_num_connections(0.0))

    def close(self) -> None:
        """The sender is gone from the network."""
        self._sender.close()
