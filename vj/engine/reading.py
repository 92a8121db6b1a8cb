"""Reads TOML that performers write, and says of every mistake which file, which entry and which key."""

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from vj.core.errors import ControlError, SetlistError, nearest
from vj.core.params import Param
from vj.core.types import Modulation, Value
from vj.engine.addresses import coerce


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """The document in `path`, which is a `what`; raises SetlistError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SetlistError(f"the {what} cannot be read", str(path), str(error)) from error
    except tomllib.TOMLDecodeError as error:
        raise SetlistError(f"not valid TOML: {error}", str(path), "check quotes and brackets near there") from error


class Reader:
    """Checks the entries of one file against the parameter table."""

    def __init__(self, path: Path, table: Mapping[str, Param]) -> None:
        self.path = path
        self._table = table

    def check_keys(self, entry: Mapping[str, Any], known: set[str], where: str) -> None:
        """Raise SetlistError for a key that is not `known`."""
        for key in entry:
            if key not in known:
                raise SetlistError(f"unknown key {key!r}", f"{self.path}, {where}", nearest(key, known))

    def param(self, where: str, key: str, address: str) -> Param:
        """The parameter at `address`."""
        if address not in self._table:
            hint = nearest(address, self._table)
            raise SetlistError(f"no parameter {address!r}", f"{self.path}, {where}, {key}", hint)
        return self._table[address]

    def value(self, where: str, key: str, address: str, value: Any) -> Value:
        """`value` as the parameter at `address` takes it."""
        param = self.param(where, key, address)
        checked: Value = self.at(where, key, lambda: coerce(param, (value,)))
        return checked

    def modulation(self, where: str, entry: Mapping[str, Any]) -> Modulation:
        """One [[modulate]]."""
        self.check_keys(entry, {"from", "to", "amount", "attack", "release"}, where)
        self.param(where, "modulate", str(entry.get("to", "")))
        if not re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", str(entry.get("from", ""))):
            raise SetlistError(
                f"{entry.get('from')!r} is no feature", f"{self.path}, {where}, modulate", 'such as "bands.bass.level"'
            )
        number = {"amount": 1.0, "attack": 0.01, "release": 0.25} | {
            k: v for k, v in entry.items() if k not in ("from", "to")
        }
        amount, attack, release = self.at(where, "modulate", lambda: [float(x) for x in number.values()])
        return Modulation(str(entry["from"]), str(entry["to"]), amount, attack, release)

    def at(self, where: str, key: str, make: Callable[[], Any]) -> Any:
        """What `make` returns; its errors gain file, entry and key."""
        try:
            return make()
        except SetlistError:
            raise
        except (ControlError, ValueError, TypeError, KeyError) as error:
            hint = error.hint if isinstance(error, ControlError) else ""
            what = error.what if isinstance(error, ControlError) else str(error)
            raise SetlistError(what, f"{self.path}, {where}, {key}", hint) from error


def class_pairs(classes: Any) -> list[Any]:
    """classes = "ink" | ["ink", "aurora"] | { ink = 0.7, aurora = 0.3 } as flat name-weight arguments."""
    if isinstance(classes, Mapping):
        return [part for name, weight in classes.items() for part in (name, float(weight))]
    if isinstance(classes, str | int):
        return [classes, 1.0]
    return [part for name in classes for part in (name, 1.0 / len(classes))]
