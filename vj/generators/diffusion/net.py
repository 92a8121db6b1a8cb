"""One painting as tensors only, so that a CUDA graph can hold all of it: encode, add noise, take it away, decode.

Inputs by name, all float32 but for `pixels`:

    pixels    [H, W, 3] 0..255
    noise     [1, 4, h, w]
    words     [B, tokens, width]; B is 2 where guided: the empty prompt, then the prompt
    pooled    [B, width] and `sizes` [B, 6], for SDXL
    times     [S] timesteps of the model, `sigmas` [S + 1] noise before and after each of the S steps
    guidance  [1]
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor


class Net:
    """The networks of a model and how they follow one another. `velocity` says that the model tells v, not noise."""

    def __init__(self, unet: Any, vae: Any, velocity: bool) -> None:
        self.unet, self.vae, self._velocity = unet, vae, velocity
        self._scale = float(getattr(vae.config, "scaling_factor", 1.0))
        blocks = getattr(vae.config, "block_out_channels", None) or vae.config.encoder_block_out_channels
        #: Pixels of a picture to one of its latent, and what the sides of a picture must be multiples of.
        self.shrink = 2 ** (len(blocks) - 1)
        self.grain = self.shrink * 2 ** (len(unet.config.block_out_channels) - 1)

    def paint(self, given: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """The painting [H, W, 3] uint8 and its latent [1, 4, h, w] float32."""
        sigmas = given["sigmas"]
        latent = self.encode(given["pixels"])
        if len(sigmas) > 1:
            latent = latent + sigmas[0] * given["noise"]
        for n in range(len(sigmas) - 1):
            latent = self._step(latent, n, given)
        return self.decode(latent), latent

    def _step(self, x: Tensor, n: int, given: Mapping[str, Tensor]) -> Tensor:
        """Euler's step from `sigmas[n]` to the next."""
        sigma, after = given["sigmas"][n], given["sigmas"][n + 1]
        scale = torch.rsqrt(sigma * sigma + 1.0)
        found = self._predict(x * scale, given["times"][n], given)
        picture = x * scale * scale - found * (sigma * scale) if self._velocity else x - sigma * found
        return x + (x - picture) * ((after - sigma) / sigma)

    def _predict(self, latent: Tensor, time: Tensor, given: Mapping[str, Tensor]) -> Tensor:
        """What the network takes for noise in `latent` (or for velocity), guided where that is asked for."""
        kind, batch = self.unet.dtype, len(given["words"])
        more = {}
        if "pooled" in given:
            more["added_cond_kwargs"] = {"text_embeds": given["pooled"].to(kind), "time_ids": given["sizes"].to(kind)}
        found: Tensor = self.unet(
            latent.expand(batch, -1, -1, -1).to(kind),
            time.expand(batch),
            encoder_hidden_states=given["words"].to(kind),
            return_dict=False,
            **more,
        )[0].float()
        if batch == 1:
            return found
        plain, prompted = found.chunk(2)
        return plain + given["guidance"] * (prompted - plain)

    def encode(self, pixels: Tensor) -> Tensor:
        """[H, W, 3] -> [1, 4, h, w] float32, the middle of what the autoencoder thinks possible."""
        coded = self.vae.encode((pixels.permute(2, 0, 1)[None] / 127.5 - 1.0).to(self.vae.dtype))
        latent: Tensor = coded.latent_dist.mode() if hasattr(coded, "latent_dist") else coded.latents
        return latent.float() * self._scale

    def decode(self, latent: Tensor) -> Tensor:
        """[1, 4, h, w] -> [H, W, 3] uint8."""
        image: Tensor = self.vae.decode((latent / self._scale).to(self.vae.dtype), return_dict=False)[0][0].float()
        return ((image.permute(1, 2, 0) + 1.0) * 127.5).round().clamp(0, 255).to(torch.uint8)
