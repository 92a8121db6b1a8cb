"""What players of files have in common: a thread that decodes ahead, an output, and what is told of both."""

import threading
from types import TracebackType
from typing import Self

from vj.core.handoff import SampleRing
from vj.core.sound.mono import INVERTED, Mono
from vj.core.types import F32
from vj.devices.audio._decode import AudioFile
from vj.devices.audio._pace import Quiet
from vj.devices.audio._speaker import Speaker


class Player:
    """Plays `file` at `rate` Hz into `ring` and, where it is `audible`, through the default output.

    Whoever derives from it says what is decoded ahead (`_feed`, on a thread of its own until `_stop`), what is played
    next (`_pull`: [BLOCK, 2] or None) and what becomes of it once it is heard (`_heard`, with its time stamp).
    """

    def __init__(self, file: AudioFile, rate: int, ring: SampleRing, audible: bool, thread: str) -> None:
        self.file, self.rate, self.problem = file, rate, ""
        self._ring = ring
        self._stop = threading.Event()
        self._quiet, self._mono = Quiet(rate), Mono(rate)
        self._speaker = Speaker(rate, self._pull, self._heard, audible=audible)
        self._feeder = threading.Thread(target=self._feed, name=thread, daemon=True)

    def open(self) -> Self:
        """Start to play."""
        self._feeder.start()
        self._speaker.open()
        return self

    def close(self) -> None:
        """Stop. Harmless when called twice."""
        self._stop.set()
        self._speaker.close()
        self.file.stop()
        if self._feeder.is_alive():
            self._feeder.join()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def name(self) -> str:
        """The file, and where it is heard."""
        return f"{self.file.heard} -> {self._speaker.name or 'no audio output, not heard'}"

    @property
    def lost(self) -> bool:
        """Never: a file does not go away."""
        return False

    @property
    def notes(self) -> tuple[str, ...]:
        """What the performer should know of what is heard."""
        return (INVERTED,) if self._mono.inverted else ()

    @property
    def overruns(self) -> int:
        """How often the output had to wait for the file, or a reader of the ring was too slow."""
        return self._speaker.underruns + self._ring.overruns

    def _feed(self) -> None:
        raise NotImplementedError

    def _pull(self) -> F32 | None:
        raise NotImplementedError

    def _heard(self, block: F32, stamp: float) -> None:
        raise NotImplementedError
