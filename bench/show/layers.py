"""What layers cost: milliseconds of a frame with each kind of them, and how long a clip keeps the wall.

python bench/show/layers.py [--out bench/results/layers.json]

On a software rasteriser a time is the lesser of wall time and of processor time over all cores: what a frame takes
where nothing else runs. The clip is 1080p H.264, decoded beside frames at 60 a second.
"""

import os
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from bench._machine import arguments, machine, write
from vj.core.layers import Layer, Lettering, Source
from vj.core.shelf import share
from vj.core.types import U8, Finish, Frame
from vj.outputs.finish.picture import Picture
from vj.outputs.offscreen import Offscreen

SIZES = {"720p": (1280, 720), "1080p": (1920, 1080)}
FRAMES, LIVE_FRAMES, FPS = 12, 300, 60
LOOK = {"history": {"mode": 1}}


def written(folder: Path) -> str:
    """Two seconds of a film, 1080p."""
    path = folder / "clip.mp4"
    down, across = np.mgrid[0:1080, 0:1920]
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=Fraction(30), options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        for n in range(60):
            picture = (128 + 120 * np.sin(across / 90 + down / 70 + n / 5)).astype(np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(np.stack([picture] * 3, -1), format="rgb24")):
                film.mux(packet)
        for packet in stream.encode():
            film.mux(packet)
    return str(path)


def cases(clip: str) -> dict[str, tuple[Layer, ...]]:
    """Layers by what they are."""
    logo = Source("image", "vj.svg", path=str(share("setlists") / "media" / "vj.svg"))
    name, film = Source("text", "KATHRIN ÖZGÜR", Lettering(shadow=0.5)), Source("clip", "clip.mp4", path=clip)
    corner = Layer(1, logo, anchor="bottom_right", x=0.965, y=0.94, scale=0.16)
    return {
        "none": (),
        "logo in the corner": (corner,),
        "name": (Layer(1, name, scale=0.8),),
        "logo and name": (corner, Layer(2, name, scale=0.8)),
        "logo filled with the dream": (Layer(1, logo, blend="mask", scale=0.86),),
        "clip on top, screen": (Layer(1, film, blend="screen", fit="cover"),),
        "clip under the dream": (Layer(1, film, plane="under", fit="cover"),),
    }


def cost(screen: Offscreen, work: Callable[[], None]) -> float:
    """Milliseconds of `work` and of what it asked of the card."""
    context = screen._context
    assert context is not None
    context.finish()
    wall, processor = time.perf_counter(), time.process_time()
    work()
    context.finish()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return (min(wall, processor / (os.cpu_count() or 1)) if "llvmpipe" in screen.renderer else wall) * 1000


def frames(screen: Offscreen, image: U8, layers: tuple[Layer, ...]) -> float:
    """Least milliseconds of a frame with a new picture."""
    finish = Finish(LOOK, 1, layers=layers)

    def draw() -> None:
        screen._picture.show(Frame(image.copy(), 0.0, 0, finish=finish), screen._target, screen.size, screen._way)

    return round(min([cost(screen, draw) for _ in range(FRAMES + 2)][2:]), 2)


def live(screen: Offscreen, image: U8, layer: Layer) -> dict[str, Any]:
    """What a clip takes of the thread that shows: milliseconds of each frame beyond those of one without, and how many
    pictures of it came."""
    context = screen._context
    assert context is not None
    picture, spent, seen = Picture(context, live=True), list[float](), list[Any]([None])
    try:
        for n in range(LIVE_FRAMES):
            began = time.perf_counter()
            one = Layer(**{**vars(layer), "seconds": n / FPS})
            laid = picture._lay(
                Finish({}, 1, layers=(one,)), (image.shape[1], image.shape[0]), screen.size, screen._way
            )
            seen += [each.still for each in laid if each.still is not seen[-1]][-1:]
            seen[:-1] = [None] * (len(seen) - 1)  # pictures are large
            spent.append((time.perf_counter() - began) * 1000)
            time.sleep(max(1 / FPS - (time.perf_counter() - began), 0.0))
    finally:
        picture.release()
    p50, p99 = (round(float(np.percentile(spent, p)), 2) for p in (50, 99))
    return {
        "p50_ms": p50,
        "p99_ms": p99,
        "max_ms": round(max(spent), 2),
        "pictures": len(seen) - 1,
        "frames": LIVE_FRAMES,
    }


def main() -> None:
    """Measure all and write it down."""
    options = arguments(__doc__ or "").parse_args()
    image = np.random.default_rng(1).integers(0, 256, (192, 344, 3), np.uint8)
    result: dict[str, Any] = {"machine": machine()}
    result["load when it began"] = [round(load, 2) for load in os.getloadavg()]
    with tempfile.TemporaryDirectory() as folder:
        asked = cases(written(Path(folder)))
        for name, size in SIZES.items():
            with Offscreen(size) as screen:
                result["renderer"] = screen.renderer
                result[name] = {case: frames(screen, image, layers) for case, layers in asked.items()}
                result[name]["clip while the show runs"] = live(screen, image, asked["clip on top, screen"][0])
    write(result, options.out)


if __name__ == "__main__":
    main()
