"""What showing and filming cost on this machine: the window at two sizes, the HUD, reading back, encoding.

python bench/show/display.py [--out bench/results/display.json]

The window is a real one on a private X server (Xvfb), so the rasteriser is Mesa's llvmpipe on the processor. The
picture is a world of the default bundle, made once; a "generator" is a thread that runs that bundle all the time.
"""

import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench._machine import arguments, machine, write

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from servers.xvfb import xvfb  # noqa: E402

from vj.core.params import Snapshot, defaults  # noqa: E402
from vj.core.types import U8, Frame, Latent  # noqa: E402
from vj.generators.bundle.opening import open_generator  # noqa: E402
from vj.outputs.finish.viewport import Viewport  # noqa: E402
from vj.outputs.mp4 import Encoding, Mp4  # noqa: E402
from vj.outputs.offscreen import Offscreen  # noqa: E402
from vj.outputs.overlay.panel import HudState  # noqa: E402
from vj.outputs.window import Window  # noqa: E402

SIZES = {"720p": (1280, 720), "1080p": (1920, 1080)}
DRAWS = 200
PACED_SECONDS = 8.0
BUDGET = {"draw_720p_ms": 5, "displayed_fps": 60}
STATE = HudState(
    bands=(0.8, 0.4, 0.6, 0.2),
    hits=(1.0, 0.3, 0.0, 0.7),
    input_name="line in",
    input_db=-7.3,
    bpm=124.2,
    confidence=0.8,
    provider="CPUExecutionProvider",
    director="style_walk",
    classes=(("molten", 0.7), ("reef", 0.3)),
    cue="3 Night bus",
)


def percentiles(times: list[float]) -> dict[str, float]:
    """p50, p99 and least of seconds, in milliseconds."""
    low, middle, high = np.percentile(np.array(times) * 1000, (0, 50, 99))
    return {"min_ms": round(low, 2), "p50_ms": round(middle, 2), "p99_ms": round(high, 2)}


def timed(work: Callable[[int], None], count: int = DRAWS) -> dict[str, float]:
    """How long `work` takes, called again and again with a running number; the first three do not count."""
    times = []
    for index in range(count + 3):
        begun = time.perf_counter()
        work(index)
        times.append(time.perf_counter() - begun)
    result = percentiles(times[3:])
    return {**result, "per_second": round(1000 / result["p50_ms"], 1)}


def asked(hud: bool) -> Viewport:
    """A desk's values for the window."""
    return Snapshot({**defaults(Viewport).values, Viewport.hud.key: hud}).of(Viewport)


class Machine:
    """The default bundle, for pictures and for load."""

    def __init__(self) -> None:
        self._generator = open_generator("worlds", threads=1)
        self.spec = self._generator.spec
        self._random = np.random.default_rng(5)

    def latent(self) -> Latent:
        """A random point of the second world."""
        mix = np.zeros(len(self.spec.classes), np.float32)
        mix[1] = 1.0
        z = self._random.standard_normal((len(self.spec.groups), self.spec.z_dim)).astype(np.float32)
        return Latent(z, mix, 1.0, np.zeros(len(self.spec.directions), np.float32))

    def picture(self) -> U8:
        """One picture, [h, w, 3]."""
        image: U8 = self._generator.generate([self.latent()])[0]
        return image

    def load(self, stop: threading.Event, made: list[int]) -> None:
        """Thread: sixty pictures a second, or as many as go."""
        due = time.perf_counter()
        while not stop.is_set():
            self.picture()
            made[0] += 1
            due = max(due + 1 / 60, time.perf_counter() - 0.1)
            stop.wait(max(0.0, due - time.perf_counter()))


def drawing(window: Window, image: U8) -> dict[str, Any]:
    """Milliseconds of upload, draw and swap, finished, by each upscaler, with and without HUD; and of reading back."""

    def show(index: int) -> None:
        # A changing number makes the panel paint its words as often as it ever does.
        window.state = replace(STATE, bpm=100 + index % 60)
        window.write(Frame(image, index / 60, index))
        window.swap()
        window._context.finish()

    result: dict[str, Any] = {"chosen": window.upscaler, "draw_ms_at_start": round(window.draw_ms, 2)}
    for upscaler in ("crisp", "plain"):
        window._picture.upscaler = upscaler
        for hud in (False, True):
            window.follow(asked(hud))
            result[f"{upscaler}{' with HUD' if hud else ''}"] = timed(show)
    window._context.finish()
    shot = window.read().copy()
    result["read back"] = timed(lambda _: np.copyto(shot, window.read()), 40)
    window._picture.upscaler = result["chosen"]
    return result


