"""Every error this project raises on purpose.

    VjError             anything a performer can be told in three parts: what, where, what to do
    ├── AudioError      a sound file or an audio device
    ├── BundleError     a generator bundle on disk
    ├── CheckpointError a checkpoint that is damaged, hostile or of an unknown layout
    ├── ControlError    an OSC message, a MIDI mapping, a parameter value
    ├── OutputError     a window, an encoder, a file being written
    ├── SetlistError    a setlist, its cues and keys
    └── ShelfError      a name that is on no shelf

Libraries raise these; only `vj/apps/cli.py` turns them into an exit code.
"""

import difflib
from collections.abc import Iterable


class VjError(Exception):
    """What went wrong, where, and what to do about it."""

    def __init__(self, what: str, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.hint:
            lines.append(f"  try:   {self.hint}")
        return "\n".join(lines)


class AudioError(VjError):
    """A sound file that cannot be read or an audio device that cannot be opened."""


class BundleError(VjError):
    """A generator bundle that is missing, damaged or of the wrong shape."""


class CheckpointError(VjError):
    """A checkpoint that is damaged, asks for more than it holds, or is of a layout nobody here can read."""


class ControlError(VjError):
    """A control message or mapping that makes no sense."""


class OutputError(VjError):
    """A window, encoder or file that cannot take a frame."""


class SetlistError(VjError):
    """A setlist with an unknown key, a missing asset or a bad value."""


class ShelfError(VjError):
    """A name that no shelf holds."""


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint naming the known word nearest to `word`, or listing up to twelve known ones."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    listed = ", ".join(words[:12]) + (", ..." if len(words) > 12 else "")
    return f"one of: {listed}" if words else "nothing is known here yet"
