"""The governor holds the rate by going down its ladder, comes back up, and never swings."""

import itertools
from bisect import bisect_left
from collections.abc import Callable, Hashable

import numpy as np
import pytest

from vj.core.params import Snapshot
from vj.engine.finish.easing import EASE_S, STEP, Easing
from vj.engine.governor import AVOIDED_S, LADDER, RUNG, SETTLE_S, Governor, Rung, rung_of, unhurried

LAST = len(LADDER) - 1


class Machine:
    """A machine that needs `cost(rung, t)` seconds of work for a frame and shows at most 60 a second, or the target."""

    def __init__(self, cost: Callable[[int, float], float], target: float = 60.0, **options: object) -> None:
        self.cost, self.target = cost, target
        self.governor = Governor(**options)  # type: ignore[arg-type]
        self.t, self.rung = 0.0, 0
        self.frames: list[float] = []
        self.steps: list[tuple[float, int]] = []

    def run(self, seconds: float) -> None:
        end = self.t + seconds
        while self.t < end:
            busy = self.cost(self.rung, self.t)
            self.t += max(busy, 1 / max(60.0, self.target))
            self.frames.append(self.t)
            wanted = self.governor.step(self.t, 1 / self.target - busy, self.target, self.rung)
            if wanted != self.rung:
                self.steps.append((self.t, wanted))
            self.rung = wanted

    def rate(self, since: float) -> float:
        frames = [t for t in self.frames if t >= since]
        return (len(frames) - 1) / (frames[-1] - frames[0])


def ladder(whole: float, factor: float = 0.75) -> Callable[[int, float], float]:
    """A frame costs `whole` seconds at the top and `factor` times as much with each rung down."""
    return lambda rung, t: whole * factor**rung


def test_nothing_is_taken_away_where_there_is_time() -> None:
    machine = Machine(ladder(0.010))
    machine.run(60)
    assert machine.steps == []


@pytest.mark.parametrize("whole", [0.020, 0.024, 0.040, 0.060, 0.200])
def test_it_goes_down_as_far_as_needed_and_no_further(whole: float) -> None:
    machine = Machine(ladder(whole))
    machine.run(8)
    rung = next((k for k in range(LAST) if whole * 0.75**k <= 1 / (0.97 * 60)), LAST)
    assert machine.rung in (rung, min(rung + 1, LAST))
    if rung < LAST:
        assert machine.rate(machine.t - 3) > 0.95 * 60
    assert machine.steps[0][0] < 1.0, "it steps in soon"


def test_one_hiccup_is_no_reason() -> None:
    machine = Machine(lambda rung, t: 0.25 if 5 < t < 5.02 else 0.010)
    machine.run(20)
    assert max(np.diff(machine.frames)) > 0.2
    assert machine.steps == []


def test_a_load_that_comes_and_goes_is_answered_and_forgotten() -> None:
    machine = Machine(lambda rung, t: (0.030 if 10 < t < 30 else 0.010) * 0.75**rung)
    machine.run(30)
    assert machine.rung > 0
    assert machine.rate(14) > 0.95 * 60
    machine.run(60)
    assert machine.rung == 0
    assert [rung for t, rung in machine.steps if t > 30] == sorted(
        (r for t, r in machine.steps if t > 30), reverse=True
    )


def test_it_never_swings() -> None:
    """At the edge, where a rung just does not hold, the attempts to come back grow rare."""
    machine = Machine(lambda rung, t: 0.0175 if rung == 0 else 0.010)
    machine.run(1800)
    ups = [t for t, rung in machine.steps if rung == 0]
    assert len(ups) == 4
    assert np.diff([0.0, *ups]) == pytest.approx([*AVOIDED_S, AVOIDED_S[-1]], abs=3.0)
    assert machine.rate(60) > 0.995 * 60 * 0.99


SONG = 240.0
#: Parts of the top rung's cost, as the bench has them.
COSTS = (1.0, 0.85, 0.61, 0.53, 0.5, 0.45)


def in_bursts(period: float, part: float, times: float) -> Callable[[float], float]:
    """A neighbour that makes everything `times` as dear for a `part` of every `period` seconds."""
    return lambda t: times if t % period < part * period else 1.0


def at_random(seed: int, pause: float, times: float) -> Callable[[float], float]:
    """A neighbour that comes and goes after `pause` seconds on average."""
    edges = np.cumsum(np.random.default_rng(seed).exponential(pause, 2000)).tolist()
    return lambda t: times if bisect_left(edges, t) % 2 else 1.0


@pytest.mark.parametrize(("whole", "times"), [(0.010, 2.5), (0.022, 1.5), (0.022, 2.5)])
def test_a_noisy_neighbour_moves_it_a_few_times_a_song(whole: float, times: float) -> None:
    """Whatever the rhythm of the load: at most eight steps in four minutes, and the rate is kept where it can be."""
    loads = [in_bursts(period, part, times) for period, part in ((1.0, 0.1), (4.0, 0.5), (15.0, 0.3), (50.0, 0.5))]
    loads += [at_random(seed, pause, times) for seed, pause in enumerate((0.5, 5.0, 20.0))]
    for number, load in enumerate(loads):
        noise = np.random.default_rng(number).lognormal(0.0, 0.08, 1000).tolist()
        machine = Machine(
            lambda rung, t, load=load, noise=noise: whole * COSTS[rung] * load(t) * noise[int(t * 60) % 1000]
        )
        machine.run(SONG)
        assert len(machine.steps) <= 8, (number, machine.steps)
        if whole * COSTS[-1] * times < 0.9 / 60:
            assert machine.rate(20) > 0.95 * 60, number


