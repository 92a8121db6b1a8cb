"""A thread beside the show: it says that it lives, and may be begun again where it does not.

    self._thread = Side("osc", self._run)       # used like a thread
    while self._thread.turn() and ...:          # at every turn of its loop

Nothing here knows the time: somebody above looks at `sides`, and says what is too long.
"""

import threading
import weakref
from collections.abc import Callable

#: How long it may be silent unless it says otherwise.
PATIENCE_S = 5.0
#: How long it waits after an error before it goes on.
RETRY_S = 0.5

_sides: "weakref.WeakSet[Side]" = weakref.WeakSet()


def sides() -> "list[Side]":
    """Those that run, by name."""
    return sorted((side for side in tuple(_sides) if side.is_alive()), key=lambda side: side.name)


class Side:
    """A daemon thread that runs `run`, and again half a second after it raised.

    `patience`  seconds that a turn may take, 0 as long as it likes
    `again`     whether another thread may go on in its place: the one that hangs ends at its next turn
    `turns`     how many it began; `errors` how often it raised, the last time `error`
    """

    def __init__(self, name: str, run: Callable[[], None], patience: float = PATIENCE_S, again: bool = True) -> None:
        self.name, self.patience, self.again = name, patience, again
        self.turns = self.errors = 0
        self.error: Exception | None = None
        #: Whether it waits for somebody, however long that takes.
        self.resting = False
        self._run = run
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        _sides.add(self)
        self.renew()

    def renew(self) -> None:
        """Go on with another thread in place of the one that there is."""
        self._thread = threading.Thread(target=self._main, name=self.name, daemon=True)
        self._thread.start()

    def turn(self) -> bool:
        """It lives; False to a thread in whose place there is another one."""
        self.turns += 1
        self.resting = False
        return threading.current_thread() is self._thread

    def rest(self) -> None:
        """It waits until somebody wants something, which is no hanging; until the next turn."""
        self.resting = True

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._thread is not None and self._thread.is_alive()

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended."""
        if self._thread is not None:
            self._thread.join(timeout)

    def _main(self) -> None:
        pause = threading.Event()
        while True:
            try:
                self._run()
            except Exception as error:  # noqa: BLE001  it is beside the show, which goes on, and so shall it
                self.errors, self.error = self.errors + 1, error
                pause.wait(RETRY_S)
                if threading.current_thread() is self._thread:
                    continue
            return
