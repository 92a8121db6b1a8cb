"""What a bundle of shaders says besides: which file each class is, and which inputs each style group moves.

    [shader]
    transition = "wipe.fs"           # a file of its own, else ours

    [shader.classes.rings]
    file = "rings.fs"
    opaque = false                   # whether its alpha means nothing
    coarse = ["zoom"]                # inputs of each group; a group without any moves our camera
    middle = ["twist"]
    fine = ["tint"]                  # an input that is in none has shown no effect

It may be changed by hand.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vj.core.errors import BundleError
from vj.core.written import parse_toml
from vj.generators.bundle.manifest import MANIFEST, Bundle, find_bundle
from vj.generators.shader.knobs import GROUPS

#: Kind of a bundle.
KIND = "shader"
#: What its files may end with.
SUFFIXES = (".fs", ".frag", ".glsl", ".vs")


@dataclass(frozen=True)
class Cast:
    """A class: its file, whether its alpha means nothing, and the group of each input that is moved."""

    file: Path
    opaque: bool
    groups: Mapping[str, int]


@dataclass(frozen=True)
class Recipe:
    """Classes in the order of the bundle's names, and the file of the transition if there is one."""

    classes: tuple[Cast, ...]
    transition: Path | None


def read(bundle: Bundle) -> Recipe:
    """The recipe in the manifest of `bundle`. Raises BundleError."""
    path = bundle.folder / MANIFEST
    try:
        told = parse_toml(path.read_text(encoding="utf-8")).get("shader", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BundleError(f"{MANIFEST} is damaged: {error}", str(path), "import it again") from None
    classes = told.get("classes", {}) if isinstance(told, dict) else {}
    found = tuple(_cast(bundle, name, classes.get(name)) for name in bundle.classes)
    transition = told.get("transition")
    return Recipe(found, _inside(bundle, transition) if transition else None)


def remembers(name: str) -> bool:
    """Whether the generator called `name` is a bundle of shaders with buffers that persist."""
    try:
        folder = find_bundle(name)
        told = parse_toml((folder / MANIFEST).read_text(encoding="utf-8")).get("shader", {})
    except (BundleError, OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False
    return isinstance(told, dict) and told.get("remembers") is True


def _cast(bundle: Bundle, name: str, told: Any) -> Cast:
    where = str(bundle.folder / MANIFEST)
    if not isinstance(told, dict):
        raise BundleError(f"{MANIFEST} has no [shader.classes.{name}]", where, "import it again")
    groups: dict[str, int] = {}
    for number, group in enumerate(GROUPS):
        listed = told.get(group, [])
        if not isinstance(listed, list):
            raise BundleError(f"{group} of {name} is no list of inputs", where, f'write {group} = ["..."]')
        groups |= {str(entry): number for entry in listed}
    return Cast(_inside(bundle, told.get("file")), told.get("opaque") is True, groups)


def _inside(bundle: Bundle, name: Any) -> Path:
    """A file of the bundle's own folder."""
    if not isinstance(name, str) or Path(name).name != name or not (bundle.folder / name).is_file():
        raise BundleError(f"the bundle has no file {name!r}", str(bundle.folder), "import it again")
    return bundle.folder / name
