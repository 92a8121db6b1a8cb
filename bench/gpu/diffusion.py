"""One-step image to image with networks of SD-Turbo's shapes, and the pictures between paintings.

python bench/gpu/diffusion.py [--out bench/results/gpu-diffusion.json] [--small]

`painting`: milliseconds from bytes to bytes at 512 x 512, with a tiny autoencoder. The weights are random, which
changes nothing of the time. On a CUDA device it is one graph in half precision, as in a show, and launched piece by
piece for comparison. `--small` takes small networks, for machines without a GPU.

`between`: milliseconds to carry a painting along on the processor, and coherence: E_warp along the motion of the
generator's own pictures, in levels, when every fourth picture is painted and carried, cross-faded, and when each is
painted. The painter there is a stand-in that sharpens a picture and adds noise of its own each time, `flicker` levels
of it: random weights paint nothing that could be told from noise.
"""

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from scipy.ndimage import gaussian_filter

from bench._machine import arguments, machine, write
from vj.core.params import Snapshot, defaults
from vj.core.types import F32, U8, Latent
from vj.generators.bundle.opening import open_generator
from vj.generators.diffusion import flow
from vj.generators.diffusion.net import Net
from vj.generators.diffusion.refine import Ask, Painted, Refine
from vj.generators.diffusion.schedule import Schedule
from vj.generators.torch.cuda import Captured, Device

ASK = Ask((("ink", 1.0),), 0.5, 1, 1.0, 42)
#: Stable Diffusion 2.1's, which SD-Turbo has.
LARGE: dict[str, Any] = {
    "block_out_channels": (320, 640, 1280, 1280),
    "layers_per_block": 2,
    "cross_attention_dim": 1024,
    "attention_head_dim": (5, 10, 20, 20),
    "use_linear_projection": True,
}
SMALL: dict[str, Any] = {
    "block_out_channels": (32, 64, 64, 64),
    "layers_per_block": 1,
    "cross_attention_dim": 64,
    "attention_head_dim": 8,
    "norm_num_groups": 8,
}
#: The published tiny autoencoder is the library's default.
SMALL_VAE: dict[str, Any] = {"encoder_block_out_channels": (16,) * 4, "decoder_block_out_channels": (16,) * 4}
CLASSES = ("ink", "neon", "flame", "caustics", "mandala")


def milliseconds(call: Callable[[], object], runs: int) -> dict[str, float]:
    """Of a call, the first three not counted."""
    taken = []
    for n in range(runs + 3):
        began = time.perf_counter()
        call()
        taken += [(time.perf_counter() - began) * 1000] if n >= 3 else []
    return {"ms_p50": round(float(np.median(taken)), 2), "ms_p99": round(float(np.percentile(taken, 99)), 2)}


