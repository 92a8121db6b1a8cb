"""A Stable Diffusion model as a painter: a picture in, the picture as the model would have it out.

Image to image (Meng et al. 2021, SDEdit): the autoencoder's latent of a picture gets noise up to a level, and the
network takes it away again under a prompt (Rombach et al. 2022), in few Euler steps or in one (Sauer et al. 2023). The
noise is drawn by numpy, so one seed is the same brush on every device.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vj.core.errors import BundleError
from vj.core.types import F32, U8
from vj.generators._refine import Ask, Painted
from vj.generators._refine_open import read_model
from vj.generators._torch_diffusion_parts import Words, load_unet, load_vae
from vj.generators._torch_euler import Schedule, Stride

#: Widest and highest picture that is painted.
_MOST = 2048


class Diffusion:
    """Paints with the model in `folder`; see `open_painter`, which checks it first. Raises BundleError.

    Pictures are painted at about as many pixels as the model was taught with, in their own shape.
    """

    def __init__(self, folder: Path, vae: Path | None = None, device: str | None = None) -> None:
        config = read_model(folder)
        self.device = torch.device(device or _device())
        self.dtype = torch.float16 if self.device.type == "cuda" else torch.float32
        try:
            self.words = Words(folder, config, self.device, self.dtype)
            self.unet = load_unet(folder / "unet", self.device, self.dtype)
            self.vae = load_vae(vae or folder / "vae", self.device, self.dtype)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            what = f"the weights cannot be read: {str(error).splitlines()[0]}"
            raise BundleError(what, str(folder), "copy the folder again") from error
        self.schedule = Schedule(config["scheduler"])
        self.scale = float(getattr(self.vae.config, "scaling_factor", 1.0))
        self.shrink = 2 ** (len(_blocks(self.vae)) - 1)
        self.side = int(config["unet"].get("sample_size", 64)) * self.shrink
        self._grain = self.shrink * 2 ** (len(self.unet.config.block_out_channels) - 1)
        self._noise = lru_cache(maxsize=4)(self._draw_noise)
        self._prompt = lru_cache(maxsize=64)(self.words.encode)

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """The width and height at which pictures of that size are painted: the networks must halve them evenly."""
        scale = self.side / (width * height) ** 0.5 / self._grain
        wide, high = (min(max(round(n * scale), 1) * self._grain, _MOST) for n in (width, height))
        return wide, high

    @torch.inference_mode()
    def paint(self, image: U8, ask: Ask) -> Painted:
        """`image` [height, width, 3] painted over as `ask` says; at strength 0 what the autoencoder makes of it."""
        pixels = torch.from_numpy(image).to(self.device)
        noise = self._noise(ask.seed, image.shape[1], image.shape[0])
        strides = self.schedule.strides(ask.strength, ask.steps)
        painted, latent = self.run(pixels, noise, self.prompt(ask), strides, ask.guidance)
        return Painted(painted.cpu().numpy(), latent.float().cpu().numpy())

    def prompt(self, ask: Ask) -> dict[str, Tensor]:
        """What the network is told: the weighted mean of the prompts, and besides the empty one where guided."""
        told = _mean([(self._prompt(text), share) for text, share in ask.prompts])
        if ask.guidance <= 1.0:
            return told
        empty = self._prompt("")
        return {name: torch.cat([empty[name], told[name]]) for name in told}

    def run(
        self, pixels: Tensor, noise: Tensor, told: dict[str, Tensor], strides: Sequence[Stride], guidance: float
    ) -> tuple[Tensor, Tensor]:
        """The painting [H, W, 3] uint8 of `pixels` likewise, and its latent [1, 4, h, w]. A graph can capture it."""
        latent = self.encode(pixels)
        if strides:
            latent = latent + strides[0].sigma * noise
        for stride in strides:
            latent = stride.step(latent, lambda x, t: self._predict(x, t, told, guidance), self.schedule.velocity)
        return self.pixels(latent), latent

    def _predict(self, latent: Tensor, timestep: int, told: dict[str, Tensor], guidance: float) -> Tensor:
        """What the network takes for noise in `latent` (or for velocity), guided where that is asked for."""
        words = told["words"]
        times = torch.full((len(words),), timestep, device=self.device)
        more = {"added_cond_kwargs": self._added(latent, told)} if "pooled" in told else {}
        given = latent.expand(len(words), -1, -1, -1).to(self.dtype)
        found = self.unet(given, times, encoder_hidden_states=words, return_dict=False, **more)[0].float()
        if len(words) == 1:
            return found
        plain, prompted = found.chunk(2)
        return plain + guidance * (prompted - plain)

    def _added(self, latent: Tensor, told: dict[str, Tensor]) -> dict[str, Tensor]:
        """What SDXL is told besides: the pooled prompt, and the sizes: original, cut off, wanted."""
        height, width = latent.shape[2] * self.shrink, latent.shape[3] * self.shrink
        sizes = torch.tensor([[height, width, 0, 0, height, width]], device=self.device, dtype=self.dtype)
        return {"text_embeds": told["pooled"], "time_ids": sizes.expand(len(told["pooled"]), -1)}

    def encode(self, pixels: Tensor) -> Tensor:
        """[H, W, 3] uint8 -> [1, 4, h, w] float32, the middle of what the autoencoder thinks possible."""
        given = (pixels.permute(2, 0, 1)[None].to(torch.float32) / 127.5 - 1.0).to(self.vae.dtype)
        coded = self.vae.encode(given)
        latent: Tensor = coded.latent_dist.mode() if hasattr(coded, "latent_dist") else coded.latents
        return latent.float() * self.scale

    def pixels(self, latent: Tensor) -> Tensor:
        """[1, 4, h, w] -> [H, W, 3] uint8."""
        image = self.vae.decode((latent / self.scale).to(self.vae.dtype), return_dict=False)[0][0].float()
        return ((image.permute(1, 2, 0) + 1.0) * 127.5).round().clamp(0, 255).to(torch.uint8)

    @torch.inference_mode()
    def decode(self, latent: F32) -> U8:
        """The picture [H, W, 3] of a latent [1, 4, h, w]."""
        found: U8 = self.pixels(torch.from_numpy(latent).to(self.device)).cpu().numpy()
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
        moved = nn.functional.grid_sample(planes, grid, padding_mode="border", align_corners=False)
        carried: F32 = moved[0].permute(1, 2, 0).contiguous().cpu().numpy()
        return carried

    def close(self) -> None:
        """Let go of the networks."""
        self._noise.cache_clear()
        self._prompt.cache_clear()
        for name in ("unet", "vae", "words"):
            self.__dict__.pop(name, None)

    def _draw_noise(self, seed: int, width: int, height: int) -> Tensor:
        shape = (1, 4, height // self.shrink, width // self.shrink)
        return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape, np.float32)).to(self.device)


def _mean(weighted: list[tuple[dict[str, Tensor], float]]) -> dict[str, Tensor]:
    """The weighted sum of what several prompts say."""
    first, _ = weighted[0]
    return {
        name: sum((share * said[name] for said, share in weighted), torch.zeros_like(first[name])) for name in first
    }


def _blocks(vae: Any) -> Sequence[Any]:
    """One entry for each size of picture in an autoencoder: each halves the one before."""
    blocks: Sequence[Any] = getattr(vae.config, "block_out_channels", None) or vae.config.encoder_block_out_channels
    return blocks


def _device() -> str:
    """The fastest device that torch has here."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
