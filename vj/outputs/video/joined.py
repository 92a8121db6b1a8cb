"""Segments become one film: their pictures are copied, not encoded again, and the sound is laid beside them once.

The film grows by whole segments and can be played at any moment, also when we are killed.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av

from vj.core.errors import OutputError
from vj.core.types import F32
from vj.outputs.video.job import Job
from vj.outputs.video.movie import MUXERS, OPTIONS, chapters
from vj.outputs.video.soundtrack import Track, soundtrack


class Joined:
    """The film that `job` describes, but for its pictures; `samples` are blocks [n, channels] of its sound from the
    beginning, where that is not taken over from a file.

    Segments must come from the same encoder with the same settings. `notes` is what to tell. Raises OutputError.
    """

    def __init__(self, job: Job, samples: Iterator[F32]) -> None:
        self.path, self.fps = Path(job.path), Fraction(*job.fps)
        self.notes: list[str] = []
        self._job, self._samples = job, samples
        self._file: av.container.OutputContainer | None = None
        self._video: av.VideoStream | None = None
        self._sound: Track | None = None
        self._chapters: list[tuple[float, str]] = []
        self._head = b""
        self._frames = self._laid = 0

    def append(self, part: Path, frames: int) -> None:
        """Add a segment of `frames` frames, and the sound up to its end."""
        try:
            with av.open(str(part)) as segment:
                self._copy(segment, frames)
        except (av.FFmpegError, OSError, ValueError) as error:
            raise OutputError(f"cannot join the film: {error}", str(self.path), "is there room on the disk?") from error

    def chapter(self, t: float, name: str) -> None:
        """From second `t` on it is called `name`."""
        self._chapters.append((t, name))

    def _copy(self, segment: av.container.InputContainer, frames: int) -> None:
        source = segment.streams.video[0]
        file, video = self._opened(source)
        if bytes(source.codec_context.extradata or b"") != self._head:
            what = "two segments of the film were not encoded alike"
            raise OutputError(what, str(self.path), "let every machine have the same PyAV, and the same encoder")
        base = source.time_base
        assert base is not None
        offset = round(self._frames / (self.fps * base))
        for packet in segment.demux(source):
            if packet.dts is None:
                continue
            if packet.pts is not None:
                packet.pts += offset
            packet.dts += offset
            self._lay(float(packet.dts * base + 1 / self.fps))
            packet.stream = video
            file.mux(packet)
        self._frames += frames

    def _opened(self, source: av.VideoStream) -> tuple[av.container.OutputContainer, av.VideoStream]:
        """The film and its pictures, which are as the first segment has them."""
        if self._file is not None and self._video is not None:
            return self._file, self._video
        job = self._job
        options = {**OPTIONS[job.format], "flush_packets": "1"}
        self._file = av.open(job.path, "w", format=MUXERS.get(job.format, job.format), options=options)
        self._file.metadata.update({k: v for k, v in (("title", job.title), ("comment", job.comment)) if v})
        self._video = self._file.add_stream_from_template(source)
        self._video.time_base = source.time_base
        self._head = bytes(source.codec_context.extradata or b"")
        self._sound = soundtrack(self._file, job, self.notes)
        self._file.start_encoding()
        return self._file, self._video

    def _lay(self, until: float | None) -> None:
        """Let the film have its sound up to that second, or to its end."""
        if self._sound is None:
            return
        if self._sound.told.endswith("in the file"):
            if until is not None:
                self._sound.until(until)
            return
        while until is None or self._laid < until * self._job.rate:
            block = next(self._samples, None)
            if block is None:
                return
            self._sound.write(block)
            self._laid += len(block)

    def close(self, whole: bool = True) -> None:
        """Finish the film; one that is not `whole` has no sound beyond its last picture. May be called twice."""
        file = self._file
        if file is None:
            return
        end = float(self._frames / self.fps)
        try:
            self._lay(None if whole else end)
            if self._sound is not None:
                self._sound.close(end)
            file.set_chapters(chapters(self._chapters, end))
            file.close()
        except (av.FFmpegError, OSError) as error:
            raise OutputError(f"cannot finish the film: {error}", str(self.path), "free some disk space") from error
        finally:
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close(whole=kind is None)
