"""What to do before the first finished frame: compile what a show may switch on, and see how much there is time for."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import moderngl

from vj.core.types import Finish
from vj.outputs.finish._canvas import BLUNT, power
from vj.outputs.finish.chain import Chain
from vj.outputs.finish.fit import Placement

#: The full tier may take this many milliseconds of a frame; it is meant for graphics cards, which need one or two.
FULL_MS = 7.0
TRIALS = 4
#: The most that a show asks for most of the time.
RICH: Mapping[str, Mapping[str, Any]] = {"history": {"mode": 2}, "finish": {"edge": 0.2, "chroma": 0.001}}
#: The least canvas of which no part that is drawn on the way has a side of a power of two, ...
WALL = (192, 192)
_LARGE = Placement(0, 0, *WALL)
#: ... and one that is no larger than a picture of a few pixels, which is not doubled then.
_SMALL = Placement(0, 0, 18, 10)
#: Sides of such a picture: of a power of two, and of none.
_SIDES = {True: (32, 32), False: (36, 20)}
#: Red and blue together; less than a pixel apart; more.
_TOGETHER, _NEAR, _APART = 0.0, 0.001, 0.2
#: The camera rests, leans, and leans so far that it leaves the picture.
_RESTS, _LEANS, _LEAVES = 0.0, 0.004, 0.3
#: Of the history.
_MODES = (0, 1, 2, 3)


#: Further settings, as EFFECT_SETTING.
_More = Mapping[str, float]


#: What a grade may have to do.
_GRADED: tuple[_More, ...] = (
    {},
    {"grade_attract": 0.5},
    {"grade_map": 0.5},
    {"grade_attract": 0.5, "grade_map": 0.5},
)


def _asked(mode: int, chroma: float, lean: float = _LEANS, **more: float) -> dict[str, dict[str, Any]]:
    """Settings of each effect by its name."""
    values: dict[str, dict[str, Any]] = {
        "history": {"mode": mode},
        "finish": {"chroma": chroma},
        "coords": {"lean": lean},
    }
    for name, value in more.items():
        effect, _, setting = name.partition("_")
        values.setdefault(effect, {})[setting] = value
    return values


def combinations() -> Iterator[tuple[dict[str, dict[str, Any]], float]]:
    """Settings, and the canvas's part of the window, that between them need every program there is."""
    apart = (_TOGETHER, _NEAR, _APART)
    ring, melt, wedges = {"coords_ring_age": 0.1}, {"coords_swirl": 0.01}, {"coords_fold": 6}
    bent: tuple[_More, ...] = (ring, melt, wedges, {**melt, **wedges})
    edges: tuple[_More, ...] = ({}, {"finish_edge": 0.0}, {"finish_relief": 0.5})
    # seen straight: all at the picture's own texels
    for mode, chroma in product(_MODES[:3], apart[:2]):
        yield _asked(mode, chroma, **_GRADED[mode], **edges[mode]), 1.0
    yield from ((_asked(_MODES[3], chroma, _RESTS, **_GRADED[3]), 1.0) for chroma in apart[:2])
    # bent, or partly beyond the picture: at half size
    yield from ((_asked(mode, _TOGETHER, **bent[mode]), 1.0) for mode in _MODES[:3])
    yield from ((_asked(0, chroma, **bent[3]), 1.0) for chroma in apart[1:])
    yield from ((_asked(0, chroma, _LEAVES), 1.0) for chroma in apart)
    # hard lines over hard trails: all of it for every pixel
    yield from ((_asked(1, chroma, finish_edge=0.2, **more), 1.0) for chroma, more in product(apart, ({}, ring)))
    # hard tones on the smallest canvas
    yield _asked(0, _TOGETHER, grade_contrast=1.6), BLUNT


def like(size: tuple[int, int], software: bool) -> tuple[int, int]:
    """Size of a picture of a few pixels for which the same is compiled as for one of `size`. A rasteriser on the
    processor, as `software`, compiles once for textures whose sides are powers of two, and once for others."""
    width, height = (_SIDES[software and power(side)][k] for k, side in enumerate(size))
    return width, height


def warming(
    chain: Chain,
    images: Sequence[moderngl.Texture],
    targets: Sequence[moderngl.Framebuffer],
    full: bool,
) -> Iterator[None]:
    """Draw each combination once into a corner of each of `targets`, one a step: the first time takes a rasteriser a
    tenth of a second. The first of `images` goes through all of it, others are of formats in which pictures may come.
    """
    for values, canvas in combinations():
        for target in targets:
            chain.draw(images[0], target, _LARGE, Finish(values, 1, canvas=canvas), full)
        yield
    chain.draw(images[0], targets[0], _SMALL, Finish(values, 1), full)
    for image, more in product(images[1:], _GRADED):
        chain.draw(image, targets[0], _LARGE, Finish(_asked(0, _TOGETHER, **more), 1), full)
        yield
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
