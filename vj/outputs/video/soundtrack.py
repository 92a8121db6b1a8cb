"""The sound of a film: encoded as it comes, or taken over from a file, packet by packet, as it is."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Protocol

import av
import numpy as np

from vj.core.sound.clean import clean
from vj.core.types import F32
from vj.outputs.video.formats import FORMATS
from vj.outputs.video.job import Job

#: Formats that say where in the first packet the music begins, and so may begin anywhere.
EXACT = ("mp4", "mov")
#: Seconds of sound before the first that decoders of each codec must have had to be right; 0 for all others.
BEFORE = {"aac": 0.05, "mp3": 0.06, "ac3": 0.04, "eac3": 0.04, "opus": 0.08, "vorbis": 0.05}
#: Channels whose places players know. A mixer's tracks have none: all alike are mixed.
PLACED = frozenset(
    {"mono", "stereo", "2.1", "3.0", "quad", "4.0", "5.0", "5.1", "5.0(side)", "5.1(side)", "6.1", "7.1"}
)


class Track(Protocol):
    """A film's sound."""

    told: str

    def write(self, samples: F32) -> None:
        """Take samples [n, channels]."""

    def until(self, t: float) -> None:
        """See to it that the film has its sound up to second `t`."""

    def close(self, t: float) -> None:
        """The film ends at second `t`."""


def soundtrack(file: av.container.OutputContainer, job: Job, notes: list[str]) -> Track | None:
    """The sound track that `job` asks for, as part of `file`; what could not be taken over as it is goes to `notes`."""
    if job.source is not None and job.rate:
        why = refused(job)
        if not why:
            try:
                return Copied(file, job, notes)
            except (av.FFmpegError, OSError, ValueError, IndexError) as error:
                why = str(error).splitlines()[0]
        encoded = Encoded(file, job)
        if not (job.source["codec"] or "").startswith("pcm"):  # what was encoded before loses once more
            notes.append(f"the sound becomes {encoded.told}: {why}")
        return encoded
    return Encoded(file, job) if job.rate else None


def refused(job: Job) -> str:
    """Why the sound of the source cannot be taken over as it is; nothing if it can."""
    source = job.source or {}
    codec, layout = source["codec"], source["layout"]
    if not codec:
        return "what is heard is not what is in the file"
    if codec not in FORMATS[job.format].copied:
        return f"{FORMATS[job.format].title} takes no {codec}"
    if layout not in PLACED:
        return f"its channels ({layout}) have no places"
    return ""


class Encoded:
    """Sound that comes as samples: AAC, or PCM beside pictures that are for editing."""

    def __init__(self, file: av.container.OutputContainer, job: Job) -> None:
        self._file, self._rate = file, job.rate
        editing = job.format == "mov" and job.codec not in ("h264", "hevc")
        codec = "pcm_s24le" if editing else "aac"
        layout = {1: "mono", 2: "stereo"}[job.channels]
        stream = file.add_stream(codec, rate=job.rate, layout=layout)
        assert isinstance(stream, av.AudioStream)
        self._stream = stream
        self._stream.time_base = Fraction(1, job.rate)
        if not editing:
            self._stream.bit_rate = 192_000
        self._whole = editing
        self._samples = 0
        self.told = codec

    def write(self, samples: F32) -> None:
        """Encode interleaved samples; one that is no number would end the film."""
        if not len(samples):
            return
        sound = clean(samples)
        if self._whole:
            whole = np.clip(sound, -1.0, 1.0).astype(np.float64) * (2**31 - 256)
            flat = np.ascontiguousarray(whole.astype(np.int32)).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(flat, format="s32", layout=self._stream.layout.name)
        else:
            planar = np.ascontiguousarray(sound.T)
            frame = av.AudioFrame.from_ndarray(planar, format="fltp", layout=self._stream.layout.name)
        frame.sample_rate = self._rate
        frame.pts = self._samples
        frame.time_base = Fraction(1, self._rate)
        self._samples += len(samples)
        self._file.mux(self._stream.encode(frame))

    def until(self, t: float) -> None:
        """It comes by itself."""

    def close(self, t: float) -> None:
        """Flush the encoder."""
        if self._samples:
            self._file.mux(self._stream.encode(None))


