"""Presets, the morph pad, looks kept and undo, at the desk alone."""

from pathlib import Path

import pytest

from vj.core.errors import SetlistError
from vj.core.types import Event, Modulation
from vj.engine.console import full_table
from vj.engine.cues.looks import Look, Looks, read_look
from vj.engine.cues.presets import PresetReader, find, makes_picture, slot_of
from vj.engine.cues.writing import look_text, preset_text
from vj.engine.desk import Desk

TABLE = full_table()
CLASSES = {"worlds": ("mandala", "ink", "nebula"), "testcard": ("rings", "ink")}
EMBER = Look(
    "ember",
    "Ember",
    classes=("ink", 0.75, "nebula", 0.25),
    values={"/director/select": "drift", "/latent/psi": 1.1, "/fx/bloom/gain": 0.3},
    modulations=(Modulation("bands.bass.hits", "/fx/bloom/gain", 0.2),),
    sections=("drop",),
    energy=0.9,
)


def desk(**presets: object) -> Desk:
    return Desk(TABLE, CLASSES, looks=Looks({"ember": EMBER}, TABLE), **presets)  # type: ignore[arg-type]


def send(d: Desk, address: str, *args: float | str | bool, source: str = "web:1", **how: object) -> bool:
    return d.apply(Event(address, args, source, **how))  # type: ignore[arg-type]


def wait(d: Desk, seconds: float = 5.0) -> dict:
    """The values `seconds` later."""
    values: dict = {}
    for _ in range(round(seconds * 50)):
        values = dict(d.tick(d.time + 0.02).values)
    return values


def at_work(d: Desk) -> None:
    """A look, and by hand some of everything that a preset can hold."""
    send(d, "/look", "ember")
    wait(d)
    send(d, "/latent/psi", 0.35)
    send(d, "/latent/seed", 77)
    send(d, "/latent/reseed")
    send(d, "/director/select", "manual")
    send(d, "/fx/coords/mirror", "halves")
    send(d, "/model/mix", "mandala", 0.2, "nebula", 0.9)
    send(d, "/feature/bands/sensitivity", 2.0)
    send(d, "/master/level", 0.6)


def picture(values: dict) -> dict:
    """Of `values` what makes the picture."""
    also = ("/look", "/model/select", "/model/mix", "/latent/reseed")
    return {a: v for a, v in values.items() if a in also or makes_picture(a, TABLE[a])}


def test_a_preset_is_what_differs_from_the_look() -> None:
    d = desk()
    at_work(d)
    preset = d.presets.taken()
    assert (preset.look, preset.bundle, preset.walk) == ("ember", "worlds", 1)
    assert preset.classes == ("mandala", 0.2, "nebula", 0.9)
    assert preset.values == {
        "/latent/psi": 0.35,
        "/latent/seed": 77,
        "/director/select": "manual",
        "/fx/coords/mirror": "halves",
    }


@pytest.mark.parametrize("fade", [0.0, 3.0])
@pytest.mark.parametrize("unit", ["s", "beats"])
def test_recalled_it_is_bit_for_bit_what_it_was(fade: float, unit: str) -> None:
    d = desk()
    at_work(d)
    before = picture(wait(d))
    send(d, "/preset/3/store")
    for address, args in {
        "/look": ("none",), "/latent/psi": (1.3,), "/latent/seed": (5,), "/latent/reseed": (), "/model/class": ("ink",),
        "/model/select": ("testcard",), "/fx/coords/mirror": ("off",), "/model/morph": (9.0,), "/master/fade": (4.0,),
    }.items():  # fmt: skip
        assert send(d, address, *args)
        wait(d, 0.3)
    level = send(d, "/master/level", 0.2)
    assert level
    assert picture(wait(d)) != before
    send(d, "/preset/fade", fade)
    send(d, "/preset/unit", unit)
    send(d, "/preset/3/recall")
    after = wait(d, 8.0)
    assert picture(after) == before
    assert after["/master/level"] == pytest.approx(0.2)  # the lights are not a preset's
    assert not {a for a in d.held if a in picture(after)}
    assert d.overview()["presets"]["on"] == 3


def test_it_is_what_a_show_had_from_the_start() -> None:
    d = desk()
    at_work(d)
    stored = d.presets.taken("Drop")
    fresh, later = desk(presets={(1, 3): stored}), desk(presets={(1, 3): stored})
    for each in (fresh, later):
        send(each, "/preset/fade", 0.0)
    send(fresh, "/preset/3/recall")
    send(later, "/look", "ember")
    wait(fresh, 2.0)
    wait(later, 2.0)
    send(later, "/preset/3/recall")
    assert picture(dict(fresh.tick(3.0).values)) == picture(dict(later.tick(3.0).values))


