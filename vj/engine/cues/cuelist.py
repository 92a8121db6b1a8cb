"""Where a show stands in its setlist: the cue that is on, those beside it, and when the next goes by itself."""

from collections.abc import Sequence

from vj.core.errors import ControlError, nearest
from vj.core.types import Cue
from vj.engine.cues.setlist import Setlist


class CueList:
    """The cues of a setlist, one of which may be on."""

    def __init__(self, setlist: Setlist) -> None:
        self._cues = setlist.cues
        self._loop = setlist.loop
        self.reset()

    def reset(self) -> None:
        """No cue is on."""
        self._at = -1
        self._since = 0.0
        self._gone = False  # whether the cue that was on is no more: the one before it stands in its place

    def follow(self, setlist: Setlist) -> None:
        """The cues are those of `setlist` from now on; the one that is on stays, or the one before it that is left.

        A cue is known again by number and name, whatever else became of it, else by its name or all that it does.
        """
        before = range(self._at, -1, -1)
        found = next(((n, at) for n in before if (at := _again(self._cues[n], setlist.cues)) is not None), None)
        self._gone = found is not None and (self._gone or found[0] != self._at)
        self._at = found[1] if found else -1
        self._cues, self._loop = setlist.cues, setlist.loop

    @property
    def on(self) -> Cue | None:
        """The cue that is on."""
        return self._cues[self._at] if self._at >= 0 else None

    @property
    def standby(self) -> Cue | None:
        """The cue that GO fires."""
        if self._at + 1 < len(self._cues):
            return self._cues[self._at + 1]
        return self._cues[0] if self._cues and self._loop else None

    @property
    def before(self) -> Cue | None:
        """The cue that BACK fires."""
        return self._cues[self._at - 1] if self._at > 0 else None

    def took(self, cue: Cue, t: float) -> bool:
        """`cue` is on from show time `t`; whether it is one of the list."""
        self._since, self._gone = t, False
        if cue in self._cues:
            self._at = self._cues.index(cue)
        return cue in self._cues

    def age(self, t: float) -> float:
        """Seconds for which the cue that is on has been so at show time `t`."""
        return t - self._since

    def aged(self, seconds: float) -> None:
        """It has been on for so many seconds longer than was known here."""
        self._since -= seconds

    def find(self, name: str) -> Cue:
        """The cue of that number, or of that name in any case; raises ControlError."""
        for cue in self._cues:
            if cue.number == name or cue.name.casefold() == name.casefold():
                return cue
        known = [word for cue in self._cues for word in (cue.number, cue.name) if word]
        raise ControlError(f"no cue {name!r}", hint=nearest(name, known))

    def due(self, t: float, bpm: float, metre: int = 4) -> Cue | None:
        """The cue that goes by itself at show time `t`, because the one that is on says so; `metre` beats a bar."""
        if self.on is None or self.on.follow is None or self._gone:
            return None
        return self.standby if t - self._since >= self.on.follow.seconds(bpm, metre) else None

    def end(self, which: str) -> str:
        """What to say where there is no cue to go on or back to: this is the `which` ("last", "first") one."""
        if not self._cues:
            return "there are no cues: see --setlist"
        return f"this is the {which} cue: {self.on.number} {self.on.name}".rstrip() if self.on else "no cue is on yet"


def _again(cue: Cue, cues: Sequence[Cue]) -> int | None:
    """Where `cue` is among `cues`, which another hand may have renamed, numbered anew or changed; None if nowhere."""
    same = {each.number: at for at, each in enumerate(cues)}.get(cue.number)
    if same is not None and (cues[same].name == cue.name or _does(cues[same]) == _does(cue)):
        return same
    named = [at for at, each in enumerate(cues) if cue.name and each.name == cue.name]
    alike = [at for at, each in enumerate(cues) if _does(each) == _does(cue)]
    return next((places[0] for places in (named, alike) if len(places) == 1), same)


def _does(cue: Cue) -> tuple[object, ...]:
    """What a cue does, whatever it is called."""
    return cue.values, cue.modulations