class Copied:
    """The packets of a sound file, cut to the film and moved so that it begins at 0; none is decoded.

    PCM is cut to the sample. Other packets are whole: where the format can say how much of the first is to be skipped
    it does, else the sound begins with the first packet that lies in the film, where it belongs.
    """

    def __init__(self, file: av.container.OutputContainer, job: Job, notes: list[str]) -> None:
        source: dict[str, Any] = job.source or {}
        self._file = file
        self._input = av.open(f"file:{source['path']}")
        self._theirs = self._input.streams.audio[source["track"]]
        self._codec = source["codec"]
        self._ours = file.add_stream_from_template(self._theirs)
        assert isinstance(self._ours, av.AudioStream)
        tb = self._theirs.time_base
        assert tb is not None
        self._tb = Fraction(tb)
        self._rate = self._theirs.codec_context.sample_rate
        self._start, self._lead = source["start"], source["lead"]
        self._stop = None if source["stop"] is None else source["stop"] - self._start
        self._before = BEFORE.get(self._codec, 0.0) if self._start > 0.0 else 0.0
        self._exact = job.format in EXACT
        self._zero: Fraction | None = None
        self._faded = 0.0
        self._packets = self._placed()
        self._next = next(self._packets, None)
        if self._next is None:
            raise ValueError("there is no sound in that part of it")
        self.told = f"{self._codec}, as it is in the file"
        if self._faded:
            notes.append(f"the first {1000 * self._faded:.0f} ms of the sound fade in: Matroska knows no lead-in")

    def write(self, samples: F32) -> None:
        """They are in the file."""

    def until(self, t: float) -> None:
        """Take over all packets that begin before second `t` of the film."""
        while self._next is not None and self._next[0] < t:
            _, packet = self._next
            packet.stream = self._ours
            self._file.mux_one(packet)
            self._next = next(self._packets, None)

    def close(self, t: float) -> None:
        """Take over the rest that belongs to the film."""
        self.until(t)
        self._input.close()

    def _placed(self) -> Iterator[tuple[float, "av.Packet[Any]"]]:
        """The packets that belong into the film, each with the second of the film at which it begins."""
        start = round(Fraction(self._start) / self._tb)
        pending: list[tuple[float, av.Packet[Any]]] = []
        for packet in self._demuxed():
            if packet.pts is None or not packet.size:
                continue
            if self._zero is None:
                self._zero = Fraction(self._first(packet))
            pts = packet.pts - int(self._zero) - start
            if self._codec.startswith("pcm_"):
                if (cut := self._pcm(packet, pts)) is not None:
                    yield cut
                continue
            packet.pts = packet.dts = pts
            place = float(pts * self._tb)
            if self._stop is not None and place >= self._stop:
                return
            if place >= 0.0:
                yield from self._led(pending, packet)
                pending = []
                yield place, packet
            else:  # some of them must be there before the first that is heard
                ends = place + float((packet.duration or 0) * self._tb)
                pending = [(t, kept) for t, kept in pending if t >= place - self._before] + [(place, packet)]
                if ends <= 0.0 and self._before == 0.0 and self._start > 0.0:
                    pending = []

    def _led(
        self, before: "list[tuple[float, av.Packet[Any]]]", first: "av.Packet[Any]"
    ) -> "Iterator[tuple[float, av.Packet[Any]]]":
        """What must be there `before` the `first` packet that is heard."""
        if self._exact:
            yield from before
        elif before and self._codec == "vorbis":  # nothing is heard of the one before, but without it this is not
            packet = before[-1][1]
            packet.pts = packet.dts = first.pts
            yield 0.0, packet
        elif before and self._codec in BEFORE and self._start == 0.0:
            self._faded = float((first.duration or 0) * self._tb)

    def _demuxed(self) -> "Iterator[av.Packet[Any]]":
        """Packets up to the first that cannot be read."""
        packets = self._input.demux(self._theirs)
        while True:
            try:
                yield next(packets)
            except (StopIteration, av.FFmpegError):
                return

    def _first(self, packet: "av.Packet[Any]") -> int:
        """The time stamp at which the music begins, told by its first packet."""
        pts = packet.pts or 0
        if pts < 0:
            return 0
        skipped = packet.get_sidedata("skip_samples") if packet.has_sidedata("skip_samples") else None
        lead = int.from_bytes(bytes(skipped)[:4], "little") if skipped is not None else self._lead
        return pts + round(Fraction(lead, self._rate) / self._tb)

    def _pcm(self, packet: "av.Packet[Any]", pts: int) -> "tuple[float, av.Packet[Any]] | None":
        """A packet of plain samples, cut to what lies in the film; floats that are no numbers are silence."""
        first = round(pts * self._tb * self._rate)
        data = bytes(packet)
        width = self._width(packet)
        count = len(data) // width
        begin = max(-first, 0)
        end = count if self._stop is None else min(count, round(self._stop * self._rate) - first)
        if begin >= end:
            return None
        data = data[begin * width : end * width]
        if self._codec == "pcm_f32le":
            data = clean(np.frombuffer(data, "<f4").astype(np.float32)).astype("<f4").tobytes()
        cut = av.Packet(data)
        cut.time_base = Fraction(1, self._rate)
        cut.pts = cut.dts = first + begin
        cut.duration = end - begin
        return (first + begin) / self._rate, cut

    def _width(self, packet: "av.Packet[Any]") -> int:
        """Bytes of one sample of all channels."""
        bits = int(self._codec[5:].strip("sfleb"))
        return bits // 8 * int(self._theirs.codec_context.channels)
