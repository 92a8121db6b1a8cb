"""The live path on this machine, end to end: rates, latency, recording, cold start. Real JACK, real window (Xvfb).

python bench/show/live.py [--out bench/results/live.json] [--seconds 20] [--earlier FOLDER]

Every run is `vj live` in a process of its own, captured from a JACK dummy server into which another program plays.
With --earlier a bundle of before performs too, as it was: without the finish. See `bench/nets/generators.py`.
"""

import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench._machine import arguments, machine, write

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from servers.jack import Jack, jackd  # noqa: E402
from servers.xvfb import xvfb  # noqa: E402

CLICKS = ROOT / "bench" / "show" / "_clicks.py"
VJ = [sys.executable, "-m", "vj.apps.cli"]
LOOKS = ("ember_drum", "ink_press")  # one with history, one without
BUDGETS = {
    "block_to_swap_ms": {"p50": 25, "p99": 40},
    "event_to_swap_ms": {"p50": 20},
    "generated_fps": {"default bundle, 720p": 60},
    "displayed_fps": {"720p, any look, software tier": 30},
    "first_frame_s": 3,
    "recording_p99_ratio": 1.05,
}


@contextmanager
def player(jack: Jack, gap: float = 0.5) -> Any:
    """Another program that plays kicks `gap` seconds apart into whatever listens; yields a list of their times."""
    command = [sys.executable, str(CLICKS), "100000", str(gap)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        times: list[float] = []
        output = process.stdout
        threading.Thread(target=lambda: times.extend(float(line) for line in output), daemon=True).start()
        try:
            yield times
        finally:
            process.kill()


def wire(jack: Jack) -> None:
    """Send the player's sound to the show."""
    for _ in range(200):
        ports = jack.ports()
        try:
            inputs = [p for p in ports if "in" in p and jack.connections(p)[:1] == ["system:capture_1"]]
            outputs = [p for p in ports if "out" in p and "PortAudio" in p]
            if inputs and outputs:
                jack.wire(outputs[0], inputs[0])
                return
        except (ValueError, subprocess.CalledProcessError, pytest.fail.Exception):
            pass  # a port has gone meanwhile: of the show before, or JACK threw a client out that was late
        time.sleep(0.05)
    raise SystemExit("the show did not open its input")


def perform(jack: Jack, seconds: float, *options: str, osc: bool = False) -> dict[str, Any]:
    """The report of one `vj live`."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [*VJ, "live", "--device", "JACK", "--no-midi", "--duration", str(seconds), "--report", str(report)]
        process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)
        wire(jack)
        if osc:
            send_osc(process, seconds)
        if process.wait(seconds + 60):
            raise SystemExit("vj live failed")
        figures: dict[str, Any] = json.loads(report.read_text())
        return figures


def setlist(path: Path, bundle: str | Path) -> str:
    """A setlist of one cue that switches the finish off, written to `path`."""
    cue = '[[cue]]\nnumber = "1"\nname = "Plain"\nset = { "/fx/on" = false }\n'
    path.write_text(f'format = 1\ntitle = "Plain"\nbundle = "{bundle}"\n\n{cue}', encoding="utf-8")
    return str(path)


def send_osc(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    """Move two parameters from another program, at random times, while the show runs."""
    rng = np.random.default_rng(0)
    end = time.perf_counter() + seconds - 2
    time.sleep(2)
    while time.perf_counter() < end and process.poll() is None:
        address = ("/master/level", "/latent/psi")[int(rng.integers(2))]
        subprocess.run(["oscsend", "localhost", "7466", address, "f", f"{rng.uniform(0.5, 1.0):.3f}"], check=True)
        time.sleep(float(rng.uniform(0.05, 0.15)))


def sound_to_pixels(jack: Jack, seconds: float) -> dict[str, float]:
    """Milliseconds from the first sample of a kick to the swap of the first frame whose pixels answer it."""
    import queue

    from vj.apps.assemble import Settings, assemble
    from vj.apps.live.loop import Live, Parts
    from vj.core.handoff import SampleRing
    from vj.core.types import Event
    from vj.devices.audio.input import AudioIn
    from vj.outputs.window import Window

    seen: list[tuple[float, Any]] = []

    class Watched(Window):
        def swap(self) -> None:
            pixels = self.read()[::8, ::8].astype(np.int16)
            super().swap()
            seen.append((time.perf_counter(), pixels))

    ring, events = SampleRing(48000), queue.SimpleQueue[Event]()
    quiet = {"idle": 0.0, "sustain": 0.0, "breath": 0.0}
    for name, value in quiet.items():
        events.put(Event(f"/director/style_walk/{name}", (value,)))
    with player(jack) as clicks, AudioIn(ring, "JACK") as ears, Watched(size=(1280, 720)) as window:
        wire(jack)
        show, desk = assemble(Settings(director="style_walk"), ears.rate)
        with Live(Parts(show, desk, ears, ring, window, events)) as live:
            live.run(seconds)
        heard = list(clicks)
    times = np.array([t for t, _ in seen])
    change = np.r_[0.0, [np.abs(b - a).mean() for (_, a), (_, b) in itertools.pairwise(seen)]]
    delays = []
    for click in (c for c in heard if times[0] + 3 < c < times[-1] - 0.5):
        before = change[(times > click - 0.1) & (times <= click)]
        after = (times > click) & (times < click + 0.3)
        answered = times[after & (change > 1.5 * before.max() + 0.05)]
        if len(answered):
            delays.append((answered[0] - click) * 1000)
    return {
        "kicks": len(delays),
        "ms_p50": round(float(np.percentile(delays, 50)), 1),
        "ms_p99": round(float(np.percentile(delays, 99)), 1),
    }


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--earlier", type=Path, help="folder of a bundle to perform beside")
    args = parser.parse_args()
    if shutil.which("oscsend") is None:
        raise SystemExit("apt-get install liblo-tools jackd2 xvfb")
    result: dict[str, Any] = {"what": "vj live, end to end", **machine(), "budgets": BUDGETS, "runs": {}}
    with xvfb(1920, 1080), jackd() as jack:
        with player(jack):
            runs = {
                "720p": ["--size", "1280x720"],
                "720p, recorded at 30 fps": ["--size", "1280x720"],
                "720p again": ["--size", "1280x720"],
                "720p, instrument panel on": ["--size", "1280x720", "--hud"],
                "1080p": ["--size", "1920x1080"],
                "720p, OSC from another program": ["--size", "1280x720", "--osc-port", "7466"],
            }
            with tempfile.TemporaryDirectory() as folder:
                plain = setlist(Path(folder) / "plain.toml", "worlds")
                runs["720p, worlds without the finish"] = [*runs["720p"], "--setlist", plain]
                if args.earlier:
                    before = setlist(Path(folder) / "before.toml", args.earlier.resolve())
                    runs["720p, the earlier bundle without the finish"] = [*runs["720p"], "--setlist", before]
                for look in LOOKS:
                    runs[f"720p, look {look}"] = [*runs["720p"], "--look", look]
                runs["720p, recorded at 30 fps"] += ["--record", os.path.join(folder, "set.mp4")]
                for name, options in runs.items():
                    result["runs"][name] = perform(jack, args.seconds, *options, osc="OSC" in name)
        result["sound_to_pixels_720p"] = sound_to_pixels(jack, args.seconds)
    usual = statistics.mean(result["runs"][name]["frame_ms_p99"] for name in ("720p", "720p again"))
    result["recording_p99_ratio"] = round(result["runs"]["720p, recorded at 30 fps"]["frame_ms_p99"] / usual, 3)
    write(result, args.out)


if __name__ == "__main__":
    main()
