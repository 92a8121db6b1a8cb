"""What is in a performance's folder, and what is missing of it."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vj.apps.performance.facts import bundle as bundle_here
from vj.apps.recorded import GOVERNOR
from vj.core.errors import AudioError
from vj.devices.audio.kept import Kept
from vj.engine.analyzer import HOP_SECONDS
from vj.engine.performance import LOG, READY, STATE, Reading, sound_in

#: Seconds by which sound or log may be short without anything being missing: a hop and a tick on their way.
SLACK = 0.1
#: What ends the exact part of a performance that was put together of others.
JOINED = "joined"
#: A line of what it was cut from that was not as it was written.
DAMAGED = "damaged"
_CUES = ("/cue/go", "/cue/back", "/cue/goto")


@dataclass
class Summary:
    """What is in a folder.

    length, begins   seconds of show time in all, and where a film of it begins: what was before leads up to it
    sound            seconds of it that can be heard, at `rate` Hz and `channels`
    events, sources  how often what was done, by the first two parts of its address, and by whom
    cues             (show time, address, arguments) of every cue
    bundles          name -> what is known of it; `why` of one that could not be loaded, `here` whether it is on this
                     machine, "another" if it is one of that name only
    quality          (show time, rung) of every step of the governor
    notes            (show time, facts): inputs, providers, renderers
    missing          what is missing or not as it was written, in words; nothing where all is there
    exact            show time up to which a replay makes the same frames; None for to the end
    takes            names of the takes beside it
    """

    header: dict[str, Any]
    length: float = 0.0
    begins: float = 0.0
    sound: float = 0.0
    rate: int = 0
    channels: int = 0
    frames: int = 0
    pictures: int = 0
    events: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    cues: list[tuple[float, str, list[Any]]] = field(default_factory=list)
    bundles: dict[str, dict[str, Any]] = field(default_factory=dict)
    quality: list[tuple[float, int]] = field(default_factory=list)
    notes: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    exact: float | None = None
    takes: list[str] = field(default_factory=list)

    def inexact(self, t: float) -> None:
        """From show time `t` on a replay is not as it was."""
        self.exact = t if self.exact is None else min(self.exact, t)


def summary(folder: Path) -> Summary:
    """Look through the whole of the performance in `folder`, its sound included. Raises VjError if it is none."""
    reading = Reading(folder / LOG)
    head = reading.header
    found = Summary(head, begins=float(head.get("from", 0.0)), rate=int(head.get("rate", 0)))
    hops = _steps(reading, found)
    _sound(folder, found, hops)
    _damage(folder, reading, found)
    for name, known in found.bundles.items():
        here = bundle_here(name)
        known["here"] = "" if not here and known.get("manifest") else "another" if _other(here, known) else "yes"
        if not known["here"]:
            found.missing.append(f"the bundle {name} is not on this machine")
        elif known["here"] == "another":
            found.missing.append(f"the bundle {name} is another here than was played")
    found.takes = sorted(path.stem for path in (folder / "takes").glob("*.jsonl"))
    return found


def _steps(reading: Reading, found: Summary) -> int:
    """Count what the steps tell; how many hops were heard."""
    hops, ticks, altered = 0, 0, 0
    for step in reading:
        kind, t = step["k"], float(step.get("t", found.length))
        found.length = max(found.length, t)
        if len(reading.altered) + len(reading.unreadable) > altered:
            altered = len(reading.altered) + len(reading.unreadable)
            found.inexact(t)
        if kind == "tick":
            if ticks and step["n"] != ticks + 1:
                found.inexact(t)
            ticks = step["n"]
            for event in step["events"]:
                _event(found, t, event)
        elif kind == "hop":
            if step["n"] != hops:
                found.inexact(found.length)
            hops = step["n"] + 1
        elif kind == "bundle":
            known = {name: value for name, value in step.items() if name not in ("k", "name", "now")}
            why = {} if step["now"] in (READY, "gone") else {"why": step["now"]}
            found.bundles[step["name"]] = {**found.bundles.get(step["name"], {}), **known, **why}
        elif kind == "lost":
            many = sum(step["steps"].values())
            found.missing.append(f"{many} steps from {step['since']:.1f} s to {t:.1f} s ({step['why']})")
            found.inexact(float(step["since"]))
        elif kind in (JOINED, DAMAGED):
            found.inexact(t)
            if kind == DAMAGED:
                found.missing.append(f"at {t:.1f} s, of what it was cut from, a line was not as it was written")
        found.frames += kind == "show"
        found.pictures += kind == "imagine"
        if kind == "note":
            found.notes.append((t, {name: value for name, value in step.items() if name not in ("k", "t")}))
    return hops


def _event(found: Summary, t: float, event: dict[str, Any]) -> None:
    address, source = str(event["address"]), str(event["source"])
    if source == GOVERNOR:
        found.quality.append((t, int(event["args"][0])))
    found.events["/".join(address.split("/")[:3])] += 1
    found.sources[source.split(":")[0] or "unnamed"] += 1
    if address in _CUES:
        found.cues.append((t, address, list(event["args"])))


def _sound(folder: Path, found: Summary, hops: int) -> None:
    """How much of what was heard can be heard again."""
    heard = hops * round(found.rate * HOP_SECONDS) / max(found.rate, 1)
    try:
        kept = Kept(sound_in(folder))
    except AudioError as error:
        if hops:
            found.missing.append(f"the sound: {error.what}")
            found.inexact(0.0)
        elif found.length > 1.0:
            found.missing.append("the sound: nothing had been heard")
        return
    found.channels, found.sound = kept.channels, kept.length() / kept.rate
    if kept.damaged:
        found.missing.append(f"{kept.damaged / kept.rate:.2f} s of the sound are damaged: silence in their place")
        found.inexact(0.0)
    if found.sound < heard - SLACK:
        found.missing.append(f"the last {heard - found.sound:.2f} s of the sound")
        found.inexact(found.sound)
    if found.length and found.sound < found.length - 1.0:
        found.missing.append(f"sound for the last {found.length - found.sound:.1f} s")


def _damage(folder: Path, reading: Reading, found: Summary) -> None:
    """What the log itself and its state say."""
    if reading.unreadable:
        found.missing.append(f"lines that cannot be read: {_numbers(reading.unreadable)}")
    if reading.altered:
        found.missing.append(f"lines that are not as they were written: {_numbers(reading.altered)}")
    if found.header.get("format", 1) < 2:
        return
    try:
        state = json.loads((folder / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        state = {}
    if not isinstance(state, dict):
        state = {}
    if trouble := state.get("trouble"):
        found.missing.append(f"all that came later: {trouble}")
    gone = float(state.get("t", 0.0)) - found.length
    if gone > SLACK and not trouble:
        found.missing.append(f"{gone:.1f} s that were written: the disk lost them")
    if not reading.ended:
        found.missing.append(f"the end: it was cut off, up to 2 s after {found.length:.1f} s")


def _numbers(lines: list[int]) -> str:
    more = f" and {len(lines) - 5} others" if len(lines) > 5 else ""
    return ", ".join(map(str, lines[:5])) + more


def _other(here: dict[str, Any], known: dict[str, Any]) -> bool:
    """Whether the bundle that is here is not the one that was played."""
    if not here or "files" not in known:
        return False
    return any(here.get("files", {}).get(name) != told for name, told in known["files"].items())
