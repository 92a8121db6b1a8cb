"""Keys and pads reach every class and look, a page at a time, and lamps show which is on, whoever put it on."""

import numpy as np
import pytest

from vj.core.params import Param
from vj.core.types import Cue, Event, Value
from vj.devices.keys import key_events
from vj.engine.console import full_table
from vj.engine.cues.looks import Look, Looks
from vj.engine.cues.setlist import Setlist
from vj.engine.desk import Desk
from vj.engine.pads import seen, turned

TABLE: dict[str, Param] = full_table()
CLASSES = tuple(f"world{n}" for n in range(24))
NAMES = tuple(f"look{n}" for n in range(13))
CUES = (
    Cue("1", "Doors", {"/model/mix": ((3, 0.7), (5, 0.3))}),
    Cue("2", "Drop", {"/model/mix": ((20, 1.0),), "/look": "look4"}),
)


@pytest.fixture
def desk() -> Desk:
    looks = {name: Look(name, classes=(CLASSES[7], 1.0)) for name in NAMES}
    return Desk(TABLE, {"worlds": CLASSES, "testcard": ("bars", "rings")}, Setlist(cues=CUES), Looks(looks, TABLE))


def press(desk: Desk, key: str, *mods: str) -> None:
    for event in key_events(key, mods, desk.table):
        assert desk.apply(event), desk.notice


def on(desk: Desk, *addresses: str) -> list[Value]:
    snapshot = desk.tick(desk._t + 1.0)
    return [snapshot[address] for address in addresses]


def test_the_digits_reach_every_class_and_look(desk: Desk) -> None:
    classes, looks = [], []
    for _ in range(3):
        for digit in "1234567890":
            press(desk, digit)
            press(desk, digit, "shift")
            classes += on(desk, "/model/class")
            looks += on(desk, "/look")
            press(desk, digit)
            assert on(desk, "/model/pad", "/look/pad") == [(int(digit) - 1) % 10] * 2
        press(desk, "right")
        press(desk, "right", "shift")
    assert set(looks) == set(NAMES)
    assert looks[:3] == ["look0", "look1", "look2"]
    press(desk, "1")
    assert on(desk, "/model/class") == [0], "after the last page comes the first"
    press(desk, "left")
    press(desk, "4")
    assert on(desk, "/model/class") == [23]
    assert "class 21 of 24: world20" in desk.notice


@pytest.mark.parametrize(
    ("first", "by", "count", "expected"),
    [
        *[(0, 10, 24, 10), (10, 10, 24, 20), (20, 10, 24, 0), (0, -10, 24, 20), (20, -10, 24, 10), (4, -10, 24, 0)],
        *[(0, 10, 5, 0), (0, -10, 5, 0), (0, 8, 8, 0), (0, -8, 24, 16), (99, 10, 5, 0)],
    ],
)
def test_pages_turn_round(first: int, by: int, count: int, expected: int) -> None:
    assert turned(first, by, count) == expected


def test_lamps_follow_cues_looks_and_the_wire(desk: Desk) -> None:
    lamps = ("/model/class", "/model/pad", "/look", "/look/pad", "/cue/goto")
    assert on(desk, *lamps) == [0, 0, "none", -1, ""]
    desk.apply(Event("/cue/go"))
    assert on(desk, *lamps) == [3, 3, "none", -1, "1"]
    desk.apply(Event("/cue/go"))
    assert on(desk, *lamps) == [20, 20, "look4", 4, "2"]
    desk.apply(Event("/look", ("look2",)))
    assert on(desk, *lamps) == [7, 7, "look2", 2, "2"]
    desk.apply(Event("/model/mix", ("world1", 0.2, "world9", 0.8)))
    assert on(desk, *lamps) == [9, 9, "look2", 2, "2"]
    desk.apply(Event("/model/page", (8,)))
    assert on(desk, "/model/class", "/model/pad") == [9, 1]
    desk.apply(Event("/cue/back"))
    assert on(desk, *lamps) == [3, 19, "look2", 2, "1"]


def test_lamps_show_the_class_a_director_chose(desk: Desk) -> None:
    weights = np.eye(24, dtype=np.float32)[6]
    assert seen(desk.tick(0.0), weights)["/model/pad"] == 6
    desk.apply(Event("/model/class", (2,)))
    assert seen(desk.tick(0.1), weights)["/model/pad"] == 2, (
        "what was struck is lit at once, not when the morph is over"
    )


def test_the_ends_of_the_setlist_say_so(desk: Desk) -> None:
    for _ in CUES:
        press(desk, "space")
    assert not desk.notice
    press(desk, "space")
    assert desk.notice == "this is the last cue: 2 Drop"
    assert desk.cue is CUES[1]
    press(desk, "backspace")
    press(desk, "backspace")
    assert desk.notice == "this is the first cue: 1 Doors"
    told = desk.told
    press(desk, "backspace")
    assert (desk.told, desk.refused) == (told + 1, 0), "said again"


def test_without_looks_their_keys_say_so() -> None:
    desk = Desk(TABLE, {"worlds": CLASSES})
    press(desk, "1", "shift")
    press(desk, "right", "shift")
    assert desk.notice == "there are no looks"
