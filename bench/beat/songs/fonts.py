"""General MIDI sound fonts, played by libfluidsynth in this process: one mono stem for each part.

Debian: fluidsynth, fluid-soundfont-gm, timgm6mb-soundfont, musescore-general-soundfont-small. Sounds that begin late in
their samples are struck as much earlier, so that what is heard is where it is written.
"""

import ctypes
from ctypes import POINTER, c_char_p, c_double, c_float, c_int, c_void_p
from ctypes.util import find_library
from functools import cache
from pathlib import Path

import numpy as np

from vj.core.types import F32

RATE = 44100
FONTS = (
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/sounds/sf2/TimGM6mb.sf2",
    "/usr/share/sounds/sf3/MuseScore_General_Lite.sf3",
)
#: The synthesizer works in blocks of this many samples; a sound begins at the beginning of one.
BLOCK = 64
STEMS = 8
#: The bank of drum kits.
KITS = 128
#: Nothing is struck earlier than by this, however slowly it swells.
EARLIEST = 0.06
#: (seconds, key, velocity 1-127 or 0 to let go)
Event = tuple[float, int, int]


@cache
def library() -> ctypes.CDLL | None:
    """libfluidsynth, or None where it is not installed."""
    try:
        lib = ctypes.CDLL(find_library("fluidsynth") or "libfluidsynth.so.3")
    except OSError:
        return None
    lib.new_fluid_settings.restype = lib.new_fluid_synth.restype = c_void_p
    lib.new_fluid_synth.argtypes = [c_void_p]
    lib.fluid_settings_setnum.argtypes = [c_void_p, c_char_p, c_double]
    lib.fluid_settings_setint.argtypes = [c_void_p, c_char_p, c_int]
    lib.fluid_synth_sfload.argtypes = [c_void_p, c_char_p, c_int]
    lib.fluid_synth_get_sfont_by_id.argtypes, lib.fluid_synth_get_sfont_by_id.restype = [c_void_p, c_int], c_void_p
    lib.fluid_synth_nwrite_float.argtypes = [c_void_p, c_int, *[POINTER(POINTER(c_float))] * 2, c_void_p, c_void_p]
    for name in ("fluid_synth_add_sfont", "fluid_synth_remove_sfont"):
        getattr(lib, name).argtypes = [c_void_p, c_void_p]
    lib.delete_fluid_synth.argtypes = [c_void_p]
    two = ("noteoff", "program_change", "set_channel_type", "bank_select")
    for name, ints in (("noteon", 3), ("cc", 3), *((name, 2) for name in two)):
        getattr(lib, f"fluid_synth_{name}").argtypes = [c_void_p, *[c_int] * ints]
    lib.fluid_synth_set_interp_method.argtypes = [c_void_p, c_int, c_int]
    lib.fluid_set_log_function.argtypes = [c_int, c_void_p, c_void_p]
    for level in range(5):
        lib.fluid_set_log_function(level, None, None)
    return lib


def fonts() -> list[str]:
    """The sound fonts that can be played here."""
    return [f for f in FONTS if Path(f).exists()] if library() else []


class Font:
    """A sound font. `play` renders up to STEMS parts at once."""

    def __init__(self, path: str) -> None:
        lib = library()
        assert lib is not None, "no libfluidsynth"
        self._lib = lib
        settings = c_void_p(lib.new_fluid_settings())
        lib.fluid_settings_setnum(settings, b"synth.sample-rate", float(RATE))
        lib.fluid_settings_setnum(settings, b"synth.gain", 0.5)
        whole = {"audio-channels": STEMS, "audio-groups": STEMS, "polyphony": 96}
        for name, value in {**whole, "reverb.active": 0, "chorus.active": 0}.items():
            lib.fluid_settings_setint(settings, f"synth.{name}".encode(), value)
        self._settings = settings
        keeper = c_void_p(lib.new_fluid_synth(settings))
        number = lib.fluid_synth_sfload(keeper, path.encode(), 1)
        if number < 0:
            raise OSError(f"{path}: no sound font")
        self._font = c_void_p(lib.fluid_synth_get_sfont_by_id(keeper, number))
        self._late: dict[tuple[int, int, bool], float] = {}

    def play(self, parts: list[tuple[int, bool, list[Event]]], seconds: float) -> F32:
        """[parts, n] mono; a part is (program, whether it is a drum kit, events in seconds)."""
        late = [{k: self.late(p, k, kit) for k in {e[1] for e in events}} for p, kit, events in parts]
        timed = []
        for stem, (_, _, events) in enumerate(parts):
            for at, key, loud in events:
                struck = max(0.0, at - late[stem][key])
                timed.append((round(struck * RATE / BLOCK) * BLOCK, loud > 0, stem, key, loud))
        return self._render([(p, kit) for p, kit, _ in parts], sorted(timed), round(seconds * RATE))

    def late(self, program: int, key: int, kit: bool) -> float:
        """Seconds from the stroke to where it is heard, in its body or its edge: a fifth, or a quarter, of the peak.

        Measured in the first 0.15 seconds; the edge is the difference of neighbouring samples.
        """
        if (program, key, kit) not in self._late:
            sound = self._render([(program, kit)], [(0, True, 0, key, 110)], round(0.15 * RATE))[0]
            body, edge = np.abs(sound), np.abs(np.diff(sound))
            first = min(int(np.argmax(body > 0.2 * body.max())), int(np.argmax(edge > 0.25 * edge.max())))
            heard = first / RATE if float(body.max()) > 1e-4 else 0.0
            self._late[program, key, kit] = min(heard, EARLIEST)
        return self._late[program, key, kit]

    def _render(self, programs: list[tuple[int, bool]], timed: list[tuple[int, bool, int, int, int]], n: int) -> F32:
        # A voice begins from where it was when it last sounded: only a new synthesizer plays the same twice.
        lib, synth = self._lib, c_void_p(self._lib.new_fluid_synth(self._settings))
        lib.fluid_synth_add_sfont(synth, self._font)
        lib.fluid_synth_set_interp_method(synth, -1, 1)  # linear: half the work
        for channel, (program, kit) in enumerate(programs):
            lib.fluid_synth_set_channel_type(synth, channel, int(kit))
            lib.fluid_synth_bank_select(synth, channel, KITS if kit else 0)  # since 2.5 the type alone leaves the bank
            lib.fluid_synth_program_change(synth, channel, program)
            for control, value in ((91, 0), (93, 0), (10, 64), (7, 110)):
                lib.fluid_synth_cc(synth, channel, control, value)
        left, right = np.zeros((STEMS, n), np.float32), np.zeros((STEMS, n), np.float32)
        starts = [[a.ctypes.data + k * n * 4 for k in range(STEMS)] for a in (left, right)]
        pointers = POINTER(c_float) * STEMS
        at = 0
        for when, on, channel, key, loud in [*timed, (n, False, -1, 0, 0)]:
            when = min(when, n)
            if when > at:
                ends = [pointers(*(ctypes.cast(s + 4 * at, POINTER(c_float)) for s in row)) for row in starts]
                lib.fluid_synth_nwrite_float(synth, when - at, ends[0], ends[1], None, None)
                at = when
            if channel >= 0 and on:
                lib.fluid_synth_noteon(synth, channel, key, loud)
            elif channel >= 0:
                lib.fluid_synth_noteoff(synth, channel, key)
        lib.fluid_synth_remove_sfont(synth, self._font)
        lib.delete_fluid_synth(synth)
        count = len(programs)
        return np.asarray(0.5 * (left[:count] + right[:count]), np.float32)


@cache
def font(path: str) -> Font:
    """A sound font, loaded once."""
    return Font(path)
