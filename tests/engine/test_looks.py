"""Looks: read strictly, complete, and told by file and key when they are wrong."""

import itertools
from pathlib import Path

import pytest

from vj.apps.assemble import find_looks, find_setlist, parameters
from vj.core.errors import ControlError, SetlistError
from vj.core.params import Param
from vj.core.shelf import share
from vj.core.types import Cue, Event
from vj.engine.cues.looks import Looks, read_look, read_looks
from vj.engine.cues.setlist import Setlist, read_setlist
from vj.engine.desk import Desk
from vj.engine.finish.effects import is_effect

CLASSES = ("ink", "flame", "metal")
WARM = """
title = "Warm"
mood = "close"
use = "tests"
director = "pulse"
classes = { flame = 0.6, gold = 0.4 }
set = { "/latent/psi" = 0.5 }
[fx]
close = 0.5
[fx.history]
mode = "lighten"
[[modulate]]
from = "bands.snare.hits"
to = "/fx/bloom/gain"
amount = 0.2
attack = 0.02
release = 0.4
"""


@pytest.fixture(scope="module")
def table() -> dict[str, Param]:
    return parameters()


def looks_of(folder: Path, table: dict[str, Param], **texts: str) -> Looks:
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text)
    return read_looks([folder], table)


def test_a_look_is_read_and_becomes_a_cue(tmp_path: Path, table: dict[str, Param]) -> None:
    looks = looks_of(tmp_path, table, warm=WARM)
    assert looks.names == ("none", "warm")
    look, cue = looks["warm"], looks.cue("warm", CLASSES)
    assert (look.title, look.mood, look.use) == ("Warm", "close", "tests")
    assert cue.values["/director/select"] == "pulse"
    assert cue.values["/fx/history/mode"] == "lighten"
    assert cue.values["/fx/close"] == 0.5
    assert cue.values["/latent/psi"] == 0.5
    assert cue.values["/model/mix"] == ((1, 1.0),), "a class that the bundle has not leaves its place to the others"
    (binding,) = cue.modulations
    assert (binding.amount, binding.attack, binding.release) == (0.2, 0.02, 0.4)


def test_a_look_leaves_nothing_behind_in_the_next(tmp_path: Path, table: dict[str, Param]) -> None:
    looks = looks_of(tmp_path, table, warm=WARM, bare='title = "Bare"')
    bare = looks.cue("bare", CLASSES).values
    for address, param in table.items():
        if is_effect(address):
            assert bare[address] == param.default
    assert bare["/latent/psi"] == table["/latent/psi"].default
    assert bare["/fx/close"] == 0.0
    assert "/master/level" not in bare, "the performer's hands are left alone"
    assert "/model/mix" not in bare


