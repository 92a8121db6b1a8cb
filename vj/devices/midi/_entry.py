"""One line of a MIDI mapping, checked against the parameter it moves."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from vj.core.errors import ControlError, nearest
from vj.core.params import AnyParam, Curve

Source = Literal["cc", "note", "pc", "bend", "pressure", "poly", "nrpn", "rpn"]
Mode = Literal["momentary", "toggle", "trigger"]
Kind = Literal["absolute", "cc14", "relative", "signed", "relative64", "encoder", "auto"]
Takeover = Literal["pickup", "scale", "none"]
Sent = float | int | bool | str

#: Sources without a number.
UNNUMBERED = ("bend", "pressure")
#: Sources whose numbers go beyond 127.
NUMBERED_14_BIT = ("nrpn", "rpn")
_WORDS: Mapping[str, tuple[str, ...]] = {
    "mode": ("momentary", "toggle", "trigger"),
    "kind": get_args(Kind),
    "curve": ("linear", "log", "square"),
    "takeover": get_args(Takeover),
}
_KEYS = ("from", "to", "mode", "kind", "range", "curve", "takeover", "threshold", "value", "first", "led", "touch")


class Control(NamedTuple):
    """A physical control: what it sends, on which channel (1 to 16, None for any), with which number (None for any)."""

    source: Source
    channel: int | None
    number: int | None

    def __str__(self) -> str:
        parts = [self.source, *("*" if part is None else str(part) for part in (self.channel, self.number))]
        return ":".join(parts[:2] if self.source in UNNUMBERED else parts)


@dataclass(frozen=True)
class Led:
    """What a light shows: (behaviour, velocity) for on, off and busy; `position` follows the value instead."""

    on: tuple[str, int] = ("solid", 127)
    off: tuple[str, int] = ("solid", 0)
    busy: tuple[str, int] | None = None
    position: bool = False


@dataclass(frozen=True)
class Entry:
    """One binding. `range` and `curve` are None where the parameter's own hold."""

    control: Control
    to: str
    mode: Mode | None = None
    kind: Kind = "absolute"
    range: tuple[float, float] | None = None
    curve: Curve | None = None
    takeover: Takeover = "none"
    threshold: int = 64
    value: Sent | None = None
    first: int = 0
    led: Led | None = None
    touch: Control | None = None

    def knob(self, x: float, param: AnyParam) -> float:
        """The position 0..1 on the parameter's own scale when the control stands at `x`."""
        if self.range is None and self.curve is None:
            return x
        lo, hi = self.range or (param.lo, param.hi)
        if self.curve == "log":
            return param.unscale(lo * (hi / lo) ** x)
        return param.unscale(lo + (hi - lo) * (x * x if self.curve == "square" else x))

    def unknob(self, position: float, param: AnyParam) -> float:
        """Where the control should stand, 0..1, when the parameter is at `position` of its own scale."""
        if self.range is None and self.curve is None:
            return position
        lo, hi = self.range or (param.lo, param.hi)
        value = float(param.scale(position))  # type: ignore[arg-type]
        if hi == lo or (self.curve == "log" and value <= 0):
            return 0.0
        x = math.log(value / lo) / math.log(hi / lo) if self.curve == "log" else (value - lo) / (hi - lo)
        x = min(max(x, 0.0), 1.0)
        return math.sqrt(x) if self.curve == "square" else x


def read_control(text: Any) -> Control:
    """The control named by "cc:1:16", "note:*:*", "pc:1:*", "bend:1" or "nrpn:1:300"; raises ControlError."""
    parts = str(text).split(":")
    wanted = 2 if parts[0] in UNNUMBERED else 3
    if parts[0] not in get_args(Source) or len(parts) != wanted or not isinstance(text, str):
        hint = "cc:1:16, note:1:36, pc:1:*, bend:1, pressure:1, poly:1:36, nrpn:1:300 or rpn:1:0"
        raise ControlError(f"{text!r} is no control", hint=hint)
    numbers = [None if part == "*" else int(part) if part.isdecimal() else -1 for part in parts[1:]]
    channel, number = numbers[0], numbers[1] if wanted == 3 else None
    if channel is not None and not 1 <= channel <= 16:
        raise ControlError(f"{text!r} has no such channel", hint="channels go from 1 to 16, or *")
    most = 16383 if parts[0] in NUMBERED_14_BIT else 127
    if number is not None and not 0 <= number <= most:
        raise ControlError(f"{text!r} has no such number", hint=f"numbers go from 0 to {most}, or *")
    return Control(parts[0], channel, number)  # type: ignore[arg-type]


def read_entry(given: Any, table: Mapping[str, AnyParam], where: str) -> Entry:
    """One entry of a mapping; raises ControlError that names the entry and the key."""
    if not isinstance(given, dict):
        raise ControlError("an entry is a table", where, '{ from = "cc:1:0", to = "/master/level" }')
    for key in given:
        if key not in _KEYS:
            raise ControlError(f"unknown key {key!r}", where, nearest(key, _KEYS))
    try:
        control = read_control(given.get("from"))
    except ControlError as error:
        raise ControlError(error.what, f"{where}, from", error.hint) from None
    where = f"{where} ({control})"
    address = given.get("to")
    if str(address) not in table:
        raise ControlError(f"no address {address!r}", f"{where}, to", nearest(str(address), table))
    entry = _Reader(given, where).entry(control, str(address))
    _check_against(entry, table[entry.to], where)
    return entry


