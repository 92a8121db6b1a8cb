"""OSC in and its feedback: one UDP socket, one thread, events in a queue.

Rules: an address is a parameter's, or a pattern that fits several; i, h, f, d, s, S, c, T, F, N, I and arrays of them
are taken; no argument is a trigger; a leading "+", "-" or "*" is relative, "a" absolute, "?" asks for the value.
`/sync` asks for every value, `/sync 9001` for every value at UDP port 9001 from now on, `/sync 9001 numbers` there with
1 and 0 for true and false, and `/token WORD` opens a listener that was given a token.
"""

import hmac
import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from heapq import heappop, heappush
from types import TracebackType
from typing import Self

from vj.core.errors import ControlError, nearest
from vj.core.handoff import Mailbox
from vj.core.params import AnyParam, Snapshot
from vj.core.threads.side import Side
from vj.core.types import Event
from vj.devices.osc import resolume
from vj.devices.osc._feedback import FEEDBACK_PORT, Feedback, Place
from vj.devices.osc._listeners import LISTEN, Listeners
from vj.devices.osc.pattern import Addresses, is_pattern
from vj.devices.osc.wire import Arg, Message, read
from vj.devices.share import Share

PORT = 7400
#: What ends the show.
SHOW = "/show/"
#: How many ports after a taken one are tried.
PORTS_TRIED = 20
#: A bundle may be this early; a later time tag means that two clocks differ, and it is done at once.
LOOK_AHEAD_S = 1.0
#: Messages kept for their time; more are done at once.
MAX_HELD = 1024
#: Patterns in one datagram that are looked at.
MAX_PATTERNS = 128
#: Addresses that they may mean.
MAX_MEANT = 1024
#: The operator is told of what is refused for so long, and of the next thing not before that.
REMARK_S = 6.0
#: After a wrong token none is looked at for so long: guessing takes years.
TOKEN_PAUSE_S = 0.5
_IDLE_S = 0.2
_UNKNOWN = "unknown"


