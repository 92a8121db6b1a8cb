"""Looks of `spectrum`: mixes of classes with a truncation each, one for every kind of sound, in TOML.

    title = "Reef"
    [[look]]
    classes = { bokeh = 0.7, aurora = 0.5, ink = -0.2 }    names, any real weights
    psi = 0.8
    [[look]]
    pairs = [[79, 0.986], [12, 1.3]]                       or class numbers, as GAN_PI-2 keeps them

A file in `setlists/spectrum_looks`, or in `spectrum_looks` in your own folder of settings, is chosen by its name.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from vj.core import shelf
from vj.core.errors import SetlistError, nearest
from vj.core.types import F32
from vj.core.written import parse_toml

FOLDER = "spectrum_looks"
#: The palette that is made of the bundle's own classes.
OWN = "own"
#: Looks made of luck: how many, ...
LUCKY = 24
#: ... their second and third weights at most, ...
SECOND = 0.5
#: ... and the range of their psi.
PSI = (0.65, 0.95)
_KEYS = {"classes", "pairs", "psi"}


@dataclass(frozen=True)
class Shade:
    """One look: `weights` [C] of classes, any real numbers, and `psi`."""

    weights: F32
    psi: float


#: The folder of palettes that a performance brought with it, while it is played again.
_lent: list[Path] = []


def lend(folder: Path | None) -> None:
    """From now on the palettes in `folder` come before all others of their names; None takes them away."""
    _lent[:] = [folder] if folder else []


def palettes() -> dict[str, Path]:
    """Name -> file: those that ship with vj, before them the user's own, and first what a performance brought."""
    homes = (shelf.share("setlists") / FOLDER, platformdirs.user_config_path("vj") / FOLDER, *_lent)
    return {path.stem: path for home in homes for path in sorted(home.glob("*.toml"))}


def read_palette(path: Path, classes: tuple[str, ...]) -> list[Shade]:
    """The looks in one file, without classes that the bundle lacks and looks of which nothing is left.

    Raises SetlistError that names file, look and key.
    """
    try:
        document = parse_toml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SetlistError(f"the looks cannot be read: {error}", str(path), "see setlists/spectrum_looks") from error
    entries = document.get("look")
    if not isinstance(entries, list) or not entries:
        raise SetlistError("there are no looks in this file", str(path), "add at least one [[look]]")
    found = [_shade(entry, classes, f"{path}, look {number}") for number, entry in enumerate(entries, 1)]
    return [shade for shade in found if shade is not None]


def own(classes: tuple[str, ...], rng: np.random.Generator) -> list[Shade]:
    """Looks of the bundle's own classes: one leads, two colour it."""
    shades = []
    order = rng.permutation(len(classes))
    for k in range(LUCKY):
        weights = np.zeros(len(classes), np.float32)
        weights[order[k % len(order)]] = 1.0
        for other in rng.integers(0, len(classes), 2):
            weights[other] += np.float32(rng.uniform(0.0, SECOND))
        shades.append(Shade(weights / weights.sum(), float(rng.uniform(*PSI))))
    return shades


def _shade(entry: Any, classes: tuple[str, ...], where: str) -> Shade | None:
    if not isinstance(entry, Mapping):
        raise SetlistError("a look is a table", where, "write it as [[look]]")
    for key in entry:
        if key not in _KEYS:
            raise SetlistError(f"unknown key {key!r}", where, nearest(key, _KEYS))
    names = {name.lower(): index for index, name in reversed(list(enumerate(classes)))}
    weights = np.zeros(len(classes), np.float32)
    try:
        for name, weight in entry.get("classes", {}).items():
            if name.lower() in names:
                weights[names[name.lower()]] += float(weight)
        for index, weight in entry.get("pairs", ()):
            if 0 <= int(index) < len(classes):
                weights[int(index)] += float(weight)
        psi = float(entry.get("psi", 0.8))
    except (TypeError, ValueError, AttributeError) as error:
        hint = "write: classes = { name = 1.0 }, or pairs = [[number, 1.0]], and psi = 0.8"
        raise SetlistError(str(error), where, hint) from error
    if not np.isfinite(weights).all() or not np.isfinite(psi):
        raise SetlistError("a number is not finite", where, "write finite numbers")
    return Shade(weights, min(max(psi, 0.0), 1.0)) if weights.any() else None
