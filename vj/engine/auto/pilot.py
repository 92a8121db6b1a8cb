"""When the autopilot changes, and to what. It does nothing itself: it says what it wishes for."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from zlib import crc32

from vj.core.luck import lot
from vj.core.types import Duration, Features
from vj.engine.auto.hearing import Hearing
from vj.engine.auto.suiting import Suit
from vj.engine.timing.lines import Lines

#: Seconds in which no look comes twice.
HOUR = 3600.0
#: How long a "bar" is where there is no tempo.
BAR_S = 2.0
#: Silence that lasts longer is not a pause.
PAUSE_S = 8.0
#: What is taken for a phrase where nobody hears them.
PHRASE_BARS = 8
#: Of the time that each look has in an hour, the part after which another section may end it.
EARLY = 0.75
#: Times as long as the longest that a look stays before one of this hour comes again, or a build is cut off.
RATHER = 2.0
#: After a look has come in, its classes stay for so long.
SETTLE_BARS = 4.0
#: So many classes are remembered, of which none comes again at once.
RECENT_CLASSES = 5
#: How looks come: in a drop at once.
FADES = {"drop": Duration(), "break": Duration(2.0, "bars"), "silence": Duration(2.0, "bars")}
FADE = Duration(4.0, "beats")


@dataclass(frozen=True)
class Likes:
    """What the performer thinks of looks: how often each was kept, less how often skipped; those that never come; and
    the show time at which each was last on, the one part that is changed in place."""

    counts: Mapping[str, int] = field(default_factory=dict)
    never: frozenset[str] = frozenset()
    seen: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Wish:
    """What is to come now: a `look` in `fade`, or `classes`: names and weights by turns, () for the look's own."""

    look: str = ""
    fade: Duration = FADE
    classes: tuple[str | float, ...] | None = None


