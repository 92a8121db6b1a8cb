"""What a process holds, and whether it grows: slopes by the hour with what is sure of them.

The rule. The first quarter is left out: what is asked for once is learnt, compiled, remembered. The rest is cut in two
halves. A leak is what adds more than it may in eight hours at the pace of the *second* half, surely (95 %) grows in
both by what can be seen, and does not slow down: a drip goes on at its pace, warming up does so ever less. A run of
less than half an hour of show time says nothing of hours: its slopes are told and not judged.
"""

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
#: Slopes are of the means of so many stretches of a half, which depend on each other less than moments do.
STRETCHES = 12
#: Hours of show time below which nothing is judged.
LEAST_HOURS = 0.5
#: Of the pace of the first half, what the second still has if it is no warming up.
STEADY = 0.6
#: What each half must add to be taken for a pace: one program more in each is two that were compiled late.
LEAST, LEAST_MB = 2.0, 1.0
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


def growth(hours: Sequence[float], values: Sequence[float], most: float, least: float = LEAST) -> dict[str, Any]:
    """How much is added an hour, the 95 % that are sure of it, and what that is by the rule: "flat", "warms up" or
    "leaks", where eight hours may add `most` and a half must add `least` to be seen; "too short" where nothing can be
    said."""
    t, x = np.asarray(hours, float), np.asarray(values, float)
    warm = t >= t[0] + WARM * (t[-1] - t[0])
    t, x, whole = t[warm], x[warm], t[-1] - t[0]
    if len(t) < 2 * STRETCHES:
        return {"first": round(float(values[0]), 2), "last": round(float(values[-1]), 2), "verdict": "too short"}
    halves = [_slope(part_t, part_x) for part_t, part_x in zip(np.array_split(t, 2), np.array_split(x, 2), strict=True)]
    (early, early_wide), (late, late_wide) = halves
    seen = min(early, late) * whole * (1.0 - WARM) / 2.0 >= least
    grows = seen and early > early_wide and late > late_wide and 8.0 * late > most
    slope, wide = _slope(t, x)
    verdict = (
        "leaks" if grows and late >= STEADY * early else "warms up" if slope > wide and 8.0 * slope > most else "flat"
    )
    return {
        "first": round(float(x[0]), 2),
        "last": round(float(x[-1]), 2),
        "most": round(float(x.max()), 2),
        "an_hour": round(slope, 4),
        "sure_95": [round(slope - wide, 4), round(slope + wide, 4)],
        "halves_an_hour": [round(early, 4), round(late, 4)],
        "verdict": verdict if whole >= LEAST_HOURS else "too short",
    }


def _slope(t: Any, x: Any) -> tuple[float, float]:
    """What is added an hour, and how far off that may be with 95 % (inf where nobody can say)."""
    parts = np.array_split(np.arange(len(t)), STRETCHES)
    means_t, means_x = (np.array([each[part].mean() for part in parts]) for each in (t, x))
    fit = stats.linregress(means_t, means_x)
    return float(fit.slope), float(np.nan_to_num(stats.t.ppf(0.975, STRETCHES - 2) * (fit.stderr or 0.0)))


def told(samples: Sequence[dict[str, float]]) -> dict[str, Any]:
    """The curves thinned to at most 240 points, and the growth of each."""
    hours = [sample["hour"] for sample in samples]
    names = [name for name in HELD if name in samples[0]]
    step = max(len(samples) // 240, 1)
    return {
        "growth": {
            name: growth(hours, [s[name] for s in samples], MOST[name], LEAST_MB if name == "rss_mb" else LEAST)
            for name in names
        },
        "curves": {name: [round(s[name], 2) for s in samples[::step]] for name in ("hour", *names)},
    }
