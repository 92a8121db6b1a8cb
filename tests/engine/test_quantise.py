"""What is asked for comes on the next line of the music, as it is shown."""

import pytest
from tests_music import CLASSES, music

from vj.core.types import Cue, Event
from vj.engine.console import full_table
from vj.engine.cues.looks import Look, Looks
from vj.engine.cues.setlist import Setlist
from vj.engine.desk import Desk
from vj.engine.timing.lines import Lines
from vj.engine.timing.quantise import FORGIVEN

TABLE = full_table()
LOOKS = Looks({name: Look(name, name.title()) for name in ("dawn", "reef")}, TABLE)
CUES = (Cue("1", "Doors", {}), Cue("2", "Drop", {}), Cue("3", "Out", {}))
FPS = 60.0


def desk(word: str = "bar") -> Desk:
    d = Desk(TABLE, CLASSES, Setlist(cues=CUES), LOOKS)
    send(d, "/master/quantise", word)
    return d


def send(d: Desk, address: str, *args: float | int | bool | str, source: str = "osc:t") -> bool:
    return d.apply(Event(address, args, source))


def until(d: Desk, t: float, start: float, address: str, **heard: object) -> float:
    """Show time of the first frame between `start` and `t` on which the value at `address` is another; -1: none."""
    before = d.wished[address]
    n = round(start * FPS)
    while (n := n + 1) / FPS <= t:
        d.tick(n / FPS, music(n / FPS, **heard))  # type: ignore[arg-type]
        if d.wished[address] != before:
            return n / FPS
    return -1.0


def begin(d: Desk, t: float, **heard: object) -> None:
    d.tick(t - 1 / FPS, music(t - 1 / FPS, **heard))  # type: ignore[arg-type]
    d.tick(t, music(t, **heard))  # type: ignore[arg-type]


# at 120 BPM a beat is 0.5 s, a bar 2 s, a phrase of eight bars 16 s
@pytest.mark.parametrize(
    ("word", "heard", "when"),
    [
        ("now", {}, 4.7 + 1 / FPS),
        ("beat", {}, 5.0),
        ("bar", {}, 6.0),
        ("bar", {"downbeat": 1}, 6.5),
        ("bar", {"metre": 3}, 6.0),
        ("bar", {"bar_sure": 0.0, "downbeat": 2}, 5.0),
        ("phrase", {"phrase": 8}, 16.0),
        ("phrase", {"phrase": 4, "downbeat": 2}, 9.0),
        ("phrase", {}, 6.0),
    ],
)
@pytest.mark.parametrize(
    ("address", "args", "shows"),
    [
        ("/look", ("dawn",), "/look"),
        ("/model/class", ("ink",), "/model/mix"),
        ("/cue/go", (), "/cue/goto"),
        ("/cue/goto", ("3",), "/cue/goto"),
    ],
)
def test_it_comes_on_the_first_frame_of_the_line(
    word: str, heard: dict, when: float, address: str, args: tuple, shows: str
) -> None:
    d = desk(word)
    begin(d, 4.7, **heard)
    before = d.wished[shows]
    assert send(d, address, *args)
    if word == "now":
        assert d.wished[shows] != before
        assert d.overview()["pending"] == []
    else:
        assert len(d.overview()["pending"]) == 1
        assert until(d, 20.0, 4.7, shows, **heard) == pytest.approx(when, abs=1 / FPS)
        assert d.overview()["pending"] == []


def test_pending_says_what_and_when_and_counts_in() -> None:
    d = desk("phrase")
    begin(d, 4.7, phrase=4)
    send(d, "/look", "reef")
    assert d.notice == "on the next phrase: look reef"
    assert d.ahead == "look reef"
    send(d, "/cue/go", 1.0)
    send(d, "/cue/go", 0.0)
    assert d.overview()["pending"] == [
        {"what": "look reef", "when": "phrase", "left": 7},
        {"what": "cue go", "when": "phrase", "left": 7},
    ]
    d = desk("phrase")
    begin(d, 4.7)
    send(d, "/model/class", "ink")
    assert d.overview()["pending"] == [{"what": "class ink", "when": "bar", "left": 3}]
    assert d.ahead == "class ink"
    assert not send(d, "/preset/3/recall")
    send(d, "/preset/3/store")
    send(d, "/preset/3/recall")
    assert d.ahead == "preset 3", "the newest"


def test_a_press_just_after_a_line_is_in_time_and_one_later_is_not() -> None:
    for late, waits in ((FORGIVEN - 0.02, False), (FORGIVEN + 0.02, True)):
        d = desk()
        begin(d, 6.0 + late)
        send(d, "/look", "dawn")
        assert (d.wished["/look"] == "dawn") is not waits


