"""The folder is the registry: the name in a setlist is the name of a file on a shelf.

A shelf is a package such as `vj.directors`; a thing is the class named after its module in CamelCase (`style_walk`
-> `StyleWalk`). On the shelf of features that name is the record's, and the stage that makes it is `HearBands` for
`Bands`. Nothing is imported before it is chosen.
"""

import importlib
import pkgutil
from pathlib import Path
from typing import Any

from vj.core.errors import ShelfError, nearest

_PACKAGE = Path(__file__).resolve().parent.parent


def names(shelf: str) -> list[str]:
    """Names on a shelf ("directors"), sorted. Modules that start with an underscore are its furniture."""
    folder = _PACKAGE / shelf
    return sorted(m.name for m in pkgutil.iter_modules([str(folder)]) if not m.name.startswith("_"))


def load(shelf: str, name: str) -> Any:
    """The class called `name` on `shelf`; raises ShelfError with the nearest known name."""
    if name not in names(shelf):
        raise ShelfError(f"no {name!r} among the {shelf}", where=f"vj/{shelf}/", hint=nearest(name, names(shelf)))
    module = importlib.import_module(f"vj.{shelf}.{name}")
    prefix = "Hear" if shelf == "features" else ""
    return getattr(module, prefix + "".join(part.title() for part in name.split("_")))


def share(folder: str) -> Path:
    """Where the files of `folder` ("models", "setlists", "shaders") lie: beside the package, or inside a wheel."""
    checkout = _PACKAGE.parent / folder
    return checkout if checkout.is_dir() else _PACKAGE / "share" / folder
