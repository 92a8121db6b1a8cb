"""A setlist is a TOML file of cues; everything wrong with it is said when it is read, never at GO."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vj.core.errors import ControlError, SetlistError, nearest
from vj.core.params import Param
from vj.core.types import Cue, Duration, Modulation, Value
from vj.engine.addresses import coerce, resolve_mix

_TOP = {"format", "title", "notes", "fade", "loop", "bundle", "director", "cue", "macros"}
_CUE = {"number", "name", "bundle", "director", "classes", "fade", "follow", "notes", "seed", "set", "modulate"}
_UNITS = {"s": "s", "beat": "beats", "beats": "beats", "bar": "bars", "bars": "bars"}

MacroTarget = tuple[str, float, float]
#: Macro number -> what it moves: address and the values at 0 and 1.
Macros = Mapping[int, tuple[MacroTarget, ...]]


@dataclass(frozen=True)
class Setlist:
    """Ordered cues, what the macros move, and the bundles they need. With `loop` the first cue follows the last."""

    title: str = "Untitled"
    cues: tuple[Cue, ...] = ()
    macros: Macros = field(default_factory=dict)
    loop: bool = False

    @property
    def bundles(self) -> tuple[str, ...]:
        """Names of the bundles the cues use, each once, in order."""
        return tuple(dict.fromkeys(str(c.values["/model/select"]) for c in self.cues if "/model/select" in c.values))


def duration(text: Any) -> Duration:
    """ "4 beats", "8 s", "2 bars" or a plain number of seconds; raises ControlError."""
    if isinstance(text, int | float) and not isinstance(text, bool) and text >= 0:
        return Duration(float(text))
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*", str(text))
    if not match or match[2] not in _UNITS:
        raise ControlError(f"{text!r} is not a length of time", hint='write it like "4 s", "4 beats" or "2 bars"')
    return Duration(float(match[1]), _UNITS[match[2]])  # type: ignore[arg-type]


def read_setlist(
    path: Path, table: Mapping[str, Param], classes_of: Callable[[str], Sequence[str]], default_bundle: str
) -> Setlist:
    """The setlist in `path`, checked against the parameter table and the classes of each bundle.

    Raises SetlistError that names file, cue and key.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SetlistError("the setlist cannot be read", str(path), str(error)) from error
    except tomllib.TOMLDecodeError as error:
        raise SetlistError(f"not valid TOML: {error}", str(path), "check quotes and brackets near there") from error
    reader = _Reader(path, table, classes_of)
    reader.check_keys(document, _TOP, "the top of the file")
    if not document.get("cue"):
        raise SetlistError("no cues", str(path), "add at least one [[cue]]")
    cues = []
    for entry in document["cue"]:
        defaults: dict[str, Any] = {key: document[key] for key in ("fade", "bundle", "director") if key in document}
        cues.append(reader.cue({"bundle": default_bundle, **defaults, **entry}))
    numbers = [cue.number for cue in cues]
    for number in numbers:
        if numbers.count(number) > 1:
            raise SetlistError(f"cue number {number!r} is used twice", str(path), "give each cue its own number")
    macros = reader.macros(document.get("macros", {}))
    return Setlist(str(document.get("title", path.stem)), tuple(cues), macros, bool(document.get("loop", False)))


