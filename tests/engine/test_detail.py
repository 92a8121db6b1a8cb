"""How large pictures are: of the shape that is shown, as fine as was asked for, or as there is time for."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from vj.engine.detail import AUTO, PATIENCE_S, STEP, Fitter, last_step, scaled, sized

OWN = (344, 192)


@pytest.mark.parametrize(
    ("shown", "draft", "half", "full"),
    [
        ((1280, 720), OWN, (640, 360), (1280, 720)),
        ((1920, 1080), OWN, (960, 540), (1920, 1080)),
        ((3840, 2160), OWN, (1920, 1080), (3840, 2160)),
        ((1080, 1920), (192, 344), (540, 960), (1080, 1920)),
        ((1080, 1080), (192, 192), (540, 540), (1080, 1080)),
        ((2560, 1080), (456, 192), (1280, 540), (2560, 1080)),
        ((1279, 719), OWN, (640, 360), (1279, 719)),
        ((480, 270), OWN, OWN, (480, 270)),
        ((160, 90), OWN, (160, 90), (160, 90)),
    ],
)
def test_sizes_follow_what_is_shown(
    shown: tuple[int, int], draft: tuple[int, int], half: tuple[int, int], full: tuple[int, int]
) -> None:
    assert [sized(OWN, shown, detail) for detail in ("draft", "half", "full")] == [draft, half, full]
    shape = shown[0] / shown[1]
    assert all(abs(w / h / shape - 1) < 0.03 for w, h in (draft, half, full))


@pytest.mark.parametrize("shown", [(1280, 720), (1080, 1920), (3840, 2160), (160, 90), (344, 192)])
def test_steps_lead_from_draft_to_all_of_it(shown: tuple[int, int]) -> None:
    last = last_step(OWN, shown)
    sizes = [sized(OWN, shown, AUTO, step) for step in range(last + 1)]
    assert sizes[0] == sized(OWN, shown, "draft")
    assert last == 0 or sizes[-1] == shown
    for (_, low), (_, high) in itertools.pairwise(sizes):
        assert low <= high <= low * STEP + 8, "too small a step to be seen"
    assert scaled((640, 360), 0.75) == (480, 272)
    assert scaled((640, 360), 1.0) == (640, 360)


class Machine:
    """A generator that takes `cost(t)` seconds for a picture of step 0, as much more as there are more pixels."""

    def __init__(self, cost: Callable[[float], float], room: float = 0.03, last: int = 12) -> None:
        self.cost, self.room, self.last = cost, room, last
        self.fitter = Fitter()
        self.t, self.calm = 0.0, True
        self.late: list[float] = []

    def run(self, seconds: float) -> None:
        end = self.t + seconds
        while self.t < end:
            took = self.cost(self.t) * STEP ** (2 * self.fitter.step)
            self.t += max(1 / 30, took)
            if took > self.room:
                self.late.append(self.t)
            self.fitter.dreamt(self.t, took, self.room, self.last, self.calm)


def test_it_starts_with_what_fits_and_grows_slowly_into_the_room() -> None:
    machine = Machine(lambda t: 0.004)
    machine.fitter.begin(0.004, machine.room, machine.last)
    begun = machine.fitter.step
    assert 0.3 * machine.room < 0.004 * STEP ** (2 * begun) <= 0.6 * machine.room
    machine.fitter.step = 0
    machine.run(60)
    assert machine.fitter.step == begun
    assert machine.late == []
    assert min(np.diff([t for t, _ in machine.fitter.history])) >= PATIENCE_S
    assert all(b - a == 1 for (_, a), (_, b) in itertools.pairwise([(0, 0), *machine.fitter.history]))


def test_it_is_never_coarser_than_draft_nor_finer_than_the_window() -> None:
    slow, quick = Machine(lambda t: 0.5), Machine(lambda t: 0.0001, last=5)
    slow.run(30)
    quick.fitter.begin(0.0001, quick.room, quick.last)
    assert quick.fitter.step == 5
    quick.run(60)
    assert (slow.fitter.step, quick.fitter.step) == (0, 5)
    quick.last = 2  # the window became smaller
    quick.run(0.1)
    assert quick.fitter.step == 2


def test_what_becomes_dear_is_answered_within_two_seconds_and_forgotten() -> None:
    """Another world, three times as dear, for half a minute."""
    machine = Machine(lambda t: 0.012 if 40 < t < 70 else 0.004)
    machine.run(69)
    assert machine.late
    assert max(machine.late) < 42
    machine.run(60)
    assert 0.004 * STEP ** (2 * (machine.fitter.step + 1)) > 0.6 * machine.room, "as fine as before"


def test_at_the_edge_it_does_not_swing() -> None:
    """A step that just does not hold is tried ever more rarely."""
    machine = Machine(lambda t: 0.011)
    machine.cost = lambda t: 0.011 if machine.fitter.step == 0 else 0.030 / STEP ** (2 * machine.fitter.step)
    machine.run(1800)
    tries = [t for t, step in machine.fitter.history if step == 1]
    assert 2 <= len(tries) <= 14
    assert np.diff(tries)[-1] > 100


def test_a_noisy_clock_moves_nothing_for_long() -> None:
    rng = np.random.default_rng(0)
    machine = Machine(lambda t: 0.004 * rng.lognormal(0.0, 0.25))
    machine.run(600)
    assert len([t for t, _ in machine.fitter.history if t > 120]) <= 6


def test_detail_is_given_up_before_anything_else_is_taken_away() -> None:
    machine = Machine(lambda t: 0.004)
    machine.run(30)
    step = machine.fitter.step
    assert step >= 3
    assert machine.fitter.yield_to(machine.t + 5)
    assert machine.fitter.step == max(step - 3, 0)
    begun = machine.t = machine.t + 6
    machine.fitter.step = 14  # a wall, and a card that has to do something else
    while machine.fitter.yield_to(machine.t):
        machine.t += 0.1
    assert machine.fitter.step == 0
    assert machine.t < begun + 3
    machine.calm = False  # the governor has taken something away
    machine.run(60)
    assert machine.fitter.step == 0
