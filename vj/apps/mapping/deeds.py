"""What is done to a mapping from afar: one deed for each address below `/output/map`, by name of the output."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from vj.apps.mapping.editor import ROOT, Editor
from vj.core.errors import ControlError, nearest
from vj.core.mapping import moves
from vj.core.mapping.moves import part_of
from vj.core.mapping.output import FLIPS, TURNS, Slice
from vj.core.mapping.output import Mapping as Mapped
from vj.core.mapping.venue import BLENDS
from vj.core.types import Event


class Deeds:
    """Has them done by an editor; `table` and `firing` are for the desk. Each raises ControlError for nonsense."""

    def __init__(self, editor: Editor) -> None:
        self._editor = editor
        self.table: dict[str, Callable[[Event], None]] = {}
        ways: Mapping[str, Callable[..., None]] = {
            "point": self._point, "slice": self._slice, "turn": self._turn, "flip": self._flip,
            "rotate": self._rotate, "mesh": self._mesh, "smooth": self._smooth, "blend": self._blend,
            "mask": self._mask, "reset": self._reset,
        }  # fmt: skip
        #: What is done when a trigger fires.
        self.firing = {f"{ROOT}/undo": editor.undo, f"{ROOT}/redo": editor.redo}
        for name, way in ways.items():
            self.table[f"{ROOT}/{name}"] = _calling(way)

    def _point(self, output: str, part: str, index: int, x: float, y: float) -> None:
        held = part_of(part)
        before = self._editor.venue.of(output)
        if not 0 <= index < len(moves.handles(before, held)):
            raise ControlError(f"{output} has no handle {index} of {part}", hint="handles are counted from 0")
        self._editor.change(output, moves.drag(before, held, index, (x, y)), part, index)

    def _slice(self, output: str, x: float, y: float, width: float, height: float) -> None:
        self._editor.change(
            output, replace(self._editor.venue.of(output), slice=Slice(x, y, width, height).kept()), "slice"
        )

    def _turn(self, output: str, degrees: int) -> None:
        if degrees % 360 not in TURNS:
            raise ControlError(f"{degrees} is no quarter turn", hint="0, 90, 180 or 270; rotate takes any")
        self._editor.change(output, replace(self._editor.venue.of(output), turn=degrees % 360))

    def _flip(self, output: str, way: str) -> None:
        found = next((flip for flip in FLIPS if flip == way.lower()), None)
        if found is None:
            raise ControlError(f"{way!r} is no flip", hint=nearest(way, FLIPS))
        self._editor.change(output, replace(self._editor.venue.of(output), flip=found))

    def _rotate(self, output: str, degrees: float) -> None:
        wide, high = self._editor.others.get(output, self._editor.size)
        self._editor.change(output, moves.rotated(self._editor.venue.of(output), degrees, wide / high), "rotate")

    def _mesh(self, output: str, columns: int, rows: int) -> None:
        self._editor.change(output, moves.meshed(self._editor.venue.of(output), columns, rows))

    def _smooth(self, output: str, on: int) -> None:
        mesh = self._editor.venue.of(output).mesh
        if mesh is None:
            raise ControlError(f"{output} has no mesh", hint=f"{ROOT}/mesh {output} 3 3")
        self._editor.change(output, replace(self._editor.venue.of(output), mesh=replace(mesh, smooth=bool(on))))

    def _blend(self, output: str, key: str, value: float) -> None:
        if key not in BLENDS:
            raise ControlError(f"{key!r} is nothing of a blend", hint=nearest(key, BLENDS))
        before = self._editor.venue.of(output)
        kept = min(max(value, BLENDS[key][0]), BLENDS[key][1])
        self._editor.change(output, replace(before, blend=replace(before.blend, **{key: kept})), "blend", key)

    def _mask(self, output: str, what: str, index: int = 0, feather: float = 0.01) -> None:
        before = self._editor.venue.of(output)
        ways: Mapping[str, Callable[[], Mapped]] = {
            "add": lambda: moves.with_mask(before),
            "remove": lambda: moves.without_mask(before, index),
            "point": lambda: moves.with_mask_point(before, index),
            "hide": lambda: moves.mask_altered(before, index, shows=False),
            "show": lambda: moves.mask_altered(before, index, shows=True),
            "feather": lambda: moves.mask_altered(before, index, feather=feather),
        }
        if what not in ways:
            raise ControlError(f"{what!r} is nothing that is done to a mask", hint=nearest(what, ways))
        self._editor.change(output, ways[what](), *(("mask", what, index) if what == "feather" else ()))

    def _reset(self, output: str, part: str) -> None:
        self._editor.change(output, moves.reset(self._editor.venue.of(output), part_of(part)))


def _calling(way: Callable[..., None]) -> Callable[[Event], None]:
    def call(event: Event) -> None:
        args: tuple[Any, ...] = event.args
        way(*args)

    return call
