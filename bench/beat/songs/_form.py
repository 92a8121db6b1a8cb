"""The form of a made song: sections of whole bars, each with what plays in it."""

from dataclasses import dataclass

from numpy.random import Generator

DRUMS = frozenset({"kick", "snare", "hat"})
REST = frozenset({"bass", "comp", "arp", "lead"})
ALL = DRUMS | REST
#: What is heard alone: a snare in a break or a melody may well rest.
SOUNDING = ALL - {"snare"}


@dataclass(frozen=True)
class Section:
    """`bars` from `bar` on, with a `label`: groove, break, build or drop.

    `half`: the drums play at half the pace; `b`: with the patterns of the other part of the song.
    """

    bar: int
    bars: int
    label: str
    parts: frozenset[str]
    half: bool = False
    b: bool = False


def phrase(rng: Generator, bar_seconds: float) -> int:
    """Bars in a phrase: 4, 8 or 16, and about 6 to 20 seconds long."""
    fit = [n for n in (4, 8, 16) if 5.0 <= n * bar_seconds <= 22.0] or [4]
    return int(rng.choice(fit))


def some(rng: Generator, parts: frozenset[str], least: int = 1) -> frozenset[str]:
    """A few of `parts`."""
    names = sorted(parts)
    return frozenset(str(n) for n in rng.permutation(names)[: int(rng.integers(least, len(names) + 1))])


def _intro(rng: Generator) -> frozenset[str]:
    """Only hats, only a kick, only pads, a bass alone..."""
    few = [{"hat"}, {"kick"}, {"kick", "hat"}, {"comp"}, {"comp", "arp"}, {"arp"}, {"bass"}, {"hat", "comp"}, {"lead"}]
    return frozenset(few[int(rng.integers(len(few)))])


def _break(rng: Generator) -> frozenset[str]:
    soft = some(rng, frozenset({"comp", "arp", "lead"}))
    return soft | ({"hat"} if rng.uniform() < 0.25 else set()) | ({"snare"} if rng.uniform() < 0.08 else set())


def _dance(rng: Generator, state: str, p: int) -> tuple[str, int, frozenset[str], str]:
    """(label, bars, parts, next state)"""
    if state == "intro":
        return "groove", int(rng.choice([p // 2, p])), _intro(rng), str(rng.choice(["groove", "break", "drop"]))
    if state == "break":
        bars = int(rng.choice([4, p, p])) if p < 16 else int(rng.choice([8, 16]))
        return "break", bars, _break(rng), "build" if rng.uniform() < 0.75 else "drop"
    if state == "build":
        bars = int(rng.choice([p // 2, p // 2, p])) if p < 16 else int(rng.choice([4, 8]))
        return "build", max(2, bars), some(rng, REST - {"bass"}) | {"snare"}, "drop"
    if state == "drop":
        return "drop", p * int(rng.choice([1, 1, 2])), ALL, str(rng.choice(["groove", "break"]))
    parts = some(rng, DRUMS, 2) | some(rng, REST)
    return "groove", p, parts | {"kick"}, str(rng.choice(["groove", "break", "build"], p=[0.45, 0.4, 0.15]))


def _song(rng: Generator, state: str, p: int) -> tuple[str, int, frozenset[str], str]:
    if state == "intro":
        return "groove", int(rng.choice([p // 2, p])), _intro(rng), "verse"
    if state == "verse":
        return "groove", p, ALL - some(rng, frozenset({"lead", "arp", "comp"})), str(rng.choice(["verse", "chorus"]))
    if state == "chorus":
        following = str(rng.choice(["verse", "break", "chorus"], p=[0.5, 0.3, 0.2]))
        return "groove", p, ALL, following
    return "break", int(rng.choice([4, p])), _break(rng), "chorus"


def _steady(rng: Generator, state: str, p: int) -> tuple[str, int, frozenset[str], str]:
    if state == "intro":
        return "groove", max(2, p // 2), _intro(rng), "groove"
    if state == "break":
        return "break", 4, _break(rng), "groove"
    parts = ALL - (some(rng, frozenset({"lead", "arp", "comp"})) if rng.uniform() < 0.6 else frozenset())
    return "groove", p, parts, "break" if rng.uniform() < 0.12 else "groove"


FORMS = {
    "dance": (_dance, {"intro": 0.35, "groove": 0.35, "break": 0.1, "build": 0.08, "drop": 0.12}),
    "song": (_song, {"intro": 0.4, "verse": 0.3, "chorus": 0.25, "break": 0.05}),
    "steady": (_steady, {"intro": 0.35, "groove": 0.65}),
}


def form(rng: Generator, kind: str, bars: int, p: int, there: frozenset[str]) -> list[Section]:
    """Sections that last `bars` bars or more, in phrases of `p`, of the parts that are `there`; none is empty."""
    following, starts = FORMS[kind]
    state = str(rng.choice(list(starts), p=list(starts.values())))
    sections: list[Section] = []
    at, slow = 0, rng.uniform() < 0.15
    while at < bars:
        named = state
        label, n, parts, state = following(rng, state, p)
        parts &= there
        if not parts & SOUNDING:
            parts |= some(rng, (there & SOUNDING) - {"kick", "bass"} or there & SOUNDING)
        if not there & DRUMS or (label == "break" and parts & {"kick", "bass"}):
            label = "groove"
        elif label == "groove" and not parts & {"kick", "bass"}:
            label = "break"
        half = slow and label in ("groove", "drop") and rng.uniform() < 0.4
        sections.append(Section(at, n, label, parts, half, named in ("chorus", "drop")))
        at += n
    return sections
