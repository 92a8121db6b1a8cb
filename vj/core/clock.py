"""Show time: counted from audio samples, carried on between them by whatever clock the caller reads."""

#: The clock may run this much fast or slow to meet the audio again; less than anybody sees.
MAX_SLEW = 0.05


def dated(seconds: float) -> tuple[float, float, float, float]:
    """Year, month, day and seconds of the day, so many seconds after the first of 2000 began."""
    days, rest = divmod(seconds, 86400.0)
    # Years that begin in March end with the odd day; eras of 400 of them are alike.
    era, of_era = divmod(int(days) + 730425, 146097)
    year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    number = of_year - (153 * month + 2) // 5 + 1
    late = month >= 10
    return float(year + 400 * era + late), float(month - 9 if late else month + 3), float(number), rest


class AudioClock:
    """Show time now, from the sample counts of arriving audio and a wall clock that fills the gaps.

    Blocks arrive in lumps; the clock does not follow each, it slews by at most 5 % towards them and never goes back.
    A device that dies does not stop it.
    """

    def __init__(self) -> None:
        self._t = 0.0
        self._wall: float | None = None
        self._offset: float | None = None
        #: Whether it is to be with the audio at once when it next looks, if that is ahead.
        self.eager = False

    def heard(self, t: float, wall: float) -> None:
        """Audio up to show time `t` had arrived at wall-clock second `wall`."""
        offset = t - wall
        # late blocks only ever make the offset smaller, so lean towards the largest seen lately
        if self._offset is None or abs(offset - self._offset) > 0.25:
            self._offset = offset
        else:
            self._offset += (offset - self._offset) * (0.2 if offset > self._offset else 0.01)

    def audio(self, wall: float) -> float | None:
        """Show time of the audio itself at wall-clock second `wall`, as well as that is known; None before any."""
        return None if self._offset is None else wall + self._offset

    def now(self, wall: float) -> float:
        """Show time in seconds at wall-clock second `wall`."""
        if self._wall is None:
            self._wall = wall
        dt, self._wall = max(wall - self._wall, 0.0), wall
        error = 0.0 if self._offset is None else wall + self._offset - (self._t + dt)
        if abs(error) > 0.25 or (self.eager and self._offset is not None):
            self.eager = False
            self._t += max(dt + error, 0.0)  # the very start, or a device that came back
        else:
            self._t += dt * (1.0 + min(max(error, -MAX_SLEW), MAX_SLEW))
        return self._t