@dataclass(frozen=True)
class _Reader:
    """Takes the keys of one entry, each with its own complaint."""

    given: Mapping[str, Any]
    where: str

    def entry(self, control: Control, address: str) -> Entry:
        kind: Kind = self._word("kind", "absolute")
        knob = control.source in ("cc", "nrpn", "rpn") and kind in ("absolute", "cc14", "auto")
        return Entry(
            control,
            address,
            self._word("mode", None),
            kind,
            self._range(),
            self._word("curve", None),
            self._word("takeover", "pickup" if knob else "none"),
            self._int("threshold", 64, 1, 127),
            self._value(),
            self._int("first", 0, 0, 127),
            self._led(),
            self._touch(control),
        )

    def _word(self, key: str, otherwise: str | None) -> Any:
        word = self.given.get(key, otherwise)
        if word is not None and word not in _WORDS[key]:
            raise ControlError(f"{word!r} is no {key}", f"{self.where}, {key}", nearest(str(word), _WORDS[key]))
        return word

    def _int(self, key: str, otherwise: int, lo: int, hi: int) -> int:
        number = self.given.get(key, otherwise)
        if isinstance(number, bool) or not isinstance(number, int) or not lo <= number <= hi:
            raise ControlError(f"{number!r} is not in {lo} to {hi}", f"{self.where}, {key}", f"such as {otherwise}")
        return number

    def _range(self) -> tuple[float, float] | None:
        ends = self.given.get("range")
        if ends is None:
            return None
        good = isinstance(ends, list) and len(ends) == 2 and all(_is_number(end) for end in ends)
        if not good:
            raise ControlError(f"{ends!r} is no range", f"{self.where}, range", "two numbers, such as [0.0, 1.0]")
        return float(ends[0]), float(ends[1])

    def _value(self) -> Sent | None:
        value = self.given.get("value")
        if value is not None and not (isinstance(value, str | bool) or _is_number(value)):
            raise ControlError(f"{value!r} cannot be sent", f"{self.where}, value", "a number, true, false or a word")
        return value

    def _touch(self, control: Control) -> Control | None:
        """The note of a finger on the fader; Mackie's protocol has a place for it."""
        if "touch" not in self.given:
            mackie = control.source == "bend" and control.channel is not None and control.channel <= 9
            return Control("note", 1, 103 + control.channel) if mackie and self.given.get("led") else None  # type: ignore[operator]
        try:
            touch = read_control(self.given["touch"])
        except ControlError as error:
            raise ControlError(error.what, f"{self.where}, touch", error.hint) from None
        if touch.source != "note" or None in touch[1:]:
            raise ControlError(f"{touch} is no note", f"{self.where}, touch", "such as note:1:104")
        return touch

    def _led(self) -> Led | None:
        led = self.given.get("led")
        where = f"{self.where}, led"
        if led is None or led == "value":
            return Led(position=True) if led else None
        if not isinstance(led, dict) or not set(led) <= {"on", "off", "busy"}:
            raise ControlError(f"{led!r} is no LED", where, '"value", or { on = 127, off = 0 }')
        busy = _light(led["busy"], where) if "busy" in led else None
        return Led(_light(led.get("on", 127), where), _light(led.get("off", 0), where), busy)


def _light(spec: Any, where: str) -> tuple[str, int]:
    """(behaviour, velocity) of 21 or "pulse:13"."""
    behaviour, _, number = spec.rpartition(":") if isinstance(spec, str) else ("solid", "", str(spec))
    if behaviour not in ("solid", "flash", "pulse") or not number.isdecimal() or int(number) > 127:
        raise ControlError(f"{spec!r} is no light", where, '0 to 127, or "pulse:13", "flash:13"')
    return behaviour, int(number)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_against(entry: Entry, param: AnyParam, where: str) -> None:
    """Refuse what can never work, before the show."""
    control, number = entry.control, entry.control.number
    if entry.mode == "toggle" and param.kind != "toggle":
        raise ControlError(
            f"{entry.to} is not an on/off switch", f"{where}, mode", "momentary, or trigger with a value"
        )
    if entry.kind != "absolute" and (control.source != "cc" or param.kind not in ("float", "int")):
        raise ControlError(f"{entry.kind} needs a CC and a number to move", f"{where}, kind", "leave kind out")
    if entry.kind == "cc14" and (number is None or number > 31):
        raise ControlError("a 14-bit CC is 0 to 31; its other half is 32 above", f"{where}, kind", "name the lower one")
    if param.kind == "choice" and (entry.range or entry.curve):
        key = "range" if entry.range else "curve"
        raise ControlError(f"{entry.to} is one of {len(param.choices)} words", f"{where}, {key}", f"leave {key} out")
    if entry.curve == "log" and min(entry.range or (param.lo, param.hi)) <= 0:
        raise ControlError("a log curve cannot touch 0", f"{where}, curve", "give a range above 0")
    if param.kind == "clock":
        raise ControlError(f"{entry.to} follows MIDI clock by itself", f"{where}, to", "leave it out")
    if entry.value is None and (param.kind == "mix" or (param.kind == "choice" and control.source in ("note", "pc"))):
        raise ControlError(f"{entry.to} needs a value to be set to", f"{where}, value", nearest("", param.choices))
    if isinstance(entry.value, str) and param.kind == "choice" and param.choices and entry.value not in param.choices:
        raise ControlError(f"{entry.value!r} is no choice", f"{where}, value", nearest(entry.value, param.choices))
    if entry.led is not None:
        lamps = control.source in ("note", "cc")
        single = None not in (control[1:2] if control.source == "bend" else control[1:])
        if not single or not (lamps or (entry.led.position and control.source in ("bend", "nrpn", "rpn"))):
            hint = "name channel and number; bend and nrpn show a value only"
            raise ControlError("only one note or CC, or a motor, has a light", f"{where}, led", hint)
