"""A folder of a Stable Diffusion model, looked at before anything of it is opened.

Only folders in the layout of the library diffusers, only safetensors: a pickled weight file can run any program when it
is read, so it is not read.
"""

import json
from pathlib import Path
from typing import Any

from vj.core.errors import BundleError

#: Parts of a model that hold weights, with the classes they may be of.
PARTS = {
    "unet": ("UNet2DConditionModel",),
    "vae": ("AutoencoderKL", "AutoencoderTiny"),
    "text_encoder": ("CLIPTextModel",),
    "text_encoder_2": ("CLIPTextModelWithProjection",),
}
_PICKLED = (".bin", ".ckpt", ".pt", ".pth", ".pkl")
_LAYOUT = "give a Stable Diffusion 1.x, 2.x, Turbo or SDXL Turbo folder in the layout of diffusers"


def read_model(folder: Path) -> dict[str, dict[str, Any]]:
    """The configuration of each part of the model in `folder`; raises BundleError."""
    index = _json(folder / "model_index.json")
    name = str(index.get("_class_name", ""))
    if not name.startswith("StableDiffusion"):
        raise BundleError(f"this is a {name or 'model of no name'}, not a Stable Diffusion", str(folder), _LAYOUT)
    parts = {part: read_part(folder / part, part) for part in PARTS if part != "text_encoder_2" or part in index}
    return {**parts, "scheduler": _json(folder / "scheduler" / "scheduler_config.json")}


def read_part(folder: Path, part: str) -> dict[str, Any]:
    """The configuration of one part, of which there are safetensors and whose class is known; raises BundleError."""
    config = _json(folder / "config.json")
    name = config.get("_class_name") or next(iter(config.get("architectures") or ()), "")
    if name not in PARTS[part]:
        raise BundleError(f"the {part} is a {name!r}", str(folder), f"it must be a {' or '.join(PARTS[part])}")
    if any(folder.glob("*.safetensors")):
        return config
    pickled = sorted(path.name for path in folder.iterdir() if path.suffix in _PICKLED)
    if pickled:
        what = f"{pickled[0]} is pickled, and a pickle can run any program when it is read"
        raise BundleError(what, str(folder), "get the same model as safetensors")
    raise BundleError(f"the {part} has no weights", str(folder), "copy the folder again, with its .safetensors files")


def variant_of(folder: Path) -> str | None:
    """ "fp16" where only weights of half precision are there, None where there are the usual ones."""
    names = [path.name for path in folder.glob("*.safetensors")]
    return None if any(".fp16." not in name for name in names) else "fp16"


def _json(file: Path) -> dict[str, Any]:
    """The object in a JSON file; raises BundleError."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError:
        raise BundleError(f"there is no {file.name}", str(file.parent), _LAYOUT) from None
    except ValueError as error:
        raise BundleError(f"{file.name} is damaged: {error}", str(file.parent), "copy the folder again") from None
    if not isinstance(content, dict):
        raise BundleError(f"{file.name} is damaged: it holds no table", str(file.parent), "copy the folder again")
    return content
