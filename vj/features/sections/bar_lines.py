"""Bar lines for whoever keeps to them: as they are heard, or the best that is known instead."""

from vj.features.beat.record import BARS_SURE, Tempo
from vj.features.sections.phrases import PHRASE_SURE, Phrase

#: More than the beat runs in one hop.
LEAP_BEATS = 0.2
#: By which what begins a bar is heard late.
LATE_BEATS = 0.05
#: How near to that it begins.
NEAR_BEATS = 0.2
#: Confidence from which a tempo counts.
TEMPO_SURE = 0.6
#: The length of a "bar" of seconds below it.
BAR_S = 2.0


class Bars:
    """Bar lines: as heard while these are sure, else of four beats while the tempo is sure, else every BAR_S.

    `seconds` is the length of a bar, `downbeat` the number of a beat that begins one, `metre` its beats, `likely`
    whether a bar may begin now, None where nobody knows, `opens` whether this bar is the first of a sure phrase.
    """

    def __init__(self) -> None:
        self.seconds = BAR_S
        self._since = 0.0
        self._beats = 0.0
        self._counted = self._heard = False
        self._span = 4
        self.downbeat, self.metre = 0, 4
        self.likely: bool | None = None
        self.opens = False

    def step(self, dt: float, tempo: Tempo | None, phrase: Phrase | None) -> bool:
        """Whether a bar begins."""
        self._since += dt
        sure = tempo is not None and tempo.confidence >= TEMPO_SURE
        beats = tempo.beat + tempo.phase if tempo is not None else 0.0
        self._heard = tempo is not None and tempo.bar_confidence >= BARS_SURE
        self.opens = False
        if tempo is not None and self._heard:
            self._hear(tempo, phrase)
        else:
            self.metre = 4
        self.seconds = 60.0 * self.metre / tempo.bpm if tempo is not None and sure else BAR_S
        crossed = (beats - self.downbeat) // self.metre != (self._beats - self.downbeat) // self.metre
        crossed = crossed and self._since >= 0.5 * self.seconds if sure else self._since >= BAR_S
        self._counted = tempo is not None and tempo.counted
        if self._heard:
            away = (beats - self.downbeat - LATE_BEATS) % self.metre
            self.likely = min(away, self.metre - away) < NEAR_BEATS
        else:
            self.likely = None
            if self._counted or (beats - self._beats > LEAP_BEATS and beats % 4.0 < LEAP_BEATS):
                self.downbeat = 0  # else only a performer's resync leaps, and to a multiple of four
        self._beats = beats
        if crossed:
            self._since = 0.0
        return crossed

    def _hear(self, tempo: Tempo, phrase: Phrase | None) -> None:
        """Bars are known: keep to a beat that begins one, and a phrase if that is sure, as long as it does."""
        first, span = tempo.beat - tempo.place, tempo.metre
        if phrase is not None and phrase.confidence >= PHRASE_SURE:
            first, span = first - phrase.bar * span, phrase.bars * span
            self.opens = phrase.bar == 0
        if tempo.metre != self.metre or (first - self.downbeat) % span:
            self.downbeat = first
        self.metre, self._span = tempo.metre, span

    def align(self) -> None:
        """A bar begins now, whatever was thought: drops come on the first beat. Where bars are known, the nearest."""
        if self._heard:
            self.downbeat += round((self._beats - self.downbeat) / self._span) * self._span
        elif not self._counted:
            self.downbeat, self._since = round(self._beats), 0.0
