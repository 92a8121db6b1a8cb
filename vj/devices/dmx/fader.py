"""One fader of a light desk and what it moves: a line of the mapping file, checked.

    format = 1
    map = [
      { from = "sacn:1:12", to = "/latent/psi", bits = 16, range = [0.2, 1.0], curve = "linear", takeover = "pickup" },
      { from = "artnet:0:3", to = "/look", value = "neon_loom" },
    ]

`from` is sacn or artnet, the universe, and the channel (1 to 512); of 16 `bits` the fine half is the channel after.
`takeover` is pickup (wait for the value; the default), scale or none. Switches and triggers go by the middle, with
`value` as what a press sends.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from vj.core.dmx import artnet, sacn
from vj.core.errors import ControlError, nearest
from vj.core.params import AnyParam, Curve
from vj.core.types import Event
from vj.core.written import parse_toml

Protocol = Literal["sacn", "artnet"]
Takeover = Literal["pickup", "scale", "none"]
UNIVERSES = {"sacn": sacn.UNIVERSES, "artnet": artnet.UNIVERSES}
_KEYS = ("from", "to", "bits", "range", "curve", "takeover", "value")
#: Kinds that nothing can be bound to.
UNBOUND = ("clock", "mix")


class Channel(NamedTuple):
    """A channel (1 to 512) of a universe of a protocol."""

    protocol: Protocol
    universe: int
    number: int

    def __str__(self) -> str:
        return f"{self.protocol}:{self.universe}:{self.number}"


@dataclass(frozen=True)
class Fader:
    """One binding. `range` and `curve` are None where the parameter's own hold."""

    channel: Channel
    to: str
    bits: int = 8
    range: tuple[float, float] | None = None
    curve: Curve | None = None
    takeover: Takeover = "pickup"
    value: float | bool | str | None = None

    def knob(self, x: float, param: AnyParam) -> float:
        """The position 0..1 on the parameter's own scale when the fader stands at `x`."""
        if self.range is None and self.curve is None:
            return x
        lo, hi = self.range or (param.lo, param.hi)
        if self.curve == "log":
            return param.unscale(lo * (hi / lo) ** x)
        return param.unscale(lo + (hi - lo) * (x * x if self.curve == "square" else x))

    def event(self, level: int, before: int | None, param: AnyParam, source: str) -> Event | None:
        """What it means that the fader went to `level`, of its `bits`, from `before` (None: nobody knows); None for
        nothing."""
        most = (1 << self.bits) - 1
        x, pressed = level / most, level * 2 > most
        was = None if before is None else before * 2 > most
        if self.value is not None or param.kind in ("trigger", "deed"):
            down = pressed and was is False
            return Event(self.to, () if self.value is None else (self.value,), source) if down else None
        if param.kind == "toggle":
            return Event(self.to, (pressed,), source) if was is not None and pressed != was else None
        if param.kind in ("class", "text"):
            number = round(x * 255)
            moved = before is not None and number != round(before / most * 255)
            return Event(self.to, (number if param.kind == "class" else str(number),), source) if moved else None
        if param.kind == "choice" and before is None:
            return None
        soft = self.takeover != "none" and param.kind in ("float", "int")
        nears = soft and self.takeover == "scale"
        return Event(self.to, (self.knob(x, param),), source, scaled=True, pickup=soft, nears=nears)

    def line(self) -> dict[str, Any]:
        """The line of the mapping file that reads as this."""
        line: dict[str, Any] = {"from": str(self.channel), "to": self.to}
        line |= {"bits": self.bits} if self.bits != 8 else {}
        line |= {"range": list(self.range)} if self.range else {}
        line |= {"curve": self.curve} if self.curve else {}
        line |= {"takeover": self.takeover} if self.takeover != "pickup" else {}
        return line | ({"value": self.value} if self.value is not None else {})


