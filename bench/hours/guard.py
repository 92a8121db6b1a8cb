"""How long a show is away when it is killed, crashes or hangs: in a window under Xvfb, and without one.

python bench/hours/guard.py [--out bench/results/guard.json] [--times 5]

`away_s` are seconds from the signal to the first frame with a picture, the second that a hang takes to be noticed
included; `lone_s` those of a generator that is begun again alone. Two falls are more than a minute apart, for two
within one begin the safe look: that is what takes so long.
"""

import os
import signal
import statistics
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

HOW = {"killed": signal.SIGKILL, "crashed": signal.SIGSEGV, "hung": signal.SIGSTOP}
BUDGETS = {"killed_away_s": 2.0, "crashed_away_s": 2.0, "hung_away_s": 3.0}
MINUTE = 61.0


def away(show: Guarded, how: int) -> float:
    """Seconds from the signal until a picture was seen again, and told of, which takes a tenth."""
    show.on()
    time.sleep(2.0)
    began = time.monotonic()
    assert not show.fall(how)["falls"][-1]["safe"]
    return time.monotonic() - began


def lone(show: Guarded) -> float:
    """Seconds until a generator that was killed is there again."""
    before = show.on()["parts"]["generator"]
    began = time.monotonic()
    os.kill(before, signal.SIGKILL)
    show.until(lambda state: state["parts"].get("generator", before) != before)
    return time.monotonic() - began


def measured(times: int, windowed: bool) -> dict[str, Any]:
    """All of one kind of show."""
    found: dict[str, list[float]] = {name: [] for name in (*(f"{name}_away_s" for name in HOW), "lone_s")}
    with tempfile.TemporaryDirectory() as folder, xvfb(1280, 800) if windowed else nullcontext():
        show = Guarded(Path(folder), *(() if windowed else ("--headless",)), "--size", "1280x720")
        try:
            for turn in range(times):
                for name, how in HOW.items():
                    if turn or found["killed_away_s"]:
                        time.sleep(MINUTE)
                    found[f"{name}_away_s"].append(away(show, how))
                found["lone_s"].append(lone(show))
        finally:
            show.end()
    return {name: {"median": statistics.median(each), "most": max(each)} for name, each in found.items()}


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    figures = {
        "machine": machine(),
        "budgets": BUDGETS,
        "window": measured(options.times, True),
        "headless": measured(options.times, False),
    }
    write(figures, options.out)


if __name__ == "__main__":
    main()
