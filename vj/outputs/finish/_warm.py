"""What to do before the first finished frame: compile what a show may switch on, and see how much there is time for."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

import moderngl

from vj.core.types import Finish
from vj.outputs.finish.chain import Chain
from vj.outputs.finish.fit import Placement

#: The full tier may take this many milliseconds of a frame; it is meant for graphics cards, which need one or two.
FULL_MS = 7.0
TRIALS = 4
#: The most that a show asks for most of the time.
RICH: Mapping[str, Mapping[str, Any]] = {"history": {"mode": 2}, "finish": {"edge": 0.2, "chroma": 0.001}}
#: Where a picture of a few pixels is doubled and has few texels, ...
_LARGE = Placement(0, 0, 160, 90)
#: ... and where it is not.
_SMALL = Placement(0, 0, 16, 9)
#: The camera leans, ...
_LEANS_RAD = 0.004
#: ... and does not.
_RESTS_RAD = 0.0


def combinations() -> Iterator[dict[str, dict[str, Any]]]:
    """Settings of which every one needs other programs."""
    asked = [(*one, _LEANS_RAD, 0.06) for one in product((0, 1, 2), (0.0, 0.001, 0.2), (99.0, 0.1))]
    asked += [(1, chroma, ring, _LEANS_RAD, 0.2) for chroma, ring in product((0.0, 0.001), (99.0, 0.1))]
    for mode, chroma, ring, lean, edge in (*asked, (3, 0.0, 99.0, _RESTS_RAD, 0.06)):
        coords = {"ring": 0.02, "ring_age": ring, "lean": lean}
        yield {"history": {"mode": mode}, "finish": {"chroma": chroma, "edge": edge}, "coords": coords}


def warming(chain: Chain, image: moderngl.Texture, target: moderngl.Framebuffer, full: bool) -> Iterator[None]:
    """Draw each combination once into a corner of `target`, one a step: the first time takes a rasteriser a tenth of
    a second.
    """
    for values in combinations():
        chain.draw(image, target, _LARGE, Finish(values, 1), full)
        yield
    chain.draw(image, target, _SMALL, Finish(values, 1), full)
    chain.forget()


def milliseconds(draw: Callable[[], None], finish: Callable[[], None], software: bool) -> float:
    """Milliseconds of the quickest of a few draws, as far as they can be told on a busy machine."""
    spent = []
    for _ in range(TRIALS):
        wall, processor = time.perf_counter(), time.process_time()
        draw()
        finish()
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        # A rasteriser uses all cores; the lesser of wall and processor time is nearer to a quiet machine's.
        spent.append(min(wall, processor / (os.cpu_count() or 1)) if software else wall)
    return min(spent) * 1000
