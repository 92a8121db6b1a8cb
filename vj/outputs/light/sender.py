"""Sends the light of a rig over sACN and Art-Net from a thread of its own. Nobody waits for it, nor it for anybody."""

import socket
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vj.core.dmx import artnet, sacn
from vj.core.dmx.calm import Calm
from vj.core.dmx.rig import Rig, Universe, parse_rig
from vj.core.dmx.zones import Levels, Zones
from vj.core.errors import OutputError
from vj.core.handoff import Mailbox
from vj.core.params import Snapshot
from vj.core.threads.side import Side
from vj.core.types import F32
from vj.engine.finish.limiter import Limiter
from vj.outputs.light.stage import Lit

#: Frames a second at most: what a line of DMX carries.
RATE_HZ = 44.0
#: What stays the same is said so often at once, ...
REPEATS = 3
#: ... and then in these intervals.
ALIVE_S = 0.8
#: Packets that say that a stream ends.
ENDINGS = 3
#: Between two looks at the rig's file.
LOOK_S = 0.5
#: Until a host that nobody knew is asked for again.
AGAIN_S = 5.0
_DARK = bytes(sacn.SLOTS)


@dataclass(frozen=True)
class Wish:
    """What is to be lit: `light` [rows, columns, 3] linear, and what hands make of it. `calm` holds flashes back."""

    light: F32
    on: bool = True
    master: float = 1.0
    black: bool = False
    calm: bool = True


def wish(light: F32, snapshot: Snapshot) -> Wish:
    """What the desk makes of `light` now."""
    p = snapshot.of(Lit)
    return Wish(light, p.on, p.master, p.blackout, snapshot[Limiter.flash] == "limit")


@dataclass
class _Stream:
    """One universe on its way."""

    universe: Universe
    host: str
    port: int
    address: str = ""
    asked: float = -1e9
    sequence: int = 0
    last: bytes = b""
    same: int = 0
    sent: float = -1e9


