"""A long film is written in segments, which are kept until all are there: what interrupts it costs the last one."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from vj.apps.passing import Passing
from vj.apps.render.crew.identity import writable
from vj.apps.render.crew.parts import Parts
from vj.apps.render.crew.remembered import remember, remembered
from vj.apps.render.delivery import Pieces, segment
from vj.core.types import F32
from vj.engine.finish.mixer import Mixer
from vj.outputs.offscreen import Offscreen
from vj.outputs.video.film import Film, Pixels
from vj.outputs.video.joined import Joined


def reel(
    out: Path,
    pieces: Pieces,
    fps: Fraction,
    key: str,
    frames: int,
    samples: Iterator[F32],
    mixer: Mixer,
    screen: Offscreen,
) -> "Reel":
    """The reel of a film at `out` with the sound `samples`; `mixer` and `screen` then stand where it goes on.

    `key` tells it from any other film. Raises OutputError.
    """
    writable(out)
    parts, joined = Parts(out, key, frames), pieces.joined(samples)

    def opened(path: Path) -> Film:
        return segment(path, pieces.size, fps, pieces.choice, pieces.encoding)

    made = Reel(parts, frames, opened, joined, lambda: remembered(mixer, screen), screen.renderer)
    if made.before is not None:
        remember(made.before, mixer, screen)
    return made


def shared(out: Path, key: str, frames: int) -> bool:
    """Whether a crew made what there is of the film at `out`: what it ended with nobody else knows."""
    parts = Parts(out, key, frames) if out.with_name(f"{out.name}.parts").is_dir() else None
    sure = parts.sure if parts is not None and parts.found else None
    return sure is not None and sure["upto"] > 0 and "history" not in sure


class Reel:
    """Takes the frames of a film from frame `start` on, and writes segments of `frames` frames to `parts`, each by what
    `opened` gives for its path; `joined` is the film.

    `history` tells, after the last frame of a segment was drawn, what the next one must know; `before` is that of frame
    `start`, None at the beginning. What `draws` is told, for another driver rounds otherwise. Raises OutputError.
    """

    def __init__(
        self,
        parts: Parts,
        frames: int,
        opened: Callable[[Path], Film],
        joined: Joined,
        history: Callable[[], Any],
        draws: str,
    ) -> None:
        self._parts, self._size, self._opened, self._joined, self._history = parts, frames, opened, joined, history
        nothing: dict[str, Any] = {"upto": 0, "history": None}
        self._draws = draws
        sure = parts.sure or nothing
        if sure.get("draws") != draws or any(parts.told(k) is None for k in range(sure["upto"])):
            sure = nothing  # what was before those that are left is not known
        self._number, self.before = int(sure["upto"]), sure["history"]
        for k in range(self._number):
            joined.append(parts.film(k), frames)
        self.start = self._number * frames
        self._count = 0
        self._film: Film | None = None
        self._folder = Passing("vj-segment-", parts.folder)
        self._closer = ThreadPoolExecutor(1)  # the encoder ends one segment while the next begins
        self._closing: Future[None] | None = None

    def write(self, frame: Pixels) -> None:
        """The next frame."""
        if self._film is None:
            self._film = self._opened(self._folder.path / self._parts.film(self._number).name)
        self._film.write(frame)
        self._count += 1
        if self._count == self._size:
            self._end(self._history())

    @property
    def fps(self) -> Fraction:
        """Frames a second."""
        return self._joined.fps

    @property
    def notes(self) -> list[str]:
        """What to tell."""
        return self._joined.notes

    def chapter(self, t: float, name: str) -> None:
        """From second `t` of the film on it is called `name`."""
        self._joined.chapter(t, name)

    def write_audio(self, samples: F32) -> None:
        """The film takes its sound from the song."""

    def _end(self, history: Any) -> None:
        film, number, count = self._film, self._number, self._count
        self._film, self._number, self._count = None, self._number + 1, 0
        self._wait()
        if film is not None:
            self._closing = self._closer.submit(self._keep, film, number, count, history)

    def _keep(self, film: Film, number: int, count: int, history: Any) -> None:
        film.close()
        self._parts.keep(number, film.path.read_bytes(), {"frames": count})
        film.path.unlink()
        self._parts.sure = {"upto": number + 1, "history": history, "draws": self._draws}
        self._joined.append(self._parts.film(number), count)

    def _wait(self) -> None:
        if self._closing is not None:
            closing, self._closing = self._closing, None
            closing.result()

    def close(self, whole: bool = True) -> None:
        """End the film. One that is not `whole` has the segments that are, and goes on from there another time."""
        try:
            if whole and self._count:
                self._end(None)
            elif self._film is not None:
                self._film.close()
            self._wait()
        finally:
            self._closer.shutdown()
            self._folder.close()
            self._joined.close(whole)
        if whole:
            self._parts.remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close(whole=kind is None)
