"""Writes what the performer keeps, and sees what changes in the files: on a thread of its own, never the show's."""

import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vj.apps.homes import LOOKS, PRESETS, SETLISTS, own, shipped
from vj.apps.keeping.merging import merged
from vj.apps.keeping.saving import free, save
from vj.apps.keeping.session import Session
from vj.apps.keeping.sharing import beside, turn
from vj.apps.keeping.watching import Watched
from vj.core.errors import VjError
from vj.core.handoff import Mailbox
from vj.core.threads.side import Side
from vj.core.types import Event
from vj.engine.cues.presets import path_in, slot_of
from vj.engine.cues.writing import look_text, preset_text
from vj.engine.desk import Desk
from vj.engine.hands.deck import Change
from vj.engine.hands.filing import told

#: Between two savings of the session.
SAVE_S = 2.0
#: Between two looks at the files.
LOOK_S = 0.5
#: Between two tries of what the disk would not take.
AGAIN_S = 2.0


@dataclass(frozen=True)
class Places:
    """Where things go: the performer's own folders, and the file of the session."""

    presets: Path
    looks: Path
    setlists: Path
    session: Path | None = None


def places(session: Path | None = None) -> Places:
    """Those of this user."""
    return Places(own(PRESETS)[0], own(LOOKS)[0], own(SETLISTS)[0], session)


