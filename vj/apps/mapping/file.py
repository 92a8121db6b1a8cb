"""A venue's file: read at the start, saved by itself while it is edited, read again where another hand changes it."""

import re
import threading
import time
from dataclasses import replace
from pathlib import Path

from vj.apps.keeping.saving import save
from vj.apps.keeping.session import set_aside
from vj.core.errors import OutputError, nearest
from vj.core.mapping.output import Mapping
from vj.core.mapping.venue import MAIN, Venue, parse_venue
from vj.core.written import is_file
from vj.outputs.sending.asked import NAME, Asked, asked

#: What is edited where no venue was named.
UNNAMED = "unnamed"
#: How long nothing has moved before it is saved.
STILL_S = 0.4
#: Between two looks at the file.
LOOK_S = 0.5


def read_venue(path: Path, there: bool = False) -> Venue:
    """The venue in a file, an empty one of its name where there is none yet, unless it must be `there`; raises
    OutputError."""
    try:
        return parse_venue(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        if there:
            raise OutputError("there is no such venue", str(path), "vj live --venue NAME makes one (key W)") from None
        return Venue(path.stem)
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(f"a venue cannot be read: {error}", str(path), "name another with --venue") from None


def mapping_of(path: Path, output: str) -> Mapping:
    """How the venue in a file throws an output; raises OutputError for one that it does not know."""
    venue = read_venue(path, there=True)
    if output != MAIN and output not in venue.outputs:
        raise OutputError(f"{venue.name} has no output {output!r}", str(path), nearest(output, (MAIN, *venue.outputs)))
    return venue.of(output)


def sent_by(path: Path) -> tuple[Asked, ...]:
    """The outputs that the venue in a file has besides the window; raises VjError."""
    venue = read_venue(path)
    outputs = []
    for name, text in venue.targets.items():
        where = f"{path}, output.{name}, to"
        output = asked(text, where)
        if not re.fullmatch(NAME, name):
            raise OutputError(
                f"an output that is sent cannot be called {name!r}", where, "small letters, digits, dashes"
            )
        outputs.append(replace(output, name=name, part=venue.of(name).slice))
    return tuple(outputs)


class VenueFile:
    """Keeps a venue in its file, by a thread of its own. `put` says how it is now; `come` what another hand wrote.

    `notice` says what became of it. A file that cannot be read changes nothing on the wall, and is set aside, not
    overwritten, when the mapping is edited next. With `fresh` the mapping begins with none, whatever is in the file,
    which is set aside likewise.
    """

    def __init__(self, path: Path, fresh: bool = False) -> None:
        self.path = path
        self.notice = ""
        #: Whether anything was saved.
        self.saved = False
        self._aside = "previous" if fresh else ""
        self.first = Venue(path.stem) if fresh else read_venue(path)
        self._text = self.first.text()
        self._stamp = self._look()
        self._wanted: str | None = None
        self._since = 0.0
        self._come: Venue | None = None
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="venue", daemon=True)
        self._thread.start()

    def put(self, venue: Venue) -> None:
        """The venue is so from now on; it is saved once nothing has moved for a moment."""
        text = venue.text()
        with self._lock:
            if text != (self._wanted or self._text):
                self._wanted, self._since = text, time.monotonic()

    def come(self) -> Venue | None:
        """What another hand has written since the last call, if it can be read."""
        with self._lock:
            come, self._come = self._come, None
        return come

    def close(self) -> None:
        """Save what is not saved yet. May be called twice."""
        if not self._closing.is_set():
            self._closing.set()
            self._thread.join(3.0)
            self._save(0.0)

    def _run(self) -> None:
        while not self._closing.wait(LOOK_S / 2):
            self._read()
            self._save(STILL_S)

    def _save(self, still: float) -> None:
        with self._lock:
            text, since = self._wanted, self._since
        if text is None or time.monotonic() - since < still:
            return
        try:
            if self._aside and is_file(self.path):
                self.notice = f"what was there is kept as {Path(set_aside(self.path, self._aside)).name}"
            save(self.path, text)
        except OSError as error:
            self.notice = f"the mapping is not saved: {error.strerror or error} ({self.path})"
            with self._lock:
                self._since = time.monotonic() + 5.0  # a full disk is asked again later
            return
        if self.notice.startswith("the mapping is not saved"):
            self.notice = f"the mapping is saved again as {self.path}"
        with self._lock:
            self._text, self._aside, self.saved = text, "", True
            self._wanted = None if self._wanted == text else self._wanted
        self._stamp = self._look()

    def _read(self) -> None:
        stamp = self._look()
        if stamp == self._stamp or self._wanted is not None:
            return
        self._stamp = stamp
        try:
            text = self.path.read_text(encoding="utf-8")
            if text == self._text:
                return
            venue = parse_venue(text, self.path.name)
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError, OutputError) as error:
            what = f"{error.what} ({error.where})" if isinstance(error, OutputError) else str(error)
            self.notice, self._aside = f"{self.path.name} is broken, the mapping before holds on: {what}", "broken"
            return
        with self._lock:
            self._text, self._come, self._aside = venue.text(), venue, ""
        self.notice = f"{self.path.name} has changed: its mapping holds from now on"

    def _look(self) -> tuple[int, int]:
        """What tells one version of the file from another."""
        try:
            found = self.path.stat()
        except OSError:
            return 0, -1
        return found.st_mtime_ns, found.st_size
