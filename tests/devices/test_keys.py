import pytest
from hypothesis import given
from hypothesis import strategies as st

from vj.core.types import Event
from vj.devices.keys import HELP, KEYS, REPLAYED, key_events, told

TOGGLE = ("toggle",)


@pytest.mark.parametrize(
    ("key", "mods", "address", "args"),
    [
        ("b", [], "/master/blackout", TOGGLE),
        ("z", [], "/master/freeze", TOGGLE),
        ("p", ["shift"], "/master/panic", ()),
        ("space", [], "/cue/go", ()),
        ("n", [], "/cue/go", ()),
        ("p", [], "/cue/back", ()),
        ("backspace", [], "/cue/back", ()),
        ("t", [], "/tempo/tap", ()),
        ("t", ["shift"], "/tempo/resync", ()),
        ("up", [], "/audio/gain", ("+", 1.0)),
        ("down", [], "/audio/gain", ("-", 1.0)),
        ("h", [], "/window/hud", TOGGLE),
        ("f", [], "/window/fullscreen", TOGGLE),
        ("f11", [], "/window/fullscreen", TOGGLE),
        ("f", ["ctrl"], "/window/fullscreen", TOGGLE),
        ("q", ["ctrl"], "/show/quit", ()),
        ("r", [], "/latent/reseed", ()),
        ("s", ["ctrl"], "/desk/keep", ()),
        ("z", ["ctrl"], "/desk/undo", ()),
        ("z", ["ctrl", "shift"], "/desk/redo", ()),
        ("y", ["ctrl"], "/desk/redo", ()),
        ("1", [], "/model/pad", (0,)),
        ("9", [], "/model/pad", (8,)),
        ("0", [], "/model/pad", (9,)),
        ("1", ["shift"], "/look/pad", (0,)),
        ("0", ["shift"], "/look/pad", (9,)),
        ("right", [], "/model/page", (10,)),
        ("left", ["shift"], "/look/page", (-10,)),
    ],
)
def test_a_key_means_what_performers_expect(key: str, mods: list[str], address: str, args: tuple[object, ...]) -> None:
    assert key_events(key, mods) == (Event(address, args, "key"),)


@given(st.sets(st.sampled_from(["shift", "ctrl", "alt", "super"])))
def test_escape_never_quits(mods: set[str]) -> None:
    assert all(event.address != "/show/quit" for event in key_events("escape", mods))


def test_only_one_chord_quits() -> None:
    assert [chord for chord, (address, _) in KEYS.items() if address == "/show/quit"] == [("q", frozenset({"ctrl"}))]


def test_panic_needs_shift_so_a_slip_does_not_end_the_look() -> None:
    assert [chord for chord, (address, _) in KEYS.items() if address == "/master/panic"] == [
        ("p", frozenset({"shift"}))
    ]


def test_space_holds_the_picture_when_there_are_no_cues() -> None:
    assert key_events("space", cues=False) == (Event("/master/freeze", TOGGLE, "key"),)


def test_a_key_for_an_address_that_does_not_exist_does_nothing() -> None:
    assert key_events("l", known={"/master/level"}) == ()
    assert key_events("l", known={"/window/learn"}) != ()


def test_command_is_control_on_macs() -> None:
    assert key_events("q", ["super"]) == key_events("q", ["ctrl"])


@given(st.text(), st.sets(st.text(max_size=5)))
def test_any_key_is_harmless(key: str, mods: set[str]) -> None:
    assert len(key_events(key, mods)) <= 1


def test_help_says_what_lies_on_the_digits() -> None:
    rows = dict(told(["ink", "metal"], ["dawn"]))
    assert (rows["1"], rows["2"], "3" in rows) == ("ink · dawn", "metal", False)
    assert "blackout" in rows["B"]


def test_help_says_what_space_does() -> None:
    assert ("Space N", "next cue") in told([], [], cues=True)
    rows = told([], [], cues=False)
    assert ("Z Space", "freeze") in rows
    assert not any("cue" in deed for _, deed in rows)


def test_help_names_a_key_for_all_but_what_is_in_reach_of_another() -> None:
    names = {"escape": "Esc", "comma": ",", "period": ".", "bracketleft": "[", "bracketright": "]"}
    listed = " ".join(key for key, _ in (*HELP, *REPLAYED))

    def told_of(key: str, mods: frozenset[str]) -> bool:
        name = names.get(key, key.title())
        return any(f"{mod.title()} {name}" in listed for mod in mods) if mods else name in listed.split()

    silent = {address for (key, mods), (address, _) in KEYS.items() if not told_of(key, mods)}
    heard = {address for (key, mods), (address, _) in KEYS.items() if told_of(key, mods)}
    beside = {"/audio/next", "/window/next", "/window/help"}  # I and M choose of lists, and F1 is what is read
    assert {address for address in silent - heard if not address.startswith("/preset/")} == beside
