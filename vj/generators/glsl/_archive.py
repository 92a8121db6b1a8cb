"""Reads `shaders.zip`: the worlds of a bundle as GLSL, and what they share.

plan.json      which style numbers they ask for, and what makes a world's share of a picture
common.glsl    comes before every file
NAME.glsl      a world; `finish.glsl` turns what they left into colours. The header lists the passes
lattice.npy    [4, side, side] the noise that repeats; NAME/TABLE.npy what a world looks up besides
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vj.core.errors import BundleError
from vj.core.types import F32
from vj.generators.bundle.manifest import SHADERS

_AGAIN = "copy the bundle again, all files of it"


@dataclass(frozen=True)
class Plan:
    """What worlds are told of styles [L, W]: the numbers at `places`; `epsilon` is the weight that is none yet."""

    places: tuple[tuple[int, int], ...]
    z: int
    epsilon: float


@dataclass(frozen=True)
class Source:
    """One file: its passes as the header lists them, its text, and the tables that it looks up by name."""

    name: str
    passes: tuple[Mapping[str, Any], ...]
    text: str
    tables: Mapping[str, F32]


class Archive:
    """What is in the `shaders.zip` of the bundle in `folder`. Raises BundleError."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / SHADERS
        try:
            self._zip = zipfile.ZipFile(self.file)
            plan = json.loads(self._zip.read("plan.json"))
            self.plan = Plan(tuple((int(a), int(b)) for a, b in plan["places"]), int(plan["z"]), float(plan["epsilon"]))
            self.common = self._zip.read("common.glsl").decode()
            self.lattice = self._array("lattice.npy")
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise BundleError(f"{SHADERS} is damaged: {error}", str(self.file), _AGAIN) from error

    def source(self, name: str) -> Source:
        """The file of a world, or "finish"; raises BundleError."""
        try:
            text = self._zip.read(f"{name}.glsl").decode()
            passes = json.loads(text[text.index("/*") + 2 : text.index("*/")])["passes"]
            tables = {
                Path(entry).stem: self._array(entry)
                for entry in self._zip.namelist()
                if entry.startswith(f"{name}/") and entry.endswith(".npy")
            }
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise BundleError(f"{name}.glsl in {SHADERS} is damaged: {error}", str(self.file), _AGAIN) from error
        return Source(name, tuple(passes), text, tables)

    def close(self) -> None:
        """Let go of the file."""
        self._zip.close()

    def _array(self, name: str) -> F32:
        return np.asarray(np.load(io.BytesIO(self._zip.read(name)), allow_pickle=False), np.float32)
