"""How long a show is away when it is killed, crashes or hangs, and where that time goes; and what its guard costs.

python bench/hours/guard.py [--out bench/results/guard.json] [--times 1] [--seconds 20]

In a window under Xvfb, and without one. `away_s` are seconds from the signal to the first frame with a picture, the
second that a hang takes to be noticed included; `steps_s` those after which the guard noticed, the spare was told, had
its window, sound and generator, and ran. `soon` is a fall half a second after the one before was over, when no spare is
ready and the fork server makes one. `lone_s` are those of a generator that is begun again alone. The second fall of a
minute begins the safe look, which takes as long. `costs_percent`: processor time of guard, wall, spare and fork server,
once all is ready, in percent of one processor; `frames`: the slowest ones of shows with and without a guard, in turns,
the time included in which a spare gets ready.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from bench._machine import arguments, machine, write

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from servers.guarded import Guarded  # noqa: E402
from servers.xvfb import xvfb  # noqa: E402

HOW = {"killed": signal.SIGKILL, "soon": signal.SIGKILL, "crashed": signal.SIGSEGV, "hung": signal.SIGSTOP}
BUDGETS = {"killed_away_s": 2.0, "crashed_away_s": 2.0, "hung_away_s": 3.0, "soon_away_s": 2.0}
#: Seconds between the end of one fall and the next, where that comes soon.
SOON_S = 0.5
SIZE = ("--size", "1280x720")


def ready(show: Guarded, windowed: bool) -> dict[str, Any]:
    """The state once the spare has done all that it does beforehand."""
    show.on()
    return show.until(lambda state: state["window"] or not windowed)


def away(show: Guarded, how: int, windowed: bool, *, soon: bool) -> tuple[float, dict[str, float], float]:
    """Seconds from the signal until a picture was seen again, after which each step was done, and the load."""
    if soon:
        time.sleep(SOON_S)
    else:
        ready(show, windowed)
        time.sleep(2.0)
    began, load = time.monotonic(), os.getloadavg()[0]
    fall = show.fall(how)["falls"][-1]
    noticed = fall["at"] - began
    steps = {"noticed": noticed, **{name: noticed + after for name, after in fall["steps"].items()}}
    return noticed + fall["seconds"], steps, load


def lone(show: Guarded) -> float:
    """Seconds until a generator that was killed is there again."""
    before = show.on()["parts"]["generator"]
    began = time.monotonic()
    os.kill(before, signal.SIGKILL)
    show.until(lambda state: state["parts"].get("generator", before) != before)
    return time.monotonic() - began


def measured(times: int, windowed: bool) -> dict[str, Any]:
    """All of one kind of show."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, xvfb(1280, 800) if windowed else nullcontext():
        show = Guarded(Path(folder), *(() if windowed else ("--headless",)), *SIZE)
        try:
            for _ in range(times):
                for name, how in HOW.items():
                    took, steps, load = away(show, how, windowed, soon=name == "soon")
                    told = found.setdefault(name, {"away_s": [], "load": [], "steps_s": {}})
                    told["away_s"].append(round(took, 3))
                    told["load"].append(round(load, 1))
                    for step, after in steps.items():
                        told["steps_s"].setdefault(step, []).append(round(after, 3))
                    print(name, told, flush=True)
                found.setdefault("lone_s", []).append(round(lone(show), 3))
            if windowed:
                found["costs_percent"] = costs(show)
        finally:
            show.end()
    return found


def costs(show: Guarded, seconds: float = 10.0) -> dict[str, float]:
    """Processor time of who stands beside a show, in percent of one processor."""
    state = ready(show, True)
    time.sleep(5.0)
    pids = {name: state[name] for name in ("guard", "wall", "spare", "forkserver") if state[name]}
    before = {name: processor(pid) for name, pid in pids.items()}
    time.sleep(seconds)
    return {name: round(100.0 * (processor(pid) - before[name]) / seconds, 2) for name, pid in pids.items()}


def processor(pid: int) -> float:
    """Seconds of processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def slowest(guarded: bool, seconds: float) -> dict[str, float]:
    """Of one show in a window: milliseconds of its slowest frames."""
    with tempfile.TemporaryDirectory() as folder, xvfb(1280, 800):
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "vj.apps.cli", "live", *SIZE, "--no-midi", "--no-web", "--osc-port", "0",
                   "--duration", str(seconds), "--report", str(report)]  # fmt: skip
        kinds = {f"XDG_{kind.upper()}_HOME": str(Path(folder) / kind) for kind in ("config", "state", "data", "cache")}
        words = [] if guarded else ["--no-guard"]
        subprocess.run([*command, *words], check=True, env={**os.environ, **kinds}, capture_output=True, cwd=folder)
        told = json.loads(report.read_text())
    return {name: told[name] for name in ("frame_ms_p50", "frame_ms_p99") if name in told}


def in_turns(times: int, seconds: float) -> dict[str, Any]:
    """The same with and without a guard, in turns."""
    found: dict[str, list[dict[str, float]]] = {"guarded": [], "alone": []}
    for turn in range(2 * times):
        guarded = turn % 4 in (0, 3)
        found["guarded" if guarded else "alone"].append(slowest(guarded, seconds))
    return {
        who: {key: round(statistics.median(each[key] for each in rows), 2) for key in rows[0]}
        for who, rows in found.items()
    }


def main() -> None:
    parser = arguments((__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=20.0, help="of a show whose frames are timed; 0 for none")
    options = parser.parse_args()
    figures: dict[str, Any] = {
        "what": "falls of a guarded show, and what its guard costs",
        **machine(),
        "budgets": BUDGETS,
        "window": measured(options.times, True),
        "headless": measured(options.times, False),
    }
    if options.seconds:
        figures["frames"] = in_turns(options.times, options.seconds)
    write(figures, options.out)


if __name__ == "__main__":
    main()
