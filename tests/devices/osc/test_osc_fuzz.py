"""Nonsense over OSC, as fast as it can be sent, at a show that runs: it lives, goes on showing, and its memory stays.

`make fuzz-osc` throws a hundred thousand, with the same seeds, and tells how many frames a second that cost.
"""

import math
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from servers.fuzz import throw_packets
from servers.watched import megabytes, quiet, run, stormed
from servers.web import Show, a_show

from vj.devices.osc import wire

pytestmark = pytest.mark.realtime
Wait = Callable[..., None]
COUNT = int(os.environ.get("VJ_FUZZ", "3000"))
SEEDS = (1, 7400, 20261129)
#: Megabytes that the show may grow: what was asked for is kept, and notices are.
GROWTH = 48.0
FLOODER = """
import socket, sys
from vj.devices.osc import wire
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
packet = wire.bundles([(address, ()) for address in sys.argv[2:] for _ in range(50)], 60000)[0]
print(flush=True)
while True:
    line.sendto(packet, ("127.0.0.1", int(sys.argv[1])))
"""


@pytest.fixture
def show() -> Iterator[Show]:
    with a_show() as running:
        yield running


@pytest.mark.timeout(90 + COUNT // 100)
def test_nonsense_harms_nobody(show: Show, wait_until: Wait) -> None:
    spared = ("/show/quit", "/output/record", "/output/film", "/feature/embedding/encoder")  # the last asks for a file
    addresses = [address for address in show.desk.table if not address.startswith(spared)]
    throw_packets(show.osc.port, addresses, 1000, 0)  # what is asked for once is learnt, compiled, remembered
    still, before = quiet(show, 2.0), megabytes()
    rates = [stormed(show, "packets", COUNT // len(SEEDS), seed, addresses)[1] for seed in SEEDS]
    wait_until(lambda: not show.live._intake, 30.0)
    storm = sum(rates) / len(rates)
    sys.stdout.write(f"\n{COUNT} datagrams, {show.osc.received} read: {storm:.1f} of {still:.1f} frames a second\n")
    sys.stdout.write(f"memory {before:.0f} MB before, {megabytes():.0f} MB after\n")
    assert show.live.errors == 0
    assert show.live.hearing.errors == 0, show.live.hearing.notice
    assert show.osc._thread.is_alive()
    assert show.osc.received > COUNT // 50
    assert megabytes() - before < GROWTH
    for address, param in show.desk.table.items():
        if param.kind in ("float", "int"):
            value = show.value(address)
            assert math.isfinite(value), address
            assert param.lo <= value <= param.hi, address
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:  # and a hand is heard

        def heard() -> bool:
            line.sendto(wire.message("/master/level", (0.375,)), ("127.0.0.1", show.osc.port))
            return bool(abs(show.value("/master/level") - 0.375) < 1e-3)

        wait_until(heard, 20.0)


@pytest.mark.parametrize("address", ["/preset/1/store", "/cue/add", "/desk/keep", "/master/level"])
def test_a_flood_never_stops_the_picture(show: Show, address: str, wait_until: Wait) -> None:
    wait_until(lambda: show.live.meter.displayed > 60, 60)  # the first frames of a show take their time
    sender = run("-c", FLOODER, show.osc.port, address, out=subprocess.PIPE)
    try:
        assert sender.stdout is not None
        assert sender.stdout.readline() == "\n"  # it has begun, and goes on until it is ended
        frames, read = show.live.meter.displayed, show.osc.received
        wait_until(lambda: show.live.meter.displayed > frames + 60, 60)
        assert sender.poll() is None
        assert show.osc.received > read
        assert show.live.errors == 0
    finally:
        sender.kill()
        sender.communicate()


def test_what_a_flood_left_over_is_not_done_after_a_panic(show: Show, wait_until: Wait) -> None:
    wait_until(lambda: show.live.meter.displayed > 60, 60)
    flood = wire.bundles([("/latent/psi", (0.9,)), ("/preset/1/store", ())] * 1000, 60000)  # to store takes a while
    before = show.value("/latent/psi")
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        for packet in flood:
            one.sendto(packet, ("127.0.0.1", show.osc.port))
        wait_until(lambda: show.value("/latent/psi") > 0.89, 20.0)
        other.sendto(wire.message("/master/panic", ()), ("127.0.0.1", show.osc.port))
        wait_until(lambda: show.value("/latent/psi") == before, 20.0)
        wait_until(lambda: not show.live._intake, 30.0)
    frames = show.live.meter.displayed
    wait_until(lambda: show.live.meter.displayed > frames + 30, 60)
    assert show.value("/latent/psi") == before
