"""Pictures that move on any page: GIF, animated WebP, animated PNG. They loop for ever and have no sound."""

import math
import os
import struct
from fractions import Fraction
from typing import Any
from xml.sax.saxutils import escape

import av
import av.filter

from vj.core.errors import OutputError
from vj.outputs.video.colours import Colours, Pixels
from vj.outputs.video.job import Job
from vj.outputs.video.sequence import chunk
from vj.outputs.video.streams import encoder_for, set_up
from vj.outputs.video.writer import Writer

#: Browsers show a GIF's pictures for a fiftieth of a second at least; shorter ones they show for a tenth.
GIF_FASTEST = 50
#: Each picture gets the 256 colours that are best for it, and noise that stays where it is: it does not crawl.
PALETTE = ("palettegen", "stats_mode=single:reserve_transparent=0"), ("paletteuse", "new=1:dither=bayer:bayer_scale=3")


def animation(job: Job) -> Writer:
    """What writes the format of `job`."""
    return WebP(job) if job.format == "webp" else Muxed(job)


class Muxed(Writer):
    """GIF and APNG, by FFmpeg."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        fps = Fraction(*job.fps)
        self._step = math.ceil(fps / GIF_FASTEST) if job.format == "gif" else 1
        if self._step > 1:
            self.notes.append(f"a GIF has at most {GIF_FASTEST} pictures a second: one in {self._step} is kept")
        self.codec, pixels = encoder_for(job)
        for_ever = {"loop": "0"} if job.format == "gif" else {"plays": "0"}
        self._file = av.open(job.path, "w", format=job.format, options={**for_ever, "flush_packets": "1"})
        stream = self._file.add_stream(self.codec, rate=fps)
        assert isinstance(stream, av.VideoStream)
        self._stream = stream
        set_up(stream.codec_context, job, self.codec, pixels)
        self._palette = Palette(job) if pixels == "pal8" else None
        self._colours = Colours("rgb24" if self._palette else pixels, bool(job.alpha))
        self._unit = 1 / fps
        _silent(self)
        self._file.start_encoding()

    def _made(self, image: Pixels) -> av.VideoFrame:
        frame = self._colours.frame(image)
        return self._palette.reduced(frame) if self._palette else frame

    def _emit(self, made: Any) -> None:
        if self.frames % self._step:
            return
        made.pts = self.frames
        made.time_base = self._unit
        self._file.mux(self._stream.encode(made))

    def close(self) -> None:
        """Finish the file, and let it say what it is."""
        self._file.mux(self._stream.encode(None))
        self._file.close()
        if self.job.comment:
            (_comment_gif if self.job.format == "gif" else _comment_png)(self.job.path, self.job.comment)

    def rescue(self) -> None:
        """A GIF plays as it is; an animated PNG must say how many pictures it has."""
        if self.job.format == "apng" and self.frames > 1:
            with open(self.job.path, "r+b") as file:
                at = file.read(4096).find(b"acTL")  # the first is in the file before the second is made
                if at > 0:
                    file.seek(at - 4)
                    file.write(chunk(b"acTL", struct.pack(">II", self.frames - 1, 0)))


class Palette:
    """Reduces each picture to 256 colours of its own, by FFmpeg's two filters."""

    def __init__(self, job: Job) -> None:
        graph = self._graph = av.filter.Graph()
        source = graph.add_buffer(
            width=job.width, height=job.height, format=av.VideoFormat("rgb24"), time_base=Fraction(1, 1000)
        )
        split = graph.add("split")
        made, used = (graph.add(name, options) for name, options in PALETTE)
        source.link_to(split)
        split.link_to(made, 0, 0)
        split.link_to(used, 1, 0)
        made.link_to(used, 0, 1)
        used.link_to(graph.add("buffersink"))
        graph.configure()
        self._pts = 0

    def reduced(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The picture as indices into its palette."""
        frame.pts, frame.time_base = self._pts, Fraction(1, 1000)
        self._pts += 1
        self._graph.vpush(frame)
        return self._graph.vpull()


class WebP(Writer):
    """An animated WebP: FFmpeg's still pictures in a frame each. After each one the file is whole.

    libwebp's own animations are put together in memory, and nothing of one is there before its end.
    """

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.codec, pixels = encoder_for(job)
        context = av.CodecContext.create(self.codec, "w")
        assert isinstance(context, av.VideoCodecContext)
        self._context = context
        set_up(context, job, self.codec, pixels)
        self._colours = Colours(pixels, bool(job.alpha))
        self._fps = Fraction(*job.fps)
        _silent(self)
        self._file = open(job.path, "wb", buffering=0)  # noqa: SIM115  it is open as long as we are
        flags = 0x02 | (0x10 if job.alpha else 0) | (0x04 if job.comment else 0)
        side = struct.pack("<I", job.width - 1)[:3] + struct.pack("<I", job.height - 1)[:3]
        self._write(b"RIFF\0\0\0\0WEBP" + _riff(b"VP8X", bytes([flags, 0, 0, 0]) + side))
        self._write(_riff(b"ANIM", struct.pack("<IH", 0, 0)))

    def _write(self, data: bytes) -> None:
        """Append `data`, and let the file say how long it is now."""
        at = self._file.seek(0, os.SEEK_END)
        if self._file.write(data) != len(data):
            self._file.truncate(at)
            raise OSError(28, "No space left on device")
        self._file.seek(4)
        self._file.write(struct.pack("<I", at + len(data) - 8))

    def _made(self, image: Pixels) -> bytes:
        frame = self._colours.frame(image)
        frame.pts = 0
        (packet,) = self._context.encode(frame)
        data, at, kept = bytes(packet), 12, b""
        while at + 8 <= len(data):
            kind, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
            if kind in (b"VP8 ", b"VP8L", b"ALPH"):
                kept += data[at : at + 8 + size + size % 2]
            at += 8 + size + size % 2
        return kept

    def _emit(self, made: Any) -> None:
        begin, end = (round(Fraction(1000 * n) / self._fps) for n in (self.frames, self.frames + 1))
        head = b"".join(struct.pack("<I", n)[:3] for n in (0, 0, self.job.width - 1, self.job.height - 1, end - begin))
        self._write(_riff(b"ANMF", head + b"\x02" + made))  # each takes the place of the one before, unblended

    def close(self) -> None:
        """Let the file say what it is."""
        if self.job.comment:
            self._write(_riff(b"XMP ", _xmp(self.job.title, self.job.comment).encode()))
        self._file.close()


def _silent(writer: Writer) -> None:
    if writer.job.rate:
        writer.notes.append(f"{writer.job.format} has no sound")


def _riff(kind: bytes, data: bytes) -> bytes:
    """A chunk of a RIFF file."""
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _xmp(title: str, comment: str) -> str:
    """Title and comment as XMP."""
    said = "".join(
        f'<dc:{name}><rdf:Alt><rdf:li xml:lang="x-default">{escape(text)}</rdf:li></rdf:Alt></dc:{name}>'
        for name, text in (("title", title), ("description", comment))
        if text
    )
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{rdf}"><rdf:Description rdf:about="" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/">{said}</rdf:Description></rdf:RDF></x:xmpmeta>'
    )


def _comment_gif(path: str, comment: str) -> None:
    """Put a comment before the last byte of a GIF."""
    text = comment.encode("ascii", "replace")
    parts = (text[at : at + 255] for at in range(0, len(text), 255))
    block = b"\x21\xfe" + b"".join(bytes([len(part)]) + part for part in parts) + b"\0"
    with open(path, "r+b") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b";":
            raise OutputError("the GIF has no end", path, "make it anew")
        file.seek(-1, os.SEEK_END)
        file.write(block + b";")


def _comment_png(path: str, comment: str) -> None:
    """Put a comment before the last chunk of an animated PNG."""
    end = chunk(b"IEND", b"")
    with open(path, "r+b") as file:
        file.seek(-len(end), os.SEEK_END)
        if file.read() != end:
            raise OutputError("the animated PNG has no end", path, "make it anew")
        file.seek(-len(end), os.SEEK_END)
        file.write(chunk(b"tEXt", b"Comment\0" + comment.encode("latin-1", "replace")) + end)
