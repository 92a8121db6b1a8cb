"""The kinds of outputs there are: what the files of `vj/outputs/targets` say of themselves, read without running them.

Each has a table `KINDS` of what a target begins with, and of what such a target is: the fields of `Kind`, but `module`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vj.core import shelf
from vj.core.errors import ShelfError

#: Where they are, as shelves are named.
SHELF = "outputs/targets"


@dataclass(frozen=True)
class Kind:
    """A kind of output.

    title   what it is, for people
    target  what stands behind the colon: a name, the path of a device or folder, a URL, or a window's display
    alpha   whether it can carry how clear the picture is
    sound   whether it carries sound
    fps     pictures a second unless others are asked for; 0 sends each frame of the show, up to 60
    module  the file that it is in
    """

    title: str
    target: Literal["name", "device", "folder", "url", "display"]
    alpha: bool = False
    sound: bool = False
    fps: float = 0.0
    module: str = ""


def _declared() -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for module, table in shelf.literals(SHELF, "KINDS").items():
        try:
            found |= {name: Kind(**said, module=module) for name, said in table.items()}
        except (AttributeError, TypeError) as error:
            where, hint = f"vj/{SHELF}/{module}.py", "its fields are those of Kind in vj/outputs/sending/kinds.py"
            raise ShelfError(f"KINDS is no table of kinds: {error}", where, hint) from None
    return found


#: What a target begins with -> the kind. A window is drawn by the show itself.
KINDS: Mapping[str, Kind] = {**_declared(), "window": Kind("window", "display")}
