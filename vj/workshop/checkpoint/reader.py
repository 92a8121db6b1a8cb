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
from vj.core.written import path_of
from vj.workshop.checkpoint._layouts import Found, find_generator
from vj.workshop.checkpoint._packed import inflated, is_npy, read_npy, unpacked
from vj.workshop.checkpoint._pickle_tensors import Array
from vj.workshop.checkpoint._safetensors import is_safetensors, parse_json, read_safetensors
from vj.workshop.checkpoint._torch import read_entries, read_plain
from vj.workshop.checkpoint._zip import zip_entries
from vj.workshop.checkpoint.strangers import EXPORT
from vj.workshop.checkpoint.values import Budget, shown

MOST_BYTES = 16 << 30
_CONFIG = "config.json"
_MOST_CONFIG = 1 << 20
#: Where a family keeps what its networks were built with, beside their files.
_CONFIGS: Mapping[str, str] = {"biggan": _CONFIG, "lucidrains": ".config.json"}
#: In a folder, the weights beside config.json, the safer ones first.
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
#: Suffixes of checkpoints, where a folder or an archive holds one.
_SUFFIXES = (".safetensors", ".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".bin", ".npz", ".npy", ".gz")
_PAGE = "a web page, not a checkpoint: the download link led to a page", "give the checkpoint itself"
_PROTO = 0x80  # how a pickle of protocol 2 or later begins
_NO_KIND = "give a checkpoint: .pkl, .pt, .pth, .ckpt, .safetensors, .npz; or an .onnx, named so"
_UNSOUND = f"compare its size or digest with its source's; if they agree, {EXPORT}"
_UNPACK = "unpack it, and import what is in it"
#: Place and bytes by which files are known that are taken for checkpoints by mistake: what it is, and what helps.
_MISTAKEN: Mapping[tuple[int, bytes], tuple[str, str]] = {
    (0, b"version https://git-lfs"): ("a Git LFS pointer, not the file itself", "fetch it with `git lfs pull`"),
    (0, b"<!DOCTYPE"): _PAGE,
    (0, b"<!doctype"): _PAGE,
    (0, b"<html"): _PAGE,
    (0, b"\x89HDF"): ("an HDF5 file, as Keras writes them, which is not read", EXPORT),
    (0, b"GGUF"): ("a GGUF file, as language models have them, which is not read", "give a generator of pictures"),
    (0, b"7z\xbc\xaf\x27\x1c"): ("a 7z archive", _UNPACK),
    (0, b"Rar!"): ("a RAR archive", _UNPACK),
    (257, b"ustar"): ("a tar archive", _UNPACK),
    (0, b"\x89PNG"): ("a picture", "give a checkpoint"),
    (0, b"\xff\xd8\xff"): ("a picture", "give a checkpoint"),
}


@dataclass(frozen=True)
class Checkpoint:
    """A generator as a checkpoint holds it.

    family     "stylegan2", "stylegan2-tf" (TensorFlow), "stylegan3", "rosinality", "basicsr", "biggan",
               "biggan-pytorch", "r3gan", "fastgan", "lucidrains", "stylegan1"; "unknown" where no known tensor
               is found
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
    of all ages, safetensors, npz; packed with gzip, bzip2 or xz; the generator may lie as deep inside as it likes, with
    whatever prefix Lightning, DataParallel or a compiler gave it. Memory stays within a few times the file's size and
    some hundred MB. Raises CheckpointError for a file that is missing, damaged or hostile, or holds no generator; one
    of a kind that is known and not read is told by its name.
    """
    source = path_of(path)
    try:
        found = _read_folder(source) if source.is_dir() else _read_file(source)
    except OSError as error:
        raise CheckpointError(
            f"the checkpoint cannot be read: {error.strerror}", str(source), "check the path"
        ) from error
    except CheckpointError as error:
        raise CheckpointError(error.what, error.where or str(source), error.hint or _UNSOUND) from error
    return Checkpoint(*found, source)


def _read_folder(folder: Path) -> Found:
    """A folder as pytorch-pretrained-biggan keeps its models, or one with a single checkpoint."""
    if (folder / "model_index.json").is_file():
        raise CheckpointError("the folder is a diffusion pipeline, which has no z to walk in", str(folder), _REFINE)
    weights = next((folder / name for name in _WEIGHTS if (folder / name).is_file()), None)
    if weights is not None:
        return _read_file(weights)
    several = sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES and path.is_file())
    if len(several) == 1:
        return _read_file(several[0])
    if several:
        listed = ", ".join(path.name for path in several[:4])
        raise CheckpointError(f"the folder holds several checkpoints: {listed}", str(folder), "give one of them")
    raise CheckpointError(
        f"the folder holds no checkpoint, nor {_CONFIG} and {_WEIGHTS[1]}", str(folder), "give a checkpoint file"
    )


