"""What a process holds, and whether it grows: slopes by the hour with what is sure of them."""

import ctypes
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import glfw
import moderngl
import numpy as np
from scipy import stats

#: What is measured.
HELD = ("rss_mb", "handles", "threads", "textures", "buffers", "framebuffers", "programs")
#: The part of a run that is not counted: what is asked for once is learnt, compiled, remembered.
WARM = 0.25
#: Slopes are of the means of so many stretches, which depend on each other less than moments do.
STRETCHES = 16
#: What eight hours may add without anybody looking for a leak.
MOST = {"rss_mb": 40.0, "handles": 4.0, "threads": 2.0, "textures": 4.0, "buffers": 4.0, "framebuffers": 4.0,
        "programs": 8.0}  # fmt: skip


def held(context: moderngl.Context | None) -> dict[str, float]:
    """What this process holds now; of OpenGL every name that was ever given is asked whether it is something still."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    found = {
        "rss_mb": pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
        "handles": float(len(os.listdir("/proc/self/fd"))),
        "threads": float(len(os.listdir("/proc/self/task"))),
    }
    if context is None:
        return found
    texture = context.texture((1, 1), 4)
    made: dict[str, Any] = {"textures": texture, "buffers": context.buffer(reserve=16)}
    made["framebuffers"] = context.framebuffer([texture])
    made["programs"] = context.program(vertex_shader="#version 330\nvoid main() { gl_Position = vec4(0); }")
    newest = {name: each.glo for name, each in made.items()}
    for each in reversed(made.values()):
        each.release()
    for name, last in newest.items():
        asked = _IS[name]()
        found[name] = float(sum(bool(asked(number)) for number in range(1, last + 1)))
    return found


def _asking(function: str) -> Callable[[], Callable[[int], int]]:
    """OpenGL's own word on whether a name is something, of the context that is current."""

    def found() -> Callable[[int], int]:
        address = glfw.get_proc_address(function)
        place = address if isinstance(address, int) else ctypes.cast(address, ctypes.c_void_p).value
        return ctypes.CFUNCTYPE(ctypes.c_ubyte, ctypes.c_uint)(place or 0)

    return found


_IS = {
    "textures": _asking("glIsTexture"), "buffers": _asking("glIsBuffer"), "framebuffers": _asking("glIsFramebuffer"),
    "programs": _asking("glIsProgram"),
}  # fmt: skip


def growth(hours: Sequence[float], values: Sequence[float], most: float) -> dict[str, Any]:
    """How much is added an hour, the 95 % that are sure of it, and whether eight hours would add more than `most`."""
    t, x = np.asarray(hours, float), np.asarray(values, float)
    warm = t >= t[0] + WARM * (t[-1] - t[0])
    t, x = t[warm], x[warm]
    count = min(STRETCHES, len(t) // 2)
    if count < 3:
        return {"first": round(float(values[0]), 2), "last": round(float(values[-1]), 2)}
    parts = np.array_split(np.arange(len(t)), count)
    means_t, means_x = (np.array([each[part].mean() for part in parts]) for each in (t, x))
    fit = stats.linregress(means_t, means_x)
    wide = float(np.nan_to_num(stats.t.ppf(0.975, count - 2) * (fit.stderr or 0.0)))
    slope = float(fit.slope)
    return {
        "first": round(float(x[0]), 2),
        "last": round(float(x[-1]), 2),
        "most": round(float(x.max()), 2),
        "an_hour": round(slope, 4),
        "sure_95": [round(slope - wide, 4), round(slope + wide, 4)],
        "in_8_hours": round(8.0 * slope, 2),
        "leaks": bool(slope - wide > 0.0 and 8.0 * slope > most),
    }


def told(samples: Sequence[dict[str, float]]) -> dict[str, Any]:
    """The curves thinned to at most 240 points, and the growth of each."""
    hours = [sample["hour"] for sample in samples]
    names = [name for name in HELD if name in samples[0]]
    step = max(len(samples) // 240, 1)
    return {
        "growth": {name: growth(hours, [s[name] for s in samples], MOST[name]) for name in names},
        "curves": {name: [round(s[name], 2) for s in samples[::step]] for name in ("hour", *names)},
    }
