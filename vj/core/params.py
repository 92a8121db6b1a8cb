"""A parameter is declared once, as a class attribute of the stage that uses it; all else derives from that.

OSC address and type tag, MIDI scaling, setlist validation, reset value, `vj osc list` and the table in docs/osc.md come
from the `Param` alone (mido's message specs and ISF's inputs are the models). So does the type of its value: `p.speed`
of `p = snapshot.of(Drift)` and `snapshot[Drift.speed]` are floats to a type checker, and what is misspelt is an error.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Generic, Literal, Protocol, Self, TypeAlias, TypeVar, cast, overload

from vj.core.errors import ControlError, nearest
from vj.core.types import Clock, Modulation, Value

Kind = Literal["float", "int", "toggle", "choice", "trigger", "class", "mix", "text", "clock", "deed"]
Curve = Literal["linear", "log", "square"]
TYPE_TAGS: Mapping[Kind, str] = {
    "float": "f",
    "int": "i",
    "toggle": "T",
    "choice": "s",
    "trigger": "N",
    "class": "i",
    "mix": "sf",
    "text": "s",
    "clock": "ff",
    "deed": "",
}


S = TypeVar("S")
T = TypeVar("T", bound=Value)
T_co = TypeVar("T_co", bound=Value, covariant=True)


@dataclass(frozen=True)
class Param(Generic[T_co]):
    """The declaration of one value that a performer, a cue or a feature can change.

    default   also the reset value; its type gives the kind (float, int, bool, str) unless `kind` says otherwise
    lo, hi    range, both ends allowed; values are clamped into it
    curve     how 0..1 of a knob maps to lo..hi: linear, log (lo > 0) or square
    choices   for kind "choice": the allowed words
    smooth    seconds to settle to 90 % after a jump; 0 follows at once
    cc        MIDI CC bound to it when no mapping says otherwise
    address   overrides the derived OSC address
    keys      the OSC addresses that it has by the classes that declare it: one, as good as always

    A "trigger" holds a count of firings, so a reader that skips a tick misses none. A "class" is a class number, a
    "mix" pairs of class number and weight, a "text" free words, a "clock" the clock of another machine. A "deed" holds
    nothing: it is done with `args`, OSC type tags of s, f and i, each followed by ? if it may be left out; default ().

    On its class it is itself. To a type checker, but never at run time, it is its value on an instance, for what
    `Snapshot.of` gives passes as one.
    """

    default: T_co
    lo: float = 0.0
    hi: float = 1.0
    unit: str = ""
    curve: Curve = "linear"
    doc: str = ""
    cc: int | None = None
    choices: tuple[str, ...] = ()
    smooth: float = 0.0
    kind: Kind = "float"
    address: str = ""
    args: str = ""
    keys: tuple[str, ...] = field(default=(), init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.kind == "float" and not isinstance(self.default, float):
            kinds: dict[type, Kind] = {bool: "toggle", int: "int", str: "choice", tuple: "mix", Clock: "clock"}
            object.__setattr__(self, "kind", kinds[type(self.default)])
        if self.args and (self.kind != "deed" or not re.fullmatch(r"[sfi]*([sfi]\?)*", self.args)):
            raise ControlError(
                f"a {self.kind} takes no arguments {self.args!r}", hint="kind deed: s, f, i; ? at the end"
            )

    def __set_name__(self, stage: type, name: str) -> None:
        object.__setattr__(self, "keys", tuple(dict.fromkeys((*self.keys, _address(stage, name, self)))))

    @overload
    def __get__(self, stage: None, kind: type, /) -> Self: ...
    @overload
    def __get__(self, stage: object, kind: type, /) -> T_co: ...
    def __get__(self, stage: object, kind: type, /) -> Any:
        return self

    @property
    def key(self) -> str:
        """Its OSC address; raises ControlError where no class declares it, or several do that differ in theirs."""
        keys = self.keys or (self.address,)
        if len(keys) > 1 or not keys[0]:
            what = f"a parameter has {len(self.keys)} addresses: {', '.join(self.keys)}".rstrip(": ")
            raise ControlError(what, hint="declare one Param in one class, or read it by its address")
        return keys[0]

    @property
    def type_tag(self) -> str:
        """OSC type tags of the value; of a deed, those of all its arguments."""
        return self.args.replace("?", "") if self.kind == "deed" else TYPE_TAGS[self.kind]

    def clamp(self, value: Value) -> T_co:
        """`value` inside the declared range; raises ControlError for a word that is no choice or a NaN."""
        return cast(T_co, self._clamped(value))  # of the default's type, which the kind follows from

    def _clamped(self, value: Value) -> Value:
        if self.kind in ("float", "int"):
            number = _number(value)
            bounded = min(max(number, self.lo), self.hi)
            return bounded if self.kind == "float" else round(bounded)
        if self.kind == "toggle":
            return value >= 0.5 if isinstance(value, (int, float)) else bool(_number(value) >= 0.5)
        if self.kind == "choice":
            if value not in self.choices:
                raise ControlError(f"{value!r} is not a choice", hint=nearest(str(value), filter(None, self.choices)))
            return value
        return value

    def scale(self, x: float) -> T_co:
        """The value at knob position `x` in 0..1."""
        x = min(max(_number(x), 0.0), 1.0)
        if self.kind == "choice":
            return cast(T_co, self.choices[min(int(x * len(self.choices)), len(self.choices) - 1)])
        if self.kind == "toggle":
            return cast(T_co, x >= 0.5)
        if self.curve == "log":
            return self.clamp(self.lo * (self.hi / self.lo) ** x)
        return self.clamp(self.lo + (self.hi - self.lo) * (x * x if self.curve == "square" else x))

    def unscale(self, value: Value) -> float:
        """The knob position 0..1 of `value`; the inverse of `scale`."""
        if self.kind == "choice":
            return (self.choices.index(str(value)) + 0.5) / len(self.choices)
        if self.kind == "toggle":
            return 1.0 if value else 0.0
        if self.hi <= self.lo:
            return 0.0
        number = min(max(_number(value), self.lo), self.hi)
        if self.curve == "log":
            return math.log(number / self.lo) / math.log(self.hi / self.lo)
        x = (number - self.lo) / (self.hi - self.lo)
        return math.sqrt(x) if self.curve == "square" else x


def _number(value: Any) -> float:
    """`value` as a finite float; ControlError otherwise."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ControlError(f"{value!r} is not a number", hint="send one finite number") from None
    if not math.isfinite(number):
        raise ControlError(f"{value!r} is not finite", hint="send one finite number")
    return number