def test_it_fades_and_knobs_must_be_picked_up_again() -> None:
    d = desk()
    send(d, "/latent/psi", 0.2)
    wait(d)
    send(d, "/preset/1/store")
    knob = {"source": "midi:knobs", "scaled": True, "pickup": True}
    for x in (0.1, 0.2, 0.6):
        send(d, "/latent/psi", x, **knob)
    assert wait(d)["/latent/psi"] == pytest.approx(0.9)
    send(d, "/preset/fade", 4.0)
    send(d, "/preset/unit", "s")
    send(d, "/preset/1/recall")
    assert wait(d, 2.0)["/latent/psi"] == pytest.approx(0.55, abs=0.05)
    assert wait(d, 3.0)["/latent/psi"] == pytest.approx(0.2)
    send(d, "/latent/psi", 0.61, **knob)
    assert d.waiting[0][0] == "/latent/psi"
    assert wait(d)["/latent/psi"] == pytest.approx(0.2)


def test_slots_have_names_and_banks() -> None:
    d = desk()
    send(d, "/preset/store", "2", "Opening  night")
    send(d, "/preset/store")  # the first that is empty
    send(d, "/preset/bank", 2)
    send(d, "/preset/2/store")
    assert set(d.presets.presets) == {(1, 1), (1, 2), (2, 2)}
    assert d.tick(0.1)["/preset/2/name"] == ""
    send(d, "/preset/bank", 1)
    assert d.tick(0.2)["/preset/2/name"] == "Opening night"
    send(d, "/preset/2/name", "Doors")
    assert d.overview()["presets"]["names"] == {"1": "", "2": "Doors"}
    assert find(d.presets.presets, "doors") == find(d.presets.presets, "bank1/02") == (1, 2)
    send(d, "/preset/recall", "2/2")
    assert d.overview()["presets"]["on"] is None  # of this bank none
    send(d, "/preset/next")
    assert d.presets.on == (1, 1)
    send(d, "/preset/next")
    assert d.presets.on == (1, 2)
    send(d, "/preset/next")
    assert d.presets.on == (1, 1)
    send(d, "/preset/clear", "2")
    assert set(d.presets.presets) == {(1, 1), (2, 2)}
    assert [(c.name, c.content is None) for c in d.changes] == [
        ("1/2", False), ("1/1", False), ("2/2", False), ("1/2", False), ("1/2", True)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "args"),
    [
        ("/preset/5/recall", ()),
        ("/preset/recall", ("nobody",)),
        ("/preset/store", ("17",)),
        ("/preset/store", ("x/y",)),
    ],
)
def test_an_empty_or_unknown_slot_is_told(address: str, args: tuple) -> None:
    d = desk()
    before = picture(dict(d.tick(0.0).values))
    assert not send(d, address, *args)
    assert d.notice.startswith(address)
    assert picture(dict(d.tick(0.0).values)) == before


@pytest.mark.parametrize(
    ("words", "slot"),
    [("3", (0, 3)), ("1/3", (1, 3)), ("bank12/03", (12, 3)), ("Bank1/16", (1, 16)), ("17", None), ("0", None),
     ("1/../3", None), ("bank65/1", None), ("", None)],
)  # fmt: skip
def test_words_for_slots(words: str, slot: tuple | None) -> None:
    assert slot_of(words) == slot


def reader() -> PresetReader:
    return PresetReader(TABLE, Looks({"ember": EMBER}, TABLE), lambda name: CLASSES[name])


def test_a_file_says_it_all_and_reads_back_exactly(tmp_path: Path) -> None:
    d = desk()
    at_work(d)
    send(d, "/latent/psi", 0.1 + 0.2)
    preset = d.presets.taken('A "quoted" näme \x7f')
    assert reader().text(preset_text(preset), tmp_path / "03.toml") == preset


def test_a_broken_file_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "bank1").mkdir()
    good = 'name = "Good"\nlook = "ember"\nbundle = "worlds"\n'
    files = {
        "01": good,
        "02": good + "nonsense = 1",
        "03": good.replace("ember", "gone"),
        "04": good + '[set]\n"/latent/psi" = 7.0',
        "05": good + '[set]\n"/master/blackout" = true',
        "06": "= not toml",
        "17": good,
        "7": good + "classes = { nobody = 1.0 }",
        "8": good + "classes = {}",
    }
    for name, text in files.items():
        (tmp_path / "bank1" / f"{name}.toml").write_text(text)
    found, broken = reader().folder(tmp_path)
    assert set(found) == {(1, 1), (1, 8)}
    assert found[1, 8].classes == ()
    assert len(broken) == 7
    assert all(isinstance(error, SetlistError) and error.where for error in broken)
    assert "gone" in next(e.what for e in broken if "03" in e.where)


