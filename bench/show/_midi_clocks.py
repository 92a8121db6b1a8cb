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
from vj.core.types import F64
from vj.devices.midi.clock_out import TICK, ClockOut, Pace
from vj.devices.midi.ports import Ports, open_ports

#: Prints when each message came, by the machine's clock and since the one before by JACK's, with its first byte.
#: JACK's dummy driver counts periods: one that a busy machine has it miss is missing in its time.
RECEIVER = """
import rtmidi, sys, time
port, came = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name="receiver", queue_size_limit=8192), []
port.ignore_types(sysex=True, timing=False, active_sense=True)
port.set_callback(lambda got, _: came.append((got[0][0], time.perf_counter(), got[1])))
port.open_virtual_port("in")
print("ready", flush=True)
time.sleep(float(sys.argv[1]))
port.close_port()
for each in came: print(*each)
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
    """Our own ticks as they are sent, and as another program gets them: distance of an interval from even, ms."""
    values = {address: param.default for address, param in parameters().items()}
    command = [sys.executable, "-c", RECEIVER, str(seconds + 2.0)]
    ports = Timed(open_ports("jack"))
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child,
        ClockOut(lambda: "", lambda: ports) as out,
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
    ticks = [(float(at), float(since)) for kind, at, since in lines if kind == "248"]
    heard = np.array([at for at, _ in ticks])
    by_jack, by_clock = float(sum(since for _, since in ticks[1:])), float(heard[-1] - heard[0])
    return {
        "ticks": len(ports.times),
        "heard": len(ticks),
        "jack_period_ms": round(1000.0 * jack.period / jack.rate, 2),
        "jack_lost_time": round(1.0 - by_jack / by_clock, 4),
        **{f"sent_off_ms_{name}": figure for name, figure in off(np.array(ports.times), bpm).items()},
        **{f"interval_off_ms_{name}": figure for name, figure in off(heard, bpm).items()},
    }


def off(times: F64, bpm: float) -> dict[str, float]:
    """By how many milliseconds the intervals between ticks miss that of `bpm`, after a beat of coming in."""
    gaps = 1000.0 * np.abs(np.diff(times[24:]) - 60.0 / bpm / 24.0)
    return {f"p{p}": round(float(np.percentile(gaps, p)), 2) for p in (50, 99)}


class Timed:
    """Ports that remember when ticks went out."""

    def __init__(self, ports: Ports) -> None:
        self._ports, self.times = ports, list[float]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ports, name)

    def open_output(self, name: str) -> Any:
        """The port, which is watched."""
        port, times = self._ports.open_output(name), self.times

        class Watched:
            close = port.close

            def send(self, message: bytes) -> None:
                port.send(message)
                if message == TICK:
                    times.append(time.perf_counter())

        return Watched()
