"""The far end of an output, of whatever kind: what takes pictures and sound in the child process that sends them."""

from vj.core.types import F32, U8


class Far:
    """Where pictures and sound go; made of a `Task`. Errors of any kind end the process; its parent begins another.

    told      what it is once it is open, for the operator
    patience  seconds without a message after which `idle` is called
    """

    told = ""
    patience = 1.0

    def picture(self, image: U8, t: float) -> None:
        """Send a picture [h, w, 4], BGRA, its lowest row first, of show time `t` (s); it is another's after this."""
        raise NotImplementedError

    def sound(self, samples: F32, t: float) -> None:
        """Send [n] mono samples, the first of show time `t` (s); what carries no sound leaves it."""

    def idle(self) -> None:
        """Nothing came for a while: most keep the last picture."""

    def close(self) -> None:
        """Finish."""

    @property
    def watched(self) -> int:
        """How many watch; -1 where that cannot be known."""
        return -1