class Stage(Protocol):
    """Anything that declares Params: a class with the `address` its parameters live under, such as "/latent"."""

    address: str


#: A parameter of whatever kind: every Param is one.
AnyParam: TypeAlias = Param[Value]


# As many as a show has, several times: classes made of somebody's file must not be kept for ever.
@lru_cache(512)
def declared(stage: type) -> Mapping[str, AnyParam]:
    """Attribute name -> Param of a stage class, in order of declaration."""
    return MappingProxyType({name: p for name, p in vars(stage).items() if isinstance(p, Param)})


@lru_cache(512)
def addresses(stage: type) -> Mapping[str, str]:
    """Attribute name -> OSC address of a stage class."""
    return MappingProxyType({name: _address(stage, name, param) for name, param in declared(stage).items()})


def _address(stage: type, name: str, param: AnyParam) -> str:
    return param.address or f"{getattr(stage, 'address', '')}/{name}"


def table(stages: Iterable[type]) -> dict[str, AnyParam]:
    """Address -> Param over several stage classes; raises ControlError when two claim one address."""
    params: dict[str, AnyParam] = {}
    for stage in stages:
        for name, address in addresses(stage).items():
            param = declared(stage)[name]
            if params.setdefault(address, param) is not param:
                raise ControlError(f"two stages declare {address}", where=stage.__name__, hint="rename one of them")
    return params


@dataclass(frozen=True)
class Snapshot:
    """All parameter values at desk tick number `tick`, at show time `t`. Immutable.

    `held` are the addresses that the performer holds against the cue; `bindings` are the cue's for the finishing chain.
    `moved` says what modulation adds to which value now, in its own unit; it is in `values` already. `strengths` are
    0..1, those of the slots of modulation that hold something, by number.
    """

    values: Mapping[str, Value]
    t: float = 0.0
    tick: int = 0
    held: frozenset[str] = frozenset()
    bindings: tuple[Modulation, ...] = ()
    moved: Mapping[str, float] = field(default_factory=dict)
    strengths: Mapping[int, float] = field(default_factory=dict)

    @overload
    def __getitem__(self, param: Param[T], /) -> T: ...
    @overload
    def __getitem__(self, address: str, /) -> Value: ...
    def __getitem__(self, key: AnyParam | str, /) -> Value:
        """The value of a parameter, by its declaration or its address."""
        return self.values[key if isinstance(key, str) else key.key]

    def of(self, stage: type[S]) -> S:
        """The values of one stage, read as attributes: `p = snapshot.of(Drift); p.speed`."""
        # No instance, but all that anybody asks of it are the values of its Params: so a checker knows their types.
        return cast(S, Values(self.values, addresses(cast(type, stage))))


class Values:
    """One stage's view of a Snapshot: its parameters as attributes, each looked up when it is first asked for."""

    def __init__(self, values: Mapping[str, Value], addresses: Mapping[str, str]) -> None:
        self._values = values
        self._addresses = addresses

    def __getattr__(self, name: str) -> Any:
        try:
            value = self.__dict__[name] = self._values[self._addresses[name]]
        except KeyError:
            raise AttributeError(f"no parameter {name!r} in this stage") from None
        return value


def defaults(*stages: type) -> Snapshot:
    """A Snapshot of the declared defaults of some stages, for tests and tools."""
    return Snapshot({address: param.default for address, param in table(stages).items()})
