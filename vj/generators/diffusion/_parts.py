"""The parts of a Stable Diffusion model, each read by the one class it may be of; nothing in a folder chooses code."""

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from diffusers.utils import logging as diffusers_logging
from torch import Tensor
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer
from transformers.utils import logging as transformers_logging

from vj.core.types import F32
from vj.generators.diffusion._folder import variant_of

for _told in (diffusers_logging, transformers_logging):  # for those who make models; a performer sees our own words
    _told.set_verbosity_error()
    _told.disable_progress_bar()


def _load(kind: Any, folder: Path, device: torch.device, **dtype: torch.dtype) -> Any:
    """The network of class `kind` in `folder`: from safetensors, from this machine, ready to run and never to learn."""
    options = {"use_safetensors": True, "local_files_only": True, "variant": variant_of(folder), **dtype}
    return kind.from_pretrained(str(folder), **options).to(device).eval().requires_grad_(False)


def load_unet(folder: Path, device: torch.device, dtype: torch.dtype) -> Any:
    """The denoising network."""
    return _load(UNet2DConditionModel, folder, device, torch_dtype=dtype)


def load_vae(folder: Path, device: torch.device, dtype: torch.dtype) -> Any:
    """The autoencoder, the full one or a tiny one; in single precision where it says that half is not enough for it."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kind = {"AutoencoderKL": AutoencoderKL, "AutoencoderTiny": AutoencoderTiny}[config["_class_name"]]
    careful = kind is AutoencoderKL and config.get("force_upcast", False)
    return _load(kind, folder, device, torch_dtype=torch.float32 if careful else dtype)


class Words:
    """Turns prompts into what the network is told, with one text encoder or, for SDXL, two."""

    def __init__(self, folder: Path, double: bool, device: torch.device, dtype: torch.dtype) -> None:
        self._device, self._double = device, double
        first = _load(CLIPTextModel, folder / "text_encoder", device, dtype=dtype)
        self._pairs = [(_tokenizer(folder / "tokenizer"), first)]
        if self._double:
            second = _load(CLIPTextModelWithProjection, folder / "text_encoder_2", device, dtype=dtype)
            self._pairs.append((_tokenizer(folder / "tokenizer_2"), second))

    @torch.inference_mode()
    def encode(self, prompt: str) -> dict[str, F32]:
        """`words` [1, tokens, width] and, for SDXL, `pooled` [1, width]. A prompt too long for the encoder is cut."""
        said = [self._read(tokenizer, encoder, prompt) for tokenizer, encoder in self._pairs]
        if not self._double:
            return {"words": _array(said[0].last_hidden_state)}
        words = torch.cat([each.hidden_states[-2] for each in said], dim=-1)  # the last layer but one: SDXL's habit
        return {"words": _array(words), "pooled": _array(said[1].text_embeds)}

    def _read(self, tokenizer: Any, encoder: Any, prompt: str) -> Any:
        length = encoder.config.max_position_embeddings
        tokens = tokenizer(prompt, padding="max_length", max_length=length, truncation=True, return_tensors="pt")
        return encoder(tokens.input_ids.to(self._device), output_hidden_states=self._double)


def _array(tensor: Tensor) -> F32:
    found: F32 = tensor.float().cpu().numpy()
    return found


def _tokenizer(folder: Path) -> Any:
    return CLIPTokenizer.from_pretrained(str(folder), local_files_only=True)
