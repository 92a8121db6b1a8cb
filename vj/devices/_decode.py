"""A sound file as samples: decoded as it is read, at one rate, exact to the sample.

song = AudioFile("song.mp3", rate=48000, start=30.0)
for block in song.blocks(512):                 # mono [n]
for block in song.blocks(4096, channels=2):    # stereo [n, 2]; each call decodes from the start anew
"""

from collections.abc import Iterator
from copy import copy
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer

from vj.core.errors import AudioError
from vj.core.types import F32

_HINT = "any file that FFmpeg decodes will do: wav, flac, mp3, ogg, opus, m4a, or a film with sound"
#: More than two channels are mixed to stereo with gains that add up to 1, so nothing clips.
_DOWNMIX = {"rematrix_maxval": "1.0"}
#: Shorter by more seconds than this than the file's own word, and a warning says so.
_SHORT = 0.5


class AudioFile:
    """One sound file at `rate` Hz, from second `start` to second `end`. Memory does not grow with its length.

    duration   seconds between start and end, None where the file does not say; an estimate for some MP3s
    native     Hz at which the file itself is sampled
    warning    what was wrong with a file that could be read all the same, known once it has been read; else ""

    `mono` is the shape that `read` gives: [n], or [n, 2]. Mono is the mean of left and right.
    """

    def __init__(
        self,
        path: str | Path,
        rate: int = 48000,
        mono: bool = True,
        start: float = 0.0,
        end: float | None = None,
    ) -> None:
        self.path = Path(path)
        self.rate = rate
        self.warning = ""
        self._channels = 1 if mono else 2
        self._start, self._end = start, end
        self.native = rate
        self._length = self._probe()
        self.duration = self._span()
        self._blocks: Iterator[F32] | None = None
        self._rest: F32 = self._empty(self._channels)

    def read(self, count: int) -> F32:
        """The next `count` samples; fewer only where the file ends, and none after that."""
        if self._blocks is None:
            self._blocks = self.blocks(4096, self._channels)
        parts = [self._rest]
        have = len(self._rest)
        while have < count and (block := next(self._blocks, None)) is not None:
            parts.append(block)
            have += len(block)
        joined = np.concatenate(parts)
        self._rest = joined[count:]
        return joined[:count]

    def at(self, rate: int) -> "AudioFile":
        """The same file and span at another rate."""
        other = copy(self)
        other.rate = rate
        other.rewind()
        return other

    def rewind(self) -> None:
        """Let `read` begin at the start again."""
        self._blocks = None
        self._rest = self._empty(self._channels)

    def blocks(self, size: int = 4096, channels: int = 1) -> Iterator[F32]:
        """Blocks of `size` samples, [size] or [size, 2], the last one shorter; decodes from the start."""
        first = round(self._start * self.rate)
        last = None if self._end is None else round(self._end * self.rate)
        held: list[F32] = []
        have = position = 0
        for chunk in self._chunks(channels):
            piece = chunk[max(first - position, 0) : None if last is None else max(last - position, 0)]
            position += len(chunk)
            held.append(piece)
            have += len(piece)
            if have >= size:
                joined = np.concatenate(held)
                whole = have // size * size
                yield from joined[:whole].reshape(-1, size, *joined.shape[1:])
                held, have = [joined[whole:]], have - whole
            if last is not None and position >= last:
                break
        if have:
            yield np.concatenate(held)

    def _probe(self) -> float | None:
        """Seconds the file says it lasts; raises AudioError unless at least one sample can be had from it."""
        if self._start < 0 or (self._end is not None and self._end <= self._start):
            raise AudioError(f"nothing lies between {self._start:g} s and {self._end:g} s", str(self.path))
        with self._open() as container:
            stream = container.streams.audio[0]
            self.native = stream.codec_context.sample_rate or self.rate
            length = None if container.duration is None else container.duration / av.time_base
            if stream.duration is not None and stream.time_base is not None:
                length = float(stream.duration * stream.time_base)
            if next(self._frames(container, [0]), None) is None:
                raise AudioError("there is no sound in this file", str(self.path), "is it empty or cut off? " + _HINT)
        if length is not None and self._start >= length + _SHORT:
            what = f"the file ends at {length:.1f} s, before the start at {self._start:g} s"
            raise AudioError(what, str(self.path), "choose an earlier --from")
        return length

    def _span(self) -> float | None:
        ends = [end for end in (self._end, self._length) if end is not None]
        return max(min(ends) - self._start, 0.0) if self._length is not None else None

    def _open(self) -> InputContainer:
        """The opened file, which has an audio stream."""
        where = str(self.path)
        if self.path.is_dir():
            raise AudioError("this is a folder, not a sound file", where, "name one file in it")
        if not self.path.is_file():
            raise AudioError("there is no such sound file", where, "check the spelling and the folder")
        try:
            # "file:" keeps a name such as "a:b.wav" from being read as a network protocol.
            container = av.open(f"file:{self.path}")
        except (av.error.FFmpegError, OSError) as error:
            raise AudioError(f"this is no sound file that can be read ({error.strerror})", where, _HINT) from error
        if not container.streams.audio:
            container.close()
            raise AudioError("there is no audio stream in this file", where, _HINT)
        return container

    def _frames(self, container: InputContainer, damaged: list[int]) -> Iterator[av.AudioFrame]:
        """Decoded frames; counts packets that could not be decoded in `damaged[0]` and goes on behind them."""
        packets = container.demux(container.streams.audio[0])
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.error.FFmpegError:  # the file is cut off in the middle of a packet
                damaged[0] += 1
                return
            try:
                yield from packet.decode()
            except av.error.FFmpegError:
                damaged[0] += 1

    def _chunks(self, channels: int) -> Iterator[F32]:
        """The whole file in pieces as they are decoded, [n] or [n, 2] at `self.rate`.

        libswresample gives out what went in times the ratio of rates, rounded once, without delay.
        """
        damaged, given = [0], 0
        resampler: av.AudioResampler | None = None
        form: tuple[str, str, int] | None = None
        with self._open() as container:
            for frame in self._frames(container, damaged):
                now = (frame.format.name, frame.layout.name, frame.sample_rate)
                if resampler is None or now != form:  # some files change rate or channels on the way
                    ended = [] if resampler is None else resampler.resample(None)
                    mono = frame.layout.nb_channels == 1
                    layout = "mono" if mono else "stereo"
                    resampler, form = av.AudioResampler("fltp", layout, self.rate, options=_DOWNMIX), now
                else:
                    ended = []
                frame.pts = None  # gaps in time stamps are no gaps in sound
                for part in [*ended, *resampler.resample(frame)]:
                    given += part.samples
                    yield _shaped(part, channels)
            for part in resampler.resample(None) if resampler else []:
                given += part.samples
                yield _shaped(part, channels)
        self.warning = self._judge(damaged[0], given / self.rate)

    def _judge(self, damaged: int, seconds: float) -> str:
        """What to tell about a file that gave `seconds` of sound and had `damaged` packets that gave none."""
        words = []
        if damaged:
            words.append(f"{damaged} damaged piece{'s' if damaged > 1 else ''} left out")
        if self._length is not None and seconds < self._length - _SHORT:
            words.append(f"it ends after {seconds:.1f} s of {self._length:.1f} s")
        return f"{self.path.name}: {', '.join(words)}" if words else ""

    @staticmethod
    def _empty(channels: int) -> F32:
        return np.zeros(0 if channels == 1 else (0, 2), np.float32)


def _shaped(part: av.AudioFrame, channels: int) -> F32:
    """One or two planes of float32 as mono [n] (the mean of both) or stereo [n, 2]."""
    planes = np.asarray(part.to_ndarray(), np.float32)
    if channels == 1:
        return np.asarray(planes.mean(axis=0), np.float32)
    return np.repeat(planes, 3 - len(planes), axis=0).T
