"""The three bands of "Stylizing Audio Reactive Visuals" (hanhung, 2019): zero phase for a file, causal for a stream.

Its filters are Butterworth of order 5 run forwards and backwards (filtfilt), which has no delay and knows the future.
Here they run so over a stream, in pieces: backwards from a little later than is asked for, for what lies further off
has died away by then. The causal ones run forwards only; `delay` says by how much they are late.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vj.core.types import F32, F64

ORDER = 5
#: Band -> its filters one after the other: kind and edge in Hz. Mids are what the original calls "high".
BANDS: dict[str, tuple[tuple[Literal["lowpass", "highpass"], float], ...]] = {
    "bass": (("lowpass", 150.0),),
    "mids": (("lowpass", 5000.0), ("highpass", 500.0)),
    "snare": (("lowpass", 350.0), ("highpass", 200.0)),
}
#: Seconds in which the slowest of these filters (150 Hz) forgets: exp(-0.309 x 2 pi x 150 x 0.12) is 7e-16.
FORGETS = 0.12
#: Samples by which a file is prolonged at both ends, as filtfilt does: 3 x (ORDER + 1).
PAD = 3 * (ORDER + 1)
#: Samples filtered backwards at once.
PIECE = 1 << 15


def zero_phase(blocks: Iterable[F32], band: str, rate: int) -> Iterator[F64]:
    """The stream through the filters of `band`, each forwards and backwards, as scipy.signal.filtfilt gives it.

    Pieces have other lengths than `blocks`, and all together the same. Streams shorter than PAD + 1 samples stay as
    they are.
    """
    from scipy import signal  # takes long to import, and few want it

    out: Iterator[F64] = (np.asarray(block, np.float64) for block in blocks)
    for kind, edge in BANDS[band]:
        b, a = signal.butter(ORDER, edge, kind, fs=rate)
        out = _both_ways(out, b, a, round(FORGETS * rate))
    return out


def causal(samples: F32, band: str, rate: int, states: Sequence[F64] | None = None) -> tuple[F64, list[F64]]:
    """`samples` [n] through the same filters forwards only, and the states to go on with."""
    from scipy import signal  # takes long to import, and few want it

    out: F64 = np.asarray(samples, np.float64)
    after = []
    for i, (kind, edge) in enumerate(BANDS[band]):
        sections = signal.butter(ORDER, edge, kind, fs=rate, output="sos")
        state = np.zeros((len(sections), 2)) if states is None else states[i]
        out, state = signal.sosfilt(sections, out, zi=state)
        after.append(state)
    return out, after


def response(band: str, hz: F64, rate: int) -> NDArray[np.complex128]:
    """[n] complex response of the causal filters of `band` at frequencies `hz` [n]."""
    from scipy import signal  # takes long to import, and few want it

    whole = np.ones(len(hz), np.complex128)
    for kind, edge in BANDS[band]:
        whole = whole * signal.sosfreqz(signal.butter(ORDER, edge, kind, fs=rate, output="sos"), hz, fs=rate)[1]
    return whole


def delay(band: str, hz: float, rate: int) -> float:
    """Seconds by which the causal filters of `band` are late at `hz`: their group delay."""
    step = 0.01
    phases = np.unwrap(np.angle(response(band, np.array([hz - step, hz + step]), rate)))
    return float((phases[0] - phases[1]) / (2.0 * np.pi * 2.0 * step))


def _both_ways(blocks: Iterator[F64], b: F64, a: F64, forgets: int) -> Iterator[F64]:
    """One filter forwards over the stream, and backwards over pieces of what comes out."""
    from scipy import signal  # takes long to import, and few want it

    rest = signal.lfilter_zi(b, a)
    begun = _prolonged(blocks)
    first = next(begun, None)
    if first is None:
        return
    state, held, left_out = rest * first[0], np.zeros(0), PAD
    forward, state = signal.lfilter(b, a, first, zi=state)
    held = forward
    for block in begun:
        if len(held) >= PIECE + forgets:
            back = signal.lfilter(b, a, held[::-1], zi=rest * held[-1])[0][::-1]
            whole = len(held) - forgets
            yield np.asarray(back[left_out:whole])
            held, left_out = held[whole:], 0
        forward, state = signal.lfilter(b, a, block, zi=state)
        held = np.concatenate([held, forward])
    back = signal.lfilter(b, a, held[::-1], zi=rest * held[-1])[0][::-1]
    yield np.asarray(back[left_out:-PAD])


def _prolonged(blocks: Iterator[F64]) -> Iterator[F64]:
    """The stream with PAD samples before and after it, turned round its first and last (odd extension)."""
    head = np.zeros(0)
    for block in blocks:
        head = np.concatenate([head, block])
        if len(head) > PAD:
            break
    if len(head) <= PAD:
        if len(head):
            yield np.concatenate([np.full(PAD, head[0]), head, np.full(PAD, head[-1])])
        return
    yield np.concatenate([2.0 * head[0] - head[PAD:0:-1], head])
    tail = head[-PAD - 1 :]
    for block in blocks:
        yield block
        tail = np.concatenate([tail, block])[-PAD - 1 :]
    yield 2.0 * tail[-1] - tail[-2::-1]
