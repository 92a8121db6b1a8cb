"""Segments become one film: their pictures are copied, not encoded again, and the sound is laid beside them once.

The film grows by whole segments and can be played at any moment, also when we are killed.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np

from vj.core.errors import OutputError
from vj.core.sound.clean import clean
from vj.core.types import F32
from vj.outputs.mp4 import Sound

#: As the encoder writes a film that grows.
_OPTIONS = {
    "movflags": "+hybrid_fragmented+frag_keyframe+default_base_moof+delay_moov+write_colr",
    "flush_packets": "1",
}


class Joined:
    """The film at `path` of `fps`; `samples` are blocks [n, channels] of its sound from the beginning, of `sound`.

    Segments must come from the same encoder with the same settings. Raises OutputError.
    """

    def __init__(
        self, path: Path, fps: Fraction, sound: Sound | None = None, samples: Iterator[F32] | None = None
    ) -> None:
        self.path = path
        self._fps, self._sound, self._samples = fps, sound, samples
        self._file: av.container.OutputContainer | None = None
        self._video: av.VideoStream | None = None
        self._audio: av.AudioStream | None = None
        self._head = b""
        self._frames = self._laid = 0

    def append(self, part: Path, frames: int) -> None:
        """Add a segment of `frames` frames, and the sound up to its end."""
        try:
            with av.open(str(part)) as segment:
                self._copy(segment, frames)
        except (av.FFmpegError, OSError, ValueError) as error:
            raise OutputError(f"cannot join the film: {error}", str(self.path), "is there room on the disk?") from error

    def _copy(self, segment: av.container.InputContainer, frames: int) -> None:
        source = segment.streams.video[0]
        if self._file is None:
            self._open(source)
        assert self._file is not None
        assert self._video is not None
        if bytes(source.codec_context.extradata or b"") != self._head:
            what = "two segments of the film were not encoded alike"
            raise OutputError(what, str(self.path), "let every machine have the same PyAV, and the same encoder")
        base = source.time_base
        assert base is not None
        offset = round(self._frames / (self._fps * base))
        for packet in segment.demux(source):
            if packet.dts is None:
                continue
            if packet.pts is not None:
                packet.pts += offset
            packet.dts += offset
            self._lay(Fraction(packet.dts) * base)
            packet.stream = self._video
            self._file.mux(packet)
        self._frames += frames

    def _open(self, source: av.VideoStream) -> None:
        form = {".mov": "mov", ".mkv": "matroska"}.get(self.path.suffix.lower(), "mp4")
        self._file = av.open(str(self.path), "w", format=form, options=_OPTIONS if form != "matroska" else {})
        self._video = self._file.add_stream_from_template(source)
        self._video.time_base = source.time_base
        self._head = bytes(source.codec_context.extradata or b"")
        if self._sound is not None:
            layout = {1: "mono", 2: "stereo"}[self._sound.channels]
            self._audio = self._file.add_stream("aac", rate=self._sound.rate, layout=layout)
            self._audio.bit_rate = 192_000
            self._audio.time_base = Fraction(1, self._sound.rate)
        self._file.start_encoding()

    def _lay(self, until: Fraction | None) -> None:
        """Encode the sound up to that second, or to its end."""
        if self._audio is None or self._sound is None or self._samples is None or self._file is None:
            return
        while until is None or self._laid <= until * self._sound.rate:
            block = next(self._samples, None)
            if block is None:
                return
            planar = np.ascontiguousarray(clean(block).T)
            frame = av.AudioFrame.from_ndarray(planar, format="fltp", layout=self._audio.layout.name)
            frame.sample_rate = self._sound.rate
            frame.pts = self._laid
            frame.time_base = Fraction(1, self._sound.rate)
            self._laid += len(block)
            self._file.mux(self._audio.encode(frame))

    def close(self, whole: bool = True) -> None:
        """Finish the film; one that is not `whole` has no sound beyond its last picture. May be called twice."""
        file, self._file = self._file, None
        if file is None:
            return
        try:
            self._file = file
            self._lay(None if whole else Fraction(self._frames) / self._fps)
            if self._audio is not None and self._laid:
                file.mux(self._audio.encode(None))
            file.close()
        except (av.FFmpegError, OSError) as error:
            raise OutputError(f"cannot finish the film: {error}", str(self.path), "free some disk space") from error
        finally:
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close(whole=kind is None)
