"""What can be asked of the two layers: the parameters under `/layer/1` and `/layer/2`, and the deeds that show a name
or a logo in one go."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Protocol

from vj.core.errors import ControlError
from vj.core.layers import ALIGNS, ANCHORS, BLENDS, FITS, FONTS, PLANES, kind_of
from vj.core.params import AnyParam, Param, declared
from vj.core.types import Event, Value

ROOT = "/layer"
NUMBERS = (1, 2)
#: What a layer can show.
SOURCES = ("none", "file", "text", "camera", "ndi")
#: Seconds in which a fader of a layer settles.
SMOOTH = 0.1
#: Letters of a text.
LONGEST = 240


class Layered:
    """What a layer is asked for. Each layer is one of these, with parameters of its own."""

    source = Param(SOURCES[0], choices=SOURCES, doc="What the layer shows: a picture or clip, words, a camera, NDI.")
    file = Param("", kind="choice", choices=("",), doc="Picture or clip of the media folders, by name.")
    text = Param("", kind="text", doc=r"Words to be shown; \n begins a new line.")
    camera = Param("", kind="text", doc="Camera by number, or part of its name; `test` is a pattern that moves.")
    ndi = Param("", kind="text", doc="Source of NDI by part of its name; nothing is the first that is found.")
    show = Param((), kind="deed", args="s", doc="Show a file of the media folders by name, else these words.")
    clear = Param(0, kind="trigger", doc="Show nothing any more.")
    plane = Param(
        PLANES[0],
        choices=PLANES,
        doc="Crisp over the finished picture, or finished with it: over the dream, or under it, "
        "seen where that is dark or a mask leaves it out.",
    )
    blend = Param(
        BLENDS[0], choices=BLENDS, doc="How it meets the picture; mask: the picture is seen through it alone."
    )
    opacity = Param(1.0, smooth=SMOOTH, doc="How much of it is seen.")
    x = Param(0.5, -0.5, 1.5, smooth=SMOOTH, doc="Where its anchor lies, from left (0) to right (1).")
    y = Param(0.5, -0.5, 1.5, smooth=SMOOTH, doc="Where its anchor lies, from top (0) to bottom (1).")
    scale = Param(1.0, 0.02, 8.0, curve="log", smooth=SMOOTH, doc="Its size; 1 is as its fit says.")
    rotation = Param(0.0, -180.0, 180.0, unit="deg", smooth=SMOOTH, doc="Turned about its anchor, clockwise.")
    anchor = Param(ANCHORS[0], choices=ANCHORS, doc="Which point of it x and y place.")
    fit = Param(FITS[0], choices=FITS, doc="As large as fits, filling the picture, bent to it, or its own size.")
    invert = Param(False, doc="As a mask: the picture is seen where the layer is not.")
    speed = Param(1.0, -4.0, 4.0, doc="How fast a clip runs; below 0 backwards.")
    beats = Param(0, 0, 64, doc="Beats in which a clip goes round once, from the bar it began in; 0: its own speed.")
    loop = Param(True, doc="A clip goes round; else it stands at its end.")
    restart = Param(0, kind="trigger", doc="A clip begins again.")
    font = Param("", kind="choice", choices=("",), doc="Font of words: files in `fonts` of the media folders.")
    align = Param("centre", choices=ALIGNS, doc="How lines of words stand under each other.")
    color = Param("#ffffff", kind="text", doc="Colour of words: #rrggbb or its name.")
    outline = Param(0.0, 0.0, 0.2, smooth=0.0, doc="Line round the letters, as a part of their height; 0: none.")
    outline_color = Param("#000000", kind="text", doc="Its colour.")
    shadow = Param(0.0, doc="Soft dark behind the letters, for words over a bright picture.")
    spacing = Param(0.0, -0.2, 1.0, doc="Room between letters, as a part of their height.")


def _stage(number: int) -> type:
    """The parameters of layer `number`."""
    root = f"{ROOT}/{number}"
    params = {name: replace(param) for name, param in declared(Layered).items()}
    params["outline_color"] = replace(params["outline_color"], address=f"{root}/outline/color")
    doc = f"Layer {number} round the generator's picture."
    return type(f"Layer{number}", (Layered,), {"__doc__": doc, "address": root, **params})


STAGES = tuple(_stage(number) for number in NUMBERS)


def offered(table: Mapping[str, AnyParam], names: Collection[str]) -> dict[str, AnyParam]:
    """The parameters whose choices are the files `names` of the media folders, with these and what is chosen now."""
    files = ("", *sorted(name for name in names if kind_of(PurePosixPath(name).suffix)))
    fonts = tuple(sorted({name for name in names if PurePosixPath(name).suffix.lower() in FONTS}))
    out = {}
    for number in NUMBERS:
        for key, choices in (("file", files), ("font", ("", *fonts))):
            address = f"{ROOT}/{number}/{key}"
            if table[address].choices != choices:
                out[address] = replace(table[address], choices=choices)
    return out


class Desk(Protocol):
    """What is asked of a desk here."""

    table: dict[str, AnyParam]
    deeds: dict[str, Callable[[Event], None]]
    firing: dict[str, Callable[[], None]]

    def put(self, address: str, value: Value) -> None: ...


class LayerHand:
    """Does the deeds of the layers at a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        for number in NUMBERS:
            root = f"{ROOT}/{number}"
            desk.deeds[f"{root}/show"] = lambda event, root=root: self._show(root, str(event.args[0]))  # type: ignore[misc]
            desk.firing[f"{root}/clear"] = lambda root=root: desk.put(f"{root}/source", SOURCES[0])  # type: ignore[misc]

    def _show(self, root: str, words: str) -> None:
        """Put a file of that name, with or without its suffix, into the layer at `root`, or these words."""
        if not words.strip():
            raise ControlError("nothing is named", hint="a file of the media folder, or words")
        wanted = words.strip().casefold()
        files = [name for name in self._desk.table[f"{root}/file"].choices if name]
        named = [name for name in files if name.casefold() == wanted]
        named += [name for name in files if wanted == str(PurePosixPath(name).with_suffix("")).casefold()]
        if named:
            self._desk.put(f"{root}/file", named[0])
        else:
            self._desk.put(f"{root}/text", words[:LONGEST])
        self._desk.put(f"{root}/source", "file" if named else "text")
