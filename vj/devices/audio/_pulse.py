"""A sound server asked in its own tongue: the sources of PulseAudio, or of PipeWire which speaks it too, by name.

Behind ALSA's plugins a server mixes channels by what they are called: `rear-left` into `front-left`, "AUX0" into
everything. A stream opened here with the channels of its source gets them as they are, and is never moved to another.
Belongs to the audio child; imports nothing of `vj`. (libpulse: https://freedesktop.org/software/pulseaudio/doxygen/)
"""

import ctypes as c
import time
from collections.abc import Callable
from typing import Any

#: Seconds that the server has for an answer.
PATIENCE = 3.0
#: `PA_CONTEXT_NOAUTOSPAWN`
_NO_AUTOSPAWN = 1
#: `PA_SAMPLE_FLOAT32LE`
_FLOAT32LE = 5
#: A buffer's size that is left to the server.
_SERVER_DEFAULT = 0xFFFFFFFF
#: States of a context, and of a stream.
_CONTEXT_READY = 4
_STREAM_CREATING = 1
_STREAM_READY = 2
#: No remap, no remix, do not move, adjust latency.
_FLAGS = 0x0010 | 0x0020 | 0x0200 | 0x2000


class _Spec(c.Structure):
    _fields_ = (("format", c.c_int), ("rate", c.c_uint32), ("channels", c.c_uint8))


class _Map(c.Structure):
    _fields_ = (("channels", c.c_uint8), ("map", c.c_int * 32))


class _Source(c.Structure):
    """The beginning of `pa_source_info`; nobody asks for the rest."""

    _fields_ = (
        ("name", c.c_char_p),
        ("index", c.c_uint32),
        ("description", c.c_char_p),
        ("spec", _Spec),
        ("map", _Map),
    )


class _Server(c.Structure):
    """The beginning of `pa_server_info`."""

    _fields_ = (
        ("user", c.c_char_p),
        ("host", c.c_char_p),
        ("version", c.c_char_p),
        ("name", c.c_char_p),
        ("spec", _Spec),
        ("sink", c.c_char_p),
        ("source", c.c_char_p),
    )


class _Buffer(c.Structure):
    _fields_ = tuple((name, c.c_uint32) for name in ("maxlength", "tlength", "prebuf", "minreq", "fragsize"))


_SERVER = c.CFUNCTYPE(None, c.c_void_p, c.POINTER(_Server), c.c_void_p)
_SOURCE = c.CFUNCTYPE(None, c.c_void_p, c.POINTER(_Source), c.c_int, c.c_void_p)
_READ = c.CFUNCTYPE(None, c.c_void_p, c.c_size_t, c.c_void_p)
#: What is called, what it gives, and what it takes.
_CALLS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "mainloop_new": (c.c_void_p, ()),
    "mainloop_get_api": (c.c_void_p, (c.c_void_p,)),
    "mainloop_prepare": (c.c_int, (c.c_void_p, c.c_int)),
    "mainloop_poll": (c.c_int, (c.c_void_p,)),
    "mainloop_dispatch": (c.c_int, (c.c_void_p,)),
    "context_new": (c.c_void_p, (c.c_void_p, c.c_char_p)),
    "context_connect": (c.c_int, (c.c_void_p, c.c_char_p, c.c_int, c.c_void_p)),
    "context_get_state": (c.c_int, (c.c_void_p,)),
    "context_errno": (c.c_int, (c.c_void_p,)),
    "context_get_server_info": (c.c_void_p, (c.c_void_p, _SERVER, c.c_void_p)),
    "context_get_source_info_list": (c.c_void_p, (c.c_void_p, _SOURCE, c.c_void_p)),
    "strerror": (c.c_char_p, (c.c_int,)),
    "stream_new": (c.c_void_p, (c.c_void_p, c.c_char_p, c.POINTER(_Spec), c.POINTER(_Map))),
    "stream_set_read_callback": (None, (c.c_void_p, _READ, c.c_void_p)),
    "stream_connect_record": (c.c_int, (c.c_void_p, c.c_char_p, c.POINTER(_Buffer), c.c_int)),
    "stream_get_state": (c.c_int, (c.c_void_p,)),
    "stream_get_buffer_attr": (c.POINTER(_Buffer), (c.c_void_p,)),
    "stream_peek": (c.c_int, (c.c_void_p, c.POINTER(c.c_void_p), c.POINTER(c.c_size_t))),
    "stream_drop": (c.c_int, (c.c_void_p,)),
}


