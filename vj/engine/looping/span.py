"""How long a loop is: so many beats at a tempo, which must be so many whole frames."""

from dataclasses import dataclass, replace
from fractions import Fraction

from vj.core.errors import VjError

#: Tempi that there may be.
TEMPI_BPM = (20, 400)
MOST_BEATS = 1024
LEAST_FRAMES = 4
#: Frames a second that a film may have.
RATES_HZ = (24, 144)
#: Films say their rate as a fraction whose denominator is this at the most.
FINEST = 1001
FITS = ("bpm", "fps")


@dataclass(frozen=True)
class Span:
    """`beats` of `metre` to a bar at `bpm` beats a minute, shown at `fps` frames a second; all exact."""

    beats: int
    bpm: Fraction
    fps: Fraction
    metre: int = 4

    @property
    def seconds(self) -> Fraction:
        """Seconds once round."""
        return Fraction(60 * self.beats) / self.bpm

    @property
    def exact(self) -> Fraction:
        """Frames once round, whole or not."""
        return self.seconds * self.fps

    @property
    def frames(self) -> int:
        """Frames once round."""
        return round(self.exact)

    @property
    def bars(self) -> Fraction:
        """Bars once round."""
        return Fraction(self.beats, self.metre)

    def time(self, frame: int) -> float:
        """Seconds at which frame number `frame` is shown, counted on over rounds."""
        return float(frame / self.fps)


def fitted(span: Span, fit: str | None = None) -> Span:
    """`span`, if it is whole frames; else with the nearest `bpm` or `fps` that makes it so, if `fit` says which.

    Raises VjError for what cannot be, naming what can.
    """
    if not TEMPI_BPM[0] <= span.bpm <= TEMPI_BPM[1]:
        raise VjError(f"{spoken(span.bpm)} BPM is out of range", "--bpm", f"choose {TEMPI_BPM[0]} to {TEMPI_BPM[1]}")
    if not 1 <= span.beats <= MOST_BEATS:
        raise VjError(f"{span.beats} beats are no loop", "--beats", f"choose 1 to {MOST_BEATS}")
    frames = max(span.frames, LEAST_FRAMES)
    if span.exact == frames:
        return span
    tempo = replace(span, bpm=60 * span.beats * span.fps / frames)
    rate = replace(span, fps=frames / span.seconds)
    if fit == "bpm":
        return tempo
    filmed = rate.fps.denominator <= FINEST and RATES_HZ[0] <= rate.fps <= RATES_HZ[1]
    if fit == "fps" and filmed:
        return rate
    if fit == "fps":
        raise VjError(
            f"no film can have the {spoken(rate.fps)} frames a second that this needs", "--fit fps", "take --fit bpm"
        )
    ways = [f"--fit bpm makes it {spoken(tempo.bpm)} BPM ({frames} frames)"]
    ways += [f"--fit fps makes it {spoken(rate.fps)} fps"] if filmed else []
    more = span.beats * span.exact.denominator
    if more <= min(16 * span.beats, MOST_BEATS):
        ways.append(f"{_lasting(more, span.metre)} are whole as they are")
    raise VjError(
        f"{_lasting(span.beats, span.metre)} at {spoken(span.bpm)} BPM are {spoken(span.exact)} frames "
        f"at {spoken(span.fps)} a second, and a loop is whole ones",
        "--bpm, --fps",
        "; ".join(ways),
    )


def metre_of(beats: int) -> int:
    """Beats in a bar of a loop of `beats`: four, or three, where they go into it; else it is one bar."""
    return next((metre for metre in (4, 3) if beats % metre == 0), min(beats, 7))


def spoken(number: Fraction) -> str:
    """A number as people write it: 128, 127.5, 29.97."""
    return f"{float(number):.2f}".rstrip("0").rstrip(".")


def _lasting(beats: int, metre: int) -> str:
    return f"{beats // metre} bars" if beats % metre == 0 else f"{beats} beats"
