"""A MIDI file as the beat sees it: notes and bars in seconds, and whether its drums agree with its bars."""

import io
from dataclasses import dataclass
from itertools import pairwise

import mido
import numpy as np
from numpy.typing import NDArray

KICK, SNARE, HAT = (35, 36), (38, 40, 39, 37), (42, 44, 46, 51, 59, 53)
DRUMS = {"kick": KICK, "snare": SNARE, "hat": HAT}
DRUM_CHANNEL = 9
SLOWEST, FASTEST = 60.0, 200.0
#: Below, a kick on every beat may as well be one on every other.
SLOWEST_FLOOR = 90.0
#: Share of a bar's beats, and of a drum's hits, that have to be where the metre wants them.
AGREE = 0.6
#: Seconds by which a player may be beside the beat.
LOOSE = 0.04
#: Quarters a beat, beats a bar.
Bar = tuple[float, int]


@dataclass
class Score:
    """Notes [n, 4] as seconds, channel, pitch, velocity; beats [m] in seconds with places; beats a bar."""

    notes: NDArray[np.float64]
    beats: NDArray[np.float64]
    places: NDArray[np.int64]
    metre: int

    def hits(self, pitches: tuple[int, ...]) -> NDArray[np.float64]:
        """Seconds at which one of these drums is struck, not merely touched."""
        drums = self.notes[(self.notes[:, 1] == DRUM_CHANNEL) & np.isin(self.notes[:, 2], pitches)]
        return drums[drums[:, 3] >= 0.5 * drums[:, 3].max(), 0] if len(drums) else np.zeros(0)


def counted(numerator: int, denominator: int) -> Bar | None:
    """(quarters a beat, beats a bar) as a listener counts a written metre, None where that depends on the piece."""
    if denominator == 8 and numerator % 3 == 0 and numerator > 3:
        return 1.5, numerator // 3
    if denominator == 4 and 2 <= numerator <= 7:
        return 1.0, numerator
    return None


def read(data: bytes, bar: Bar | None = None) -> Score | None:
    """A MIDI file's score; None where its metre changes or is not to be counted. `bar` counts instead of the file."""
    file = mido.MidiFile(file=io.BytesIO(data))
    tempi, metres, notes, end = [(0, 500000)], [], [], 0
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "set_tempo":
                tempi.append((tick, message.tempo))
            elif message.type == "time_signature":
                metres.append((message.numerator, message.denominator))
            elif message.type == "note_on" and message.velocity:
                notes.append((tick, message.channel, message.note, message.velocity))
                end = max(end, tick)
    if not notes or not file.ticks_per_beat or (bar is None and len(set(metres)) > 1):
        return None
    bar = bar or counted(*(metres[0] if metres else (4, 4)))
    if bar is None:
        return None
    seconds = _clock(tempi, file.ticks_per_beat)
    table = np.array(sorted(notes), float)
    table[:, 0] = seconds(table[:, 0])
    ticks = np.arange(0, end + 1, bar[0] * file.ticks_per_beat)
    return Score(table, seconds(ticks), np.arange(len(ticks)) % bar[1] + 1, bar[1])


def _clock(tempi: list[tuple[int, int]], per_quarter: int):  # type: ignore[no-untyped-def]
    """Ticks -> seconds."""
    last = dict(sorted(tempi, key=lambda change: change[0]))
    ticks = [*last, max(last) + per_quarter * 100000]
    times = [0.0]
    for (a, b), tempo in zip(pairwise(ticks), last.values(), strict=True):
        times.append(times[-1] + (b - a) / per_quarter * tempo / 1e6)
    return lambda at: np.interp(at, ticks, times)


def agrees(score: Score) -> str:
    """Why a score's beats are beyond doubt, "" where they are not."""
    beats = score.beats
    if len(beats) < 24 or not SLOWEST <= 60 / float(np.median(np.diff(beats))) <= FASTEST:
        return ""
    kick, snare = score.hits(KICK), score.hits(SNARE)
    if len(kick) + len(snare) < 16:
        return _without_drums(score)
    on_kick, on_snare = _covered(beats, kick), _covered(beats, snare)
    first = score.places == 1
    played = np.isin(np.cumsum(first), np.cumsum(first)[on_kick | on_snare])
    if score.metre % 2 == 0:
        back = score.places % 2 == 0
        heard = _share(on_snare, back & played) >= AGREE and _lies(beats[back], snare) >= AGREE
        if heard and _share(on_kick, first & played) >= AGREE:
            return "backbeat"
    fast = 60 / float(np.median(np.diff(beats))) >= SLOWEST_FLOOR
    if score.metre == 4 and fast and _share(on_kick, played) >= 0.8 and _lies(beats, kick) >= AGREE:
        return "floor"
    if score.metre in (3, 5, 7) and _share(on_kick, first & played) >= AGREE and _lies(beats, snare) >= AGREE:
        return "odd"
    return ""


def _without_drums(score: Score) -> str:
    """Notes that begin on the beats much more often than between them, and most beats have some."""
    starts = np.unique(score.notes[:, 0])
    middle = (score.beats[1:] + score.beats[:-1]) / 2
    on, off = _covered(score.beats, starts).mean(), _covered(middle, starts).mean()
    bass = score.notes[score.notes[:, 2] < 52, 0]
    low = _covered(score.beats, bass)
    firm = len(bass) > 0.5 * (score.places == 1).sum() and low[score.places == 1].mean() >= 0.7
    return "notes" if on >= 0.85 and on > 1.15 * off and firm else ""


def _covered(at: NDArray[np.float64], events: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of the times have an event beside them."""
    if not len(events):
        return np.zeros(len(at), bool)
    beside: NDArray[np.bool_] = np.abs(at[:, None] - events[None, :]).min(1) < LOOSE
    return beside


def _share(of: NDArray[np.bool_], where: NDArray[np.bool_]) -> float:
    return float(of[where].mean()) if where.any() else 0.0


def _lies(beats: NDArray[np.float64], events: NDArray[np.float64]) -> float:
    """Share of the events that lie on a beat."""
    return float(_covered(events, beats).mean()) if len(events) and len(beats) else 0.0
