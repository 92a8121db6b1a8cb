"""What kind of control was moved, and how that is written into a mapping file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mido import Message

from vj.core.params import AnyParam
from vj.devices.midi._book import set_control
from vj.devices.midi._pair import Parameters
from vj.devices.midi._turn import LEAP, guess, repeats, way
from vj.devices.midi.decode import Reading, reading

#: A move is judged by what comes within this time after its first message.
LISTEN_S = 0.4
#: Kinds as a mapping names them.
_KINDS = ("cc14", "relative", "signed", "relative64", "encoder")
#: What a hand is asked for where one move leaves it open what it moved.
OTHER_WAY = "Turn it the other way too"
AGAIN = "Let go and press it once more"


@dataclass(frozen=True)
class Learnt:
    """A control and its kind. `words` says it to the performer: "CC 16 ch 1 (absolute)".

    `ask` is what would make the kind sure; nothing if it is.
    """

    source: str
    kind: str
    words: str
    ask: str = ""

    def entry(self, address: str, param: AnyParam, value: float | str | None = None) -> dict[str, Any]:
        """The mapping entry that binds it to `address`, or to sending it `value`."""
        entry: dict[str, Any] = {"from": self.source, "to": address}
        if value is not None:
            return entry | {"value": value}
        if self.kind in _KINDS and param.kind in ("float", "int"):
            entry["kind"] = self.kind
        if self.kind in ("button", "switch") and param.kind == "toggle":
            entry["mode"] = "toggle" if self.kind == "button" else "momentary"
        if self.kind in ("button", "switch") and param.kind in ("float", "int"):
            entry["mode"] = "momentary"
        return entry


def judge(messages: Sequence[Message], asked: bool = False) -> Learnt | None:
    """The control that sent these messages (of LISTEN_S seconds), or None if none of them is from a control.

    Note, program change, pitch bend and pressure are what they are. NRPN and RPN are one control, a CC with its partner
    32 above is one of 14 bits, a CC that only says 0 and 127 is a button, and a switch if it does not say 0 when it is
    let go; what tells encoders from faders is said in `_turn.py`. `asked` says that the messages hold the answer
    to a question, `ask`, of the judgement before: then this one is final.
    """
    plain = [read for read in map(reading, messages) if read is not None]
    reads = list(_with_parameters(plain)) or plain
    if not reads:
        return None
    source, channel, number, _ = _moved(reads)
    where = f"ch {channel}"
    if source == "note":
        return Learnt(f"note:{channel}:{number}", "button", f"note {number} {where}")
    if source == "pc":
        return Learnt(f"pc:{channel}:{number}", "button", f"program change {number} {where}")
    if source == "bend":
        return Learnt(f"bend:{channel}", "bend", f"pitch bend {where}")
    if source == "pressure":
        return Learnt(f"pressure:{channel}", "absolute", f"pressure {where}")
    if source == "poly":
        return Learnt(f"poly:{channel}:{number}", "absolute", f"pressure of note {number} {where}")
    if source in ("nrpn", "rpn"):
        return Learnt(f"{source}:{channel}:{number}", "absolute", f"{source.upper()} {number} {where}")
    kind, ask = _cc_kind([read[3] for read in reads if read[:3] == ("cc", channel, number)], asked)
    numbers = {read[2] for read in reads if read[:2] == ("cc", channel)}
    lower = number if number < 32 else number - 32
    if lower in range(32) and ({lower, lower + 32} <= numbers or (number >= 32 and kind == "absolute")):
        return Learnt(f"cc:{channel}:{lower}", "cc14", f"CC {lower} {where} (14 bit)")
    return Learnt(f"cc:{channel}:{number}", kind, f"CC {number} {where} ({kind})", "" if asked else ask)


def _with_parameters(reads: Sequence[Reading]) -> Iterator[Reading]:
    """`reads`, with what tells of a numbered parameter in one under its number."""
    parameters = Parameters()
    numbered = {read[1] for read in reads if read[0] == "cc" and read[2] in (98, 99, 100, 101)}
    for read in reads:
        changes = parameters.take(read[1], read[2], read[3], 0.0) if read[0] == "cc" and read[1] in numbered else None
        if changes is None:
            yield read
        elif changes:
            yield (*changes[0][:3], 0)


def _moved(reads: Sequence[Reading]) -> Reading:
    """Who was moved: the first who said anything but an end, unless another said much more (the first trembled)."""
    counts: dict[tuple[str, int, int], int] = {}
    for read in reads:
        counts[read[:3]] = counts.get(read[:3], 0) + 1
    first = next((read for read in reads if read[0] != "note" or read[3]), reads[0])
    most = max(reads, key=lambda read: counts[read[:3]])
    trembles = first[0] == "cc" and counts[first[:3]] <= 2 and most[0] == "cc" and most[2] % 32 != first[2] % 32
    return most if trembles and counts[most[:3]] >= 4 * counts[first[:3]] else first


def _cc_kind(values: Sequence[int], asked: bool) -> tuple[str, str]:
    """(which kind of control sends these values, what to ask for to be sure); see `judge`."""
    if set(values) <= {0, 127} and (0 in values or len(values) == 1 or (asked and len(values) == 2)):
        if values[0] == 0 or (asked and list(values) == [127, 0]):
            return "switch", ""
        return "button", "" if 0 in values else AGAIN
    kind, sure = guess(values)
    found, both = way(values)
    if asked and _other_way(values):
        return found, ""
    if kind != "turn":
        return "absolute", "" if sure or len(values) > 2 else OTHER_WAY
    if asked and not repeats(values) and (all(value < 64 for value in values) or all(value > 64 for value in values)):
        return "absolute", ""  # there and back on one side of the middle
    return found, "" if both and (sure or asked) else OTHER_WAY


def _other_way(values: Sequence[int]) -> bool:
    """Whether one leap parts steps all of one way from steps all of the other, the last of these begun slowly."""
    leap = [i for i in range(1, len(values)) if abs(values[i] - values[i - 1]) >= LEAP]
    if len(leap) != 1 or 0 in values:
        return False
    before, after = values[: leap[0]], values[leap[0] :]
    starts = {before[0], after[0]}
    return starts in ({1, 127}, {1, 65})


def write_entry(path: Path, match: str, entry: dict[str, Any]) -> None:
    """Put `entry` into the mapping file at `path`, in place of those from the same control; comments stay.

    A file that does not exist is begun for the device `match`. Raises ControlError if it is not a mapping.
    """
    set_control(path, match, entry["from"], [entry])
