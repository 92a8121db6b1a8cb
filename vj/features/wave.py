"""The sound itself, for pictures that draw it."""

from dataclasses import dataclass
from typing import Self

from vj.core.types import F32, Hop


@dataclass(frozen=True, slots=True)
class Wave:
    """The newest sound: `samples` [window_length] float32, after gain and gate, the newest last."""

    samples: F32


class HearWave:
    """Hands on the window."""

    address = "/feature/wave"

    def __init__(self, rate: int, hop_length: int, window_length: int) -> None:
        self._window = window_length

    def step(self, hop: Hop, p: Self) -> Wave:
        """The window after this hop."""
        return Wave(hop.window)

    def reset(self) -> None:
        """Nothing is remembered."""
