"""Light in: a thread listens to sACN and Art-Net, merges what several desks say, and puts events in a queue.

What a desk sends goes on being what it was when it falls silent: a parameter never drops because a cable did.
"""

import queue
import select
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import platformdirs

from vj.core.dmx import artnet, sacn
from vj.core.dmx.merge import ARTNET_SOURCES, ARTNET_TIMEOUT_S, SACN_SOURCES, SACN_TIMEOUT_S, Universe
from vj.core.errors import ControlError, nearest
from vj.core.params import AnyParam, Snapshot
from vj.core.threads.side import Side
from vj.core.types import Event
from vj.devices.dmx.book import bind, unbind
from vj.devices.dmx.ears import MAX_UNIVERSES, Asked, listening, own_ip
from vj.devices.dmx.fader import UNBOUND, Fader, Protocol, plain, read_channel, read_faders
from vj.devices.dmx.learning import Lesson

#: The most that is read before faders are looked at.
BATCH_PACKETS = 64
#: How long a packet is waited for.
WAIT_S = 0.03
#: Seconds between two looks at the mapping file.
LOOK_S = 0.5
NAMES = {"sacn": "sACN", "artnet": "Art-Net"}


def faders_file() -> Path:
    """The performer's mapping of faders."""
    return platformdirs.user_config_path("vj") / "faders.toml"