def painting(small: bool, side: int, runs: int) -> dict[str, Any]:
    """Figures of painting a picture of `side` squared."""
    cuda = torch.cuda.is_available()
    device, kind = ("cuda", torch.float16) if cuda else ("cpu", torch.float32)
    shape = SMALL if small else LARGE
    torch.manual_seed(0)
    with torch.device(device):
        unet = UNet2DConditionModel(sample_size=side // 8, **shape).to(kind).eval().requires_grad_(False)
        vae = AutoencoderTiny(**(SMALL_VAE if small else {})).to(kind).eval().requires_grad_(False)
    net, luck = Net(unet, vae, velocity=False), np.random.default_rng(0)
    times, sigmas = Schedule({}).strides(0.5, 1)
    feeds = {
        "noise": luck.standard_normal((1, 4, side // 8, side // 8), np.float32),
        "words": luck.standard_normal((1, 77, shape["cross_attention_dim"]), np.float32),
        "times": times,
        "sigmas": sigmas,
        "guidance": np.ones(1, np.float32),
    }

    def pixels() -> dict[str, F32]:
        return {**feeds, "pixels": (255 * luck.random((side, side, 3))).astype(np.float32)}

    def pieces() -> None:
        painted, _ = net.paint({name: torch.from_numpy(a).to(device) for name, a in pixels().items()})
        painted.cpu()

    result: dict[str, Any] = {"device": torch.cuda.get_device_name() if cuda else "cpu", "side": side}
    result["parameters_m"] = round(sum(p.numel() for p in [*unet.parameters(), *vae.parameters()]) / 1e6, 1)
    with torch.inference_mode():
        result["pieces"] = milliseconds(pieces, runs)
        if cuda:
            card = Device()
            captured = Captured(net.paint, card)

            def graph() -> None:
                painted, _ = captured.run(pixels())
                card.wait()
                painted.cpu()

            result["graph"] = {**milliseconds(graph, runs), "not captured because": captured.reason}
    return result


class Stand:
    """A painter that sharpens, with `flicker` levels of noise that is another one each time."""

    def __init__(self, flicker: float, size: tuple[int, int]) -> None:
        self._luck, self._flicker, self._size = np.random.default_rng(0), flicker, size

    def fit(self, width: int, height: int) -> tuple[int, int]:
        return self._size

    def paint(self, image: U8, ask: Ask) -> Painted:
        pixels = image.astype(np.float32)
        fine = gaussian_filter(pixels, (1, 1, 0)) - gaussian_filter(pixels, (6, 6, 0))
        texture = gaussian_filter(self._luck.standard_normal(image.shape), (1.5, 1.5, 0))
        painted = pixels + 1.5 * fine + self._flicker * (texture / texture.std())
        return Painted(np.clip(painted + 0.5, 0, 255).astype(np.uint8), np.zeros(1, np.float32))

    def decode(self, latent: F32) -> U8:
        raise NotImplementedError

    def warp(self, pixels: F32, found: F32) -> F32:
        return flow.warp(pixels, found)

    def close(self) -> None:
        """Nothing is held."""


def film(name: str, rate: float, count: int) -> list[U8]:
    """`count` pictures of a walk through one class of the default bundle, `rate` radians a picture."""
    generator = open_generator("worlds", (344, 192))
    spec = generator.spec
    here, there = np.random.default_rng(0).standard_normal((2, len(spec.groups), spec.z_dim), np.float32)
    mix = np.eye(len(spec.classes), dtype=np.float32)[spec.classes.index(name)]
    still = np.zeros(len(spec.directions), np.float32)
    walk = [np.cos(rate * n) * here + np.sin(rate * n) * there for n in range(count)]
    pictures = [generator.generate([Latent(z, mix, 0.8, still)])[0] for z in walk]
    generator.close()
    return pictures


def refined(pictures: list[U8], painter: Stand, every: int, between: str) -> tuple[list[U8], list[float]]:
    """The pictures as a render refines them, and the milliseconds of those that were not painted."""
    asked: dict[str, bool | int | str] = {"/refine/on": True, "/refine/every": every, "/refine/between": between}
    stage, p = Refine(painter), Snapshot({**defaults(Refine).values, **asked}).of(Refine)
    shown, taken = [], []
    for picture in pictures:
        began = time.perf_counter()
        key = stage.step(picture, False, ASK, p)
        if key is not None:
            stage.arrive(key, painter.paint(key.image, key.ask))
        shown.append(stage.show(p))
        taken += [] if key else [(time.perf_counter() - began) * 1000]
    return shown, taken


def incoherence(pictures: list[U8], shown: list[U8]) -> float:
    """Mean E_warp of `shown` in levels, along the motion of `pictures` and where that is to be trusted."""
    errors = []
    for (a, b), (x, y) in zip(pairwise(pictures), pairwise(shown), strict=True):
        older, newer = flow.small_grey(a), flow.small_grey(b)
        found = flow.flow(older, newer)
        sure = flow.trust(flow.even(older), flow.even(newer), found)
        height, width = x.shape[:2]
        weight = flow.resize(sure, height, width)
        errors.append(flow.warping_error(x, y, flow.resize_flow(found, height, width), weight))
    return round(255 * float(np.mean(errors)), 2)


def coherence(count: int, classes: tuple[str, ...]) -> list[dict[str, Any]]:
    """Rows by class, pace and flicker."""
    rows = []
    for name in classes:
        for rate in (0.01, 0.03):
            pictures = film(name, rate, count)
            for flicker in (0.0, 12.0):
                ways = {"each": (1, "flow"), "fade": (4, "fade"), "carried": (4, "flow"), "carried_8": (8, "flow")}
                row = {way: refined(pictures, Stand(flicker, (344, 192)), *how)[0] for way, how in ways.items()}
                levels = {way: incoherence(pictures, shown) for way, shown in row.items()}
                own = incoherence(pictures, pictures)
                rows.append({"class": name, "rate": rate, "flicker": flicker, "generator": own, **levels})
    return rows


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--small", action="store_true", help="small networks, fewer pictures")
    args = parser.parse_args()
    result: dict[str, Any] = {"what": "the second stage", **machine(), "torch": torch.__version__}
    result["painting"] = painting(args.small, 512, 5 if args.small else 100)
    pictures = film("ink", 0.02, 13)
    for size in ((512, 512), (704, 384)):
        taken = refined(pictures, Stand(0.0, size), 4, "flow")[1]
        result[f"carry_ms_{size[0]}x{size[1]}"] = round(float(np.median(taken)), 1)
    result["between"] = coherence(13 if args.small else 33, CLASSES[:2] if args.small else CLASSES)
    write(result, args.out)


if __name__ == "__main__":
    main()
