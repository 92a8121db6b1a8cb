"""Sound files: `AudioFile` decodes one as samples, `FilePlayer` performs it as if it came through an input.

for block in AudioFile("song.mp3").blocks(512): ...
with FilePlayer("song.mp3", ring) as player: ...
"""

import contextlib
import queue
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vj.core.errors import AudioError
from vj.core.handoff import SampleRing
from vj.core.sound.grid import gridded
from vj.core.types import F32
from vj.devices.audio._decode import AudioFile, Pick
from vj.devices.audio._player import Player
from vj.devices.audio._speaker import BLOCK_FRAMES

__all__ = ["AudioFile", "FilePlayer", "Pick"]


class FilePlayer(Player):
    """Performs a file: through the default output, and as it is heard, mixed to mono, into `ring`.

    Looks like an AudioIn. Without an output device, or with `audible` False, a clock sets the pace, by sample count.
    It begins at second `at`, and at the first when it goes round. After the end of a file that does not `loop` there
    is silence, and time goes on; so it does, with a `problem` to tell, where the file can no longer be read.
    """

    def __init__(
        self,
        path: str | Path,
        ring: SampleRing,
        rate: int = 48000,
        loop: bool = True,
        audible: bool = True,
        span: tuple[float, float | None] = (0.0, None),
        pick: Pick | None = None,
        at: float = 0.0,
    ) -> None:
        whole = AudioFile(path, rate, mono=False, start=span[0], end=span[1], pick=pick)
        length = whole.duration
        self._at = at % length if length and loop else at
        super().__init__(whole.begun(span[0] + self._at) if self._at else whole, rate, ring, audible, "vj-audio-file")
        self._whole = whole
        self._loop = loop
        self._ready: queue.Queue[F32] = queue.Queue(64)
        self._total: int | None = None  # blocks in the file, once its end has been decoded
        self._played = 0

    @property
    def position(self) -> float:
        """Seconds of the file that have been heard, since its beginning where it goes round."""
        heard, length = self._at + self._played * BLOCK_FRAMES / self.rate, self._whole.duration
        return heard % length if length and self._loop else heard

    @property
    def audible(self) -> bool:
        """True while an output device plays it."""
        return bool(self._speaker.name) and not self._speaker.lost

    @property
    def reopened(self) -> int:
        """How often a lost output device came back."""
        return self._speaker.reopened

    @property
    def silent(self) -> bool:
        """True while a second or more of nothing but exact zeros was played."""
        return self._quiet.silent

    @property
    def latency(self) -> float:
        """Seconds that the output takes; the ring gets its samples that much later, when they are heard."""
        return self._speaker.latency

    @property
    def ended(self) -> bool:
        """True once the last of a file that does not loop has been played; only silence follows."""
        return self._total is not None and self._played >= self._total

    def _feed(self) -> None:
        """Thread: decode ahead."""
        blocks = self._sound()
        while not self._stop.is_set():
            block = next(blocks)
            while not self._stop.is_set():
                with contextlib.suppress(queue.Full):
                    self._ready.put(block, timeout=0.1)
                    break
            self._speaker.fill()

    def _sound(self) -> Iterator[F32]:
        """Blocks [BLOCK_FRAMES, 2] without end: the file, over and over or once, and then silence."""
        count = 0
        try:
            while len(block := self._next()):
                yield np.concatenate([block, np.zeros((BLOCK_FRAMES - len(block), 2), np.float32)])
                count += 1
        except AudioError as error:  # it was deleted while it played, or its decoder died
            if not self._stop.is_set():
                self.problem = f"{self.file.path.name}: {error.what}; silence in its place"
        self._total = count
        while True:
            yield np.zeros((BLOCK_FRAMES, 2), np.float32)

    def _next(self) -> F32:
        """The next block of the file [n, 2]; shorter only at its very end."""
        block = self.file.read(BLOCK_FRAMES)
        while self._loop and len(block) < BLOCK_FRAMES:
            self.file = self._whole
            self.file.rewind()
            block = np.concatenate([block, self.file.read(BLOCK_FRAMES - len(block))])
        return block

    def _pull(self) -> F32 | None:
        try:
            return self._ready.get_nowait()
        except queue.Empty:
            return None

    def _heard(self, block: F32, stamp: float) -> None:
        keeps = self._ring.keeps
        block = gridded(block) if keeps else block
        mono = self._mono.step(block)
        self._quiet.step(len(mono), bool(mono.any()))
        self._ring.write(mono, stamp, block[:, : self.file.channels] if keeps else None)
        self._ring.unclean = self.file.unclean
        self._played += 1
