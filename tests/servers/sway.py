"""A Wayland compositor with XWayland and one display that has no screen: sway, drawing in memory."""

import json
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

#: The one display that is there.
OUTPUT = "HEADLESS-1"
_NEEDED = ("sway", "swaymsg", "Xwayland", "xhost", "setpriv")
#: Sway refuses to be root, whom XWayland must then let in.
_OTHER = "nobody"
_STARTS_S = 60.0
_CONFIGURATION = """
xwayland force
output HEADLESS-1 mode 1280x720 position 0 0
default_border none
exec sh {folder}/begun
"""


_BEGUN = """
xhost +si:localuser:{user}
cd {folder} && echo $DISPLAY $WAYLAND_DISPLAY $SWAYSOCK > new && mv new there
"""


class Sway:
    """One that runs. `change` turns, scales or resizes its display: `change("transform", "90")`."""

    def __init__(self, folder: Path, wayland: str, socket: str, before: list[str]) -> None:
        self._folder, self._wayland, self._socket, self._before = folder, wayland, socket, before

    def change(self, *words: str) -> None:
        done = subprocess.run(
            ["swaymsg", "output", OUTPUT, *words],
            env={**os.environ, "SWAYSOCK": self._socket}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        answer = json.loads(done.stdout)
        assert answer[0]["success"], (words, done.stdout, done.stderr)

    def shot(self) -> Path:
        """A PNG of what is on the display."""
        if shutil.which("grim") is None:
            pytest.skip("grim is not installed (apt install grim)")
        there = {"XDG_RUNTIME_DIR": str(self._folder / "run"), "WAYLAND_DISPLAY": self._wayland}
        picture = self._folder / "run" / "shot.png"
        subprocess.run([*self._before, "grim", "-l", "1", str(picture)], env={**os.environ, **there}, check=True)
        return picture


@contextmanager
def sway() -> Iterator[Sway]:
    """Start it; DISPLAY is its XWayland, and Wayland itself is hidden. Skips where a part is missing."""
    missing = [name for name in _NEEDED if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed (apt install sway xwayland x11-xserver-utils util-linux)")
    root = os.geteuid() == 0
    before = (
        ["setpriv", "--reuid", _OTHER, "--regid", str(pwd.getpwnam(_OTHER).pw_gid), "--clear-groups"] if root else []
    )
    with tempfile.TemporaryDirectory(prefix="vj-sway-") as name, tempfile.TemporaryFile() as log:
        folder = Path(name)
        (folder / "run").mkdir(mode=0o700)
        user = pwd.getpwuid(os.geteuid()).pw_name
        for file, text in (("config", _CONFIGURATION), ("begun", _BEGUN)):
            (folder / file).write_text(text.format(folder=folder, user=user))
        if root:
            for each in (folder, folder / "run"):
                shutil.chown(each, _OTHER)
        hidden = ("DISPLAY", "WAYLAND_DISPLAY", "SWAYSOCK")
        kept = {each: os.environ.pop(each, None) for each in hidden}
        memory = {"WLR_BACKENDS": "headless", "WLR_RENDERER": "pixman", "WLR_LIBINPUT_NO_DEVICES": "1"}
        server = subprocess.Popen(
            [*before, "sway", "-c", str(folder / "config")],
            env={**os.environ, **memory, "XDG_RUNTIME_DIR": str(folder / "run"), "HOME": str(folder)},
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            display, wayland, socket = _there(server, folder / "there", log)
            os.environ["DISPLAY"] = display
            yield Sway(folder, wayland, socket, before)
        finally:
            for each, value in kept.items():
                os.environ.pop(each, None)
                if value is not None:
                    os.environ[each] = value
            server.terminate()
            server.wait()


def _there(server: "subprocess.Popen[bytes]", file: Path, log: "tempfile._TemporaryFileWrapper[bytes]") -> list[str]:
    """How it is called once it is there."""
    end = time.monotonic() + _STARTS_S
    while not file.exists():
        if server.poll() is not None or time.monotonic() > end:
            server.kill()
            server.wait()
            log.seek(0)
            pytest.skip(f"sway did not start: {log.read().decode(errors='replace')[-300:]}")
        time.sleep(0.05)
    return file.read_text().split()
