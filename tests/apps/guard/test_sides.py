"""What stands beside a show may hang or raise: it is begun again, or left alone with a word; the show goes on."""

import queue
import threading
from collections.abc import Callable

import pytest
from pythonosc.udp_client import SimpleUDPClient

from vj.apps.guard.sides import MAX_TRIES, Sides
from vj.apps.worker import Worker
from vj.core.params import Param
from vj.core.threads.side import Side
from vj.core.types import Event
from vj.devices.osc.input import OscIn

Wait = Callable[..., None]


class Hung:
    """A loop that hangs whenever it is told to, until it is let go."""

    def __init__(self, again: bool) -> None:
        self.hang, self.free, self.ending = threading.Event(), threading.Event(), threading.Event()
        self.ends = 0
        self.side = Side("a camera", self.run, 5.0, again)
        self.side.start()

    def run(self) -> None:
        while self.side.turn() and not self.ending.wait(0.002):
            if self.hang.is_set():
                self.free.wait()
        self.ends += 1

    def end(self) -> None:
        for event in (self.free, self.ending):
            event.set()
        self.side.join(5.0)


def said(sides: Sides, began: float, seconds: float) -> list[str]:
    """Lines of so many seconds, looked at twice in each."""
    return [line for n in range(int(2 * seconds)) for line in sides.step(began + n / 2) if "camera" in line]


def test_one_that_hangs_is_begun_again_and_its_thread_ends_when_it_comes_back(wait_until: Wait) -> None:
    hung, sides = Hung(again=True), Sides()
    try:
        wait_until(lambda: hung.side.turns > 3)
        assert said(sides, 0.0, 2.0) == []
        hung.hang.set()
        turns = -1

        def still() -> bool:
            nonlocal turns
            before, turns = turns, hung.side.turns
            return before == turns

        wait_until(still)
        lines = said(sides, 2.0, 3600.0)
        assert lines == ["a camera does not answer and is begun again"] * MAX_TRIES + [
            "a camera does not answer and is left alone"
        ]
        hung.hang.clear()
        hung.free.set()
        wait_until(lambda: hung.ends == MAX_TRIES)
        wait_until(lambda: "a camera answers again" in sides.step(5000.0))
        assert hung.side.is_alive(), "the last one begun goes on"
    finally:
        hung.end()


def test_one_that_cannot_be_begun_again_is_told_of_once(wait_until: Wait) -> None:
    hung, sides = Hung(again=False), Sides()
    try:
        sides.step(0.0)
        hung.hang.set()
        wait_until(lambda: "a camera does not answer" in said(sides, 0.0, 30.0))
        assert said(sides, 40.0, 60.0) == []
    finally:
        hung.end()


def test_a_show_that_stood_still_blames_nobody(wait_until: Wait) -> None:
    hung, sides = Hung(again=True), Sides()
    try:
        wait_until(lambda: hung.side.turns > 3)
        sides.step(0.0)
        hung.hang.set()
        assert said(sides, 3600.0, 1.0) == []
    finally:
        hung.end()


def test_one_that_raises_goes_on(wait_until: Wait) -> None:
    calls: list[int] = []

    def run() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("no such port")

    side = Side("midi", run)
    side.start()
    wait_until(lambda: len(calls) == 2)
    side.join(5.0)
    assert side.errors == 1


@pytest.mark.realtime
def test_osc_that_hangs_is_heard_again(wait_until: Wait) -> None:
    table = {"/master/level": Param(1.0, 0.0, 1.0)}
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    free = threading.Event()
    with OscIn(table, events, 0) as osc:
        once = iter([free.wait])
        osc.listeners.sounds = lambda: next(once, dict)() and {}  # who tells the sounds does not come back, once
        hands = SimpleUDPClient("127.0.0.1", osc.port)
        hands.send_message("/audio/out/listen", [1])
        hands.send_message("/master/level", [0.5])
        sides, now = Sides(), iter(n / 2 for n in range(10**6))
        wait_until(lambda: any("OSC does not answer" in line for line in sides.step(next(now))))
        hands.send_message("/master/level", [0.25])
        wait_until(lambda: not events.empty() and events.get().args == (0.25,))
        free.set()
        hands._sock.close()


def test_workers_of_a_show_have_a_limit(wait_until: Wait) -> None:
    class Slow(Worker):
        def step(self) -> None:
            free.wait()

    free, sides = threading.Event(), Sides()
    slow = Slow("terminal")
    slow.start()
    try:
        wait_until(lambda: "the terminal does not answer" in said_of(sides))
    finally:
        free.set()
        slow.stop()


def said_of(sides: Sides) -> list[str]:
    return [line for n in range(40) for line in sides.step(float(n))]
