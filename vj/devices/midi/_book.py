"""A mapping file as the performer edits it while the show runs: the lines of one control at a time, comments stay."""

import queue
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array

from vj.core.errors import ControlError
from vj.core.params import AnyParam, Param
from vj.devices.midi._entry import Control, Entry, Led, read_entry

Line = dict[str, Any]
#: Keys of a line that `altered` knows besides those of a mapping.
ENDS = ("lo", "hi", "invert")


def told(entry: Entry) -> Line:
    """The line of a mapping file that reads as `entry`."""
    plain = read_entry({"from": str(entry.control), "to": entry.to, "kind": entry.kind}, _Any(), "")
    line: Line = {"from": str(entry.control), "to": entry.to}
    line |= {
        key: getattr(entry, key)
        for key in ("mode", "curve", "takeover", "threshold", "value", "first")
        if getattr(entry, key) != getattr(plain, key)
    }
    if entry.kind != "absolute":
        line["kind"] = entry.kind
    if entry.range is not None:
        line["range"] = list(entry.range)
    if entry.led is not None:
        line["led"] = "value" if entry.led.position else _lights(entry.led)
    if entry.touch is not None:
        line["touch"] = str(entry.touch)
    return line


class _Any(dict[str, AnyParam]):
    """Every address there could be: what a line leaves out does not depend on it."""

    def __contains__(self, address: object) -> bool:
        return True

    def __getitem__(self, address: str) -> AnyParam:
        return Param(0.0)


def _lights(led: Led) -> Line:
    lit = {"on": led.on, "off": led.off} | ({"busy": led.busy} if led.busy else {})
    return {name: level if how == "solid" else f"{how}:{level}" for name, (how, level) in lit.items()}


def altered(entry: Entry, param: AnyParam, key: str, word: str) -> Line:
    """The line of `entry` with `key` set to what `word` says; an empty word leaves the key out. Raises ControlError.

    Keys are those of a mapping, and `lo`, `hi` (the ends of its range) and `invert`.
    """
    line = told(entry)
    lo, hi = entry.range or (param.lo, param.hi)
    if key in ENDS and param.kind not in ("float", "int"):
        raise ControlError(f"{entry.to} has no range", key, "mode and threshold say how a button works")
    if key == "invert":
        down = (hi >= lo) if word in ("", "toggle") else word.casefold() in ("on", "true", "1")
        line["range"] = sorted((lo, hi), reverse=down)
    elif key in ("lo", "hi"):
        line["range"] = [_number(key, word), hi] if key == "lo" else [lo, _number(key, word)]
    elif not word:
        line.pop(key, None)
    elif key in ("threshold", "first"):
        line[key] = round(_number(key, word))
    elif key == "value":
        line[key] = float(word) if re.fullmatch(r"-?\d+\.?\d*", word) else word
        line[key] = int(line[key]) if isinstance(line[key], float) and line[key].is_integer() else line[key]
    else:
        line[key] = word
    return line


def _number(key: str, word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise ControlError(f"{word!r} is not a number", key, "such as 0.5") from None


def set_control(path: Path, match: str, control: str, lines: Sequence[Line]) -> None:
    """Have the mapping file at `path` bind `control` as `lines` say, and to nothing else; all else stays as it is.

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
    _settle(listed, control, list(lines))
    path.parent.mkdir(parents=True, exist_ok=True)
    target = path.resolve()
    half = target.with_suffix(".part")
    half.write_text(tomlkit.dumps(document), "utf-8")
    half.replace(target)  # at once, for a running show reads it as soon as it changes


def _settle(listed: Any, control: str, lines: list[Line]) -> None:
    """Bring the lines of `control` in a list to `lines`: the same target in place, then others, then new ones."""
    there = [i for i, old in enumerate(listed) if isinstance(old, dict) and old.get("from") == control]
    spare = []
    for i in there:
        line = next((line for line in lines if line["to"] == listed[i].get("to")), None)
        if line is None:
            spare.append(i)
        else:
            lines.remove(line)
            _alter(listed[i], line)
    for i in spare[: len(lines)]:
        listed[i] = _table(lines.pop(0))
        spare.remove(i)
    for i in reversed(spare):
        del listed[i]
    for line in lines:
        listed.add_line(_table(line), indent="  ")
        if "\n" not in listed.as_string().rsplit("}", 1)[1]:
            listed.add_line(indent="")


def _alter(old: Any, line: Line) -> None:
    for key in [key for key in old if key not in line]:
        del old[key]
    for key, value in line.items():
        if old.get(key) != value:
            old[key] = value


def _table(line: Line) -> Any:
    table = tomlkit.inline_table()
    table.update(line)
    return table


def names(control: Control, entries: Sequence[Entry]) -> list[Entry]:
    """Those of `entries` that a control moves: the ones that name it most exactly."""
    for channel, number in ((control.channel, control.number), (None, control.number), (control.channel, None)):
        found = [entry for entry in entries if entry.control == Control(control.source, channel, number)]
        if found:
            return found
    return [entry for entry in entries if entry.control == Control(control.source, None, None)]


@dataclass(frozen=True)
class Job:
    """The lines that bind `control` in the file at `path` for the device `match`; `words` tell that it is done."""

    path: Path
    match: str
    control: str
    lines: tuple[Line, ...]
    words: str


class Book:
    """Writes on a thread of its own, for a disk may be slow. `done` is called there after each job with what to say."""

    def __init__(self, table: Mapping[str, AnyParam], done: Callable[[str], None]) -> None:
        self._table = table
        self._done = done
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def write(self, job: Job) -> None:
        """Have `job` done soon."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="midi maps", daemon=True)
            self._thread.start()
        self._jobs.put(job)

    def close(self) -> None:
        """Finish what is to be written."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join(2.0)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                for line in job.lines:
                    if line["to"]:
                        read_entry(line, self._table, job.path.name)  # never leave what would stop the next show
                set_control(job.path, job.match, job.control, job.lines)
                said = job.words
            except (ControlError, OSError) as error:
                said = f"{job.path.name} is not changed: {getattr(error, 'what', error)}"
            self._done(said)
