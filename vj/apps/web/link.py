"""The show's end of the line to the surface: what it says goes into mailboxes, and a thread of its own does the rest.

The server is a child process, so that it can neither take the interpreter from the show nor fall over with it. It may
be killed at any moment: the port stays ours, and another one is there within a second and told everything anew.
"""

import contextlib
import importlib.util
import json
import os
import queue
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from vj import __version__
from vj.apps.web import frames
from vj.apps.web.address import own_address, url
from vj.apps.web.child import bind, end, spawn
from vj.apps.web.sent import Sent, smaller
from vj.apps.web.topics import Facing, Teller
from vj.apps.web.watch import Watch
from vj.core.params import AnyParam, Snapshot
from vj.core.types import U8, Event

if TYPE_CHECKING:  # the port is bound while the splash is waited for
    from vj.core.types import Features
    from vj.outputs.overlay.panel import HudState

PORT = 7480
#: Turns while somebody listens, and while nobody does.
RATE_HZ = 30.0
IDLE_HZ = 4.0
#: Topics that nobody watches are told every so many seconds, for who asks just once.
UNWATCHED_S = 2.0
#: Small pictures of the program a second.
PICTURES_HZ = 10.0
NEEDED = ("starlette", "uvicorn", "websockets")
MISSING = "no surface in a browser: install vj[web]"


