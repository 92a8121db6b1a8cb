"""A parameter as the server knows it: plain, so that the server need not import what makes pictures.

The show describes its table with `described`; the server reads that with `Node`. What a node is to OSCQuery follows
from its kind: a trigger and a deed are written and never read, a stream is read and never written.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the server's process has no numbers of its own
    from vj.core.params import AnyParam

#: What can be done with a value, as bits of OSCQuery's ACCESS.
READ = 1
WRITE = 2
#: What is heard and counted, not held: told when it rises.
COUNTED = ("/audio/out/onset", "/audio/out/beat")
#: Kinds that hold no value that could be told.
DEEDS = ("trigger", "deed", "clock")
TYPES = {"float": "f", "int": "i", "toggle": "T", "choice": "s", "text": "s", "class": "i", "trigger": "N"}
#: What else than its type a kind takes, as OSC type tags.
ALSO = {
    "float": ("i", "d", "s"),
    "int": ("f", "s"),
    "toggle": ("F", "i", "f", "N"),
    "choice": ("i",),
    "text": ("f", "i"),
    "class": ("s", "f"),
    "trigger": ("T", "i", "f"),
    "mix": ("if",),
    "clock": ("", "f"),
}
#: Units by the names that OSCQuery recommends.
UNITS = {"s": "time.second", "BPM": "time.bpm", "Hz": "time.hz", "dB": "gain.db", "dBFS": "gain.db", "ms": "time.ms"}


@dataclass(frozen=True)
class Node:
    """One address: `kind` as Param has it or "stream", and for deeds and streams the OSC type tags `args`."""

    kind: str
    doc: str = ""
    lo: float = 0.0
    hi: float = 1.0
    unit: str = ""
    curve: str = "linear"
    choices: tuple[str, ...] = ()
    default: Any = None
    args: str = ""
    cc: int | None = None

    @property
    def access(self) -> int:
        """What can be done with its value: READ, WRITE or both."""
        return READ if self.kind == "stream" else WRITE if self.kind in DEEDS else READ | WRITE

    def type_of(self, value: Any) -> str:
        """OSC type tags, of `value` where it has a say: a mix is as long as it is."""
        if self.kind == "mix":
            return "sf" * max(len(value or ()), 1)
        return {"clock": "ff", "deed": self.args.replace("?", ""), "stream": self.args}.get(
            self.kind, TYPES.get(self.kind, "")
        )

    @property
    def overloads(self) -> list[str]:
        """Other type tags that are taken: of a deed, those without what may be left out."""
        if self.kind != "deed":
            return list(ALSO.get(self.kind, ()))
        shorter, args = [], self.args
        while args.endswith("?"):
            args = args[:-2]
            shorter.append(args.replace("?", ""))
        return shorter

    def arguments(self, value: Any, classes: Sequence[str] = ()) -> tuple[Any, ...]:
        """`value` as arguments of the type that `type_of` says; a class in a mix by its name where it is known."""
        if self.kind == "mix":
            named = [(classes[c] if 0 <= c < len(classes) else str(c), float(weight)) for c, weight in value or ()]
            return tuple(part for pair in named for part in pair)
        if self.kind == "stream":
            return tuple(value)
        cast = {"float": float, "int": int, "class": int, "toggle": bool}.get(self.kind, str)
        return (cast(value),)


def described(table: "Mapping[str, AnyParam]") -> dict[str, dict[str, Any]]:
    """A table for `read`: address -> fields of a Node."""
    return {address: _fields(param) for address, param in table.items()}


def _fields(param: "AnyParam") -> dict[str, Any]:
    fields: dict[str, Any] = {"kind": param.kind, "doc": param.doc}
    if param.kind in ("float", "int", "class"):
        fields |= {"lo": param.lo, "hi": param.hi, "unit": param.unit, "curve": param.curve}
    if param.kind in ("float", "int", "toggle", "choice", "text"):
        fields["default"] = param.default
    if param.choices:
        fields["choices"] = param.choices
    if param.args:
        fields["args"] = param.args
    if param.cc is not None:
        fields["cc"] = param.cc
    return fields


def read(fields: Mapping[str, Any]) -> Node:
    """The Node that was described; an end of a range that is null is open."""
    given = {**fields, "choices": tuple(fields.get("choices", ()))}
    for end, open_end in (("lo", -math.inf), ("hi", math.inf)):
        if given.get(end, 0.0) is None:
            given[end] = open_end
    return Node(**given)