@pytest.mark.parametrize(
    ("line", "what", "hint"),
    [
        ("titel = 'x'", "unknown key", "title"),
        ("set = { '/fx/blom/gain' = 1 }", "no parameter", "/fx/bloom/gain"),
        ("fx = { bloom = { gian = 0.3 } }", "no parameter", "/fx/bloom/gain"),
        ("fx = { history = { mode = 'smear' } }", "not a choice", "one of"),
        ("director = 'nobody'", "not a choice", "one of"),
        ("modulate = [{ from = 'bass', to = '/fx/bloom/gain' }]", "no feature", "bands"),
        ("modulate = [{ from = 'bands.bass.hits', to = '/fx/bloom/gain', amount = 'much' }]", "", ""),
        ("x =", "TOML", ""),
        (
            "modulate = [{ from = 'bands.bass.hit', to = '/fx/bloom/gain' }]",
            "'bands.bass.hit' is no",
            "'bands.bass.hits'",
        ),
        ("modulate = [{ from = 'state.name', to = '/fx/bloom/gain' }]", "no feature", "vj features"),
        ("modulate = [{ from = 'bands.bass.hits', to = '/fx/history/mode' }]", "cannot move", "range"),
        ("modulate = [{ from = 'bands.bass.hits', to = '/cue/go' }]", "cannot move", "range"),
        ("modulate = [{ from = 'bands.bass.hits', to = '/fx/bloom/gain', amount = nan }]", "not finite", ""),
        ("modulate = [{ from = 'bands.bass.hits', to = '/fx/bloom/gain', attack = -1 }]", "below 0", "seconds"),
        ("modulate = 3", "modulate is 3", "[[modulate]]"),
        ("set = { '/latent/psi' = 9.0 }", "9.0 is out of range", "0 to 1.5"),
        ("set = { '/latent/psi' = nan }", "not finite", ""),
        ("set = { '/latent/psi' = true }", "not a number", ""),
        ("set = { '/latent/psi' = '0.5' }", "not a number", "without quotes"),
        ("set = { '/latent/seed' = 1.5 }", "no whole number", ""),
        ("set = { '/master/freeze' = 0.5 }", "neither on nor off", "true or false"),
        ("set = { '/model/class' = 3 }", "not set", "classes"),
        ("set = { '/model/select' = 'worlds' }", "not set", "bundle"),
        ("set = 3", "set is 3", "table"),
        ("[fx.bloom]\ngain = 9.0", "out of range", "0 to"),
        ("classes = 'inc'", "no class 'inc'", "'ink'"),
        ("classes = ['flame', 'mettal']", "no class 'mettal'", "'metal'"),
        ("classes = { ink = 'much' }", "not a number", ""),
        ("classes = { ink = inf }", "not finite", ""),
        ("classes = { ink = 1e9 }", "out of range", "-100 to 100"),
        ("classes = 3", "no name of a class", "vj classes"),
        ("classes = []", "no classes", "ink"),
        ("director = 'puls'", "not a choice", "'pulse'"),
        ("director = 3", "not a choice", "one of"),
        ("title = 3", "no words", "title"),
    ],
)
def test_a_mistake_is_told_by_file_and_key(
    tmp_path: Path, table: dict[str, Param], line: str, what: str, hint: str
) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(line)
    with pytest.raises(SetlistError) as told:
        read_look(path, table, CLASSES)
    assert what in told.value.what
    assert "bad.toml" in told.value.where
    assert hint in told.value.hint


def test_what_is_odd_but_right_is_taken(tmp_path: Path, table: dict[str, Param]) -> None:
    path = tmp_path / "odd.toml"
    path.write_text(
        "set = { '/master/freeze' = 'on', '/latent/seed' = 2.0, '/director/select' = 'PULSE' }\n"
        "classes = { Ink = 1, metal = -1 }"
    )
    look = read_look(path, table, CLASSES)
    assert look.values == {"/master/freeze": True, "/latent/seed": 2, "/director/select": "pulse"}
    mix = Looks({"odd": look}, table).cue("odd", CLASSES).values["/model/mix"]
    assert mix == ((0, 1.0), (2, -1.0)), "weights that sum to nothing stay as they are, capitals do not matter"


def test_the_desk_puts_a_look_on_and_takes_it_off(tmp_path: Path, table: dict[str, Param]) -> None:
    looks = looks_of(tmp_path, table, warm=WARM)
    cue = Cue("1", "one", {"/latent/psi": 0.9})
    desk = Desk(table, {"worlds": CLASSES}, Setlist(cues=(cue,)), looks)
    desk.take(cue)
    desk.tick(0.0)
    assert desk.apply(Event("/look", ("warm",)))
    snapshot = desk.tick(5.0)
    assert snapshot["/look"] == "warm"
    assert snapshot["/fx/history/mode"] == "lighten"
    assert snapshot["/latent/psi"] == pytest.approx(0.5, abs=0.01)
    assert [b.address for b in snapshot.bindings] == ["/fx/bloom/gain"]
    assert desk.cue is cue, "the cue stays on"
    assert desk.apply(Event("/look", ("none",)))
    snapshot = desk.tick(10.0)
    assert (snapshot["/look"], snapshot["/fx/history/mode"], snapshot.bindings) == ("none", "off", ())
    assert not desk.apply(Event("/look", ("wram",)))
    assert "warm" in desk.notice


