"""Some devices and every loop send back what they are told: what was ours is no wish."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from mido import Message

from vj.devices.midi.decode import Reading, parse, reading

#: Seconds for which what was told may come back.
BACK_S = 0.5
#: A press that looks like our own lamp waits this long for its release, which only a hand sends.
PRESS_S = 1.0
#: Surfaces may round a position by so much: of 128, and of the 16384 of a pitch bend.
ROUNDING_STEPS = 1
BEND_ROUNDING_STEPS = 64
#: What is remembered of one control.
MOST = 64

#: System exclusive of the maker's number that is nobody's (7D), "vj", and this run's own word: a message that no device
#: heeds. Where it comes in, all that we send does.
MARK = bytes((0xF0, 0x7D, 0x76, 0x6A, *(byte & 0x7F for byte in secrets.token_bytes(4)), 0xF7))
#: Between two marks.
MARK_S = 2.0
#: For so long a mark that came back says that all else does too.
MARKED_S = 5.0
#: Seconds within which exactly what was sent to one device comes in from another: a wire, and no hand.
WIRE_S = 0.05

_Key = tuple[str, int, int]


@dataclass
class _Told:
    """What one control was told: levels and seconds, the oldest first; `rest` is what it showed before them."""

    position: bool
    levels: list[tuple[int, float]]
    rest: int | None = None
    at: int | None = None  # where it said it was, on its way


class Echoes:
    """Tells hands from echoes. Times are seconds on any one clock.

    A motor on its way may say where it is: anything between what it was told lately is an echo as long as it comes
    nearer to the newest. A lamp comes back exactly, and once.
    """

    def __init__(self) -> None:
        self._told: dict[_Key, _Told] = {}
        self._presses: dict[_Key, tuple[Message, float]] = {}

    def told(self, raw: bytes, position: bool, now: float) -> None:
        """We sent `raw`, where a value stands or how a lamp shines."""
        message = parse(raw)
        read = None if message is None else reading(message)
        if read is None:
            return
        known = self._told.setdefault(read[:3], _Told(position, []))
        self._expire(known, now)
        known.levels.append((read[3], now))
        del known.levels[:-MOST]

    def hands(self, message: Message, read: Reading, lets_go: bool, now: float) -> Sequence[Message]:
        """What a hand did, now that `message` came: nothing if it is an echo, two if a press had to wait for its end.

        `lets_go` says that it ends a press.
        """
        pressed = self._presses.pop(read[:3], None)
        known = self._told.get(read[:3])
        if known is None or not self._is_echo(known, read, now):
            if known is not None:
                known.rest = known.at = read[3]
                known.levels.clear()
            released = pressed is not None and now - pressed[1] < PRESS_S and read[3] == 0
            return (pressed[0], message) if pressed is not None and released else (message,)
        if not known.position and not lets_go and read[3]:
            self._presses[read[:3]] = message, now
        return (message,) if lets_go else ()

    def _is_echo(self, known: _Told, read: Reading, now: float) -> bool:
        self._expire(known, now)
        levels, level = [told for told, _ in known.levels], read[3]
        if not levels:
            return False
        if not known.position:
            if level not in levels:
                return False
            del known.levels[: levels.index(level) + 1]
            return True
        near = BEND_ROUNDING_STEPS if read[0] == "bend" else ROUNDING_STEPS
        if any(abs(level - told) <= near for told in levels):
            known.at = level
            return True
        goal, before = levels[-1], levels[0] if known.rest is None else known.rest
        at = before if known.at is None else known.at
        inside = min(*levels, before) <= level <= max(*levels, before)
        if not inside or abs(level - goal) > abs(at - goal):
            return False
        known.at = level
        return True

    def _expire(self, known: _Told, now: float) -> None:
        old = [told for told, at in known.levels if now - at > BACK_S]
        if old:
            known.rest = old[-1]
            del known.levels[: len(old)]
            if not known.levels:
                known.at = None


class Wires:
    """Remembers what was sent where, for a moment."""

    def __init__(self) -> None:
        self._sent: dict[bytes, tuple[str, float]] = {}

    def sent(self, raw: bytes, to: str, now: float) -> None:
        """`raw` went to the device `to` at second `now`."""
        if len(self._sent) > 1024:
            self._sent = {raw: told for raw, told in self._sent.items() if now - told[1] < WIRE_S}
        self._sent[raw] = to, now

    def brought(self, raw: bytes, device: str, now: float) -> bool:
        """Whether `raw`, which came from `device`, is what went to another a moment ago."""
        to, at = self._sent.get(raw, (device, now))
        return to != device and now - at < WIRE_S
