"""HAP, which is made by the user's own `ffmpeg`: raw pictures in, packets out, into a file that is ours.

FFmpeg as we bring it has no encoder for HAP. A command of the user's may: it needs libsnappy.
"""

import io
import queue
import shutil
import subprocess
import threading
from fractions import Fraction
from typing import Any, BinaryIO

import av
import numpy as np

from vj.core.errors import OutputError
from vj.outputs.video.colours import SRGB, Pixels, unmatted
from vj.outputs.video.job import Job
from vj.outputs.video.streams import BT709

#: Our name -> FFmpeg's.
KINDS = {"hap": "hap", "hap-alpha": "hap_alpha", "hap-q": "hap_q"}
#: Our name -> what a file calls it. A stream made after another one is called by the first name of its codec, and no
#: decoder would believe that of the others.
TAGS = {"hap": "Hap1", "hap-alpha": "Hap5", "hap-q": "HapY"}
#: Parts of a picture that a player unpacks side by side.
CHUNKS = 4
#: Seconds that a trial of a picture may take.
PATIENCE = 30.0


def program() -> str:
    """The user's ffmpeg; "" where there is none."""
    return shutil.which("ffmpeg") or ""


def command(kind: str, size: tuple[int, int], fps: Fraction) -> list[str]:
    """What makes NUT with HAP in it of raw RGBA."""
    width, height = size
    chunks = next(n for n in range(CHUNKS, 0, -1) if (width // 4 * (height // 4)) % n == 0)
    return [
        *(program(), "-hide_banner", "-loglevel", "error", "-nostdin", "-f", "rawvideo", "-pix_fmt", "rgba"),
        *("-s", f"{width}x{height}", "-r", str(fps), "-i", "pipe:0", "-c:v", "hap", "-format", KINDS[kind]),
        *("-chunks", str(chunks), "-f", "nut", "-flush_packets", "1", "pipe:1"),
    ]


def can(kind: str = "hap") -> str:
    """Why the user's ffmpeg cannot make `kind`; nothing if it can, which is tried with a picture."""
    if not program():
        return "there is no command ffmpeg"
    try:
        _tried(kind, (16, 16), Fraction(30))
    except OutputError as error:
        return error.what
    return ""


def _tried(kind: str, size: tuple[int, int], fps: Fraction) -> bytes:
    """One black picture as NUT; raises OutputError where that cannot be had."""
    black = bytes(size[0] * size[1] * 4)
    try:
        done = subprocess.run(command(kind, size, fps), input=black, capture_output=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OutputError(f"{program()} does not run: {error}", program()) from error
    if done.returncode or not done.stdout:
        why = done.stderr.decode(errors="replace").strip().splitlines()
        raise OutputError(f"ffmpeg makes no HAP: {why[0] if why else 'it ended without a word'}", program())
    return done.stdout


def trial(job: Job) -> av.VideoStream:
    """A stream such as ffmpeg will make for `job`; raises OutputError where it makes none."""
    if not program():
        hint = "install ffmpeg with libsnappy (apt-get install ffmpeg), or choose --codec prores"
        raise OutputError("HAP is made by the command ffmpeg, and there is none", "PATH", hint)
    hint = "it must be built with libsnappy: see ffmpeg -h encoder=hap; or choose --codec prores"
    try:
        made = _tried(job.codec, (job.width, job.height), Fraction(*job.fps))
        return av.open(io.BytesIO(made), format="nut").streams.video[0]
    except OutputError as error:
        raise OutputError(error.what, error.where, hint) from error
    except (av.FFmpegError, IndexError) as error:
        raise OutputError("ffmpeg makes no HAP: what it gives is no film", program(), hint) from error


class Hap:
    """An encoder that runs beside us."""

    def __init__(self, file: av.container.OutputContainer, job: Job, template: av.VideoStream) -> None:
        self.codec = "hap by ffmpeg"
        self.stream = file.add_stream_from_template(template, opaque=True)
        context = self.stream.codec_context
        context.codec_tag = TAGS[job.codec]
        context.color_primaries, context.color_trc = BT709, SRGB  # its textures are RGB
        fps = Fraction(*job.fps)
        self._unit = 1 / fps
        self.stream.time_base = self._unit
        self._alpha = bool(job.alpha)
        size = (job.width, job.height)
        self._process = subprocess.Popen(
            command(job.codec, size, fps), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._done: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._said = b""
        self._written = 0
        self._threads = [
            threading.Thread(target=self._read, daemon=True),
            threading.Thread(target=self._hear, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        """Thread: take the packets out of what ffmpeg writes."""
        pipe: BinaryIO = self._process.stdout  # type: ignore[assignment]
        try:
            with av.open(pipe, "r", format="nut") as made:
                for packet in made.demux(made.streams.video[0]):
                    if packet.size:
                        self._done.put(bytes(packet))
        except (av.FFmpegError, OSError, ValueError):
            pass  # it died; whoever waits for its packets finds out why
        self._done.put(None)

    def _hear(self) -> None:
        """Thread: what ffmpeg says."""
        pipe: BinaryIO = self._process.stderr  # type: ignore[assignment]
        for line in pipe:
            self._said = (self._said + line)[-2000:]

    def made(self, image: Pixels) -> bytes:
        """The picture as RGBA."""
        if image.dtype == np.uint16:
            image = (image >> 8).astype(np.uint8)
        if self._alpha:
            return unmatted(image).tobytes()
        return np.concatenate([image, np.full_like(image[..., :1], 255)], axis=2).tobytes()

    def encode(self, made: bytes | None, number: int) -> "list[av.Packet[Any]]":
        """Hand it over; the packets that came back, all of them at the end."""
        pipe: BinaryIO = self._process.stdin  # type: ignore[assignment]
        try:
            if made is not None:
                pipe.write(made)
            else:
                pipe.close()
        except (BrokenPipeError, ValueError) as error:
            raise self._failed() from error
        packets = []
        while made is None or not self._done.empty():
            data = self._done.get()
            if data is None:
                if self._process.wait() or made is not None:
                    raise self._failed()
                break
            packet: av.Packet[Any] = av.Packet(data)
            packet.stream = self.stream
            packet.time_base = self._unit
            packet.pts = packet.dts = self._written
            packet.duration, packet.is_keyframe = 1, True
            self._written += 1
            packets.append(packet)
        return packets

    def _failed(self) -> OutputError:
        self._process.wait()
        self._threads[1].join(1.0)
        why = self._said.decode(errors="replace").strip().splitlines()
        told = why[-1] if why else f"it ended with {self._process.returncode}"
        return OutputError(f"ffmpeg gave up: {told}", program(), "what was written before it can be played")

    def stop(self) -> None:
        """End the program if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
