"""Live, with real parts: JACK for sound and MIDI, UDP for OSC, a real window whose pixels are read back."""

import json
import os
import queue
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
import pytest
from servers.jack import Jack, jackd
from servers.xvfb import xvfb
from tests_songs import kicks

from vj.apps.assemble import Settings, assemble
from vj.apps.live.hud import lamps, words
from vj.apps.live.inputs import Inputs
from vj.apps.live.loop import Live, Parts
from vj.core.handoff import SampleRing
from vj.core.types import U8, Clock, Event, Latent
from vj.devices.audio.input import AudioIn
from vj.devices.midi.input import MidiIn
from vj.devices.osc.input import OscIn
from vj.features.tempo import Tempo
from vj.outputs.window import Window

pytestmark = pytest.mark.realtime
SIZE = (320, 180)
CLICKS = Path(__file__).resolve().parents[2] / "bench" / "show" / "_clicks.py"


class Silence:
    """An input that never delivers a block."""

    name, rate, overruns, lost, silent, notes = "nothing", 48000, 0, False, False, ()


class Watched:
    """A window that keeps what it showed at each swap: wall-clock second and pixels."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self.seen: list[tuple[float, U8]] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._window, name)

    def __setattr__(self, name: str, value: object) -> None:
        if name in ("_window", "seen"):
            object.__setattr__(self, name, value)
        else:
            setattr(self._window, name, value)

    def swap(self) -> None:
        pixels = self._window.read()
        self._window.swap()
        self.seen.append((time.perf_counter(), pixels))


@dataclass
class Stage:
    """A live show on the test card in a real window, run frame by frame."""

    stack: ExitStack
    events: "queue.SimpleQueue[Event]" = field(default_factory=queue.SimpleQueue)

    def start(self, source: object = None, fps: float = 60.0, finish: bool = False) -> Live:
        """Begin; without its finish a picture stands still unless the generator moves it."""
        self.ring = getattr(self, "ring", None) or SampleRing(48000)
        show, self.desk = assemble(Settings(bundle="testcard", director="manual", size=(64, 36), threads=1), 48000)
        self.desk.apply(Event("/fx/on", (finish,)))
        self.screen = Watched(self.stack.enter_context(Window(size=SIZE)))
        self.osc = self.stack.enter_context(OscIn(self.desk.table, self.events, port=0))
        parts = Parts(show, self.desk, source or Silence(), self.ring, self.screen, self.events, (self.osc,))
        self.live = self.stack.enter_context(Live(parts, fps))
        self.run(0.3)
        return self.live

    def run(self, seconds: float) -> None:
        self.live.run(seconds)

    def until(self, condition: Callable[[], object], seconds: float = 10.0) -> None:
        end = time.perf_counter() + seconds
        while not condition():
            assert time.perf_counter() < end, "did not happen"
            self.live.frame()

    @property
    def picture(self) -> U8:
        return self.screen.seen[-1][1]

    def changed(self, before: U8) -> bool:
        return bool(np.abs(self.picture.astype(int) - before).mean() > 5.0)


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with xvfb(640, 480) as name:
        yield name


@pytest.fixture
def stage(display: str) -> Iterator[Stage]:
    with ExitStack() as stack:
        yield Stage(stack)


@pytest.fixture
def jack() -> Iterator[Jack]:
    with jackd() as server:
        yield server


def oscsend(port: int, *message: str) -> None:
    if shutil.which("oscsend") is None:
        pytest.skip("oscsend is not installed: apt-get install liblo-tools")
    subprocess.run(["oscsend", "localhost", str(port), *message], check=True, timeout=10)


@pytest.mark.gl
def test_a_class_change_by_oscsend_changes_the_picture(stage: Stage) -> None:
    stage.start()
    oscsend(stage.osc.port, "/model/morph", "f", "0.1")
    before = stage.picture
    oscsend(stage.osc.port, "/model/class", "s", "bars")
    stage.until(lambda: stage.changed(before))
    between = stage.picture
    oscsend(stage.osc.port, "/model/class", "i", "0")
    stage.until(lambda: stage.changed(between) and not stage.changed(before))


@pytest.mark.gl
@pytest.mark.midi
def test_a_class_change_by_a_midi_note_changes_the_picture(stage: Stage, jack: Jack, tmp_path: Path) -> None:
    from vj.devices.midi.ports import open_ports

    stage.start()
    ports = open_ports("jack")
    with MidiIn(stage.desk.table, stage.events, maps=tmp_path, ports=ports):
        stage.events.put(Event("/model/morph", (0.1,)))
        stage.run(0.2)
        before = stage.picture
        player = subprocess.Popen(["jack_midiseq", "keys", "48000", "0", "49", "24000"], stdout=subprocess.DEVNULL)
        try:
            stage.until(lambda: stage.changed(before))  # the device is found and opened while the show runs
        finally:
            player.terminate()
            player.wait()


@pytest.mark.gl
def test_blackout_freeze_and_master_work_while_the_generator_hangs(stage: Stage) -> None:
    live = stage.start(finish=True)
    stage.events.put(Event("/fx/history/mode", ("lighten",)))  # light that is held must go out as well
    generator = live.parts.show.programs["testcard"].generator
    real, hang = generator.generate, threading.Event()

    def hanging(latents: "list[Latent]") -> U8:
        hang.wait(20.0)
        return real(latents)

    generator.generate = hanging  # type: ignore[method-assign]
    try:
        stage.run(0.3)
        lit, frames = stage.picture, len(stage.screen.seen)
        assert lit.mean() > 20
        oscsend(stage.osc.port, "/master/blackout", "T")
        stage.until(lambda: stage.picture.max() <= 2, 2.0)
        oscsend(stage.osc.port, "/master/blackout", "F")
        stage.until(lambda: not stage.changed(lit), 2.0)
        oscsend(stage.osc.port, "/master/level", "f", "0.3")
        stage.until(lambda: stage.picture.mean() < 0.5 * lit.mean(), 2.0)
        stage.run(0.3)
        assert len(stage.screen.seen) > frames + 10, "frames must go on"
    finally:
        hang.set()
    assert live.dreaming.errors == 0


@pytest.mark.gl
def test_a_generator_that_fails_leaves_the_last_picture_and_a_notice(stage: Stage) -> None:
    live = stage.start()
    generator = live.parts.show.programs["testcard"].generator
    before = stage.picture

    def failing(latents: "list[Latent]") -> U8:
        raise RuntimeError("out of memory")

    generator.generate = failing  # type: ignore[method-assign]
    stage.run(0.5)
    assert not stage.changed(before)
    before_it = live.dreaming.errors  # it goes on trying meanwhile
    assert 0 < before_it <= live.report().errors <= live.dreaming.errors
    assert "out of memory" in live.notice


@pytest.mark.slow
@pytest.mark.gl
def test_random_bytes_for_ten_seconds_lose_nothing(stage: Stage) -> None:
    live = stage.start()
    rng = np.random.default_rng(0)
    target = ("127.0.0.1", stage.osc.port)
    stop = threading.Event()

    def pelt() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while not stop.wait(0.002):
                packet = rng.bytes(int(rng.integers(0, 600)))
                sender.sendto(b"/model/class\x00\x00\x00\x00,i" + packet if rng.random() < 0.3 else packet, target)

    pelting = threading.Thread(target=pelt)
    pelting.start()
    try:
        stage.run(10.0)
    finally:
        stop.set()
        pelting.join()
    assert stage.osc.malformed > 1000
    stage.run(0.3)
    before = stage.picture
    oscsend(stage.osc.port, "/master/blackout", "T")
    stage.until(lambda: stage.changed(before))
    assert live.report().errors == 0


@pytest.mark.gl
def test_what_osc_refuses_and_whose_clock_leads_are_on_the_panel(stage: Stage) -> None:
    live = stage.start()
    oscsend(stage.osc.port, "/latent/psi", "m", "90407f00")
    stage.until(lambda: "/latent/psi: a MIDI message" in live.notice)
    stage.events.put(Event("/tempo/clock", (150.0, 3.0), "midi clock", stamp=time.perf_counter()))
    stage.until(lambda: live.hearing.features.latest and live.hearing.features.latest[Tempo].counted)
    stage.run(1.0)
    heard = live.hearing.features.latest
    assert heard is not None
    assert lamps(words(live), heard).tempo == "MIDI clock"
    clock, tempo = live.snapshot["/tempo/clock"], heard[Tempo]
    assert isinstance(clock, Clock)
    wrong = (clock.at(heard.t - heard.dt / 2) - tempo.beat - tempo.phase + 2.0) % 4.0 - 2.0
    assert abs(wrong) < 0.01
    stage.events.put(Event("/tempo/clock", (), "midi clock"))
    stage.until(lambda: lamps(words(live), live.hearing.features.latest or heard).tempo == "external lost")


@pytest.mark.gl
@pytest.mark.audio
def test_clicks_played_into_the_input_move_the_pixels(stage: Stage, jack: Jack) -> None:
    """Another program plays; the window's own pixels change soon after each click, and not before."""
    stage.ring = SampleRing(48000)
    with AudioIn(stage.ring, "JACK") as ears:
        live = stage.start(ears)
        for address, value in (("/director/select", "style_walk"), ("/audio/agc", "off")):
            stage.events.put(Event(address, (value,)))
        for name in ("idle", "sustain", "breath"):
            stage.events.put(Event(f"/director/style_walk/{name}", (0.0,)))
        inlet = next(p for p in jack.ports() if jack.connections(p) == ["system:capture_1"])
        command = [sys.executable, str(CLICKS), "7", "1.0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as player:
            assert player.stdout is not None
            assert player.stdout.readline() == "ready\n"
            outlet = next(p for p in jack.ports() if "out" in p and "PortAudio" in p)
            jack.wire(outlet, inlet)
            stage.run(7.0)
            clicks = [float(line) for line in player.stdout.readlines()]
        assert not ears.lost
    times = np.array([t for t, _ in stage.screen.seen])
    pictures = np.array([p[::4, ::4] for _, p in stage.screen.seen]).astype(int)
    change = np.r_[0.0, np.abs(np.diff(pictures, axis=0)).mean(axis=(1, 2, 3))]
    delays = []
    for click in clicks[3:6]:
        still = change[(times > click - 0.15) & (times < click)]
        moved = times[(times > click) & (times < click + 0.5) & (change > still.max() + 0.02)]
        assert len(moved), "the picture did not answer a click"
        delays.append(moved[0] - click)
    assert max(delays) < 0.25
    assert live.report().block_to_swap_ms_p50 > 0


@pytest.mark.audio
def test_a_device_that_vanishes_comes_back_while_the_show_goes_on(stage: Stage, jack: Jack) -> None:
    stage.ring = SampleRing(48000)
    with AudioIn(stage.ring, "JACK") as ears:
        live = stage.start(ears)
        frames = len(stage.screen.seen)
        jack.stop()
        stage.until(lambda: ears.lost, 10.0)
        assert "gone" in live.notice
        heard = live.hearing.features.latest
        stage.run(1.0)
        assert heard is not None
        assert live.hearing.features.latest.index > heard.index + 50, "silence must be heard in its place"
        jack.start()
        stage.until(lambda: not ears.lost, 20.0)
        assert len(stage.screen.seen) > frames + 60
        assert live.report().errors == 0


@pytest.mark.audio
def test_the_next_input_takes_over_while_the_show_goes_on(stage: Stage, jack: Jack) -> None:
    stage.ring = SampleRing(48000)
    with Inputs(stage.ring, "JACK", None) as ears:
        live = stage.start(ears)
        heard = live.hearing.features.latest
        assert heard is not None
        stage.events.put(Event("/audio/next"))
        stage.run(0.1)
        ears.publish(live.snapshot)
        stage.run(2.0)
        assert live.hearing.features.latest.index > heard.index + 100
        assert ears.name
        assert not ears.lost
        assert live.report().errors == 0


def test_the_command_line_performs_records_and_reports(display: str, tmp_path: Path) -> None:
    report, film = tmp_path / "report.json", tmp_path / "set.mp4"
    command = [sys.executable, "-m", "vj.apps.cli", "live", "--input", str(kicks(tmp_path / "song.wav", 2.0))]
    command += ["--bundle", "testcard", "--size", "320x180", "--duration", "3", "--no-midi", "--osc-port", "0"]
    command += ["--report", str(report), "--record", str(film), "--record-performance", str(tmp_path / "set")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env={**os.environ})
    assert done.returncode == 0, done.stderr
    figures = json.loads(report.read_text())
    wanted = "generated_fps displayed_fps frame_ms_p50 frame_ms_p99 block_to_swap_ms_p50 block_to_swap_ms_p99"
    assert {*wanted.split(), "dropped_frames", "audio_overruns", "provider", "first_frame_s"} <= figures.keys()
    assert figures["errors"] == 0
    assert figures["generated_fps"] > 5
    with av.open(str(film)) as opened:
        shown = [frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)]
    assert len(shown) > 20
    assert shown[-1].std() > 5
    with av.open(str(film)) as opened:
        heard = np.concatenate([f.to_ndarray().mean(axis=0) for f in opened.decode(audio=0)])
    assert np.abs(heard).max() > 0.2
    assert (tmp_path / "set" / "performance.jsonl").stat().st_size > 1000
