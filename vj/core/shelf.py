"""The folder is the registry: the name in a setlist is the name of a file on a shelf.

A shelf is a package such as `vj.directors`; a thing is the class named after its module, or package, in CamelCase
(`style_walk` -> `StyleWalk`). On the shelf of features that name is the record's, and the stage that makes it is
`HearBands` for `Bands`. Modules and rooms without such a class are furniture. Nothing is imported before it is chosen.

On other shelves, outputs and importers, a file says in a constant which things it brings; that too is only read.
"""

import ast
import importlib
import re
from pathlib import Path
from typing import Any

from vj.core.errors import ShelfError, nearest

_PACKAGE = Path(__file__).resolve().parent.parent


def names(shelf: str) -> list[str]:
    """Names on a shelf ("directors"), sorted."""
    return sorted(name for name, file in _modules(shelf).items() if _class(shelf, name, file))


def load(shelf: str, name: str) -> Any:
    """The class called `name` on `shelf`; raises ShelfError with the nearest known name, or what its file lacks."""
    file = _modules(shelf).get(name)
    if file is None or not _class(shelf, name, file):
        known = names(shelf)
        lacks = f"{file.name} has no class {_called(shelf, name)}" if file and file.stem == name else ""
        what = f"no {name!r} among the {shelf}"
        raise ShelfError(what, where=f"vj/{shelf}/", hint=lacks or nearest(name, known))
    return getattr(importlib.import_module(f"vj.{shelf.replace('/', '.')}.{name}"), _called(shelf, name))


def literals(shelf: str, constant: str) -> dict[str, Any]:
    """Name of a module on `shelf` ("outputs/targets") -> what its `constant` says, of those that have it, sorted.

    The constant is a literal and the file is only read; raises ShelfError where it is not one.
    """
    found: dict[str, Any] = {}
    for name, file in sorted(_modules(shelf).items()):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            if not isinstance(target, ast.Name) or target.id != constant:
                continue
            assert isinstance(node, ast.Assign | ast.AnnAssign)
            try:
                found[name] = ast.literal_eval(node.value or ast.Constant(None))
            except ValueError:
                raise ShelfError(
                    f"{constant} is worked out", where=f"vj/{shelf}/{file.name}", hint="write it out: it is only read"
                ) from None
    return found


def _modules(shelf: str) -> dict[str, Path]:
    """Name -> file of every module and package in the folder of a shelf that does not begin with an underscore."""
    folder = _PACKAGE / shelf
    found = {file.stem: file for file in folder.glob("*.py")} | {f.parent.name: f for f in folder.glob("*/__init__.py")}
    return {name: file for name, file in found.items() if not name.startswith("_")}


def _called(shelf: str, name: str) -> str:
    """What the class of a thing is called."""
    return ("Hear" if shelf == "features" else "") + "".join(part.title() for part in name.split("_"))


def _class(shelf: str, name: str, file: Path) -> bool:
    """Whether the class of a thing is in its file, which is only read."""
    return re.search(rf"^class {_called(shelf, name)}\b", file.read_text(encoding="utf-8"), re.M) is not None


def share(folder: str) -> Path:
    """Where the files of `folder` ("models", "setlists", "shaders") lie: beside the package, or inside a wheel."""
    checkout = _PACKAGE.parent / folder
    return checkout if checkout.is_dir() else _PACKAGE / "share" / folder
