"""Has what was written on the disk every second; a disk that takes its time over it keeps nobody from writing on."""

import threading
from collections.abc import Callable

#: Seconds between two syncs.
SYNC_S = 1.0


class Syncer:
    """Calls `sync` every second on a thread of its own; what it raises is told to `failed`."""

    def __init__(self, sync: Callable[[], None], failed: Callable[[OSError], None]) -> None:
        self._sync, self._failed = sync, failed
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="performance sync", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the sync in hand."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._closing.wait(SYNC_S):
            try:
                self._sync()
            except OSError as error:
                self._failed(error)
