"""Makes the frames of a performance again, step by step."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from vj.core.params import Snapshot
from vj.core.types import F32, Event, Features, Frame, Picture
from vj.engine.console import Model
from vj.engine.desk import Desk
from vj.engine.performance.mixing import unmixed
from vj.engine.show import Show, bpm

READY = "ready"
GONE = "gone"
#: How far back a step may refer: a generator that hangs longer than this many ticks cannot be replayed exactly.
_KEEP = 4096

T = TypeVar("T")


def replay(steps: Iterable[dict[str, Any]], hops: Iterator[F32], show: Show, desk: Desk) -> Iterator[Frame]:
    """The frames of a performance, made again step by step exactly as they were.

    `hops` yields the recorded sound, [hop_length, channels] float32 a hop, or [hop_length] of what was mono already.
    `show` and `desk` must be fresh and built as then. Ends where the sound does; where steps are missing it goes on
    with the newest there is, which is not exactly as it was then.
    """
    first, silence = show.open(desk)
    snapshots: _Kept[Snapshot] = _Kept(first.tick, first)
    heard: _Kept[Features] = _Kept(-1, silence)
    pictures: _Kept[Picture | None] = _Kept(-1, None)
    come = 0
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
            snapshots.keep(step["n"], desk.tick(step["t"], features, bpm(features)))
        elif step["k"] == "hop":
            while (block := next(hops, None)) is not None and come < step["n"]:
                come += 1  # its step was lost
            if block is None or len(block) < show.analyzer.hop_length:
                return
            come += 1
            heard.keep(step["n"], show.analyze(unmixed(block, step), snapshots[step["tick"]]))
        elif step["k"] == "imagine":
            features, snapshot = heard[step["hop"]], snapshots[step["tick"]]
            latent = show.direct(step["t"], features, snapshot)
            size = tuple(step["size"]) if step.get("size") else None
            model, scale = snapshot[Model.select], show.scale(step["t"], snapshot)
            image = show.imagine([latent], model, scale, size)[0]
            pictures.keep(step["n"], show.picture(image, latent, step["t"], snapshot, features))
        elif step["k"] == "show":
            tick = step["tick"]
            for old in [number for number in pictures if -1 < number < step["picture"]]:
                del pictures[old]  # they are large, and frames never go back
            yield show.composite(step["t"], pictures[step["picture"]], snapshots[tick], heard[step["hop"]])


def happened(desk: Desk, name: str, now: str) -> None:
    """Tell the desk that the bundle `name` is "ready" or "gone", or why it cannot be loaded."""
    if now == READY:
        desk.availability.mark_loaded(name)
    elif now == GONE:
        desk.availability.mark_unloaded(name)
    else:
        desk.missed(name, now)


class _Kept(dict[int, T]):
    """By number, what may still be asked for; of a number that is missing the newest there is."""

    def __init__(self, number: int, value: T) -> None:
        super().__init__({number: value})
        self._newest = value

    def keep(self, number: int, value: T) -> None:
        """Remember `value`, forget what is too old to be asked for."""
        self[number] = self._newest = value
        self.pop(number - _KEEP, None)

    def __missing__(self, number: int) -> T:
        return self._newest
