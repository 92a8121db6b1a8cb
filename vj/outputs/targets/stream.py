"""Streams: H.264 and AAC to a server or a folder, by FFmpeg."""

import math
import time
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from vj.core.errors import OutputError
from vj.core.types import F32, U8
from vj.outputs.sending.asked import Asked, hidden
from vj.outputs.sending.far import Far
from vj.outputs.sending.fitting import Fitting
from vj.outputs.sending.talk import Task
from vj.outputs.targets._relay import Relay
from vj.outputs.video.streams import BT709, LIMITED, encodes

#: What targets begin with, and what they are: see `vj.outputs.sending.kinds`.
KINDS = {
    "rtmp": {"title": "RTMP stream", "target": "url", "sound": True, "fps": 30.0},
    "srt": {"title": "SRT stream", "target": "url", "sound": True, "fps": 30.0},
    "rtsp": {"title": "RTSP stream", "target": "url", "sound": True, "fps": 30.0},
    "udp": {"title": "UDP stream", "target": "url", "sound": True, "fps": 30.0},
    "tcp": {"title": "TCP stream", "target": "url", "sound": True, "fps": 30.0},
    "hls": {"title": "HLS folder", "target": "folder", "sound": True, "fps": 30.0},
}
#: Kind -> FFmpeg's name of the container.
_MUXERS = {"rtmp": "flv", "srt": "mpegts", "rtsp": "rtsp", "udp": "mpegts", "tcp": "mpegts", "hls": "hls"}
#: After so many microseconds without an answer the far end counts as gone.
_PATIENCE = "8000000"
_OPTIONS: Mapping[str, Mapping[str, str]] = {
    "rtmp": {"flvflags": "no_duration_filesize", "rw_timeout": _PATIENCE},
    "srt": {"timeout": _PATIENCE, "connect_timeout": "5000"},
    "rtsp": {"rtsp_transport": "tcp", "timeout": _PATIENCE},
    "udp": {},
    "tcp": {"rw_timeout": _PATIENCE, "timeout": _PATIENCE},
    "hls": {
        "hls_time": "2",
        "hls_list_size": "6",
        "hls_flags": "append_list+delete_segments+independent_segments+temp_file",
    },
}
_ENCODERS = ("h264_nvenc", "h264_videotoolbox", "libx264", "libopenh264")
#: Bits a pixel and picture that dancing pictures are worth.
_BITS_PER_PIXEL = 0.1
#: Bits a second of sound.
_SOUND_BITRATE = 160_000
#: So far sound may be off its place before it is put back there.
_OFF_S = 0.08
#: Seconds without a picture after which the last one is sent again: a stream that stands still is cut off.
_PAUSE = 0.25


