"""Reads TOML that performers write, and says of every mistake which file, which entry and which key."""

import math
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from vj.core.curves import CURVES
from vj.core.errors import ControlError, SetlistError, VjError, nearest
from vj.core.params import AnyParam
from vj.core.types import Modulation, Value
from vj.core.written import parse_toml
from vj.engine.addresses import coerce
from vj.engine.finish.effects import is_effect
from vj.engine.sources import LFOS, numbers

#: Weights of classes lie within plus and minus this.
MOST_WEIGHT = 100.0
#: What has a key of its own, and is not to be set by address.
_OWN_KEYS = {
    "/model/select": 'bundle = "worlds"',
    "/model/class": 'classes = "ink"',
    "/model/mix": "classes = { ink = 0.7, aurora = 0.3 }",
    "/look": 'look = "dawn"',
}


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """The document in `path`, which is a `what`; raises SetlistError."""
    return parsed(read_text(path, what), path)


def read_text(path: Path, what: str) -> str:
    """The text in `path`, which is a `what`; raises SetlistError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SetlistError(f"the {what} cannot be read", str(path), str(error)) from error


def parsed(text: str, path: Path) -> dict[str, Any]:
    """The document in `text`, which lies at `path`; raises SetlistError."""
    try:
        return parse_toml(text)
    except tomllib.TOMLDecodeError as error:
        raise SetlistError(f"not valid TOML: {error}", str(path), "check quotes and brackets near there") from error


class Reader:
    """Checks the entries of one file against the parameter table."""

    def __init__(self, path: Path, table: Mapping[str, AnyParam]) -> None:
        self.path = path
        self._table = table

    def check_keys(self, entry: Mapping[str, Any], known: set[str], where: str) -> None:
        """Raise SetlistError for a key that is not `known`."""
        for key in entry:
            if key not in known:
                raise SetlistError(f"unknown key {key!r}", f"{self.path}, {where}", nearest(key, known))

    def words(self, entry: Mapping[str, Any], key: str, otherwise: str = "") -> str:
        """The words at `key` of an entry at the top of the file."""
        text = entry.get(key, otherwise)
        if not isinstance(text, str):
            raise SetlistError(f"{text!r} are no words", f"{self.path}, {key}", f'write {key} = "..."')
        return text

    def told(self, where: str, key: str, entry: Mapping[str, Any]) -> str:
        """The words at `key` of an entry at `where`, "" if there are none; a whole number will do for words."""
        text = entry.get(key, "")
        if isinstance(text, bool) or not isinstance(text, str | int):
            raise SetlistError(f"{text!r} are no words", f"{self.path}, {where}, {key}", f'write {key} = "..."')
        return str(text)

    def section(self, where: str, key: str, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        """The table at `key`, or an empty one."""
        found = entry.get(key, {})
        if not isinstance(found, Mapping):
            raise SetlistError(f"{key} is {found!r}", f"{self.path}, {where}", f"it is a table: {key} = {{ ... }}")
        return found

    def sections(self, where: str, key: str, entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The tables at [[key]], none if there are none."""
        found = entry.get(key, [])
        if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
            raise SetlistError(f"{key} is {found!r}", f"{self.path}, {where}", f"write [[{key}]] over each")
        return found

    def param(self, where: str, key: str, address: str) -> AnyParam:
        """The parameter at `address`."""
        if address not in self._table:
            hint = nearest(address, self._table)
            raise SetlistError(f"no parameter {address!r}", f"{self.path}, {where}, {key}", hint)
        return self._table[address]

    def value(self, where: str, key: str, address: str, value: Any) -> Value:
        """`value` as the parameter at `address` takes it."""
        param = self.param(where, key, address)
        if key == "set" and address in _OWN_KEYS:
            raise SetlistError(f"{address} is not set", f"{self.path}, {where}, set", f"write {_OWN_KEYS[address]}")
        checked: Value = self.at(where, f"{key} {address}" if key == "set" else key, lambda: strict(param, value))
        return checked

    def modulation(self, where: str, entry: Mapping[str, Any]) -> Modulation:
        """One [[modulate]]."""
        self.check_keys(entry, {"from", "to", "amount", "curve", "attack", "release"}, f"{where}, modulate")
        address, source = str(entry.get("to", "")), str(entry.get("from", ""))
        param = self.param(where, "modulate", address)
        if param.kind not in (("float",) if is_effect(address) else ("float", "int", "toggle")):
            hint = "it moves what has a range: see `vj osc list`"
            raise SetlistError(f"sound cannot move {address}", f"{self.path}, {where}, modulate", hint)
        if source not in numbers() and source not in LFOS:
            hint = f"{nearest(source, (*numbers(), *LFOS))} (`vj features` lists all)"
            raise SetlistError(f"{source!r} is no feature", f"{self.path}, {where}, modulate", hint)
        curve = entry.get("curve", "")
        if curve and curve not in CURVES:
            raise SetlistError(f"no curve {curve!r}", f"{self.path}, {where}, modulate", nearest(str(curve), CURVES))
        number = {key: value for key, value in entry.items() if key not in ("from", "to", "curve")}
        said: dict[str, float] = self.at(where, "modulate", lambda: {k: finite(v) for k, v in number.items()})
        attack, release = said.get("attack"), said.get("release")
        if min(attack or 0.0, release or 0.0) < 0.0:
            raise SetlistError("a time below 0", f"{self.path}, {where}, modulate", "attack and release are seconds")
        return Modulation(source, address, said.get("amount", 1.0), attack, release, curve)

    def at(self, where: str, key: str, make: Callable[[], Any]) -> Any:
        """What `make` returns; its errors gain file, entry and key."""
        try:
            return make()
        except SetlistError:
            raise
        except (VjError, ValueError, TypeError, KeyError) as error:
            hint = error.hint if isinstance(error, VjError) else ""
            what = error.what if isinstance(error, VjError) else str(error)
            raise SetlistError(what, f"{self.path}, {where}, {key}", hint) from error


