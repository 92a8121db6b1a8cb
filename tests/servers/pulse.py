"""A real PulseAudio daemon with a null sink: the road that sound takes on most Linux desktops.

with pulseaudio() as pulse:
    pulse.play("click.wav")        # heard by whatever captures the device "pulse"
"""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from servers.jack import environment, stop

_ASOUNDRC = "".join(f"{kind}.{name} {{ type pulse }}\n" for name in ("!default", "pulse") for kind in ("pcm", "ctl"))
_SCRIPT = """load-module module-native-protocol-unix auth-anonymous=1 socket={socket}
load-module module-null-sink sink_name=vj rate=48000 channels=2 format=float32le
set-default-sink vj
set-default-source vj.monitor
"""
_FLAGS = ["--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--realtime=no", "--high-priority=no"]


@dataclass
class Pulse:
    """One daemon; its null sink is called "vj" and what is played into it is what its default source captures."""

    socket: Path

    def play(self, path: Path | str) -> "subprocess.Popen[bytes]":
        """Start playing a WAV. Without a small latency the null sink renders 2 s ahead and captures stall."""
        return subprocess.Popen(["paplay", "--latency-msec=20", "--device=vj", str(path)])


def _answers() -> bool:
    return subprocess.run(["pactl", "info"], capture_output=True, timeout=10).returncode == 0


@contextmanager
def pulseaudio() -> Iterator[Pulse]:
    """A running daemon of our own; skips the test where PulseAudio is not installed. Environment is put back after."""
    missing = [tool for tool in ("pulseaudio", "pactl", "paplay") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"PulseAudio is not installed ({', '.join(missing)} missing): apt-get install pulseaudio")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        folder.joinpath(".asoundrc").write_text(_ASOUNDRC)  # makes ALSA's default device the daemon
        script = folder / "vj.pa"
        script.write_text(_SCRIPT.format(socket=folder / "pulse.sock"))
        server = f"unix:{folder}/pulse.sock"
        values = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "PULSE_SERVER": server}
        stack.enter_context(environment(**values, PULSE_LATENCY_MSEC="10"))
        command = ["pulseaudio", "-n", "-F", str(script), *_FLAGS]
        log = stack.enter_context(open(os.devnull, "wb"))
        daemon = subprocess.Popen(command, stdout=log, stderr=log)
        stack.callback(stop, daemon)
        pause = threading.Event()
        for _ in range(200):
            if _answers():
                break
            pause.wait(0.05)  # the daemon tells nobody that it is ready
        else:
            pytest.fail("pulseaudio did not start")
        yield Pulse(folder / "pulse.sock")
