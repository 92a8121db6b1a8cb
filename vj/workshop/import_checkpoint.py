"""Makes a bundle of whatever a user has: an ONNX file or folder, a checkpoint of a family we know, or a known name.

Families of checkpoints are known by what is in `vj.workshop.importers`.
"""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import tomlkit

from vj.core import shelf
from vj.core.errors import BundleError
from vj.core.written import path_of
from vj.generators.bundle.manifest import CLASSES, MANIFEST
from vj.workshop.checkpoint.strangers import EXPORT
from vj.workshop.checkpoint.values import shown
from vj.workshop.manifest import sha256
from vj.workshop.onnx import importer
from vj.workshop.onnx.importer import Asked
from vj.workshop.progress import Say, megabytes

#: Family of a checkpoint -> the module of `vj.workshop.importers` that imports it.
TOOLS = {
    family: module for module, table in shelf.literals("workshop/importers", "FAMILIES").items() for family in table
}
#: Beginning of the names of networks that a package downloads.
_NAMED = "biggan-deep-"


def bundle(source: str, folder: Path, name: str, asked: Asked, say: Say) -> None:
    """Write a bundle called `name` into `folder`, made of `source`: a path, or a name such as "biggan-deep-256".

    `say` is told each step. Raises BundleError or CheckpointError.
    """
    path = path_of(source)
    if path.suffix == ".onnx" or (path.is_dir() and list(path.glob("*.onnx"))):
        importer.bundle(path, folder, name, asked, say)
        return
    _refuse_sizes(path, asked)
    if path.exists():
        say(f"reading {path.name}, {megabytes(_size(path))}")
        checkpoint = _part("checkpoint.reader", path, "checkpoint").read_checkpoint(path)
    elif source.startswith(_NAMED):
        say(f"getting {source}")
        checkpoint = _part("importers.biggan", path, "BigGAN").named(source)
    else:
        raise BundleError(f"there is no {source}", str(path.parent), "check the spelling")
    if checkpoint.family == "unknown":
        raise BundleError(f"{path.name} holds {_some(checkpoint.tensors)}", str(path), EXPORT)
    if checkpoint.family not in TOOLS:
        what = f"{path.name} is no checkpoint of a family that can be imported ({', '.join(sorted(TOOLS))})"
        raise BundleError(what, str(path), EXPORT)
    if asked.package_truncation and checkpoint.family != "biggan":
        raise BundleError(f"{path.name} is no BigGAN", "--package-truncation", "leave it out")
    tool = _part(f"importers.{TOOLS[checkpoint.family]}", path, checkpoint.family)
    say(f"exporting a {checkpoint.family}")
    more = {"package_truncation": True} if asked.package_truncation else {}
    tool.bundle(checkpoint, folder, name, half=asked.half, say=say, **more)
    _amend(folder, asked)


def _some(tensors: Mapping[str, Any]) -> str:
    """The tensors of a network that nobody here knows, in a few words."""
    named = ", ".join(shown(name) for name in list(tensors)[:3])
    many = "a tensor" if len(tensors) == 1 else f"{len(tensors)} tensors"
    return f"{many} of a network that is not known, such as {named}"


def _size(path: Path) -> int:
    """Bytes of a file, or of the files of a folder."""
    files = path.iterdir() if path.is_dir() else (path,)
    return sum(file.stat().st_size for file in files if file.is_file())


def _refuse_sizes(path: Path, asked: Asked) -> None:
    """What a checkpoint says itself cannot be said otherwise."""
    if asked.z or asked.span or (asked.count and not asked.classes):
        raise BundleError(f"{path.name} says its sizes itself", "--z, --classes, --range", "leave them out")


def _part(name: str, path: Path, family: str) -> Any:
    """The module `name` of the workshop; raises BundleError where this build lacks it."""
    module = f"vj.workshop.{name}"
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if not f"{module}.".startswith(f"{error.name}."):
            raise
        raise BundleError(f"this build cannot import {family} files", str(path), EXPORT) from None


def _amend(folder: Path, asked: Asked) -> None:
    """Put the user's licence and class names into a bundle that a tool has written."""
    file, names = folder / MANIFEST, folder / CLASSES
    manifest = tomlkit.parse(file.read_text(encoding="utf-8"))
    if asked.licence:
        manifest["licence"] = asked.licence
    if asked.classes:
        count = len(names.read_text(encoding="utf-8").splitlines())
        if count != len(asked.classes):
            hint = f"list {count} names, or leave --classes out"
            raise BundleError(f"it has {count} classes, not {len(asked.classes)}", "--classes", hint)
        names.write_text("\n".join(asked.classes) + "\n", encoding="utf-8")
        cast(dict[str, str], manifest["files"])[CLASSES] = sha256(names)
    file.write_text(tomlkit.dumps(manifest), encoding="utf-8")
