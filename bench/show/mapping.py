"""What it costs a window to be mapped, and to light fixtures: milliseconds of a frame, beside one that is not.

python bench/show/mapping.py [--out bench/results/mapping.json]

A window of its own (under Xvfb where there is no screen) draws the same picture plainly, mapped in each way, and with
its light gathered for a rig. On a software rasteriser a time is the lesser of wall time and of processor time over all
cores. `turns` is what one mean of all lights takes the thread that sends.
"""

import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from bench._machine import arguments, machine, write

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from servers.xvfb import xvfb

from vj.core.dmx.calm import Calm
from vj.core.dmx.rig import Cell, Rig, Universe, bands
from vj.core.dmx.zones import Levels, Zones
from vj.core.mapping.mesh import Mesh
from vj.core.mapping.output import Blend, Mapping, Mask, Slice
from vj.core.types import U8, Frame
from vj.outputs.window import Window

SIZES = {"720p": (1280, 720), "1080p": (1920, 1080)}
FRAMES, WARM = 12, 3
PINNED = ((0.05, 0.08), (0.97, 0.04), (0.93, 0.95), (0.02, 0.9))
WAYS = {
    "corners": Mapping(corners=PINNED),
    "half of it": Mapping(slice=Slice(0.0, 0.0, 0.5, 1.0)),
    "mesh": Mapping(mesh=Mesh.regular(5, 4).with_point(7, (0.6, 0.4))),
    "blend and mask": Mapping(blend=Blend(right=0.2), masks=(Mask(((0.4, 0.7), (0.6, 0.7), (0.5, 1.0)), 0.02),)),
}


def picture() -> U8:
    """Something smooth, as generators make it."""
    down, across = np.mgrid[0:192, 0:344]
    waves = [127 + 120 * np.sin(across / a + down / b) for a, b in ((17, 40), (29, 23), (31, -19))]
    return np.stack(waves, axis=-1).astype(np.uint8)


def timed(window: Window, work: Callable[[], None]) -> float:
    """Milliseconds of `work` and of all that it asked of the card."""
    context = window._context
    context.finish()
    wall, processor = time.perf_counter(), time.process_time()
    work()
    context.finish()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return 1000 * (min(wall, processor / (os.cpu_count() or 1)) if "llvmpipe" in window.renderer else wall)


def frames(window: Window, image: U8, mapping: Mapping, gather: bool = False) -> dict[str, float]:
    """Milliseconds of a frame drawn so; the first ones compile and do not count."""
    window.map(mapping, "main")
    window.gather = gather
    spent = []
    for n in range(FRAMES + WARM):
        frame = Frame(image.copy(), n / 60, n)
        spent.append(timed(window, lambda frame=frame: window.write(frame)))  # type: ignore[misc]
        window.swap()
    return {"min_ms": round(min(spent[WARM:]), 2), "p50_ms": round(float(np.median(spent[WARM:])), 2)}


def turns(pixels: int) -> float:
    """Milliseconds in which the light of so many pixels becomes levels."""
    universes = tuple(Universe(n) for n in range(1, pixels // 170 + 2))
    boxes = bands((0.0, 0.3), (1.0, 0.7), pixels, 0.05)
    cells = tuple(Cell(1 + n // 170, 3 * (n % 170), "rgb", box) for n, box in enumerate(boxes))
    zones, levels, calm = Zones(cells), Levels(Rig(universes, cells)), Calm(pixels)
    light = np.random.default_rng(1).random((90, 160, 3), np.float32)
    spent = []
    for n in range(60):
        began = time.process_time()
        levels.frame(calm.step(n / 44, zones.seen(light * np.float32(n % 5 / 4))))
        spent.append(time.process_time() - began)
    return round(1000 * float(np.median(spent)), 2)


def measured(size: tuple[int, int]) -> dict[str, Any]:
    """Everything at one size."""
    image = picture()
    with Window(size=size) as window:
        plain = frames(window, image, Mapping())
        result: dict[str, Any] = {"renderer": window.renderer, "size": list(window.size), "plain": plain}
        result["plain again"] = frames(window, image, Mapping())
        result["light gathered"] = frames(window, image, Mapping(), gather=True)
        result |= {name: frames(window, image, mapping) for name, mapping in WAYS.items()}
    return result


def main() -> None:
    """Measure and write down."""
    asked = arguments(__doc__ or "").parse_args()
    with ExitStack() as stack:
        if not os.environ.get("DISPLAY"):
            stack.enter_context(xvfb(1920, 1080))
        result = {name: measured(size) for name, size in SIZES.items()}
    light = {f"{pixels} pixels, ms": turns(pixels) for pixels in (10, 170, 1700)}
    write({"machine": machine(), "mapping": result, "light": light}, asked.out)


if __name__ == "__main__":
    main()
