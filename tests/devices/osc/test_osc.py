"""OSC over real UDP on loopback, with liblo's oscsend and oscdump as strangers."""

import queue
import random
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from vj.core.errors import ControlError
from vj.core.params import Param, Snapshot
from vj.core.types import Event
from vj.devices.osc._feedback import Feedback
from vj.devices.osc.input import MAX_PATTERNS, TOKEN_PAUSE_S, OscIn
from vj.devices.osc.wire import read

TABLE = {
    "/master/level": Param(1.0),
    "/master/blackout": Param(False),
    "/tempo/tap": Param(0, kind="trigger"),
    "/audio/gain": Param(0.0, -24.0, 48.0, unit="dB"),
    "/model/class": Param(0, 0, 11, kind="class"),
    "/model/mix": Param(((0, 1.0),)),
}
START = Snapshot({address: param.default for address, param in TABLE.items()})
Events = queue.SimpleQueue[Event]
needs_liblo = pytest.mark.skipif(
    shutil.which("oscsend") is None, reason="needs liblo-tools: apt-get install liblo-tools"
)


@pytest.fixture
def events() -> Events:
    return queue.SimpleQueue()


@pytest.fixture
def osc(events: Events) -> Iterator[OscIn]:
    with OscIn(TABLE, events, port=0, feedback=Feedback(TABLE, port=_free_port())) as listener:
        yield listener


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def send(port: int, packet: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(packet, ("127.0.0.1", port))


TAP = b"/tempo/tap\0\0,\0\0\0"


def oscsend(port: int, address: str, types: str = "", *values: str) -> None:
    subprocess.run(["oscsend", "localhost", str(port), address, types, *values], check=True, timeout=10)


@needs_liblo
@pytest.mark.parametrize(
    ("address", "types", "values", "args"),
    [
        ("/master/level", "f", ["0.5"], (0.5,)),
        ("/master/level", "i", ["1"], (1,)),
        ("/master/level", "d", ["0.25"], (0.25,)),
        ("/master/blackout", "T", [], (True,)),
        ("/master/blackout", "F", [], (False,)),
        ("/tempo/tap", "", [], ()),
        ("/tempo/tap", "N", [], ()),
        ("/tempo/tap", "I", [], ()),
        ("/model/class", "s", ["ink"], ("ink",)),
        ("/model/mix", "sfsf", ["ink", "0.7", "rust", "0.3"], ("ink", 0.7, "rust", 0.3)),
        ("/audio/gain", "sf", ["+", "3"], ("+", 3.0)),
        ("/audio/gain", "sf", ["a", "3"], (3.0,)),
    ],
)
def test_oscsend_is_understood(
    osc: OscIn, events: Events, address: str, types: str, values: list[str], args: tuple[object, ...]
) -> None:
    oscsend(osc.port, address, types, *values)
    event = events.get(timeout=5)
    assert event.address == address
    assert (
        event.args == pytest.approx(args) if all(isinstance(a, float) for a in args) else len(event.args) == len(args)
    )
    assert [type(a) for a in event.args] == [type(a) for a in args]
    assert event.source.startswith("osc:127.0.0.1:")
    assert (osc.malformed, osc.unknown) == (0, 0)


@needs_liblo
def test_oscdump_hears_the_dump_and_then_the_changes(events: Events) -> None:
    port = _free_port()
    command = ["oscdump", "-L", f"osc.udp://:{port}"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as foreign,
        OscIn(TABLE, events, port=0, feedback=Feedback(TABLE, port)) as osc,
    ):
        assert foreign.stdout is not None
        lines = _lines_of(foreign)
        osc.publish(START)
        try:
            dump = _until(lines, "/model/mix", again=lambda: send(osc.port, b"/sync\0\0\0"))
            osc.publish(Snapshot({**START.values, "/audio/gain": 6.0}))
            change = _until(lines, "/audio/gain f 6")
        finally:
            foreign.terminate()
        assert any(" /master/level f 1.0" in line for line in dump)
        assert any(" /master/blackout F" in line for line in dump)
        assert not any("/tempo/tap" in line for line in dump + change)


def _lines_of(process: "subprocess.Popen[str]") -> "queue.SimpleQueue[str]":
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    assert process.stdout is not None
    threading.Thread(target=lambda out=process.stdout: [lines.put(line) for line in out], daemon=True).start()
    return lines


def _until(lines: "queue.SimpleQueue[str]", wanted: str, again: object = None) -> list[str]:
    """Lines up to one that holds `wanted`; `again` is called until something comes (the listener may start late)."""
    seen: list[str] = []
    for _ in range(40):
        if callable(again):
            again()
        try:
            while True:
                seen.append(lines.get(timeout=0.25))
                if wanted in seen[-1]:
                    return seen
        except queue.Empty:
            continue
    pytest.fail(f"{wanted!r} was not heard; only {seen}")


def test_a_query_is_answered_at_the_port_asked_for(osc: OscIn, events: Events) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tablet:
        tablet.bind(("127.0.0.1", 0))
        tablet.settimeout(5)
        osc.publish(START)
        tablet.sendto(b"/sync\0\0\0,i\0\0" + struct.pack(">i", tablet.getsockname()[1]), ("127.0.0.1", osc.port))
        assert {m.address for m in read(tablet.recv(65536))} == set(TABLE) - {"/tempo/tap"}
        tablet.sendto(b"/audio/gain\0,s\0\0?\0\0\0", ("127.0.0.1", osc.port))
        (answer,) = read(tablet.recv(65536))
    assert (answer.address, answer.args) == ("/audio/gain", (0.0,))
    assert events.empty()


@pytest.mark.realtime
def test_random_bytes_for_two_seconds_lose_nothing(osc: OscIn, events: Events) -> None:
    luck = random.Random(7)
    heads = [b"", b"/", b"/master/level\0\0\0", b"#bundle\0", b"#bundle\0" + bytes(7) + b"\1", b"/sync\0\0\0,"]
    end = time.perf_counter() + 2.0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        while time.perf_counter() < end:
            for _ in range(50):
                sock.sendto(luck.choice(heads) + luck.randbytes(luck.randrange(400)), ("127.0.0.1", osc.port))
            time.sleep(0.002)  # leave the other tests' processes some of the two cores
        while not events.empty():
            events.get()
        marker = b"/model/class\0\0\0\0,s\0\0still here\0\0"
        for _ in range(100):  # the kernel's buffer may still be full of noise
            sock.sendto(marker, ("127.0.0.1", osc.port))
            try:
                while events.get(timeout=0.1).args != ("still here",):
                    pass
                break
            except queue.Empty:
                continue
        else:
            pytest.fail("the listener is deaf")
    assert osc.malformed > 1000


def test_an_unknown_address_is_counted_and_its_neighbour_named(osc: OscIn, events: Events) -> None:
    send(osc.port, b"/master/levle\0\0\0,T\0\0")
    send(osc.port, TAP)
    assert events.get(timeout=5).address == "/tempo/tap"
    assert osc.unknown == 1
    assert "'/master/level'" in osc.last_unknown


def test_a_pattern_sets_every_address_that_fits(osc: OscIn, events: Events) -> None:
    send(osc.port, b"/{audio,master}/[gl]*\0\0\0,f\0\0" + struct.pack(">f", 0.5))
    assert {(event := events.get(timeout=5)).address for _ in range(2)} == {"/master/level", "/audio/gain"}
    assert event.args == (0.5,)
    send(osc.port, b"/master/[\0\0\0,T\0\0")
    send(osc.port, b"/nowhere/*\0\0,T\0\0")
    send(osc.port, b"/tempo/ta?\0\0,\0\0\0")
    assert events.get(timeout=5).address == "/tempo/tap"
    assert (osc.malformed, osc.unknown) == (1, 1)
    assert "does not close" in osc.remark


def test_many_patterns_in_one_datagram_are_refused_with_a_word(osc: OscIn, events: Events) -> None:
    part = b"/tempo/t*\0\0\0,\0\0\0"
    send(osc.port, b"#bundle\0" + bytes(7) + b"\1" + (struct.pack(">i", len(part)) + part) * 1000)
    send(osc.port, b"/model/class\0\0\0\0,T\0\0")
    heard = [events.get(timeout=5).address]
    while heard[-1] != "/model/class":
        heard.append(events.get(timeout=5).address)
    assert len(heard) == MAX_PATTERNS + 1
    assert str(MAX_PATTERNS) in osc.remark


def test_what_cannot_be_taken_costs_itself_and_is_said_once(osc: OscIn, events: Events) -> None:
    blob = b"/audio/gain\0,b\0\0" + struct.pack(">i", 3) + b"abc\0"
    parts = b"".join(struct.pack(">i", len(part)) + part for part in (blob, TAP, blob))
    send(osc.port, b"#bundle\0" + bytes(7) + b"\1" + parts)
    assert events.get(timeout=5).address == "/tempo/tap"
    assert osc.remark == "OSC: /audio/gain: a blob is not taken here (send i, f, d, s, T or F)"
    send(osc.port, b"/master/levle\0\0\0,T\0\0")
    send(osc.port, TAP)
    assert events.get(timeout=5).address == "/tempo/tap"
    assert "a blob" in osc.remark  # one word at a time
    assert (osc.malformed, osc.unknown) == (2, 1)


@needs_liblo
def test_a_stranger_sends_every_type_there_is(osc: OscIn, events: Events) -> None:
    oscsend(osc.port, "/audio/gain", "h", "6")
    oscsend(osc.port, "/audio/gain", "m", "90407f00")
    oscsend(osc.port, "/model/class", "c", "5")
    oscsend(osc.port, "/m*/l*", "d", "0.25")
    assert [(e.address, e.args) for e in (events.get(timeout=5) for _ in range(3))] == [
        ("/audio/gain", (6,)),
        ("/model/class", ("5",)),
        ("/master/level", (0.25,)),
    ]
    assert osc.malformed == 1


def test_a_taken_port_gives_way_to_the_next_free_one(osc: OscIn, events: Events) -> None:
    with OscIn(TABLE, events, port=osc.port) as second:
        assert osc.port < second.port <= osc.port + 20
        send(second.port, TAP)
        assert events.get(timeout=5).address == "/tempo/tap"


def test_the_next_free_port_is_not_where_clients_are_told(
    osc: OscIn, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vj.devices.osc.input.FEEDBACK_PORT", osc.port + 1)
    with OscIn(TABLE, events, port=osc.port) as second:
        assert second.port > osc.port + 1


def test_it_does_not_hear_itself(events: Events) -> None:
    port = _free_port()
    with OscIn(TABLE, events, port, feedback=Feedback(TABLE, port)) as osc:
        osc.publish(START)
        send(port, TAP)
        send(port, b"/sync\0\0\0,i\0\0" + struct.pack(">i", port))
        assert events.get(timeout=5).address == "/tempo/tap"
        with pytest.raises(queue.Empty):
            events.get(timeout=0.3)


def test_patterns_mean_what_the_table_holds_when_it_opens(events: Events) -> None:
    table: dict[str, Param] = {}
    osc = OscIn(table, events, port=0)
    table.update(TABLE)
    with osc:
        send(osc.port, b"/tempo/ta?\0\0,\0\0\0")
        assert events.get(timeout=5).address == "/tempo/tap"


def test_no_pattern_does_a_deed_or_ends_the_show(events: Events) -> None:
    table = {
        "/show/quit": Param(0, kind="trigger", doc="End the show."),
        "/cue/go": Param(0, kind="trigger", doc="Go."),
        "/cue/name": Param((), kind="deed", args="ss", doc="Name it."),
        "/cue/remove": Param((), kind="deed", args="s", doc="Take it out."),
    }
    with OscIn(table, events, port=0) as osc:
        send(osc.port, b"/show/*\0,\0\0\0")
        send(osc.port, b"/cue/*\0\0,s\0\0" + b"1\0\0\0")
        send(osc.port, b"/cue/name\0\0\0,ss\0" + b"1\0\0\0" + b"Doors\0\0\0")
        assert [events.get(timeout=5).address for _ in range(2)] == ["/cue/go", "/cue/name"]
        assert events.empty()


def test_loopback_only_unless_told(osc: OscIn) -> None:
    assert osc._socket.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize(("host", "port"), [("203.0.113.9", 7400), ("127.0.0.1", 70000)])
def test_an_address_that_cannot_be_opened_is_an_error(events: Events, host: str, port: int) -> None:
    with pytest.raises(ControlError, match="no OSC port"):
        OscIn(TABLE, events, port=port, host=host)


def _timed(ahead: float, body: bytes) -> bytes:
    tag = int((time.time() + ahead + 2208988800) * 2**32)
    return b"#bundle\0" + struct.pack(">Q", tag) + struct.pack(">i", len(body)) + body


@pytest.mark.realtime
def test_time_tags_are_kept_up_to_a_second_ahead(osc: OscIn, events: Events) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        start = time.perf_counter()
        sock.sendto(_timed(0.3, b"/tempo/tap\0\0,\0\0\0"), ("127.0.0.1", osc.port))
        sock.sendto(_timed(3600.0, b"/master/blackout\0\0\0\0,T\0\0"), ("127.0.0.1", osc.port))
        assert events.get(timeout=5).address == "/master/blackout"
        assert events.get(timeout=5).address == "/tempo/tap"
        assert 0.29 <= time.perf_counter() - start < 2.0


@pytest.mark.realtime
@pytest.mark.parametrize("hours", [-1, 1])
def test_the_clock_of_the_machine_may_be_set_while_a_message_waits(
    osc: OscIn, events: Events, hours: int, monkeypatch: pytest.MonkeyPatch, wait_until: Callable[..., None]
) -> None:
    real = time.time
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(_timed(0.8, b"/tempo/tap\0\0,\0\0\0"), ("127.0.0.1", osc.port))
        wait_until(lambda: osc.received)
        monkeypatch.setattr(time, "time", lambda: real() + 3600 * hours)
        start = time.perf_counter()
        assert events.get(timeout=5).address == "/tempo/tap"
        assert time.perf_counter() - start > 0.3, "nor is it early"


def test_another_machine_needs_the_token_and_cannot_guess_it(events: Events) -> None:
    stranger = ("203.0.113.9", 9000)
    tap, wrong, right = (read(raw)[0] for raw in (TAP, _token(b"wrong"), _token(b"rosebud")))
    osc = OscIn(TABLE, events, port=0, token="rosebud")
    for message in (tap, wrong, tap, right):
        osc._do(message, stranger)  # the right word comes too soon after a wrong one
    assert events.empty()
    assert osc.refused == 4
    threading.Event().wait(TOKEN_PAUSE_S)
    for message in (right, tap):
        osc._do(message, stranger)
    assert events.get(timeout=0).source == "osc:203.0.113.9:9000"
    osc._do(tap, ("127.0.0.1", 1234))
    assert not events.empty()
    osc.close()
    osc.close()


def _token(word: bytes) -> bytes:
    return b"/token\0\0,s\0\0" + word + b"\0" * (4 - len(word) % 4)
