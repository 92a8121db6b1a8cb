"""What is told on the panel and on the terminal, and for how long."""

import os
import pty
import queue
import time
from dataclasses import replace

import pytest

from vj.apps.assemble import Settings, assemble
from vj.apps.live.hud import Taps, words
from vj.apps.live.loop import Live, Parts
from vj.apps.live.notices import EVENT_S, LINGER_S, MOST, Notices
from vj.apps.live.ticker import Ticker, live_line, news
from vj.core.handoff import SampleRing
from vj.core.params import Snapshot
from vj.core.types import Event
from vj.outputs.null import Null
from vj.outputs.overlay.panel import HudState, paint

STATE = HudState(
    displayed_fps=58.7, input_db=-12.4, bpm=124.2, bundle="worlds", director="pulse · undertow",
    classes=(("silk", 0.7),), cue="2 Build",
)  # fmt: skip


class Silence:
    """An input that never delivers a block."""

    name, rate, overruns, lost, silent = "nothing", 48000, 0, False, False


def test_what_happened_is_told_for_a_while() -> None:
    notices = Notices()
    notices.say("one", 0.0)
    notices.say("two", 1.0)
    assert notices.standing(EVENT_S - 0.1) == ("one", "two")
    notices.say("one", EVENT_S - 0.1)
    assert notices.standing(EVENT_S) == ("two", "one"), "said again, it is the newest"
    assert notices.standing(3 * EVENT_S) == ()


def test_what_is_so_is_told_until_it_is_over() -> None:
    notices = Notices()
    for second in range(60):
        notices.hold("input is gone", float(second))
        notices.hold("", float(second))
        assert notices.standing(float(second)) == ("input is gone",)
    assert notices.standing(59.0 + LINGER_S - 0.1) == ("input is gone",)
    assert notices.standing(59.0 + LINGER_S) == ()


def test_a_word_that_is_kept_for_ever_is_told_once_for_each_time() -> None:
    notices = Notices()
    notices.heed("desk", "no such address", 1, 0.0)
    notices.heed("desk", "no such address", 1, 5.0)
    assert notices.standing(EVENT_S) == ()
    notices.heed("desk", "no such address", 2, EVENT_S)
    assert notices.standing(EVENT_S) == ("no such address",)


def test_the_panel_grows_with_what_it_has_to_say() -> None:
    plain = paint(STATE, 1.0)
    short = paint(replace(STATE, notices=("the input is gone",)), 1.0)
    long = paint(replace(STATE, notices=("the input is gone " * 12,)), 1.0)
    knob = paint(replace(STATE, waiting=(("latent psi", 0.2, 0.7),)), 1.0)
    assert plain.height < short.height < long.height
    assert knob.height > plain.height
    tapped = paint(replace(STATE, tap="tap 3"), 1.0)
    assert tapped.crop((240, 100, 290, 120)).tobytes() != plain.crop((240, 100, 290, 120)).tobytes()
    ranged = paint(replace(STATE, preferred="80-160"), 1.0)
    assert ranged.crop((290, 100, 340, 120)).tobytes() != plain.crop((290, 100, 340, 120)).tobytes()


def test_keys_that_are_too_many_for_a_window_stand_in_columns() -> None:
    keys = tuple((str(number), f"deed {number}") for number in range(37))
    tall, low = (paint(replace(STATE, keys=keys), 1.0, room) for room in (1240.0, 680.0))
    assert tall.height > 680.0 >= low.height
    assert low.width > tall.width
    assert low.height < 0.7 * tall.height, "columns are about as long as each other"
    ink = [sum(pixel > 200 for pixel in image.convert("L").tobytes()) for image in (tall, low)]
    assert ink[0] == ink[1], "every word is there, and whole"


def test_taps_are_counted_in_one_go() -> None:
    taps = Taps()
    told = []
    for second, fired in ((0.0, 0), (1.0, 1), (1.5, 2), (2.0, 3), (9.0, 3), (9.5, 4)):
        taps.step(second, Snapshot({"/tempo/tap": fired}, second, 1))
        told.append(taps.words(second))
    assert told == ["", "tap again", "tap 2", "tap 3", "", "tap again"]


def test_the_live_line_says_what_matters() -> None:
    line = live_line(replace(STATE, badges=("REC",)))
    for word in ("59 fps", "-12 dB", "124 BPM", "worlds", "undertow", "silk 70%", "cue 2 Build", "REC"):
        assert word in line
    assert "silent" in live_line(replace(STATE, input_db=-120.0))


def test_only_changes_are_news() -> None:
    assert list(news(STATE, replace(STATE, displayed_fps=31.0, input_db=-3.0, bpm=99.0))) == []
    changed = replace(STATE, cue="3 Drop", badges=("REC",), notices=("input is back",))
    assert list(news(STATE, changed)) == ["cue 3 Drop", "REC", "input is back"]
    assert list(news(changed, STATE)) == ["cue 2 Build", "no longer REC"]


@pytest.mark.realtime
@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_has_a_line_that_lives_and_a_pipe_only_news(terminal: bool) -> None:
    reader, writer = pty.openpty() if terminal else os.pipe()
    with open(writer, "w", encoding="utf-8") as out:
        ticker = Ticker(out)
        ticker.start()
        for state in (STATE, replace(STATE, displayed_fps=31.0), replace(STATE, cue="3 Drop")):
            ticker.tell(state)
            time.sleep(0.3)
        ticker.stop()
        said = os.read(reader, 65536).decode()
    os.close(reader)
    assert any(line.rstrip().endswith("cue 3 Drop") and line[2] == ":" for line in said.replace("\r", "\n").split("\n"))
    assert ("31 fps" in said) == terminal
    assert ("\r" in said) == terminal
    assert len(said.splitlines()) == 1 or terminal


@pytest.mark.realtime
def test_tapping_and_waiting_knobs_reach_the_panel() -> None:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    show, desk = assemble(Settings(bundle="testcard", director="manual", size=(64, 36), threads=1), 48000)
    with Live(Parts(show, desk, Silence(), SampleRing(48000), Null(), events, reach="OSC port 7402"), 60.0) as live:
        live.run(0.2)
        events.put(Event("/latent/psi", (0.9,), "midi:knobs", scaled=True, pickup=True))
        events.put(Event("/latent/psy", (0.9,), "osc"))
        events.put(Event("/tempo/bmp", (120.0,), "osc"))
        for _ in range(3):
            events.put(Event("/tempo/tap"))
        live.run(0.3)
        told = words(live)
    assert told.tap == "tap 3"
    assert told.reach == "OSC port 7402"
    assert [(name, round(knob, 2)) for name, knob, _ in told.waiting] == [("latent psi", 0.9)]
    assert told.waiting[0][2] == pytest.approx(desk.table["/latent/psi"].unscale(told_value(live)), abs=0.01)
    assert any("/latent/psi" in notice for notice in told.notices), "what was meant by a mistyped address"
    assert any("/tempo/bpm" in notice for notice in told.notices), "and by the next one in the same tick"


def told_value(live: Live) -> float:
    return float(live.snapshot["/latent/psi"])  # type: ignore[arg-type]


def test_a_flood_of_notices_leaves_the_newest() -> None:
    notices = Notices()
    for n in range(5 * MOST):
        notices.say(f"word {n}", now=0.0)
    assert len(notices.standing(1.0)) == MOST
    assert notices.standing(1.0)[-1] == f"word {5 * MOST - 1}"
