"""A setlist edited while it is played, on the desk alone."""

import json
from pathlib import Path

import pytest

from vj.core.errors import SetlistError
from vj.core.types import Event
from vj.engine.console import full_table
from vj.engine.cues import editing
from vj.engine.cues.editing import moved
from vj.engine.cues.looks import Look, Looks
from vj.engine.cues.numbering import between
from vj.engine.cues.presets import makes_picture
from vj.engine.cues.reading import parsed
from vj.engine.cues.setlist import Setlist, setlist_of
from vj.engine.desk import Desk
from vj.engine.hands.filing import told

TABLE = full_table()
CLASSES = {"worlds": ("mandala", "ink", "nebula"), "testcard": ("rings", "ink")}
LOOKS = Looks({"ember": Look("ember", "Ember", values={"/latent/psi": 1.1, "/fx/bloom/gain": 0.3})}, TABLE)
TEXT = """
title = "Night"
bundle = "worlds"
[[cue]]
name = "Doors"
classes = "ink"
notes = "People come in"
[[cue]]
name = "Drop"
look = "ember"
fade = "2 beats"
[[cue]]
number = "5"
"""


def setlist(text: str = TEXT) -> Setlist:
    return setlist_of(parsed(text, Path("night.toml")), Path("night.toml"), TABLE, CLASSES.__getitem__, "worlds", LOOKS)


def desk(text: str = TEXT) -> Desk:
    return Desk(TABLE, CLASSES, setlist(text) if text else None, LOOKS)


def send(d: Desk, address: str, *args: float | str | bool, source: str = "web:1") -> bool:
    return d.apply(Event(address, args, source))


def wait(d: Desk, seconds: float = 5.0) -> dict:
    values: dict = {}
    for _ in range(round(seconds * 50)):
        values = dict(d.tick(d.time + 0.02).values)
    return values


def picture(values: dict) -> dict:
    also = ("/look", "/model/select", "/model/mix")
    return {a: v for a, v in values.items() if a in also or makes_picture(a, TABLE[a])}


def numbers(d: Desk) -> list[str]:
    return [cue.number for cue in d.setlist.cues]


def test_what_is_on_becomes_a_cue_that_brings_all_of_it_back() -> None:
    d = desk()
    send(d, "/cue/go")
    for address, args in {
        "/look": ("ember",), "/latent/psi": (0.25,), "/latent/seed": (9,), "/director/select": ("manual",),
        "/model/mix": ("ink", 0.5, "nebula", 0.4),
    }.items():  # fmt: skip
        assert send(d, address, *args)
    before = picture(wait(d))
    assert send(d, "/cue/add", "Found")
    assert numbers(d) == ["1", "1.1", "2", "5"]
    assert d.cue is not None
    assert d.cue.name == "Found"
    assert d.standby is not None
    assert d.standby.number == "2"
    assert picture(wait(d)) == before
    entry = d.changes[-1].content["cue"][1]
    assert json.loads(json.dumps(entry)) == {
        "number": "1.1", "fade": "2 beats", "name": "Found", "look": "ember", "whole": True, "bundle": "worlds",
        "director": "manual", "classes": {"ink": 0.5, "nebula": 0.4}, "seed": 9,
        "set": {"/latent/psi": 0.25},
    }  # fmt: skip
    send(d, "/cue/fade", "1.1", "0 s")
    for address, args in {"/cue/goto": ("5",), "/look": ("none",), "/latent/psi": (1.5,)}.items():
        send(d, address, *args)
        wait(d)
    assert picture(wait(d)) != before
    send(d, "/cue/goto", "Found")
    assert picture(wait(d)) == before


def test_without_a_setlist_adding_begins_one() -> None:
    d = desk("")
    for name in ("One", "Two", "Three"):
        assert send(d, "/cue/add", name)
    assert numbers(d) == ["1", "2", "3"]
    assert (d.cue.name if d.cue else "") == "Three"
    assert d.overview()["cues"]["title"] == "Evening"
    assert d.changes[-1].name == ""
    assert d.changes[-1].content["format"] == 1