class Pilot:
    """Chooses looks by section, energy and mood, and changes them on phrases.

    A look stays from `dwell[0]` to `dwell[1]` bars; another section ends it sooner than the longest, but only where
    there are looks enough for an hour. At the begin of a drop it may change at once; then nothing changes until the
    drop is over. Of looks that were all on within the hour the one comes that was on longest ago. All luck is the
    seed's.
    """

    def __init__(self, likes: Likes) -> None:
        self.likes = likes
        self.hearing = Hearing()
        self.next, self.why = "", ""
        self._on = ""
        self._since = 0.0
        self._chosen_in = self._classed_in = ""
        self._choices = 0
        self._asked = False
        self._recent: tuple[str, ...] = ()

    def begin(self, t: float) -> None:
        """It was switched on at show time `t`: the look that is on stays its least time from now."""
        self._since = t
        self._chosen_in = self._classed_in = ""
        self._asked = False
        self.why = "listening"

    def keep(self, look: str, t: float) -> None:
        """The performer likes the `look` that is on: it stays as long as looks do, from now."""
        self._like(look, 1)
        self._since = t

    def skip(self, look: str) -> None:
        """Another look, on the next bar."""
        self._like(look, -1)
        self._asked = True

    def ban(self, look: str) -> None:
        """Another look, and this one never again."""
        self.likes = replace(self.likes, never=self.likes.never | {look})
        self._asked = True

    def hear(self, t: float, features: Features, on: str) -> None:
        """Hear on, whether it flies or not; the look `on` is the one that is seen."""
        self.hearing.step(t, features)
        if on != self._on:
            self._on, self._since = on, t
        if on:
            self.likes.seen[on] = t

    def step(
        self,
        t: float,
        lines: Lines,
        looks: Mapping[str, Suit],
        dwell: tuple[int, int],
        classes: tuple[Sequence[str], Sequence[str]],
        seed: int,
    ) -> Wish | None:
        """What is to come at show time `t`, if anything. `looks` are all there are; `classes` those of the look that is
        on, and all of its bundle."""
        bars = (t - self._since) / self._bar(lines)
        if lines.crossed("bar") and (lines.known or not self.next):
            self.next = self._choose(t, looks, seed)
        reason = self._reason(t, lines, bars, looks, dwell)
        if reason and (name := self._choose(t, looks, seed)):
            return self._take(t, name, reason, looks)
        return self._classes(t, lines, bars, classes, seed)

    def _reason(self, t: float, lines: Lines, bars: float, looks: Mapping[str, Suit], dwell: tuple[int, int]) -> str:
        """Why the look has to go now, or ""."""
        section, least, most = self.hearing.section, min(dwell), max(dwell)
        begun = lines.drop <= t < lines.drop + 60.0 / lines.bpm
        if self._asked and lines.crossed("bar"):
            return "the last one was not wanted"
        if not self._on and lines.crossed("bar"):
            return "no look was on"
        if (section == "drop" and not begun) or not self._line(t, lines, begun):
            return ""
        allowed = [name for name in looks if name not in self.likes.never]
        early = max(float(least), EARLY * HOUR / max(len(allowed), 1) / self._bar(lines))
        fresh = self._fresh(t, looks)
        suits = any(section in looks[name].sections for name in fresh)
        here = self._on in looks and section in looks[self._on].sections
        if section != self._chosen_in and bars >= early and suits and not (section == "build" and here):
            return section
        longest = most * (RATHER if section == "build" or not fresh else 1.0)
        return f"{int(bars)} bars are enough" if bars >= longest else ""

    def _line(self, t: float, lines: Lines, begun: bool) -> bool:
        """Whether a look may come now: on a phrase, with a drop that begins one, or in a silence that is no pause."""
        if self.hearing.section == "silence":
            return t - self.hearing.since >= PAUSE_S
        if not lines.known:
            return True
        beat = 60.0 / lines.bpm
        if not lines.phrased:
            return lines.dropped or lines.crossed_beats(PHRASE_BARS * lines.metre)
        return lines.crossed("phrase") or (begun and lines.dropped and lines.ago("phrase") < beat)

    def _fresh(self, t: float, looks: Mapping[str, Suit]) -> list[str]:
        """The looks that were not on within the hour."""
        return [
            name
            for name in looks
            if name != self._on and name not in self.likes.never and t - self.likes.seen.get(name, -math.inf) >= HOUR
        ]

    def _choose(self, t: float, looks: Mapping[str, Suit], seed: int) -> str:
        """The look that suits best, "" where there is none besides the one that is on."""
        if fresh := self._fresh(t, looks):
            marks = {name: self._mark(looks[name], name, seed) for name in fresh}
            return max(sorted(marks), key=marks.__getitem__)
        others = [name for name in looks if name != self._on and name not in self.likes.never]
        fitting = [name for name in others if self.hearing.section in looks[name].sections]
        return min(sorted(fitting or others), key=lambda name: self.likes.seen.get(name, -math.inf), default="")

    def _mark(self, look: Suit, name: str, seed: int) -> float:
        luck = lot(seed, self._choices, crc32(name.encode()))
        return look.mark(self.hearing, self.likes.counts.get(name, 0), luck)

    def _take(self, t: float, name: str, reason: str, looks: Mapping[str, Suit]) -> Wish:
        section = self.hearing.section
        self.why = f"{name}: {reason}; {self.hearing.words()}"
        self._asked = False
        self._choices += 1
        self._since, self._chosen_in, self._classed_in = t, section, section
        self._on, self.next = name, ""
        self.likes.seen[name] = t
        return Wish(name, FADES.get(section, FADE))

    def _classes(
        self, t: float, lines: Lines, bars: float, classes: tuple[Sequence[str], Sequence[str]], seed: int
    ) -> Wish | None:
        """Other classes where another section has begun, on a bar; those of the look itself in a groove."""
        section, (own, cast) = self.hearing.section, classes
        waits = section == "drop" and t >= lines.drop + 60.0 / lines.bpm
        line = lines.dropped or lines.crossed("bar")
        if section in (self._classed_in, "silence") or not line or waits or bars < SETTLE_BARS:
            return None
        first, self._classed_in = not self._classed_in, section
        if first:
            return None
        self._choices += 1
        self.why = f"other classes: {self.hearing.words()}"
        if section == "groove" and own:
            return Wish(classes=())
        others = [name for name in cast if name not in self._recent and name not in own] or list(cast)
        second = others[int(lot(seed, self._choices, 1) * len(others))]
        self._recent = (*self._recent, second)[-RECENT_CLASSES:]
        if not own:
            return Wish(classes=(second, 1.0))
        share = 0.6 if section == "drop" else 0.35
        return Wish(classes=(own[int(lot(seed, self._choices, 2) * len(own))], 1.0 - share, second, share))

    def _bar(self, lines: Lines) -> float:
        """Seconds of a bar."""
        return lines.metre * 60.0 / lines.bpm if lines.known else BAR_S

    def _like(self, look: str, by: int) -> None:
        counts = self.likes.counts
        self.likes = replace(self.likes, counts={**counts, look: counts.get(look, 0) + by})