def test_what_did_not_hold_is_avoided_for_minutes() -> None:
    machine = Machine(lambda rung, t: 0.022 * COSTS[rung] * in_bursts(30.0, 0.3, 2.0)(t))
    machine.run(3 * SONG)
    left: dict[int, float] = {}
    for t, rung in machine.steps:
        before = left.get(rung)
        assert before is None or t - before >= AVOIDED_S[0], (t, rung, machine.steps)
        left.update(dict.fromkeys(range(rung), t))
    assert len(machine.steps) <= 14


def test_after_a_calm_it_comes_back_though_it_was_to_be_avoided() -> None:
    """Three bursts, and each rung is avoided for ten minutes; then the neighbour is gone."""
    machine = Machine(lambda rung, t: 0.010 * COSTS[rung] * (in_bursts(80.0, 0.2, 5.0)(t) if t < 350 else 1.0))
    machine.run(350)
    assert len(machine.steps) <= 10
    assert machine.rung == LAST
    machine.run(150)
    assert machine.rung == 0
    assert len([t for t, _ in machine.steps if t > 350]) <= 3


@pytest.mark.parametrize("target", [24.0, 30.0, 60.0, 144.0])
def test_one_long_stall_costs_nothing(target: float) -> None:
    machine = Machine(lambda rung, t: 3.0 if 5 < t < 5.02 else 0.5 / target, target)
    machine.run(20)
    assert machine.steps == []


def test_what_else_can_be_given_up_goes_first_and_nothing_is_forgotten() -> None:
    governor, given = Governor(), [True, False, True]
    t, rung, steps = 0.0, 0, []
    while t < 12:
        t += 0.030
        wanted = governor.step(t, -0.013, 60.0, rung, lambda: given.pop(0) if given else False)
        if wanted != rung:
            steps.append(round(t, 1))
        rung = wanted
    assert not given
    assert len(steps) == 3, "two steps were saved"
    while t < 12 + AVOIDED_S[0] - 15:
        t += 1 / 60
        rung = governor.step(t, 0.012, 60.0, rung)
    assert rung == LAST, "what did not hold is known still"


def test_it_goes_back_to_where_it_held_at_once() -> None:
    machine = Machine(lambda rung, t: (0.040 if t < 20 or 85 < t < 120 else 0.008) * 0.75**rung)
    machine.run(20)
    held = machine.rung
    machine.run(65)
    assert machine.rung == 0
    machine.run(5)
    assert [rung for t, rung in machine.steps if t > 85] == [held]


def test_a_noisy_machine_is_kept_within_five_percent() -> None:
    rng = np.random.default_rng(0)
    machine = Machine(lambda rung, t: 0.022 * 0.75**rung * rng.lognormal(0.0, 0.15))
    machine.run(300)
    assert machine.rate(5) > 0.95 * 60
    assert len(machine.steps) < 10


def test_the_target_is_what_counts() -> None:
    slow, quick = Machine(ladder(0.030), 30.0), Machine(ladder(0.030), 60.0)
    slow.run(10)
    quick.run(10)
    assert slow.steps == []
    assert quick.rung > 0


def test_rungs_that_change_nothing_are_passed_over() -> None:
    def of_fixed_size(rung: Rung) -> Hashable:
        return rung.rest

    machine = Machine(lambda rung, t: 0.030, effect=of_fixed_size)
    machine.run(3)
    assert [LADDER[rung].rest for _, rung in machine.steps] == [True]
    machine.cost = lambda rung, t: 0.005
    machine.run(AVOIDED_S[0] + 3)
    assert not LADDER[machine.rung].rest


def test_the_ladder_only_takes_away() -> None:
    def much(rung: Rung) -> tuple[float, ...]:
        return rung.canvas, rung.picture, -rung.rest

    for above, below in itertools.pairwise(LADDER):
        assert all(a >= b for a, b in zip(much(above), much(below), strict=True))
        assert much(above) != much(below)


def test_offline_there_is_time() -> None:
    snapshot = Snapshot({RUNG: 5, "/x": 1.0})
    assert rung_of(snapshot) is LADDER[5]
    assert rung_of(unhurried(snapshot)) is LADDER[0]
    assert unhurried(snapshot)["/x"] == 1.0
    assert rung_of(Snapshot({})) is LADDER[0]


def test_a_step_is_eased() -> None:
    """In small steps, in show time, at any frame rate; what cannot be had in parts is there at once."""
    for fps in (24, 30, 60, 144):
        easing = Easing()
        assert easing.step(0.0, LADDER[0]) == LADDER[0]
        for wanted, before in ((LADDER[LAST], LADDER[0]), (LADDER[2], LADDER[LAST])):
            since = easing._since + 10.0
            seen = [before] + [easing.step(since + n / fps, wanted) for n in range(fps)]
            assert seen[1 + round(EASE_S * fps) + 1] == wanted
            assert EASE_S < SETTLE_S, "a step that is not over is not judged"
            for a, b in itertools.pairwise(seen):
                assert abs(a.canvas - b.canvas) <= STEP + abs(wanted.canvas - before.canvas) / (EASE_S * fps)
                assert abs(a.picture - b.picture) <= STEP + abs(wanted.picture - before.picture) / (EASE_S * fps)
            assert all(rung.rest == wanted.rest for rung in seen[1:])


def test_an_eased_step_that_is_called_back_turns_round_where_it_is() -> None:
    easing = Easing()
    easing.step(0.0, LADDER[0])
    easing.step(1.0, LADDER[2])
    half = easing.step(1.0 + EASE_S / 2, LADDER[2])
    assert LADDER[2].canvas < half.canvas < 1.0
    assert easing.step(1.0 + EASE_S / 2, LADDER[0]).canvas == half.canvas
    assert easing.step(1.0 + 2 * EASE_S, LADDER[0]) == LADDER[0]
