"""Whether the driver makes a swap wait for the display."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import glfw
import moderngl

#: Swaps that are timed, without waiting and with.
SWAPS = 8
#: A few must do where drawing is slow ...
FEW_SWAPS = 3
#: ... and they have taken so long.
SLOW_S = 0.25
#: Nothing refreshes faster than 500 Hz.
QUICKEST_S = 0.002


def paces(window: Any, context: moderngl.Context, draw: Callable[[], None]) -> bool:
    """Time swaps of `window`, whose context is current, with `draw` before each; where the driver does not wait,
    waiting is switched off altogether.
    """
    free, waiting = (_swap_seconds(window, context, draw, interval) for interval in (0, 1))
    # a large picture takes its time to be handed over, waiting or not
    paced = waiting > QUICKEST_S and waiting > 1.5 * free
    if not paced:
        glfw.swap_interval(0)
    return paced


def _swap_seconds(window: Any, context: moderngl.Context, draw: Callable[[], None], interval: int) -> float:
    """Seconds of a swap, the median of a few, waiting for `interval` refreshes."""
    glfw.swap_interval(interval)
    spent: list[float] = []
    end = time.perf_counter() + SLOW_S
    while len(spent) < (SWAPS if time.perf_counter() < end else FEW_SWAPS):
        draw()
        context.finish()
        begun = time.perf_counter()
        glfw.swap_buffers(window)
        context.finish()
        spent.append(time.perf_counter() - begun)
    return statistics.median(spent)
