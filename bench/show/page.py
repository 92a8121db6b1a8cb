"""What the surface asks of a browser: main-thread time while every number there is changes thirty times a second.

python bench/show/page.py [--out bench/results/page.json] [--seconds 10]

A server and a page as in a show, Chromium at the size of a tablet; the values come from here, so that nothing else is
measured. Percent are of one core's time, from the browser's own counters; `values` were told a second.
"""

import math
import queue
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench._machine import arguments, machine, write

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from servers.browser import TABLET, chromium, surface  # noqa: E402

from vj.apps.assemble import parameters  # noqa: E402
from vj.apps.web.link import Link  # noqa: E402
from vj.core.params import Snapshot  # noqa: E402
from vj.core.types import Event  # noqa: E402

RATE_HZ = 30.0
PARTS = {"all": "TaskDuration", "script": "ScriptDuration", "style": "RecalcStyleDuration", "layout": "LayoutDuration"}


class Storm:
    """A server that is told other numbers all the time, while `blows`."""

    def __init__(self) -> None:
        events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.table = parameters()
        self.values = {address: param.default for address, param in self.table.items() if param.kind != "deed"}
        self.numbers = [address for address, param in self.table.items() if param.kind == "float"]
        self.blows, self.ended = False, False
        self.link = Link(events, 0)
        self.link.open(self.table, 7400)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        tick = 0
        while not self.ended:
            tick += 1
            if self.blows:
                for place, address in enumerate(self.numbers):
                    self.values[address] = self.table[address].scale(0.5 + 0.4 * math.sin(tick * 0.2 + place))
            self.link.publish(Snapshot(dict(self.values), tick / RATE_HZ, tick))
            time.sleep(1.0 / RATE_HZ)


def spent(page: Any, seconds: float) -> dict[str, float]:
    """Percent of a core that the page's main thread took, by what for; whatever else the machine does."""
    probe = page.context.new_cdp_session(page)
    probe.send("Performance.enable", {"timeDomain": "threadTicks"})

    def now() -> dict[str, float]:
        told = {metric["name"]: metric["value"] for metric in probe.send("Performance.getMetrics")["metrics"]}
        return {name: told[counter] for name, counter in PARTS.items()}

    before, began = now(), time.perf_counter()
    page.wait_for_timeout(1000.0 * seconds)
    after, took = now(), time.perf_counter() - began
    return {name: round(100.0 * (after[name] - before[name]) / took, 2) for name in PARTS}


def main() -> None:
    """Measure each situation, and write it down."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--seconds", type=float, default=10.0)
    asked = parser.parse_args()
    result: dict[str, Any] = {"bench": "page", "machine": machine(), "percent_of_a_core": {}}
    storm = Storm()
    situations: dict[str, tuple[bool, Callable[[Any], Any]]] = {
        "show, nothing moves": (False, lambda page: None),
        "show, everything moves": (True, lambda page: None),
        "all parameters open, everything moves": (True, _open_all),
    }
    with chromium() as browser:
        for name, (blows, prepare) in situations.items():
            with surface(browser, f"127.0.0.1:{storm.link.port}", TABLET, unlocked=True) as page:
                prepare(page)
                storm.blows = blows
                page.wait_for_timeout(1500)
                result["percent_of_a_core"][name] = spent(page, asked.seconds)
                storm.blows = False
    result["values"] = {"a second, at most": round(len(storm.numbers) * RATE_HZ), "parameters": len(storm.table)}
    storm.ended = True
    storm.link.close()
    write(result, asked.out)


def _open_all(page: Any) -> None:
    page.get_by_role("button", name="Backstage").click()
    page.evaluate("document.querySelectorAll('details.group').forEach((group) => (group.open = true))")


if __name__ == "__main__":
    main()
