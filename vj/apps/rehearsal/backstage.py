"""What comes next, and how looks and classes look, as really rendered: by a child process that gives way to the show.

    rehearsal = Rehearsal(desk, seed)
    rehearsal.watched = True            # as long as somebody looks: without that there is no child
    rehearsal.next_picture, rehearsal.thumbs["look/ember_drum"], rehearsal.version

`swapped` is for the main thread; all that may take long is done by a thread and the child.
"""

import queue
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

import platformdirs

from vj.apps.passing import Passing
from vj.apps.rehearsal.coming import Coming
from vj.apps.rehearsal.process import Child
from vj.apps.rehearsal.wish import Wish, fingerprint
from vj.apps.worker import Worker
from vj.core.params import Snapshot
from vj.core.types import U8
from vj.engine.desk import Desk
from vj.engine.governor import LADDER, rung_of

#: Between two looks at what comes next.
LOOK_S = 0.25
#: At least between two stills of the same thing.
AGAIN_S = 5.0
#: A frame that comes so many times later than it should is late.
LATE_FACTOR = 1.5
#: For so long the child rests then.
REST_S = 5.0
#: For so long it rests after the governor has taken a step.
CALM_S = 30.0
#: The longest that it rests, before it works a little all the same.
MAX_REST_S = 30.0
#: Seconds of rest to a second of work: at the top of the governor's ladder, and further down.
EASY_PACE = 1.0
SPARING_PACE = 6.0
#: After so long without anybody who looks the child goes.
LEFT_S = 30.0
#: After so many deaths in a row it is not tried again.
MAX_DEATHS = 3
#: Before the next try.
RETRY_S = 1.0
#: Before and after all that there is to choose from.
BEGUN = ("begun", None)
ENDED = ("ended", None)
GIVEN_UP = "no pictures of what comes next: what makes them died three times"


