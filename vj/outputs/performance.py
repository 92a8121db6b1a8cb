"""Writes a performance to a folder: every step as a line of JSON, and the sound as it was analysed."""

import json
import queue
import shutil
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av

from vj.core.errors import OutputError
from vj.core.params import Snapshot
from vj.core.types import F32, Event
from vj.engine.performance import LOG, LOOKS, PRESETS, SETLIST, SOUND


class PerformanceLog:
    """A performance being recorded into `folder`; `header`, `setlist`, `looks`, files of looks that
    need not be there another time, and the folder `presets` are what a replay needs to build the same show.

    All writing is done by its own thread, so that no other ever waits for the disk. Raises OutputError if the folder
    cannot be made or holds a performance already.
    """

    def __init__(
        self,
        folder: Path,
        header: dict[str, Any],
        rate: int,
        setlist: Path | None = None,
        looks: Iterable[Path] = (),
        presets: Path | None = None,
    ) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = (folder / LOG).open("x", encoding="utf-8")
            if setlist is not None:
                shutil.copyfile(setlist, folder / SETLIST)
            for look in looks:
                (folder / LOOKS).mkdir(exist_ok=True)
                shutil.copyfile(look, folder / LOOKS / look.name)
            for preset in presets.glob("*/*.toml") if presets is not None else ():
                (folder / PRESETS / preset.parent.name).mkdir(parents=True, exist_ok=True)
                shutil.copyfile(preset, folder / PRESETS / preset.parent.name / preset.name)
        except OSError as error:
            raise OutputError(
                "the performance cannot be written", str(folder), f"name a new folder: {error}"
            ) from error
        self._wave = av.open(str(folder / SOUND), "w", format="wav")
        self._stream = self._wave.add_stream("pcm_f32le", rate=rate, layout="mono")
        self._rate = rate
        self._queue: queue.SimpleQueue[str | F32 | None] = queue.SimpleQueue()
        self._put({"k": "performance", "format": 1, "rate": rate, **header})
        self._thread = threading.Thread(target=self._run, name="performance log", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def tick(self, snapshot: Snapshot, hop: int, events: Sequence[Event]) -> None:
        """The desk applied `events` and published `snapshot`, having last heard hop number `hop`."""
        done = [asdict(event) for event in events]
        self._put({"k": "tick", "n": snapshot.tick, "t": snapshot.t, "hop": hop, "events": done})

    def hop(self, hop: int, tick: int, samples: F32) -> None:
        """Hop number `hop`, [hop_length] raw `samples`, was analysed with snapshot `tick`."""
        self._queue.put(samples)
        self._put({"k": "hop", "n": hop, "tick": tick})

    def imagine(self, picture: int, t: float, hop: int, tick: int, size: tuple[int, int] | None = None) -> None:
        """Picture number `picture` was imagined for show time `t`, at `size` (width, height) or the bundle's own."""
        self._put({"k": "imagine", "n": picture, "t": t, "hop": hop, "tick": tick, "size": size})

    def show(self, t: float, picture: int, tick: int, hop: int) -> None:
        """A frame was composited from picture number `picture`, when hop number `hop` was the newest heard."""
        self._put({"k": "show", "t": t, "picture": picture, "tick": tick, "hop": hop})

    def bundle(self, name: str, now: str) -> None:
        """A bundle is "ready" or "gone", or why it cannot be loaded."""
        self._put({"k": "bundle", "name": name, "now": now})

    def close(self) -> None:
        """Write what is left. May be called twice."""
        self._queue.put(None)
        self._thread.join(timeout=10)

    def _put(self, entry: dict[str, Any]) -> None:
        self._queue.put(json.dumps(entry))

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            if isinstance(item, str):
                self._file.write(item + "\n")
            else:
                frame = av.AudioFrame.from_ndarray(item.reshape(1, -1), format="flt", layout="mono")
                frame.sample_rate = self._rate
                self._wave.mux(self._stream.encode(frame))
        self._wave.mux(self._stream.encode(None))
        self._wave.close()
        self._file.close()
