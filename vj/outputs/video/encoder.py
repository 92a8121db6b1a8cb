"""The child process of `mp4`: takes pictures from shared slots and sound from its standard input, writes the file.

It speaks to its parent in two directions. In: one line of JSON (the `Job`), then messages headed by `HEADER`:
`F` a frame (slot, frame number, height, width), `A` sound (number of bytes that follow), `E` the end. End of file
without `E` means that the parent is gone; the file is finished all the same. Out, one line each: `ready CODEC`,
`free SLOT`, `error JSON`, `done FRAMES`.
"""

import json
import os
import queue
import sys
import threading
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from vj.core.errors import OutputError
from vj.core.sound.clean import clean
from vj.core.types import F32, U8
from vj.outputs.finish.swscale import fitted, threads
from vj.outputs.video.job import HEADER, Job
from vj.outputs.video.ring import SharedSlots

#: H.273 codes: BT.709 primaries, transfer and matrix; limited range.
BT709 = 1
LIMITED = 1
#: A gap in the frame numbers longer than this is a clock gone wrong, not a slow machine.
LONGEST_GAP = 3600

Message = tuple[bytes, tuple[int, int, int, int], bytes]


class Writer:
    """One MP4 file being written: frames by number, sound by sample count, both from zero."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self.codec = _choose(job)
        # The file is fragmented while it grows, so that a cut-off one plays, and becomes an ordinary one at the end.
        # delay_moov is what lets a fragmented file say that its first sound is the encoder's lead-in, to be skipped.
        flags = "+hybrid_fragmented+frag_keyframe+default_base_moof+delay_moov+write_colr"
        options = {"movflags": flags, "flush_packets": "1"}
        self._file = av.open(job.path, "w", format="mp4", options=options)
        self._video = _video_stream(self._file, job, self.codec)
        self._audio: av.AudioStream | None = None
        if job.rate:
            layout = {1: "mono", 2: "stereo"}[job.channels]
            self._audio = self._file.add_stream("aac", rate=job.rate, layout=layout)
            self._audio.bit_rate = 192_000
            self._audio.time_base = Fraction(1, job.rate)
        # Now, not with the first frame: a file that cannot be written should be known before the show begins.
        self._file.start_encoding()
        # One for all frames: a frame of its own would make tables anew, and threads that take longer than it does.
        self._reformatter = VideoReformatter()
        self._samples = 0
        self.frames = 0
        self._last: av.VideoFrame | None = None

    def picture(self, image: U8, number: int) -> None:
        """Encode one picture as frame `number`, repeating the one before over a gap; drops one that comes too late."""
        if number < self.frames:
            return
        while self._last is not None and self.frames < min(number, self.frames + LONGEST_GAP):
            self._emit(self._last)
        self._last = self._to_yuv(fitted(image, (self._job.width, self._job.height)))
        self._emit(self._last)

    def _to_yuv(self, image: U8) -> av.VideoFrame:
        """An sRGB picture [h, w, 3] as BT.709 limited-range 4:2:0."""
        return self._reformatter.reformat(
            av.VideoFrame.from_ndarray(image, format="rgb24"),
            format=self._video.pix_fmt or "yuv420p",
            dst_colorspace=BT709,
            src_color_range=2,
            dst_color_range=LIMITED,
            interpolation="BICUBIC",
            threads=threads(image),
        )

    def _emit(self, frame: av.VideoFrame) -> None:
        frame.pts = self.frames
        frame.time_base = 1 / Fraction(*self._job.fps)
        self.frames += 1
        self._file.mux(self._video.encode(frame))

    def sound(self, samples: F32) -> None:
        """Encode interleaved samples [n, channels]; one that is no number would end the film."""
        if self._audio is None or not len(samples):
            return
        planar = np.ascontiguousarray(clean(samples).T)
        frame = av.AudioFrame.from_ndarray(planar, format="fltp", layout=self._audio.layout.name)
        frame.sample_rate = self._job.rate
        frame.pts = self._samples
        frame.time_base = Fraction(1, self._job.rate)
        self._samples += len(samples)
        self._file.mux(self._audio.encode(frame))

    def close(self) -> None:
        """Flush both encoders and finish the file."""
        self._file.mux(self._video.encode(None))
        if self._audio is not None and self._samples:
            self._file.mux(self._audio.encode(None))
        self._file.close()


def _video_stream(file: av.container.OutputContainer, job: Job, codec: str) -> av.VideoStream:
    """An H.264 stream tagged BT.709, limited range, with a key frame (so a fragment) every second."""
    fps = Fraction(*job.fps)
    stream = file.add_stream(codec, rate=fps)
    assert isinstance(stream, av.VideoStream)
    stream.width, stream.height, stream.pix_fmt = job.width, job.height, "yuv420p"
    stream.time_base = 1 / fps
    context = stream.codec_context
    context.gop_size = max(1, round(fps))
    context.color_primaries = context.color_trc = context.colorspace = BT709
    context.color_range = LIMITED
    context.thread_count = job.threads
    # PyAV asks for slices too, and x264 then gives each thread one: more bytes, and others for every number of threads.
    context.thread_type = "FRAME"
    if codec == "libx264":
        # Its macroblock tree adds up floats as the processor likes, and not always the same way twice.
        exact = {"x264-params": "cpu-independent=1"}
        context.options = {"crf": str(job.crf), "preset": job.preset, **exact}
    else:
        context.options = {"rc": "vbr", "cq": str(job.crf), "preset": "p4"}
    return stream


def _choose(job: Job) -> str:
    """The encoder to use: NVENC counts as usable only once it has encoded a frame here."""
    if job.codec != "auto":
        return job.codec
    return "h264_nvenc" if encodes("h264_nvenc") else "libx264"


def encodes(codec: str) -> bool:
    """Whether a test picture goes through `codec` on this machine."""
    try:
        context = av.CodecContext.create(codec, "w")
        assert isinstance(context, av.VideoCodecContext)
        context.width, context.height, context.pix_fmt = 256, 256, "yuv420p"
        context.time_base = Fraction(1, 30)
        frame = av.VideoFrame.from_ndarray(np.zeros((256, 256, 3), np.uint8), format="rgb24").reformat(format="yuv420p")
        frame.pts = 0
        return bool(context.encode(frame) + context.encode(None))
    except (av.FFmpegError, ValueError, OSError):
        return False


def _listen(stdin: BinaryIO, inbox: "queue.Queue[Message]") -> None:
    """Thread: read messages into `inbox`, so that a slow encoder does not stop its parent's next small message."""
    while True:
        head = stdin.read(HEADER.size)
        kind, *numbers = HEADER.unpack(head) if len(head) == HEADER.size else (b"E", 0, 0, 0, 0)
        slot, number, height, width = numbers
        body = stdin.read(slot) if kind == b"A" else b""
        inbox.put((kind, (slot, number, height, width), body))
        if kind == b"E":
            return


