"""A setlist is a TOML file of cues; everything wrong with it is said when it is read, never at GO."""

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vj.core.errors import ControlError, SetlistError, nearest
from vj.core.params import Param
from vj.core.types import Cue, Duration, Mix, Value
from vj.engine.addresses import resolve_mix
from vj.engine.cues.looks import Looks
from vj.engine.cues.macros import Macros, MacroTarget
from vj.engine.cues.reading import Reader, class_pairs, finite, read_toml

_TOP = {"format", "title", "notes", "fade", "loop", "bundle", "loading", "director", "cue", "macros", "refine"}
_CUE = {"number", "name", "look", "bundle", "director", "classes", "fade", "follow", "notes", "seed", "set", "modulate"}
#: When bundles are loaded: all at the start, or each ahead of its cue.
LOADING = ("all", "ahead")
#: Seconds, beats or bars that anything may last: a day of seconds.
LONGEST = 86400.0
_UNITS = {"s": "s", "beat": "beats", "beats": "beats", "bar": "bars", "bars": "bars"}


@dataclass(frozen=True)
class Setlist:
    """Ordered cues, what the macros move, and the bundles they need. With `loop` the first cue follows the last.

    `ahead` loads a bundle when the cue before its own goes, and lets go of it afterwards, instead of all at the start.
    `words` say what a second stage is to paint for a class, in place of its name. It was read from the file `path`.
    """

    title: str = "Untitled"
    cues: tuple[Cue, ...] = ()
    macros: Macros = field(default_factory=dict)
    loop: bool = False
    ahead: bool = False
    words: Mapping[str, str] = field(default_factory=dict)
    path: Path | None = None

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
    table: Mapping[str, Param],
    classes_of: Callable[[str], Sequence[str]],
    default_bundle: str,
    looks: Looks | None = None,
) -> Setlist:
    """The setlist in `path`, checked against the parameter table, the looks and the classes of each bundle.

    Raises SetlistError that names file, cue and key.
    """
    document, reader = read_toml(path, "setlist"), _Cues(path, table, classes_of, looks or Looks({}, table))
    reader.check_keys(document, _TOP, "the top of the file")
    if document.get("format", 1) != 1:
        raise SetlistError(f"format {document['format']!r} is not known", str(path), "format = 1")
    entries = reader.sections("the top of the file", "cue", document)
    if not entries:
        raise SetlistError("no cues", str(path), "add at least one [[cue]]")
    if "director" in document:
        reader.value("the top of the file", "director", "/director/select", document["director"])
    cues = []
    for number, entry in zip(_numbers(path, entries), entries, strict=True):
        defaults: dict[str, Any] = {key: document[key] for key in ("fade", "bundle", "director") if key in document}
        if "look" in entry:
            defaults.pop("director", None)  # a look has its own
        cues.append(reader.cue({"bundle": default_bundle, **defaults, **entry, "number": number}))
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
    return Setlist(title, tuple(cues), macros, loop, loading == "ahead", words, path)


def _numbers(path: Path, entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """The cues' numbers: those given, and for the others the next whole one that is free. Raises SetlistError."""
    given, taken = [entry.get("number") for entry in entries], set[float | str]()
    for place, number in enumerate(given, 1):
        if number is None:
            continue
        if isinstance(number, bool) or not isinstance(number, str | int | float) or not _countable(number):
            raise SetlistError(f"{number!r} is no cue number", f"{path}, [[cue]] {place}", 'such as "1" or "1.5"')
        if _as_number(number) in taken:
            raise SetlistError(f"cue number {str(number)!r} is used twice", str(path), "give each cue its own number")
        taken.add(_as_number(number))
    last, numbers = 0, []
    for number in given:
        if number is None:
            last += 1
            while last in taken:
                last += 1
            taken.add(last)
        elif isinstance(key := _as_number(number), float):
            last = math.floor(key)
        numbers.append(str(last if number is None else number))
    return numbers


def _countable(number: Any) -> bool:
    """Whether a cue may have it: any word, and any number that there is."""
    return bool(number.strip()) if isinstance(number, str) else math.isfinite(number)


def _as_number(number: Any) -> float | str:
    """A cue's number to count on from, or as it stands if it is a word."""
    try:
        return float(number) if math.isfinite(float(number)) else str(number)
    except ValueError:
        return str(number)


class _Cues(Reader):
    """Turns TOML tables into cues and macros, saying where each mistake is."""

    def __init__(
        self, path: Path, table: Mapping[str, Param], classes_of: Callable[[str], Sequence[str]], looks: Looks
    ) -> None:
        super().__init__(path, table)
        self._classes_of = classes_of
        self._looks = looks

    def cue(self, entry: Mapping[str, Any]) -> Cue:
        """One [[cue]]; what it says itself comes before what its look says."""
        number = str(entry["number"])
        where = f"cue {number} ({entry.get('name', 'no name')})"
        self.check_keys(entry, _CUE, where)
        bundle = self.told(where, "bundle", entry)
        classes = self.at(where, "bundle", lambda: self._classes_of(bundle))
        values: dict[str, Value] = {"/model/select": bundle}
        modulated = [self.modulation(where, each) for each in self.sections(where, "modulate", entry)]
        moving = {m.address: m for m in modulated}
        modulations = tuple(moving.values())
        if "look" in entry:
            look: Cue = self.at(where, "look", lambda: self._looks.cue(self.told(where, "look", entry), classes))
            values |= look.values
            modulations += tuple(m for m in look.modulations if m.address not in moving)
        return Cue(
            number=number,
            name=self.told(where, "name", entry),
            values=values | self._own(where, entry, classes),
            fade=self.at(where, "fade", lambda: duration(entry.get("fade", 0))),
            notes=self.told(where, "notes", entry),
            follow=self.at(where, "follow", lambda: duration(entry["follow"])) if "follow" in entry else None,
            modulations=modulations,
        )

    def _own(self, where: str, entry: Mapping[str, Any], classes: Sequence[str]) -> dict[str, Value]:
        """The values a cue sets itself."""
        values: dict[str, Value] = {}
        if "director" in entry:
            values["/director/select"] = self.value(where, "director", "/director/select", entry["director"])
        if "classes" in entry:
            values["/model/mix"] = self.at(where, "classes", lambda: _mix(entry["classes"], classes))
        if "seed" in entry:
            values["/latent/seed"] = self.value(where, "seed", "/latent/seed", entry["seed"])
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
        self.check_keys(target, {"to", "range"}, where)
        param = self.param(where, "to", str(target.get("to", "")))
        if param.kind not in ("float", "int", "toggle"):
            hint = "it moves what has a range: see `vj osc list`"
            raise SetlistError(f"a macro cannot move {target['to']}", f"{self.path}, {where}, to", hint)
        low, high = self.at(where, "range", lambda: _range(target.get("range", [param.lo, param.hi]), param))
        return str(target["to"]), low, high


def _mix(said: Any, classes: Sequence[str]) -> Mix:
    """`classes` of a cue as class numbers and weights; raises ControlError."""
    pairs = class_pairs(said)
    for number in (name for name in pairs[::2] if isinstance(name, int)):
        if not 0 <= number < len(classes):
            raise ControlError(f"no class {number}", hint=f"0 to {len(classes) - 1}, or by name: see `vj classes`")
    return resolve_mix(pairs, classes)


def _range(ends: Any, param: Param) -> tuple[float, float]:
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
