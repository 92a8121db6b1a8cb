"""How a show is told to end from outside: Ctrl-C, the system, the terminal that is closed."""

import signal
import sys
import threading
import time
from importlib.machinery import ExtensionFileLoader
from types import FrameType, TracebackType
from typing import Any, Self

from vj.apps.guard import pulse

#: Signals that end a show, those of them that this system has.
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
#: What is told again within so many seconds is the same wish: a terminal tells everybody, and so does a guard.
ECHO_S = 1.0
#: Running while a native module is being opened, and whatever Python code that module calls then.
_OPENING = {ExtensionFileLoader.create_module.__code__, ExtensionFileLoader.exec_module.__code__}
#: A signal that came then is sent again after so many seconds.
AGAIN_S = 0.05


def interrupt(number: int, frame: FrameType | None) -> None:
    """Handle a signal by a KeyboardInterrupt, once no native module is being opened (see `put_off`)."""
    if not put_off(number, frame):
        raise KeyboardInterrupt


def put_off(number: int, frame: FrameType | None) -> bool:
    """Whether a native module is being opened in `frame`; then the signal will be sent again a moment later.

    Some modules call Python while they are opened and do not expect it to be interrupted: the whole process would end
    there, without its finally clauses, and what was begun would be left lying.
    """
    while frame is not None and frame.f_code not in _OPENING:
        frame = frame.f_back
    if frame is None:
        return False
    again = threading.Timer(AGAIN_S, _send_again, (number,))
    again.daemon = True
    again.start()
    return True


def _send_again(number: int) -> None:
    """To the main thread, which may sleep by now: a signal to any other thread would not wake it."""
    if sys.platform == "win32":
        signal.raise_signal(number)
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, number)


class Leaving:
    """While it is entered, each of those signals is a KeyboardInterrupt to the main thread.

    `asked` is the number of the signal that came, 0 for none. `code` is what the program ends with: 0 for Ctrl-C, which
    ends a show as Ctrl+Q does, 128 and the signal for others.
    """

    def __init__(self) -> None:
        self.asked = 0
        self._at = 0.0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._heed) for number in SIGNALS}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def code(self) -> int:
        """For the exit."""
        return 0 if self.asked in (0, signal.SIGINT) else 128 + self.asked

    def _heed(self, number: int, frame: FrameType | None) -> None:
        if put_off(number, frame):
            return
        now = time.monotonic()
        if self.asked and now - self._at < ECHO_S:
            return
        self.asked, self._at = number, now
        pulse.ending()
        raise KeyboardInterrupt
