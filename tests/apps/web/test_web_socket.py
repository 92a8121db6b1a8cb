"""Surfaces on WebSockets: full state, others' hands but not one's own, pictures, and who does not listen."""

import io
import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image
from servers.web import Show, a_show
from websockets.sync.client import ClientConnection, connect

from vj.core.params import Param, Snapshot
from vj.core.types import Event
from vj.devices.dmx.ears import read_asked
from vj.devices.dmx.input import DmxIn
from vj.devices.link.session import LinkIn
from vj.devices.osc import wire
from vj.devices.rest import QUIET_S

pytestmark = pytest.mark.realtime


@pytest.fixture(scope="module")
def show() -> Iterator[Show]:
    with a_show() as running:
        yield running


class Surface:
    """What a page of ours would know."""

    def __init__(self, socket: ClientConnection, thumb: bool = False) -> None:
        self.socket = socket
        self.topics: dict[str, Any] = {}
        self.values: dict[str, tuple[Any, ...]] = {}
        self.pictures: dict[str, bytes] = {}
        self.told: list[str] = []
        self.commands: list[tuple[str, Any]] = []
        socket.send(json.dumps({"COMMAND": "VJ_ATTACH", "DATA": {"thumb": thumb}}))

    def send(self, address: str, *args: Any) -> None:
        self.socket.send(wire.message(address, args))

    def until(self, condition: Callable[[], Any], seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "did not happen"
            self.hear(0.1)

    def hear(self, seconds: float) -> None:
        """Take what comes within so many seconds."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                said = self.socket.recv(timeout=left)
            except TimeoutError:
                return
            if isinstance(said, str):
                message = json.loads(said)
                self.commands.append((message["COMMAND"], message["DATA"]))
                if message["COMMAND"] == "VJ_STATE":
                    self.topics.update(message["DATA"])
            elif said.startswith(b"/output/"):
                address = said[: said.index(b"\0")].decode()
                self.pictures[address] = said[said.index(b"\xff\xd8") :]
            else:
                for each in wire.read(said):
                    self.values[each.address] = each.args
                    self.told.append(each.address)


def test_a_surface_is_told_everything_and_then_what_changes(show: Show) -> None:
    with connect(f"ws://{show.address}/", max_size=None) as socket:
        surface = Surface(socket)
        readable = {a for a, p in show.desk.table.items() if p.kind not in ("trigger", "deed", "clock", "mix")}
        surface.until(lambda: readable <= surface.values.keys() and "show" in surface.topics)
        assert surface.topics["show"]["port"] == show.link.port
        assert surface.topics["show"]["osc"] == show.osc.port
        assert {"cues", "looks", "classes"} <= surface.topics.keys()
        assert [port["what"] for port in surface.topics["show"]["ports"]] == ["surface and OSCQuery", "OSC"]
        surface.until(lambda: {"/audio/out/bpm", "/tempo/out/phase", "/status/fps"} <= surface.values.keys())
        surface.told.clear()
        show.live.parts.events.put(Event("/fx/on", (False,), "test"))
        surface.until(lambda: surface.values["/fx/on"] == (False,))
        assert not {"/master/level", "/latent/step/base"} & set(surface.told)
        show.live.parts.events.put(Event("/master/blackout", (True,), "test"))
        surface.until(lambda: surface.topics["show"]["black"])
        show.live.parts.events.put(Event("/master/blackout", (False,), "test"))
        surface.until(lambda: not surface.topics["show"]["black"])


def test_whatever_else_listens_is_told(show: Show) -> None:
    with (
        connect(f"ws://{show.address}/", max_size=None) as socket,
        DmxIn(show.desk.table, show.live.parts.events, read_asked("sacn,artnet@127.0.0.1"), ports=(0, 0)) as faders,
        LinkIn(show.live.parts.events) as session,
    ):
        show.link.also += [lambda: session.ports, lambda: faders.listens]
        surface = Surface(socket)
        surface.until(lambda: len(surface.topics.get("show", {}).get("ports", ())) == 4)
        told = {port["what"]: port["where"] for port in surface.topics["show"]["ports"]}
        assert told["light desks, sACN"] == f"UDP 127.0.0.1:{faders.ports['sacn']}"
        assert told["light desks, Art-Net"] == f"UDP 127.0.0.1:{faders.ports['artnet']}"
        session.publish(Snapshot({**show.live.snapshot.values, "/tempo/link": True}))
        surface.until(lambda: any("20808" in port["where"] for port in surface.topics["show"]["ports"]))
        show.link.also.clear()


def test_two_surfaces_see_each_other_but_not_themselves(show: Show) -> None:
    with connect(f"ws://{show.address}/", max_size=None) as a, connect(f"ws://{show.address}/", max_size=None) as b:
        one, other = Surface(a), Surface(b)
        one.until(lambda: "/latent/step/base" in one.values)
        other.until(lambda: "/latent/step/base" in other.values)
        one.told.clear()
        one.send("/latent/step/base", 0.25)
        other.until(lambda: other.values["/latent/step/base"] == (0.25,))
        one.hear(QUIET_S + 0.3)
        assert "/latent/step/base" not in one.told
        other.send("/latent/step/base", 0.75)  # the last touch wins
        one.until(lambda: one.values["/latent/step/base"] == (0.75,))
        assert show.value("/latent/step/base") == 0.75
        one.send("/latent/step/base", 99.0)  # beyond the range: whoever sent it is told what came of it
        one.until(lambda: one.values["/latent/step/base"] == (show.desk.table["/latent/step/base"].hi,))


def test_a_client_that_sends_back_what_it_is_told_wishes_nothing(show: Show) -> None:
    def hear(level: float, seconds: float) -> bool:
        """Send back what comes for so long, or until the fader has come to rest."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not (told and told[-1] == pytest.approx(level, abs=1e-3)):
            try:
                said = mirror.recv(timeout=0.2)
            except TimeoutError:
                continue
            if isinstance(said, bytes):
                mirror.send(said)
                told.extend(each.args[0] for each in wire.read(said) if each.address == "/master/level")
        return told[-1:] == [pytest.approx(level, abs=1e-3)]

    with connect(f"ws://{show.address}/", max_size=None) as mirror:
        told: list[Any] = []
        mirror.send(json.dumps({"COMMAND": "LISTEN", "DATA": "/master/level"}))
        assert hear(1.0, 20.0)
        show.live.parts.events.put(Event("/master/level", (0.2,), "test"))
        assert hear(0.2, 20.0)
        hear(-1.0, 0.5)  # what is still on its way
        assert show.value("/master/level") == pytest.approx(0.2, abs=1e-3)
        mirror.send(wire.message("/master/level", (0.9,)))  # its hand is a hand
        end = time.monotonic() + 10.0
        while show.value("/master/level") != pytest.approx(0.9, abs=1e-3):
            assert time.monotonic() < end
            time.sleep(0.02)


def test_wishes_are_events_of_the_web(show: Show) -> None:
    seen: list[Event] = []
    apply = show.desk.apply
    show.desk.apply = lambda event: seen.append(event) or apply(event)  # type: ignore[method-assign, func-returns-value]
    try:
        with connect(f"ws://{show.address}/any/path") as socket:
            surface = Surface(socket)
            surface.send("/tempo/tap")
            surface.send("/master/lev?l", 0.5)
            surface.send("/nowhere", 1)
            surface.send("/audio/out/bpm", 120.0)
            surface.until(lambda: surface.values.get("/master/level", (0,))[0] > 0 and len(seen) >= 2)
    finally:
        del show.desk.apply  # type: ignore[method-assign]
    assert [event.address for event in seen] == ["/tempo/tap", "/master/level"]
    assert all(event.source.startswith("web:") and event.stamp > 0.0 for event in seen)


def test_the_program_is_seen_as_it_is(show: Show) -> None:
    """A small picture while somebody watches: that of the wall, and black in blackout; what stands by beside it."""
    assert not show.link.due(time.perf_counter())
    with connect(f"ws://{show.address}/", max_size=None) as socket:
        surface = Surface(socket, thumb=True)
        surface.until(lambda: "/output/thumbnail" in surface.pictures)
        assert pixels(surface.pictures["/output/thumbnail"]).std() > 20.0
        surface.send("/master/blackout", True)
        surface.until(lambda: pixels(surface.pictures["/output/thumbnail"]).max() < 8)
        surface.send("/master/blackout", False)
        red = np.zeros((720, 1280, 3), np.uint8)
        red[..., 0] = 200
        show.link.next_picture(red)
        surface.until(lambda: "/output/next" in surface.pictures)
        standby = pixels(surface.pictures["/output/next"])
        assert standby.shape == (180, 320, 3)
        assert abs(standby.mean((0, 1)) - (200, 0, 0)).max() < 6
    show.link.next_picture(None)
    end = time.monotonic() + 5.0
    while show.link.watched:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert not show.link.due(time.perf_counter())


def pixels(jpeg: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB")).astype(int)


def test_a_new_choice_is_a_changed_path(show: Show) -> None:
    with connect(f"ws://{show.address}/", max_size=None) as socket:
        surface = Surface(socket)
        surface.until(lambda: "/look" in surface.values)
        table = show.desk.table
        before = table["/look"]
        try:
            table["/look"] = Param("none", kind="choice", choices=(*before.choices, "mine"), doc=before.doc)
            table["/brand/new"] = Param(0.5, doc="New.")
            surface.until(lambda: {("PATH_CHANGED", "/look"), ("PATH_ADDED", "/brand/new")} <= known(surface))
            assert "mine" in show.json("/look")["RANGE"][0]["VALS"]
        finally:
            table["/look"] = before
            del table["/brand/new"]
        surface.until(lambda: ("PATH_REMOVED", "/brand/new") in known(surface))


def known(surface: Surface) -> set[tuple[str, str]]:
    return {(command, data) for command, data in surface.commands if isinstance(data, str)}


def test_who_does_not_read_holds_nobody_up(show: Show) -> None:
    with socket.create_connection(("127.0.0.1", show.link.port)) as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.sendall(
            f"GET / HTTP/1.1\r\nHost: {show.address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        text = json.dumps({"COMMAND": "VJ_ATTACH", "DATA": {"thumb": True}}).encode()
        lazy.sendall(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)
        with connect(f"ws://{show.address}/", max_size=None) as quick:
            surface = Surface(quick)
            surface.until(lambda: "/master/level" in surface.values)
            for k in range(20):
                show.live.parts.events.put(Event("/latent/step/base", (k / 20,), "test"))
                surface.until(lambda k=k: abs(surface.values["/latent/step/base"][0] - k / 20) < 1e-6)


def test_osc_clients_that_ask_hear_the_same(show: Show) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        client.settimeout(0.3)
        client.sendto(wire.message("/sync", (client.getsockname()[1],)), ("127.0.0.1", show.osc.port))
        assert not {a for a in drained(client, 1.0) if a.startswith("/audio/out")}
        client.sendto(wire.message("/audio/out/listen", (1,)), ("127.0.0.1", show.osc.port))
        heard = drained(client, 10.0, "/tempo/out/phase")
        assert {"/audio/out/bass/level", "/audio/out/spectrum", "/tempo/out/phase"} <= heard
        client.sendto(wire.message("/audio/out/listen", (0,)), ("127.0.0.1", show.osc.port))
        drained(client, 0.5)
        assert not {a for a in drained(client, 0.5) if a.startswith("/audio/out")}


def drained(client: socket.socket, seconds: float, until: str = "") -> set[str]:
    """The addresses of what comes, until there is one of that name."""
    end, found = time.monotonic() + seconds, set[str]()
    while time.monotonic() < end and until not in found:
        try:
            found |= {said.address for said in wire.read(client.recv(65536))}
        except TimeoutError:
            continue
    return found
