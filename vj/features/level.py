"""How loud it is, in absolute terms and within the music's own range."""

import math
from dataclasses import dataclass
from typing import Self

from vj.core.interp import ease
from vj.core.sound.dsp import FLOOR_DB, to_db
from vj.core.types import Hop

#: Over which loudness is felt.
FELT_TAU_S = 0.4
#: The music's own top follows a louder passage in this time ...
TOP_RISE_TAU_S = 1.0
#: ... and forgets it in this one, so a break stays quiet for its whole length.
TOP_FALL_TAU_S = 40.0
#: Width of the running range.
RANGE_DB = 20.0


@dataclass(frozen=True, slots=True)
class Level:
    """Loudness of one hop.

    rms, peak   amplitudes after gain and gate, 1 is full scale
    db          rms in dBFS, -120 at the lowest
    gain_db     what the input stage applied
    open        the noise gate lets sound through
    clipped     the input was cut off by the converter, or the gain drives it over full scale
    loud        0..1, slow loudness within a running range of 20 dB below the music's own top; 0 in silence
    """

    rms: float
    peak: float
    db: float
    gain_db: float
    open: bool
    clipped: bool
    loud: float


class HearLevel:
    """Measures loudness; `loud` is taken before gain, so neither fader nor automatic gain moves it."""

    address = "/feature/level"

    def __init__(self, rate: int, hop_length: int, window_length: int) -> None:
        dt = hop_length / rate
        self._felt, self._rise, self._fall = ease(dt, FELT_TAU_S), ease(dt, TOP_RISE_TAU_S), ease(dt, TOP_FALL_TAU_S)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._power = 0.0
        self._top_db = FLOOR_DB

    def step(self, hop: Hop, p: Self) -> Level:
        """Level after this hop."""
        level = math.sqrt(hop.mean_square)
        raw = level * hop.before_gain
        self._power += (raw * raw - self._power) * self._felt
        felt_db = to_db(math.sqrt(self._power))
        if hop.open:
            more = felt_db - self._top_db
            self._top_db += more * (self._rise if more > 0.0 else self._fall) if self._top_db > FLOOR_DB else more
        loud = 1.0 + (felt_db - self._top_db) / RANGE_DB if self._top_db > FLOOR_DB else 0.0
        loud = min(max(loud, 0.0), 1.0)
        if felt_db <= FLOOR_DB + 1.0:
            loud = 0.0
        return Level(level, hop.peak, to_db(level), hop.gain_db, hop.open, hop.clipped, loud)