def test_cues_are_named_and_noted_moved_and_taken_out() -> None:
    d = desk()
    send(d, "/cue/goto", "2")
    assert send(d, "/cue/name", "2", "Peak  time")
    assert send(d, "/cue/notes", "Doors", "slowly")
    assert send(d, "/cue/fade", "5", "4 bars")
    assert send(d, "/cue/move", "5", 1)
    assert numbers(d) == ["0.1", "1", "2"]
    assert [(c.name, c.notes, c.fade.amount) for c in d.setlist.cues] == [
        ("", "", 4.0), ("Doors", "slowly", 0.0), ("Peak time", "", 2.0)
    ]  # fmt: skip
    assert (d.cue.number if d.cue else "") == "2"
    assert send(d, "/cue/remove", "2")
    assert (d.cue.number if d.cue else "") == "1"  # the one before
    assert d.standby is None
    for _ in range(2):
        send(d, "/cue/remove", "1")
    assert numbers(d) == ["0.1"]
    assert not send(d, "/cue/remove", "0.1")


def test_when_a_cue_goes_on_by_itself_is_told_on_the_surface() -> None:
    d = desk()
    assert send(d, "/cue/follow", "1", "4 bars")
    first = d.setlist.cues[0]
    assert first.follow is not None
    assert (first.follow.amount, first.follow.unit) == (4.0, "bars")
    assert d.overview()["cues"]["cues"][0]["follow"] == "4 bars"
    assert d.changes[-1].content["cue"][0]["follow"] == "4 bars"
    assert not send(d, "/cue/follow", "1", "soon")
    assert send(d, "/cue/follow", "1", "")
    assert d.setlist.cues[0].follow is None
    assert "follow" not in d.changes[-1].content["cue"][0]


def test_a_setlist_grows_on_stage_only_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    d = desk()
    monkeypatch.setattr(editing, "MOST", 5)
    added = [send(d, "/cue/add", "More") for _ in range(5)]
    assert len(d.setlist.cues) == 5
    assert added == [True] * 2 + [False] * 3
    assert "5 cues already" in d.notice


def test_an_edit_reads_the_cue_again_that_it_is_of_and_no_other() -> None:
    d = desk()
    for edit in (("/cue/add", "New"), ("/cue/name", "2", "Peak"), ("/cue/remove", "1")):
        before = {id(cue) for cue in d.setlist.cues}
        assert send(d, *edit)
        assert len([cue for cue in d.setlist.cues if id(cue) not in before]) == (edit[0] != "/cue/remove")


def test_a_cue_takes_what_is_on() -> None:
    d = desk()
    send(d, "/cue/go")
    send(d, "/latent/psi", 0.125)
    assert send(d, "/cue/update")
    (first, *_) = d.setlist.cues
    assert (first.name, first.notes, first.values["/latent/psi"]) == ("Doors", "People come in", 0.125)
    assert first.values["/model/mix"] == ((1, 1.0),)
    assert send(d, "/cue/update", "Drop")
    assert d.setlist.cues[1].values["/latent/psi"] == 0.125
    assert d.setlist.cues[1].fade.amount == 2.0


@pytest.mark.parametrize(
    ("address", "args"),
    [("/cue/name", ("9", "x")), ("/cue/fade", ("1", "soon")), ("/cue/move", ("9", 1)), ("/cue/update", ("9",)),
     ("/cue/remove", ("9",)), ("/cue/name", ("1",))],
)  # fmt: skip
def test_nonsense_is_told_and_nothing_changes(address: str, args: tuple) -> None:
    d = desk()
    before = d.setlist
    assert not send(d, address, *args)
    assert d.notice.startswith(address)
    assert d.setlist is before
    assert not d.changes


