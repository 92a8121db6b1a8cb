"""What waits for the next beat, bar or phrase: looks, classes, cues, presets and bundles that a hand chose."""

import math
import re
from dataclasses import dataclass
from typing import Any

from vj.core.params import Param
from vj.core.types import Event
from vj.engine.timing.lines import WORDS, Lines

WORD = "/master/quantise"
#: Seconds after a line in which a press still means it.
FORGIVEN = 0.08
#: What each kind of action is asked for by; a newer one of a kind takes the place of the one that waits.
_KINDS = {
    "look": re.compile(r"/look(/pad)?"),
    "class": re.compile(r"/model/(class|mix|pad)"),
    "cue": re.compile(r"/cue/(go|back|goto)"),
    "preset": re.compile(r"/preset/(\d+/recall|recall|next)"),
    "bundle": re.compile(r"/model/take"),
}
#: Programs, which know when.
_AT_ONCE = ("start", "auto", "cue")


class Quantising:
    """When what is asked for is done."""

    address = "/master"
    quantise = Param(
        "now", choices=WORDS, doc="When looks, classes, cues, presets and bundles come: now, or on the next line."
    )


@dataclass(frozen=True)
class Pending:
    """An `event` that waits for a line; the next beat will do for one that was `late` for a drop."""

    event: Event
    late: bool = False


class Quantise:
    """Holds back what is to come on a line, one of each kind, and gives it out on the first frame that shows it.

    A press up to 80 ms after a line is in time. A drop is a line of every kind: what waits comes with it, and what was
    pressed less than a beat after it comes on the next beat. Where there is no tempo all is done at once.
    """

    def __init__(self) -> None:
        self._pending: dict[str, Pending] = {}

    def waits(self, event: Event, word: str, lines: Lines) -> bool:
        """Whether `event` has to wait; if so it is taken, and given out by `due`."""
        kind = kind_of(event)
        if not kind:
            return False
        self._pending.pop(kind, None)
        dropping = (lines.t - lines.drop) * lines.bpm / 60.0 < 1.0
        if word == "now" or not lines.known or lines.ago(word) <= FORGIVEN or lines.t - lines.drop <= FORGIVEN:
            return False
        self._pending[kind] = Pending(event, dropping)
        return True

    def due(self, word: str, lines: Lines) -> list[Event]:
        """What is to be done in this tick."""
        done = [
            kind
            for kind, waiting in self._pending.items()
            if lines.dropped or lines.crossed("beat" if waiting.late and word != "now" else word)
        ]
        return [self._pending.pop(kind).event for kind in done]

    @property
    def ahead(self) -> str:
        """The newest that waits, as the words of a preview: "look dawn", "class ink", "cue 3", "preset 2"; else ""."""
        for waiting in reversed(self._pending.values()):
            event = waiting.event
            kind, name = kind_of(event), str(event.args[0]) if event.args else ""
            if preset := preset_of(event):
                return f"preset {preset}"
            if event.address in _NAMED and name and not event.scaled:
                return f"{kind} {name}"
        return ""

    def said(self, event: Event, word: str, lines: Lines) -> str:
        """What to tell of `event`, which waits."""
        return next(
            f"on the next {row['when']}: {row['what']}" for row in self.topic(word, lines) if row["what"] == told(event)
        )

    def clear(self) -> None:
        """Forget what waits."""
        self._pending.clear()

    def topic(self, word: str, lines: Lines) -> list[dict[str, Any]]:
        """What waits, and for what; `left` is in whole beats, counted as one counts in: the last one is 1."""
        rows = []
        for waiting in self._pending.values():
            line = "beat" if waiting.late else word
            if line == "phrase" and not lines.phrased:
                line = "bar"
            rows.append({"what": told(waiting.event), "when": line, "left": math.ceil(lines.left(line))})
        return rows


def kind_of(event: Event) -> str:
    """Which kind of action `event` asks for, or "" if it is none, or one that need not wait."""
    if event.source.split(":")[0] in _AT_ONCE:
        return ""
    return next((kind for kind, form in _KINDS.items() if form.fullmatch(event.address)), "")


def preset_of(event: Event) -> str:
    """The preset that `event` recalls, as it names it; "" if it recalls none."""
    if event.address == "/preset/recall" and event.args:
        return str(event.args[0])
    match = re.fullmatch(r"/preset/(\d+)/recall", event.address)
    return match[1] if match else ""


def told(event: Event) -> str:
    """`event` in the performer's words: "look dawn", "cue go", "preset 3 recall"."""
    words = event.address.removeprefix("/model/").strip("/").replace("/", " ")
    args = [f"{arg:g}" if isinstance(arg, float) else str(arg) for arg in event.args]
    return " ".join([words, *args]) if event.address not in _BARE else words


#: What is asked for by name.
_NAMED = ("/look", "/model/class", "/cue/goto")
#: Buttons: what they send along says only that they are pressed.
_BARE = ("/cue/go", "/cue/back", "/model/take", "/preset/next")
