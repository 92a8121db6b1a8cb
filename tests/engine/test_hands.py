"""Macros put together while they are played, and one parameter let go of."""

import json

import pytest
from tests_music import CLASSES

from vj.core.params import Snapshot
from vj.core.types import Cue, Event
from vj.engine.console import full_table
from vj.engine.cues.setlist import Setlist
from vj.engine.desk import Desk

PSI, SPEED = "/latent/psi", "/master/speed"
TABLE = full_table()


def desk(*cues: Cue) -> Desk:
    return Desk(TABLE, CLASSES, Setlist(cues=cues))


def send(d: Desk, address: str, *args: float | int | bool | str, source: str = "web:1") -> bool:
    return d.apply(Event(address, args, source))


def settled(d: Desk, seconds: float = 2.0) -> Snapshot:
    snapshot = d.tick(d._t)
    for _ in range(int(seconds * 50)):
        snapshot = d.tick(d._t + 0.02)
    return snapshot


def test_a_macro_is_assigned_with_its_points_turned_round_and_bent() -> None:
    d = desk()
    assert send(d, "/macro/drop", 1)
    assert send(d, "/macro/assign", 1, SPEED, 3.0, 1.0)
    assert send(d, "/macro/assign", 1, PSI, 0.0, 1.0, "square")
    assert send(d, "/macro/assign", 1, "/master/freeze")
    send(d, "/macro/1", 0.25)
    snapshot = settled(d)
    assert snapshot[SPEED] == pytest.approx(2.5, abs=1e-3)
    assert snapshot[PSI] == pytest.approx(0.0625, abs=1e-3)
    assert snapshot["/master/freeze"] is False
    send(d, "/macro/assign", 1, PSI, 0.5, 1.5)
    send(d, "/macro/1", 1.0)
    assert settled(d)[PSI] == pytest.approx(1.5, abs=1e-3), "the same address again has other points"
    told = d.overview()["macros"]["1"]
    assert [t["address"] for t in told] == [SPEED, PSI, "/master/freeze"]
    assert told[1] == {"address": PSI, "lo": 0.5, "hi": 1.5}


@pytest.mark.parametrize(
    ("deed", "args"),
    [
        ("assign", (9, PSI)),
        ("assign", (1, "/latent/psy")),
        ("assign", (1, "/director/select")),
        ("assign", (1, "/macro/2")),
        ("assign", (1, PSI, 1.0, 1.0)),
        ("assign", (1, PSI, 0.0, 1.0, "bent")),
        ("assign", (1, PSI, float("nan"))),
        ("assign", (1,)),
        ("drop", (1, SPEED)),
        ("drop", (0,)),
        ("learn", (11,)),
    ],
)
def test_nonsense_changes_nothing(deed: str, args: tuple) -> None:
    d = desk()
    before = d.overview()["macros"]
    assert not send(d, f"/macro/{deed}", *args)
    assert d.overview()["macros"] == before
    assert d.memory()["macros"] == {}


def test_points_are_kept_within_what_the_parameter_may_be() -> None:
    d = desk()
    send(d, "/macro/assign", 2, PSI, -5.0, 99.0)
    assert d.macros[2][-1] == (PSI, TABLE[PSI].lo, TABLE[PSI].hi)


def test_a_macro_learns_what_is_touched_next_and_the_touch_does_nothing_else() -> None:
    d = desk()
    send(d, "/macro/learn", 3)
    assert d.overview()["learn"]["macro"] == 3
    send(d, "/macro/4", 0.5)
    send(d, PSI, 1.4)
    assert d.macros[3][-1] == (PSI, 0.0, 1.5)
    assert PSI not in d.held
    assert d.overview()["learn"]["macro"] == 0
    send(d, PSI, 1.4)
    assert PSI in d.held
    send(d, "/macro/learn", 3)
    send(d, "/macro/learn", 0)
    send(d, SPEED, 2.0)
    assert all(target[0] != SPEED for target in d.macros[3])


def test_while_something_is_learnt_lights_and_keys_do_what_they_do_and_panic_ends_it() -> None:
    d = desk()
    for learn, args in (("/macro/learn", (3,)), ("/mod/learn", (True,))):
        send(d, learn, *args)
        assert send(d, "/master/blackout", True)
        assert d.wished["/master/blackout"] is True
        assert send(d, SPEED, 2.5, source="key")
        assert d.wished[SPEED] == 2.5
        assert send(d, "/master/panic")
        told = d.overview()["learn"]
        assert (told["on"], told["macro"]) == (False, 0)
        assert send(d, PSI, 0.7)
        assert d.wished[PSI] == 0.7


def test_a_macro_stands_where_what_it_moves_first_does() -> None:
    d = desk()
    send(d, "/macro/drop", 5)
    send(d, SPEED, 1.0)
    send(d, "/macro/assign", 5, SPEED, 4.0, 0.0, "square")
    assert d.wished["/macro/5"] == pytest.approx(0.75**0.5, abs=1e-4)
    send(d, "/macro/drop", 5, SPEED)
    assert d.macros[5] == ()
    d.reset()


def test_what_was_put_together_survives() -> None:
    d = desk()
    send(d, "/macro/assign", 2, PSI, 1.0, 0.2, "root")
    send(d, "/macro/drop", 7)
    told = json.loads(json.dumps(d.memory()))
    fresh = desk()
    fresh.remember(told)
    assert fresh.macros == d.macros
    assert fresh.memory() == d.memory()
    told["macros"]["2"].append({"address": "/gone", "lo": 0.0, "hi": 1.0})
    again = desk()
    again.remember(told)
    assert again.macros == d.macros
    assert "/gone" in again.notice
    again.remember({"macros": {"x": 3}})


def test_one_address_is_let_go_of_and_the_others_stay() -> None:
    d = desk(Cue("1", "", {PSI: 0.4, SPEED: 0.5, "/model/mix": ((1, 1.0),)}))
    send(d, "/cue/go")
    send(d, PSI, 1.2)
    send(d, SPEED, 3.0)
    send(d, "/model/class", "nebula")
    assert send(d, "/desk/release", PSI)
    snapshot = settled(d)
    assert snapshot[PSI] == pytest.approx(0.4, abs=1e-3)
    assert snapshot[SPEED] == pytest.approx(3.0, abs=1e-3)
    assert SPEED in snapshot.held
    assert send(d, "/desk/release", "/model/class")
    assert settled(d)["/model/mix"] == ((1, 1.0),)
    assert not send(d, "/desk/release", "/latent/psy")
    assert send(d, "/desk/release", PSI), "what is not held is let go of already"


def test_a_macro_is_let_go_of_with_what_it_moved() -> None:
    d = desk()
    send(d, "/macro/1", 1.0)
    assert {"/macro/1", PSI} <= set(d.held)
    send(d, "/desk/release", "/macro/1")
    assert d.held == []
    assert d.wished["/macro/1"] == pytest.approx((float(TABLE[PSI].default) - 0.3) / 0.9)
