"""Where a performance stands that is played again, as a strip of the instrument panel."""

from dataclasses import dataclass

from vj.outputs.overlay.page import AMBER, GREEN, QUIET, WORDS, Colour, Page

#: Its height.
TALL = 74
LINE = (58, 62, 70, 230)
TRACK: Colour = (34, 38, 45)


@dataclass(frozen=True)
class Tape:
    """A performance that is played again: second `t` of `length`, the `span` it goes round in, whether it plays; which
    take, and what is being laid `over` it."""

    t: float
    length: float
    span: tuple[float, float] | None = None
    playing: bool = True
    words: str = ""
    over: str = ""


def paint_tape(page: Page, tape: Tape, left: float, y: float, wide: float) -> None:
    """A performance that is played again: where it stands on its way, the round it goes, what is laid over it."""
    end = left + wide

    def x(t: float) -> float:
        return left + wide * min(max(t / max(tape.length, 1e-3), 0.0), 1.0)

    page.box(left, y, wide, 1, LINE)
    if tape.playing:
        for column in range(10):  # a triangle
            page.box(left + column, y + 14 + column * 0.6, 1, 12 - 1.2 * column, (*GREEN, 255))
    else:
        page.box(left, y + 14, 3, 12, (*AMBER, 255))
        page.box(left + 6, y + 14, 3, 12, (*AMBER, 255))
    told = left + (68 if tape.length < 3600 else 92)
    page.number(told, y + 10, clock(tape.t, tenths=True), 16, WORDS)
    page.text(told + 7, y + 13, f"of {clock(tape.length)}", 12, QUIET)
    page.right(end, y + 13, tape.words, 12, AMBER if tape.over else QUIET)
    page.box(left, y + 36, wide, 6, (*TRACK, 255))
    if tape.span:
        page.box(x(tape.span[0]), y + 36, max(x(tape.span[1]) - x(tape.span[0]), 1), 6, (*QUIET, 90))
        for edge in tape.span:
            page.box(min(x(edge), end - 2), y + 32, 2, 14, (*QUIET, 255))
    begun = tape.span[0] if tape.span and tape.t >= tape.span[0] else 0.0
    page.box(x(begun), y + 36, x(tape.t) - x(begun), 6, (*(AMBER if tape.over else GREEN), 255))
    page.box(min(x(tape.t), end - 2), y + 32, 2, 14, (*WORDS, 255))
    if tape.over:
        page.text(left, y + 50, f"over {tape.over}", 12, AMBER, wide)


def clock(seconds: float, tenths: bool = False) -> str:
    """A length of time as it is read: 4:05, 1:02:03, 4:05.2."""
    whole = int(seconds * 10 + 1e-6) // 10
    hours, minutes, left = whole // 3600, whole // 60 % 60, whole % 60
    words = f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"
    return f"{words}.{int(seconds * 10 + 1e-6) % 10}" if tenths else words
