"""The worlds of the bundle, in the order of its classes. A new one is a file with ANCHOR and draw, and comes last."""

import importlib
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vj.generators.bundle.manifest import CLASS_WORDS
from vj.workshop.worlds.palette import Anchor, Fields
from vj.workshop.worlds.stage import Stage


@dataclass(frozen=True)
class World:
    """A class of the bundle: how it is drawn and where its palette rests."""

    draw: Callable[[Stage], Fields]
    anchor: Anchor

    @property
    def words(self) -> str:
        """What it is, in a line: what its file says of itself first."""
        return " ".join((sys.modules[self.draw.__module__].__doc__ or "").partition("\n\n")[0].split())


#: Those that ship, in the order of their classes, which looks and performances count on.
ORDER = (
    "ink",
    "mandala",
    "metal",
    "neon",
    "nebula",
    "glass",
    "aurora",
    "coral",
    "woodcut",
    "flame",
    "marble",
    "bokeh",
    "deep",
    "orbit",
    "oil",
    "moire",
    "caustics",
    "weave",
    "phyllotaxis",
    "feathers",
    "silk",
    "smoke",
    "city",
    "crystal",
)


def _found() -> list[str]:
    """The names of all files here that are worlds: those that ship, then the others."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("[!_]*.py")}
    worlds = (name for name, text in texts.items() if all(re.search(mark, text, re.M) for mark in _MARKS))
    return [*ORDER, *sorted(set(worlds) - set(ORDER))]


def _world(name: str) -> World:
    module = importlib.import_module(f"vj.workshop.worlds.{name}")
    return World(module.draw, module.ANCHOR)


#: How the lines of a world's file begin.
_MARKS = (r"^ANCHOR\b", r"^def draw\(")
WORLDS: Mapping[str, World] = {name: _world(name) for name in _found()}


def write_words(folder: Path, names: Iterable[str]) -> None:
    """Write into the bundle in `folder` what each world of `names` is."""
    text = "".join(f"{name}: {WORLDS[name].words}\n" for name in names)
    (folder / CLASS_WORDS).write_text(text, encoding="utf-8")