class Keeper:
    """Keeps what `desk` wants kept. `gather` is for the show's own thread and touches no disk; all else is done by
    another one, which puts what it reads among `events`.

    session   what the session is besides the desk's memory, asked for in `gather`
    notice    what went wrong last; `errors` counts
    waits     what the disk does not take, as long as it is so; it is tried again

    Of presets and looks another show on this machine may write the same: what is written over without having been read
    before is put beside, and told.
    """

    def __init__(
        self,
        desk: Desk,
        events: "queue.SimpleQueue[Event]",
        homes: Places,
        session: Callable[[], Session] | None = None,
    ) -> None:
        self._desk = desk
        self._events = events
        self._places = homes
        self._session = session
        self._changes: queue.SimpleQueue[Change] = queue.SimpleQueue()
        self._sessions: Mailbox[Session] = Mailbox()
        self._due = 0.0
        self._looked = 0.0
        self._files = Watched()
        self._moved: dict[str, Path] = {}
        self._unwritten: dict[tuple[str, str], Change] = {}
        self._again = 0.0
        self.errors = 0
        self.notice = self.waits = ""
        self._closing = threading.Event()
        self._thread = Side("keeper", self._run, 10.0, again=False)

    def start(self) -> None:
        """Begin; files are as the show has read them."""
        self._files.begin(self._watched())
        self._thread.start()

    def gather(self, now: float) -> None:
        """Take over what is to be kept, `now` in seconds of any clock."""
        while self._desk.changes:
            self._changes.put(self._desk.changes.popleft())
        if self._session is not None and now >= self._due:
            self._due = now + SAVE_S
            self._sessions.put(self._session())

    def close(self) -> None:
        """Keep what there is now, and end."""
        self.gather(self._due)
        self._closing.set()
        self._thread.join(timeout=5.0)

    def _run(self) -> None:
        while True:
            self._thread.turn()
            last = self._closing.is_set()
            for do in (self._write, self._save, self._look):
                try:
                    do()
                except Exception as error:  # noqa: BLE001  the show must go on, and the next file may be kept
                    self.errors += 1
                    self.notice = f"keeping: {error}"
            if last:
                return

    def _write(self) -> None:
        """Write what is waiting, of each file only the newest; wait a little where nothing is."""
        waiting = dict(self._unwritten)
        last = self._closing.is_set()
        with suppress(queue.Empty):
            change = self._changes.get(timeout=0.0 if last else 0.1)
            self._again = 0.0
            while True:
                waiting.pop((change.kind, change.name), None)
                waiting[change.kind, change.name] = change
                change = self._changes.get_nowait()
        if waiting and (last or time.monotonic() >= self._again):
            self._try(waiting)

    def _try(self, waiting: dict[tuple[str, str], Change]) -> None:
        """Write those; what the disk does not take stays to be tried again."""
        self._unwritten, why = {}, ""
        for key, change in waiting.items():
            try:
                kinds = {"preset": self._preset, "look": self._a_look, "setlist": self._setlist, "new": self._new}
                kinds[change.kind](change)
            except OSError as error:
                self._unwritten[key], why = change, error.strerror or str(error)
            except Exception as error:  # noqa: BLE001  the next file may be kept
                self._say(f"keeping: {error}")
        self._again = time.monotonic() + AGAIN_S
        names = ", ".join(_word(*key) for key in self._unwritten)
        before, self.waits = self.waits, f"not on the disk ({why}): {names}; it is tried again" if why else ""
        if before and not why:
            self._say("what the disk would not take is on it now")

    def _save(self) -> None:
        session = self._sessions.get()
        if session is not None and self._places.session is not None:
            try:
                save(self._places.session, session.text(), private=True)  # streams have keys
            except OSError as error:
                self._say(f"the session is not saved: {error.strerror or error}")

    def _preset(self, change: Change) -> None:
        slot = slot_of(change.name)
        assert slot is not None
        path = self._places.presets / path_in(slot)
        with turn(self._places.presets):
            for other in path.parent.glob(f"*{slot[1]}.toml"):  # 3.toml is the same slot as 03.toml
                if other != path and slot_of(other.stem) == (0, slot[1]):
                    self._forget(other)
            if change.content is not None:
                self._spare(path, preset_text(change.content))
                self._put(path, preset_text(change.content))
            elif (theirs := self._files.unread(path)) is None:
                self._forget(path)
            else:
                self._files.read(path, theirs)
                self._events.put(told("preset", change.name, theirs))
                self._say(f"preset {change.name} stays: another show has just stored it")

    def _a_look(self, change: Change) -> None:
        path = self._places.looks / f"{change.name}.toml"
        with turn(self._places.looks):
            self._spare(path, look_text(change.content))
            self._put(path, look_text(change.content))

    def _spare(self, path: Path, ours: str) -> None:
        """Put beside what another hand has put at `path`, where `ours` goes."""
        theirs = self._files.unread(path)
        if theirs is None or theirs == ours:
            return
        other = beside(path)
        self._put(other, theirs)
        (kind, name), (_, moved) = self._kind(path), self._kind(other)
        self._events.put(told(kind, moved, theirs))
        self._say(f"another show stored {kind} {name} as well: theirs is {moved} now")

    def _new(self, change: Change) -> None:
        """Into a file that is nobody's yet, as is what follows without a name."""
        self._moved.pop("", None)
        self._setlist(change)

    def _setlist(self, change: Change) -> None:
        """Into the file it came from, or, where that is not the performer's own or there is none, a new one."""
        path = self._moved.get(change.name) or Path(change.name)
        text = path.read_text(encoding="utf-8") if change.name and path.exists() else ""
        known = self._files.text(path)
        if known is not None and text not in ("", known):  # somebody else is at work in it: nothing of theirs is lost
            save(path.with_name(f"{path.name}.before"), text)
        if not change.name or path.parent == shipped(SETLISTS):
            title = path.stem if change.name else str(change.content.get("title", ""))
            path = self._moved.get(change.name) or free(self._places.setlists, title)
        self._put(path, merged(text, change.content, path))
        if str(path) != change.name:
            self._moved[change.name] = path
            self._events.put(told("path", change.name, str(path)))

    def _put(self, path: Path, text: str) -> None:
        save(path, text)
        self._files.wrote(path, text)

    def _forget(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._files.forget(path)

    def _watched(self) -> set[Path]:
        """The files that may be changed by another hand while the show runs."""
        setlist = self._desk.setlist.path
        return {
            *self._places.presets.glob("bank*/*.toml"),
            *self._places.looks.glob("*.toml"),
            *([setlist] if setlist is not None else []),
        }

    def _look(self) -> None:
        """Tell what another hand has changed, once it has stayed so from one look to the next."""
        now = time.monotonic()
        if now - self._looked < LOOK_S or self._closing.is_set():
            return
        self._looked = now
        for path in self._files.changes(self._watched()):
            self._changed(path)

    def _changed(self, path: Path) -> None:
        """`path` says something else now, or is gone."""
        kind, name = self._kind(path)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            if kind == "preset":
                self._events.put(told(kind, name, ""))
            else:
                self._say(f"{path.name} is gone; what was read of it stays")
            return
        except UnicodeDecodeError:
            self._say(f"{path.name} is no text; what was before stays")
            return
        if text == self._files.text(path):
            return
        self._files.read(path, text)
        try:
            self._desk.files.parse(kind, name, text)
        except VjError as error:
            self._say(f"{path.name} cannot be taken: {error.what} ({error.where}); what was before stays")
            return
        self._events.put(told(kind, name, text))

    def _kind(self, path: Path) -> tuple[str, str]:
        """What lies at `path`, and which one it is."""
        if path == self._desk.setlist.path:
            return "setlist", str(path)
        if path.parent == self._places.looks:
            return "look", path.stem
        return "preset", f"{path.parent.name}/{path.stem}"

    def _say(self, words: str) -> None:
        self.errors += 1
        self.notice = words


def _word(kind: str, name: str) -> str:
    """What a change is of, for people: "preset 1/3", "setlist night.toml"."""
    return f"{'setlist' if kind == 'new' else kind} {Path(name).name if kind == 'setlist' else name}".strip()
