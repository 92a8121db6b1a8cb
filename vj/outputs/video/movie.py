"""Films in a container: MP4, QuickTime and Matroska, by FFmpeg."""

from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av

from vj.core.types import F32
from vj.outputs.video.colours import Colours, Pixels
from vj.outputs.video.cut import tidied
from vj.outputs.video.job import Job
from vj.outputs.video.soundtrack import soundtrack
from vj.outputs.video.streams import encoder_for, video_stream
from vj.outputs.video.writer import Writer

#: The file is fragmented while it grows, so that a cut-off one plays, and becomes an ordinary one at the end.
#: delay_moov is what lets a fragmented file say that its first sound is the encoder's lead-in, to be skipped.
FRAGMENTED = "+hybrid_fragmented+frag_keyframe+default_base_moof+delay_moov+write_colr"
#: Matroska would put numbers drawn by lot into every file.
OPTIONS = {
    "mp4": {"movflags": FRAGMENTED},
    "mov": {"movflags": FRAGMENTED},
    "mkv": {"fflags": "+bitexact", "cluster_time_limit": "1000"},
}
MUXERS = {"mkv": "matroska"}


class Coder(Protocol):
    """Makes packets of pictures."""

    codec: str
    stream: av.VideoStream

    def made(self, image: Pixels) -> Any:
        """What `encode` takes of a picture."""

    def encode(self, made: Any, number: int) -> "list[av.Packet[Any]]":
        """The packets that are ready once picture `number` is in; None for the last ones."""

    def stop(self) -> None:
        """Let go of what was begun."""


class Own:
    """An encoder of the FFmpeg that we came with."""

    def __init__(self, file: av.container.OutputContainer, job: Job) -> None:
        self.codec, pixels = encoder_for(job)
        self.stream = video_stream(file, job, self.codec, pixels)
        self._colours = Colours(pixels, bool(job.alpha))
        self._unit = 1 / Fraction(*job.fps)

    def made(self, image: Pixels) -> av.VideoFrame:
        """The picture as a frame."""
        return self._colours.frame(image)

    def encode(self, made: av.VideoFrame | None, number: int) -> "list[av.Packet[Any]]":
        """Encode it, or flush."""
        if made is not None:
            made.pts = number
            made.time_base = self._unit
        return list(self.stream.encode(made))

    def stop(self) -> None:
        """There is nothing to let go of."""


class Movie(Writer):
    """One file of pictures and sound, with chapters and what it says of itself."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        options = {**OPTIONS[job.format], "flush_packets": "1"}
        if job.codec.startswith("hap"):
            from vj.outputs.video.hap import Hap, trial

            template = trial(job)  # before there is a file: there may be no such program
        self._file = av.open(job.path, "w", format=MUXERS.get(job.format, job.format), options=options)
        self._file.metadata.update({k: v for k, v in (("title", job.title), ("comment", job.comment)) if v})
        self._coder: Coder = Hap(self._file, job, template) if job.codec.startswith("hap") else Own(self._file, job)
        self.codec = self._coder.codec
        self._fps = Fraction(*job.fps)
        self._chapters: list[tuple[float, str]] = []
        self._sound = soundtrack(self._file, job, self.notes)
        if self._sound is not None:
            self.sounds, self.copied = self._sound.told, self._sound.told.endswith("in the file")
        # Now, not with the first frame: a file that cannot be written should be known before the show begins.
        self._file.start_encoding()

    def _made(self, image: Pixels) -> Any:
        return self._coder.made(image)

    def _emit(self, made: Any) -> None:
        if self._sound is not None:
            self._sound.until(float((self.frames + 1) / self._fps))
        self._file.mux(self._coder.encode(made, self.frames))

    def sound(self, samples: F32) -> None:
        """Take interleaved samples [n, channels]."""
        if self._sound is not None:
            self._sound.write(samples)

    def chapter(self, t: float, name: str) -> None:
        """From second `t` on it is called `name`."""
        self._chapters.append((t, name))

    def close(self) -> None:
        """Flush both encoders, name the chapters and finish the file."""
        end = float(self.frames / self._fps)
        self._file.mux(self._coder.encode(None, self.frames))
        if self._sound is not None:
            self._sound.close(end)
        self._file.set_chapters(chapters(self._chapters, end))
        self._file.close()
        self._coder.stop()

    def rescue(self) -> None:
        """It plays up to its last whole fragment; no program of ours goes on."""
        self._coder.stop()
        if self.job.format in ("mp4", "mov"):
            with suppress(OSError):
                tidied(Path(self.job.path))


def chapters(named: list[tuple[float, str]], end: float) -> list[Any]:
    """Chapters as FFmpeg has them, each up to the next: of two that begin together the later one stays."""
    starts = {round(t * 1000): name for t, name in sorted(named, key=lambda entry: entry[0])}
    begun = sorted((start, name) for start, name in starts.items() if start < round(end * 1000))
    if begun and begun[0][0] > 0:
        begun.insert(0, (0, "start"))  # players take the first for one that begins with the film
    stops = [*(start for start, _ in begun[1:]), round(end * 1000)]
    return [
        {"id": n + 1, "start": start, "end": stop, "time_base": Fraction(1, 1000), "metadata": {"title": name}}
        for n, ((start, name), stop) in enumerate(zip(begun, stops, strict=False))
    ]
