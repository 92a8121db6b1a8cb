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

import numpy as np
import pytest
from servers.jack import environment, stop

_ASOUNDRC = "".join(f"{kind}.{name} {{ type pulse }}\n" for name in ("!default", "pulse") for kind in ("pcm", "ctl"))
_SCRIPT = """load-module module-native-protocol-unix auth-anonymous=1 socket={socket}
load-module module-null-sink sink_name=vj rate=48000 {layout} format=float32le sink_properties=device.description=Desk
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


@dataclass(frozen=True)
class Sink:
    """A null sink to be loaded while a server runs, and unloaded: an interface that is plugged in and pulled out."""

    name: str
    description: str
    layout: str = "channels=2 channel_map=front-left,front-right"
    rate: int = 48000

    def plug(self) -> None:
        """Load it. Its monitor is the source "Monitor of DESCRIPTION"."""
        told = f"sink_name={self.name} sink_properties=device.description={self.description} rate={self.rate}"
        control("load-module", "module-null-sink", *told.split(), *self.layout.split())

    def pull(self) -> None:
        """Unload it."""
        modules = control("list", "short", "modules").splitlines()
        number = next(line.split()[0] for line in modules if f"sink_name={self.name} " in line)
        control("unload-module", number)


def layout(*names: str) -> str:
    """What a sink with channels of these names is told."""
    return f"channels={len(names)} channel_map={','.join(names)}"


def control(*words: str) -> str:
    """Run pactl; what it printed."""
    return subprocess.run(["pactl", *words], capture_output=True, text=True, timeout=10, check=True).stdout


@contextmanager
def tones(folder: Path, sink: str, names: str, *hertz: float) -> Iterator[None]:
    """Play a tone of its own into each channel of `sink`, whose layout is `names`, while the context lasts."""
    t = np.arange(48000 * 20) / 48000
    raw = folder / "tones.raw"
    np.stack([0.4 * np.sin(2 * np.pi * hz * t) for hz in hertz], axis=1).astype("<f4").tofile(raw)
    form = ["--raw", "--format=float32le", "--rate=48000", *(f"--{word}" for word in names.replace("_", "-").split())]
    command = ["pacat", *form, "--latency-msec=50", "--no-remix", "--no-remap", f"--device={sink}", str(raw)]
    player = subprocess.Popen(command)
    try:
        yield
    finally:
        stop(player)


def _answers() -> bool:
    return subprocess.run(["pactl", "info"], capture_output=True, timeout=10).returncode == 0


@contextmanager
def pulseaudio(names: str = layout("front-left", "front-right")) -> Iterator[Pulse]:
    """A running daemon of our own whose null sink has the layout `names`. Environment is put back after.

    Skips the test where PulseAudio is not installed.
    """
    missing = [tool for tool in ("pulseaudio", "pactl", "paplay") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"PulseAudio is not installed ({', '.join(missing)} missing): apt-get install pulseaudio")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        folder.joinpath(".asoundrc").write_text(_ASOUNDRC)  # makes ALSA's default device the daemon
        script = folder / "vj.pa"
        script.write_text(_SCRIPT.format(socket=folder / "pulse.sock", layout=names))
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
