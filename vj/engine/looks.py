"""A look is a whole taste in one file: director, classes, palette, chain, and what in it follows the sound.

    title = "Ember Drum"                    mood, use: words for the performer
    director = "pulse"
    classes = { flame = 0.6, metal = 0.4 }
    set = { "/latent/psi" = 0.8 }           any parameter
    [fx.history]                            any effect of the finishing chain: /fx/history/...
    mode = "lighten"
    [[modulate]]                            attack and release in seconds, for what belongs to the chain
    from = "bands.bass.hits"
    to = "/fx/bloom/gain"
    amount = 0.2

What a look does not say is at its default, so one look leaves nothing behind in the next. Everything wrong with a look
is said when it is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vj.core.errors import ControlError, SetlistError, nearest
from vj.core.params import Param
from vj.core.types import Cue, Duration, Modulation, Value
from vj.engine.addresses import resolve_mix
from vj.engine.effects import ROOT, is_effect
from vj.engine.reading import Reader, class_pairs, read_toml

_KEYS = {"title", "mood", "use", "director", "classes", "set", "fx", "modulate"}
#: The look that is none: everything at its default.
NONE = "none"
#: How long a look chosen by hand takes to come.
FADE = Duration(2.0, "beats")


@dataclass(frozen=True)
class Look:
    """One look as read. `classes` are name and weight by turns, of a bundle that may or may not have them."""

    name: str
    title: str = ""
    mood: str = ""
    use: str = ""
    classes: tuple[Any, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)
    modulations: tuple[Modulation, ...] = ()


class Looks:
    """All looks there are, by name. `table` is the table of all parameters."""

    def __init__(self, looks: Mapping[str, Look], table: Mapping[str, Param]) -> None:
        self._looks = {NONE: Look(NONE, "None"), **looks}
        said = {address for look in looks.values() for address in look.values}
        ours = {a for a in table if is_effect(a)} | {f"{ROOT}/close", f"{ROOT}/states"}
        self._rest: dict[str, Value] = {a: p.default for a, p in table.items() if a in said | ours}

    @property
    def names(self) -> tuple[str, ...]:
        """Of all looks, the one that is none first."""
        return tuple(self._looks)

    def __getitem__(self, name: str) -> Look:
        if name not in self._looks:
            raise ControlError(f"no look {name!r}", hint=nearest(name, self._looks))
        return self._looks[name]

    def cue(self, name: str, classes: Sequence[str], fade: Duration = FADE) -> Cue:
        """The look as a cue, for a bundle with these classes: those it has take the place of those it lacks, and with
        none of them it keeps what it shows.

        Raises ControlError for a name there is not.
        """
        look = self[name]
        values = {**self._rest, **look.values, "/look": name}
        pairs = list(zip(look.classes[::2], look.classes[1::2], strict=True))
        known = [pair for pair in pairs if pair[0] in classes]
        if known:
            whole = sum(float(weight) for _, weight in pairs) / sum(float(weight) for _, weight in known)
            shared = [part for name, weight in known for part in (name, float(weight) * whole)]
            values["/model/mix"] = resolve_mix(shared, classes)
        return Cue("", look.title, values, fade, modulations=look.modulations)


def read_looks(folders: Sequence[Path], table: Mapping[str, Param]) -> Looks:
    """The looks in some folders, later ones before earlier ones of the same name. Raises SetlistError."""
    files = {path.stem: path for folder in folders for path in sorted(folder.glob("*.toml"))}
    return Looks({name: read_look(path, table) for name, path in files.items()}, table)


def read_look(path: Path, table: Mapping[str, Param]) -> Look:
    """The look in one file; raises SetlistError that names file and key."""
    document, reader, where = read_toml(path, "look"), Reader(path, table), "the look"
    reader.check_keys(document, _KEYS, where)
    if path.stem == NONE:
        raise SetlistError("a look cannot be called none", str(path), "choose another name for the file")
    values: dict[str, Value] = {}
    if "director" in document:
        values["/director/select"] = reader.value(where, "director", "/director/select", document["director"])
    for address, value in {**document.get("set", {}), **_flat(document.get("fx", {}))}.items():
        values[address] = reader.value(where, "set", address, value)
    return Look(
        name=path.stem,
        title=str(document.get("title", path.stem)),
        mood=str(document.get("mood", "")),
        use=str(document.get("use", "")),
        classes=tuple(class_pairs(document["classes"])) if "classes" in document else (),
        values=values,
        modulations=tuple(reader.modulation(where, entry) for entry in document.get("modulate", ())),
    )


def _flat(fx: Mapping[str, Any]) -> dict[str, Any]:
    """[fx.bloom] gain = 0.2 as "/fx/bloom/gain"."""
    values: dict[str, Any] = {}
    for name, entry in fx.items():
        if isinstance(entry, Mapping):
            values |= {f"{ROOT}/{name}/{key}": value for key, value in entry.items()}
        else:
            values[f"{ROOT}/{name}"] = entry
    return values
