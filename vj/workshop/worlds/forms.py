"""The worlds of the bundle, in the order of its classes. A new one is a file with ANCHOR and draw, and a line here."""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vj.generators.bundle.manifest import CLASS_WORDS
from vj.workshop.worlds import (
    aurora,
    bokeh,
    caustics,
    city,
    coral,
    crystal,
    deep,
    feathers,
    flame,
    glass,
    ink,
    mandala,
    marble,
    metal,
    moire,
    nebula,
    neon,
    oil,
    orbit,
    phyllotaxis,
    silk,
    smoke,
    weave,
    woodcut,
)
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


WORLDS: Mapping[str, World] = {
    "ink": World(ink.draw, ink.ANCHOR),
    "mandala": World(mandala.draw, mandala.ANCHOR),
    "metal": World(metal.draw, metal.ANCHOR),
    "neon": World(neon.draw, neon.ANCHOR),
    "nebula": World(nebula.draw, nebula.ANCHOR),
    "glass": World(glass.draw, glass.ANCHOR),
    "aurora": World(aurora.draw, aurora.ANCHOR),
    "coral": World(coral.draw, coral.ANCHOR),
    "woodcut": World(woodcut.draw, woodcut.ANCHOR),
    "flame": World(flame.draw, flame.ANCHOR),
    "marble": World(marble.draw, marble.ANCHOR),
    "bokeh": World(bokeh.draw, bokeh.ANCHOR),
    "deep": World(deep.draw, deep.ANCHOR),
    "orbit": World(orbit.draw, orbit.ANCHOR),
    "oil": World(oil.draw, oil.ANCHOR),
    "moire": World(moire.draw, moire.ANCHOR),
    "caustics": World(caustics.draw, caustics.ANCHOR),
    "weave": World(weave.draw, weave.ANCHOR),
    "phyllotaxis": World(phyllotaxis.draw, phyllotaxis.ANCHOR),
    "feathers": World(feathers.draw, feathers.ANCHOR),
    "silk": World(silk.draw, silk.ANCHOR),
    "smoke": World(smoke.draw, smoke.ANCHOR),
    "city": World(city.draw, city.ANCHOR),
    "crystal": World(crystal.draw, crystal.ANCHOR),
}


def write_words(folder: Path, names: Iterable[str]) -> None:
    """Write into the bundle in `folder` what each world of `names` is."""
    text = "".join(f"{name}: {WORLDS[name].words}\n" for name in names)
    (folder / CLASS_WORDS).write_text(text, encoding="utf-8")
