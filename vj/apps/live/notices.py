"""What the operator should know, for as long as it matters."""

import time
from collections.abc import Callable

#: How long something that happened is told.
EVENT_S = 10.0
#: How long a state is told after it is over.
LINGER_S = 3.0
#: So many stand at most, the oldest go first: nobody reads more.
MOST = 24


class Notices:
    """Lines for panel and terminal. `standing` are those of now, the newest last; each goes by itself.

    Used by the main thread only. Times are seconds of any one clock; None is now. `tell` gets each line when it is new.
    """

    def __init__(self, tell: Callable[[str], None] = lambda text: None) -> None:
        self._tell = tell
        self._until: dict[str, float] = {}
        self._heeded: dict[str, tuple[str, int]] = {}

    def say(self, text: str, now: float | None = None) -> None:
        """Something happened."""
        if self._until.pop(text, None) is None:  # what is said again is new again
            self._tell(text)
        self._until[text] = _clock(now) + EVENT_S
        while len(self._until) > MOST:
            del self._until[next(iter(self._until))]

    def hold(self, text: str, now: float | None = None) -> None:
        """Something is so; to be said again as long as it is."""
        if text:
            if text not in self._until:
                self._tell(text)
            self._until[text] = max(_clock(now) + LINGER_S, self._until.get(text, 0.0))

    def heed(self, who: str, word: str, count: int = 0, now: float | None = None) -> None:
        """The newest word of somebody who keeps it for ever: told when it, or the `count` of such words, is new."""
        if (word, count) != self._heeded.get(who, ("", 0)):
            self._heeded[who] = (word, count)
            if word:
                self.say(word, now)

    def standing(self, now: float | None = None) -> tuple[str, ...]:
        """What is to be read now."""
        now = _clock(now)
        self._until = {text: until for text, until in self._until.items() if until > now}
        return tuple(self._until)


def _clock(now: float | None) -> float:
    return time.perf_counter() if now is None else now
