"""A Stable Diffusion model as a painter: a picture in, the picture as the model would have it out.

Image to image (Meng et al. 2021, SDEdit): the autoencoder's latent of a picture gets noise up to a level, and the
network takes it away again under a prompt (Rombach et al. 2022), in few Euler steps or in one (Sauer et al. 2023). The
noise is drawn by numpy, so one seed is the same brush on every device. On a CUDA device all of it is one graph.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from vj.core.errors import BundleError
from vj.core.types import F32, U8
from vj.generators.diffusion._folder import read_model
from vj.generators.diffusion._parts import Words, load_unet, load_vae
from vj.generators.diffusion.net import Net
from vj.generators.diffusion.refine import Ask, Painted
from vj.generators.diffusion.schedule import Schedule
from vj.generators.torch.cuda import Captured, Cuda, Device

#: Widest and highest picture that is painted.
_MOST = 2048


class Diffusion:
    """Paints with the model in `folder`; see `open_painter`, which checks it first. Raises BundleError.

    device  torch's name of one; None for the fastest there is
    cuda    how a CUDA device is asked, for tests; None for torch's own

    Pictures are painted at about as many pixels as the model was taught with, in their own shape. What asks for another
    size, number of steps or guidance for the first time takes longer on a CUDA device.
    """

    def __init__(
        self, folder: Path, vae: Path | None = None, device: str | None = None, cuda: Cuda | None = None
    ) -> None:
        config = read_model(folder)
        self.device = torch.device(device or _device())
        kind = torch.float16 if self.device.type == "cuda" else torch.float32
        self.schedule = Schedule(config["scheduler"])
        try:
            self._words = Words(folder, "text_encoder_2" in config, self.device, kind)
            unet = load_unet(folder / "unet", self.device, kind)
            self.net = Net(unet, load_vae(vae or folder / "vae", self.device, kind), self.schedule.velocity)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            what = f"the weights cannot be read: {str(error).splitlines()[0]}"
            raise BundleError(what, str(folder), "copy the folder again") from error
        self._side = int(config["unet"].get("sample_size", 64)) * self.net.shrink
        self._cuda = cuda or (Device() if self.device.type == "cuda" else None)
        self._captured = Captured(self.net.paint, self._cuda) if self._cuda else None
        self._noise = lru_cache(maxsize=4)(self._draw_noise)
        self._said = lru_cache(maxsize=64)(self._words.encode)
        self._told = lru_cache(maxsize=64)(self._tell)
        self._strides = lru_cache(maxsize=64)(self.schedule.strides)

    @property
    def provider(self) -> str:
        """What runs it, in words for the report."""
        graph = ", CUDA graph" if self._captured and not self._captured.reason else ""
        return f"torch {self.device}, {str(self.net.unet.dtype).removeprefix('torch.')}{graph}"

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """The width and height at which pictures of that size are painted: the networks must halve them evenly."""
        scale = self._side / (width * height) ** 0.5 / self.net.grain
        wide, high = (min(max(round(n * scale), 1) * self.net.grain, _MOST) for n in (width, height))
        return wide, high

    @torch.inference_mode()
    def paint(self, image: U8, ask: Ask) -> Painted:
        """`image` [height, width, 3] painted over as `ask` says; at strength 0 what the autoencoder makes of it."""
        feeds = self.feeds(image, ask)
        if self._captured is None or self._cuda is None:
            painted, latent = self.net.paint({name: torch.from_numpy(a).to(self.device) for name, a in feeds.items()})
        else:
            painted, latent = self._captured.run(feeds)
            self._cuda.wait()
        return Painted(painted.cpu().numpy().copy(), latent.cpu().numpy().copy())

    def feeds(self, image: U8, ask: Ask) -> Mapping[str, F32]:
        """The inputs of `Net.paint`. What has not changed is the very same array again."""
        height, width = image.shape[:2]
        times, sigmas = self._strides(ask.strength, ask.steps)
        told = self._told(ask.prompts, ask.guidance, width, height)
        return {
            "pixels": image.astype(np.float32),
            "noise": self._noise(ask.seed, width, height),
            "times": times,
            "sigmas": sigmas,
            **told,
        }

    def _tell(self, prompts: tuple[tuple[str, float], ...], guidance: float, width: int, height: int) -> dict[str, F32]:
        """What the network is told: the weighted mean of the prompts, the empty one before it where guided."""
        said = [(self._said(text), share) for text, share in prompts]
        told = {name: np.sum([share * each[name] for each, share in said], axis=0) for name in said[0][0]}
        if guidance > 1.0:
            told = {name: np.concatenate([self._said("")[name], told[name]]) for name in told}
        if "pooled" in told:  # the sizes that SDXL asks for: original, cut off, wanted
            told["sizes"] = np.repeat([[height, width, 0, 0, height, width]], len(told["pooled"]), axis=0)
        return {name: np.asarray(a, np.float32) for name, a in {**told, "guidance": np.array([guidance])}.items()}

    def _draw_noise(self, seed: int, width: int, height: int) -> F32:
        shape = (1, 4, height // self.net.shrink, width // self.net.shrink)
        return np.random.default_rng(seed).standard_normal(shape, np.float32)

    @torch.inference_mode()
    def decode(self, latent: F32) -> U8:
        """The picture [H, W, 3] of a latent [1, 4, h, w]."""
        found: U8 = self.net.decode(torch.from_numpy(latent).to(self.device)).cpu().numpy()
        return found

    @torch.inference_mode()
    def warp(self, pixels: F32, found: F32) -> F32:
        """`pixels` [H, W, 3] carried along the flow [H, W, 2]: newer(p) = older(p + flow(p)), edges held."""
        height, width = found.shape[:2]
        way = torch.from_numpy(found).to(self.device)
        x = torch.arange(width, device=self.device) + way[..., 0]
        y = torch.arange(height, device=self.device)[:, None] + way[..., 1]
        grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], dim=-1)[None]
        planes = torch.from_numpy(pixels).to(self.device).permute(2, 0, 1)[None]
        moved: Tensor = nn.functional.grid_sample(planes, grid, padding_mode="border", align_corners=False)
        carried: F32 = moved[0].permute(1, 2, 0).contiguous().cpu().numpy()
        return carried

    def close(self) -> None:
        """Let go of the networks."""
        if self._captured:
            self._captured.close()
        for cache in (self._noise, self._said, self._told, self._strides):
            cache.cache_clear()
        for name in ("net", "_words", "_captured"):
            self.__dict__.pop(name, None)


def _device() -> str:
    """The fastest device that torch has here."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
