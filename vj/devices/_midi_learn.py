"""What kind of control was moved, and how that is written into a mapping file."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from mido import Message
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array

from vj.core.errors import ControlError
from vj.core.params import Param
from vj.devices._midi_decode import reading

#: A move is judged by what comes within this time after its first message.
LISTEN_S = 0.4


@dataclass(frozen=True)
class Learnt:
    """A control and its kind. `words` says it to the performer: "CC 16 ch 1 (absolute)"."""

    source: str
    kind: str
    words: str

    def entry(self, address: str, param: Param) -> dict[str, Any]:
        """The mapping entry that binds it to `address`."""
        entry: dict[str, Any] = {"from": self.source, "to": address}
        if self.kind in ("cc14", "relative", "relative64") and param.kind in ("float", "int"):
            entry["kind"] = self.kind
        if self.kind == "button" and param.kind == "toggle":
            entry["mode"] = "toggle"
        if self.kind == "button" and param.kind in ("float", "int"):
            entry["mode"] = "momentary"
        return entry


def judge(messages: Sequence[Message]) -> Learnt | None:
    """The control that sent these messages (of LISTEN_S seconds), or None if none of them is from a control.

    Note, program change and pitch bend are what they are. A CC with its partner 32 above is 14-bit; one that only
    says 0 and 127 is a button; values near 64, or near 1 and 127, that repeat or turn back are an endless encoder's;
    the rest is a knob or fader.
    """
    reads = [read for read in map(reading, messages) if read is not None]
    if not reads:
        return None
    source, channel, number, _ = reads[0]
    where = f"ch {channel}"
    if source == "note":
        return Learnt(f"note:{channel}:{number}", "button", f"note {number} {where}")
    if source == "pc":
        return Learnt(f"pc:{channel}:{number}", "button", f"program change {number} {where}")
    if source == "bend":
        return Learnt(f"bend:{channel}", "bend", f"pitch bend {where}")
    numbers = {read[2] for read in reads if read[:2] == ("cc", channel)}
    lower = number if number < 32 else number - 32
    if lower in range(32) and {lower, lower + 32} <= numbers:
        return Learnt(f"cc:{channel}:{lower}", "cc14", f"CC {lower} {where} (14 bit)")
    kind = _cc_kind([read[3] for read in reads if read[:3] == ("cc", channel, number)])
    return Learnt(f"cc:{channel}:{number}", kind, f"CC {number} {where} ({kind})")


def _cc_kind(values: Sequence[int]) -> str:
    """Which kind of control sends these values; see `judge`."""
    if set(values) <= {0, 127}:
        return "button"
    up = all(a < b for a, b in itertools.pairwise(values))
    down = all(a > b for a, b in itertools.pairwise(values))
    if len(values) > 1 and (up or down):
        return "absolute"
    if all(0 < min(value, 128 - value) <= 8 for value in values):
        return "relative"
    return "relative64" if all(0 < abs(value - 64) <= 8 for value in values) else "absolute"


def write_entry(path: Path, match: str, entry: dict[str, Any]) -> None:
    """Put `entry` into the mapping file at `path`, in place of the one from the same control; comments stay.

    A file that does not exist is begun for the device `match`. Raises ControlError if it is not a mapping.
    """
    new = f"format = 1\n\n[device]\nmatch = {tomlkit.string(match).as_string()}\nmap = [\n]\n"
    try:
        document = tomlkit.parse(path.read_text("utf-8") if path.exists() else new)
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise ControlError(f"a MIDI mapping is not TOML: {error}", str(path), "mend that line") from None
    device: Any = document.get("device", document)
    holder = device if "map" in device else document if "map" in document else device
    listed: Any = holder.setdefault("map", tomlkit.array())
    if not isinstance(listed, Array):
        raise ControlError("map is not a list on one level", str(path), "map = [ ... ]")
    line = tomlkit.inline_table()
    line.update(entry)
    for i, old in enumerate(listed):
        if isinstance(old, dict) and old.get("from") == entry["from"]:
            listed[i] = line
            break
    else:
        listed.add_line(line, indent="  ")
        if "\n" not in listed.as_string().rsplit("}", 1)[1]:
            listed.add_line(indent="")
    path.parent.mkdir(parents=True, exist_ok=True)
    target = path.resolve()
    half = target.with_suffix(".part")
    half.write_text(tomlkit.dumps(document), "utf-8")
    half.replace(target)  # at once, for a running show reads it as soon as it changes
