"""How much of the interpreter a thread that reads what others send may take: a flood must not slow the picture."""

import time

#: Of the time that passes, and at once in seconds.
SHARE, BURST_S = 0.2, 0.1
#: The longest pause in seconds.
PAUSE_S = 0.05


class Share:
    """Counts the processor time of the thread that asks. `pause` is asked after each piece of work."""

    def __init__(self) -> None:
        self._left = BURST_S
        self._at, self._spent = time.perf_counter(), 0.0
        self._begun = False

    def pause(self) -> float:
        """Seconds to rest now; 0 unless too much was taken."""
        now, spent = time.perf_counter(), time.thread_time()
        if self._begun:
            self._left = min(self._left + (now - self._at) * SHARE, BURST_S) - (spent - self._spent)
        self._begun, self._at, self._spent = True, now, spent
        return min(max(-self._left / SHARE, 0.0), PAUSE_S)
