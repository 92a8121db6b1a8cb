"""What happens, on the terminal: one line that is always true, and above it what is worth keeping.

Into a pipe or a file only the latter goes: a line when something changes.
"""

import shutil
import sys
import time
from collections.abc import Container, Iterator
from dataclasses import replace
from typing import TextIO

from vj.apps.worker import Worker
from vj.core.handoff import Mailbox
from vj.outputs.overlay.panel import HudState
from vj.outputs.overlay.tape import clock

#: Between two states that are told.
PERIOD_S = 0.5
#: Eight steps of a meter, from quiet to full.
METER_STEPS = " ▁▂▃▄▅▆▇█"
#: What lies between them.
RANGE_DB = 48.0


class Ticker(Worker):
    """Writes the states given to `tell`, on a thread of its own: a terminal that is held must not hold the show.

    `known` are lines that were told already.
    """

    def __init__(self, out: TextIO | None = None, known: Container[str] = ()) -> None:
        super().__init__("terminal")
        self._known = known
        self._out = sys.stdout if out is None else out
        self._live = self._out.isatty()
        self._before: HudState | None = None
        self._lines: Mailbox[HudState] = Mailbox()
        self._due = 0.0

    def due(self, now: float) -> bool:
        """Whether it is time for another state; `now` in seconds."""
        if now < self._due:
            return False
        self._due = now + PERIOD_S
        return True

    def tell(self, state: HudState) -> None:
        """How things are; what is not written in time is passed over."""
        self._lines.put(state)

    def step(self) -> None:
        """Write the newest state."""
        state = self._lines.get(timeout=0.1)
        if state is None:
            return
        width = shutil.get_terminal_size().columns - 1
        kept = [f"{time.strftime('%H:%M:%S')} {line}" for line in news(self._before, state) if line not in self._known]
        self._before = state
        if self._live:
            above = "".join(f"\r{line[:width].ljust(width)}\n" for line in kept)
            self._write(f"{above}\r{live_line(state)[:width].ljust(width)}")
        elif kept:
            self._write("".join(f"{line}\n" for line in kept))

    def stop(self) -> None:
        """End, and leave the cursor at the beginning of a line."""
        super().stop()
        if self._live and self._before is not None:
            self._write("\n")

    def _write(self, text: str) -> None:
        encoding = self._out.encoding or "utf-8"
        self._out.write(text.encode(encoding, "replace").decode(encoding))
        self._out.flush()


def live_line(state: HudState) -> str:
    """The state of the show in one line."""
    if state.input_db > -RANGE_DB:
        bar = METER_STEPS[min(max(int(8 * (1.0 + state.input_db / RANGE_DB)), 0), 8)]
        level = f"{bar} {state.input_db:.0f} dB"
    else:
        level = "silent"
    classes = " ".join(f"{name} {weight:.0%}" for name, weight in state.classes if weight > 0)
    parts = (
        f"{state.displayed_fps:.0f} fps",
        level,
        f"{state.bpm:.0f} BPM" if state.bpm else "",
        " · ".join(filter(None, (state.bundle, state.director, classes))),
        f"cue {state.cue}" if state.cue else "",
        _tape(state),
        state.quality,
        " ".join(state.badges),
    )
    return "  ".join(filter(None, parts))


def _tape(state: HudState) -> str:
    """Where a performance stands that is played again."""
    if state.tape is None:
        return ""
    over = f" over {state.tape.over}" if state.tape.over else ""
    return f"{clock(state.tape.t)} of {clock(state.tape.length)} ({state.tape.words}{over})"


def news(before: HudState | None, state: HudState) -> Iterator[str]:
    """Lines about what is not as it was."""
    old = replace(state, notices=(), badges=()) if before is None else before
    if state.input_name != old.input_name:
        yield f"sound: {state.input_name or 'no input'}"
    if (state.bundle, state.director) != (old.bundle, old.director):
        yield " · ".join(filter(None, (state.bundle, state.director)))
    if state.cue != old.cue:
        yield f"cue {state.cue}"
    if state.quality != old.quality:
        yield f"quality: {state.quality or 'all of it'}"
    yield from (badge for badge in state.badges if badge not in old.badges)
    yield from (f"no longer {badge}" for badge in old.badges if badge not in state.badges)
    yield from (notice for notice in state.notices if notice not in old.notices)
