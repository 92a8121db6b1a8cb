"""Strangers at a show that runs: what they send is taken with the clamp and the value that ours has, and they hear.

npm's osc, node-osc and osc-js, Pure Data's own OSC, npm's client of OSCQuery.
"""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from servers.strangers import LIBRARIES, PureData, Stranger, asked, library, pure_data
from servers.web import Show, a_show

from vj.apps.web.nodes import COUNTED
from vj.apps.web.streams import STREAMS
from vj.devices.osc import wire

pytestmark = pytest.mark.realtime
Wait = Callable[..., None]
EVERYBODY = (*LIBRARIES, "Pure Data")
#: What is sent, and what the show has then. Types None are those that the library chooses.
SENT: list[tuple[tuple[str, str | None, list[Any]], Any]] = [
    (("/macro/3", "f", [0.25]), 0.25),
    (("/macro/3", "i", [1]), 1.0),
    (("/macro/3", "f", [-3.5]), 0.0),
    (("/macro/3", "f", [7.5]), 1.0),
    (("/macro/3", None, [0.5]), 0.5),
    (("/macro/3", None, [1]), 1.0),
    (("/macro/3", None, [0]), 0.0),
    (("/audio/agc", "s", ["fast"]), "fast"),
    (("/audio/agc", None, ["off"]), "off"),
    (("/audio/gain", "f", [3]), 3.0),
    (("/audio/gain", "sf", ["+", 1.5]), 4.5),
    (("/audio/gain", None, ["a", 1000]), 48.0),
    (("/fx/on", "i", [0]), False),
    (("/fx/on", None, [1]), True),
    (("/macro/*", "f", [0.75]), None),
]
BOOLEAN: list[tuple[tuple[str, str | None, list[Any]], Any]] = [
    (("/master/freeze", "T", [True]), True),
    (("/master/freeze", "F", [False]), False),
    (("/master/freeze", None, [True]), True),
    (("/master/freeze", None, [False]), False),
]


@pytest.fixture(scope="module")
def show() -> Iterator[Show]:
    with a_show() as running:
        yield running


@contextmanager
def stranger(name: str, show: Show, folder: Path) -> Iterator[Stranger]:
    known = {*show.desk.table, *STREAMS}
    with pure_data(folder, show.osc.port, known) if name == "Pure Data" else library(name, show.osc.port) as speaking:
        yield speaking


@pytest.mark.parametrize("name", EVERYBODY)
def test_what_a_stranger_sends_is_taken(show: Show, name: str, tmp_path: Path, wait_until: Wait) -> None:
    before = show.osc.malformed, show.osc.unknown
    with stranger(name, show, tmp_path) as speaking:
        for message, wanted in SENT + (BOOLEAN if name in LIBRARIES else []):
            speaking.send(message)
            wait_until(lambda m=message, w=wanted: _has(show, m[0], w), 10.0)
        taps = show.value("/tempo/tap")
        speaking.send(("/tempo/tap", "", []))
        wait_until(lambda: show.value("/tempo/tap") != taps, 10.0)
    assert (show.osc.malformed, show.osc.unknown) == before


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_strangers_bundle_is_taken_when_it_is_due(show: Show, name: str, tmp_path: Path, wait_until: Wait) -> None:
    with stranger(name, show, tmp_path) as speaking:
        speaking.send(
            ("/macro/1", "f", [0.125]), ("/macro/2", None, [0.25]), ("/audio/agc", "s", ["slow"]), ("/fx/on", "F", [0]),
            after=0,
        )  # fmt: skip
        wait_until(lambda: _has(show, "/fx/on", False), 10.0)
        assert [show.value(a) for a in ("/macro/1", "/macro/2", "/audio/agc")] == [0.125, 0.25, "slow"]
        began = time.time()
        speaking.send(("/macro/1", "f", [0.875]), ("/fx/on", "T", [1]), after=0.7)
        wait_until(lambda: _has(show, "/fx/on", True), 10.0)
        assert time.time() - began >= 0.69
        assert show.value("/macro/1") == 0.875


@pytest.mark.parametrize("name", EVERYBODY)
def test_a_stranger_hears_values_and_what_is_heard(show: Show, name: str, tmp_path: Path, wait_until: Wait) -> None:
    told = {a: p for a, p in show.desk.table.items() if p.kind in ("float", "int", "toggle", "text")}
    streams = {a for a in STREAMS if a.startswith(("/audio/out", "/tempo/out")) and a not in COUNTED}
    with stranger(name, show, tmp_path) as listening:
        if isinstance(listening, PureData):  # findings/pd_oscparse_drops_booleans.sh
            listening.send(("/sync", "is", [listening.port, "numbers"]))
        else:
            listening.send(("/sync", "i", [listening.port]))
        wait_until(lambda: all(_is_told(listening, a, show.value(a)) for a in told), 15.0)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as another:
            value = 0.375 if show.value("/macro/5") != 0.375 else 0.625
            another.sendto(wire.message("/macro/5", (value,)), ("127.0.0.1", show.osc.port))
        wait_until(lambda: listening.heard["/macro/5"] == [value], 10.0)
        show.ring.write(np.zeros(24_000, np.float32))
        listening.send(("/audio/out/listen", "i", [1]))
        wait_until(lambda: streams <= set(listening.heard), 10.0)
        for address in streams:
            assert len(listening.heard[address]) == len(STREAMS[address][0]), address
        listening.send(("/audio/out/listen", "i", [0]))


def test_a_strangers_oscquery_reads_the_tree(show: Show) -> None:
    addresses = ("/master/level", "/latent/seed", "/audio/agc", "/fx/on")
    found = asked(show.link.port, *addresses)
    assert (found["host"]["oscIp"], found["host"]["oscPort"]) == ("127.0.0.1", show.osc.port)
    assert found["count"] >= len(show.desk.table)
    for address in addresses:
        param, (argument,) = show.desk.table[address], found["asked"][address]["arguments"]
        assert found["asked"][address]["description"] == param.doc
        assert argument["value"] == show.value(address)
        if param.kind in ("float", "int"):
            assert (argument["range"]["min"], argument["range"]["max"]) == (param.lo, param.hi)
        if param.choices:
            assert tuple(argument["range"]["vals"]) == param.choices


def _has(show: Show, address: str, wanted: Any) -> bool:
    """Whether the show has `wanted` at an address; None is every macro at 0.75."""
    if wanted is None:
        return all(show.value(f"/macro/{n}") == 0.75 for n in range(1, 9))
    return bool(show.value(address) == wanted)


def _is_told(listening: Stranger, address: str, value: Any) -> bool:
    """Whether it was told that value, with the digits that a float of 32 bits has, and Pure Data prints."""
    heard = listening.heard.get(address)
    if heard is None:
        return False
    if not heard:  # Pure Data prints an empty word as nothing
        return isinstance(listening, PureData) and value == ""
    if isinstance(value, str):  # Pure Data prints words with commas in a way of its own
        return str(heard[0]) == value or (isinstance(listening, PureData) and "," in value)
    return float(heard[0]) == pytest.approx(float(value), rel=1e-5, abs=1e-6)
