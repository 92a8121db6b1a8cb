"""When a frame's steps are due, on a simulated clock."""

from dataclasses import dataclass, field

import pytest

from vj.engine.timing.pacing import MARGIN_S, Pacing

PERIOD = 1.0 / 60.0


@dataclass
class Player:
    """Shows frames as a show does, with steps that take known seconds. All times in seconds."""

    pacing: Pacing = field(default_factory=lambda: Pacing(PERIOD))
    generate: float = 0.006
    draw: float = 0.003
    paced: bool = False
    now: float = 100.0
    swaps: list[float] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    old: int = 0  # frames that show the picture of a frame before

    def frame(self, hang: float = 0.0, also_read: bool = False) -> None:
        p = self.pacing
        self.now += p.before_asking(self.now)
        self.asked.append(self.now)
        assert p.asks(self.now, rest=False)
        waits = max(p.patience(self.now, self.paced), 0.0)
        self.old += waits < self.generate
        self.now += min(waits, self.generate)
        p.generated(self.generate)
        if not self.paced:
            self.now += p.before_drawing(self.now)
        self.now += self.draw + hang
        p.drew(self.draw + hang, also_read)
        if self.paced:
            self.now += -self.now % PERIOD  # the driver
        else:
            self.now += p.before_swapping(self.now)
        p.goes_on(self.now, self.paced)
        self.swaps.append(self.now)
        p.shown(self.now)

    def play(self, frames: int = 200) -> None:
        self.pacing.begin(self.now)
        for _ in range(frames):
            self.frame()

    def early(self) -> float:
        """Seconds before a frame is due at which its drawing begins."""
        return self.pacing.deadline - self.now - self.pacing.before_drawing(self.now)

    def gaps(self) -> list[float]:
        return [after - before for before, after in zip(self.swaps, self.swaps[1:], strict=False)]


@pytest.mark.parametrize("paced", [False, True])
@pytest.mark.parametrize(("generate", "draw"), [(0.001, 0.001), (0.006, 0.003), (0.010, 0.004)])
def test_every_frame_is_in_time_and_new(generate: float, draw: float, paced: bool) -> None:
    player = Player(generate=generate, draw=draw, paced=paced)
    player.play()
    assert player.gaps() == pytest.approx([PERIOD] * 199)
    assert player.old == 0


def test_a_picture_is_asked_for_as_late_as_it_can_be() -> None:
    player = Player()
    player.play(400)
    before = [swap - asked for swap, asked in zip(player.swaps, player.asked, strict=True)]
    assert before[0] > before[-1]
    assert before[-1] == pytest.approx(0.006 + 0.003 + MARGIN_S, abs=1e-4)


def test_a_slow_generator_costs_the_display_no_more_than_lenience_once() -> None:
    player = Player(generate=0.1)
    player.play()
    assert player.old == 200
    assert sum(player.gaps()) / 199 == pytest.approx(PERIOD, rel=0.3)
    assert max(player.gaps()) < 1.3 * PERIOD


def test_a_frame_that_was_missed_is_not_made_up_for() -> None:
    player = Player()
    player.play(50)
    player.frame(hang=0.5)
    for _ in range(50):
        player.frame()
    gaps = player.gaps()
    assert gaps[49] == pytest.approx(0.5, rel=0.1)
    assert min(gaps) == pytest.approx(PERIOD)
    assert gaps[51:] == pytest.approx([PERIOD] * 49)


def test_after_one_slow_drawing_it_draws_early_for_a_while() -> None:
    player = Player()
    player.play(400)
    assert player.early() == pytest.approx(0.003 + MARGIN_S)
    player.frame(hang=0.004)
    assert player.early() == pytest.approx(0.007 + MARGIN_S)
    for _ in range(100):
        player.frame()
    assert player.early() == pytest.approx(0.003 + MARGIN_S)


def test_a_frame_that_was_read_back_says_nothing_of_drawing() -> None:
    player = Player()
    player.play(400)
    player.frame(hang=0.004, also_read=True)
    assert player.early() == pytest.approx(0.003 + MARGIN_S)


def test_no_drawing_is_awaited_for_more_than_half_a_frame() -> None:
    pacing = Pacing(PERIOD)
    pacing.begin(0.0)
    pacing.drew(3.0, also_read=False)
    assert pacing.before_drawing(0.0) == pytest.approx(PERIOD / 2 - MARGIN_S)


def test_a_generator_at_rest_is_asked_when_it_has_rested_as_long_as_it_worked() -> None:
    pacing = Pacing(PERIOD)
    assert pacing.asks(1.0, rest=True)
    pacing.generated(0.040)
    assert not pacing.asks(1.079, rest=True)
    assert pacing.asks(1.079, rest=False)
    assert not pacing.asks(1.158, rest=True)
    assert pacing.asks(1.160, rest=True)


def test_a_quick_generator_at_rest_makes_every_other_picture() -> None:
    pacing = Pacing(PERIOD)
    pacing.generated(0.001)
    times = [1.0 + n * PERIOD for n in range(20)]
    assert [pacing.asks(t, rest=True) for t in times] == [True, False] * 10


def test_what_is_heard_is_what_sounds_in_the_middle_of_a_frame() -> None:
    player = Player()
    player.play(400)
    p = player.pacing
    assert p.seen(player.now, 0.0) == pytest.approx(player.now + 1.5 * PERIOD)
    assert p.seen(player.now, 0.030) == pytest.approx(player.now + 1.5 * PERIOD + 0.030)


def test_a_frame_that_stood_for_seconds_says_nothing_of_the_next_ones() -> None:
    player = Player()
    player.play(400)
    player.frame(hang=5.0)
    assert player.pacing.seen(player.now, 0.0) < player.now + 2.0 * PERIOD
