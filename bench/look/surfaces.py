"""Pictures of the surface for README and docs, as wide as a laptop, a tablet and a phone, with a real show behind.

python bench/look/surfaces.py SONG [--out docs/pictures] [--seconds 40]

Needs Xvfb, Chromium and oscsend. The show plays the song in a window of its own; a cue is fired, some faders are moved,
and after so many seconds, when what comes next has been rendered, the page is pictured at each width.
"""

import argparse
import io
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from servers.browser import chromium, surface  # noqa: E402
from servers.xvfb import xvfb  # noqa: E402

SIZES = {"laptop": (1280, 800), "tablet": (1024, 768), "phone": (420, 909)}
#: What hands do, so that held, moved and free faders are all to be seen: words of oscsend.
HANDS = (
    ("/cue/goto", "s", "Choir comes in"),
    ("/macro/1", "f", "0.62"),
    ("/macro/5", "f", "0.35"),
    ("/mod/connect", "ssf", "bands.bass.level", "/master/speed", "0.3"),
)
#: What it is played from: cues with looks, and notes.
SETLIST = """
format = 1
title = "Friday"
fade = "4 beats"
cue = [
  { name = "Doors", look = "slow_tide" },
  { name = "First record", look = "neon_loom", notes = "keys up" },
  { name = "Choir comes in", look = "glass_choir", layer.1 = { text = "Mira Okoye", scale = 0.5 } },
  { name = "Break", look = "night_reef", notes = "GO on the last snare before the silence, not on the drop." },
  { name = "Peak", look = "ember_drum", notes = "hold it back one more phrase" },
]
"""
QUALITY = 85


def free_port() -> int:
    """A UDP port that nobody has now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def address(said: Path, seconds: float) -> str:
    """Where the surface is, as the show says it, once it answers; TimeoutError if it never does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := re.search(r"surface +http://([0-9.:]+)", said.read_text()):
            with suppress(OSError), urllib.request.urlopen(f"http://{found[1]}/", timeout=20):
                return found[1]
        time.sleep(0.5)
    raise TimeoutError(said.read_text())


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("song", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    parser.add_argument("--seconds", type=float, default=40.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, xvfb(1280, 720) as display:
        said, port = Path(home) / "said.txt", str(free_port())
        kinds = {f"XDG_{kind.upper()}_HOME": str(Path(home) / kind) for kind in ("config", "state", "data", "cache")}
        setlist = Path(home) / "friday.toml"
        setlist.write_text(SETLIST)
        words = ["live", "--input", str(asked.song.absolute()), "--setlist", str(setlist), "--osc-port", port]
        words += ["--no-guard"]
        with said.open("w") as out:
            show = subprocess.Popen(
                [sys.executable, "-m", "vj.apps.cli", *words],
                env={**os.environ, **kinds, "DISPLAY": display, "COLUMNS": "200"},
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        try:
            where = address(said, 300.0)
            for message in HANDS:
                subprocess.run(["oscsend", "localhost", port, *message], check=True, timeout=20)
            with chromium() as browser:
                with surface(browser, where, SIZES["tablet"]):
                    time.sleep(asked.seconds)  # thumbnails are made only while somebody looks
                for name, size in SIZES.items():
                    with surface(browser, where, size) as page:
                        page.wait_for_timeout(4000)
                        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
                    picture.save(asked.out / f"surface-{name}.jpg", quality=QUALITY)
        finally:
            show.terminate()
            show.wait(60)


if __name__ == "__main__":
    main()