def finite(value: Any) -> float:
    """`value`, a finite number and no other; raises ControlError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        hint = "write it without quotes" if isinstance(value, str) and _reads_as_number(value) else "such as 0.5"
        raise ControlError(f"{value!r} is not a number", hint=hint)
    if not math.isfinite(value):
        raise ControlError(f"{value!r} is not finite", hint="such as 0.5")
    return float(value)


def strict(param: AnyParam, value: Any) -> Value:
    """`value` as `param` takes it from a file: in its range and of its type, for there is time to mend it there.

    Raises ControlError.
    """
    if param.kind in ("float", "int"):
        number = finite(value)
        if not param.lo <= number <= param.hi:
            raise ControlError(f"{value!r} is out of range", hint=f"{param.lo:g} to {param.hi:g} {param.unit}".rstrip())
        if param.kind == "int" and number != int(number):
            raise ControlError(f"{value!r} is no whole number", hint=f"such as {round(number)}")
    elif param.kind == "toggle" and not (isinstance(value, bool | int | str) and value in _SWITCHED):
        raise ControlError(f"{value!r} is neither on nor off", hint="write true or false")
    elif param.kind == "choice" and not isinstance(value, str):
        raise ControlError(f"{value!r} is not a choice", hint=nearest("", param.choices))
    return coerce(param, (value,))


_SWITCHED = (True, False, "on", "off", "true", "false")  # 1 and 0 equal the first two


def class_pairs(classes: Any) -> list[Any]:
    """classes = "ink" | ["ink", "aurora"] | { ink = 0.7, aurora = 0.3 } as flat name-weight arguments.

    Raises ControlError for any other type and for a weight that is no number within MOST_WEIGHT.
    """
    if isinstance(classes, Mapping):
        pairs = [(name, finite(weight)) for name, weight in classes.items()]
    else:
        names = classes if isinstance(classes, list) else [classes]
        pairs = [(name, 1.0 / len(names)) for name in names]
    if not pairs or any(isinstance(name, bool) or not isinstance(name, str | int) for name, _ in pairs):
        raise ControlError(f"{classes!r} are no classes", hint='write "ink", ["ink", "aurora"] or { ink = 0.7 }')
    for name, weight in pairs:
        if abs(weight) > MOST_WEIGHT:
            raise ControlError(f"{weight:g} of {name} is out of range", hint=f"-{MOST_WEIGHT:g} to {MOST_WEIGHT:g}")
    return [part for pair in pairs for part in pair]


def _reads_as_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
