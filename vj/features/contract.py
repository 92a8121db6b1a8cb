"""What every feature is: a stage that turns one Hop into one frozen record, and nothing else."""

from collections.abc import Mapping
from typing import Any, Protocol, Self

from vj.core.types import Hop


class Feature(Protocol):
    """Hears one thing.

    Constructed as `HearX(rate, hop_length, window_length)` (Hz, samples, samples). Fed a whole file hop by hop it gives
    the same records as after `reset()`; it is finite on silence, clipping and DC (NaN is cleaned before it arrives).
    Time is counted in hops; never read a clock. Smoothing is in seconds.
    """

    address: str

    def __init__(self, rate: int, hop_length: int, window_length: int) -> None: ...

    def step(self, hop: Hop, p: Self) -> Any:
        """The record after this hop. `p` holds this stage's own parameters."""

    def reset(self) -> None:
        """Back to the state after construction."""


class Conclusion(Protocol):
    """Draws on what others heard in the same hop: a feature with `needs`, stepped after those without.

    All that is said of a Feature holds. A record missing in `heard`, because nobody listens for it, is done without.
    """

    address: str
    needs: tuple[type, ...]

    def __init__(self, rate: int, hop_length: int, window_length: int) -> None: ...

    def step(self, hop: Hop, p: Self, heard: Mapping[type, Any]) -> Any:
        """The record after this hop, given the records of this hop by type."""

    def reset(self) -> None:
        """Back to the state after construction."""
