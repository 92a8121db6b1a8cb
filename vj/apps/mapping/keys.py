"""Keys of the window while the mapping is edited.

    Tab, Shift+Tab  next, previous handle    1 .. 5     corners, mesh, blend, masks, slice
    arrows          move by 4 pixels         O          next output
    Shift, Ctrl     by 1, by 32              G          next test pattern
    R, X            quarter turn, flip       , and .    turn the corners; with Shift finely
    + and -         more, fewer: points of the mesh, masks; the gamma of a blend
    Insert          one more corner of the mask      S   smooth or straight mesh; mask hides or shows
    Backspace       as it was without        Ctrl+Z, Y  undo, redo
    Esc, W          leave

What is not named here is for the show: BLACKOUT is where it was.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from vj.core.mapping import moves
from vj.core.mapping.output import TESTS, Mapping, Test

#: What an arrow moves by: plainly, finely, coarsely.
STEP_PX = 4.0
FINE_PX = 1.0
COARSE_PX = 32.0
#: A turn of the corners: plainly, finely.
TILT_DEGREES = 0.5
TILT_FINE_DEGREES = 0.05
#: Of a blend's gamma.
GAMMA_STEP = 0.05
_ARROWS = {"left": (-1.0, 0.0), "right": (1.0, 0.0), "up": (0.0, -1.0), "down": (0.0, 1.0)}
_MORE = {"equal": 1, "plus": 1, "kpadd": 1, "minus": -1, "kpsubtract": -1}


class Editing(Protocol):
    """What keys ask of the editor of a mapping."""

    on: bool
    part: moves.Part
    output: str
    test: Test
    index: int

    @property
    def mapping(self) -> Mapping: ...
    @property
    def outputs(self) -> Sequence[str]: ...
    def nudge(self, x: float, y: float) -> None: ...
    def wish(self, address: str, value: Any) -> None: ...
    def wish_deed(self, name: str, *args: Any) -> None: ...
    def change(self, output: str, fresh: Mapping, *gesture: Any) -> None: ...


def pressed(editor: Editing, key: str, mods: frozenset[str]) -> bool:
    """Do what `key` asks for; whether it asked for anything."""
    root, output = "/output/map", editor.output
    if key in _ARROWS:
        by = FINE_PX if "shift" in mods else COARSE_PX if mods & {"ctrl", "super"} else STEP_PX
        editor.nudge(*(by * way for way in _ARROWS[key]))
    elif mods & {"ctrl", "super"}:
        back = {"z": "redo" if "shift" in mods else "undo", "y": "redo"}.get(key)
        if back is None:
            return False
        editor.wish_deed(back)
    elif key == "tab":
        count = len(moves.handles(editor.mapping, editor.part))
        editor.index = (editor.index + (-1 if "shift" in mods else 1)) % max(count, 1)
    elif key in ("comma", "period"):
        degrees = (TILT_FINE_DEGREES if "shift" in mods else TILT_DEGREES) * (1 if key == "period" else -1)
        editor.wish_deed("rotate", output, degrees)
    elif key in _MORE:
        _more(editor, _MORE[key])
    elif mods:
        return False
    elif key in ("escape", "w"):
        editor.on = False
        editor.wish(f"{root}/edit", False)
        editor.wish(f"{root}/test", "none")
    elif key in "12345":
        editor.wish(f"{root}/part", moves.PARTS[int(key) - 1])
    elif key == "o":
        names = editor.outputs
        editor.wish(f"{root}/output", names[(names.index(output) + 1) % len(names) if output in names else 0])
    elif key == "g":
        editor.wish(f"{root}/test", TESTS[(TESTS.index(editor.test) + 1) % len(TESTS)])
    elif key in ("r", "x"):
        editor.change(output, (moves.turned if key == "r" else moves.flipped)(editor.mapping))
    elif key == "insert" and editor.part == "masks":
        editor.wish_deed("mask", output, "point", editor.index)
    elif key == "s":
        _switch(editor)
    elif key in ("backspace", "delete"):
        editor.wish_deed("reset", output, editor.part)
    else:
        return False
    return True


def _more(editor: Editing, by: int) -> None:
    """One more or less of what is held."""
    mapping, output = editor.mapping, editor.output
    if editor.part == "mesh":
        columns, rows = (mapping.mesh.columns, mapping.mesh.rows) if mapping.mesh else (2, 2)
        editor.wish_deed("mesh", output, columns + by, rows + by)
    elif editor.part == "masks":
        editor.wish_deed("mask", output, "add" if by > 0 else "remove", editor.index)
    elif editor.part == "blend":
        editor.wish_deed("blend", output, "gamma", mapping.blend.gamma + by * GAMMA_STEP)


def _switch(editor: Editing) -> None:
    """The other way of what is held."""
    mapping, output = editor.mapping, editor.output
    if editor.part == "mesh" and mapping.mesh is not None:
        editor.wish_deed("smooth", output, int(not mapping.mesh.smooth))
    elif editor.part == "masks" and mapping.masks:
        at = editor.index
        for mask in mapping.masks:
            if at < len(mask.points):
                editor.wish_deed("mask", output, "hide" if mask.shows else "show", editor.index)
                return
            at -= len(mask.points)
