"""StyleGAN3's resampling filters as plain convolutions on the low rate, one a phase of the raised signal.

A signal raised `up` times and filtered is `up` signals at the old rate, each the old samples convolved with every
up-th tap; the bend acts on each by itself; and what a filter that goes down `down` times takes from them is again a
sum of plain convolutions (polyphase: Crochiere and Rabiner, "Multirate Digital Signal Processing", 1983). So no zero is
ever multiplied, nothing is interleaved at the raised rate, and the runtime may keep channels in blocks.
"""

from dataclasses import dataclass

import numpy as np

from vj.core.types import F32
from vj.workshop.stylegan.plan3 import Layer

#: A tap that is not there.
_NONE = -1


@dataclass(frozen=True)
class Step:
    """One convolution along an axis: number of the filter's tap at each place (-1 for none), zeros before and after."""

    taps: tuple[int, ...]
    pads: tuple[int, int] = (0, 0)

    def kernel(self, taps: F32) -> F32:
        """The convolution's own taps along the first axis of the filter's."""
        return np.concatenate([taps, np.zeros_like(taps[:1])])[list(self.taps)]


@dataclass(frozen=True)
class Phases:
    """A layer's resampling along one axis.

    seen    samples [start, stop) of the convolution's output (`kernel` - 1 longer than the input) that matter
    rise    phase -> step from those samples
    fall    [phase of the output][phase of the raised signal] -> step; their sum is the output's phase
    size    samples of each phase of the output
    """

    seen: tuple[int, int]
    rise: tuple[Step, ...]
    fall: tuple[tuple[Step, ...], ...]
    size: int


def phases(layer: Layer) -> Phases:
    """How `layer` resamples; its filters are symmetric, so that none has to be turned round."""
    up, down, before = layer.up, layer.down, layer.pads[0]
    spread = max(up // down, 1)
    size = -(-layer.size[1] // spread)
    raised = (size * spread - 1) * down + len(layer.down_filter)
    lengths = [-(-(raised - phase) // up) for phase in range(up)]
    given = layer.size[0] + layer.kernel - 1
    firsts, taps = [], []
    for phase in range(up):
        tap = (before - phase) % up
        firsts.append((phase + tap - before) // up)
        taps.append(tuple(range(tap, len(layer.up_filter), up)) or (_NONE,))
    ends = [first + length + len(tap) - 1 for first, length, tap in zip(firsts, lengths, taps, strict=True)]
    seen = max(min(firsts), 0), min(max(ends), given)
    rise = tuple(
        _padded(tap, seen[0] - first, end - seen[1]) for tap, first, end in zip(taps, firsts, ends, strict=True)
    )
    fall = tuple(_fall(layer, phase, lengths, size) for phase in range(spread))
    return Phases(seen, rise, fall, size)


def _padded(taps: tuple[int, ...], before: int, after: int) -> Step:
    """Missing samples become zeros around; superfluous ones meet taps of zero."""
    return Step((_NONE,) * -min(before, 0) + taps + (_NONE,) * -min(after, 0), (max(before, 0), max(after, 0)))


def _fall(layer: Layer, out: int, lengths: list[int], size: int) -> tuple[Step, ...]:
    """Steps from every raised phase to phase `out` of the output."""
    places = [[_NONE] * (length - size + 1) for length in lengths]
    for tap in range(len(layer.down_filter)):
        place, phase = divmod(layer.down * out + tap, layer.up)
        places[phase][place] = tap
    return tuple(Step(tuple(place)) for place in places)
