"""Cuts performances and puts them together; what comes of it is a performance again."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from vj.apps.performance.joint import bridge, standing_at
from vj.apps.performance.summary import DAMAGED
from vj.apps.recorded import read_recorded, sound_of
from vj.core.errors import OutputError, VjError
from vj.core.types import F32
from vj.devices.audio.kept import Kept
from vj.engine.analyzer import HOP_SECONDS
from vj.engine.performance import LOG, LOOKS, MEDIA, PALETTES, PRESETS, SETLIST, Reading
from vj.engine.performance.mixing import unmixed
from vj.outputs.performance.folder import Attached, Folder
from vj.outputs.performance.waiting import Item, Waiting
from vj.outputs.performance.writer import Writer

#: What the header of a new folder says anew.
_OWN = ("k", "format", "crc")


def trim(
    folder: Path, out: Path, begin: float = 0.0, end: float | None = None, bare: bool = False
) -> tuple[float, float]:
    """Write the part of the performance in `folder` from show time `begin` to `end` to the new folder `out`.

    What was before `begin` stays in it and leads up to it, for the pictures come of all that was done and heard: they
    are the same as in the whole. `bare` leaves it out: the show begins anew there, from where the desk stood. Returns
    from when to when it goes. Raises VjError.
    """
    reading = Reading(folder / LOG)
    end = math.inf if end is None else end
    if not 0.0 <= begin < end:
        raise VjError(f"nothing lies between {begin:g} s and {end:g} s", str(folder), "choose a later --to")
    header = {name: value for name, value in reading.header.items() if name not in _OWN}
    header |= {"from": max(begin, float(header.get("from", 0.0))), "cut": folder.name}
    if bare and begin > 0.0:
        header |= {"from": 0.0, "memory": standing_at(folder, begin).desk.memory()}
    with _New(out, header, _attached(folder)) as new:
        new.copy(_until(reading, end, new.hop), _hops(folder, new.hop), begin if bare else 0.0)
    if new.t <= (0.0 if bare else begin):
        raise VjError(f"this performance ends at {new.t:.1f} s", str(folder), "choose an earlier --from")
    return header["from"], new.t


def join(folders: list[Path], out: Path) -> list[float]:
    """Write the performances in `folders`, one after the other, to the new folder `out`; the show times at which they
    are joined.

    The show goes on where the one before ends: the desk is brought to where the next began, and the walk stays where it
    is. Raises VjError, where their sound has not the same rate too.
    """
    if len(folders) < 2:
        raise VjError("one performance is joined to nothing", str(folders[0]) if folders else "", "name two or more")
    readings = [Reading(folder / LOG) for folder in folders]
    rates = [int(reading.header["rate"]) for reading in readings]
    if len(set(rates)) > 1:
        odd = next(n for n, rate in enumerate(rates) if rate != rates[0])
        what = f"its sound has {rates[odd]} samples a second, and the first has {rates[0]}"
        raise VjError(what, str(folders[odd]), "join performances of the same input, or render both and join the films")
    for folder in folders:
        sound_of(folder)  # before there is half of it
    header = {name: value for name, value in readings[0].header.items() if name not in _OWN}
    joints: list[float] = []
    with _New(out, header, _attached(folders[0])) as new:
        for place, (folder, reading) in enumerate(zip(folders, readings, strict=True)):
            since = float(reading.header.get("from", 0.0)) if place else 0.0
            if place:
                joints.append(new.seconds)
                new.join(folder.name, bridge(standing_at(folders[place - 1], math.inf), folder, since))
            new.copy(_until(reading, _sounding(folder, new.hop, rates[0]), new.hop), _hops(folder, new.hop), since)
    return joints


class _New:
    """A performance that is made of others. `t` is the show time of its last step, `seconds` those of its sound."""

    def __init__(self, out: Path, header: dict[str, Any], attached: Attached) -> None:
        self._rate = int(header["rate"])
        self.hop = round(self._rate * HOP_SECONDS)
        begun = {"k": "performance", "format": 2, **header}
        self._writer = Writer(Folder(out, attached), Waiting(), begun, self._rate)
        self._hops = self._tick = self._picture = 0
        self._coming: list[dict[str, Any]] | None = None
        self.t = self._since = 0.0
        self._before = -1

    def __enter__(self) -> "_New":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, tb: object) -> None:
        done = self._writer.finish()
        if kind is None and (not done or self._writer.trouble):
            raise OutputError(self._writer.trouble or "it could not be written", "", "free some disk space")

    @property
    def seconds(self) -> float:
        return self._hops * self.hop / self._rate

    def join(self, name: str, events: list[dict[str, Any]]) -> None:
        """Another performance, called `name`, follows; `events` bring the desk to where it began."""
        self._take({"k": "joined", "t": self.seconds, "of": name})
        self._coming = events

    def copy(self, steps: Iterable[dict[str, Any]], hops: Iterator[F32], since: float = 0.0) -> None:
        """All steps from show time `since` on, the sound from there, and which bundles there were before."""
        first = round(since * self._rate / self.hop)
        self._since, self._before = self.seconds, self._hops - 1
        offset, tick0, picture0 = self.seconds - first * self.hop / self._rate, self._tick, self._picture
        hop0, come, begun = self._hops - first, 0, since <= 0.0
        for step in steps:
            if step["k"] != "bundle" and self._coming is not None:
                tick0 = self._tick = self._tick + 1
                tick = {"k": "tick", "n": tick0, "t": self.seconds, "hop": self._before, "events": self._coming}
                self._coming = None
                self._take(tick)
            begun = begun or step.get("t", -1.0) >= since
            block = None
            if step["k"] == "hop":
                while come <= step["n"] and (block := next(hops, None)) is not None:
                    come += 1
                if block is None:
                    return
                if step["n"] < first:
                    continue
            elif not begun and step["k"] != "bundle":
                continue
            self._copy(step, block, offset, hop0, tick0, picture0)

    def _copy(
        self, step: dict[str, Any], block: F32 | None, offset: float, hop0: int, tick0: int, picture0: int
    ) -> None:
        """One step, at its new time and with its new numbers."""
        kind = step["k"]
        new = {name: value for name, value in step.items() if name not in ("mix", "fix", "raw")}
        if "t" in step:
            new["t"] = max(step["t"] + offset, self._since)
        if kind in ("tick", "show", "imagine"):
            new["hop"] = max(step["hop"] + hop0, self._before)
        if kind in ("show", "imagine", "hop"):
            new["tick"] = step["tick"] + tick0
        if kind == "tick":
            new["n"] = self._tick = step["n"] + tick0
        elif kind == "imagine":
            new["n"] = step["n"] + picture0
            self._picture = new["n"] + 1
        elif kind == "show":
            new["picture"] = step["picture"] + picture0 if step["picture"] >= 0 or picture0 else -1
        if kind != "hop":
            self._take(new)
            return
        assert block is not None
        new["n"] = step["n"] + hop0
        self._hops = new["n"] + 1
        self._writer.take(Item(new, unmixed(block, step), block))

    def _take(self, step: dict[str, Any]) -> None:
        self.t = max(self.t, float(step.get("t", 0.0)))
        self._writer.take(Item(step))


def _until(reading: Reading, end: float, hop: int) -> Iterator[dict[str, Any]]:
    """The steps up to show time `end`, without what says that it ends, and the sound up to there in hops of `hop`
    samples, though it was heard a little later."""
    last, over, t, wrong = end * float(reading.header["rate"]) / hop, False, 0.0, 0
    for step in reading:
        t = max(t, float(step.get("t", 0.0)))
        over = over or t > end
        if len(reading.altered) + len(reading.unreadable) > wrong and not over:
            wrong = len(reading.altered) + len(reading.unreadable)
            yield {"k": DAMAGED, "t": t}  # the new lines are whole, and would hide it
        if step["k"] == "hop":
            if step["n"] < last:
                yield step
            elif over:
                return
        elif not over and step["k"] != "end":
            yield step


def _sounding(folder: Path, hop: int, rate: int) -> float:
    """The seconds of whole hops that there is sound for: what was shown later has none to go with."""
    return Kept(sound_of(folder)).length() // hop * hop / rate


def _hops(folder: Path, length: int) -> Iterator[F32]:
    return Kept(sound_of(folder)).hops(length)


def _attached(folder: Path) -> Attached:
    """What lies beside a log, to be copied."""
    read_recorded(folder)  # says what is wrong with it
    sound_of(folder)
    setlist, presets = folder / SETLIST, folder / PRESETS
    return Attached(
        setlist if setlist.exists() else None,
        tuple(sorted((folder / LOOKS).glob("*.toml"))),
        presets if presets.exists() else None,
        tuple(sorted((folder / PALETTES).glob("*.toml"))),
        folder / MEDIA,
    )
