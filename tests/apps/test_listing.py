"""What there is to choose from, and one's own looks and setlists: listed, found by name or file, told when wrong."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from vj.apps import cli
from vj.apps.assemble import Settings, find_setlist, load, parameters
from vj.apps.recorded import header, read_recorded
from vj.core.errors import SetlistError
from vj.core.types import Event
from vj.outputs.performance import PerformanceLog

OWN = 'title = "Mine"\nmood = "blue"\nuse = "Fridays"\nclasses = { rings = 1.0 }\nset = { "/latent/psi" = 0.5 }\n'
WRONG = '[[modulate]]\nfrom = "bands.bass.hit"\nto = "/fx/bloom/gain"\n'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    for folder in ("config/vj/looks", "config/vj/setlists", "data/vj/looks", "set/looks"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def listed(*command: str) -> dict[str, list[str]]:
    """Name -> the other columns."""
    ran = CliRunner().invoke(cli.app, command)
    assert ran.exit_code == 0, ran.output
    rows = [line.split("\t") for line in ran.stdout.splitlines() if "\t" in line or line.isidentifier()]
    return {name: rest for name, *rest in rows}


def test_looks_are_listed_with_ones_own_first_and_broken_ones_told(home: Path) -> None:
    (home / "config/vj/looks/mine.toml").write_text(OWN)
    (home / "data/vj/looks/bad.toml").write_text(WRONG)
    (home / "data/vj/looks/worse.toml").write_bytes(b"\xff\x00")
    looks = listed("looks")
    assert next(iter(looks)) == "mine"
    assert looks["mine"] == ["blue. For: Fridays", "yours"]
    assert "'bands.bass.hit' is no feature" in looks["bad"][0]
    assert "bands.bass.hits" in looks["bad"][0]
    assert "bad.toml" in looks["bad"][0]
    assert (looks["bad"][1], looks["worse"][1]) == ("broken", "broken")
    assert "city" in looks["neon_loom"][0]


def test_presets_are_listed(home: Path) -> None:
    bank = home / "config/vj/presets/bank1"
    bank.mkdir(parents=True)
    (bank / "03.toml").write_text('name = "Drop"\nlook = "dawn"\nbundle = "worlds"\n')
    (bank / "04.toml").write_text('bundle = "worlds"\nset = { "/latent/psi" = 9 }\n')
    (home / "config/vj/setlists/late.toml").write_text('[[cue]]\npreset = "drop"\n')
    presets = listed("presets")
    assert presets["1/3"] == ["Drop, dawn, worlds", "yours"]
    assert "out of range" in presets["bank1/04"][0]
    assert listed("setlists")["late"] == ["late. 1 cue", "yours"]


def test_setlists_are_listed(home: Path) -> None:
    (home / "config/vj/looks/mine.toml").write_text(OWN)
    (home / "config/vj/setlists/friday.toml").write_text('title = "Friday"\n[[cue]]\nlook = "mine"\n[[cue]]\n')
    (home / "config/vj/setlists/sunday.toml").write_text('[[cue]]\nlook = "mein"\n')
    setlists = listed("setlists")
    assert setlists["friday"] == ["Friday. 2 cues", "yours"]
    assert setlists["first"] == ["First set. 6 cues"]
    assert "no look 'mein'" in setlists["sunday"][0]
    assert find_setlist("friday") == home / "config/vj/setlists/friday.toml"
    with pytest.raises(SetlistError, match="friday"):
        find_setlist("fri")


def test_classes_and_features_say_what_they_are(home: Path) -> None:
    classes = listed("classes")
    assert len(classes) == 24
    assert all(len(words[0]) > 20 for words in classes.values())
    assert list(listed("classes", "testcard")) == ["rings", "rays", "bars", "grid", "waves"]
    features = listed("features")
    assert all(words and len(words[0]) > 5 for words in features.values()), features
    assert {"bands.bass.hits", "onset.strength", "tempo.phase", "state.build", "level.loud", "lfo.4"} <= set(features)
    assert "state.name" not in features


def test_a_look_is_put_on_by_name_from_home_and_by_file_from_anywhere(home: Path) -> None:
    (home / "config/vj/looks/mine.toml").write_text(OWN)
    (home / "elsewhere.toml").write_text(OWN.replace("0.5", "0.7"))
    for look, psi in (("mine", 0.5), (str(home / "elsewhere.toml"), 0.7), ("elsewhere.toml", 0.7)):
        loaded = load(Settings(bundle="testcard", look=look))
        snapshot = loaded.desk.tick(0.0)
        assert snapshot["/look"] == Path(look).stem
        assert loaded.desk.tick(3.0)["/latent/psi"] == pytest.approx(psi, abs=0.01)
        assert snapshot["/model/class"] == 0
        assert loaded.desk.apply(Event("/look/pad", (0,))), "one's own are on the first keys"
        assert loaded.desk.tick(4.0)["/look"] in ("mine", "elsewhere")
        loaded.programs.close()


def test_a_broken_look_at_home_stands_in_nobodys_way_until_it_is_asked_for(home: Path) -> None:
    (home / "config/vj/looks/bad.toml").write_text(WRONG)
    (home / "config/vj/looks/none.toml").write_text(OWN)
    loaded = load(Settings(bundle="testcard"))
    assert "bad" in loaded.desk.notice
    assert not loaded.desk.apply(Event("/look", ("bad",)))
    assert loaded.desk.apply(Event("/look", ("none",))), "none is always there"
    loaded.programs.close()
    with pytest.raises(SetlistError, match=r"bands\.bass\.hits"):
        load(Settings(bundle="testcard", look="bad"))
    (home / "file.toml").write_text(WRONG)
    with pytest.raises(SetlistError, match="no feature"):
        load(Settings(bundle="testcard", look="file.toml"))


@pytest.mark.parametrize(("look", "offered"), [("neon", "neon_loom"), ("Neon-Loom", "neon_loom"), ("daw.toml", "dawn")])
def test_a_name_that_is_nearly_right_is_offered(home: Path, look: str, offered: str) -> None:
    with pytest.raises(SetlistError) as told:
        load(Settings(bundle="testcard", look=look))
    assert offered in told.value.hint


def test_looks_beside_a_setlist_are_strict_and_know_its_bundles(home: Path) -> None:
    (home / "set/night.toml").write_text('[[cue]]\nbundle = "testcard"\nlook = "mine"\n')
    (home / "set/looks/mine.toml").write_text(OWN)
    loaded = load(Settings(bundle="testcard", setlist=home / "set/night.toml"))
    assert loaded.desk.tick(0.0)["/look"] == "mine"
    loaded.programs.close()
    (home / "set/looks/mine.toml").write_text(OWN.replace("rings", "ringz"))
    with pytest.raises(SetlistError, match="no class 'ringz'") as told:
        load(Settings(bundle="testcard", setlist=home / "set/night.toml"))
    assert "'rings'" in told.value.hint
    assert "mine.toml" in told.value.where


def test_a_performance_takes_ones_own_looks_along(home: Path) -> None:
    file = home / "elsewhere.toml"
    file.write_text(OWN)
    settings = Settings(bundle="testcard", look=str(file))
    with PerformanceLog(home / "set1", header(settings), 48000, None, [file]):
        pass
    file.unlink()
    again, _, _ = read_recorded(home / "set1")
    loaded = load(again)
    assert loaded.desk.tick(0.0)["/look"] == "elsewhere"
    loaded.programs.close()


def test_maps_may_name_ones_own_looks(home: Path) -> None:
    (home / "config/vj/looks/mine.toml").write_text(OWN)
    assert parameters(mine=True)["/look"].choices[:2] == ("none", "mine")
    assert "mine" not in parameters()["/look"].choices