def test_edits_are_undone_and_done_again() -> None:
    d = desk()
    send(d, "/cue/go")
    send(d, "/cue/add", "Found")
    send(d, "/cue/remove", "2")
    send(d, "/desk/undo")
    assert numbers(d) == ["1", "1.1", "2", "5"]
    send(d, "/desk/undo")
    assert numbers(d) == ["1", "2", "5"]
    assert (d.cue.number if d.cue else "") == "1"
    send(d, "/desk/redo")
    assert numbers(d) == ["1", "1.1", "2", "5"]
    assert len(d.changes[-1].content["cue"]) == 4


def test_cues_name_presets_and_follow_them() -> None:
    d = desk()
    send(d, "/latent/psi", 0.5)
    send(d, "/preset/store", "1/3", "Calm")
    send(d, "/latent/psi", 1.2)
    text = TEXT + '\n[[cue]]\nnumber = "6"\npreset = "bank1/03"\n[[cue]]\nnumber = "7"\npreset = "calm"\nseed = 4\n'
    assert d.apply(told("setlist", "night.toml", text))
    send(d, "/cue/goto", "7")
    values = wait(d)
    assert values["/latent/psi"] == pytest.approx(0.5)
    assert values["/latent/seed"] == 4
    send(d, "/latent/psi", 0.9)
    send(d, "/preset/3/store")
    send(d, "/latent/psi", 0.1)
    send(d, "/cue/goto", "6")
    assert wait(d)["/latent/psi"] == pytest.approx(0.9)
    for wrong in ('preset = "2/1"', 'preset = "calm"\nlook = "ember"', "whole = 3"):
        with pytest.raises(SetlistError):
            d.files.parse("setlist", "night.toml", f"[[cue]]\n{wrong}\n")


def test_a_file_that_changes_is_read_and_a_broken_one_leaves_all_as_it_was() -> None:
    d = desk()
    send(d, "/cue/go")
    send(d, "/cue/go")
    assert d.apply(told("setlist", "night.toml", TEXT.replace('name = "Doors"', 'name = "Doors open"')))
    assert [cue.name for cue in d.setlist.cues] == ["Doors open", "Drop", ""]
    assert (d.cue.number if d.cue else "") == "2"
    before = d.setlist
    for text in ("[[cue]\n", TEXT + "[[cue]]\nnonsense = 1", "", TEXT.replace("ember", "gone")):
        assert not d.apply(told("setlist", "night.toml", text))
        assert d.setlist is before
    assert d.apply(told("preset", "2/5", 'bundle = "worlds"\nname = "By hand"\n'))
    assert d.presets.presets[2, 5].name == "By hand"
    assert d.apply(told("preset", "2/5", ""))
    assert not d.presets.presets
    assert d.apply(told("look", "mine", 'title = "Mine"\nset = { "/latent/psi" = 0.5 }\n'))
    assert send(d, "/look", "mine")
    assert not send(d, "file", "look", "mine", "", source="osc:1.2.3.4:9")  # nobody else may tell


@pytest.mark.parametrize(
    ("old", "new", "on", "standby"),
    [
        ('name = "Drop"', 'name = "Peak"', "2 Peak", "5 "),
        ('[[cue]]\nname = "Doors"', '[[cue]]\nname = "Before"\n[[cue]]\nname = "Doors"', "3 Drop", "5 "),
        ('[[cue]]\nname = "Doors"', '[[cue]]\nlook = "ember"\n[[cue]]\nname = "Doors"', "3 Drop", "5 "),
        ('[[cue]]\nname = "Drop"\nlook = "ember"\nfade = "2 beats"\n', "", "1 Doors", "5 "),
        ('name = "Drop"', 'name = "Drop"\n[[cue]]\nname = "Drop"\nnotes = "again"', "2 Drop", "3 Drop"),
        ('[[cue]]\nnumber = "5"', '[[cue]]\nname = "Doors"', "2 Drop", "3 Doors"),
        ('[[cue]]\nnumber = "5"\n', "", "2 Drop", ""),
    ],
)  # fmt: skip
def test_the_cue_that_is_on_is_known_again_whatever_a_hand_does_to_the_file(
    old: str, new: str, on: str, standby: str
) -> None:
    text = TEXT.replace('notes = "People come in"', 'follow = "1 s"')
    d = desk(text)
    send(d, "/cue/goto", "Drop")
    wait(d)
    assert d.apply(told("setlist", "night.toml", text.replace(old, new, 1)))
    before = picture(wait(d, 0.02))
    said = [f"{cue.number} {cue.name}" if cue else "" for cue in (d.cue, d.standby)]
    assert said == [on, standby]
    assert d.current("/cue/goto") == on.split()[0]
    assert picture(wait(d)) == before  # nor does the cue before it go on by itself, which was on long ago
    assert f"{d.cue.number} {d.cue.name}" == on if d.cue else False