def paced(window: Window, maker: Machine, hud: bool) -> dict[str, Any]:
    """Sixty frames a second beside the generator, as live does it: what is shown and how evenly."""
    stop, made = threading.Event(), [0]
    image = maker.picture()
    thread = threading.Thread(target=maker.load, args=(stop, made))
    window.follow(asked(hud))
    thread.start()
    swaps = [time.perf_counter()]
    due = swaps[0]
    while swaps[-1] - swaps[0] < PACED_SECONDS:
        index = len(swaps)
        window.state = replace(STATE, bpm=100 + index % 60)
        window.write(Frame(image, index / 60, index))
        due = max(due + 1 / 60, time.perf_counter() - 1 / 60)
        time.sleep(max(0.0, due - time.perf_counter()))
        window.swap()
        window.poll()
        swaps.append(time.perf_counter())
    stop.set()
    thread.join()
    spent = swaps[-1] - swaps[0]
    intervals = percentiles(list(np.diff(swaps)))
    shown = round((len(swaps) - 1) / spent, 1)
    return {"displayed_fps": shown, "generated_fps": round(made[0] / spent, 1), "frame": intervals}


def window_results(maker: Machine) -> dict[str, Any]:
    """Everything about the window, at each size."""
    results: dict[str, Any] = {}
    image = maker.picture()
    for name, size in SIZES.items():
        with xvfb(*size), Window(size=size) as window:
            results[name] = {"renderer": window.renderer, "paced_by_driver": window.paced, **drawing(window, image)}
            for hud in (False, True):
                results[name][f"beside the generator{', HUD on' if hud else ''}"] = paced(window, maker, hud)
    return results


def offscreen_results(image: U8) -> dict[str, Any]:
    """Milliseconds of one frame of a render: draw and read back, by OpenGL and by libswscale."""
    results: dict[str, Any] = {}
    for opengl in (True, False):
        with Offscreen(SIZES["720p"], opengl=opengl) as offscreen:
            results[offscreen.renderer] = timed(partial(_render, offscreen, image), 60)
    return results


def _render(offscreen: Offscreen, image: U8, index: int) -> None:
    offscreen.write(Frame(image, 0.0, index))


def encoding_results(maker: Machine) -> dict[str, Any]:
    """Frames a second into an MP4 at 720p, the parent doing nothing else, and what one write costs the parent."""
    results = {}
    with Offscreen(SIZES["720p"], opengl=False) as offscreen:
        start, end = (maker.picture().astype(np.float32) for _ in range(2))
        blends = [(start + (end - start) * k / 30).astype(np.uint8) for k in range(30)]
        pictures = [offscreen.draw(Frame(blend, 0.0, 0)) for blend in blends]
    # There and back again, so that the film moves all the time.
    pictures += pictures[::-1]
    for preset in ("ultrafast", "veryfast"):
        with tempfile.TemporaryDirectory() as folder:
            out = Mp4(Path(folder) / "a.mp4", SIZES["720p"], Fraction(60), encoding=Encoding("libx264", preset=preset))
            begun = time.perf_counter()
            for n in range(300):
                out.write(pictures[n % len(pictures)])
            out.close()
            spent = time.perf_counter() - begun
            megabytes = out.path.stat().st_size / 2**20
        results[preset] = {"fps": round(300 / spent, 1), "megabytes_per_minute": round(megabytes * 12, 1)}
    return results


def main() -> None:
    """Measure all and write it down."""
    options = arguments(__doc__ or "").parse_args()
    about = machine()
    maker = Machine()
    image = maker.picture()
    result = {
        "machine": about,
        "budget": BUDGET,
        "picture": list(image.shape),
        "window": window_results(maker),
        "offscreen 720p": offscreen_results(image),
        "mp4 720p60": encoding_results(maker),
    }
    write(result, options.out)


if __name__ == "__main__":
    main()
