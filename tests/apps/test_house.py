"""A whole show in a window: its mapping edited by OSC, its picture lighting fixtures, a desk's fader moving it."""

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pythonosc.udp_client import SimpleUDPClient
from servers.xvfb import xvfb

from vj.apps.assemble import Settings
from vj.apps.live.options import Options
from vj.apps.live.perform import perform
from vj.apps.mapping.file import read_venue
from vj.core.dmx import artnet
from vj.devices.dmx.input import faders_file

pytestmark = pytest.mark.realtime


def until(happens: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "did not happen"
        time.sleep(0.05)


def udp() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.settimeout(0.2)
    return made


def test_a_house_is_set_up_and_played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    faders_file().parent.mkdir(parents=True, exist_ok=True)
    faders_file().write_text(
        'format = 1\nmap = [{ from = "artnet:0:1", to = "/output/light/master", takeover = "none" }]\n'
    )
    venue, rig = tmp_path / "club.toml", tmp_path / "rig.toml"
    with udp() as node, udp() as desk, udp() as spare, xvfb(640, 480):
        rig.write_text(
            f'format = 1\n[[universe]]\nnumber = 3\nprotocol = "artnet"\nto = "127.0.0.1:{node.getsockname()[1]}"\n'
            "[[fixture]]\naddress = 1\nuniverse = 3\n"
        )
        port = spare.getsockname()[1]
        spare.close()
        options = Options(
            size=(320, 180), midi=None, osc_port=port, web=False, venue=str(venue), light=str(rig),
            light_in="artnet@127.0.0.1",
        )  # fmt: skip
        settings = Settings(bundle="testcard", director="manual", size=(64, 36), threads=1)
        osc, ended, levels = SimpleUDPClient("127.0.0.1", port), threading.Event(), [(-1,) * 3]

        def play() -> None:
            try:
                until(lambda: lit(node, levels))
                osc.send_message("/output/map/point", ["main", "corners", 1, 0.75, 0.25])
                until(lambda: venue.exists() and read_venue(venue).of("main").corners[1] == (0.75, 0.25))
                until(lambda: desk_says(desk, 0) or not lit(node, levels))
                until(lambda: desk_says(desk, 255) or lit(node, levels))
                until(lambda: desk_says(desk, 0) or not lit(node, levels))
                osc.send_message("/output/map/undo", [])
                until(lambda: read_venue(venue).of("main").plain)
                ended.set()
            finally:
                osc.send_message("/show/quit", [])
                osc._sock.close()

        hand = threading.Thread(target=play)
        hand.start()
        report = perform(settings, options)
        hand.join(30.0)
        assert ended.is_set()
        assert report.errors == 0


def desk_says(desk: socket.socket, level: int) -> None:
    desk.sendto(artnet.Levels(0, bytes([level, 0])).packed(), ("127.0.0.1", artnet.PORT))


def lit(node: socket.socket, levels: list[tuple[int, ...]]) -> bool:
    """Whether the fixture is lit by the newest packet."""
    node.setblocking(False)
    try:
        while True:
            found = artnet.parse(node.recv(1024))
            if found is not None:
                levels[0] = tuple(found.slots[:3])
    except OSError:
        return max(levels[0]) > 0
