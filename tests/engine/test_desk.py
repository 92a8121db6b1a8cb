import json

import pytest

from vj.core.params import Param
from vj.core.types import Cue, Duration, Event, Modulation
from vj.engine.console import full_table
from vj.engine.cues.setlist import Setlist
from vj.engine.desk import Desk, Memory
from vj.engine.walker import Walker

CLASSES = {"worlds": ("mandala", "ink", "nebula"), "testcard": ("bars", "rings")}
CUES = (
    Cue("1", "Doors", {"/latent/psi": 0.4, "/model/mix": ((1, 1.0),)}),
    Cue("2", "Drop", {"/latent/psi": 1.2}, fade=Duration(4.0, "beats")),
    Cue("3", "Out", {"/master/speed": 0.5}, follow=Duration(1.0)),
    Cue("3.5", "End", {"/master/speed": 0.1}),
)


def desk(*cues: Cue) -> Desk:
    return Desk(full_table(), CLASSES, Setlist(cues=cues))


def send(d: Desk, address: str, *args: float | int | bool | str, **how: object) -> bool:
    return d.apply(Event(address, args, **how))  # type: ignore[arg-type]


def settled(d: Desk, address: str, seconds: float = 3.0) -> object:
    """The value once smoothing is over."""
    for n in range(int(seconds * 50)):
        snapshot = d.tick(d._t + 0.02 if n else d._t)
    return snapshot[address]


@pytest.mark.parametrize(
    ("args", "value"),
    [((0.5,), 0.5), ((1,), 1.0), ((9.0,), 1.5), ((-3,), 0.0), ((True,), 1.0), (("0.25",), 0.25), (("+", 0.1), 0.9)],
)
def test_it_is_liberal_in_what_it_takes(args: tuple, value: float) -> None:
    d = desk()
    assert send(d, "/latent/psi", *args)
    assert settled(d, "/latent/psi") == pytest.approx(value, abs=1e-3)


@pytest.mark.parametrize(
    ("address", "args"),
    [
        ("/latent/psy", (0.5,)),
        ("/latent/psi", (float("nan"),)),
        ("/latent/psi", ("much",)),
        ("/model/class", ("inc",)),
        ("/model/mix", ("ink", 0.5, "nebula")),
        ("/director/select", ("drifft",)),
        ("/cue/goto", ("99",)),
        ("/model/select", ("/etc/passwd",)),
    ],
)
def test_what_makes_no_sense_is_refused_and_told(address: str, args: tuple) -> None:
    d = desk(*CUES)
    before = d.tick(0.0).values
    assert not send(d, address, *args)
    assert d.refused == 1
    assert address in d.notice
    assert d.tick(0.0).values == before


def test_a_value_is_asked_for_by_declaration_or_address() -> None:
    d = desk()
    assert send(d, "/latent/psi", 0.25)
    assert d.current(Walker.psi) == d.current("/latent/psi") == 0.25
    assert d.tick(0.0)[Walker.seed] == Walker.seed.default


def test_the_notice_names_the_nearest_word() -> None:
    d = desk()
    send(d, "/latent/psy", 1.0)
    assert "/latent/psi" in d.notice
    send(d, "/model/class", "inc")
    assert "ink" in d.notice


@pytest.mark.parametrize(("arg", "index"), [("ink", 1), ("INK", 1), (1, 1), (4, 1), (1.0, 1), ("2", 2)])
def test_a_class_goes_by_name_or_number(arg: object, index: int) -> None:
    d = desk()
    assert send(d, "/model/class", arg)
    snapshot = d.tick(0.1)
    assert snapshot["/model/mix"] == ((index, 1.0),)
    assert "/model/mix" in snapshot.held


def test_a_mix_takes_any_real_weights() -> None:
    d = desk()
    assert send(d, "/model/mix", "ink", 1.5, "nebula", -0.5)
    assert d.tick(0.1)["/model/mix"] == ((1, 1.5), (2, -0.5))


