"""MIDI clock: how soon a trembling one is locked to, and how even ours arrives at another program through JACK."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

import numpy as np
from devices.midi.test_midi_clock import locking
from servers.jack import Jack

from vj.apps.assemble import parameters
from vj.core.params import Snapshot
from vj.devices.midi.clock_out import ClockOut, Pace
from vj.devices.midi.ports import open_ports

#: Prints the seconds between messages, by JACK's clock, with the message's first byte.
RECEIVER = """
import rtmidi, sys, time
port = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name="receiver", queue_size_limit=8192)
port.ignore_types(sysex=True, timing=False, active_sense=True)
port.open_virtual_port("in")
print("ready", flush=True)
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    got = port.get_message()
    if got: print(got[0][0], got[1], flush=False)
    else: time.sleep(0.001)
sys.stdout.flush()
"""
JITTER = 0.005


def locked(bpm: float) -> dict[str, float]:
    """Ticks that come up to 5 ms early or late: seconds to lock, and milliseconds of error of the beat from then on."""
    after, errors = locking(bpm, 20.0, JITTER)
    ms = 1000.0 * np.array(errors)
    return {
        "locked_s": round(after, 2),
        **{f"abs_ms_p{p}": round(float(np.percentile(ms, p)), 2) for p in (50, 95, 99)},
    }


def sent(jack: Jack, bpm: float, seconds: float) -> dict[str, Any]:
    """Our own ticks as another program gets them: distance from even, milliseconds."""
    values = {address: param.default for address, param in parameters().items()}
    command = [sys.executable, "-c", RECEIVER, str(seconds + 2.0)]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child,
        ClockOut(lambda: "", lambda: open_ports("jack")) as out,
    ):
        assert child.stdout is not None
        child.stdout.readline()
        jack.wait_for("receiver:in")
        out.follow(Pace(0.0, time.perf_counter(), bpm))
        out.publish(Snapshot({**values, "/midi/clock/out": True, "/midi/clock/port": "receiver"}))
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:  # a frame tells where the beat is
            now = time.perf_counter()
            out.follow(Pace((now - began) * bpm / 60.0, now, bpm))
            time.sleep(1 / 60)
        lines = [line.split() for line in child.stdout]
    times = np.cumsum([float(since) for _, since in lines])
    ticks = times[[kind == "248" for kind, _ in lines]][24:]
    n = np.arange(len(ticks))
    away = 1000.0 * np.abs(ticks - np.polyval(np.polyfit(n, ticks, 1), n))
    gaps = 1000.0 * np.abs(np.diff(ticks) - 60.0 / bpm / 24.0)
    return {
        "ticks": len(ticks),
        "jack_period_ms": round(1000.0 * jack.period / jack.rate, 2),
        **{f"from_even_ms_p{p}": round(float(np.percentile(away, p)), 2) for p in (50, 99)},
        **{f"interval_off_ms_p{p}": round(float(np.percentile(gaps, p)), 2) for p in (50, 99)},
        "bpm": round(60.0 / 24.0 / float(np.polyfit(n, ticks, 1)[0]), 3),
    }