class Pulse:
    """A connection to the user's sound server. Raises OSError where there is none, or no libpulse.

    name      "PipeWire" or "PulseAudio"
    sources   what can be listened to: {"name", "description", "channels", "rate"}, the monitors of outputs included
    source    name of the default one; `sink` that of the default output, whose monitor is called so plus ".monitor"
    """

    def __init__(self, client: str = "vj") -> None:
        self._pa = c.CDLL("libpulse.so.0")
        for name, (gives, takes) in _CALLS.items():
            call = getattr(self._pa, f"pa_{name}")
            call.restype, call.argtypes = gives, takes
        self._loop = self._pa.pa_mainloop_new()
        self._context = self._pa.pa_context_new(self._pa.pa_mainloop_get_api(self._loop), client.encode())
        self._pa.pa_context_connect(self._context, None, _NO_AUTOSPAWN, None)
        self._until(lambda: self._pa.pa_context_get_state(self._context) == _CONTEXT_READY)
        self.name, self.source, self.sink = "PulseAudio", "", ""
        self.sources: list[dict[str, Any]] = []
        self._maps: dict[str, _Map] = {}
        self._ask()

    def open(self, source: str, rate: int, block: int, heard: Callable[[bytes, bool], None]) -> float:
        """Begin to hear all channels of `source` as float32; raises OSError. Seconds that the server holds them back.

        From then on `run` calls `heard(data, lost)` for each piece; `lost` tells of a hole, which `data` has as zeros.
        """
        channels = self._maps[source]
        width = 4 * channels.channels
        spec = _Spec(_FLOAT32LE, rate, channels.channels)
        stream = self._pa.pa_stream_new(self._context, b"vj hears", c.byref(spec), c.byref(channels))
        data, size = c.c_void_p(), c.c_size_t()

        def read(stream: int, _size: int, _data: int) -> None:
            while self._pa.pa_stream_peek(stream, c.byref(data), c.byref(size)) == 0 and size.value:
                heard(c.string_at(data, size.value) if data else bytes(size.value), not data)
                self._pa.pa_stream_drop(stream)

        likes = _SERVER_DEFAULT
        buffer = _Buffer(likes, likes, likes, likes, block * width)
        self._stream, self._read = stream, _READ(read)
        self._pa.pa_stream_set_read_callback(stream, self._read, None)
        self._pa.pa_stream_connect_record(stream, source.encode(), c.byref(buffer), _FLAGS)
        self._until(lambda: self._pa.pa_stream_get_state(stream) != _STREAM_CREATING)
        if self._pa.pa_stream_get_state(stream) != _STREAM_READY:
            raise OSError(self._why())
        held: int = self._pa.pa_stream_get_buffer_attr(stream).contents.fragsize
        return float(held / width / rate)

    def run(self) -> None:
        """Hear until the source goes away; raises OSError when its server does."""
        while self._pa.pa_stream_get_state(self._stream) == _STREAM_READY:
            self._turn(0.5)

    def _ask(self) -> None:
        """Fill in what the server has."""
        done: list[bool] = []

        def server(_context: int, info: Any, _data: int) -> None:
            if info:
                self.name = "PipeWire" if b"PipeWire" in (info.contents.name or b"") else "PulseAudio"
                self.source, self.sink = _text(info.contents.source), _text(info.contents.sink)
            done.append(True)

        def source(_context: int, info: Any, end: int, _data: int) -> None:
            if end or not info:
                done.append(True)
                return
            found = info.contents
            name, spec = _text(found.name), found.spec
            description = _text(found.description) or name
            self._maps[name] = _Map.from_buffer_copy(found.map)
            self.sources.append(
                {"name": name, "description": description, "channels": spec.channels, "rate": spec.rate}
            )

        callbacks = _SERVER(server), _SOURCE(source)
        self._pa.pa_context_get_server_info(self._context, callbacks[0], None)
        self._pa.pa_context_get_source_info_list(self._context, callbacks[1], None)
        self._until(lambda: len(done) == 2)

    def _until(self, done: Callable[[], bool]) -> None:
        """Talk to the server until `done`; raises OSError when it goes away or does not answer."""
        end = time.monotonic() + PATIENCE
        while not done():
            if self._pa.pa_context_get_state(self._context) > _CONTEXT_READY:
                raise OSError(self._why())
            if time.monotonic() > end:
                raise OSError("the sound server does not answer")
            self._turn(0.1)

    def _turn(self, seconds: float) -> None:
        """Wait at most so long for something to happen, and see to it."""
        failed = self._pa.pa_mainloop_prepare(self._loop, round(seconds * 1e6)) < 0
        if failed or self._pa.pa_mainloop_poll(self._loop) < 0 or self._pa.pa_mainloop_dispatch(self._loop) < 0:
            raise OSError("the connection to the sound server is broken")

    def _why(self) -> str:
        return _text(self._pa.pa_strerror(self._pa.pa_context_errno(self._context)))


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode(errors="replace")
