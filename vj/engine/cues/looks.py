"""A look is a whole taste in one file: director, classes, palette, chain, and what in it follows the sound.

    title = "Ember Drum"                    mood, use: words for the performer
    sections = ["drop", "groove"]           for the autopilot: where it belongs, and energy and light, 0..1
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

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from vj.core.errors import ControlError, SetlistError, nearest
from vj.core.params import AnyParam
from vj.core.types import Cue, Duration, Modulation, Value
from vj.engine.addresses import resolve_mix
from vj.engine.cues.reading import Reader, class_pairs, finite, read_toml
from vj.engine.finish.effects import ROOT, is_effect
from vj.features.state import Name

_KEYS = {"title", "mood", "use", "sections", "energy", "light", "director", "classes", "set", "fx", "modulate"}
#: The look that is none: everything at its default.
NONE = "none"
#: How long a look chosen by hand takes to come.
FADE = Duration(2.0, "beats")


@dataclass(frozen=True)
class Look:
    """One look as read. `classes` are name and weight by turns, of a bundle that may or may not have them.

    `sections`, `energy` and `light` (0..1) say what it is for; () and None leave that to be guessed.
    """

    name: str
    title: str = ""
    mood: str = ""
    use: str = ""
    classes: tuple[Any, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)
    modulations: tuple[Modulation, ...] = ()
    sections: tuple[str, ...] = ()
    energy: float | None = None
    light: float | None = None


class Looks:
    """All looks there are, by name. `table` is the table of all parameters; `broken` are the looks that cannot be
    read, and why."""

    def __init__(
        self, looks: Mapping[str, Look], table: Mapping[str, AnyParam], broken: Mapping[str, SetlistError] | None = None
    ) -> None:
        self.broken = dict(broken or {})
        self._looks = {NONE: Look(NONE, "None"), **looks}
        said = {address for look in looks.values() for address in look.values}
        ours = {a for a in table if is_effect(a)} | {f"{ROOT}/close", f"{ROOT}/states"}
        self._rest: dict[str, Value] = {a: p.default for a, p in table.items() if a in said | ours}

    @property
    def names(self) -> tuple[str, ...]:
        """Of all looks, the one that is none first."""
        return tuple(self._looks)

    def __getitem__(self, name: str) -> Look:
        if name in self.broken and name not in self._looks:
            error = self.broken[name]
            raise ControlError(f"the look {name!r} is broken: {error.what}", error.where, error.hint)
        if name not in self._looks:
            raise ControlError(f"no look {name!r}", hint=nearest(name, self._looks))
        return self._looks[name]

    def having(self, look: Look, table: Mapping[str, AnyParam]) -> "Looks":
        """These looks and `look`, which takes the place of any other of its name."""
        others = {name: known for name, known in self._looks.items() if name != NONE}
        broken = {name: error for name, error in self.broken.items() if name != look.name}
        return Looks({**others, look.name: look}, table, broken)

    def cue(self, name: str, classes: Sequence[str], fade: Duration = FADE) -> Cue:
        """The look as a cue, for a bundle with these classes: those it has take the place of those it lacks, and with
        none of them it keeps what it shows.

        Raises ControlError for a name there is not, and for a look that is broken.
        """
        look, ours = self[name], {own.casefold(): own for own in classes}
        values = {**self._rest, **look.values, "/look": name}
        pairs = [
            (str(said).casefold(), float(x)) for said, x in zip(look.classes[::2], look.classes[1::2], strict=True)
        ]
        known = [(ours[said], weight) for said, weight in pairs if said in ours]
        if known:
            share = sum(weight for _, weight in known)
            grown = sum(weight for _, weight in pairs) / share if share else 1.0
            values["/model/mix"] = resolve_mix([part for own, x in known for part in (own, x * grown)], classes)
        return Cue("", look.title, values, fade, modulations=look.modulations)


def read_looks(
    files: Mapping[str, Path] | Sequence[Path],
    table: Mapping[str, AnyParam],
    classes: Collection[str] | None = None,
    lenient: Collection[Path] = (),
) -> Looks:
    """The looks in some files, by name, or in some folders, later ones before earlier ones of the same name.

    Raises SetlistError, but for what lies in the `lenient` folders: there a broken look stands in nobody's way until it
    is asked for. `classes` as in `read_look`.
    """
    if not isinstance(files, Mapping):
        files = {path.stem: path for folder in files for path in sorted(folder.glob("*.toml"))}
    found: dict[str, Look] = {}
    broken: dict[str, SetlistError] = {}
    for name, path in files.items():
        try:
            found[name] = read_look(path, table, classes)
        except SetlistError as error:
            if path.parent not in lenient:
                raise
            broken[name] = error
    return Looks(found, table, broken)


def read_look(path: Path, table: Mapping[str, AnyParam], classes: Collection[str] | None = None) -> Look:
    """The look in one file; raises SetlistError that names file and key.

    `classes` are all class names there are, of any bundle; None if nobody knows.
    """
    return look_of(read_toml(path, "look"), path, table, classes)


def look_of(
    document: Mapping[str, Any], path: Path, table: Mapping[str, AnyParam], classes: Collection[str] | None = None
) -> Look:
    """The look in `document`, which lies at `path`; raises SetlistError as `read_look` does."""
    reader, where = Reader(path, table), "the look"
    reader.check_keys(document, _KEYS, where)
    if path.stem == NONE:
        raise SetlistError("a look cannot be called none", str(path), "choose another name for the file")
    values: dict[str, Value] = {}
    if "director" in document:
        values["/director/select"] = reader.value(where, "director", "/director/select", document["director"])
    fx = _flat(reader.section(where, "fx", document))
    for address, value in {**reader.section(where, "set", document), **fx}.items():
        values[address] = reader.value(where, "set", address, value)
    return Look(
        name=path.stem,
        title=reader.words(document, "title", path.stem),
        mood=reader.words(document, "mood"),
        use=reader.words(document, "use"),
        classes=tuple(reader.at(where, "classes", lambda: _classes(document, classes))),
        values=values,
        modulations=tuple(reader.modulation(where, entry) for entry in reader.sections(where, "modulate", document)),
        sections=reader.at(where, "sections", lambda: _sections(document.get("sections", []))),
        energy=reader.at(where, "energy", lambda: _part(document.get("energy"))),
        light=reader.at(where, "light", lambda: _part(document.get("light"))),
    )


def _sections(said: Any) -> tuple[str, ...]:
    """States of the music; raises ControlError."""
    if not isinstance(said, list):
        raise ControlError(f"{said!r} is no list", hint='such as ["groove", "drop"]')
    for name in said:
        if name not in get_args(Name):
            raise ControlError(f"{name!r} is no section", hint=nearest(str(name), get_args(Name)))
    return tuple(said)


def _part(said: Any) -> float | None:
    """A number 0..1, if one is said; raises ControlError."""
    if said is None:
        return None
    if not 0.0 <= (number := finite(said)) <= 1.0:
        raise ControlError(f"{said!r} is out of range", hint="0 to 1")
    return number


def _classes(document: Mapping[str, Any], known: Collection[str] | None) -> list[Any]:
    """Name and weight by turns; a look, which may meet any bundle, has no numbers of classes."""
    pairs = class_pairs(document["classes"]) if "classes" in document else []
    there = None if known is None else {name.casefold() for name in known}
    for name in pairs[::2]:
        if not isinstance(name, str):
            raise ControlError(f"{name!r} is no name of a class", hint="a look names its classes: see `vj classes`")
        if there is not None and name.casefold() not in there:
            assert known is not None
            raise ControlError(f"no class {name!r} in any bundle", hint=f"{nearest(name, known)} (see `vj classes`)")
    return pairs


def _flat(fx: Mapping[str, Any]) -> dict[str, Any]:
    """[fx.bloom] gain = 0.2 as "/fx/bloom/gain"."""
    values: dict[str, Any] = {}
    for name, entry in fx.items():
        if isinstance(entry, Mapping):
            values |= {f"{ROOT}/{name}/{key}": value for key, value in entry.items()}
        else:
            values[f"{ROOT}/{name}"] = entry
    return values