def run(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Do one job from first to last message."""
    job = Job.parse(stdin.readline())
    slots = SharedSlots(Path(job.slots), job.capacity, job.count)
    slots.unlink()
    writer = Writer(job)
    _say(stdout, f"ready {writer.codec}")
    inbox: queue.Queue[Message] = queue.Queue(256)
    threading.Thread(target=_listen, args=(stdin, inbox), daemon=True).start()
    while True:
        kind, (slot, number, height, width), body = inbox.get()
        if kind == b"E":
            break
        if kind == b"A":
            writer.sound(np.frombuffer(body, np.float32).reshape(-1, job.channels))
        else:
            writer.picture(slots.view(slot, height, width), number)
            _say(stdout, f"free {slot}")
    writer.close()
    _say(stdout, f"done {writer.frames}")


def _say(stdout: BinaryIO, line: str) -> None:
    """Tell the parent; when it is gone nobody needs to know."""
    try:
        stdout.write(line.encode() + b"\n")
        stdout.flush()
    except BrokenPipeError:
        # Keep Python from trying once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())


def main() -> int:
    """Program: run one job; report a failure to the parent as one line."""
    try:
        run(sys.stdin.buffer, sys.stdout.buffer)
    except (OutputError, av.FFmpegError, OSError, ValueError) as error:
        where = getattr(error, "where", "") or ""
        _say(sys.stdout.buffer, "error " + json.dumps([str(error).splitlines()[0], where]))
        # Containers flush themselves once more on the way out and would only fail again.
        os._exit(1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
