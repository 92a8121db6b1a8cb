"""A minute on a real stage, with a controller and OSC from another program; and all of it again from its folder."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from servers.jack import jackd
from servers.xvfb import xvfb
from tests_songs import kicks

from vj.apps.assemble import Settings
from vj.apps.live.options import Options
from vj.apps.live.perform import perform
from vj.apps.recorded import read_recorded
from vj.apps.render.exact import render_exact
from vj.apps.render.film import render
from vj.core.types import U8, Frame
from vj.devices.osc.wire import message
from vj.outputs.null import frame_hash
from vj.outputs.offscreen import Offscreen
from vj.outputs.window import Window

SECONDS = float(os.environ.get("VJ_STAGE_SECONDS", "60"))
PORT, SIZE = 19631, (640, 360)
LOOKS = ("ember_drum", "glass_choir", "undertow", "neon_loom")

pytestmark = [pytest.mark.slow, pytest.mark.realtime, pytest.mark.timeout(1200)]


@pytest.fixture
def house() -> Iterator[None]:
    with ExitStack() as stack:
        stack.enter_context(jackd(period=1024))
        stack.enter_context(xvfb(*SIZE))
        yield


def hands(over: threading.Event) -> None:
    """Turn a knob, press pads, move faders by OSC and change looks, for as long as the show lasts."""
    rtmidi = pytest.importorskip("rtmidi", reason="python-rtmidi is not installed")
    knobs = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="Knobs")
    knobs.open_virtual_port("out")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        n = 0
        while not over.wait(0.05):
            n += 1
            x = 0.5 + 0.5 * np.sin(n / 13)
            knobs.send_message([0xB0, 16 + n % 3, int(127 * x)])
            if n % 37 == 0:
                knobs.send_message([0x90, 48 + n // 37 % 8, 100])
            wire.sendto(message("/latent/psi", (float(0.4 + 0.8 * x),)), ("127.0.0.1", PORT))
            if n % 120 == 60:
                wire.sendto(message("/look", (LOOKS[n // 120 % 4],)), ("127.0.0.1", PORT))
            if n % 200 == 150:
                wire.sendto(message("/master/freeze", ("toggle",)), ("127.0.0.1", PORT))
            if n % 200 == 158:
                wire.sendto(message("/master/freeze", ("toggle",)), ("127.0.0.1", PORT))
    knobs.close_port()


def test_a_minute_on_stage_is_made_again(house: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    seen: list[U8] = []
    drawn: list[U8] = []
    write, draw = Window.write, Offscreen.draw

    def look_on(window: Window, frame: Frame) -> None:
        shown.append(frame_hash(frame))
        write(window, frame)
        if len(shown) % 60 == 0:
            seen.append(window.read())

    def look_again(screen: Offscreen, frame: Frame) -> U8:
        again.append(frame_hash(frame))
        picture = draw(screen, frame)
        if len(again) % 60 == 0:
            drawn.append(picture.copy())
        return picture

    monkeypatch.setattr(Window, "write", look_on)
    over = threading.Event()
    player = threading.Thread(target=hands, args=(over,))
    player.start()
    folder = Path(os.environ.get("VJ_STAGE_KEEP", tmp_path)) / "set"
    try:
        song = kicks(tmp_path / "song.wav", SECONDS + 20)
        options = Options(
            song=song, size=SIZE, osc_port=PORT, midi_backend="jack", web=False, performance=folder,
            duration=SECONDS,
        )  # fmt: skip
        report = perform(Settings(bundle="worlds", look="neon_loom"), options)
    finally:
        over.set()
        player.join()
    assert report.errors == 0
    assert len(shown) > 5 * SECONDS
    settings, sound, script = read_recorded(folder)
    sources = {event.source.split(":")[0] for _, event in script}
    assert {"midi", "osc"} <= sources

    hashes = tmp_path / "hashes.txt"
    again: list[str] = []
    monkeypatch.setattr(Offscreen, "draw", look_again)
    render_exact(folder, tmp_path / "exact.mp4", None, SIZE, hashes=hashes)
    monkeypatch.setattr(Offscreen, "draw", draw)
    assert again == shown
    assert len(drawn) == len(seen) > 0
    for there, here in zip(seen, drawn, strict=True):
        assert np.abs(there.astype(int) - here).max() <= 2, "drawn as the window drew it, trails and all"
    assert [line.split()[0] for line in hashes.read_text().splitlines()] == shown

    for name, size, span in (("1080p", (1920, 1080), 0.5), ("4k", (3840, 2160), 0.1)):
        film, at = tmp_path / f"{name}.mp4", 0.5 * SECONDS
        done = render(
            sound, film, settings, Fraction(24), size, (at, at + span), script=script, performed=True, samples=1
        )
        assert done.frames == pytest.approx(24 * span, abs=1)
        with av.open(str(film)) as opened:
            still = [frame.to_image() for frame in opened.decode(video=0)][-1]
        assert still.size == size
        assert np.ptp(np.asarray(still)) > 100, "there is a picture"
        still.save(folder.parent / f"{name}.png")
