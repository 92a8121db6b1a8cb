"""Time where no device gives it: how many samples are due by now, counted so that rounding never adds up."""


class Pace:
    """Counts samples at `rate` Hz from the second `start`; more than `patience` seconds behind, it lets the rest go.

    (A laptop that slept for an hour must not come back to an hour of samples at once.)
    """

    def __init__(self, rate: int, start: float, patience: float = 0.75) -> None:
        self._rate = rate
        self._start = start
        self._patience = patience
        self._given = 0
        self.skipped = 0

    def due(self, now: float, block: int = 1) -> int:
        """How many samples to give at second `now`, a multiple of `block`; they count as given."""
        behind = int((now - self._start) * self._rate) - self._given
        if behind > self._patience * self._rate:
            late = behind - block
            self._given += late
            self.skipped += late
            behind = block
        count = max(behind // block * block, 0)
        self._given += count
        return count


class Quiet:
    """Notices pure zeros: `silent` is True while the last second or more was exactly 0, False as soon as it is not."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._zeros = 0

    @property
    def silent(self) -> bool:
        """Whether a second or more of nothing but zeros came last."""
        return self._zeros >= self._rate

    def step(self, count: int, sound: bool) -> None:
        """Tell of `count` more samples; `sound` says whether any of them differs from 0."""
        self._zeros = 0 if sound else self._zeros + count
