"""A sound server that dies and comes back while a show listens to it: the same input is heard again."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from servers.jack import environment, stop
from servers.pipewire import pipewire
from servers.pulse import _FLAGS, Sink, control, layout, pulseaudio, tones

from vj.apps.guard.proc import children
from vj.core.handoff import SampleRing
from vj.devices.audio.input import AudioIn

pytestmark = [pytest.mark.audio, pytest.mark.slow]
WaitUntil = Callable[..., None]
STEREO = layout("front-left", "front-right")


def sounds(ring: SampleRing) -> bool:
    """Whether something is heard in the next half second."""
    ring.catch_up()
    sound = ring.read(24000, timeout=5.0)
    return sound is not None and float(np.abs(sound).max()) > 0.05


def test_pulseaudio_restarts_and_is_heard_again(tmp_path: Path, wait_until: WaitUntil) -> None:
    ring = SampleRing(48000 * 4)
    nobody = environment(JACK_DEFAULT_SERVER="nobody-is-there", JACK_NO_START_SERVER="1")
    with nobody, pulseaudio() as pulse, AudioIn(ring) as ears:
        with tones(tmp_path, "vj", STEREO, 300, 500):
            wait_until(lambda: sounds(ring))
        subprocess.run(["pactl", "exit"], check=True, timeout=10)
        wait_until(lambda: ears.lost)
        begun, written = time.perf_counter(), ring.written
        time.sleep(1.0)
        passed = time.perf_counter() - begun
        assert (ring.written - written) / ears.rate == pytest.approx(passed, rel=0.3), "time goes on"
        again = subprocess.Popen(["pulseaudio", "-n", "-F", str(pulse.socket.parent / "vj.pa"), *_FLAGS])
        try:
            wait_until(lambda: ears.reopened == 1 and not ears.lost, 60.0)
            with tones(tmp_path, "vj", STEREO, 300, 500):
                wait_until(lambda: sounds(ring))
        finally:
            stop(again)


def test_pipewire_restarts_and_is_heard_again(tmp_path: Path, wait_until: WaitUntil) -> None:
    ring = SampleRing(48000 * 4)
    with environment(JACK_DEFAULT_SERVER="nobody-is-there", JACK_NO_START_SERVER="1"), pipewire():
        Sink("desk", "Desk", STEREO).plug()
        with AudioIn(ring, "Desk") as ears:
            with tones(tmp_path, "desk", STEREO, 300, 500):
                wait_until(lambda: sounds(ring))
            names = ("wireplumber", "pipewire-pulse", "pipewire")
            commands = {pid: Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0] for pid in children(os.getpid())}
            for pid, command in commands.items():
                if command.decode().rpartition("/")[2] in names:
                    os.kill(pid, signal.SIGKILL)
            wait_until(lambda: ears.lost)
            again = []
            try:
                for name in reversed(names):
                    again.append(subprocess.Popen([name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
                    time.sleep(1.0)
                wait_until(lambda: bool(control("info")), 20.0)
                Sink("desk", "Desk", STEREO).plug()
                wait_until(lambda: ears.reopened == 1 and not ears.lost, 60.0)
                with tones(tmp_path, "desk", STEREO, 300, 500):
                    wait_until(lambda: sounds(ring))
            finally:
                for process in again:
                    stop(process)