@pytest.mark.parametrize(
    ("before", "after", "taken", "number"),
    [(None, None, set(), "1"), ("3", None, {"3"}, "4"), ("1", "2", {"1", "2"}, "1.1"), ("1", "3", {"1", "3"}, "2"),
     (None, "1", {"1"}, "0.1"), ("1.1", "1.2", set(), "1.11"), ("1", "1.1", {"1", "1.1"}, "1.01"),
     ("1.5", None, {"1.5", "2"}, "3"), ("intro", "1", {"1"}, "0.1"), ("1", "outro", {"2"}, "3")],
)  # fmt: skip
def test_there_is_a_number_between(before: str | None, after: str | None, taken: set, number: str) -> None:
    assert between(before, after, taken) == number


def test_any_order_can_be_reached_by_moving() -> None:
    document: dict = {"cue": [{"name": n} for n in "abcde"]}
    for name, place in (("e", 1), ("a", 5), ("c", 2), ("e", 3), ("d", 1)):
        document = moved(document, name, place)
        assert [cue["name"] for cue in document["cue"]].index(name) == place - 1
        counted = [float(cue["number"]) for cue in document["cue"]]
        assert counted == sorted(set(counted))


def test_a_new_set_begins_with_what_is_on_and_the_one_before_can_be_had_back() -> None:
    d = desk()
    send(d, "/cue/goto", "Drop")
    before = picture(wait(d))
    assert send(d, "/cue/new", "Mine")
    assert (numbers(d), d.setlist.title, d.setlist.path) == (["1"], "Mine", None)
    assert (d.cue.number if d.cue else "", d.changes[-1].kind, d.changes[-1].name) == ("1", "new", "")
    assert picture(wait(d)) == before
    d.apply(told("path", "", "mine.toml"))
    assert send(d, "/desk/undo")
    assert (numbers(d), d.setlist.path) == (["1", "2", "5"], Path("night.toml"))
    d.apply(told("path", "", "late.toml"))  # was for the other one
    assert d.setlist.path == Path("night.toml")
    assert send(d, "/desk/redo")
    assert d.setlist.title == "Mine"


def test_a_set_that_has_no_file_yet_is_not_left() -> None:
    d = desk("")
    assert send(d, "/cue/new")
    assert not send(d, "/cue/new", "Other")
    d.apply(told("path", "", "mine.toml"))
    assert send(d, "/cue/new", "Other")


def test_a_cue_is_told_when_to_go_on() -> None:
    d = desk()
    assert send(d, "/cue/follow", "1", "2 s")
    assert not send(d, "/cue/follow", "2", "soon")
    send(d, "/cue/goto", "1")
    wait(d, 3.0)
    assert (d.cue.number if d.cue else "") == "2"
    assert send(d, "/cue/follow", "1", "")
    send(d, "/cue/goto", "1")
    wait(d, 3.0)
    assert (d.cue.number if d.cue else "") == "1"


def test_what_the_governor_does_is_no_hand() -> None:
    d = desk()
    assert send(d, "/quality/rung", 3, source="governor")
    send(d, "/master/panic")
    values = wait(d, 0.1)
    assert (values["/quality/rung"], d.held) == (3, [])
