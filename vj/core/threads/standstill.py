"""Whether what is waited for gets on: nobody waits for ever, and nobody gives up what is only slow."""


class Standstill:
    """Counts the seconds for which nothing moved; from `patience` on it stands still."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._seen: object = None
        self._seconds = 0.0

    def waited(self, seconds: float, moved: object) -> bool:
        """After another `seconds` of waiting `moved`, what changes while there is progress, is so: does it stand still?

        Count what was asked for, not what a clock says: a machine that stood still itself blames nobody.
        """
        self._seconds = self._seconds + seconds if moved == self._seen else 0.0
        self._seen = moved
        return self._seconds >= self._patience
