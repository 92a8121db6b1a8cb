"""Where the desk of a performance stands, and what brings it from there to where another one begins."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from vj.apps.assemble import assemble
from vj.apps.recorded import read_recorded, sound_of
from vj.core.params import Snapshot
from vj.core.types import Event, Value
from vj.devices.audio.kept import Kept
from vj.engine.desk import Desk
from vj.engine.hands.filing import told
from vj.engine.performance import LOG, LOOKS, PRESETS, SETLIST, Reading, replay

#: Who does what joins two performances.
JOINT = "join"
#: What belongs to the place where it was played, or does something instead of being something.
_NOT_OURS = (
    "/window",
    "/output",
    "/quality",
    "/audio",
    "/midi",
    "/light",
    "/show",
    "/desk",
    "/preset",
    "/cue",
    "/tempo",
    "/auto",
)
_KINDS = ("float", "int", "toggle", "choice", "text", "mix")
#: These bring others with them, so they come first.
_FIRST = ("/model/select", "/look", "/director/select", "/latent/seed")


#: Seconds after which every fade is over.
LONGEST = 600.0


@dataclass(frozen=True)
class Standing:
    """A desk as a performance left it, and the values that it showed last."""

    desk: Desk
    snapshot: Snapshot


def standing_at(folder: Path, t: float) -> Standing:
    """The desk of the performance in `folder` at show time `t`: what was done and heard till then, without a picture.

    Raises VjError, for a bundle that is not here too.
    """
    settings, _, _ = read_recorded(folder)
    path = sound_of(folder)
    reading = Reading(folder / LOG)
    show, desk = assemble(settings, int(reading.header["rate"]))
    last = 0.0

    def unseen() -> Iterator[dict[str, Any]]:
        nonlocal last
        for step in reading:
            if float(step.get("t", 0.0)) > t:
                return
            if step["k"] in ("bundle", "tick", "hop"):
                last = float(step.get("t", last))
                yield step

    try:
        for _ in replay(unseen(), Kept(path).hops(show.analyzer.hop_length), show, desk):
            pass
        return Standing(desk, desk.tick(last))
    finally:
        show.close()


def bridge(before: Standing, folder: Path, since: float = 0.0) -> list[dict[str, Any]]:
    """What is to be done at the desk as it stands `before` so that the performance in `folder` can go on from its show
    time `since`: events, as a step of a log has them. Raises VjError."""
    after = standing_at(folder, since)
    wanted, there = after.desk, after.snapshot.values
    events: list[Event] = []

    def do(event: Event) -> None:
        events.append(event)
        before.desk.apply(event)

    for event in _files(folder):
        do(event)
    if wanted.cue is not None and wanted.cue.number:
        do(Event("/cue/goto", (wanted.cue.number,), JOINT))
    for address in _FIRST:
        if before.desk.tick(before.snapshot.t)[address] != there[address]:
            do(Event(address, _args(there[address]), JOINT))
    here = _settled(before.desk, before.snapshot.t)
    for address, value in sorted(there.items()):
        param = before.desk.table.get(address)
        ours = param is not None and param.kind in _KINDS and not address.startswith((*_NOT_OURS, *_FIRST))
        if ours and not _same(here[address], value):
            do(Event(address, _args(value), JOINT))
    return [asdict(event) for event in events]


def _settled(desk: Desk, t: float) -> Mapping[str, Value]:
    """What `desk` shows once every fade is over."""
    desk.tick(t + LONGEST)
    return desk.tick(t + 2.0 * LONGEST).values


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)
    return one == other


def _args(value: Value) -> tuple[Any, ...]:
    """`value` as the arguments of an event."""
    return tuple(chain.from_iterable(value)) if isinstance(value, tuple) else (value,)


def _files(folder: Path) -> Iterator[Event]:
    """What lay beside the log, told as what came to be in files."""
    setlist, looks, presets = folder / SETLIST, folder / LOOKS, folder / PRESETS
    for path in sorted(looks.glob("*.toml")):
        yield told("look", path.stem, path.read_text(encoding="utf-8"))
    if setlist.exists():
        yield told("setlist", SETLIST, setlist.read_text(encoding="utf-8"))
    for path in sorted(presets.glob("bank*/*.toml")):
        slot = f"{path.parent.name.removeprefix('bank')}/{int(path.stem)}"
        yield told("preset", slot, path.read_text(encoding="utf-8"))