class Stream(Far):
    """Pictures at a constant rate by the show's clock, sound in its place beside them; a key frame every two s."""

    patience = 0.05

    def __init__(self, task: Task) -> None:
        asked = self._asked = task.asked
        size = (task.size[0] // 2 * 2, task.size[1] // 2 * 2)
        self._fitting = Fitting(size, "yuv420p")
        self._fps = Fraction(asked.rate).limit_denominator(1001)
        self._relay: Relay | None = None
        try:
            try:
                self._begin(size, task.sound)
            except av.error.ProtocolNotFoundError:
                self._relay = Relay(asked.target)
                self._begin(size, task.sound)
        except (av.FFmpegError, OSError) as error:
            if self._relay is not None:
                self._relay.close()
            raise OutputError(_why(error), hidden(asked.target)) from None
        self._zero: float | None = None
        self._last: av.VideoFrame | None = None
        self._number = self._samples = 0
        self._arrived = self._t = 0.0
        self.told = f"{asked.title}, {size[0]}x{size[1]} at {float(self._fps):g}, {self._video.codec_context.name}"

    def _begin(self, size: tuple[int, int], sound: int) -> None:
        """Open it, and say what comes."""
        asked = self._asked
        options = {} if self._relay else dict(_OPTIONS[asked.kind])
        where = self._relay or _url(asked)
        self._file = av.open(where, "w", format=_MUXERS[asked.kind], options=options, timeout=(10.0, 10.0))
        self._video = self._picture_stream(size)
        self._audio = self._sound_stream(sound) if sound else None
        self._file.start_encoding()

    def _picture_stream(self, size: tuple[int, int]) -> av.VideoStream:
        name = next((name for name in _ENCODERS if encodes(name)), None)
        if name is None:
            raise OutputError("nothing here encodes H.264", ", ".join(_ENCODERS), "another build of FFmpeg")
        stream = self._file.add_stream(name, rate=self._fps)
        assert isinstance(stream, av.VideoStream)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = *size, "yuv420p"
        context.time_base, context.framerate = 1 / self._fps, self._fps
        context.gop_size = max(1, round(2 * self._fps))
        context.color_primaries = context.color_trc = context.colorspace = BT709
        context.color_range = LIMITED
        context.thread_count, context.thread_type = 1, "SLICE"
        bits = bitrate(self._asked, size)
        context.bit_rate = bits
        if name == "libx264":
            context.options = {
                "preset": "veryfast" if size[0] * size[1] <= 640 * 360 else "superfast",
                "tune": "zerolatency",
                "maxrate": str(bits),
                "bufsize": str(bits),
                "x264-params": "scenecut=0:nal-hrd=none",
            }
        elif name == "h264_nvenc":
            context.options = {"preset": "p4", "tune": "ll", "rc": "cbr", "zerolatency": "1"}
        return stream

    def _sound_stream(self, rate: int) -> av.AudioStream:
        stream = self._file.add_stream("aac", rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.codec_context.layout, stream.codec_context.format = "stereo", "fltp"
        stream.codec_context.bit_rate = _SOUND_BITRATE
        self._rate = rate
        return stream

    def picture(self, image: U8, t: float) -> None:
        """Send it in its place; a place that was left out is filled with the one before."""
        if self._zero is None or t < self._t - 1.0:  # a show that was wound back goes on where the stream is
            self._zero = t - float(self._number / self._fps)
        self._arrived, self._t = time.monotonic(), t
        place = math.floor(float((t - self._zero) * self._fps) + 0.5)
        if self._last is not None:
            self._fill(place)
        frame = self._fitting.frame(image)
        if place >= self._number:
            self._emit(frame)
        self._last = frame

    def idle(self) -> None:
        """While the show stands still the stream goes on with its last picture."""
        if self._last is not None and self._zero is not None and time.monotonic() - self._arrived > _PAUSE:
            now = self._t + time.monotonic() - self._arrived - _PAUSE
            self._fill(math.floor((now - self._zero) * self._fps))

    def _fill(self, place: int) -> None:
        """Send the last picture again up to before `place`."""
        if place - self._number > self._fps * 60:  # a clock gone wrong
            self._zero = self._t - float(self._number / self._fps)
            return
        while self._number < place and self._last is not None:
            self._emit(self._last)

    def _emit(self, frame: av.VideoFrame) -> None:
        frame.pts, frame.time_base = self._number, 1 / self._fps
        self._number += 1
        self._mux(self._video.encode(frame))

    def sound(self, samples: F32, t: float) -> None:
        """Send it beside the picture of its time."""
        if self._audio is None or self._zero is None:
            return
        place = round((t - self._zero) * self._rate)
        if abs(place - self._samples) > _OFF_S * self._rate:
            if place < self._samples:  # it is heard already
                return
            gap = min(place - self._samples, 10 * self._rate)
            self._hear(np.zeros(gap, np.float32))
        self._hear(samples)

    def _hear(self, samples: F32) -> None:
        assert self._audio is not None
        if not len(samples):
            return
        both = np.ascontiguousarray(np.stack([samples, samples]))
        frame = av.AudioFrame.from_ndarray(both, format="fltp", layout="stereo")
        frame.sample_rate, frame.time_base, frame.pts = self._rate, Fraction(1, self._rate), self._samples
        self._samples += len(samples)
        self._mux(self._audio.encode(frame))

    def _mux(self, packets: Any) -> None:
        try:
            self._file.mux(packets)
        except (av.FFmpegError, OSError) as error:
            raise OutputError(_why(error), hidden(self._asked.target)) from None

    def close(self) -> None:
        """Finish the stream."""
        self._mux(self._video.encode(None))
        if self._audio is not None and self._samples:
            self._mux(self._audio.encode(None))
        self._file.close()
        if self._relay is not None:
            self._relay.close()


def _url(asked: Asked) -> str:
    """The target as FFmpeg is to have it: a folder's list; seven packets of a transport stream in each of UDP's."""
    if asked.kind == "hls":
        path = Path(asked.target)
        path = path if path.suffix == ".m3u8" else path / "index.m3u8"
        path.parent.mkdir(parents=True, exist_ok=True)
        return str(path)
    udp = asked.kind == "udp" and "pkt_size" not in asked.target
    return asked.target + (("&" if "?" in asked.target else "?") + "pkt_size=1316" if udp else "")


def bitrate(asked: Asked, size: tuple[int, int]) -> int:
    """Bits a second of a stream's picture: what was asked for, else what pictures of that size and rate are worth."""
    if asked.bitrate:
        return asked.bitrate * 1000
    return int(min(max(_BITS_PER_PIXEL * size[0] * size[1] * asked.rate, 500_000), 12_000_000))


def _why(error: Exception) -> str:
    """What went wrong, as a person says it."""
    said = str(getattr(error, "strerror", "") or type(error).__name__)
    return f"the stream ended: {said[:1].lower()}{said[1:]}"
