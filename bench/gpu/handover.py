"""From CUDA to a GL texture: interop against upload from pinned and from plain memory, at 720p, 1080p and 4K.

python bench/gpu/handover.py [--small] [--runs 300] [--out bench/results/gpu-handover.json]

Milliseconds from a finished picture on the device until GL has it, drawn and finished. The fallback is forced and its
pixels compared with the interop's. Without a card, or where interop is refused, the reason takes the figures' place.
"""

import time
from collections.abc import Callable
from typing import Any

import moderngl
import numpy as np
import torch

from bench._machine import arguments, machine, write
from bench.gpu._networks import device
from vj.core.types import U8
from vj.generators.on_device import DeviceImage, DevicePicture
from vj.generators.torch.player import for_gl
from vj.outputs.context import standalone
from vj.outputs.finish.enlarge import texture
from vj.outputs.finish.picture import Picture, Way

SIZES = ((1280, 720), (1920, 1080), (3840, 2160))


def figures(call: Callable[[], Any], runs: int) -> dict[str, float]:
    """Milliseconds of a call."""
    taken = []
    for k in range(runs + 5):
        began = time.perf_counter()
        call()
        if k >= 5:
            taken.append((time.perf_counter() - began) * 1000)
    p50, p99 = np.percentile(taken, [50, 99])
    return {"ms_p50": round(float(p50), 4), "ms_p99": round(float(p99), 4)}


class Hand:
    """A picture on the device and the ways it can take to a texture."""

    def __init__(self, context: moderngl.Context, size: tuple[int, int]) -> None:
        self._context, self._size = context, size
        random = torch.Generator().manual_seed(0)
        rgb = torch.randint(0, 256, (1, size[1], size[0], 3), dtype=torch.uint8, generator=random)
        self._rgb = rgb.to(device())
        self._shown = for_gl(self._rgb)
        self._pinned = torch.empty(rgb.shape, dtype=torch.uint8, pin_memory=device() == "cuda")
        self._host: U8 = rgb.numpy()
        self.picture = Picture(context)

    def interop(self) -> None:
        """From the device by CUDA."""
        row = self._shown[0]
        found = DevicePicture(0, row.data_ptr(), 4 * self._size[0], self._size, self._shown)
        self._show(DeviceImage(self._host, [found])[0])

    def pinned(self) -> None:
        """To pinned memory, and up again."""
        self._pinned.copy_(self._rgb, non_blocking=True)
        if device() == "cuda":
            torch.cuda.current_stream().synchronize()
        self._show(self._pinned.numpy()[0])

    def plain(self) -> None:
        """To plain memory, and up again."""
        self._show(self._rgb.cpu().numpy()[0].copy())

    def _show(self, image: Any) -> None:
        self.picture.upload(image)
        self._context.finish()

    def drawn(self) -> U8:
        """What GL makes of it."""
        target = self._context.framebuffer([texture(self._context, (256, 144), 4)])
        self.picture.draw(target, (256, 144), Way("stretch", 0.0))
        return np.frombuffer(target.read(components=3, alignment=1), np.uint8)


def measured(context: moderngl.Context, size: tuple[int, int], runs: int) -> dict[str, Any]:
    """A row for each way at one size; the last is the interop's fallback, forced."""
    hand = Hand(context, size)
    found: dict[str, Any] = {"size": f"{size[0]}x{size[1]}"}
    hand.interop()
    reason = hand.picture.interop.reason
    handed = hand.drawn()
    found["interop"] = {"not used because": reason} if reason else figures(hand.interop, runs)
    for name in ("pinned", "plain"):
        found[name] = figures(getattr(hand, name), runs)
    hand.plain()
    found["pixels equal"] = bool(np.array_equal(handed, hand.drawn()))
    hand.picture.interop.give_up("forced by the benchmark")
    hand.interop()
    found["forced fallback"] = {
        "path": hand.picture.path,
        "pixels equal": bool(np.array_equal(handed, hand.drawn())),
    }
    hand.picture.release()
    return found


def main() -> None:
    """Measure, print and write."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--small", action="store_true", help="one small size and few runs, for machines without a card")
    parser.add_argument("--runs", type=int, default=300)
    options = parser.parse_args()
    context = standalone()
    if context is None:
        raise SystemExit("no OpenGL 3.3 without a screen (apt install libegl1)")
    sizes, runs = (((320, 180),), 10) if options.small else (SIZES, options.runs)
    result: dict[str, Any] = {
        "what": "CUDA to GL",
        **machine(),
        "torch": torch.__version__,
        "renderer": str(context.info["GL_RENDERER"]),
        "rows": [measured(context, size, runs) for size in sizes],
    }
    write(result, options.out)


if __name__ == "__main__":
    main()
