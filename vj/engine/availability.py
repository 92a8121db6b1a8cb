"""Which bundle is on: the one that is wished for once it is loaded, and until then the one that was."""

from collections.abc import Mapping, Sequence

from vj.core.errors import ControlError, nearest
from vj.core.types import Mix, Value

#: What waits together until the wished bundle is there: its classes mean nothing to another one.
WAITING = ("/model/select", "/model/class", "/model/mix")


class Availability:
    """Who may go on, and who is still being loaded.

    classes   class names of every bundle that may be asked for by name; read when asked for
    lineup    the bundles of this show: what a knob chooses from, and what stays loaded

    Before the first `mark_loaded` every bundle counts as loaded: offline it is loaded when it is needed.
    """

    def __init__(self, classes: Mapping[str, Sequence[str]], lineup: Sequence[str] = ()) -> None:
        self.classes = classes
        self.lineup = tuple(lineup) or tuple(classes)
        self._loaded: set[str] | None = None

    @property
    def loaded(self) -> frozenset[str]:
        """The bundles that were loaded, and not let go of since."""
        return frozenset(self._loaded or ())

    def mark_loaded(self, name: str) -> None:
        """`name` is loaded: it may go on."""
        self._loaded = {*(self._loaded or ()), name}

    def mark_unloaded(self, name: str) -> None:
        """`name` is no longer loaded."""
        self._loaded = {*(self._loaded or ())} - {name}

    def ready(self, name: str) -> bool:
        """Whether `name` can go on now."""
        return self._loaded is None or name in self._loaded

    def resolve(self, word: str) -> str:
        """The bundle that `word` names, in any case; raises ControlError if there is none. It is never a path."""
        known = {name.lower(): name for name in (*self.classes, *self.lineup)}
        if word.lower() not in known:
            raise ControlError(f"no bundle {word!r}", hint=nearest(word, sorted(known.values())))
        return known[word.lower()]

    def translate(self, mix: Mix, before: str, after: str) -> Mix:
        """`mix` of the bundle `before` in class numbers of `after`: the classes of the same names, or nothing."""
        ours, theirs = (self.classes[name] for name in (after, before))
        pairs = ((theirs[index % len(theirs)], weight) for index, weight in mix)
        return tuple((ours.index(name), weight) for name, weight in pairs if name in ours)

    def defer(self, shown: dict[str, Value], before: Mapping[str, Value]) -> None:
        """Keep bundle and classes of `before` in `shown` while the bundle wished for is not there."""
        if not self.ready(str(shown["/model/select"])):
            shown.update({address: before[address] for address in WAITING if address in before})
