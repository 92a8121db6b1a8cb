"""aubio's onset detectors behind the interface of ours. Imported only when one of them is chosen."""

import aubio
import numpy as np

from vj.core.types import F32

#: From analysis to analysis, and what is analysed: 128 and 512 samples at 48 kHz, the quickest good setting of aubio.
HOP_S = 128 / 48000
LENGTH_S = 512 / 48000


class AubioOnset:
    """One of aubio's methods, fed in its own steps."""

    def __init__(self, method: str, rate: int) -> None:
        self._hop = round(HOP_S * rate)
        self._rate = rate
        self._detector = aubio.onset(method, round(LENGTH_S * rate / 2) * 2, self._hop, rate)
        self._rest = np.zeros(0, np.float32)
        self._heard = 0
        self.last = -1.0
        self.strength = 0.0

    def step(self, samples: F32, sensitivity: float) -> int:
        """Onsets in `samples` [n]."""
        self._rest = np.concatenate([self._rest, samples])
        self.strength = 0.0
        count = 0
        while len(self._rest) >= self._hop:
            fired = self._detector(self._rest[: self._hop])[0]
            self._rest = self._rest[self._hop :]
            self._heard += self._hop
            # aubio reports an onset in its very first step, whatever comes.
            if fired and self._heard > self._hop:
                count += 1
                self.last, self.strength = self._heard / self._rate, 1.0
        return count
