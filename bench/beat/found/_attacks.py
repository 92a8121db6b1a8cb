"""Where sounds begin: to a millisecond, to check what a grid says against what is heard."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

F64 = NDArray[np.float64]
RATE = 44100
#: Seconds between two looks, and on either side of a moment whose loudness is compared.
EVERY = 22 / RATE
SIDE = 0.008
#: Bands in Hz: lower ones swing too slowly to say when.
Bands = tuple[tuple[float, float], ...]
BANDS: Bands = ((150, 500), (500, 1500), (1500, 5000), (5000, 14000))
#: Seconds around an expected time in which the attack is looked for, and the rise that makes one.
AROUND, RISE = 0.035, 0.4


def rises(x: NDArray[np.float32], bands: Bands = BANDS, beside: float = SIDE) -> F64:
    """How much louder each half millisecond is after than before, all bands together: x [n] mono at 44.1 kHz -> [m]."""
    step, side = round(RATE * EVERY), round(beside / EVERY)
    out = np.zeros(len(x) // step + 1)
    for low, high in bands:
        band = sosfilt(butter(2, (low, high), "band", fs=RATE, output="sos"), x)
        power = np.square(band[: len(band) // step * step].astype(np.float64)).reshape(-1, step).mean(1)
        total = np.concatenate([np.zeros(side + 1), np.cumsum(power), np.full(side, power.sum())])
        after, before = (np.maximum(0.0, total[i + side :][: len(out)] - total[i:][: len(out)]) for i in (side, 0))
        usual = side * (np.quantile(power, 0.9) + 1e-12)
        # loudness as the ear has it, so that a loud rumble does not hide a soft click
        out += np.maximum(0.0, (after / usual) ** 0.3 - (before / usual) ** 0.3)
    return out


def offsets(rise: F64, times: F64) -> tuple[F64, F64]:
    """For each time that an attack lies near: (the time, seconds by which the attack is later)."""
    span = round(AROUND / EVERY)
    found, late = [], []
    for t in times:
        k = round(t / EVERY)
        if k - span < 0 or k + span >= len(rise):
            continue
        near = rise[k - span : k + span + 1]
        at = int(np.argmax(near))
        if near[at] >= RISE and 0 < at < 2 * span:
            found.append(t)
            late.append((at - span) * EVERY)
    return np.array(found), np.array(late)
