from pathlib import Path

import pytest

from vj.core import shelf
from vj.core.errors import ControlError, SetlistError
from vj.core.types import Duration
from vj.engine.console import full_table
from vj.engine.cues.setlist import Setlist, duration, read_setlist

GOOD = """
format = 1
title = "Club set"
fade = "4 beats"

[[cue]]
number = "1"
name = "Doors"
director = "drift"
classes = { ink = 0.7, aurora = 0.3 }
seed = 7
notes = "wait for the DJ"
set = { "/latent/psi" = 0.9 }
modulate = [{ from = "bands.bass.level", to = "/latent/psi", amount = 0.1 }]

[[cue]]
number = "2"
bundle = "testcard"
classes = "bars"
fade = "2 s"
follow = "8 bars"

[macros]
1 = [{ to = "/latent/psi", range = [0.2, 1.0] }]
"""


def read(tmp_path: Path, text: str) -> Setlist:
    path = tmp_path / "set.toml"
    path.write_text(text)
    classes = {"worlds": ("ink", "aurora"), "testcard": ("bars", "rings")}

    def classes_of(name: str) -> tuple[str, ...]:
        if name not in classes:
            raise ControlError(f"no bundle {name!r}", hint="did you mean 'worlds'?")
        return classes[name]

    return read_setlist(path, full_table(), classes_of, "worlds")


def test_a_good_one(tmp_path: Path) -> None:
    setlist = read(tmp_path, GOOD)
    first, second = setlist.cues
    assert setlist.title == "Club set"
    assert setlist.bundles == ("worlds", "testcard")
    assert first.values["/model/mix"] == ((0, 0.7), (1, 0.3))
    assert first.values["/latent/psi"] == 0.9
    assert first.values["/latent/seed"] == 7
    assert first.fade == Duration(4.0, "beats")
    assert second.follow == Duration(8.0, "bars")
    assert setlist.macros == {1: (("/latent/psi", 0.2, 1.0),)}