def test_a_look_fades_in(tmp_path: Path, table: dict[str, Param]) -> None:
    text = "[fx.bloom]\ngain = 0.55"
    desk = Desk(table, {"worlds": CLASSES}, None, looks_of(tmp_path, table, glow=text))
    start = float(desk.tick(0.0)["/fx/bloom/gain"])  # type: ignore[arg-type]
    desk.apply(Event("/look", ("glow",)))
    seen = [float(desk.tick(n / 30)["/fx/bloom/gain"]) for n in range(1, 60)]  # type: ignore[arg-type]
    assert start < seen[10] < seen[20] < seen[-1]
    assert seen[-1] == pytest.approx(0.55, abs=0.01)
    assert max(b - a for a, b in itertools.pairwise(seen)) < 0.03


def test_a_cues_own_keys_win_over_its_look(tmp_path: Path, table: dict[str, Param]) -> None:
    looks = looks_of(tmp_path, table, warm=WARM)
    path = tmp_path / "set" / "mine.toml"
    path.parent.mkdir()
    path.write_text(
        """
director = "drift"
[[cue]]
number = "1"
look = "warm"
[[cue]]
number = "2"
look = "warm"
director = "manual"
classes = "ink"
set = { "/fx/history/mode" = "average" }
modulate = [{ from = "bands.bass.hits", to = "/fx/bloom/gain", amount = 0.1 }]
"""
    )
    one, two = read_setlist(path, table, lambda name: CLASSES, "worlds", looks).cues
    assert one.values["/director/select"] == "pulse"
    assert two.values["/director/select"] == "manual"
    assert two.values["/model/mix"] == ((0, 1.0),)
    assert two.values["/fx/history/mode"] == "average"
    assert two.values["/latent/psi"] == 0.5
    assert [m.source for m in two.modulations] == ["bands.bass.hits"]


def test_a_cue_with_an_unknown_look_is_told_the_nearest(tmp_path: Path, table: dict[str, Param]) -> None:
    looks = looks_of(tmp_path, table, warm=WARM)
    path = tmp_path / "mine.txt"
    path.write_text('[[cue]]\nnumber = "1"\nlook = "worm"')
    with pytest.raises(SetlistError, match="no look") as told:
        read_setlist(path, table, lambda name: CLASSES, "worlds", looks)
    assert "warm" in told.value.hint
    with pytest.raises(ControlError):
        looks.cue("worm", CLASSES)


def test_shipped_looks_are_complete_and_their_set_shows_each(table: dict[str, Param]) -> None:
    looks = find_looks(None, table)
    classes = tuple((share("models") / "worlds" / "classes.txt").read_text().split())
    names = [name for name in looks.names if name != "none"]
    assert len(names) >= 10
    for name in names:
        look = looks[name]
        assert look.title
        assert look.mood
        assert look.use
        assert "/director/select" in look.values
        assert set(look.classes[::2]) <= set(classes), name
        assert looks.cue(name, classes).values["/model/mix"]
    cues = read_setlist(find_setlist("looks"), table, lambda name: classes, "worlds", looks).cues
    assert sorted(str(cue.values["/look"]) for cue in cues) == sorted(names)


def differences(a: Cue, b: Cue) -> int:
    """In how many of lightness, direction of zoom, hardness of edges and length of trails two looks clearly differ."""

    def traits(cue: Cue) -> tuple[float, float, float, float]:
        v = {k: x for k, x in cue.values.items() if isinstance(x, int | float)}
        stores = cue.values["/fx/history/mode"] != "off"
        zoom = v["/fx/history/zoom"] * stores
        trail = v["/fx/history/half_life"] * stores
        return v["/fx/grade/lightness"], zoom, v["/fx/rcas/stops"] - v["/fx/finish/edge"] * 4, trail

    one, two = traits(a), traits(b)
    light, zoom, edge, trail = (abs(x - y) for x, y in zip(one, two, strict=True))
    turned = one[1] * two[1] < 0 or zoom > 0.08
    return (light >= 0.04) + turned + (edge >= 0.15) + (trail >= 0.15)


def test_neighbours_in_the_shipped_set_differ_in_at_least_two_ways(table: dict[str, Param]) -> None:
    classes = tuple((share("models") / "worlds" / "classes.txt").read_text().split())
    cues = read_setlist(find_setlist("looks"), table, lambda name: classes, "worlds", find_looks(None, table)).cues
    for one, two in zip(cues, (*cues[1:], cues[0]), strict=True):
        assert differences(one, two) >= 2, (one.name, two.name)
