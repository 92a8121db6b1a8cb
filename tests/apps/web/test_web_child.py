"""The server may go at any moment: the show does not notice, and another one is there with everything."""

import json
import os
import queue
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from servers.web import Show, a_show
from websockets.sync.client import connect

from vj.apps.web import link as links
from vj.apps.web import watch
from vj.apps.web.child import PORTS_TRIED
from vj.apps.web.link import Link
from vj.core.errors import ControlError
from vj.devices.osc import wire

Wait = Callable[..., None]
pytestmark = pytest.mark.realtime


@pytest.fixture
def show() -> Iterator[Show]:
    with a_show() as running:
        yield running


def child_of(show: Show) -> int:
    child = show.link._child
    assert child is not None
    return child.pid


def test_a_killed_server_is_back_with_full_state_on_the_same_port(show: Show, wait_until: Wait) -> None:
    with connect(f"ws://{show.address}/") as socket:
        socket.send(wire.message("/latent/step/base", (0.125,)))
        wait_until(lambda: show.value("/latent/step/base") == 0.125)
        frames, first = show.live.meter.displayed, child_of(show)
        os.kill(first, signal.SIGKILL)
    assert show.json("/latent/step/base?VALUE") == {"VALUE": [0.125]}  # asked at once: it waits for the next server
    assert child_of(show) != first
    assert show.link.restarts == 1
    assert "started again" in show.link.notice
    assert show.live.meter.displayed > frames
    assert show.live.errors == 0
    with connect(f"ws://{show.address}/") as socket:
        socket.send(json.dumps({"COMMAND": "VJ_ATTACH", "DATA": {}}))
        heard = set()
        while "/latent/step/base" not in heard:
            said = socket.recv(timeout=10.0)
            heard |= {each.address for each in wire.read(said)} if isinstance(said, bytes) else set()


def test_a_server_that_hangs_is_ended_and_holds_nobody_up(
    show: Show, wait_until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "SILENCE_S", 2.5)
    assert show.get("/", Accept="application/json")[0] == 200
    hanging = child_of(show)
    os.kill(hanging, signal.SIGSTOP)
    frames = show.live.meter.displayed
    wait_until(lambda: show.link.restarts == 1, 15.0)
    assert show.live.meter.displayed > frames + 30
    assert show.get("/", Accept="application/json")[0] == 200
    with pytest.raises(ProcessLookupError):
        os.kill(hanging, 0)


def test_the_server_ends_with_its_show(tmp_path: Path, wait_until: Wait) -> None:
    script = (
        "import queue, time\nfrom vj.apps.web.link import Link\nfrom vj.core.params import Param, Snapshot\n"
        "link = Link(queue.SimpleQueue(), 0)\nlink.open({'/a': Param(0.5, doc='A.')}, 1)\n"
        "link.publish(Snapshot({'/a': 0.5}))\n"
        "while link._child is None: time.sleep(0.01)\nprint(link._child.pid, flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.kill()
    wait_until(lambda: not alive(child))


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False


def test_a_taken_port_means_the_next_one_and_no_extra_means_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Link(queue.SimpleQueue(), 0)
    second = Link(queue.SimpleQueue(), first.port)
    assert first.port < second.port < first.port + PORTS_TRIED
    first.close()
    second.close()
    with pytest.raises(ControlError):
        Link(queue.SimpleQueue(), 70000)
    monkeypatch.setattr(links, "NEEDED", ("starlette", "no_such_module_at_all"))
    without = Link(queue.SimpleQueue(), 0)
    without.open({}, 1)
    assert without.port == 0
    assert "vj[web]" in without.notice
    without.close()
