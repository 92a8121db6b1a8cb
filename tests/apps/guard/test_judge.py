"""Who hangs, and who only waits for a machine that has much to do."""

import ast
from pathlib import Path

import pytest

from vj.apps.guard.block import ENDING, JOURNAL_BYTES, ON, Block, Pulse
from vj.apps.guard.judge import GOODBYE, LONGEST, Goodbye, Judge
from vj.apps.guard.proc import Standing
from vj.apps.guard.pulse import LEAVING

ASLEEP, AT_WORK = Standing(False, 0.0, 0.0), Standing(True, 0.0, 0.0)


class Clock:
    """A guard that looks ten times a second, at threads that stand as they are told to."""

    def __init__(self, traced: bool = False) -> None:
        self.now, self.traced = 100.0, traced
        self.stand: dict[int, Standing] = {1: ASLEEP}
        self.judge = Judge(lambda pid: dict(self.stand), lambda pid: self.traced)

    def look(self, seconds: float, beats: int | None, patience: float = 1.0, stride: float = 0.1) -> str | None:
        """What is found within so many seconds: `beats` stays, or grows with every look where it is None."""
        end = self.now + seconds
        while self.now < end - 1e-6:
            self.now += stride
            count = beats if beats is not None else int(self.now * 1000)
            if (found := self.judge.look(self.now, 1, [Pulse("main", count, patience, 1)])) is not None:
                return found
        return None


def test_a_thread_that_beats_lives_and_one_that_does_not_hangs_after_its_second() -> None:
    clock = Clock()
    assert clock.look(5.0, None) is None
    began = clock.now
    assert clock.look(5.0, 7) == "main"
    assert 1.0 < clock.now - began < 1.35


def test_a_thread_without_patience_may_rest() -> None:
    assert Clock().look(60.0, 7, patience=0.0) is None


@pytest.mark.parametrize("gap", [2.0, 3600.0])
def test_a_machine_that_slept_is_no_reason(gap: float) -> None:
    clock = Clock()
    clock.look(1.0, None)
    clock.look(0.2, 7)
    clock.now += gap  # the guard slept as well
    assert clock.look(0.6, 7) is None
    assert clock.look(1.0, 7) == "main"


def test_who_waits_for_a_processor_is_waited_for_but_not_for_ever() -> None:
    clock = Clock()
    clock.look(1.0, None)
    began = clock.now
    clock.stand = {1: ASLEEP, 2: AT_WORK}  # what holds the interpreter is ready and gets no time, as the counts say
    assert clock.look(LONGEST, 7) is None
    assert clock.look(3.0, 7) == "main"
    assert clock.now - began < LONGEST + 2.0


def test_a_wait_that_is_told_afterwards_is_taken_off() -> None:
    clock = Clock()
    clock.look(1.0, None)
    waited = 0.0
    for _ in range(30):
        waited += 0.09
        clock.stand = {1: Standing(False, 0.0, waited)}
        assert clock.look(0.1, 7) is None


def test_another_thread_that_has_time_excuses_nobody() -> None:
    clock = Clock()
    clock.look(1.0, None)
    began, ran = clock.now, 0.0
    found = None
    while found is None and clock.now - began < 5.0:
        ran += 0.1
        clock.stand = {1: ASLEEP, 2: Standing(True, ran, 0.0)}
        found = clock.look(0.1, 7)
    assert clock.now - began < 1.4


def test_a_show_that_ends_is_waited_for_while_it_tells_that_its_film_gets_on() -> None:
    """Other beats do not count: a main thread that was told to end and shows on does not end."""
    goodbye = Goodbye()
    over = [goodbye.over(t, [Pulse("main", 10 * t, 1.0, 1), Pulse(LEAVING, min(t, 200), 0.0, 1)]) for t in range(300)]
    assert over.index(True) == 200 + GOODBYE + 1
    mute = Goodbye()
    assert [mute.over(t, [Pulse("main", t, 1.0, 1)]) for t in range(60)].index(True) == GOODBYE + 1


def test_a_debugger_may_take_its_time() -> None:
    clock = Clock(traced=True)
    assert clock.look(120.0, 7) is None
    clock.traced = False
    assert clock.look(0.6, 7) is None
    assert clock.look(1.0, 7) == "main"


def test_a_journal_is_whole_or_the_one_before() -> None:
    block = Block.make()
    try:
        assert block.read() == b""
        for text in (b"one", b"two " * 1000, b"three"):
            assert block.write(text)
            assert Block(block.path).read() == text
        with block.path.open("r+b") as file:  # whoever wrote it was killed on the way
            data = file.read()
            file.seek(data.index(b"three"))
            file.write(b"thr--")
        assert Block(block.path).read() == b"two " * 1000
        assert not block.write(b"x" * (JOURNAL_BYTES + 1))
    finally:
        block.remove()


def test_a_start_forgets_the_pulses_of_the_one_before_but_not_its_journal() -> None:
    block = Block.make()
    try:
        show = Block(Path(block.path))
        show.beat("main", 1.0)
        show.beat("main", 3.0)
        show.beat("hearing", 1.0)
        show.write(b"{}")
        show.phase = ON
        show.show(5, 12.5)
        assert [(p.name, p.beats, p.patience) for p in block.pulses()] == [("main", 2, 3.0), ("hearing", 1, 1.0)]
        assert (block.phase, block.frames, block.shown) == (ON, 5, 12.5)
        block.begin(1)
        assert not list(block.pulses())
        assert (block.start, block.frames, block.read()) == (1, 0, b"{}")
        show.phase = ENDING
        assert (block.phase, block.start) == (ENDING, 1)
    finally:
        block.remove()


def test_nothing_in_a_show_is_timed_by_a_clock_that_somebody_may_set() -> None:
    """But for OSC's time tags, which are read from it, and the age of what lies on a disk."""
    package = Path(__file__).resolve().parents[3] / "vj"
    found = set()
    for path in package.rglob("*.py"):
        if "workshop" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and ast.unparse(node) in ("time.time", "time.time_ns"):
                    found.add(path.relative_to(package).as_posix())
    assert found == {"apps/models/keep.py", "apps/passing.py", "devices/osc/input.py"}
