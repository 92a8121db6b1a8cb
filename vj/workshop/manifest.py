"""Writes `bundle.toml` for bundles made by the workshop."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit

from vj.core.errors import BundleError
from vj.generators.bundle.manifest import CLASS_WORDS, CLASSES, MANIFEST, SHADERS
from vj.generators.bundle.optimized import HALF

FILES = ("mapper.onnx", "synthesizer.onnx", CLASSES, CLASS_WORDS, "directions.safetensors", SHADERS)
#: Those of FILES that no bundle can do without.
NEEDED = ("mapper.onnx", "synthesizer.onnx", "classes.txt")
#: Style layers of StyleGAN, where the coarse end and the middle: pictures of 4 and 8, 16 and 32 pixels; the rest is
#: fine.
_COARSE = 4
_MIDDLE = 8


@dataclass(frozen=True)
class Facts:
    """What a bundle's manifest says: see `vj.generators.bundle.manifest.Bundle` for what each means.

    made_by     one line that says what wrote the bundle, for whoever wants to write it again
    directions  names in directions.safetensors, () where there is none
    turn        measured on a bundle that is whole, {} where it was not
    latent      statistics of z and w by name: numbers or arrays of them
    source      where the weights come from: file, its sha256, family, tool, and what was asked of the importer
    """

    made_by: str
    name: str
    resolution: tuple[int, int]
    directions: Sequence[str]
    shapes: Mapping[str, int]
    groups: Mapping[str, tuple[int, int]]
    turn: Mapping[str, float] = field(default_factory=dict)
    licence: str = "GPL-3.0-or-later"
    psi: tuple[float, float] = (0.0, 1.2)
    turn_angle: Mapping[str, float] = field(default_factory=dict)
    latent: Mapping[str, Any] = field(default_factory=lambda: {"z_mean": 0.0, "z_std": 1.0})
    source: Mapping[str, Any] = field(default_factory=dict)


def write_manifest(folder: Path, facts: Facts) -> None:
    """Write `bundle.toml` last of all files, since it is what makes a folder a bundle."""
    (folder / MANIFEST).write_text(manifest(folder, facts), encoding="utf-8")


def manifest(folder: Path, facts: Facts) -> str:
    """The text of `bundle.toml` for the files in `folder`; raises BundleError where a needed one is missing."""
    top = {
        "kind": "onnx",
        "name": facts.name,
        "licence": facts.licence,
        "resolution": facts.resolution,
        "psi": facts.psi,
        "directions": facts.directions,
    }
    made_by = "".join(c for c in " ".join(facts.made_by.split()) if c.isprintable())
    parts = [f"# Written by: {made_by}\n{_entries(top)}"]
    tables = {
        "shapes": ("", facts.shapes),
        "groups": ("# Style layers of each group, first and one past the last.\n", facts.groups),
        "turn": ("# Mean OKLab distance between pictures that differ in that group only.\n", facts.turn),
        "turn_angle": ("# Radians of z that make one turn, near by.\n", facts.turn_angle),
        "latent": ("", facts.latent),
        "source": ("# Where the weights come from.\n", facts.source),
        "files": ("", checksums(folder)),
    }
    parts += [f"{note}[{name}]\n{_entries(table)}" for name, (note, table) in tables.items() if table]
    return "\n".join(parts)


def checksums(folder: Path) -> dict[str, str]:
    """sha256 of every file of the bundle: FILES and HALF that are there, and weights beside a graph (`*.data`)."""
    for name in NEEDED:
        if not (folder / name).is_file():
            raise BundleError(f"a bundle needs {name}", str(folder), "write it before bundle.toml")
    names = [name for name in (*FILES, HALF) if (folder / name).is_file()] + sorted(
        p.name for p in folder.glob("*.data")
    )
    return {name: sha256(folder / name) for name in names}


def sha256(file: Path) -> str:
    """Hex digest of a file of any size."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def usual_groups(layers: int) -> dict[str, tuple[int, int]]:
    """Style groups of a network of `layers` style layers: StyleGAN's where it has enough, else thirds, or one group."""
    if layers < 3:
        return {"all": (0, layers)}
    first, second = (_COARSE, _MIDDLE) if layers > _MIDDLE else (layers // 3, 2 * layers // 3)
    return {"coarse": (0, first), "middle": (first, second), "fine": (second, layers)}


def _entries(table: Mapping[str, Any]) -> str:
    """Lines of a TOML table; whatever a foreign name or licence holds is quoted."""
    quoted = {name if _bare(name) else tomlkit.string(name).as_string(): value for name, value in table.items()}
    return "".join(f"{name} = {tomlkit.item(_plain(value)).as_string()}\n" for name, value in quoted.items())


def _bare(name: str) -> bool:
    return name.isascii() and bool(name) and all(c.isalnum() or c in "-_" for c in name)


def _plain(value: Any) -> Any:
    """`value` in TOML's own types."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value
