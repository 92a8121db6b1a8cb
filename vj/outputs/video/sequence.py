"""A file for every picture: PNG of 8 or 16 bits, OpenEXR of linear half floats."""

import re
import struct
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from vj.outputs.video.colours import Colours, Pixels
from vj.outputs.video.formats import NUMBER, pattern
from vj.outputs.video.job import Job
from vj.outputs.video.streams import encoder_for, set_up
from vj.outputs.video.writer import Writer

#: BT.709's primaries and D65, as OpenEXR has them: x and y of red, green, blue and white.
CHROMATICITIES = struct.pack("<8f", 0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
#: The head of a PNG: its signature and IHDR.
PNG_HEAD = 33


class Sequence(Writer):
    """Pictures in files of their own, counted from 1. One that exists is written anew."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.codec, pixels = encoder_for(job)
        self._path = Path(job.path)
        self._name = pattern(self._path)
        self._old = self._there()
        context = av.CodecContext.create(self.codec, "w")
        assert isinstance(context, av.VideoCodecContext)
        self._context = context
        set_up(context, job, self.codec, pixels)
        self._colours = Colours(pixels, bool(job.alpha))
        self._unit = 1 / Fraction(*job.fps)
        if job.rate:
            self.notes.append("a sequence of pictures has no sound: take that of the song")
        self._save(b"", 1)  # now, not with the first frame: a folder that cannot be written should be known
        self._file(1).unlink()

    def _file(self, number: int) -> Path:
        return self._path.with_name(NUMBER.sub(lambda found: f"%{found[1] or ''}d" % number, self._name, count=1))

    def _there(self) -> set[str]:
        """Pictures of this name that an older film left."""
        head, tail = NUMBER.split(self._name)[::2]
        known = re.compile(re.escape(head) + r"\d+" + re.escape(tail))
        return {path.name for path in self._path.parent.iterdir() if known.fullmatch(path.name)}

    def _made(self, image: Pixels) -> av.VideoFrame:
        return self._colours.frame(image)

    def _emit(self, made: Any) -> None:
        made.pts = self.frames
        made.time_base = self._unit
        self._written(self._context.encode(made))

    def _written(self, packets: "list[av.Packet[Any]]") -> None:
        for packet in packets:
            data = bytes(packet)
            finished = described if self.job.format == "exr" else commented
            self._save(finished(data, self.job.comment), (packet.pts or 0) + 1)

    def _save(self, data: bytes, number: int) -> None:
        file = self._file(number)
        try:
            file.write_bytes(data)
        except OSError:
            file.unlink(missing_ok=True)  # half a picture is none
            raise

    def close(self) -> None:
        """Write the pictures that are still on their way; tell of those that an older film left."""
        self._written(self._context.encode(None))
        ours = {self._file(n + 1).name for n in range(self.frames)}
        if left := self._old - ours:
            self.notes.append(f"{len(left)} pictures of an older film lie in {self._path.parent}, such as {min(left)}")


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def commented(png: bytes, comment: str) -> bytes:
    """A PNG that says `comment`."""
    if not comment or len(png) < PNG_HEAD:
        return png
    text = b"Comment\0" + comment.encode("latin-1", "replace")
    return png[:PNG_HEAD] + chunk(b"tEXt", text) + png[PNG_HEAD:]


def described(exr: bytes, comment: str) -> bytes:
    """An OpenEXR that says what its primaries are, which FFmpeg leaves out, and `comment`.

    The header grows by both, so every offset in the table that follows it does.
    """
    if len(exr) < 8:
        return exr
    added = b"chromaticities\0chromaticities\0" + struct.pack("<I", len(CHROMATICITIES)) + CHROMATICITIES
    if comment:
        text = comment.encode()
        added += b"comments\0string\0" + struct.pack("<I", len(text)) + text
    at, end = 8, len(exr)
    while exr[at] != 0:  # name, type, size, value
        at = exr.index(b"\0", exr.index(b"\0", at) + 1) + 1
        at += 4 + struct.unpack_from("<I", exr, at)[0]
    table = at + 1
    (first,) = struct.unpack_from("<Q", exr, table)
    count = (min(first, end) - table) // 8
    offsets = struct.unpack_from(f"<{count}Q", exr, table)
    moved = struct.pack(f"<{count}Q", *(offset + len(added) for offset in offsets))
    return exr[:8] + added + exr[8:table] + moved + exr[table + 8 * count :]