# ------------------------------------------------------------------------------------------------ morph pad


def four(d: Desk) -> None:
    """Presets in the slots 1 to 4, one at each corner."""
    kept = [
        (0.0, 0.0, "mandala", "off"),
        (0.5, 4.0, "ink", "off"),
        (1.0, 16.0, "nebula", "halves"),
        (1.5, 36.0, "ink", "off"),
    ]
    for number, (psi, morph, name, mirror) in enumerate(kept, 1):
        send(d, "/latent/psi", psi)
        send(d, "/model/morph", morph)
        send(d, "/model/class", name)
        send(d, "/fx/coords/mirror", mirror)
        send(d, f"/preset/{number}/store")
        send(d, f"/preset/corner/{'abcd'[number - 1]}", number)
    send(d, "/preset/fade", 0.0)


def test_the_pad_blends_where_knobs_would_stand() -> None:
    d = desk()
    four(d)
    send(d, "/preset/morph", True)
    values = wait(d, 0.1)
    assert values["/latent/psi"] == pytest.approx(0.75)
    assert values["/model/morph"] == pytest.approx(60.0 * (sum(x**0.5 for x in (0, 4, 16, 36)) / 4 / 60**0.5) ** 2)
    assert values["/model/mix"] == ((0, 0.25), (1, 0.5), (2, 0.25))
    for x, y, psi, mirror in ((0, 0, 0.0, "off"), (1, 0, 0.5, "off"), (0, 1, 1.0, "halves"), (1, 1, 1.5, "off")):
        send(d, "/preset/x", float(x))
        send(d, "/preset/y", float(y))
        values = wait(d, 5.0)
        assert values["/latent/psi"] == pytest.approx(psi)
        assert values["/fx/coords/mirror"] == mirror
    assert d.overview()["presets"]["corners"] == [1, 2, 3, 4]


def test_what_is_held_on_the_pad_stays_and_off_leaves_things_where_they_are() -> None:
    d = desk()
    four(d)
    send(d, "/preset/morph", True)
    send(d, "/latent/psi", 1.25)
    send(d, "/preset/x", 0.0)
    assert wait(d)["/latent/psi"] == pytest.approx(1.25)
    send(d, "/preset/morph", False)
    send(d, "/preset/x", 1.0)
    assert wait(d)["/model/mix"] == ((0, 0.5), (2, 0.5))


def test_the_pad_lets_go_when_something_else_comes_and_does_without_empty_corners() -> None:
    d = desk()
    assert not send(d, "/preset/morph", True)
    four(d)
    send(d, "/preset/clear", "4")
    send(d, "/preset/morph", True)
    send(d, "/preset/x", 1.0)
    send(d, "/preset/y", 0.5)
    assert wait(d)["/latent/psi"] == pytest.approx(0.5)
    send(d, "/look", "ember")
    assert not wait(d)["/preset/morph"]
    assert d.refused == 1


def test_corners_that_nobody_chose_are_the_first_presets_of_the_bank() -> None:
    d = desk()
    for slot in (7, 2, 5):
        send(d, f"/preset/{slot}/store")
    send(d, "/preset/morph", True)
    assert wait(d)["/preset/morph"]
    assert d.overview()["presets"]["corners"] == [2, 5, 7, None]
    send(d, "/preset/morph", False)
    send(d, "/preset/corner/b", 7)
    send(d, "/preset/morph", True)  # chosen ones stay
    assert d.overview()["presets"]["corners"] == [2, 7, 7, None]


# ------------------------------------------------------------------------------------------------ undo


def test_a_drag_is_one_step_and_only_surfaces_are_undone() -> None:
    d = desk()
    wait(d, 1.0)
    for n in range(20):
        send(d, "/latent/psi", 0.1 + n / 100)
        wait(d, 0.1)
    send(d, "/latent/step/base", 1.0, source="osc:127.0.0.1:9")
    send(d, "/latent/step/fine", 1.0, source="midi:knobs")
    assert d.overview()["undo"]["undo"].startswith("latent psi")
    send(d, "/desk/undo")
    values = wait(d)
    assert values["/latent/psi"] == pytest.approx(0.8)
    assert (values["/latent/step/base"], values["/latent/step/fine"]) == (1.0, 1.0)
    assert d.held == ["/latent/step/base", "/latent/step/fine"]
    send(d, "/desk/undo")
    assert d.notice == "nothing to undo"
    send(d, "/desk/redo")
    assert wait(d)["/latent/psi"] == pytest.approx(0.29)