def test_buttons_count_presses_and_not_releases() -> None:
    d = desk()
    for args in ((), (1.0,), (0.0,), (1,)):
        send(d, "/tempo/tap" if "/tempo/tap" in d.table else "/latent/reseed", *args)
    assert d.tick(0.1)["/tempo/tap" if "/tempo/tap" in d.table else "/latent/reseed"] == 3


def test_toggles_flip() -> None:
    d = desk()
    seen = []
    for args in (("toggle",), ("toggle",), (True,), (0.2,), ()):
        send(d, "/master/blackout", *args)
        seen.append(d.tick(0.0)["/master/blackout"])
    assert seen == [True, False, True, False, True]


def test_values_are_smoothed_the_same_at_any_rate() -> None:
    reached = []
    for rate in (24, 60, 144):
        d = desk()
        d.tick(0.0)
        send(d, "/latent/psi", 0.0)
        for n in range(1, rate // 4 + 1):
            snapshot = d.tick(n / rate)
        reached.append(snapshot["/latent/psi"])
    assert max(reached) - min(reached) < 1e-6
    assert 0.0 < reached[0] < 0.1


def test_a_knob_must_be_picked_up() -> None:
    d = desk()  # psi 0.8 of 0..1.5 stands at 0.533
    knob = {"scaled": True, "pickup": True, "source": "midi"}
    send(d, "/latent/psi", 0.1, **knob)
    assert settled(d, "/latent/psi") == pytest.approx(0.8)
    send(d, "/latent/psi", 0.6, **knob)  # crossed it on the way
    assert settled(d, "/latent/psi") == pytest.approx(0.9, abs=1e-3)
    send(d, "/latent/psi", 0.7, **knob)
    assert settled(d, "/latent/psi") == pytest.approx(1.05, abs=1e-3)


def test_another_hand_makes_the_knob_let_go() -> None:
    d = desk()
    knob = {"scaled": True, "pickup": True, "source": "midi"}
    send(d, "/latent/psi", 0.53, **knob)
    send(d, "/latent/psi", 1.4, source="osc")
    send(d, "/latent/psi", 0.5, **knob)
    assert settled(d, "/latent/psi") == pytest.approx(1.4, abs=1e-3)


def test_macros_move_what_the_setlist_says() -> None:
    d = Desk(full_table(), CLASSES, Setlist(macros={1: (("/master/speed", 1.0, 3.0), ("/latent/psi", 1.0, 0.0))}))
    send(d, "/macro/1", 0.5)
    assert settled(d, "/master/speed") == pytest.approx(2.0, abs=1e-3)
    assert settled(d, "/latent/psi") == pytest.approx(0.5, abs=1e-3)


def test_macros_start_where_their_targets_stand() -> None:
    assert desk().tick(0.0)["/macro/8"] == 1.0


def test_panic_lets_go_of_everything() -> None:
    d = desk()
    for address, value in (("/latent/psi", 0.1), ("/master/blackout", True), ("/master/level", 0.2)):
        send(d, address, value)
    send(d, "/master/panic")
    snapshot = d.tick(0.1)
    assert not snapshot.held
    assert settled(d, "/master/level") == pytest.approx(1.0, abs=1e-3)
    assert d.tick(9.0)["/master/blackout"] is False


def test_panic_leaves_the_house_as_it_is_set_up() -> None:
    d = desk()
    kept = (("/output/record", True), ("/preset/bank", 3), ("/quality/target", 30.0), ("/safety/flash", "warn"))
    for address, value in (*kept, ("/latent/psi", 0.1)):
        send(d, address, value)
    send(d, "/master/panic")
    snapshot = d.tick(0.1)
    assert {address: snapshot[address] for address, _ in kept} == dict(kept)
    assert "/latent/psi" not in snapshot.held


def test_go_back_and_goto() -> None:
    d = desk(*CUES)
    visited = []
    for address, args in (
        ("/cue/go", ()),
        ("/cue/go", ()),
        ("/cue/back", ()),
        ("/cue/goto", ("3.5",)),
        ("/cue/go", ()),
    ):
        send(d, address, *args)
        d.tick(0.1)
        visited.append(d.cue.number if d.cue else None)
    assert visited == ["1", "2", "1", "3.5", "3.5"]
    send(d, "/cue/goto", "doors")
    assert d.cue is not None
    assert d.cue.number == "1"


def test_a_cue_fades_in_beats_and_frees_what_was_held() -> None:
    d = desk(*CUES)
    send(d, "/cue/go")
    settled(d, "/latent/psi")
    send(d, "/latent/psi", 0.0)
    t = d._t
    d.tick(t, bpm=60.0)
    send(d, "/cue/go")  # 4 beats at 60 bpm are 4 s
    values = [d.tick(t + s, bpm=60.0)["/latent/psi"] for s in (1.0, 2.0, 5.0, 8.0)]
    assert values[0] < values[1] < values[2]
    assert values[1] < 0.9
    assert values[3] == pytest.approx(1.2, abs=1e-2)


def test_bars_are_as_long_as_they_are_heard() -> None:
    """Two bars of three beats at 60 BPM are 6 s, for a fade as for what follows by itself."""
    from vj.core.types import Features
    from vj.features.state import State

    def at(t: float) -> Features:
        return Features(t, 0.01, 0, {State: State("groove", 0.0, 1, 0.0, 0.5, 0, 0, 3)})

    two = Duration(2.0, "bars")
    fading = Cue("1", "one", {"/latent/psi": 1.2}, fade=two, follow=two)
    d = Desk(full_table(), CLASSES, Setlist(cues=(fading, Cue("2", "two", {}))))
    start = d.tick(0.0, at(0.0), 60.0)["/latent/psi"]
    send(d, "/cue/go")
    values = [d.tick(t, at(t), 60.0)["/latent/psi"] for t in (3.0, 5.8)]
    assert values[0] == pytest.approx(0.5 * (float(start) + 1.2), abs=0.05)
    assert d.cue is not None
    assert d.cue.number == "1"
    d.tick(6.1, at(6.1), 60.0)
    assert d.cue.number == "2"


def test_a_looping_setlist_begins_again() -> None:
    d = Desk(full_table(), CLASSES, Setlist(cues=CUES, loop=True))
    send(d, "/cue/goto", "3.5")
    send(d, "/cue/go")
    assert d.cue is CUES[0]


def test_a_cue_follows_by_itself() -> None:
    d = desk(*CUES)
    send(d, "/cue/goto", "3")
    d.tick(0.5)
    assert d.cue is not None
    assert d.cue.number == "3"
    d.tick(1.1)
    assert d.cue.number == "3.5"


def test_features_modulate_what_nobody_holds() -> None:
    from vj.core.types import Features

    class Level:
        loud = 0.5

    d = desk(Cue("1", "", {"/master/speed": 1.0}, modulations=(Modulation("level.loud", "/master/speed", 0.5),)))
    heard = Features(0.0, 0.01, 0, {Level: Level()})
    send(d, "/cue/go")
    for n in range(100):
        snapshot = d.tick(n * 0.02, heard)
    assert snapshot["/master/speed"] == pytest.approx(2.0, abs=1e-2)
    send(d, "/master/speed", 0.3)
    for n in range(100, 200):
        snapshot = d.tick(n * 0.02, heard)
    assert snapshot["/master/speed"] == pytest.approx(0.3, abs=1e-2)


def test_knobs_that_wait_are_told_until_they_meet_their_value() -> None:
    d = desk()
    d.tick(0.0)

    def turn(x: float) -> None:
        d.apply(Event("/latent/psi", (x,), "midi:knobs", scaled=True, pickup=True))

    value = d.table["/latent/psi"].unscale(d.table["/latent/psi"].default)
    turn(0.0)
    assert d.waiting == [("/latent/psi", 0.0, pytest.approx(value))]
    turn(value)
    assert d.waiting == []
    d.apply(Event("/master/speed", (0.9,), "midi:knobs", scaled=True, pickup=True))
    assert [address for address, _, _ in d.waiting] == ["/master/speed"]
    d.tick(60.0)
    assert d.waiting == [], "a hand that has given up is not told any more"


def with_deed(args: str) -> tuple[Desk, list[Event]]:
    """A desk that can do `/desk/try` with `args`, and what it was asked to do."""
    table = {**full_table(), "/desk/try": Param((), kind="deed", args=args, doc="Try it.")}
    d, done = Desk(table, CLASSES), list[Event]()
    d.deeds["/desk/try"] = done.append
    return d, done


@pytest.mark.parametrize(
    ("args", "given", "got"),
    [
        ("sf?", ("ink", 2), ("ink", 2.0)),
        ("sf?", ("ink", "2.5"), ("ink", 2.5)),
        ("sf?", ("ink",), ("ink",)),
        ("i?", (3.0,), (3,)),
        ("s", (3.0,), ("3",)),
        ("s?", (), ()),
        ("s?", (1.0,), ()),  # a button
        ("", (1.0,), ()),
        ("s?", ("gold", 1.0), ("gold",)),
    ],
)
def test_a_deed_is_done_with_what_it_declares(args: str, given: tuple, got: tuple) -> None:
    d, done = with_deed(args)
    assert send(d, "/desk/try", *given, source="web:1")
    assert done == [Event("/desk/try", got, "web:1")]


@pytest.mark.parametrize("args", ["s?", ""])
def test_a_button_let_go_does_nothing(args: str) -> None:
    d, done = with_deed(args)
    assert send(d, "/desk/try", 0.0)
    assert not done


@pytest.mark.parametrize(("args", "given"), [("sf", ("ink",)), ("f", ("much",)), ("i", (float("nan"),)), ("ss?", ())])
def test_a_deed_refuses_what_it_cannot_be_done_with(args: str, given: tuple) -> None:
    d, done = with_deed(args)
    assert not send(d, "/desk/try", *given)
    assert not done
    assert "/desk/try" in d.notice


def test_a_deed_that_nobody_can_do_is_refused() -> None:
    d, _ = with_deed("s?")
    del d.deeds["/desk/try"]
    assert not send(d, "/desk/try")


def test_the_overview_is_plain_and_says_how_things_stand() -> None:
    d = Desk(full_table(), CLASSES, Setlist("Night", CUES), lineup=("worlds",))
    send(d, "/cue/go")
    send(d, "/latent/psi", 0.9)
    d.tick(0.1)
    seen = json.loads(json.dumps(d.overview()))
    assert seen["cues"]["on"] == "1"
    assert seen["cues"]["standby"] == "2"
    assert seen["cues"]["cues"][1] == {
        "number": "2", "name": "Drop", "look": "", "notes": "", "fade": "4 beats", "follow": "", "at": ""
    }  # fmt: skip
    assert seen["classes"] == {"bundle": "worlds", "names": ["mandala", "ink", "nebula"], "on": [[1, 1.0]], "first": 0}
    assert seen["held"] == ["/latent/psi"]
    assert "/latent/psi" in seen["cued"]
    assert seen["macros"]["1"] == [{"address": "/latent/psi", "lo": 0.3, "hi": 1.2}]


def test_a_memory_that_makes_no_sense_is_told_and_the_rest_taken() -> None:
    d, kept = desk(), list[int]()
    d.memories["count"] = Memory(lambda: 3, lambda n: kept.append(int(n)))
    d.memories["other"] = Memory(lambda: 4, lambda n: kept.append(n["x"]))
    memory = json.loads(json.dumps(d.memory()))
    assert memory["count"] == 3
    d.remember({**memory, "nobody": 1})
    assert kept == [3]
    assert "other" in d.notice
