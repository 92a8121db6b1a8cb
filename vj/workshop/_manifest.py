"""Writes `bundle.toml` for bundles made by the workshop."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FILES = ("mapper.onnx", "synthesizer.onnx", "classes.txt", "directions.safetensors")


@dataclass(frozen=True)
class Facts:
    """What a bundle's manifest says: see `vj.generators._bundle.Bundle` for what each means."""

    made_by: str
    name: str
    resolution: tuple[int, int]
    directions: Sequence[str]
    shapes: Mapping[str, int]
    groups: Mapping[str, tuple[int, int]]
    turn: Mapping[str, float]


def manifest(folder: Path, facts: Facts) -> str:
    """The text of `bundle.toml` for the files in `folder`."""
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}
    return _TEMPLATE.format(
        made_by=facts.made_by,
        name=facts.name,
        resolution=list(facts.resolution),
        directions=", ".join(f'"{name}"' for name in facts.directions),
        shapes="\n".join(f"{name} = {size}" for name, size in facts.shapes.items()),
        groups="\n".join(f"{name} = [{start}, {stop}]" for name, (start, stop) in facts.groups.items()),
        turns="\n".join(f"{name} = {distance}" for name, distance in facts.turn.items()),
        files="\n".join(f'"{name}" = "{digest}"' for name, digest in sums.items()),
    )


_TEMPLATE = """# Written by: {made_by}
kind = "onnx"
name = "{name}"
licence = "GPL-3.0-or-later"
resolution = {resolution}
psi = [0.0, 1.2]
directions = [{directions}]

[shapes]
{shapes}

# Style layers of each group, first and one past the last.
[groups]
{groups}

# Mean OKLab distance between pictures that differ in that group only.
[turn]
{turns}

[latent]
z_mean = 0.0
z_std = 1.0

[files]
{files}
"""
