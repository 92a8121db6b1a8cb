"""A whole song, to be looked through before its first frame is shown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, Protocol

from vj.core.types import F32, F64

Channel = Literal["mid", "left", "right"]


class Sound(Protocol):
    """Decodes a song anew each time it is called."""

    def __call__(self, rate: int, channel: Channel = "mid") -> Iterator[F32]:
        """Blocks of one channel [n] float32 at `rate` Hz, from the beginning to the end."""
        ...


@dataclass(frozen=True)
class Track:
    """What a director may survey.

    sound     the song, streamed; nobody needs to hold all of it
    rate      Hz at which the file itself is sampled
    fps       frames a second that will be asked for
    columns   numbers that were imported beside it, by name (a CSV of one row a step), `column_rate` rows a second
    """

    sound: Sound
    rate: int
    fps: Fraction
    columns: Mapping[str, F64] = field(default_factory=dict)
    column_rate: float = 30.0


@dataclass(frozen=True)
class Findings:
    """What a survey found, to be looked at before a render.

    curves   name -> (values a second, values), each about 0..1
    moments  show times in seconds at which something new begins, and what it is called
    """

    curves: Mapping[str, tuple[float, F64]] = field(default_factory=dict)
    moments: tuple[tuple[float, str], ...] = ()