class OscIn:
    """Listens for OSC and tells its clients what changed. A context manager; `publish` may be called by any thread.

    table   address -> Param of everything that can be set; may be filled until `open`
    host    "127.0.0.1" for this machine only; "0.0.0.0" for the network
    token   if given, another machine must send `/token WORD` before anything else is taken from it
    as_resolume  addresses of Resolume mean ours

    `port` is the one in use: the next free one if the wanted one is taken. `listeners` are those that asked for
    streams. The counters `received`, `malformed`, `unknown` and `refused` are written by the listening thread only.
    """

    def __init__(
        self,
        table: Mapping[str, AnyParam],
        events: "queue.SimpleQueue[Event]",
        port: int = PORT,
        host: str = "127.0.0.1",
        feedback: Feedback | None = None,
        token: str | None = None,
        as_resolume: bool = False,
    ) -> None:
        self._table = table
        self._events = events
        self._feedback = Feedback(table) if feedback is None else feedback
        self._token, self._resolume = token, as_resolume
        self.listeners = Listeners()
        self._trusted: set[str] = set()
        self._token_after = 0.0
        self._snapshots: Mailbox[Snapshot] = Mailbox()
        self._held: list[tuple[float, int, Message, Place]] = []
        self._closing = threading.Event()
        self._unknown_address = self._told_address = self._told = ""
        self._addresses = Addresses(())
        self._patterns = self._meanings = 0
        self._remark = ("", -REMARK_S)
        self.host = host
        self.received = self.malformed = self.unknown = self.refused = 0
        self._socket = _bind(host, port)
        self.port = int(self._socket.getsockname()[1])
        self._thread = Side("osc", self._run)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def open(self) -> None:
        """Start to listen."""
        # a deed is done by its own name alone: no pattern takes cues out or empties slots by the way, or ends the show
        self._addresses = Addresses(
            a for a, param in self._table.items() if param.kind != "deed" and not a.startswith(SHOW)
        )
        self._thread.start()

    def close(self) -> None:
        """Stop and give the port back. Harmless when called twice."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(2.0)
        self._socket.close()

    def publish(self, snapshot: Snapshot) -> None:
        """Hand over the newest values; clients hear of changes within 1/30 s."""
        self._snapshots.put(snapshot)

    @property
    def last_unknown(self) -> str:
        """The last address that is no parameter, with the nearest that is; empty if there was none."""
        address = self._unknown_address
        if address != self._told_address:  # the HUD asks every frame, and the nearest word takes a millisecond
            self._told_address = address
            self._told = f"{address} ({nearest(address, self._table)})"
        return self._told

    @property
    def remark(self) -> str:
        """What was lately refused, for the operator; nothing a few seconds later."""
        words, at = self._remark
        if time.perf_counter() - at > REMARK_S:
            return ""
        return f"OSC: no address {self.last_unknown}" if words == _UNKNOWN else words

    def _run(self) -> None:
        share = Share()
        while self._thread.turn() and not self._closing.is_set():
            share.begin()
            self._receive()
            if (pause := share.pause()) > 0.0:  # what comes meanwhile waits in the socket, or is lost there
                self._say("OSC: more comes than is taken")
                self._closing.wait(pause)
            while self._held and self._held[0][0] <= time.monotonic():
                _, _, message, origin = heappop(self._held)
                self._do(message, origin)
            snapshot = self._snapshots.latest
            if snapshot is not None:
                for place, packet in self._feedback.packets(snapshot, time.perf_counter()):
                    self._send(place, packet)
            for place, packet in self.listeners.packets(time.perf_counter(), self._feedback.numbers):
                self._send(place, packet)

    def _receive(self) -> None:
        """Wait for one datagram, not longer than the next thing to do."""
        wait = _IDLE_S
        if self._feedback.clients and self._snapshots.latest is not None:
            wait = min(wait, self._feedback.wait(time.perf_counter()))
        if self.listeners:
            wait = min(wait, self.listeners.wait(time.perf_counter()))
        if self._held:
            wait = min(wait, self._held[0][0] - time.monotonic())
        self._socket.settimeout(max(wait, 0.001))
        try:
            packet, origin = self._socket.recvfrom(65536)
            messages = read(packet)
        except TimeoutError:
            return
        except OSError:  # Windows reports here that a client's port is closed
            return
        now = time.time()
        self._patterns = self._meanings = 0
        for message in messages:
            if message.problem:
                self._refuse(message, origin[:2])
            elif now < message.due <= now + LOOK_AHEAD_S and len(self._held) < MAX_HELD:
                # by a clock that nobody sets: what is due in a second is, though it be an hour later by then
                heappush(self._held, (time.monotonic() + message.due - now, self.received, message, origin[:2]))
                self.received += 1  # also keeps messages of one moment in order
            else:
                self.received += 1
                self._do(message, origin[:2])

    def _do(self, message: Message, origin: Place) -> None:
        address, args = message.address, message.args
        if not self._admitted(message, origin):
            self.refused += 1
        elif address == "/token":
            pass
        elif address == "/sync":
            self._feedback.sync(origin, _port_in(message), "numbers" in message.args)
        elif address == LISTEN:
            self.listeners.ask(self._feedback.place(origin), not args or bool(args[0]))
        elif self._resolume and address.startswith(resolume.ROOT):
            self._as_resolume(message, origin)
        else:
            for meant in self._meant(message):
                self._set(meant, args, origin)

    def _set(self, address: str, args: tuple[Arg, ...], origin: Place) -> None:
        """Pass on what `origin` wants of `address`."""
        if args[:1] == ("?",):
            self._feedback.ask(origin, address)
            return
        if args[:1] == ("a",) and len(args) == 2 and self._table[address].kind in ("float", "int", "toggle"):
            args = args[1:]
        now = time.perf_counter()
        if self._feedback.is_echo(origin, address, args, now):
            return
        self._feedback.heard(origin, address, args, now)
        self._events.put(Event(address, args, f"osc:{origin[0]}:{origin[1]}", stamp=now))

    def _as_resolume(self, message: Message, origin: Place) -> None:
        """Pass on what a message for Resolume means here."""
        now = time.perf_counter()
        for event in resolume.meant(message.address, message.args, self._table):
            self._feedback.heard(origin, event.address, (), now)
            self._events.put(replace(event, source=f"osc:{origin[0]}:{origin[1]}", stamp=now))

    def _meant(self, message: Message) -> list[str]:
        """The addresses of ours that a message is for."""
        address = message.address
        if address in self._table:
            return [address]
        found: list[str] = []
        if is_pattern(address):
            self._patterns += 1
            try:
                found = self._addresses.matching(address) if self._patterns <= MAX_PATTERNS else []
                self._meanings += len(found)
                if self._patterns > MAX_PATTERNS or self._meanings > MAX_MEANT:
                    raise ControlError(f"more than {MAX_PATTERNS} patterns or {MAX_MEANT} addresses in one datagram")
            except ControlError as error:
                self.malformed += 1
                self._say(f"OSC: {address[:40]}: {error.what}")
                return []
        if not found:
            self.unknown += 1
            self._unknown_address = address[:80]
            self._say(_UNKNOWN)
        return found

    def _refuse(self, message: Message, origin: Place) -> None:
        """Count a message that cannot be read, and say so where it was meant for us."""
        self.malformed += 1
        if self._admitted(replace(message, problem=""), origin):
            self._say(f"OSC: {message.address[:40]}: {message.problem}".replace(": : ", ": "))

    def _say(self, words: str) -> None:
        """A word to the operator, unless one stands there already."""
        now = time.perf_counter()
        if now - self._remark[1] > REMARK_S:
            self._remark = (words, now)

    def _admitted(self, message: Message, origin: Place) -> bool:
        """Whether `origin` may steer the show; a right `/token` makes it so."""
        if self._token is None or origin[0] in self._trusted or ipaddress.ip_address(origin[0]).is_loopback:
            return True
        now = time.perf_counter()
        if message.address != "/token" or now < self._token_after:
            return False
        word = message.args[0] if message.args else ""
        if not hmac.compare_digest(str(word).encode(), self._token.encode()):
            self._token_after = now + TOKEN_PAUSE_S
            return False
        self._trusted.add(origin[0])
        return True

    def _send(self, place: Place, packet: bytes) -> None:
        if place[1] == self.port and _here(place):
            return  # our own values would come back as wishes of somebody
        try:
            self._socket.sendto(packet, place)
        except OSError:
            self.refused += 1  # that client is out of reach; it may come back


def _port_in(message: Message) -> int | None:
    """The reply port that a `/sync` names, if it is one."""
    port = message.args[0] if message.args else None
    return int(port) if isinstance(port, int | float) and 1 <= port <= 65535 else None


def _bind(host: str, port: int) -> socket.socket:
    """A UDP socket at `port` or the next free one; raises ControlError when none is.

    What clients are told at is not the next one: it would hear what whoever has `port` tells them.
    """
    reason: OSError | str = "a port is a number from 0 to 65535"
    for candidate in range(port, min(port + PORTS_TRIED, 65536)) if port else (0,):
        if candidate == FEEDBACK_PORT != port:
            continue
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.bind((host, candidate))
        except OSError as error:
            sock.close()
            reason = error
        else:
            return sock
    raise ControlError(f"no OSC port could be opened ({reason})", f"{host}:{port}", "choose another --osc-port")


def _here(place: Place) -> bool:
    """Whether a place is on this machine: then whoever speaks to it has its address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(place)  # sends nothing
            return bool(probe.getsockname()[0] == place[0])
        except OSError:
            return False