def read_rig(path: Path) -> Rig:
    """The rig in a file; raises OutputError."""
    try:
        return parse_rig(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(f"a rig cannot be read: {error}", str(path), "name another with --light") from None


class Sender:
    """The rig in the file `path`, read again when it changes; raises OutputError if it is broken at the start.

    `sent` counts packets, `held` frames in which a light was kept from flashing. Closing darkens all lights and ends
    the streams.
    """

    def __init__(self, path: Path, rate: float = RATE_HZ, name: str = "vj") -> None:
        self._path, self._name = path, name
        self._period = 1.0 / min(max(rate, 1.0), RATE_HZ)
        self._cid = uuid.uuid5(uuid.NAMESPACE_URL, f"{uuid.getnode():x}/{path.absolute()}").bytes
        self._wishes: Mailbox[Wish] = Mailbox()
        self._due = 0.0
        self._streams: dict[int, _Stream] = {}
        self._notice = self._failed = ""
        self.sent = 0
        self._stamp = self._look()
        self._use(read_rig(path))
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 8)
        self._closing = threading.Event()
        self._thread = Side("light", self._run)
        self._thread.start()

    @property
    def held(self) -> int:
        """Frames in which a light was kept from flashing."""
        return self._calm.held

    @property
    def notice(self) -> str:
        """What the operator should know."""
        return self._failed or self._notice

    @property
    def overview(self) -> dict[str, object]:
        """What a surface shows of it, as plain JSON."""
        streams = [
            {"number": s.universe.number, "protocol": s.universe.protocol, "to": s.universe.to or "everybody"}
            for s in list(self._streams.values())
        ]
        return {"file": self._path.name, "universes": streams, "lights": len(self._rig.cells), "sent": self.sent,
                "held": self.held, "notice": self.notice}  # fmt: skip

    def due(self, now: float) -> bool:
        """Whether another picture is wanted at second `now`; asked by the thread that shows."""
        if now < self._due:
            return False
        self._due = max(self._due + self._period, now)
        return True

    def take(self, wish: Wish) -> None:
        """The newest light; what came before and was not sent is dropped."""
        self._wishes.put(wish)

    def close(self) -> None:
        """Darken the lights and end the streams. May be called twice."""
        if not self._closing.is_set():
            self._closing.set()
            self._thread.join(2.0)
            self._end(self._streams)
            self._socket.close()

    def _use(self, rig: Rig) -> None:
        self._rig, self._zones, self._levels = rig, Zones(rig.cells), Levels(rig)
        self._calm = Calm(len(rig.cells))
        kept = {universe.number: universe for universe in rig.universes}
        self._end({n: s for n, s in self._streams.items() if s.universe != kept.get(n)})
        streams = {n: s for n, s in self._streams.items() if s.universe == kept.get(n)}
        for number, universe in kept.items():
            if number not in streams:
                streams[number] = _Stream(universe, *_where(universe))
        self._streams = streams

    def _run(self) -> None:
        looked, wish, at = time.monotonic(), None, 0.0
        frame: Mapping[int, bytes] = {}
        while self._thread.turn() and not self._closing.is_set():
            fresh = self._wishes.get(timeout=0.1)
            now = time.monotonic()
            if fresh is not None:
                if now < at:
                    time.sleep(at - now)
                    fresh, now = self._wishes.latest or fresh, time.monotonic()
                at = now + self._period
                if wish is not None and wish.on and not fresh.on:
                    self._end(self._streams)
                wish, frame = fresh, self._frame(now, fresh)
            if wish is not None and wish.on:
                self._send(frame, now)
            if now - looked > LOOK_S:
                looked = now
                self._refresh()

    def _frame(self, now: float, wish: Wish) -> dict[int, bytes]:
        light = self._zones.seen(wish.light) * wish.master
        if wish.calm and len(light):
            light = self._calm.step(now, light, wish.black)
        return self._levels.frame(light * (0.0 if wish.black else 1.0))

    def _send(self, frame: Mapping[int, bytes], now: float) -> None:
        for number, stream in self._streams.items():
            levels = frame.get(number, _DARK)
            stream.same = stream.same + 1 if levels == stream.last else 0
            if stream.same <= REPEATS or now - stream.sent >= ALIVE_S:
                stream.last, stream.sent = levels, now
                self._say(stream, levels)

    def _say(self, stream: _Stream, levels: bytes, ends: bool = False) -> None:
        universe = stream.universe
        stream.sequence = stream.sequence % 255 + 1  # 0 would say to Art-Net that there is no order
        if universe.protocol == "sacn":
            packet = sacn.Levels(
                self._cid, universe.number, levels, stream.sequence, universe.priority, self._name, terminated=ends
            ).packed()
        else:
            packet = artnet.Levels(universe.number, levels, stream.sequence).packed()
        try:
            self._socket.sendto(packet, (_found(stream), stream.port))
            self.sent += 1
            self._failed = ""
        except (OSError, UnicodeError) as error:
            self._failed = (
                f"light: universe {universe.number} cannot be sent: {getattr(error, 'strerror', None) or error}"
            )

    def _end(self, streams: Mapping[int, _Stream]) -> None:
        """Darken, and say that it ends where the protocol can."""
        for stream in streams.values():
            if stream.last:
                self._say(stream, _DARK)
                for _ in range(ENDINGS if stream.universe.protocol == "sacn" else 0):
                    self._say(stream, _DARK, ends=True)
            stream.last, stream.sent = b"", -1e9

    def _refresh(self) -> None:
        """Follow the rig's file; a broken one changes nothing."""
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._use(read_rig(self._path))
            self._notice = f"{self._path.name} has changed: its lights hold from now on"
        except OutputError as error:
            self._notice = f"{self._path.name} is broken, the lights before hold on: {error.what} ({error.where})"

    def _look(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except OSError:
            return 0, -1
        return found.st_mtime_ns, found.st_size


def _where(universe: Universe) -> tuple[str, int]:
    """Host and port that a universe goes to; raises OutputError."""
    port = sacn.PORT if universe.protocol == "sacn" else artnet.PORT
    host, _, given = universe.to.partition(":")
    if given:
        if not given.isdecimal() or not 0 < int(given) < 65536:
            raise OutputError(f"{universe.to!r} is no host and port", f"universe {universe.number}", "10.0.0.20:5568")
        port = int(given)
    return host or sacn.group(universe.number), port


def _found(stream: _Stream) -> str:
    """The address of a stream's host, asked for once; of one that nobody knows, again after a while."""
    if not stream.address:
        if time.monotonic() - stream.asked < AGAIN_S:
            raise OSError(f"nobody knows {stream.host}")
        stream.asked = time.monotonic()
        stream.address = socket.gethostbyname(stream.host)
    return stream.address
