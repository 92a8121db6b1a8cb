"""What a live recording sends to its encoder, by a thread of its own: a disk that stands still holds up nobody."""

import queue
import threading
from contextlib import suppress
from typing import BinaryIO

#: Messages that may wait: some ten seconds of pictures and sound.
WAITING = 800


class Outbox:
    """Sends to `pipe` in order; `sent` counts. Neither `put` nor `end` waits; what finds no room is not sent."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._messages: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.sent = 0
        self._thread = threading.Thread(target=self._run, name="film out", daemon=True)
        self._thread.start()

    def put(self, message: bytes) -> bool:
        """Send it, if there is room; whether there was."""
        room = self._messages.qsize() < WAITING
        if room:
            self._messages.put(message)
        return room

    def end(self, last: bytes) -> None:
        """After all that waits send that too, and close the pipe."""
        self._messages.put(last)
        self._messages.put(None)

    def _run(self) -> None:
        broken = False
        while (message := self._messages.get()) is not None:
            try:
                if not broken:
                    self._pipe.write(message)
                    self._pipe.flush()
                    self.sent += 1
            except (OSError, ValueError):  # it is gone: its last words say why
                broken = True
        with suppress(OSError):
            self._pipe.close()
