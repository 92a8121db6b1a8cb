"""Opens a checkpoint of a generator without running anything in it.

A `.pkl` is a program, and every other loader runs it. Here it is read as data: see `_pickle.py`. What comes out is the
generator's tensors by their official names and what it was built with, copied and checked, and nothing else.
"""

import json
import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vj.core.errors import CheckpointError
from vj.workshop._checkpoint_layouts import Found, family, find_generator
from vj.workshop._checkpoint_safetensors import is_safetensors, parse_json, read_safetensors
from vj.workshop._checkpoint_torch import read_plain, read_zip
from vj.workshop._pickle_tensors import Array
from vj.workshop._pickle_values import Budget

MOST_BYTES = 16 << 30
_CONFIG = "config.json"
_MOST_CONFIG = 1 << 20
#: In a folder, the weights beside config.json, the safer ones first.
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
#: How files begin that are taken for checkpoints by mistake.
_MISTAKEN: Mapping[bytes, str] = {
    b"version https://git-lfs": "a Git LFS pointer, not the file itself: fetch it with `git lfs pull`",
    b"<!DOCTYPE": "a web page, not a checkpoint: the download link led to a page",
    b"<html": "a web page, not a checkpoint: the download link led to a page",
    b"\x1f\x8b": "compressed with gzip: unpack it first",
    b"\x89HDF": "an HDF5 file, which is not read",
}


@dataclass(frozen=True)
class Checkpoint:
    """A generator as a checkpoint holds it.

    family     "stylegan2", "stylegan2-tf" (TensorFlow), "stylegan3", "rosinality", "biggan", "stylegan1"; "unknown"
               where no known tensor is found
    arguments  what it was built with, as numbers, text, lists and dictionaries: NVIDIA's `init_kwargs`, BigGAN's
               config.json, rosinality's script arguments, TensorFlow's `static_kwargs`; empty where the file is silent
    tensors    official name -> writable array in C order and in the checkpoint's number format; bfloat16 as float32
    source     the file or folder it came from
    """

    family: str
    arguments: Mapping[str, Any]
    tensors: Mapping[str, Array]
    source: Path


def read_checkpoint(path: Path) -> Checkpoint:
    """The generator in a file, or in a folder with config.json and its weights; nothing in it is run or imported.

    Files: StyleGAN2-ADA and StyleGAN3 snapshots, TensorFlow's official pickles of StyleGAN1 and 2, `torch.save` files
    of all ages, safetensors. Memory stays within a few times the file's size and some hundred MB. Raises
    CheckpointError for a file that is missing, damaged or hostile, or holds no generator.
    """
    source = Path(path).expanduser()
    try:
        found = _read_folder(source) if source.is_dir() else _read_file(source)
    except OSError as error:
        raise CheckpointError(
            f"the checkpoint cannot be read: {error.strerror}", str(source), "check the path"
        ) from error
    except CheckpointError as error:
        hint = error.hint or "download it again from its first source; a sound checkpoint has nothing of the kind"
        raise CheckpointError(error.what, error.where or str(source), hint) from error
    return Checkpoint(*found, source)


def _read_folder(folder: Path) -> Found:
    """A folder as pytorch-pretrained-biggan keeps its models."""
    weights = next((folder / name for name in _WEIGHTS if (folder / name).is_file()), None)
    if weights is None or not (folder / _CONFIG).is_file():
        raise CheckpointError(
            f"the folder lacks {_CONFIG} or weights", str(folder), f"put {_CONFIG} and {_WEIGHTS[1]} into it"
        )
    return _read_file(weights)


def _read_file(file: Path) -> Found:
    size = file.stat().st_size
    if not file.is_file() or not 0 < size <= MOST_BYTES:
        raise CheckpointError(
            "it is no checkpoint: empty, larger than 16 GiB or no file at all", hint="give a checkpoint file"
        )
    with file.open("rb") as opened:
        data = memoryview(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))
    for start, what in _MISTAKEN.items():
        if bytes(data[: len(start)]) == start:
            raise CheckpointError(f"it is {what}", hint="give the checkpoint itself")
    budget = Budget.of(size)
    if is_safetensors(data):
        metadata, tensors = read_safetensors(data, budget)
        found: Found = family(tensors), _from_metadata(metadata), tensors
    else:
        root = read_zip(data, budget) if bytes(data[:4]) == b"PK\3\4" else read_plain(data, budget)
        found = find_generator(root, budget)
    if found[0] == "biggan" and not found[1] and (file.parent / _CONFIG).is_file():
        return found[0], _config(file.parent / _CONFIG), found[2]
    return found


def _config(file: Path) -> dict[str, Any]:
    if file.stat().st_size > _MOST_CONFIG:
        raise CheckpointError(f"{_CONFIG} is larger than {_MOST_CONFIG:,} bytes", str(file))
    return parse_json(file.read_bytes(), _CONFIG)


def _from_metadata(metadata: Mapping[str, str]) -> dict[str, Any]:
    """The arguments in a safetensors file: its metadata, each value taken as JSON where it is that."""
    arguments: dict[str, Any] = {}
    for name, text in metadata.items():
        try:
            arguments[name] = json.loads(text)
        except (ValueError, RecursionError):
            arguments[name] = text
    return arguments
