"""How much the sound changes, and how much of it there is: sums that a reader can take differences of."""

from dataclasses import dataclass
from typing import Self

from vj.core.interp import ease
from vj.core.sound.change import Change
from vj.core.types import Hop

#: Over which `change` is felt.
FELT_TAU_S = 0.2


@dataclass(frozen=True, slots=True)
class Novelty:
    """Sums since the start; a reader that skips hops misses nothing.

    change    nepers a second now: mean absolute change of log amplitude in 24 bands of pitch, felt over 0.2 s
    activity  nepers: its sum, the same at any volume
    plain     the sum of the changes of plain amplitude, as GANterpretations counts them
    energy    seconds: the sum of the mean square before gain, so that its growth over a time is the power then
    """

    change: float
    activity: float
    plain: float
    energy: float


class HearNovelty:
    """Total variation of the rolling spectrum, and energy."""

    address = "/feature/novelty"

    def __init__(self, rate: int, hop_length: int, window_length: int) -> None:
        self._new = (window_length, rate, hop_length / rate)
        self._ease = ease(hop_length / rate, FELT_TAU_S)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._change = Change(*self._new)
        self._record = Novelty(0.0, 0.0, 0.0, 0.0)

    def step(self, hop: Hop, p: Self) -> Novelty:
        """Novelty after this hop."""
        logs, plain = self._change.step_power(hop.power)
        old = self._record
        power = hop.mean_square * hop.before_gain * hop.before_gain
        self._record = Novelty(
            change=old.change + (logs / hop.dt - old.change) * self._ease,
            activity=old.activity + logs,
            plain=old.plain + plain,
            energy=old.energy + power * hop.dt,
        )
        return self._record
