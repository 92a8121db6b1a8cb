"""What finishing the picture costs on this machine: milliseconds of each pass, of a frame, and frames a second.

python bench/show/chain.py [--out bench/results/chain.json]

By tier, at two sizes, beside the plain picture, and by level of the governor's ladder. On a software rasteriser a time
is the lesser of wall time and of processor time over all cores: what a frame takes where nothing else runs.
"""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bench._machine import arguments, machine, write
from vj.core.types import U8, Finish, Frame, Latent
from vj.engine.detail import scaled
from vj.engine.finish.blending import fit
from vj.engine.governor import LADDER, Rung
from vj.generators.bundle.opening import open_generator
from vj.outputs.finish.shader import Shader
from vj.outputs.offscreen import Offscreen

SIZES = {"720p": (1280, 720), "1080p": (1920, 1080)}
FRAMES = 6
#: At 30 frames a second two ticks of history pass with each.
TICKS = 2
BUDGET = {"software 720p, history ms": 22, "aim": 15}
SETTINGS: dict[str, dict[str, dict[str, Any]]] = {
    "default": {},
    "history": {"history": {"mode": 1}},
    "kaleidoscope": {"history": {"mode": 2}, "coords": {"fold": 6}},
    "everything": {
        "history": {"mode": 3},
        "coords": {"fold": 6, "displace": 0.01, "warp": 0.01},
        "finish": {"edge": 0.3, "chroma": 0.002},
        "grade": {"attract": 0.5, "map": 0.3},
    },
}


def picture() -> U8:
    """A picture of the default bundle."""
    generator = open_generator("worlds", threads=1)
    spec = generator.spec
    mix = np.eye(len(spec.classes), dtype=np.float32)[2]
    z = np.random.default_rng(5).standard_normal((len(spec.groups), spec.z_dim)).astype(np.float32)
    image: U8 = generator.generate([Latent(z, mix, 1.0, np.zeros(len(spec.directions), np.float32))])[0]
    return image


class Clock:
    """Times finished work in one context."""

    def __init__(self, offscreen: Offscreen) -> None:
        self.offscreen = offscreen
        assert offscreen._context is not None
        self.context = offscreen._context
        self.software = "llvmpipe" in offscreen.renderer

    def time(self, work: Callable[[], None]) -> float:
        """Milliseconds of `work` and of all that was asked of the card."""
        self.context.finish()
        wall, processor = time.perf_counter(), time.process_time()
        work()
        self.context.finish()
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        return (min(wall, processor / (os.cpu_count() or 1)) if self.software else wall) * 1000

    def frame(self, image: U8, finish: Finish | None, index: int) -> None:
        """Draw one frame, with a picture that is new to it."""
        out = self.offscreen
        out._picture.show(Frame(image.copy(), index / 30, index, finish=finish), out._target, out.size, out._way)

    def frames(self, image: U8, finish: Finish | None) -> dict[str, float]:
        """Milliseconds of a whole frame, upload and all; the first ones compile and do not count."""
        times = [self.time(lambda index=n: self.frame(image, finish, index)) for n in range(FRAMES + 2)]  # type: ignore[misc]
        low, middle = float(np.min(times[2:])), float(np.median(times[2:]))
        return {"min_ms": round(low, 2), "p50_ms": round(middle, 2), "fps_at_min": round(1000 / low, 1)}

    def passes(self, image: U8, finish: Finish) -> dict[str, float]:
        """Least milliseconds of each pass of one frame: those of one shader and size are added up."""
        frames: list[dict[str, float]] = []
        original = Shader.draw

        def timed(shader: Shader, *given: Any, **named: Any) -> None:
            spent = self.time(lambda: original(shader, *given, **named))
            step = given[2] if len(given) > 2 else named.get("index", 0)
            name = f"{shader.path.stem} {step}"
            frames[-1][name] = frames[-1].get(name, 0.0) + spent

        Shader.draw = timed  # type: ignore[method-assign, assignment]
        try:
            for index in range(3):
                frames.append({})
                self.frame(image, finish, index)
        finally:
            Shader.draw = original  # type: ignore[method-assign]
        return {name: round(min(frame[name] for frame in frames), 2) for name in frames[0]}


def measured(size: tuple[int, int], image: U8) -> dict[str, Any]:
    """Everything at one size."""
    result: dict[str, Any] = {}
    with Offscreen(size) as offscreen:
        clock = Clock(offscreen)
        result["renderer"] = offscreen.renderer
        result["plain"] = clock.frames(image, None)
        for tier in ("software", "full"):
            for name, values in SETTINGS.items():
                asked: Mapping[str, Mapping[str, Any]] = values
                finish = Finish(asked, TICKS, tier=tier)
                result[f"{tier}, {name}"] = {**clock.frames(image, finish), "passes": clock.passes(image, finish)}
        result["levels: software, history"] = {rung.words: clock.frames(*on_level(image, rung)) for rung in LADDER}
    return result


def on_level(image: U8, rung: Rung) -> tuple[U8, Finish]:
    """The picture as large as the generator makes it on a level, and how it is finished there."""
    small = fit(image, *scaled((image.shape[1], image.shape[0]), rung.picture))
    return small, Finish(SETTINGS["history"], TICKS, tier="software", canvas=rung.canvas)


def main() -> None:
    """Measure all and write it down."""
    options = arguments(__doc__ or "").parse_args()
    image = picture()
    result: dict[str, Any] = {"machine": machine(), "budget": BUDGET, "picture": list(image.shape)}
    result["load when it began"] = [round(load, 2) for load in os.getloadavg()]
    for name, size in SIZES.items():
        result[name] = measured(size, image)
    write(result, options.out)


if __name__ == "__main__":
    main()
