"""How much of the interpreter a thread that reads what others send may take: a flood must not slow the picture."""

import time

#: The part of the time that passes that it may take.
SHARE = 0.2
#: What it may take at once.
BURST_S = 0.1
#: The longest pause.
PAUSE_S = 0.25


class Share:
    """Counts the processor time of the thread that asks, from each `begin` to the next `pause`."""

    def __init__(self) -> None:
        self._left = BURST_S
        self._at = time.perf_counter()
        self._spent = 0.0

    def begin(self) -> None:
        """Work that counts begins."""
        self._spent = time.thread_time()

    def pause(self) -> float:
        """It is over: seconds to rest now; 0 unless too much was taken."""
        now, spent = time.perf_counter(), time.thread_time() - self._spent
        self._left = min(self._left + (now - self._at) * SHARE, BURST_S) - spent
        self._at = now
        return min(max(-self._left / SHARE, 0.0), PAUSE_S)