class Link:
    """Binds the port at once; `open` starts the server, `close` ends it. `publish`, `see` and `tell` never wait.

    token   listen to the network, where this must be known; without one to this machine only

    `attached` counts those who watch values or streams, `watched` those who watch the program.
    """

    def __init__(self, events: "queue.SimpleQueue[Event]", port: int = PORT, token: str | None = None) -> None:
        self.host, self._token, self._events = "127.0.0.1" if token is None else "0.0.0.0", token, events
        missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
        self.missing = MISSING if missing else ""
        self._socket = None if missing else bind(self.host, port)
        self.port = self._socket.getsockname()[1] if self._socket else 0
        self.config: dict[str, Any] = {}
        #: What is heard, to be asked from any thread; and facts of others for the topic `show`, from the main one.
        self.status: dict[str, tuple[Any, ...]] = {}
        self.features: Callable[[], Features | None] = lambda: None
        self.facts: dict[str, Callable[[], Any]] = {}
        self._teller = Teller(self.port, self.host)
        self.also = self._teller.also
        self.attached = self.watched = self.clients = self.restarts = 0
        self.notice = self.missing
        self._table: Mapping[str, AnyParam] = {}
        self._snapshot: Snapshot | None = None
        self._told_at = 0.0
        self._topics: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._pictures: dict[int, U8 | None] = {}
        self._next: U8 | None = None
        self._seen_at = 0.0
        self._closing = threading.Event()
        self._begun = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._watch = Watch()
        self._sent: Sent = Sent()
        self._thread = threading.Thread(target=self._run, name="surface", daemon=True)

    def open(self, table: Mapping[str, AnyParam], osc_port: int, **config: Any) -> None:
        """Serve `table` from the first snapshot on; `config` is for the server."""
        if self._socket is None:
            return
        self._table, self._teller.osc_port = table, osc_port
        self.config = {
            "name": f"vj {__version__}",
            "port": self.port,
            "host": self.host,
            "osc_port": osc_port,
            "token": self._token,
            "address": self.address,
            "where": "127.0.0.1" if self._token is None else own_address(),
            "names": [] if self._token is None else [socket.gethostname(), f"{socket.gethostname()}.local"],
            **config,
        }
        self._thread.start()

    def close(self) -> None:
        """End the server and give the port back. Harmless when called twice."""
        self._closing.set()
        self._begun.set()
        child = self._child
        if child is not None:
            end(child)
        if self._thread.is_alive():
            self._thread.join(2.0)
        if self._socket is not None:
            self._socket.close()

    @property
    def local(self) -> str:
        """The address of the surface for a browser of this machine."""
        return url("127.0.0.1", self.port)

    @property
    def address(self) -> str:
        """The address of the surface for whoever may come, with the token if there is one."""
        return self.local if self._token is None else url(own_address(), self.port, self._token)

    def publish(self, snapshot: Snapshot) -> None:
        """Hand over the newest values."""
        self._snapshot = snapshot
        if not self._begun.is_set():
            self._begun.set()

    def tell(
        self, overview: Callable[[], Mapping[str, Any]], words: "HudState", snapshot: Snapshot, source: Facing
    ) -> None:
        """Hand over what is said of the show by topic, and its figures; a few times a second.

        `overview` is asked each time only while somebody watches: it costs the show time.
        """
        from vj.apps.web import streams

        self.status = streams.status(words)
        now = time.monotonic()
        if self.attached or now - self._told_at > UNWATCHED_S:
            self._told_at = now
            more = {name: fact() for name, fact in self.facts.items()}
            self._topics = {**overview(), "show": self._teller.show(words, snapshot, source) | more}
        child = self._child
        if child is not None and self._watch.hangs(now):
            child.kill()

    def due(self, now: float) -> bool:
        """Whether another picture of the program is wanted, `now` in seconds."""
        return bool(self.watched) and now - self._seen_at >= 1.0 / PICTURES_HZ

    def see(self, picture: U8, now: float) -> None:
        """Hand over the program [h, w, 3], small already or not, of `now`."""
        self._seen_at = now
        with self._lock:
            self._pictures[frames.PROGRAM] = picture

    def next_picture(self, picture: U8 | None) -> None:
        """Hand over what stands by, [h, w, 3], or that nothing does."""
        with self._lock:
            self._next = self._pictures[frames.NEXT] = picture

    def _run(self) -> None:
        """Thread: a server after the other, as long as the show goes on."""
        self._begun.wait()
        self._closing.wait(0.3)  # the first frame comes first
        while not self._closing.is_set():
            try:
                self._serve()
            except OSError:
                pass  # the pipe is broken: it has gone
            except Exception as error:  # noqa: BLE001  the show goes on, and so shall its surface
                self.notice = f"surface: {error}"
            self.attached = self.watched = self.clients = 0
            if self._closing.is_set():
                return
            self.restarts += 1
            self.notice = f"the surface's server ended and is started again ({self.restarts})"
            self._closing.wait(self._watch.fell())

    def _serve(self) -> None:
        """One server from its start to its end."""
        assert self._socket is not None
        inherited = os.name == "posix"
        child = self._child = spawn(self._socket if inherited else None)
        self._watch.begun(child.pid)
        self._sent = Sent()
        self.next_picture(self._next)
        reading = threading.Thread(target=self._read, args=(child,), name="surface events", daemon=True)
        reading.start()
        pipe = child.stdin
        assert pipe is not None
        try:
            pipe.write(frames.packed({**self.config, "fd": self._socket.fileno() if inherited else None}))
            while child.poll() is None and not self._closing.is_set():
                for frame in self._news():
                    pipe.write(frame)
                pipe.flush()
                self._closing.wait(1.0 / (RATE_HZ if self.clients else IDLE_HZ))
        finally:
            end(child)
            reading.join(1.0)
            for each in (child.stdin, child.stdout):
                with contextlib.suppress(OSError, ValueError):
                    if each is not None:
                        each.close()
            self._child = None

    def _news(self) -> list[bytes]:
        """The frames of this turn."""
        snapshot = self._snapshot
        message = self._sent.news(self._table, snapshot.values if snapshot else {}, self._topics)
        if self.attached and snapshot is not None:
            from vj.apps.web import streams

            message |= self._sent.sounds(self.features(), {**self.status, **streams.moving(snapshot)})
        with self._lock:
            pictures, self._pictures = self._pictures, {}
        out = [frames.packed(message)] if message else []
        for which, picture in pictures.items():
            small = b"" if picture is None else smaller(picture)
            height, width = small.shape[:2] if not isinstance(small, bytes) else (0, 0)
            out.append(frames.picture(which, width, height, small if isinstance(small, bytes) else small.tobytes()))
        return out

    def _read(self, child: "subprocess.Popen[bytes]") -> None:
        """Thread: what the server says, until it has gone."""
        assert child.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            for line in child.stdout:
                self._watch.heard(time.monotonic())
                with contextlib.suppress(ValueError, TypeError, LookupError):
                    self._take(json.loads(line))

    def _take(self, said: list[Any]) -> None:
        """A line of the server's: a wish of somebody's, who listens, or what went wrong."""
        if said[0] == "e":
            _, address, args, source, stamp = said
            self._events.put(Event(str(address), tuple(args), str(source), stamp=float(stamp)))
        elif said[0] == "w":
            self.clients, self.attached, self.watched = (int(n) for n in said[1:4])
        elif said[0] == "s":
            self.notice = str(said[1])