def test_a_pause_ends_a_drag() -> None:
    d = desk()
    for value in (0.1, 0.2):
        send(d, "/latent/psi", value)
        wait(d, 1.5)
    send(d, "/desk/undo")
    assert wait(d)["/latent/psi"] == pytest.approx(0.1)


def test_what_another_hand_has_moved_since_stays() -> None:
    d = desk()
    send(d, "/latent/step/base", 0.5)
    send(d, "/latent/psi", 0.1)
    send(d, "/latent/psi", 1.2, source="midi:knobs")
    send(d, "/desk/undo")
    assert d.current("/latent/psi") == 1.2
    assert d.notice == "undone: latent step base 0.5"  # that gesture alone could be taken back


def test_panic_recall_store_and_look_are_undone() -> None:
    d = desk()
    at_work(d)
    before = picture(wait(d))
    held = d.held
    send(d, "/master/panic")
    assert not d.held
    send(d, "/desk/undo")
    assert d.held == held
    send(d, "/preset/1/store")
    send(d, "/desk/undo")
    assert not d.presets.presets
    assert d.changes[-1].content is None
    send(d, "/desk/redo")
    assert (1, 1) in d.presets.presets
    wait(d, 2.0)
    send(d, "/look", "none")
    wait(d)
    send(d, "/desk/undo")
    assert picture(wait(d)) == before
    send(d, "/preset/1/recall")
    assert d.presets.on == (1, 1)
    send(d, "/desk/undo")
    assert picture(wait(d)) == before
    assert d.held == held


@pytest.mark.parametrize("address", ["/master/blackout", "/output/record"])
def test_undo_never_lights_the_stage_nor_ends_a_film(address: str) -> None:
    d = desk()
    send(d, address, True)
    send(d, "/desk/undo")
    assert d.current(address) is True


def test_the_morph_pad_is_undone() -> None:
    d = desk()
    four(d)
    before = picture(wait(d))
    send(d, "/preset/morph", True)
    wait(d, 2.0)
    send(d, "/preset/x", 0.1)
    wait(d, 2.0)
    send(d, "/desk/undo")
    send(d, "/desk/undo")
    assert picture(wait(d)) == before


# ------------------------------------------------------------------------------------------------ looks kept


def test_what_is_on_is_kept_as_a_look_and_worn_at_once(tmp_path: Path) -> None:
    d = desk()
    at_work(d)
    before = wait(d)
    assert send(d, "/desk/keep", "Night  river")
    after = d.tick(d.time)
    assert after["/look"] == "night_river"
    assert {a: v for a, v in picture(dict(after.values)).items() if a != "/look"} == {
        a: v for a, v in picture(before).items() if a != "/look"
    }
    assert "night_river" in d.table["/look"].choices
    (change,) = d.changes
    path = tmp_path / f"{change.name}.toml"
    path.write_text(look_text(change.content))
    read = read_look(path, d.table, {name for names in CLASSES.values() for name in names})
    assert read == change.content
    assert (read.title, read.classes) == ("Night river", ("mandala", 0.2, "nebula", 0.9))
    assert read.modulations == EMBER.modulations
    assert (read.sections, read.energy) == (EMBER.sections, EMBER.energy)
    send(d, "/look", "none")
    wait(d)
    send(d, "/look", "night_river")
    assert wait(d)["/latent/psi"] == pytest.approx(0.35)


def test_a_look_without_a_name_takes_the_next_of_the_one_that_is_on() -> None:
    d = desk()
    names = []
    for look in ("none", "ember", "ember_2", "none"):
        send(d, "/look", look)
        send(d, "/desk/keep")
        names.append(d.tick(d.time)["/look"])
    assert names == ["look", "ember_2", "ember_3", "look_2"]
    send(d, "/desk/keep", "Ember")
    assert d.tick(d.time)["/look"] == "ember_4"


@pytest.mark.parametrize("name", ["../night", "a/b", "C:\\x", "..", "///", "   ."])
def test_a_name_is_never_a_path(name: str) -> None:
    d = desk()
    assert not send(d, "/desk/keep", name)
    assert not d.changes
