"""Checkpoints of other kinds, known by the names of their tensors, and what would help whoever has one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

#: The way in for every generator that this build does not write itself.
EXPORT = "export its generator, from z to the picture, as ONNX with torch.onnx.export in its own code, and import that"
_NO_PICTURES = "give a generator; this makes no pictures"
_OF_PICTURES = "give a generator, which makes pictures of a z"
_REFINER = "give a generator; a diffusers folder can repaint its pictures, see --refine in docs/training.md"
_CODES = "export its decoder as ONNX with a latent [N, C, H, W] as its input, and import that with --z C"


@dataclass(frozen=True)
class Stranger:
    """A kind of file: what it is, the marks that its names have, each of them, and what helps."""

    what: str
    marks: tuple[str, ...]
    hint: str = EXPORT

    def knows(self, names: str) -> bool:
        """Whether the `names` of tensors, one a line, are those of this kind."""
        return all(re.search(mark, names, re.MULTILINE) for mark in self.marks)


#: Generators that have the marks of a family we read, and are other networks: looked for first.
_DISGUISED = (
    Stranger("EG3D, whose generator makes volumes that a camera looks at", (r"backbone\.synthesis\.", r"superres")),
    Stranger(
        "StyleGAN-T, which draws what a text says",
        (r"\.affine\.proj\.weight$",),
        "choose the texts in its own code: export a network from z and weights of their embeddings as ONNX with"
        " torch.onnx.export, and import that with --classes",
    ),
    Stranger("GANformer, a StyleGAN2 whose latents attend to each other", (r"synthesis\.b\d+\.\w+\.transformer\.",)),
    Stranger("StyleSwin, whose layers are transformers", (r"\.blocks\.\d+\.norm1\.style\.",)),
    Stranger(
        "GFPGAN, which mends photographs of faces and has no z to walk in",
        (r"(^|\.)stylegan_decoder\.",),
        "give the StyleGAN2 that it was made from",
    ),
)
_OTHERS = (
    Stranger(
        "a projected GAN or FastGAN, whose generator has skip-layer excitation and no styles",
        (r"(^|\.)feat_8\.", r"(^|\.)(se_64|feat_16)\."),
    ),
    Stranger(
        "a LoRA: changes to another network, which it does not hold",
        (r"lora_|\.lora\.|hada_w1|lokr_w",),
        "merge it into its diffusion model in the program it was made for, and see --refine in docs/training.md",
    ),
    Stranger("a textual inversion: a word for a diffusion model", (r"string_to_param|(^|\.)emb_params$",), _REFINER),
    Stranger("a ControlNet, which guides a diffusion model", (r"control_model\.|controlnet_",), _REFINER),
    Stranger(
        "a diffusion model, which takes many steps to a picture and has no z to walk in",
        (
            r"diffusion_model\.|(^|\.)unet\.|input_blocks\.0\.0\.weight|down_blocks\.0\.(resnets|attentions)|time_embed"
            r"|time_mlp\.|denoise_fn\.|(^|\.)(double_|joint_|transformer_)blocks\.0\.|x_embedder\.|map_noise\.",
        ),
        _REFINER,
    ),
    Stranger(
        "a VQGAN, whose decoder makes pictures of codes that another network must choose",
        (r"quantize\.embed",),
        _CODES,
    ),
    Stranger(
        "the variational autoencoder of a diffusion model",
        (r"(^|\.)post_quant_conv\.|decoder\.up_blocks\.0\.resnets|decoder\.mid\.block_1\.|decoder\.conv_in\.",),
        _CODES,
    ),
    Stranger(
        "a CLIP or another network that compares texts and pictures",
        (r"text_model\.encoder|visual\.(conv1|transformer)|vision_model\.encoder|text_projection",),
        _NO_PICTURES,
    ),
    Stranger(
        "a language model",
        (r"layers\.0\.self_attn\.|(^|\.)h\.0\.attn\.|encoder\.layer\.0\.attention\.|blk\.0\.attn",),
        _NO_PICTURES,
    ),
    Stranger(
        "an encoder, which finds the w of a photograph, without its generator",
        (r"(^|\.)encoder\.(input_layer|body|styles)\.|(^|\.)input_layer\.0\.weight$",),
        "give the StyleGAN that it was trained for",
    ),
    Stranger(
        "an upscaler (ESRGAN or its kin), which makes pictures of pictures",
        (r"RRDB_trunk|body\.0\.rdb1\.|model\.1\.sub\.0\.RDB1",),
        _OF_PICTURES,
    ),
    Stranger(
        "a pix2pix, CycleGAN or SPADE, which makes pictures of pictures",
        (r"model\.\d+\.conv_block\.|head_0\.norm_0\.|(^|\.)netG_[AB]\.|model\.model\.1\.model\.",),
        _OF_PICTURES,
    ),
    Stranger("a StyleGAN2 of MMGeneration", (r"style_modulation\.|style_mapping\.\d+\.",)),
    Stranger("a StyleGAN of rosinality's first repository", (r"generator\.progression\.0\.",)),
    Stranger("a progressive GAN", (r"(^|\.)(output_blocks|rgb_converters|scaleLayers|toRGBLayers)\.",)),
    Stranger("a BigGAN of StudioGAN", (r"(^|\.)linear0\.(weight|weight_orig)$", r"blocks\.0\.0\.")),
    Stranger(
        "a discriminator, which judges pictures and makes none",
        (
            r"from_?rgb\.|(^|\.)b4\.(out|mbstd|epilogue|fc)\.|(^|\.)to_logit\.|(^|\.)final_(conv|linear)\.\d"
            r"|(^|\.)ExtractionLayer\.|feature_network\.|(^|\.)blocks\.0\.0\.conv_sc\.|^(D|netD|discriminator)\.",
        ),
        "give the file of its generator (G_ema, g_ema or netG), not this one",
    ),
    Stranger(
        "a network that says what is in a picture",
        (r"(^|\.)layer1\.0\.conv1\.weight$|(^|\.)classifier\.\d+\.weight$",),
        _NO_PICTURES,
    ),
    Stranger("a DCGAN or one of its kin", (r"(^|\.)main\.0\.weight$", r"(^|\.)main\.1\.running_mean$")),
)
OPTIMIZER = Stranger(
    "the state of an optimizer, without the network that it trained",
    (),
    "give the file beside it that holds the weights: G_ema.pth, netG.pth or the like",
)
_OPTIMIZED = re.compile(r".*(exp_avg(_sq)?|momentum_buffer|square_avg|max_exp_avg_sq|(^|\.)step)")


def disguised(names: Iterable[str]) -> Stranger | None:
    """The kind of network that these tensors are of, where they would be taken for a family that we read."""
    return _first(_DISGUISED, list(names))


def other(names: Iterable[str]) -> Stranger | None:
    """The kind of file that these tensors are of, where they are of no family that we read."""
    several = list(names)
    if several and all(_OPTIMIZED.fullmatch(name) for name in several):
        return OPTIMIZER
    return _first(_OTHERS, several)


def _first(kinds: tuple[Stranger, ...], names: list[str]) -> Stranger | None:
    lines = "\n".join(name.replace("\n", " ") for name in names)
    return next((kind for kind in kinds if kind.knows(lines)), None)
