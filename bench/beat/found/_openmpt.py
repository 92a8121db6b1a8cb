"""Reads tracker modules with libopenmpt: the sound, and to the sample when each row begins.

Blocks of `BLOCK` frames are rendered and the place asked for after each: a row's time is true to half of that.
"""

import ctypes
import ctypes.util
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE = 44100
BLOCK = 32
NOTE, INSTRUMENT, VOLUME_EFFECT, EFFECT, VOLUME, PARAMETER = range(6)
#: Notes above are commands: off, cut, fade.
HIGHEST_NOTE = 127
#: A module that begins in one of these ways is one, wherever in a file it lies: (mark, how far behind the start).
MARKS = ((b"Extended Module: ", 0), (b"IMPM", 0), (b"SCRM", 44), (b"M.K.", 1080), (b"6CHN", 1080), (b"8CHN", 1080))


@dataclass
class Row:
    """One row as it was played: seconds, place, ticks a row, and (channel, instrument, note) of what it starts."""

    time: float
    order: int
    row: int
    speed: int
    tempo: int
    notes: list[tuple[int, int, int]]


@dataclass
class Module:
    """A module rendered from its start: samples [n, 2] at 44.1 kHz in -1..1 and its rows."""

    title: str
    samples: NDArray[np.float32]
    rows: list[Row]
    names: list[str] = field(default_factory=list)


@cache
def library() -> ctypes.CDLL | None:
    """libopenmpt, or None where it is not installed."""
    for name in ("libopenmpt.so.0", ctypes.util.find_library("openmpt")):
        try:
            lib = ctypes.CDLL(name) if name else None
        except OSError:
            continue
        if lib is not None:
            return _typed(lib)
    return None


def _typed(lib: ctypes.CDLL) -> ctypes.CDLL:
    pointer, number, text = ctypes.c_void_p, ctypes.c_int32, ctypes.c_char_p
    lib.openmpt_module_create_from_memory2.restype = pointer
    lib.openmpt_module_create_from_memory2.argtypes = [text, ctypes.c_size_t, *[pointer] * 7]
    lib.openmpt_module_destroy.argtypes = [pointer]
    lib.openmpt_module_read_interleaved_float_stereo.restype = ctypes.c_size_t
    lib.openmpt_module_read_interleaved_float_stereo.argtypes = [pointer, number, ctypes.c_size_t, pointer]
    lib.openmpt_module_get_metadata.restype = pointer
    lib.openmpt_module_get_metadata.argtypes = [pointer, text]
    lib.openmpt_free_string.argtypes = [pointer]
    lib.openmpt_module_set_repeat_count.argtypes = [pointer, number]
    for name in ("get_current_order", "get_current_row", "get_current_pattern", "get_current_speed",
                 "get_current_tempo", "get_num_channels", "get_num_instruments", "get_num_samples"):  # fmt: skip
        getattr(lib, f"openmpt_module_{name}").argtypes = [pointer]
    lib.openmpt_module_get_pattern_row_channel_command.restype = ctypes.c_uint8
    lib.openmpt_module_get_pattern_row_channel_command.argtypes = [pointer, *[number] * 4]
    for name in ("get_instrument_name", "get_sample_name"):
        getattr(lib, f"openmpt_module_{name}").restype = pointer
        getattr(lib, f"openmpt_module_{name}").argtypes = [pointer, number]
    return lib


def inside(data: bytes) -> list[bytes]:
    """The modules in a file: itself, or those that an archive holds uncompressed."""
    found = []
    for mark, behind in MARKS:
        at = data.find(mark)
        while at >= 0:
            if at >= behind:
                found.append(at - behind)
            at = data.find(mark, at + 1)
    return [data[start:] for start in sorted(set(found))]


def render(data: bytes, seconds: float) -> Module | None:
    """Plays a module once, `seconds` at most; None where libopenmpt knows it for none."""
    lib = library()
    if lib is None:
        return None
    module = lib.openmpt_module_create_from_memory2(data, len(data), *[None] * 7)
    if not module:
        return None
    try:
        return _play(lib, module, int(seconds * RATE / BLOCK))
    finally:
        lib.openmpt_module_destroy(module)


def _text(lib: ctypes.CDLL, pointer: int) -> str:
    said = ctypes.string_at(pointer).decode("utf-8", "replace") if pointer else ""
    lib.openmpt_free_string(pointer)
    return said


def _play(lib: ctypes.CDLL, module: int, blocks: int) -> Module:
    out = np.zeros((blocks * BLOCK, 2), np.float32)
    base, width = out.ctypes.data, BLOCK * 2 * 4
    read, place = lib.openmpt_module_read_interleaved_float_stereo, (-1, -1)
    row_of, order_of = lib.openmpt_module_get_current_row, lib.openmpt_module_get_current_order
    lib.openmpt_module_set_repeat_count(module, 0)
    channels = lib.openmpt_module_get_num_channels(module)
    rows: list[Row] = []
    playing: dict[int, int] = {}
    patterns: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    end = blocks
    for block in range(blocks):
        if not read(module, RATE, BLOCK, base + block * width):
            end = block
            break
        here = (order_of(module), row_of(module))
        if here == place:
            continue
        place = here
        cell = (lib.openmpt_module_get_current_pattern(module), here[1])
        if cell not in patterns:
            patterns[cell] = _started(lib, module, *cell, channels)
        notes = []
        for channel, instrument, note in patterns[cell]:
            playing[channel] = instrument or playing.get(channel, 0)
            notes.append((channel, playing[channel], note))
        speed, tempo = lib.openmpt_module_get_current_speed(module), lib.openmpt_module_get_current_tempo(module)
        # the row began somewhere in this block
        rows.append(Row((block + 0.5) * BLOCK / RATE if block else 0.0, *here, speed, tempo, notes))
    kind = "instrument" if lib.openmpt_module_get_num_instruments(module) else "sample"
    count = getattr(lib, f"openmpt_module_get_num_{kind}s")(module)
    names = ["", *[_text(lib, getattr(lib, f"openmpt_module_get_{kind}_name")(module, i)) for i in range(count)]]
    title = _text(lib, lib.openmpt_module_get_metadata(module, b"title")).strip()
    return Module(title, out[: end * BLOCK], rows, names)


def _started(lib: ctypes.CDLL, module: int, pattern: int, row: int, channels: int) -> list[tuple[int, int, int]]:
    """(channel, instrument or 0 for the one before, note) of the notes that this row starts."""
    ask = lib.openmpt_module_get_pattern_row_channel_command
    started = []
    for channel in range(channels):
        note = ask(module, pattern, row, channel, NOTE)
        if 0 < note <= HIGHEST_NOTE:
            started.append((channel, ask(module, pattern, row, channel, INSTRUMENT), note))
    return started