class DmxIn:
    """Listens to light desks. A context manager; `publish` may be called by any thread.

    table   address -> Param of everything that can be moved
    path    the mapping file; None for `faders_file()`
    ports   for sACN and Art-Net, where they are not the standards'

    Raises ControlError for a mistake in the mapping, and where a port is taken.
    """

    def __init__(
        self,
        table: Mapping[str, AnyParam],
        events: "queue.SimpleQueue[Event]",
        asked: Asked,
        path: Path | None = None,
        ports: tuple[int, int] = (sacn.PORT, artnet.PORT),
    ) -> None:
        self._table, self._events, self._asked = table, events, asked
        self._path = faders_file() if path is None else path
        self.notice = ""
        self.received = 0
        self._stamp = self._look()
        self.faders = read_faders(self._path, table)
        self._levels: dict[Fader, int] = {}
        self._universes: dict[tuple[Protocol, int], Universe] = {}
        self._alive: dict[tuple[Protocol, int], int] = {}
        self._lesson, self._pointed = Lesson(), ""
        self._value: float | str | None = None
        self._moved = self._said = ""
        self._learning = False
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._sockets: dict[socket.socket, Protocol] = {}
        try:
            if asked.universes:
                self._sockets[listening(asked.host, ports[0], asked.universes)] = "sacn"
            if asked.artnet:
                self._sockets[listening(asked.host, ports[1])] = "artnet"
        except ControlError:
            self._drop()
            raise
        self.ports = {kind: each.getsockname()[1] for each, kind in self._sockets.items()}
        places = [(NAMES[kind], each.getsockname()[:2]) for each, kind in self._sockets.items()]
        #: What is listened to, and where.
        self.listens = [(f"light desks, {name}", f"UDP {host}:{port}") for name, (host, port) in places]
        self._closing = threading.Event()
        self._thread = Side("dmx", self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Listen no more. May be called twice."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(2.0)
        self._drop()

    @property
    def deeds(self) -> dict[str, Callable[[Event], None]]:
        """What a desk can have done here, by address."""
        return {"/light/learn": self.point, "/light/unbind": self._unbind}

    def point(self, event: Event) -> None:
        """The fader that moves next is for the address that `event` names, or for sending it a value; raises
        ControlError."""
        address = str(event.args[0])
        if address not in self._table or self._table[address].kind in UNBOUND:
            raise ControlError(f"no address {address!r} for a fader", hint=nearest(address, self._table))
        self._pointed, self._value = address, plain(event.args[1]) if len(event.args) > 1 else None
        self._jobs.put(lambda: self._lesson.point(address))
        self._events.put(Event("/window/learn", (True,), "light learn"))

    def publish(self, snapshot: Snapshot) -> None:
        """Learning ends where the desk says so."""
        on = bool(snapshot.values.get("/window/learn"))
        if self._learning and not on:
            self._pointed = ""
            self._jobs.put(lambda: self._lesson.point(""))
        self._learning = on

    @property
    def said(self) -> str:
        """What learning has to say to the performer."""
        return self._said if self._learning else ""

    def overview(self) -> dict[str, Any]:
        """Everything that a surface shows, as plain JSON."""
        heard = [
            {"protocol": kind, "number": number, "sources": universe.alive, "size": universe.size}
            for (kind, number), universe in list(self._universes.items())
        ]
        return {
            "universes": heard,
            "asked": {"sacn": list(self._asked.universes), "artnet": self._asked.artnet},
            "bindings": [fader.line() for fader in self.faders],
            "activity": self._moved, "target": self._pointed, "said": self.said, "notice": self.notice,
        }  # fmt: skip

    def _drop(self) -> None:
        for each in self._sockets:
            each.close()

    def _run(self) -> None:
        looked = time.monotonic()
        while self._thread.turn() and not self._closing.is_set():
            ready, _, _ = select.select(list(self._sockets), [], [], WAIT_S)
            now = time.monotonic()
            while not self._jobs.empty():
                self._jobs.get()()
            changed = {key for each in ready for key in self._take(each, now)}
            for key in changed:
                self._play(key, now)
            self._expire(now)
            self._learn(now)
            if now - looked > LOOK_S:
                looked = now
                self._refresh()

    def _take(self, ready: socket.socket, now: float) -> set[tuple[Protocol, int]]:
        """Read what has come; which universes it was."""
        protocol, changed = self._sockets[ready], set[tuple[Protocol, int]]()
        for _ in range(BATCH_PACKETS):
            try:
                packet, sender = ready.recvfrom(2048)
            except OSError:
                break
            key = self._sacn(packet, now) if protocol == "sacn" else self._artnet(packet, sender, now, ready)
            if key is not None:
                self.received += 1
                changed.add(key)
        return changed

    def _sacn(self, packet: bytes, now: float) -> tuple[Protocol, int] | None:
        said = sacn.parse(packet)
        if said is None or said.preview or said.universe not in self._asked.universes:
            return None
        universe = self._universes.setdefault(("sacn", said.universe), Universe(SACN_TIMEOUT_S, SACN_SOURCES))
        if said.terminated:
            universe.end(said.cid)
        elif not universe.take(said.cid, said.slots, now, said.sequence, said.priority):
            return None
        return "sacn", said.universe

    def _artnet(self, packet: bytes, sender: Any, now: float, ours: socket.socket) -> tuple[Protocol, int] | None:
        if artnet.is_poll(packet):
            with suppress(OSError, ValueError):
                ours.sendto(artnet.reply(own_ip(sender[0]), self._ports_of_artnet()), sender)
            return None
        said = artnet.parse(packet)
        if said is None:
            return None
        key: tuple[Protocol, int] = ("artnet", said.universe)
        if key not in self._universes and sum(kind == "artnet" for kind, _ in self._universes) >= MAX_UNIVERSES:
            return None
        universe = self._universes.setdefault(key, Universe(ARTNET_TIMEOUT_S, ARTNET_SOURCES))
        taken = universe.take(sender[0], said.slots, now, said.sequence, ordered=said.sequence > 0)
        return key if taken else None

    def _ports_of_artnet(self) -> tuple[int, ...]:
        bound = [fader.channel.universe for fader in self.faders if fader.channel.protocol == "artnet"]
        return tuple(dict.fromkeys(bound)) or (0, 1, 2, 3)

    def _play(self, key: tuple[Protocol, int], now: float) -> None:
        """Turn what changed in a universe into events."""
        protocol, number = key
        universe = self._universes[key]
        levels = universe.levels
        self._lesson.hear(protocol, number, levels, now)
        for fader in self.faders:
            if fader.channel[:2] != key:
                continue
            slot = fader.channel.number - 1
            level = int(levels[slot]) if fader.bits == 8 else int(levels[slot]) << 8 | int(levels[slot + 1])
            before = self._levels.get(fader)
            if level == before or not universe.size:
                continue
            self._levels[fader] = level
            self._moved = f"{fader.channel} = {level}"
            if self._pointed:
                continue  # what is learnt plays nothing meanwhile
            event = fader.event(level, before, self._table[fader.to], f"dmx:{protocol}:{number}")
            if event is not None:
                self._events.put(replace(event, stamp=time.perf_counter()))

    def _expire(self, now: float) -> None:
        """Let silent desks go, and say so."""
        for key, universe in self._universes.items():
            universe.expire(now)
            before, alive = self._alive.get(key, 0), universe.alive
            if before and not alive:
                self.notice = f"{key[0]} universe {key[1]}: no desk is heard, its faders stay where they were"
            elif alive and before == 0 and key in self._alive:
                self.notice = f"{key[0]} universe {key[1]} is heard again"
            self._alive[key] = alive

    def _learn(self, now: float) -> None:
        found = self._lesson.judge(now)
        if found is None or not self._pointed:
            self._said = f"move a fader for {self._pointed}" if self._pointed else self._said
            return
        (channel, bits), address = found, self._pointed
        fader = Fader(channel, address, 8 if self._value is not None else bits, value=self._value)
        self._write(lambda: bind(self._path, fader), f"{channel} -> {address}")
        self._said, self._pointed = f"learn: {channel} -> {address}" + (" (16 bit)" if bits == 16 else ""), ""

    def _unbind(self, event: Event) -> None:
        channel, to = read_channel(event.args[0]), str(event.args[1])
        if not any((fader.channel, fader.to) == (channel, to) for fader in self.faders):
            known = [f"{fader.channel} {fader.to}" for fader in self.faders]
            raise ControlError(f"{channel} does not move {to!r}", hint=nearest(f"{channel} {to}", known))
        self._jobs.put(lambda: self._write(lambda: unbind(self._path, channel, to), f"{channel} no longer moves {to}"))

    def _write(self, change: Callable[[], None], words: str) -> None:
        try:
            change()
            self.notice = words
        except ControlError as error:
            self.notice = f"{error.what} ({error.where})"
        self._refresh()

    def _refresh(self) -> None:
        """Follow the mapping file; a broken one changes nothing."""
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self.faders = read_faders(self._path, self._table)
            self._levels = {fader: level for fader, level in self._levels.items() if fader in self.faders}
        except ControlError as error:
            self.notice = f"{self._path.name} is broken, the faders before hold on: {error.what} ({error.where})"

    def _look(self) -> tuple[int, int, int]:
        try:
            found = self._path.stat()
        except OSError:
            return 0, -1, 0
        return found.st_mtime_ns, found.st_size, found.st_ino
