"""Every error this project raises on purpose.

    VjError             anything a performer can be told in three parts: what, where, what to do
    ├── AudioError      a sound file or an audio device
    ├── BundleError     a generator bundle on disk
    ├── CheckpointError a checkpoint that is damaged, hostile or of an unknown layout
    ├── ControlError    an OSC message, a MIDI mapping, a parameter value
    ├── MediaError      a picture, a clip, a font, a camera that lies in a layer
    ├── OutputError     a window, an encoder, a file being written
    ├── SetlistError    a setlist, its cues and keys
    └── ShelfError      a name that is on no shelf

Libraries raise these; only `vj/apps/cli.py` turns them into an exit code.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Set
from functools import cache, lru_cache

#: Letters that a sentence has at the most.
_SENTENCE = 320


class VjError(Exception):
    """What went wrong, where, and what to do about it."""

    def __init__(self, what: str, where: str = "", hint: str = "") -> None:
        if len(what) > _SENTENCE:  # a word in it that somebody else wrote has no end
            what = f"{what[: _SENTENCE * 3 // 4]} [...] {what[-_SENTENCE // 5 :]}"
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


class MediaError(VjError):
    """A picture, clip, font or camera that cannot be shown."""


class OutputError(VjError):
    """A window, encoder or file that cannot take a frame."""


class SetlistError(VjError):
    """A setlist with an unknown key, a missing asset or a bad value."""


class ShelfError(VjError):
    """A name that no shelf holds."""


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint naming the known words nearest to `word`, or listing up to twelve known ones.

    Nearest is, in this order: the same but for capitals and joints (- _ . / and space), what begins with it, what
    looks like it or has a part that does, and what has it anywhere within. Of equally near ones the first come first.
    """
    words = list(dict.fromkeys(str(name) for name in (sorted(known) if isinstance(known, Set) else known)))
    close = _close(str(word), tuple(words))
    if close:
        return f"did you mean {' or '.join(repr(name) for name in close[:_OFFERED])}?"
    listed = ", ".join(sorted(words)[:12]) + (", ..." if len(words) > 12 else "")
    return f"one of: {listed}" if words else "nothing is known here yet"


#: Of words that fit equally well so many are offered.
_OFFERED = 3
#: How alike two words must be, 0 to 1.
_CUTOFF = 0.6
#: How alike a word and a part of another must be, 0 to 1.
_PART_CUTOFF = 0.7
#: A part that is the same counts so much.
_PART_WEIGHT = 0.95


def _plain(word: str) -> str:
    """`word` without capitals and with one kind of joint."""
    return re.sub(r"[\s_./-]+", " ", word.casefold()).strip()


@lru_cache(256)
def _close(word: str, names: tuple[str, ...]) -> list[str]:
    """The names that are nearest to `word`, as `nearest` says; none if it is empty."""
    plain = _plain(word)
    if not plain:
        return []
    known, joined = {name: _plain(name) for name in names}, plain.replace(" ", "")
    same = [name for name, form in known.items() if form.replace(" ", "") == joined]
    begun = [name for name, form in known.items() if form.startswith(plain)]
    if same or begun:
        return same or begun
    alike = _likeness(plain, known)
    best = max(alike.values(), default=0.0)
    if best >= _CUTOFF:
        return [name for name, likeness in alike.items() if likeness == best]
    return [name for name, form in known.items() if plain in form] if len(plain) > 1 else []


def _likeness(plain: str, known: Mapping[str, str]) -> dict[str, float]:
    """Name -> 0 to 1: how much the whole of its form, or a part, looks like `plain`."""
    matcher = difflib.SequenceMatcher(None, "", plain)

    @cache
    def ratio(form: str, least: float) -> float:
        matcher.set_seq1(form)
        quick = matcher.real_quick_ratio() >= least and matcher.quick_ratio() >= least
        return found if quick and (found := matcher.ratio()) >= least else 0.0

    return {
        name: max(ratio(form, _CUTOFF), *(_PART_WEIGHT * ratio(part, _PART_CUTOFF) for part in form.split() or [""]))
        for name, form in known.items()
    }
