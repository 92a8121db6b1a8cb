"""A setlist is a TOML file of cues; everything wrong with it is said when it is read, never at GO."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vj.core.curves import CURVES
from vj.core.errors import ControlError, SetlistError, nearest
from vj.core.params import AnyParam
from vj.core.types import Cue, Duration, Mix, Value
from vj.engine.addresses import resolve_mix
from vj.engine.cues.layering import layers_of
from vj.engine.cues.looks import NONE, Looks
from vj.engine.cues.macros import Macros, MacroTarget
from vj.engine.cues.numbering import numbers_of
from vj.engine.cues.presets import Preset, Presets, find, plain, whole
from vj.engine.cues.reading import Reader, class_pairs, finite, read_toml
from vj.engine.timing.chase import code

_TOP = {
    "format",
    "title",
    "notes",
    "fade",
    "loop",
    "bundle",
    "loading",
    "director",
    "cue",
    "macros",
    "refine",
    "outputs",
}
_CUE = {
    "number", "name", "look", "preset", "whole", "bundle", "director", "classes", "fade", "follow", "at", "notes",
    "seed", "layer", "set", "modulate",
}  # fmt: skip
#: What a cue may go by that has a director of its own.
_FREE = frozenset(("look", "preset", "whole"))
#: When bundles are loaded: all at the start, or each ahead of its cue.
LOADING = ("all", "ahead")
#: Seconds, beats or bars that anything may last: a day of seconds.
LONGEST = 86400.0
_UNITS = {"s": "s", "beat": "beats", "beats": "beats", "bar": "bars", "bars": "bars"}


@dataclass(frozen=True)
class Setlist:
    """Ordered cues, what the macros move, and the bundles they need. With `loop` the first cue follows the last.

    `ahead` loads a bundle when the cue before its own goes, and lets go of it afterwards, instead of all at the start.
    `words` say what a second stage is to paint for a class, in place of its name.
    It was read from `document`, which lies at `path`, None for one that lies nowhere yet.
    """

    title: str = "Untitled"
    cues: tuple[Cue, ...] = ()
    macros: Macros = field(default_factory=dict)
    loop: bool = False
    ahead: bool = False
    words: Mapping[str, str] = field(default_factory=dict)
    path: Path | None = field(default=None, compare=False)
    document: Mapping[str, Any] = field(default_factory=dict)

    @property
    def bundles(self) -> tuple[str, ...]:
        """Names of the bundles the cues use, each once, in order."""
        return tuple(dict.fromkeys(str(c.values["/model/select"]) for c in self.cues if "/model/select" in c.values))


def duration(text: Any) -> Duration:
    """ "4 beats", "8 s", "2 bars" or a plain number of seconds; raises ControlError."""
    if isinstance(text, int | float) and not isinstance(text, bool) and 0 <= text <= LONGEST:
        return Duration(float(text))
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*", str(text))
    if not match or match[2] not in _UNITS or float(match[1]) > LONGEST:
        raise ControlError(f"{text!r} is not a length of time", hint='write it like "4 s", "4 beats" or "2 bars"')
    return Duration(float(match[1]), _UNITS[match[2]])  # type: ignore[arg-type]


def read_setlist(
    path: Path,
    table: Mapping[str, AnyParam],
    classes_of: Callable[[str], Sequence[str]],
    default_bundle: str,
    looks: Looks | None = None,
    presets: Presets | None = None,
) -> Setlist:
    """The setlist in the file `path`, as `setlist_of` makes it; raises SetlistError."""
    return setlist_of(read_toml(path, "setlist"), path, table, classes_of, default_bundle, looks, presets)


def setlist_of(
    document: Mapping[str, Any],
    path: Path | None,
    table: Mapping[str, AnyParam],
    classes_of: Callable[[str], Sequence[str]],
    default_bundle: str,
    looks: Looks | None = None,
    presets: Presets | None = None,
    before: Setlist | None = None,
) -> Setlist:
    """The setlist in `document`, which lies at `path`, checked against the parameter table, looks and presets, and the
    classes of each bundle. Cues that are as they were in `before`, read with the same of these, are not read again.

    Raises SetlistError that names file, cue and key.
    """
    lies, path = path, path or Path("the setlist")
    reader = _Cues(path, table, classes_of, looks or Looks({}, table), presets or {})
    reader.check_keys(document, _TOP, "the top of the file")
    if document.get("format", 1) != 1:
        raise SetlistError(f"format {document['format']!r} is not known", str(path), "format = 1")
    entries = reader.sections("the top of the file", "cue", document)
    if not entries:
        raise SetlistError("no cues", str(path), "add at least one [[cue]]")
    if "director" in document:
        reader.value("the top of the file", "director", "/director/select", document["director"])
    cues, known = [], _known(before, document)
    for number, entry in zip(numbers_of(path, entries), entries, strict=True):
        if number in known and known[number][0] == _unnumbered(entry):
            cues.append(known[number][1])
            continue
        defaults: dict[str, Any] = {key: document[key] for key in ("fade", "bundle", "director") if key in document}
        defaults.setdefault("bundle", default_bundle)
        if not _FREE.isdisjoint(entry):
            defaults.pop("director", None)  # looks and presets have their own
        if "preset" in entry:
            del defaults["bundle"]
        cues.append(reader.cue({**defaults, **entry, "number": number}))
    macros = reader.macros(reader.section("the top of the file", "macros", document))
    loading = document.get("loading", LOADING[0])
    if loading not in LOADING:
        raise SetlistError(f"loading is {loading!r}", str(path), f"write one of {', '.join(LOADING)}")
    if not isinstance(document.get("loop", False), bool):
        raise SetlistError(f"loop is {document['loop']!r}", str(path), "write true or false")
    title, loop = reader.words(document, "title", path.stem), bool(document.get("loop", False))
    bundles = {str(cue.values["/model/select"]) for cue in cues}
    classes = {name for bundle in bundles for name in classes_of(bundle)}
    words = reader.prompts(reader.section("the top of the file", "refine", document), classes)
    return Setlist(title, tuple(cues), macros, loop, loading == "ahead", words, lies, document)


def _known(before: Setlist | None, document: Mapping[str, Any]) -> dict[str, tuple[Any, Cue]]:
    """Number -> entry and cue of those of `before` that mean the same in `document`."""
    if before is None or any(before.document.get(key) != document.get(key) for key in ("fade", "bundle", "director")):
        return {}
    pairs = zip(before.document.get("cue", ()), before.cues, strict=False)
    return {cue.number: (_unnumbered(entry), cue) for entry, cue in pairs}


def _unnumbered(entry: Mapping[str, Any]) -> dict[str, Any]:
    """`entry` without its number, which is written down once it is counted."""
    return {key: value for key, value in entry.items() if key != "number"}


class _Cues(Reader):
    """Turns TOML tables into cues and macros, saying where each mistake is."""

    def __init__(
        self,
        path: Path,
        table: Mapping[str, AnyParam],
        classes_of: Callable[[str], Sequence[str]],
        looks: Looks,
        presets: Presets,
    ) -> None:
        super().__init__(path, table)
        self._table = table
        self._classes_of = classes_of
        self._looks = looks
        self._presets = presets

    def cue(self, entry: Mapping[str, Any]) -> Cue:
        """One [[cue]]; what it says itself comes before what its look says."""
        number = str(entry["number"])
        where = f"cue {number} ({entry.get('name', 'no name')})"
        self.check_keys(entry, _CUE, where)
        kept = self.at(where, "preset", lambda: self._preset(where, entry))
        bundle = self.told(where, "bundle", entry) or kept.bundle
        classes = self.at(where, "bundle", lambda: self._classes_of(bundle))
        values: dict[str, Value] = {"/model/select": bundle}
        modulated = [self.modulation(where, each) for each in self.sections(where, "modulate", entry)]
        moving = {m.address: m for m in modulated}
        modulations = tuple(moving.values())
        under = self.at(where, "look", lambda: self._under(where, entry, kept, classes))
        if under is not None:
            values = {**under.values, **values}
            modulations += tuple(m for m in under.modulations if m.address not in moving)
        return Cue(
            number=number,
            name=self.told(where, "name", entry),
            values=values | self._own(where, entry, classes),
            fade=self.at(where, "fade", lambda: duration(entry.get("fade", 0))),
            notes=self.told(where, "notes", entry),
            follow=self.at(where, "follow", lambda: duration(entry["follow"])) if "follow" in entry else None,
            modulations=modulations,
            at=self.at(where, "at", lambda: code(str(entry["at"]))) if "at" in entry else None,
        )

    def _preset(self, where: str, entry: Mapping[str, Any]) -> Preset:
        """The preset that a cue names; an empty one if it names none. Raises ControlError."""
        if "preset" not in entry:
            return Preset()
        if "look" in entry:
            raise ControlError("a preset has a look already", hint="leave out look or preset")
        slot = find(self._presets, self.told(where, "preset", entry))
        return self._presets[slot]

    def _under(self, where: str, entry: Mapping[str, Any], kept: Preset, classes: Sequence[str]) -> Cue | None:
        """What a cue goes by where it says nothing itself: its preset or look, all of it or, where it is whole, the
        rest that makes the picture too. Raises ControlError."""
        all_of_it = entry.get("whole", False)
        if not isinstance(all_of_it, bool):
            raise ControlError(f"whole is {all_of_it!r}", hint="write true or false")
        if "preset" in entry:
            return whole(kept, self._table, self._looks, classes)
        look = self.told(where, "look", entry)
        if all_of_it:
            return plain(look or NONE, self._table, self._looks, classes)
        return self._looks.cue(look, classes) if look or "look" in entry else None

    def _own(self, where: str, entry: Mapping[str, Any], classes: Sequence[str]) -> dict[str, Value]:
        """The values a cue sets itself."""
        values: dict[str, Value] = {}
        if "director" in entry:
            values["/director/select"] = self.value(where, "director", "/director/select", entry["director"])
        if "classes" in entry:
            values["/model/mix"] = self.at(where, "classes", lambda: _mix(entry["classes"], classes))
        if "seed" in entry:
            values["/latent/seed"] = self.value(where, "seed", "/latent/seed", entry["seed"])
        values |= layers_of(self, where, entry)
        for address, value in self.section(where, "set", entry).items():
            values[address] = self.value(where, "set", address, value)
        return values

    def prompts(self, entries: Mapping[str, Any], classes: Collection[str]) -> Mapping[str, str]:
        """[refine.prompts]: class -> what to paint for it."""
        self.check_keys(entries, {"prompts"}, "[refine]")
        words: dict[str, str] = {}
        for name, text in self.section("[refine]", "prompts", entries).items():
            if name not in classes:
                where = f"{self.path}, [refine.prompts]"
                raise SetlistError(f"no class {name!r} in any bundle of this setlist", where, nearest(name, classes))
            words[name] = self.told("[refine.prompts]", name, {name: text})
        return words

    def macros(self, entries: Mapping[str, Any]) -> Macros:
        """[macros]: number -> what it moves."""
        macros: dict[int, tuple[MacroTarget, ...]] = {}
        for key, targets in entries.items():
            where = f"[macros] {key}"
            if key not in {str(n) for n in range(1, 9)}:
                raise SetlistError(f"there is no macro {key!r}", f"{self.path}, {where}", "macros are 1 to 8")
            moved = self.sections(where, "targets", {"targets": targets})
            if not moved:
                raise SetlistError("it moves nothing", f"{self.path}, {where}", '[{ to = "/latent/psi" }]')
            macros[int(key)] = tuple(self._macro_target(where, target) for target in moved)
        return macros

    def _macro_target(self, where: str, target: Mapping[str, Any]) -> MacroTarget:
        self.check_keys(target, {"to", "range", "curve"}, where)
        param = self.param(where, "to", str(target.get("to", "")))
        if param.kind not in ("float", "int", "toggle"):
            hint = "it moves what has a range: see `vj osc list`"
            raise SetlistError(f"a macro cannot move {target['to']}", f"{self.path}, {where}, to", hint)
        low, high = self.at(where, "range", lambda: _range(target.get("range", [param.lo, param.hi]), param))
        if (curve := target.get("curve", "")) and curve not in CURVES:
            raise SetlistError(f"no curve {curve!r}", f"{self.path}, {where}, curve", nearest(str(curve), CURVES))
        return (str(target["to"]), low, high, curve) if curve else (str(target["to"]), low, high)


def _mix(said: Any, classes: Sequence[str]) -> Mix:
    """`classes` of a cue as class numbers and weights, none for {}; raises ControlError."""
    if said == {}:
        return ()
    pairs = class_pairs(said)
    for number in (name for name in pairs[::2] if isinstance(name, int)):
        if not 0 <= number < len(classes):
            raise ControlError(f"no class {number}", hint=f"0 to {len(classes) - 1}, or by name: see `vj classes`")
    return resolve_mix(pairs, classes)


def _range(ends: Any, param: AnyParam) -> tuple[float, float]:
    """Both ends of what a macro moves, the lower first, in the range of `param`; raises ControlError."""
    if not isinstance(ends, list) or len(ends) != 2:
        raise ControlError(f"{ends!r} is no range", hint=f"two numbers, such as [{param.lo:g}, {param.hi:g}]")
    low, high = (finite(end) for end in ends)
    if not param.lo <= min(low, high) <= max(low, high) <= param.hi:
        hint = f"{param.lo:g} to {param.hi:g} {param.unit}".rstrip()
        raise ControlError(f"[{low:g}, {high:g}] is out of range", hint=hint)
    if low >= high:
        hint = "the lower end comes first; a knob is turned round by the range of its MIDI map"
        raise ControlError(f"[{low:g}, {high:g}] is no range", hint=hint)
    return low, high
