"""What a look is for: as its file says it, else as its words and its director let one guess."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from vj.engine.auto.hearing import Hearing
from vj.engine.cues.looks import Look

SECTIONS = ("silence", "groove", "break", "build", "drop")
#: How strong a director moves.
_DIRECTORS: Mapping[str, float] = {"drift": 0.25, "manual": 0.3, "chord": 0.45, "style_walk": 0.55, "pulse": 0.8}
#: Words of a look that say how strong it is, how light, and where it belongs.
_ENERGY = {
    r"ambient|breath|calm|dinner|doors|quiet|silence|slow|soft|speech|still|tide": -0.2,
    r"anthem|drum|fierce|furnace|hard|heat|heavy|menace|peak|pride|strobe|weight": 0.2,
}
_LIGHT = {
    r"black|cold|dark|deep|gravity|menace|night|shadow|under": -0.25,
    r"bright|dawn|day|gold|light|release|splendour|stained|sun|warm|white": 0.25,
}
_BELONGS = {
    "silence": r"ambient|between|doors|outro|silence|speech",
    "break": r"ambient|break(down)?s?\b|choir|three in the morning",
    "build": r"builds?\b|rise|tension",
    "drop": r"anthem|drop|hard|peak",
}
#: How much counts that the section is right, that energy and light are, each like, and luck.
SECTION_WEIGHT = 1.0
ENERGY_WEIGHT = 0.9
LIGHT_WEIGHT = 0.4
LIKE_WEIGHT = 0.3
LUCK_WEIGHT = 0.35
#: Likes and dislikes beyond which more make no difference.
MOST_LIKES = 3


@dataclass(frozen=True)
class Suit:
    """What a look suits: sections, energy 0..1 and light 0..1."""

    sections: tuple[str, ...]
    energy: float
    light: float

    def mark(self, heard: Hearing, likes: int, luck: float) -> float:
        """How well it suits what is heard; more is better. `luck` is 0..1."""
        return (
            SECTION_WEIGHT * (heard.section in self.sections)
            - ENERGY_WEIGHT * abs(self.energy - heard.due)
            - LIGHT_WEIGHT * abs(self.light - heard.light)
            + LIKE_WEIGHT * min(max(likes, -MOST_LIKES), MOST_LIKES)
            + LUCK_WEIGHT * luck
        )


def suit(look: Look) -> Suit:
    """What `look` suits."""
    words = f"{look.title} {look.mood} {look.use}".lower()
    energy, light = look.energy, look.light
    if energy is None:
        energy = _within(_DIRECTORS.get(str(look.values.get("/director/select")), 0.5) + _said(words, _ENERGY))
    if light is None:
        shade = float(look.values.get("/fx/grade/lightness", 0.0))  # type: ignore[arg-type]
        light = _within(0.5 + shade + _said(words, _LIGHT))
    sections = look.sections or tuple(s for s, form in _BELONGS.items() if re.search(form, words))
    return Suit(sections or _by(energy), energy, light)


def _by(energy: float) -> tuple[str, ...]:
    """Where a look of that energy belongs, if nothing says so."""
    if energy < 0.4:
        return ("silence", "break")
    return ("groove", "break", "build") if energy < 0.65 else ("groove", "build", "drop")


def _said(words: str, lists: Mapping[str, float]) -> float:
    return sum(by for form, by in lists.items() if re.search(form, words))


def _within(x: float) -> float:
    return min(max(x, 0.0), 1.0)
