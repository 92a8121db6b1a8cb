"""A whole show that sends its picture out: by the command line, a setlist, OSC; kept, and rendered again without it."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket
from servers.xvfb import xvfb

from vj.apps.assemble import Settings, load
from vj.core.errors import VjError

VJ = [sys.executable, "-m", "vj.apps.cli"]
SETLIST = """
format = 1
title = "Out"
bundle = "testcard"

[outputs]
side = "window:,size=160x90,slice=left"
web = { to = "hls:WEB", size = "160x90", fps = 20 }

[[cue]]
number = "1"
name = "Begin"
set = { "/fx/on" = false, "/output/web/on" = true }
"""


def setlist(folder: Path) -> Path:
    file = folder / "out.toml"
    file.write_text(SETLIST.replace("WEB", str(folder / "web")), encoding="utf-8")
    return file


def test_outputs_of_a_setlist_have_switches_that_its_cues_may_set(tmp_path):
    loaded = load(Settings(setlist=setlist(tmp_path), threads=1))
    try:
        assert [asked.name for asked in loaded.outputs] == ["side", "web"]
        assert loaded.desk.table["/output/web/on"].default is True
        assert loaded.desk.table["/output/side/state"].kind == "text"
    finally:
        loaded.programs.close()


def test_an_output_that_a_setlist_has_wrong_is_told_before_the_show(tmp_path):
    file = setlist(tmp_path)
    file.write_text(file.read_text().replace("fps = 20", "fps = 2000"), encoding="utf-8")
    with pytest.raises(VjError, match="fps is 2000") as caught:
        load(Settings(setlist=file, threads=1))
    assert "[outputs] web" in caught.value.where


class Osc:
    """A surface that sends and listens."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self.port, self._port = self._socket.getsockname()[1], port
        self.told: dict[str, Any] = {}
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def send(self, address: str, *args: Any) -> None:
        message = OscMessageBuilder(address)
        for arg in args:
            message.add_arg(arg)
        self._socket.sendto(message.build().dgram, ("127.0.0.1", self._port))

    def _listen(self) -> None:
        while True:
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                return
            for timed in OscPacket(data).messages:
                self.told[timed.message.address] = (timed.message.params or [None])[0]

    def close(self) -> None:
        self._socket.close()


@pytest.mark.slow
@pytest.mark.realtime
@pytest.mark.gl
def test_a_show_sends_its_picture_is_switched_by_osc_and_renders_again(tmp_path, real_audio, wait_until):
    song, report, kept = next(real_audio.rglob("*.flac")), tmp_path / "report.json", tmp_path / "kept"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-midi", "--no-web", "--size", "320x180", "--osc-port", str(port), "--report", str(report)]
    options += ["--output", f"udp://127.0.0.1:{port + 1},size=160x90,name=club,off", "--record-performance", str(kept)]
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "home")}
    with xvfb(640, 480):
        command = [*VJ, "live", "--input", str(song), "--setlist", str(setlist(tmp_path)), *options]
        show = subprocess.Popen(command, env={**environment, "DISPLAY": os.environ["DISPLAY"]})
        osc = Osc(port)
        try:
            web = tmp_path / "web" / "index.m3u8"
            wait_until(web.exists, 60)
            osc.send("/sync", osc.port)
            wait_until(lambda: osc.told.get("/output/web/state") == "on")
            assert osc.told["/output/side/state"] == "on"
            assert osc.told["/output/club/state"] in ("", "off")
            osc.send("/output/club/on", 1)
            wait_until(lambda: osc.told.get("/output/club/state") == "on")
            osc.send("/output/web/on", 0)
            wait_until(lambda: osc.told.get("/output/web/state") == "off")
            osc.send("/show/quit")
            show.wait(30)
        finally:
            osc.close()
            if show.poll() is None:
                show.send_signal(signal.SIGINT)
                show.wait(30)
    assert show.returncode == 0
    figures = {sent["name"]: sent for sent in json.loads(report.read_text())["outputs"]}
    assert all(figures[name]["sent"] > 5 and figures[name]["restarts"] == 0 for name in ("side", "web", "club"))
    with av.open(str(web)) as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
        assert frames[0].shape == (90, 160, 3)
        assert np.ptp(frames[-1].astype(int)) > 60  # the test card, not a black wall
    film_again = tmp_path / "again.mp4"
    again = [*VJ, "render", str(kept), "-o", str(film_again), "--size", "160x90", "--to", "1"]
    done = subprocess.run(again, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert film_again.stat().st_size > 1000