class _Reader:
    """Turns TOML tables into cues, saying where each mistake is."""

    def __init__(self, path: Path, table: Mapping[str, Param], classes_of: Callable[[str], Sequence[str]]) -> None:
        self._path = path
        self._table = table
        self._classes_of = classes_of

    def check_keys(self, entry: Mapping[str, Any], known: set[str], where: str) -> None:
        for key in entry:
            if key not in known:
                raise SetlistError(f"unknown key {key!r}", f"{self._path}, {where}", nearest(key, known))

    def cue(self, entry: Mapping[str, Any]) -> Cue:
        number = str(entry.get("number", "?"))
        where = f"cue {number} ({entry.get('name', 'no name')})"
        self.check_keys(entry, _CUE, where)
        if "number" not in entry:
            raise SetlistError("a cue has no number", f"{self._path}, {where}", 'add number = "1"')
        values: dict[str, Value] = {"/model/select": str(entry["bundle"])}
        classes = self._at(where, "bundle", lambda: self._classes_of(str(entry["bundle"])))
        if "director" in entry:
            values["/director/select"] = self._value(where, "director", "/director/select", entry["director"])
        if "classes" in entry:
            values["/model/mix"] = self._at(where, "classes", lambda: resolve_mix(_pairs(entry["classes"]), classes))
        if "seed" in entry:
            values["/latent/seed"] = self._value(where, "seed", "/latent/seed", entry["seed"])
        for address, value in entry.get("set", {}).items():
            values[address] = self._value(where, "set", address, value)
        return Cue(
            number=number,
            name=str(entry.get("name", "")),
            values=values,
            fade=self._at(where, "fade", lambda: duration(entry.get("fade", 0))),
            notes=str(entry.get("notes", "")),
            follow=self._at(where, "follow", lambda: duration(entry["follow"])) if "follow" in entry else None,
            modulations=tuple(self._modulation(where, m) for m in entry.get("modulate", ())),
        )

    def macros(self, entries: Mapping[str, Any]) -> Macros:
        macros: dict[int, tuple[MacroTarget, ...]] = {}
        for key, targets in entries.items():
            where = f"[macros] {key}"
            if key not in {str(n) for n in range(1, 9)}:
                raise SetlistError(f"there is no macro {key!r}", f"{self._path}, {where}", "macros are 1 to 8")
            macros[int(key)] = tuple(self._macro_target(where, target) for target in targets)
        return macros

    def _macro_target(self, where: str, target: Mapping[str, Any]) -> MacroTarget:
        self.check_keys(target, {"to", "range"}, where)
        param = self._param(where, "to", str(target.get("to", "")))
        low, high = self._at(where, "range", lambda: [float(x) for x in target.get("range", (param.lo, param.hi))])
        return str(target["to"]), low, high

    def _modulation(self, where: str, entry: Mapping[str, Any]) -> Modulation:
        self.check_keys(entry, {"from", "to", "amount"}, where)
        self._param(where, "modulate", str(entry.get("to", "")))
        if not re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", str(entry.get("from", ""))):
            raise SetlistError(
                f"{entry.get('from')!r} is no feature", f"{self._path}, {where}, modulate", 'such as "bands.bass.level"'
            )
        return Modulation(str(entry["from"]), str(entry["to"]), float(entry.get("amount", 1.0)))

    def _param(self, where: str, key: str, address: str) -> Param:
        if address not in self._table:
            hint = nearest(address, self._table)
            raise SetlistError(f"no parameter {address!r}", f"{self._path}, {where}, {key}", hint)
        return self._table[address]

    def _value(self, where: str, key: str, address: str, value: Any) -> Value:
        param = self._param(where, key, address)
        checked: Value = self._at(where, key, lambda: coerce(param, (value,)))
        return checked

    def _at(self, where: str, key: str, make: Callable[[], Any]) -> Any:
        """What `make` returns; its errors gain file, cue and key."""
        try:
            return make()
        except SetlistError:
            raise
        except (ControlError, ValueError, TypeError, KeyError) as error:
            hint = error.hint if isinstance(error, ControlError) else ""
            what = error.what if isinstance(error, ControlError) else str(error)
            raise SetlistError(what, f"{self._path}, {where}, {key}", hint) from error


def _pairs(classes: Any) -> list[Any]:
    """classes = "ink" | ["ink", "aurora"] | { ink = 0.7, aurora = 0.3 } as flat name-weight arguments."""
    if isinstance(classes, Mapping):
        return [part for name, weight in classes.items() for part in (name, float(weight))]
    if isinstance(classes, str | int):
        return [classes, 1.0]
    return [part for name in classes for part in (name, 1.0 / len(classes))]
