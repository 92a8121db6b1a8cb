"""What a live recording sends to its encoder, by a thread of its own: a disk that stands still holds up nobody."""

import queue
import threading
from contextlib import suppress
from typing import BinaryIO

#: Messages that may wait: some ten seconds of pictures and sound.
WAITING = 800


class Outbox:
    """Sends to `pipe` in order. `put` never waits; what finds no room is not sent."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._messages: queue.Queue[bytes | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._run, name="film out", daemon=True)
        self._thread.start()

    def put(self, message: bytes) -> bool:
        """Send it, if there is room; whether there was."""
        try:
            self._messages.put_nowait(message)
        except queue.Full:
            return False
        return True

    def end(self, last: bytes, patience: float) -> bool:
        """Send that too, and close the pipe; whether all went within `patience` seconds."""
        with suppress(queue.Full):
            self._messages.put(last, timeout=patience)
            self._messages.put(None, timeout=patience)
        self._thread.join(patience)
        return not self._thread.is_alive()

    def _run(self) -> None:
        broken = False
        while (message := self._messages.get()) is not None:
            try:
                if not broken:
                    self._pipe.write(message)
                    self._pipe.flush()
            except (OSError, ValueError):  # it is gone: its last words say why
                broken = True
        with suppress(OSError):
            self._pipe.close()
