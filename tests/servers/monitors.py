"""An X server with several monitors that can be plugged and unplugged: Xorg with its dummy driver."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from servers.xvfb import serving

_CONFIGURATION = """
Section "ServerFlags"
  Option "AutoAddDevices" "false"
  Option "AutoAddGPU" "false"
  Option "DontVTSwitch" "true"
EndSection
Section "Device"
  Identifier "card"
  Driver "dummy"
  VideoRam 64000
EndSection
Section "Monitor"
  Identifier "tube"
  HorizSync 5-1000
  VertRefresh 5-200
EndSection
Section "Screen"
  Identifier "screen"
  Device "card"
  Monitor "tube"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Virtual 1600 600
  EndSubSection
EndSection
"""


@contextmanager
def monitors(folder: Path) -> Iterator[None]:
    """DUMMY0 (800x600, primary) and right of it DUMMY1 (640x480); sets DISPLAY. Skips where a part is missing."""
    server = shutil.which("Xorg")
    if server is None or shutil.which("xrandr") is None:
        pytest.skip(
            "Xorg or xrandr is not installed (apt install xserver-xorg-core xserver-xorg-video-dummy x11-xserver-utils)"
        )
    configuration = folder / "xorg.conf"
    configuration.write_text(_CONFIGURATION)
    options = ["-config", str(configuration), "-logfile", str(folder / "xorg.log"), "-noreset", "-nolisten", "tcp"]
    with serving([server, *options, "-novtswitch", "-sharevts"]):
        xrandr("--addmode", "DUMMY1", "640x480")
        plug()
        yield


def plug() -> None:
    """Connect DUMMY1."""
    xrandr("--output", "DUMMY1", "--mode", "640x480", "--right-of", "DUMMY0")
    # The server looks at its outputs anew only when it is asked for them.
    xrandr("--query")


def unplug() -> None:
    """Pull DUMMY1's cable."""
    xrandr("--output", "DUMMY1", "--off")


def xrandr(*arguments: str) -> None:
    """Run xrandr; skip when the server has no such monitors."""
    done = subprocess.run(["xrandr", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"xrandr {' '.join(arguments)}: {done.stderr.strip()}")
