"""The pictures, clips and fonts that the layers of a film may show."""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from vj.apps.recorded import Script
from vj.apps.render.crew.blobs import sha_of
from vj.core.types import Value
from vj.engine.desk import Desk
from vj.engine.layers.asking import ROOT
from vj.engine.show import Show


def shown(show: Show, desk: Desk, script: Script) -> dict[str, Path]:
    """Name -> file of those that anything names: what is on, a cue, a preset, or what was done."""
    if show.layering is None:
        return {}
    words = {str(word).strip().casefold() for word in _named(desk, script)}
    return {
        name: Path(path)
        for name, path in show.layering.files.items()
        if words & {name.casefold(), str(PurePosixPath(name).with_suffix("")).casefold()}
    }


def signed(files: Mapping[str, Path]) -> list[tuple[str, str]]:
    """Their names and what is in them."""
    return [(name, sha_of(path)) for name, path in sorted(files.items()) if path.is_file()]


def _named(desk: Desk, script: Script) -> Iterator[Value]:
    """Whatever is said to a layer."""
    told = [desk.shown, *(cue.values for cue in desk.setlist.cues), *(p.values for p in desk.presets.presets.values())]
    told += [desk.taste[name].values for name in desk.taste.names]
    for values in told:
        yield from (value for address, value in values.items() if address.startswith(f"{ROOT}/"))
    for _, event in script:
        if event.address.startswith(f"{ROOT}/"):
            yield from event.args
