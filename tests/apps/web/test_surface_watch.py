"""How long the surface's server is waited for, on a clock that does as it is told."""

from dataclasses import dataclass, field
from itertools import pairwise

from vj.apps.guard.proc import Standing
from vj.apps.web.watch import AGAIN_S, LONG_S, MAX_DOUBLINGS, SILENCE_S, START_S, STARVED_S, Watch

SECOND = 0.25


@dataclass
class Machine:
    """A server takes `work` seconds of a processor to begin, and gets `share` of one; then it speaks every second. One
    that `hangs` sleeps instead of standing in the queue, and says nothing."""

    work: float = 2.0
    share: float = 1.0
    hangs: bool = False
    now: float = 100.0
    pid: int = 0
    done: float = 0.0
    ran: float = 0.0
    waited: float = 0.0
    killed: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.watch = Watch(lambda pid: {pid: Standing(not self.hangs, self.ran, self.waited)}, lambda pid: False)
        self.start(0.0)

    def start(self, pause: float) -> None:
        self.now += pause
        self.pid += 1
        self.done, self.spoken = 0.0, 0.0
        self.watch.begun(self.pid)

    def go(self, seconds: float) -> int:
        """Restarts within that time."""
        before, end = self.pid, self.now + seconds
        while self.now < end:
            self.now += SECOND
            if not self.hangs:
                self.ran += SECOND * self.share
                self.waited += SECOND * (1.0 - self.share)
                self.done += SECOND * self.share
            if self.done >= self.work and self.now - self.spoken >= 1.0 and not self.hangs:
                self.spoken = self.now
                self.watch.heard(self.now)
            if self.watch.hangs(self.now):
                self.killed.append(self.now)
                self.start(self.watch.fell())
        return self.pid - before


def test_a_server_that_gets_next_to_no_processor_is_waited_for() -> None:
    """Thirty seconds until it speaks, where it takes two alone: it was ended every eight before, and never came up."""
    machine = Machine(work=2.0, share=2.0 / 30.0)
    assert machine.go(180.0) == 0


def test_one_that_is_slow_where_nobody_can_say_why_is_given_longer_each_time() -> None:
    """As where the system tells nothing of threads: it comes up in the end."""
    machine = Machine(work=55.0)
    machine.watch = Watch(lambda pid: {}, lambda pid: False)
    machine.watch.begun(machine.pid)
    assert machine.go(600.0) == 2
    assert machine.now - machine.spoken < 1.5, "and lives"


def test_one_that_hangs_is_found_soon_and_one_after_the_other_ever_later() -> None:
    machine = Machine(hangs=True)
    machine.go(3600.0)
    gaps = [b - a for a, b in pairwise([100.0, *machine.killed])]
    assert START_S <= gaps[0] < START_S + 1.0
    assert all(b > 1.9 * a for a, b in pairwise(gaps[: MAX_DOUBLINGS + 1]))
    assert max(gaps) < START_S * 2**MAX_DOUBLINGS + AGAIN_S[-1] + 1.0
    assert len(machine.killed) < 16


def test_what_spoke_and_stops_is_ended_after_its_silence_and_is_forgiven_after_a_while() -> None:
    machine = Machine(work=1.0)
    machine.go(2.0 * LONG_S)
    machine.hangs = True
    stopped = machine.now
    assert machine.go(2.0 * SILENCE_S) == 1
    assert SILENCE_S - 1.0 <= machine.killed[0] - stopped < SILENCE_S + 1.0
    machine.hangs = False
    machine.go(2.0 * LONG_S)
    machine.hangs, stopped = True, machine.now
    assert machine.go(2.0 * SILENCE_S) == 1
    assert machine.killed[1] - stopped < SILENCE_S + 1.0, "it lived well in between, so nothing is doubled"


def test_one_that_stands_in_the_queue_for_ever_is_ended_all_the_same() -> None:
    machine = Machine(work=2.0, share=0.0)
    assert machine.go(START_S + STARVED_S + 2.0) == 1


def test_a_show_that_stood_still_itself_blames_no_server() -> None:
    machine = Machine(work=1.0)
    machine.go(30.0)
    machine.now += 600.0
    assert not machine.watch.hangs(machine.now)
    assert machine.go(60.0) == 0
