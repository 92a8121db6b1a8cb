"""Cues that go at a time of the code that another machine sends, such as "01:02:03:04"."""

import re
from collections.abc import Sequence

from vj.core.errors import ControlError
from vj.core.types import Code, Cue

#: Where the code that comes in is told.
CODE = "/tempo/timecode"
#: Seconds by which a code that runs may leap from one telling to the next.
LEAP_S = 2.0
_FORM = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[:;.](\d{1,2}))?")


def code(text: str) -> Code:
    """Hours, minutes, seconds and frames that "01:02:03:04" says, frames at will; raises ControlError."""
    match = _FORM.fullmatch(text.strip())
    parts = tuple(int(part or 0) for part in match.groups()) if match else ()
    if len(parts) != 4 or any(part >= most for part, most in zip(parts, (24, 60, 60, 60), strict=True)):
        raise ControlError(f"{text!r} is no time code", hint='hours, minutes, seconds, frames: "00:01:30:00"')
    return parts[0], parts[1], parts[2], parts[3]


class Chase:
    """Follows the code. Where it runs a cue goes as its time passes; where it leaps, or has only just come or been
    listened to, the cue that its place belongs to is on at once, as if the code had run there."""

    def __init__(self) -> None:
        self._news: Code | None = None
        self._before: Code | None = None

    def reset(self) -> None:
        """Nothing was heard."""
        self._news = self._before = None

    def hear(self, now: Code) -> None:
        """The code is at `now`."""
        self._news = now

    def due(self, cues: Sequence[Cue], on: Cue | None, listens: bool) -> tuple[Cue, bool] | None:
        """The cue that has to come, and whether it comes at once, its fade being over. `on` is on already, and is
        not begun anew."""
        if not listens:
            self.reset()
        if (now := self._news) is None or now == self._before:
            return None
        before, self._before = self._before, now
        runs = before is not None and 0.0 < _seconds(now) - _seconds(before) + 1e-9 <= LEAP_S
        if runs and before is not None:
            passed = [cue for cue in cues if cue.at is not None and before < cue.at <= now]
            last = max(passed, key=_time, default=None)
            return None if last is None or last is on else (last, False)
        there = [cue for cue in cues if cue.at is not None and cue.at <= now]
        last = max(there, key=_time, default=None)
        return None if last is None or last is on else (last, True)


def _time(cue: Cue) -> Code:
    assert cue.at is not None
    return cue.at


def _seconds(at: Code) -> float:
    """Of a code, near enough to tell a leap: the frames of a second are not known."""
    return 3600.0 * at[0] + 60.0 * at[1] + at[2] + at[3] / 30.0