@pytest.mark.parametrize(
    ("wrong", "right", "what", "where", "hint"),
    [
        ("director", "directer", "unknown key 'directer'", "cue 1 (Doors)", "director"),
        ('"drift"', '"drifft"', "'drifft' is not a choice", "cue 1 (Doors), director", "drift"),
        ("ink =", "inc =", "no class 'inc'", "cue 1 (Doors), classes", "ink"),
        ('"/latent/psi" =', '"/latent/psy" =', "no parameter '/latent/psy'", "cue 1 (Doors), set", "/latent/psi"),
        ("0.9 }", '"high" }', "'high' is not a number", "cue 1 (Doors), set", ""),
        ('"2 s"', '"2 fortnights"', "not a length of time", "cue 2 (no name), fade", "4 beats"),
        ('"testcard"', '"testcart"', "no bundle 'testcart'", "cue 2 (no name), bundle", "worlds"),
        ('number = "2"', 'number = "1"', "used twice", "set.toml", "its own number"),
        ("1 = [", "9 = [", "no macro '9'", "[macros] 9", "1 to 8"),
        ("title =", "titel =", "unknown key 'titel'", "top of the file", "title"),
        ("bands.bass.level", "bass()", "is no feature", "modulate", "bands.bass.level"),
        ('"Club set"', '"Club set', "not valid TOML", "set.toml", "quotes"),
        ("bands.bass.level", "bands.bass.levle", "is no feature", "cue 1 (Doors), modulate", "'bands.bass.level'"),
        ("[0.2, 1.0]", "[1.0, 0.2]", "[1, 0.2] is no range", "[macros] 1, range", "lower end comes first"),
        ("[0.2, 1.0]", "[0.2, 9.0]", "out of range", "[macros] 1, range", "0 to 1.5"),
        ("[0.2, 1.0]", "[nan, 1.0]", "not finite", "[macros] 1, range", ""),
        ("[0.2, 1.0]", "0.2", "is no range", "[macros] 1, range", "two numbers"),
        ('"/latent/psi", range', '"/director/select", range', "cannot move", "[macros] 1, to", "range"),
        ('[{ to = "/latent/psi", range = [0.2, 1.0] }]', "[]", "moves nothing", "[macros] 1", "/latent/psi"),
        ("0.9 }", "90 }", "90 is out of range", "cue 1 (Doors), set", "0 to 1.5"),
        ("seed = 7", "seed = 'seven'", "not a number", "cue 1 (Doors), seed", ""),
        ('"4 beats"', "inf", "not a length of time", "fade", "4 beats"),
        ('classes = "bars"', "classes = 9", "no class 9", "cue 2 (no name), classes", "0 to 1"),
        ('number = "2"', "number = true", "no cue number", "[[cue]] 2", "1.5"),
        ('number = "2"', "number = 1.0", "used twice", "set.toml", "its own number"),
        ("format = 1", "format = 7", "format 7", "set.toml", "format = 1"),
        ("format = 1", 'director = "puls"', "not a choice", "the top of the file, director", "'pulse'"),
        ('name = "Doors"', 'name = ["Doors"]', "are no words", ", name", 'name = "..."'),
        ('notes = "wait for the DJ"', "notes = 1.5", "are no words", "cue 1 (Doors), notes", 'notes = "..."'),
        ('bundle = "testcard"', "bundle = { name = 1 }", "are no words", "cue 2 (no name), bundle", 'bundle = "..."'),
        ('name = "Doors"', "look = true", "are no words", "look", 'look = "..."'),
        ('number = "2"', "number = inf", "no cue number", "[[cue]] 2", "1.5"),
        ('number = "2"', 'number = " "', "no cue number", "[[cue]] 2", "1.5"),
        ('"8 bars"', f'"{"9" * 400} bars"', "not a length of time", "cue 2 (no name), follow", "2 bars"),
        ('"8 bars"', "1e300", "not a length of time", "cue 2 (no name), follow", "2 bars"),
        ("format = 1", "[refine.prompts]\nink = [1]\n[x]", "unknown key 'x'", "top of the file", ""),
        ("format = 1", 'loop = "no"', "loop is 'no'", "set.toml", "true or false"),
    ],
)
def test_every_mistake_says_what_where_and_what_to_do(
    tmp_path: Path, wrong: str, right: str, what: str, where: str, hint: str
) -> None:
    assert wrong in GOOD
    with pytest.raises(SetlistError) as caught:
        read(tmp_path, GOOD.replace(wrong, right, 1))
    assert what in caught.value.what
    assert where in caught.value.where
    assert "set.toml" in caught.value.where
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        ((None, None, None), ["1", "2", "3"]),
        ((None, '"10"', None), ["1", "10", "11"]),
        (('"1.5"', None, '"intro"', None), ["1.5", "2", "intro", "3"]),
        ((None, '"1"', None), ["2", "1", "3"]),
        ((3, None, None, '"5"', None), ["3", "4", "6", "5", "7"]),
    ],
)
def test_cues_count_by_themselves(tmp_path: Path, given: tuple[object, ...], numbers: list[str]) -> None:
    text = "".join("[[cue]]\n" + (f"number = {number}\n" if number else "") for number in given)
    assert [cue.number for cue in read(tmp_path, text).cues] == numbers


def test_no_file_and_no_text(tmp_path: Path) -> None:
    with pytest.raises(SetlistError, match="cannot be read"):
        read_setlist(tmp_path / "none.toml", {}, lambda name: (), "worlds")
    (tmp_path / "set.toml").write_bytes(b"\xff\xfe\x00binary")
    with pytest.raises(SetlistError, match="cannot be read"):
        read_setlist(tmp_path / "set.toml", {}, lambda name: (), "worlds")
    with pytest.raises(SetlistError, match="no cues"):
        read(tmp_path, "format = 1\n")


@pytest.mark.parametrize(("text", "seconds"), [("4 beats", 2.0), ("1 bar", 2.0), ("2.5 s", 2.5), (3, 3.0)])
def test_durations_at_120_bpm(text: object, seconds: float) -> None:
    assert duration(text).seconds(120.0) == seconds


@pytest.mark.parametrize("path", sorted(shelf.share("setlists").glob("*.toml")), ids=lambda p: p.stem)
def test_shipped_setlists_pass_their_preflight(path: Path) -> None:
    from vj.apps.assemble import find_looks, parameters
    from vj.generators.bundle.catalogue import Catalogue

    table = parameters()
    looks = find_looks(path, table)
    setlist = read_setlist(path, table, Catalogue().admit, "worlds", looks)
    assert setlist.cues