def read_channel(text: Any) -> Channel:
    """The channel named by "sacn:1:12"; raises ControlError."""
    parts = str(text).split(":")
    hint = "protocol:universe:channel, such as sacn:1:12 or artnet:0:3"
    if not isinstance(text, str) or len(parts) != 3 or parts[0] not in get_args(Protocol):
        raise ControlError(f"{text!r} is no fader", hint=hint)
    universe, number = (
        int(part) if part.isascii() and part.isdecimal() and len(part) < 6 else -1 for part in parts[1:]
    )
    lo, hi = UNIVERSES[parts[0]]
    if not lo <= universe <= hi or not 1 <= number <= 512:
        raise ControlError(f"{text!r} has no such universe or channel", hint=f"universe {lo} to {hi}, channel 1 to 512")
    return Channel(parts[0], universe, number)  # type: ignore[arg-type]


def read_fader(given: Any, table: Mapping[str, AnyParam], where: str) -> Fader:
    """One line of a mapping; raises ControlError that names the entry and the key."""
    if not isinstance(given, dict):
        raise ControlError("an entry is a table", where, '{ from = "sacn:1:1", to = "/master/level" }')
    for key in given:
        if key not in _KEYS:
            raise ControlError(f"unknown key {key!r}", where, nearest(key, _KEYS))
    try:
        channel = read_channel(given.get("from"))
    except ControlError as error:
        raise ControlError(error.what, f"{where}, from", error.hint) from None
    address = str(given.get("to"))
    if address not in table or table[address].kind in UNBOUND:
        raise ControlError(f"no address {address!r} for a fader", f"{where}, to", nearest(address, table))
    bits, takeover, curve = given.get("bits", 8), given.get("takeover", "pickup"), given.get("curve")
    if bits not in (8, 16) or (bits == 16 and channel.number == 512):
        raise ControlError(f"{bits!r} is no number of bits here", f"{where}, bits", "8, or 16 with a channel after it")
    if takeover not in get_args(Takeover):
        raise ControlError(
            f"{takeover!r} is no takeover", f"{where}, takeover", nearest(str(takeover), get_args(Takeover))
        )
    if curve is not None and curve not in get_args(Curve):
        raise ControlError(f"{curve!r} is no curve", f"{where}, curve", nearest(str(curve), get_args(Curve)))
    ends = given.get("range")
    if ends is not None and not (isinstance(ends, list) and len(ends) == 2 and all(map(_number, ends))):
        raise ControlError(f"{ends!r} is no range", f"{where}, range", "two numbers, such as [0.0, 1.0]")
    span = (float(ends[0]), float(ends[1])) if ends else None
    param = table[address]
    if curve == "log" and min(span or (param.lo, param.hi)) <= 0:
        raise ControlError("a log curve cannot touch 0", f"{where}, curve", "give a range above 0")
    value = given.get("value")
    if value is not None and not isinstance(value, str | bool) and not _number(value):
        raise ControlError(f"{value!r} cannot be sent", f"{where}, value", "a number, true, false or a word")
    return Fader(channel, address, bits, span, curve, takeover, value)


def read_faders(path: Path, table: Mapping[str, AnyParam]) -> tuple[Fader, ...]:
    """The faders in a mapping file, none where there is no file; raises ControlError."""
    try:
        document = parse_toml(path.read_text("utf-8"))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ControlError(f"a mapping of faders cannot be read: {error.strerror}", str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ControlError(f"a mapping of faders is not TOML: {error}", str(path), "mend that line") from None
    if document.get("format") != 1:
        raise ControlError(f"format {document.get('format')!r} is not known", path.name, "begin it with: format = 1")
    for key in document:
        if key not in ("format", "map"):
            raise ControlError(f"unknown key {key!r}", path.name, nearest(key, ("format", "map")))
    listed = document.get("map", [])
    if not isinstance(listed, list):
        raise ControlError("map is a list of entries", path.name, 'map = [{ from = "sacn:1:1", to = "/master/level" }]')
    return tuple(read_fader(entry, table, f"{path.name}, entry {n}") for n, entry in enumerate(listed, 1))


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def plain(value: object) -> float | str:
    """A value as a mapping has it: a number where it reads as one, whole ones without a point."""
    try:
        number = float(str(value))
    except ValueError:
        return str(value)
    return str(value) if not math.isfinite(number) else int(number) if number.is_integer() else number
