"""Writes a performance to a folder as it happens, so that a power cut costs two seconds of it and no more.

Every step is a line of JSON with a checksum; the sound is FLAC at the input's own channels. Both are only added to, and
are on the disk a second later. How each hop that was analysed comes from the channels is said with its step, so that
the very samples come again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from vj.core.params import Snapshot
from vj.core.types import F32, Event, Features
from vj.engine.performance import FORMAT
from vj.engine.performance.hearing import HEARD, Numbers
from vj.outputs.performance.folder import Attached, Folder
from vj.outputs.performance.waiting import ROOM, Item, Waiting
from vj.outputs.performance.writer import Writer

__all__ = ["PerformanceLog"]


class PerformanceLog:
    """A performance being recorded into `folder`; `header`, `setlist`, `looks` and `palettes`, files that need not be
    there another time, and the folder `presets` are what a replay needs to build the same show. `describe` tells, on
    the writer's thread, what else is to be known of a bundle, such as its hashes.

    All writing is done by its own thread, so that no other ever waits for the disk: where that is too slow, or full,
    `room` bytes wait in memory, and what finds no room is left out and told. `trouble` is for the operator. Raises
    OutputError if the folder cannot be made or holds a performance already.
    """

    def __init__(
        self,
        folder: Path,
        header: Mapping[str, Any],
        rate: int,
        setlist: Path | None = None,
        looks: Iterable[Path] = (),
        presets: Path | None = None,
        palettes: Iterable[Path] = (),
        describe: Callable[[str], Mapping[str, Any]] = lambda name: {},
        room: int = ROOM,
    ) -> None:
        self._describe = describe
        self._numbers = Numbers()
        self._noted: dict[str, object] = {}
        self._waiting = Waiting(room)
        begun = {"k": "performance", "format": FORMAT, "rate": rate, "heard": list(HEARD), **header}
        attached = Attached(setlist, tuple(looks), presets, tuple(palettes))
        self._writer = Writer(Folder(folder, attached), self._waiting, begun, rate)
        self._writer.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def trouble(self) -> str:
        """What is wrong with the writing, "" while nothing is."""
        return self._writer.trouble

    def tick(self, snapshot: Snapshot, hop: int, events: Sequence[Event], features: Features | None = None) -> None:
        """The desk applied `events` and published `snapshot`, having last heard hop number `hop`, its `features`."""
        done = [asdict(event) for event in events]
        step = {"k": "tick", "n": snapshot.tick, "t": snapshot.t, "hop": hop, "events": done}
        if features is not None and features.records:
            step["heard"] = self._numbers.of(features)
        self._waiting.put(Item(step), dear=bool(done))

    def hop(self, hop: int, tick: int, samples: F32, channels: F32 | None = None) -> None:
        """Hop number `hop` was analysed with snapshot `tick`: `samples` [hop_length], raw, mixed from `channels`."""
        self._waiting.put(Item({"k": "hop", "n": hop, "tick": tick}, samples, channels))

    def imagine(self, picture: int, t: float, hop: int, tick: int, size: tuple[int, int] | None = None) -> None:
        """Picture number `picture` was imagined for show time `t`, at `size` (width, height) or the bundle's own."""
        self._waiting.put(Item({"k": "imagine", "n": picture, "t": t, "hop": hop, "tick": tick, "size": size}))

    def show(self, t: float, picture: int, tick: int, hop: int) -> None:
        """A frame was composited from picture number `picture`, when hop number `hop` was the newest heard."""
        self._waiting.put(Item({"k": "show", "t": t, "picture": picture, "tick": tick, "hop": hop}))

    def bundle(self, name: str, now: str) -> None:
        """A bundle is "ready" or "gone", or why it cannot be loaded."""
        step = {"k": "bundle", "name": name, "now": now}
        self._waiting.put(Item(step, late=lambda: self._describe(name)), dear=True)

    def note(self, t: float, **facts: object) -> None:
        """What else is to be known from show time `t` on, such as the input that is heard; told where it changes."""
        new = {name: value for name, value in facts.items() if name not in self._noted or self._noted[name] != value}
        if new:
            self._noted |= new
            self._waiting.put(Item({"k": "note", "t": t, **new}), dear=True)

    def close(self) -> None:
        """Write what is left. May be called twice. On a disk that takes nothing more it is given up, and told."""
        self._writer.close()
