"""From the command to the first picture: what is told, what is seen, and that a show can begin without anything."""

import json
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import pytest
from servers.jack import environment, jackd
from servers.xvfb import xvfb
from tests_songs import kicks

from vj.apps.live.foyer import OSC, SURFACE, Foyer
from vj.apps.live.inputs import Inputs
from vj.apps.live.options import Options
from vj.apps.live.perform import _osc, _surface, perform, token_of
from vj.core.errors import AudioError
from vj.core.handoff import SampleRing
from vj.devices.audio.link import devices
from vj.outputs.null import Null
from vj.outputs.window import Window

NOBODY = {"JACK_DEFAULT_SERVER": "nobody", "JACK_NO_START_SERVER": "1", "PULSE_SERVER": "unix:/nowhere"}


@contextmanager
def nothing_plugged_in() -> Iterator[None]:
    with environment(**NOBODY):
        if any(device.inputs for device in devices()):
            pytest.skip("this machine has a sound card")
        yield


@pytest.mark.realtime
def test_without_any_input_it_plays_in_silence_and_says_so(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with nothing_plugged_in(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        taken = holder.getsockname()[1]
        command = [sys.executable, "-m", "vj.apps.cli", "live", "--headless", "--duration", "1", "--no-midi"]
        command += ["--osc-port", str(taken), "--report", str(report)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    figures = json.loads(report.read_text())
    assert figures["displayed_frames"] > 5
    assert figures["first_frame_s"] > 0
    assert "no audio input" in done.stdout
    assert f"({taken} is taken)" in done.stdout
    assert "neon_loom" in done.stdout, "a show that is told nothing is dressed"
    assert "[F1]" in done.stdout


@pytest.mark.audio
def test_the_first_input_that_comes_is_taken(wait_until: Callable[..., None]) -> None:
    ring = SampleRing(48000)
    with nothing_plugged_in(), Inputs(ring, None, None) as ears:
        assert not ears.name
        assert "silence" in ears.problem
        assert ears.rate == 48000
        with jackd():
            wait_until(lambda: ears.name, 20.0)
            assert "JACK" in ears.name
            assert not ears.problem
            assert "hearing" in ears.notice
            wait_until(lambda: ring.position or ring.read(256) is not None)


def test_an_input_that_was_named_must_be_there() -> None:
    with nothing_plugged_in(), pytest.raises(AudioError), Inputs(SampleRing(48000), "Scarlett", None):
        pass


@pytest.mark.gl
@pytest.mark.realtime
def test_the_window_lives_while_things_are_opened() -> None:
    foyer, coming = Foyer(), Future[int]()
    with xvfb(640, 480), Window(size=(320, 180), on_key=foyer.key, splash=foyer.state) as window:
        threading.Timer(1.0, coming.set_result, (1,)).start()
        foyer.tell("waking the generator worlds", 1.0)
        foyer.key("f", frozenset())
        foyer.key("h", frozenset())
        assert foyer.wait(window, coming)
        assert coming.done()
        assert window.is_fullscreen
        assert [event.address for event in foyer.later] == ["/window/hud"]
        assert next(window.prepare(), None) is None, "all shaders are compiled by then"


def test_who_leaves_before_the_show_need_not_wait_for_it() -> None:
    foyer = Foyer()
    foyer.key("q", frozenset({"ctrl"}))
    assert not foyer.wait(Null(), Future[int]())


def test_what_cannot_be_opened_is_told_at_once() -> None:
    failing, never = Future[int](), Future[int]()
    failing.set_exception(AudioError("no such sound file"))
    with pytest.raises(AudioError, match="no such sound file"):
        Foyer().wait(Null(), never, failing)


def test_a_run_that_showed_nothing_has_no_first_frame(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from vj.apps.assemble import Settings

    monkeypatch.setattr("vj.apps.live.perform.Foyer.wait", lambda *_: False)
    report = perform(Settings(bundle="testcard"), Options(headless=True, midi=None, osc_port=0), time.perf_counter())
    report.write(tmp_path / "report.json")
    figures = json.loads((tmp_path / "report.json").read_text())
    assert figures["first_frame_s"] is None
    assert figures["splash_s"] is None
    assert figures["displayed_frames"] == 0


def test_the_network_is_told_address_port_and_token() -> None:
    foyer, events, options = Foyer(), queue.SimpleQueue(), Options(lan=True, osc_port=0, web_port=0)
    made = token_of(options)
    osc, link = _osc({}, events, options, foyer, made), _surface(events, options, made, foyer)
    assert link is not None
    try:
        told = foyer.known(OSC)
        address, token = told.split()[0], foyer.more[0].split()[-1]
        assert str(osc.port) in told
        assert len(token) == 8
        assert link.address == f"http://{address}:{link.port}/?token={token}", "one token for both"
        assert f"http://{address}:{link.port}" in foyer.known(SURFACE)
        assert token not in str(foyer.state), "the splash is on the wall"
        assert any(f"oscsend {address} {osc.port} /token s {token}" in line for line in foyer.lines)
        assert socket.gethostbyname(address)
    finally:
        osc.close()
        link.close()


@pytest.mark.realtime
def test_a_song_may_be_made_while_the_splash_is_up(tmp_path: Path) -> None:
    from vj.apps.assemble import Settings

    options = Options(
        song=lambda: kicks(tmp_path / "song.wav", 1.0), headless=True, midi=None, osc_port=0, duration=0.5
    )
    report = perform(lambda: Settings(bundle="testcard"), options)
    assert report.first_frame_s is not None
    assert report.displayed_frames > 3