_REFINE = "it can repaint a generator's pictures: see --refine in docs/training.md"


def _read_file(file: Path) -> Found:
    size = file.stat().st_size
    if not file.is_file() or not 0 < size <= MOST_BYTES:
        raise CheckpointError(
            "it is no checkpoint: empty, larger than 16 GiB or no file at all", hint="give a checkpoint file"
        )
    with file.open("rb") as opened:
        data = memoryview(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))
    inside = unpacked(data)
    data = data if inside is None else inside
    for (at, start), (what, hint) in _MISTAKEN.items():
        if bytes(data[at : at + len(start)]) == start:
            raise CheckpointError(f"it is {what}", hint=hint)
    found = _read(data, Budget.of(len(data)))
    beside = file.parent / _CONFIGS.get(found[0], "")
    if found[0] in _CONFIGS and not found[1] and beside.is_file():
        return found[0], _config(beside), found[2]
    return found


def _read(data: memoryview, budget: Budget) -> Found:
    """The generator in the bytes of a file of any format."""
    if is_safetensors(data):
        metadata, tensors = read_safetensors(data, budget)
        family, _, arrays = find_generator(tensors, budget)
        return family, _from_metadata(metadata), arrays
    if bytes(data[:4]) == b"PK\3\4":
        return find_generator(_zipped(data, budget), budget)
    if is_npy(data):
        return find_generator(read_npy(data, budget), budget)
    try:
        value = read_plain(data, budget)
    except CheckpointError as error:
        if data[0] == _PROTO:  # a pickle, but a damaged one
            raise
        raise CheckpointError(error.what, error.where, error.hint or _NO_KIND) from error
    return find_generator(value, budget)


def _zipped(data: memoryview, budget: Budget) -> Any:
    """What a zip file of torch's or numpy's holds; raises CheckpointError for an archive of anything else."""
    entries = zip_entries(data)
    inner = [name for name in entries if name.endswith(_SUFFIXES) and not name.startswith("__MACOSX")]
    if entries and all(name.endswith(".npy") for name in entries):
        held = {}
        for name, entry in entries.items():
            raw = entry.data if entry.plain else inflated(entry.data, entry.size, name, budget)
            if not is_npy(raw):
                raise CheckpointError(f"{shown(name)} in the npz file is no array")
            held[name.removesuffix(".npy")] = read_npy(raw, budget)
        return held
    if inner and not any(name.endswith("data.pkl") for name in entries):
        raise CheckpointError(f"it is a zip archive with {shown(inner[0])} in it and no data.pkl", hint=_UNPACK)
    return read_entries(entries, budget)


def _config(file: Path) -> dict[str, Any]:
    if file.stat().st_size > _MOST_CONFIG:
        raise CheckpointError(f"{file.name} is larger than {_MOST_CONFIG:,} bytes", str(file))
    return parse_json(file.read_bytes(), file.name)


def _from_metadata(metadata: Mapping[str, str]) -> dict[str, Any]:
    """The arguments in a safetensors file: its metadata, each value taken as JSON where it is that."""
    arguments: dict[str, Any] = {}
    for name, text in metadata.items():
        try:
            arguments[name] = json.loads(text)
        except (ValueError, RecursionError):
            arguments[name] = text
    return arguments