class Rehearsal(Worker):
    """Has stills made of what comes next and of all looks and classes.

    next_name  what comes next, "look ember_drum" or "cue 3", and `next_picture` the newest still of it, [height,
               width, 3]; none while nothing does, or none is made yet
    thumbs     "look/NAME", "class/N" (from 0) and so on -> name of the file in `folder`, of those that are made
    shown      a folder of this show alone, with the same as look/NAME.jpg, class/N.jpg, preset/BANK/SLOT.jpg
    media      the files that layers may show, by name
    version    counts changes of all these
    watched    whether anybody looks; set by whoever shows them. While nobody does the child rests, and goes in the end
    pace       how long the child rests for what it worked, for the sake of the show; 0 is all the time
    """

    limit = 60.0  # its process is the last to get time

    def __init__(
        self,
        desk: Desk,
        seed: int = 1,
        folder: Path | None = None,
        media: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        super().__init__("rehearsal")
        self.folder = folder or platformdirs.user_cache_path("vj", appauthor=False) / "stills"
        self._passing = Passing("vj-stills-")
        self.shown = self._passing.path
        self.watched = False
        self.pace = 0.0
        self.next_name, self.thumbs, self.version = "", dict[str, str](), 0
        self.next_picture: U8 | None = None
        self._coming = Coming(desk, seed, media)
        self._all: Iterator[tuple[str, Wish]] | None = None
        self._lot: object = None
        self._wanted: queue.SimpleQueue[tuple[str, Wish | None]] = queue.SimpleQueue()
        self._urgent: tuple[str, Wish] | None = None
        self._looked = self._seen = 0.0
        self._before, self._rested, self._rung = 0.0, time.perf_counter() + REST_S, LADDER[0]
        self._paused = time.perf_counter()
        # the thread's own
        self._missing: dict[str, Wish] = {}
        self._listed: set[str] = set()
        self._asked: dict[str, str] = {}
        self._made = ("", "", 0.0)
        self._child: Child | None = None
        self.deaths = self.made = 0

    def swapped(self, now: float, period: float, snapshot: Snapshot) -> None:
        """A frame of `snapshot` was shown at `now`, where one is due every `period` seconds."""
        rung = rung_of(snapshot)
        if now - self._before > LATE_FACTOR * period:
            self._rested = max(now + REST_S, self._rested)
        if rung is not self._rung:
            self._rung, self._rested = rung, now + CALM_S
        self._before = now
        if now >= self._rested:
            self.pace, self._paused = EASY_PACE if rung is LADDER[0] else SPARING_PACE, now
        else:  # frames that are late for so long are so without us
            self.pace = SPARING_PACE if (now - self._paused) % (MAX_REST_S + REST_S) > MAX_REST_S else 0.0
        if self.watched and now - self._looked >= LOOK_S:
            self._looked = now
            self._look(snapshot)

    def _look(self, snapshot: Snapshot) -> None:
        """See what the desk would do next, and what there is to choose from."""
        self._urgent = self._coming.next(snapshot)
        self.notice = self._coming.notice or self.notice
        lot = self._coming.lot(snapshot)
        if lot != self._lot:
            self._lot, self._all = lot, self._coming.all(snapshot)
            self._wanted.put(BEGUN)
        if self._all is not None:  # one at a time, so that it costs no frame
            named = next(self._all, None)
            self._all = None if named is None else self._all
            self._wanted.put(named or ENDED)

    def step(self) -> None:
        """Pass on what is wanted, take what has come, and see to the child."""
        now = time.perf_counter()
        if self.watched:
            self._seen = now
        elif self._child is not None and now - self._seen > LEFT_S:
            self._let_go()
        self._take_stock()
        self._see_to_next()
        if self._child is None:
            if self.watched and self.deaths < MAX_DEATHS and (self._missing or self._due(now)):
                self._child = Child(self.folder)
                self._asked.clear()
            self._stop.wait(0.1)
            return
        self._child.go(self.pace if self.watched else 0.0)
        if self.watched:
            self._ask(self._child, now)
        self._hear(self._child)

    @property
    def child_pid(self) -> int:
        """The child's number in the system, 0 while there is none."""
        child = self._child
        return child.pid if child is not None else 0

    def stop(self) -> None:
        """End, and the child with it."""
        super().stop()
        self._let_go()
        self._passing.close()

    def _take_stock(self) -> None:
        """Find what was made already, and note what is missing."""
        while not self._wanted.empty():
            name, wish = self._wanted.get()
            if (name, wish) == BEGUN:
                self._listed, self._missing = set(), {}
            elif wish is None:
                self._forget(set(self.thumbs) - self._listed)
            else:
                self._listed.add(name)
                self._look_for(name, wish)

    def _look_for(self, name: str, wish: Wish) -> None:
        file = _file(wish)
        if self.thumbs.get(name) == file:
            return
        self._forget({name} & set(self.thumbs))
        if (self.folder / file).is_file():
            self._have(name, file)
        else:
            self._missing[name] = wish

    def _forget(self, names: Collection[str]) -> None:
        """What these showed is no more."""
        for name in names:
            (self.shown / f"{name}.jpg").unlink(missing_ok=True)
        if names:
            self.thumbs = {name: file for name, file in self.thumbs.items() if name not in names}
            self.version += 1

    def _have(self, name: str, file: str) -> None:
        with suppress(OSError):
            (self.folder / file).touch()  # the oldest are deleted one day
            here = self.shown / f"{name}.jpg"
            here.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.folder / file, here.with_suffix(".part"))
            here.with_suffix(".part").replace(here)
        self.thumbs = {**self.thumbs, name: file}
        self.version += 1

    def _see_to_next(self) -> None:
        name = self._urgent[0] if self._urgent else ""
        if name != self.next_name:
            self.next_name = name
            self._show(None)

    def _show(self, picture: U8 | None) -> None:
        self.next_picture = picture
        self.version += 1

    def _due(self, now: float) -> bool:
        """Whether a new still of what comes next is wanted."""
        if self._urgent is None:
            return False
        name, key, at = self._made
        new = self._urgent[1].key()
        return name != self._urgent[0] or (key != new and now - at > AGAIN_S)

    def _ask(self, child: "Child", now: float) -> None:
        if self._due(now):
            assert self._urgent is not None
            name, wish = self._urgent
            self._made = (name, wish.key(), now)
            child.ask(name, wish, None)
        if not self._asked and self._missing:
            name, wish = next(iter(self._missing.items()))
            self._asked[name] = file = _file(wish)
            child.ask(name, wish, self.folder / file)

    def _hear(self, child: "Child") -> None:
        message = child.hear(0.1)
        if message is None:
            if not child.alive:
                self._mourn()
            return
        if message[0] == "ready":
            return
        kind, name, said = message
        if kind == "still":
            self.made += 1
            self.deaths = 0
        if kind == "still" and said is not None:
            if name == self.next_name:
                self._show(said)
        elif name in self._asked:
            self._arrived(name, self._asked.pop(name), kind == "still")

    def _arrived(self, name: str, file: str, made: bool) -> None:
        """A still of what was asked for is there, or cannot be made; something else may be called `name` by now."""
        wish = self._missing.get(name)
        if wish is not None and _file(wish) == file:
            del self._missing[name]
            if made:
                self._have(name, file)

    def _mourn(self) -> None:
        """The child is dead: what it was at is not tried again."""
        self._let_go()
        for name, file in self._asked.items():
            self._arrived(name, file, False)
        self._made = ("", "", 0.0)
        self.deaths += 1
        if self.deaths >= MAX_DEATHS:
            self.notice = GIVEN_UP
        self._stop.wait(RETRY_S)

    def _let_go(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


@cache
def _fingerprint(bundle: str) -> str:
    return fingerprint(bundle)


def _file(wish: Wish) -> str:
    """Name of the file that holds the still."""
    return f"{wish.key(_fingerprint(wish.bundle))}.jpg"