def test_a_newer_one_of_the_same_kind_takes_its_place_and_panic_cancels_all() -> None:
    d = desk()
    begin(d, 4.7)
    send(d, "/look", "dawn")
    send(d, "/look", "reef")
    assert [row["what"] for row in d.overview()["pending"]] == ["look reef"]
    send(d, "/cue/go")
    send(d, "/master/panic")
    assert d.overview()["pending"] == []
    assert until(d, 9.0, 4.7, "/look") == -1.0
    assert d.cue is None


def test_to_say_now_lets_come_what_waits() -> None:
    d = desk()
    begin(d, 4.7)
    send(d, "/look", "dawn")
    send(d, "/master/quantise", "now")
    assert until(d, 5.0, 4.7, "/look") == pytest.approx(4.7 + 1 / FPS, abs=0.02)


def test_without_a_tempo_all_is_done_at_once_and_a_break_has_one() -> None:
    d = desk()
    begin(d, 4.7, sure=0.0, state="silence")
    send(d, "/look", "dawn")
    assert d.wished["/look"] == "dawn"
    begin(d, 5.0)
    begin(d, 5.5, sure=0.2, state="break")
    send(d, "/look", "reef")
    assert d.wished["/look"] == "dawn", "the beat that was goes on through a break"
    d.tick(7.5, music(7.5, sure=0.0, state="silence"))
    assert d.wished["/look"] == "reef", "and is over with the song, with which all that waits comes"
    fresh = desk()
    send(fresh, "/look", "dawn")
    assert fresh.wished["/look"] == "dawn", "nothing was heard yet"


def test_a_drop_is_a_line_wherever_bars_were_thought_to_lie() -> None:
    d = desk("phrase")
    begin(d, 4.7, phrase=8)
    send(d, "/look", "dawn")
    d.tick(5.1, music(5.1, phrase=8, state="drop", drops=1, since=5.1))
    assert d.wished["/look"] == "dawn"
    begin(d, 5.5, phrase=8, state="drop", drops=1, downbeat=1)
    d = desk("phrase")
    begin(d, 5.0, phrase=8)
    d.tick(5.1, music(5.1, phrase=8, drops=1))
    d.tick(5.3, music(5.3, phrase=8, drops=1))
    send(d, "/look", "reef")
    assert d.wished["/look"] == "none"
    assert until(d, 20.0, 5.3, "/look", phrase=8, drops=1) == pytest.approx(5.5, abs=1 / FPS), "late for it: next beat"


def test_a_resync_is_a_line_and_bars_found_elsewhere_are_none() -> None:
    d = desk()
    begin(d, 4.7)
    send(d, "/look", "dawn")
    d.tick(4.8, music(4.8, beats=12.0))
    assert d.wished["/look"] == "dawn", "now a bar begins"
    d = desk()
    begin(d, 4.7)
    send(d, "/look", "dawn")
    assert until(d, 20.0, 4.7, "/look", downbeat=-1) == pytest.approx(5.5, abs=1 / FPS)
    lines = Lines()
    lines.step(4.7, music(4.7))
    lines.step(4.71, music(4.71, downbeat=1))
    assert not lines.crossed("bar"), "nothing is struck for that alone"


def test_what_makes_no_sense_is_refused_at_once_and_programs_need_not_wait() -> None:
    d = desk()
    begin(d, 4.7)
    for address, args in (("/look", ("dwan",)), ("/cue/goto", ("9",)), ("/model/class", ("inc",))):
        assert not send(d, address, *args)
    assert d.overview()["pending"] == []
    send(d, "/look", "dawn", source="auto")
    assert d.wished["/look"] == "dawn"


@pytest.mark.parametrize("fps", [24.0, 60.0, 144.0])
def test_it_is_never_early_and_never_a_frame_late_at_any_rate_and_tempo(fps: float) -> None:
    for bpm in (61.3, 128.0, 173.7):
        d = desk()
        bar = 240.0 / bpm
        n = round(1.3 * bar * fps)
        d.tick((n - 1) / fps, music((n - 1) / fps, bpm=bpm))
        d.tick(n / fps, music(n / fps, bpm=bpm))
        send(d, "/look", "dawn")
        while d.wished["/look"] != "dawn":
            n += 1
            d.tick(n / fps, music(n / fps, bpm=bpm))
        assert 2.0 * bar - 1e-3 <= n / fps < 2.0 * bar + 1.0 / fps
