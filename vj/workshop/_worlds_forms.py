"""The worlds of the bundle, in the order of its classes. A new one is a file with ANCHOR and draw, and a line here."""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vj.generators._bundle import CLASS_WORDS
from vj.workshop import (
    _world_aurora,
    _world_bokeh,
    _world_caustics,
    _world_city,
    _world_coral,
    _world_crystal,
    _world_deep,
    _world_feathers,
    _world_flame,
    _world_glass,
    _world_ink,
    _world_mandala,
    _world_marble,
    _world_metal,
    _world_moire,
    _world_nebula,
    _world_neon,
    _world_oil,
    _world_orbit,
    _world_phyllotaxis,
    _world_silk,
    _world_smoke,
    _world_weave,
    _world_woodcut,
)
from vj.workshop._worlds_palette import Anchor, Fields
from vj.workshop._worlds_stage import Stage


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
    "ink": World(_world_ink.draw, _world_ink.ANCHOR),
    "mandala": World(_world_mandala.draw, _world_mandala.ANCHOR),
    "metal": World(_world_metal.draw, _world_metal.ANCHOR),
    "neon": World(_world_neon.draw, _world_neon.ANCHOR),
    "nebula": World(_world_nebula.draw, _world_nebula.ANCHOR),
    "glass": World(_world_glass.draw, _world_glass.ANCHOR),
    "aurora": World(_world_aurora.draw, _world_aurora.ANCHOR),
    "coral": World(_world_coral.draw, _world_coral.ANCHOR),
    "woodcut": World(_world_woodcut.draw, _world_woodcut.ANCHOR),
    "flame": World(_world_flame.draw, _world_flame.ANCHOR),
    "marble": World(_world_marble.draw, _world_marble.ANCHOR),
    "bokeh": World(_world_bokeh.draw, _world_bokeh.ANCHOR),
    "deep": World(_world_deep.draw, _world_deep.ANCHOR),
    "orbit": World(_world_orbit.draw, _world_orbit.ANCHOR),
    "oil": World(_world_oil.draw, _world_oil.ANCHOR),
    "moire": World(_world_moire.draw, _world_moire.ANCHOR),
    "caustics": World(_world_caustics.draw, _world_caustics.ANCHOR),
    "weave": World(_world_weave.draw, _world_weave.ANCHOR),
    "phyllotaxis": World(_world_phyllotaxis.draw, _world_phyllotaxis.ANCHOR),
    "feathers": World(_world_feathers.draw, _world_feathers.ANCHOR),
    "silk": World(_world_silk.draw, _world_silk.ANCHOR),
    "smoke": World(_world_smoke.draw, _world_smoke.ANCHOR),
    "city": World(_world_city.draw, _world_city.ANCHOR),
    "crystal": World(_world_crystal.draw, _world_crystal.ANCHOR),
}


def write_words(folder: Path, names: Iterable[str]) -> None:
    """Write into the bundle in `folder` what each world of `names` is."""
    text = "".join(f"{name}: {WORLDS[name].words}\n" for name in names)
    (folder / CLASS_WORDS).write_text(text, encoding="utf-8")
