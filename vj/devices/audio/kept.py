"""The sound of a performance, hop by hop and bit by bit, at the channels it came with."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
import numpy as np

from vj.core.errors import AudioError
from vj.core.sound.grid import sound_of
from vj.core.types import F32


class Kept:
    """FLAC of 24 bits, or the float WAV of older performances, at `path`, `channels` of it at `rate` Hz.

    It may break off anywhere; pieces that are damaged are silence, in their place, and `damaged` counts their samples.
    Raises AudioError for what is no sound.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged = 0
        with self._opened() as container:
            context = container.streams.audio[0].codec_context
            self.rate, self.channels = context.sample_rate, context.channels
        if not self.rate or not self.channels:
            raise AudioError("there is no sound in this", str(path), "it was cut off before there was any")

    def hops(self, length: int) -> Iterator[F32]:
        """Blocks [length, channels] from the beginning; what is left at the end and fills none is left out."""
        held: list[F32] = []
        have = 0
        for piece in self._pieces():
            held.append(piece)
            have += len(piece)
            if have >= length:
                joined = np.concatenate(held)
                whole = have // length * length
                yield from joined[:whole].reshape(-1, length, self.channels)
                held, have = [joined[whole:]], have - whole

    def length(self) -> int:
        """Samples that can be had of it; it is read to its end."""
        return sum(map(len, self._pieces()))

    def _opened(self) -> "av.container.InputContainer":
        try:
            container = av.open(f"file:{self.path}", "r")
            if container.streams.audio:
                return container
        except (av.FFmpegError, OSError) as error:
            what = f"the sound of the performance cannot be read ({error.strerror})"
            raise AudioError(what, str(self.path), "use an undamaged copy") from error
        raise AudioError("there is no sound in this", str(self.path), "use an undamaged copy")

    def _pieces(self) -> Iterator[F32]:
        """[n, channels] as they are decoded, each in the place that it says it has."""
        self.damaged, come = 0, 0
        with self._opened() as container:
            stream = container.streams.audio[0]
            for frame in _decoded(container, stream):
                if frame.sample_rate != self.rate or frame.layout.nb_channels != self.channels:
                    continue
                sound = _floats(frame).reshape(-1, self.channels)
                place = come if frame.pts is None else round(frame.pts * float((frame.time_base or 0) * self.rate))
                if place > come:
                    self.damaged += place - come
                    for start in range(come, place, self.rate):
                        yield np.zeros((min(self.rate, place - start), self.channels), np.float32)
                    come = place
                if place + len(sound) > come:
                    yield sound[come - place :]
                    come = place + len(sound)


def _decoded(
    container: "av.container.InputContainer", stream: "av.audio.stream.AudioStream"
) -> Iterator[av.AudioFrame]:
    """The frames that can be decoded; a file that is cut off ends where it is."""
    with suppress(av.FFmpegError):
        for packet in container.demux(stream):
            with suppress(av.FFmpegError):
                yield from packet.decode()


def _floats(frame: av.AudioFrame) -> F32:
    """Its samples in the order of the channels within each moment."""
    samples = frame.to_ndarray()
    if frame.format.name == "s32":
        return sound_of(samples.astype(np.int32, copy=False) >> 8)
    return np.asarray(samples, np.float32)
