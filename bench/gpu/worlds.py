"""The worlds by their shaders: what each class costs on a card, against its graph.

python bench/gpu/worlds.py [--small] [--runs 60] [--out bench/results/gpu-worlds.json]

By class, at 1080p and 4K: milliseconds of drawing alone by the card's own clock, and of a picture read back, with the
frames a second that makes; at 344x192 PSNR against the graph, and what that takes; seconds until the first two are
there, compiling included. The last row is two classes half and half. Without a card the software rasteriser draws them,
at 344x192 and 720p.
"""

import sys
import time
from contextlib import closing
from typing import Any

import numpy as np

from bench._machine import arguments, machine, write
from vj.core.types import U8, Latent
from vj.generators.bundle.manifest import find_bundle, read_bundle
from vj.generators.bundle.opening import open_generator
from vj.generators.contract import Generator
from vj.generators.glsl import Glsl

LARGE, SMALL = ((1920, 1080), (3840, 2160)), ((344, 192), (1280, 720))


def latents(count: int, *classes: int) -> list[Latent]:
    """Some of a class, or of several in equal parts."""
    rng = np.random.default_rng(1)
    mix = np.zeros(24, np.float32)
    mix[list(classes)] = 1.0
    zs = rng.standard_normal((count, 3, 16)).astype(np.float32)
    return [Latent(z, mix, 1.0, np.zeros(6, np.float32)) for z in zs]


def psnr(a: U8, b: U8) -> float:
    """Decibels between pictures."""
    return round(float(10 * np.log10(255**2 / max(((a.astype(float) - b) ** 2).mean(), 1e-9))), 1)


def timed(shaders: Glsl, size: tuple[int, int], asked: list[Latent]) -> dict[str, float]:
    """Drawing alone, by the card's clock, and a picture read back, by ours."""
    shaders.resize(size)
    shaders.generate(asked[:2])
    drawn = shaders.cost(asked)
    taken = []
    for latent in asked:
        began = time.perf_counter()
        shaders.generate([latent])
        taken.append((time.perf_counter() - began) * 1e3)
    p50, p99 = np.percentile(drawn, [50, 99])
    return {
        "draw_ms_p50": round(float(p50), 3),
        "draw_ms_p99": round(float(p99), 3),
        "draw_fps": round(1e3 / float(p50), 1),
        "picture_ms_p50": round(float(np.median(taken)), 3),
        "picture_fps": round(1e3 / float(np.median(taken)), 1),
    }


def graph_cost(graph: Generator, asked: list[Latent]) -> float:
    """Milliseconds of a picture by the graph, at the size it has, on one thread or whatever provider there is."""
    taken = []
    for latent in asked:
        began = time.perf_counter()
        graph.generate([latent])
        taken.append((time.perf_counter() - began) * 1e3)
    return round(float(np.median(taken)), 3)


def main() -> int:
    """Measure and write down."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--small", action="store_true", help="few pictures of few classes")
    parser.add_argument("--runs", type=int, default=60, help="pictures a class and size")
    options = parser.parse_args()
    card = Glsl.card()
    sizes = LARGE if card else SMALL
    runs = 4 if options.small else options.runs
    bundle = read_bundle(find_bundle("worlds"))
    names = bundle.classes[:4] if options.small else bundle.classes
    rows: dict[str, Any] = {}
    with (
        closing(Glsl(bundle)) as shaders,
        closing(open_generator("worlds", runtime="onnx")) as graph,
    ):
        for name in names:
            k = bundle.classes.index(name)
            shaders.resize(bundle.resolution)
            began = time.perf_counter()
            mine = shaders.generate(latents(2, k))
            row: dict[str, Any] = {"compile_s": round(time.perf_counter() - began, 2)}
            row["psnr_db"] = psnr(graph.generate(latents(2, k)), mine)
            row["graph_ms_p50"] = graph_cost(graph, latents(runs, k))
            row |= {f"{w}x{h}": timed(shaders, (w, h), latents(runs, k)) for w, h in sizes}
            rows[name] = row
            print(name, row, file=sys.stderr)
        pair = bundle.classes.index(names[0]), bundle.classes.index(names[-1])
        rows[f"{names[0]} and {names[-1]}"] = {
            f"{w}x{h}": timed(shaders, (w, h), latents(runs, *pair)) for w, h in sizes
        }
        renderer = shaders.renderer
    write({"machine": machine(), "renderer": renderer, "card": card, "runs": runs, "classes": rows}, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
