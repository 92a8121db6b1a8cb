"""A JACK server that dies and comes back under a show that is played by MIDI through it."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from servers.jack import jackd

pytestmark = [pytest.mark.midi, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[3]
#: What a show does with MIDI, in a process of its own: it says which ports it hears, and every event.
EARS = """
import queue, sys, time
from pathlib import Path
from vj.apps.assemble import parameters
from vj.core.types import Event
from vj.devices.midi.input import MidiIn
events = queue.SimpleQueue()
with MidiIn(parameters(), events, backend="jack", maps=Path(sys.argv[1])) as midi:
    known = None
    while True:
        if midi.connected != known:
            known = midi.connected
            print("ports", *known, flush=True)
        try:
            event = events.get(timeout=0.05)
            print("event", event.address, event.args, flush=True)
        except queue.Empty:
            pass
"""
CONTROLLER = """
import rtmidi, time
out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="Knobs")
out.open_virtual_port("out")
for n in range(10**6):
    out.send_message([0xB0, 16, n % 128])
    time.sleep(0.05)
"""


def test_jack_restarts_and_its_controller_plays_again(tmp_path: Path, wait_until: Callable[..., None]) -> None:
    pytest.importorskip("rtmidi", reason="python-rtmidi is not installed")
    said = tmp_path / "said.txt"
    with jackd() as jack, said.open("w") as out:
        ears = subprocess.Popen([sys.executable, "-c", EARS, str(tmp_path)], cwd=ROOT, stdout=out, stderr=out)
        hands = subprocess.Popen([sys.executable, "-c", CONTROLLER])
        try:
            wait_until(lambda: "event" in said.read_text())
            hands.kill()
            hands.wait()
            jack.stop()
            time.sleep(3.0)
            assert ears.poll() is None, said.read_text()
            before = said.read_text().count("event")
            jack.start()
            hands = subprocess.Popen([sys.executable, "-c", CONTROLLER])
            wait_until(lambda: said.read_text().count("event") > before, 60.0)
            assert ears.poll() is None
        finally:
            for process in (hands, ears):
                process.kill()
                process.wait()
