"""A real PipeWire with its session manager and, unless told otherwise, its PulseAudio half: today's Linux desktop.

with pipewire() as server:
    sink = Sink("quad", "Quad", layout("aux0", "aux1", "aux2", "aux3"))       # of servers.pulse
    sink.plug()

Everything lives in a folder of its own, D-Bus included. `pw-jack` in front of a command makes JACK of it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from servers.jack import environment, stop

_PROGRAMS = ("dbus-daemon", "pipewire", "wireplumber", "pipewire-pulse", "pw-jack", "pw-dump", "pactl")
#: ALSA's way to PipeWire; the package conflicts with PulseAudio's, so it may have been unpacked beside the others.
_PLUGIN = "alsa-lib/libasound_module_pcm_pipewire.so"
_ASOUNDRC = """pcm_type.pipewire {{ lib "{plugin}" }}
pcm.pipewire {{ type pipewire playback_node "-1" capture_node "-1" hint {{ show on description "PipeWire" }} }}
pcm.!default {{ type pipewire playback_node "-1" capture_node "-1" hint {{ show on description "Default" }} }}
"""


@dataclass
class PipeWire:
    """One server, its folder, and the libraries with which programs take it for JACK ("" where there are none)."""

    folder: Path
    jack: str

    @contextmanager
    def as_jack(self) -> Iterator[None]:
        """What `pw-jack` does, for the children of this process."""
        with environment(LD_LIBRARY_PATH=self.jack):
            yield


def _wait(condition: Callable[[], bool], name: str) -> None:
    pause = threading.Event()
    for _ in range(200):
        if condition():
            return
        pause.wait(0.05)
    pytest.fail(f"{name} did not start")


def _says(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, timeout=10).returncode == 0


def plugin() -> Path | None:
    """PipeWire's plugin for ALSA, wherever it was put."""
    folders = ("/usr/lib", "/usr/lib64", "/usr/lib/*-linux-gnu")
    roots = (Path("/"), Path(sys.prefix) / "beside")
    found = (plugin for root in roots for folder in folders for plugin in root.glob(f"{folder[1:]}/{_PLUGIN}"))
    return next(found, None)


@contextmanager
def pipewire(pulse: bool = True, alsa: bool = False) -> Iterator[PipeWire]:
    """A running server of our own, with its PulseAudio half if `pulse`, and as ALSA's default device if `alsa`.

    Skips the test where a part is not installed. Environment is put back after.
    """
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    if missing:
        packages = "apt-get install pipewire pipewire-pulse pipewire-jack wireplumber dbus"
        pytest.skip(f"PipeWire is not all installed ({', '.join(missing)} missing): {packages}")
    if alsa and plugin() is None:
        pytest.skip("PipeWire's plugin for ALSA is not installed: the Debian package pipewire-alsa")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        folder.joinpath(".asoundrc").write_text(_ASOUNDRC.format(plugin=plugin()) if alsa else "")
        bus = f"unix:path={folder}/bus"
        values = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "DBUS_SESSION_BUS_ADDRESS": bus}
        nobody = "unix:/nowhere"
        server = f"unix:{folder}/pulse/native" if pulse else nobody
        stack.enter_context(environment(**values, PULSE_SERVER=server, XDG_CONFIG_HOME=f"{folder}/.config"))
        log = stack.enter_context(open(os.devnull, "wb"))

        def start(*command: str) -> None:
            stack.callback(stop, subprocess.Popen(command, stdout=log, stderr=log))

        start("dbus-daemon", "--session", f"--address={bus}", "--nofork", "--nopidfile")
        _wait(folder.joinpath("bus").exists, "dbus-daemon")
        start("pipewire")
        _wait(lambda: _says("pw-dump"), "pipewire")
        start("wireplumber")
        _wait(lambda: _says("wpctl", "status") and _says("pw-metadata"), "wireplumber")
        if pulse:
            start("pipewire-pulse")
            _wait(lambda: _says("pactl", "info"), "pipewire-pulse")
        shown = subprocess.run(["pw-jack", "printenv", "LD_LIBRARY_PATH"], capture_output=True, text=True, timeout=10)
        yield PipeWire(folder, shown.stdout.strip())
