"""A film that goes round, at its own speed or with the beat, with alpha where it has it."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import av

from vj.core.errors import MediaError
from vj.core.layers import Layer, Size
from vj.sources.contract import Still, pixels_for
from vj.sources.frames import picture

#: Seconds ahead beyond which it is quicker to jump than to decode what lies between.
JUMP = 2.0
#: Of what codecs the alpha is in a stream of its own, and who reads it.
BESIDE = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
#: Bytes up to which a film that does not say how long it is is read through to know.
SHORT = 64 << 20


class Clip:
    """The film in the file of a layer's source."""

    def __init__(self, layer: Layer) -> None:
        self._path = layer.source.path
        self._stream: Any = None
        try:
            self._container: Any = av.open(self._path)
            if not self._container.streams.video:
                raise MediaError("there is no picture in it", self._path, "a film, or a picture that moves")
            self._stream = self._container.streams.video[0]
            self._stream.thread_type = "AUTO"
            self._decoder: Any = None
            tags = {key.lower(): value for key, value in self._stream.metadata.items()}
            codec = self._stream.codec_context.name
            if tags.get("alpha_mode") == "1" and codec in BESIDE:
                self._decoder = av.CodecContext.create(BESIDE[codec], "r")
            self._start = float((self._stream.start_time or 0) * self._stream.time_base)
            self.duration = self._length()
            self._frames = self._decode()
            self._now, self._next = next(self._frames, None), next(self._frames, None)
        except MediaError:
            raise
        except Exception as error:  # FFmpeg's readers raise whatever a broken file makes them stumble over
            raise self._broken(error) from error
        if self._now is None:
            raise MediaError("there is no picture in it", self._path, "a film, or a picture that moves")
        self._drawn: tuple[float, Size, Still] | None = None

    def _broken(self, error: BaseException) -> MediaError:
        return MediaError(f"the clip cannot be read: {error}", self._path, "make an MP4 (H.264) or MOV (ProRes) of it")

    def _length(self) -> float:
        """Seconds until it begins again."""
        stream, container = self._stream, self._container
        if stream.duration:
            return float(stream.duration * stream.time_base)
        if container.duration:
            return float(container.duration / av.time_base)
        rate, last = float(stream.average_rate or 25), 0.0
        if container.size and container.size > SHORT:
            raise MediaError("the clip does not say how long it is", self._path, "make an MP4 of it")
        for packet in container.demux(stream):
            if packet.pts is not None:
                last = max(last, float((packet.pts + (packet.duration or 0)) * stream.time_base) - self._start)
        self._seek(0.0)
        return last or 1.0 / rate

    def _decode(self) -> Iterator[tuple[float, Any]]:
        """Frames and when each begins, from where the container stands."""
        count = 0
        for packet in self._container.demux(self._stream):
            for frame in self._decoder.decode(packet) if self._decoder else packet.decode():
                count += 1
                at = count / float(self._stream.average_rate or 25) if frame.time is None else frame.time - self._start
                yield float(at), frame

    def _seek(self, at: float) -> None:
        self._container.seek(int((at + self._start) / self._stream.time_base), stream=self._stream)
        if self._decoder:
            self._decoder.flush_buffers()

    def _go_to(self, at: float) -> Any:
        """The frame that is to be seen at second `at`."""
        assert self._now is not None
        if at < self._now[0] or (self._next is not None and at > self._next[0] + JUMP):
            self._begin_at(at)
        while self._next is not None and self._next[0] <= at:
            self._now, self._next = self._next, next(self._frames, None)
        return self._now

    def _begin_at(self, at: float) -> None:
        """Stand before or on second `at`."""
        for start in (at, 0.0):
            self._seek(start)
            self._frames = self._decode()
            self._now, self._next = next(self._frames, None) or self._now, next(self._frames, None)
            if self._now is not None and self._now[0] <= at:
                return

    def draw(self, layer: Layer, canvas: Size) -> Still:
        """Its frame of then, no larger than it is seen."""
        try:
            time, frame = self._go_to(layer.at(self.duration))
        except Exception as error:
            raise self._broken(error) from error
        ratio = float(frame.sample_aspect_ratio or 1) if getattr(frame, "sample_aspect_ratio", None) else 1.0
        natural = (frame.width * ratio, float(frame.height))
        wanted = pixels_for(layer, natural, canvas)
        size = wanted if wanted[0] < frame.width and wanted[1] < frame.height else (frame.width, frame.height)
        if self._drawn is None or self._drawn[:2] != (time, size):
            self._drawn = time, size, picture(frame, size, natural)
        return self._drawn[2]

    def close(self) -> None:
        """Close the file."""
        with suppress(Exception):
            self._container.close()
