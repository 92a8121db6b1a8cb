"""A performance is what was done and heard: a log of every step, from which the same frames can be made again.

One JSON object a line. The first holds the versions and settings; then, in the order they happened:

    {"k": "tick", "n": tick, "t": t, "hop": hop, "events": [...]}   the desk published snapshot n at show time t
    {"k": "hop", "n": hop, "tick": n}                               hop n was analysed with snapshot n
    {"k": "imagine", "n": picture, "t": t, "hop": hop, "tick": n, "size": [w, h] or null}   picture n was imagined
    {"k": "show", "t": t, "picture": n, "tick": n, "hop": n}        a frame was composited
    {"k": "bundle", "name": bundle, "now": "ready" or "gone" or why it cannot be loaded}

hop -1 means nothing had been heard yet, picture -1 none imagined; size null the bundle's own, before the governor took
of it. The sound lies beside it: LOG, SOUND, SETLIST, LOOKS and PRESETS (folders) are the names of the files in a
performance's folder, which `vj/outputs/performance.py` writes. What other files came to say meanwhile is told by events
of the source "file".
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from vj.core.errors import VjError
from vj.core.params import Snapshot
from vj.core.types import F32, Event, Features, Frame, Picture
from vj.engine.desk import Desk
from vj.engine.show import Show, bpm

LOG = "performance.jsonl"
SOUND = "sound.wav"
SETLIST = "setlist.toml"
LOOKS = "looks"
PRESETS = "presets"
READY, GONE = "ready", "gone"
#: How far back a step may refer: a generator that hangs longer than this many ticks cannot be replayed exactly.
_KEEP = 4096

T = TypeVar("T")


def read_performance(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Header and steps of a log; a last line cut off by a crash is left out. Raises VjError if it is no log."""
    steps: list[dict[str, Any]] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        hint = "name a sound file, or a folder that --record-performance wrote"
        raise VjError(f"this is no performance ({type(error).__name__})", str(path.parent.resolve()), hint) from error
    for number, line in enumerate(lines):
        try:
            steps.append(json.loads(line))
        except json.JSONDecodeError as error:
            if number == len(lines) - 1:
                break
            raise VjError(f"line {number + 1} is damaged", str(path), "use an undamaged copy") from error
    if not steps or steps[0].get("k") != "performance":
        raise VjError("this is no performance log", str(path), "name a folder that --record-performance wrote")
    return steps[0], steps[1:]


def replay(steps: Sequence[dict[str, Any]], hops: Iterator[F32], show: Show, desk: Desk) -> Iterator[Frame]:
    """The frames of a performance, made again step by step exactly as they were.

    `hops` yields the recorded sound, [hop_length] float32 a hop. `show` and `desk` must be fresh and built as then.
    """
    first, silence = show.open(desk)
    snapshots: dict[int, Snapshot] = {first.tick: first}
    heard: dict[int, Features] = {-1: silence}
    pictures: dict[int, Picture | None] = {-1: None}
    for step in steps:
        if step["k"] == "bundle":
            happened(desk, step["name"], step["now"])
            if step["now"] == GONE:  # should it come back, it walks from the start, as it did then
                show.programs.release(step["name"])
                show.programs.sweep()
        elif step["k"] == "tick":
            for event in step["events"]:
                desk.apply(Event(**{**event, "args": tuple(event["args"])}))
            features = heard[step["hop"]]
            _keep(snapshots, step["n"], desk.tick(step["t"], features, bpm(features)))
        elif step["k"] == "hop":
            _keep(heard, step["n"], show.analyze(next(hops), snapshots[step["tick"]]))
        elif step["k"] == "imagine":
            features, snapshot = heard[step["hop"]], snapshots[step["tick"]]
            latent = show.direct(step["t"], features, snapshot)
            size = tuple(step["size"]) if step.get("size") else None
            model, scale = str(snapshot["/model/select"]), show.scale(step["t"], snapshot)
            image = show.imagine([latent], model, scale, size)[0]
            _keep(pictures, step["n"], show.picture(image, latent, step["t"], snapshot, features))
        elif step["k"] == "show":
            tick = step["tick"]
            for old in [number for number in pictures if -1 < number < step["picture"]]:
                del pictures[old]  # they are large, and frames never go back
            yield show.composite(step["t"], pictures[step["picture"]], snapshots[tick], heard[step["hop"]])


def happened(desk: Desk, name: str, now: str) -> None:
    """Tell the desk that the bundle `name` is "ready" or "gone", or why it cannot be loaded."""
    if now == READY:
        desk.casting.offer(name)
    elif now == GONE:
        desk.casting.withdraw(name)
    else:
        desk.missed(name, now)


def _keep(kept: dict[int, T], number: int, value: T) -> None:
    """Remember `value`, forget what is too old to be asked for."""
    kept[number] = value
    kept.pop(number - _KEEP, None)
