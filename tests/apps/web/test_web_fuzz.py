"""Nonsense over HTTP and WebSocket: the server lives, its memory stays, and the show does not notice.

`make fuzz-web` throws 250 times as much, with the same seeds, and tells how many frames a second that cost.
"""

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from servers.watched import megabytes, quiet, stormed
from servers.web import Show, a_show

from vj.apps.web.server import MAX_CONNECTIONS

#: Of each kind so many are thrown; seeds that once found something stay here.
COUNT = int(os.environ.get("VJ_FUZZ", "400"))
SEEDS = (1, 7480, 20261129)
#: Megabytes that a server may grow between the first tenth and the last.
GROWTH = 12.0


@pytest.fixture(scope="module")
def show() -> Iterator[Show]:
    with a_show(rate=1e6) as running:
        yield running


@pytest.mark.timeout(60 + COUNT // 20)
@pytest.mark.parametrize("kind", ["requests", "frames"])
def test_nonsense_harms_nobody(show: Show, kind: str, wait_until: Any) -> None:
    assert show.get("/", Accept="application/json")[0] == 200
    child, frames, errors = show.link._child, show.live.meter.displayed, show.live.errors
    assert child is not None
    addresses = [a for a, p in show.desk.table.items() if p.kind in ("float", "toggle", "text", "mix", "trigger")][::9]
    still = quiet(show, 0.5)
    stormed(show, kind, COUNT // 10, 0, addresses)
    before, own = megabytes(child.pid), megabytes()
    storms = [stormed(show, kind, COUNT // len(SEEDS), seed, addresses) for seed in SEEDS]
    assert sum(done for done, _ in storms) > COUNT // 100
    wait_until(lambda: show.link.clients == 0, 30.0)
    grown = megabytes(child.pid) - before
    sys.stdout.write(
        f"\n{COUNT} {kind}: {sum(rate for _, rate in storms) / len(storms):.1f} of {still:.1f} frames a second\n"
        f"memory of the server {before:.0f} MB before, {before + grown:.0f} MB after; "
        f"of the show {own:.0f} and {megabytes():.0f} MB\n"
    )
    assert show.link._child is child
    assert child.poll() is None
    assert show.link.restarts == 0
    assert grown < GROWTH, f"{grown:.1f} MB more"
    assert show.live.meter.displayed > frames
    assert show.live.errors == errors
    assert show.get("/master/level?VALUE")[0] == 200
    for address, param in show.desk.table.items():
        if param.kind in ("float", "int"):
            assert param.lo <= show.value(address) <= param.hi, address
    assert len(os.listdir(f"/proc/{child.pid}/fd")) < MAX_CONNECTIONS
