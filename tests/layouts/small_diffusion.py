"""A Stable Diffusion folder of random weights, small enough for a test, in the layout of diffusers and by it."""

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

#: Letters, alone and at the end of a word: CLIP's byte pairs without any merge.
_LETTERS = [*"abcdefghijklmnopqrstuvwxyz0123456789,.", *(f"{c}</w>" for c in "abcdefghijklmnopqrstuvwxyz0123456789,.")]
_WIDTH = 16


def write_model(folder: Path, turbo: str = "sd", scheduler: dict[str, Any] | None = None) -> Path:
    """A model in `folder`: "sd" has one text encoder, "sdxl" has two. The same weights every time."""
    torch.manual_seed(7)
    double = turbo == "sdxl"
    named = "StableDiffusionXLPipeline" if double else "StableDiffusionPipeline"
    index = {
        "_class_name": named,
        "unet": ["diffusers", "UNet2DConditionModel"],
        **({"text_encoder_2": []} if double else {}),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model_index.json").write_text(json.dumps(index))
    more = {
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 4,
        "projection_class_embeddings_input_dim": 40,
    }
    UNet2DConditionModel(
        sample_size=16,
        block_out_channels=(16, 32),
        layers_per_block=1,
        cross_attention_dim=2 * _WIDTH if double else _WIDTH,
        attention_head_dim=8,
        norm_num_groups=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        **(more if double else {}),
    ).save_pretrained(folder / "unet")
    write_full_vae(folder / "vae")
    for n in ("", "_2") if double else ("",):
        _write_words(folder, n)
    settings = scheduler or {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    (folder / "scheduler").mkdir(exist_ok=True)
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps({"num_train_timesteps": 1000, **settings}))
    return folder


def write_full_vae(folder: Path) -> Path:
    """An AutoencoderKL that halves pictures twice."""
    torch.manual_seed(8)
    kinds = ["Encoder"] * 3, ["Decoder"] * 3
    AutoencoderKL(
        block_out_channels=(8, 8, 16),
        down_block_types=tuple(f"Down{kind}Block2D" for kind in kinds[0]),
        up_block_types=tuple(f"Up{kind}Block2D" for kind in kinds[1]),
        norm_num_groups=4,
        latent_channels=4,
    ).save_pretrained(folder)
    return folder


def write_tiny_vae(folder: Path) -> Path:
    """An AutoencoderTiny that halves pictures twice."""
    torch.manual_seed(9)
    shape = {"encoder_block_out_channels": (8, 8, 8), "decoder_block_out_channels": (8, 8, 8)}
    blocks = {"num_encoder_blocks": (1, 1, 1), "num_decoder_blocks": (1, 1, 1)}
    AutoencoderTiny(**shape, **blocks).save_pretrained(folder)
    return folder


def _write_words(folder: Path, n: str) -> None:
    """A text encoder and its tokenizer, which knows letters and no words."""
    vocabulary = {token: k for k, token in enumerate([*_LETTERS, "<|startoftext|>", "<|endoftext|>"])}
    end = len(vocabulary) - 1
    config = CLIPTextConfig(
        vocab_size=len(vocabulary),
        hidden_size=_WIDTH,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=32,
        projection_dim=_WIDTH,
        bos_token_id=end - 1,
        eos_token_id=end,
        pad_token_id=end,
    )
    (CLIPTextModelWithProjection if n else CLIPTextModel)(config).save_pretrained(folder / f"text_encoder{n}")
    tokens = folder / f"tokenizer{n}"
    tokens.mkdir()
    (tokens / "vocab.json").write_text(json.dumps(vocabulary))
    (tokens / "merges.txt").write_text("#version: 0.2\n")
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}
    settings = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 32, "pad_token": "<|endoftext|>", **special}
    (tokens / "tokenizer_config.json").write_text(json.dumps(settings))
