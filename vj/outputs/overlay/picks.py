"""A list to pick from, beside the instrument panel."""

from dataclasses import dataclass

from vj.outputs.overlay.page import AMBER, GREEN, QUIET, WORDS, Page

#: Sizes at scale 1: a row, and what is above and below the rows.
ROW = 26
HEAD = 44
FOOT = 62
MOST_ROWS = 14
METER_TALL = 8
LIT = (62, 48, 30, 255)


@dataclass(frozen=True)
class Picks:
    """What can be picked: `kind` ("input" or "display"), `names`, which the eye is `at` and which is `on`; `problem`
    says why the one it is at cannot be heard."""

    kind: str
    names: tuple[str, ...] = ()
    at: str = ""
    on: str = ""
    problem: str = ""

    @property
    def shown(self) -> tuple[str, ...]:
        """Those that have room, the one the eye is at among them."""
        place = self.names.index(self.at) if self.at in self.names else 0
        first = min(max(place - MOST_ROWS + 1, 0), max(len(self.names) - MOST_ROWS, 0))
        return self.names[first : first + MOST_ROWS]

    @property
    def tall(self) -> int:
        """Height at scale 1."""
        return HEAD + ROW * max(len(self.shown), 1) + FOOT


def paint_picks(page: Page, picks: Picks, left: float, wide: float, margin: float) -> None:
    """The list, but for its meter, from `left` on."""
    page.text(left + margin, 14, picks.kind, 15, WORDS)
    page.right(left + wide - margin, 16, "arrows · Enter takes · Esc", 12, QUIET)
    if not picks.names:
        page.text(left + margin, HEAD + 4, f"no {picks.kind} is plugged in", 13, QUIET)
    for row, name in enumerate(picks.shown):
        y = HEAD + ROW * row
        if name == picks.at:
            page.box(left + 8, y, wide - 16, ROW - 2, LIT, radius=5)
        if name == picks.on:
            page.box(left + margin, y + 8, 8, 8, (*GREEN, 255), radius=4)
        colour = AMBER if name == picks.at else WORDS if name == picks.on else QUIET
        page.text(left + margin + 18, y + 4, name, 13, colour, wide - 2 * margin - 18)
    if picks.kind == "input":
        below = meter(picks, left, margin)[1]
        page.text(left + margin, below + METER_TALL + 8, picks.problem or "level", 12, QUIET, wide - 2 * margin)


def meter(picks: Picks, left: float, margin: float) -> tuple[float, float]:
    """Where the meter lies."""
    return left + margin, HEAD + ROW * max(len(picks.shown), 1) + 14
