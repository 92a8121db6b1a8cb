"""An hour of music that was never played, with nobody at the desk."""

import json
import math
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pytest
from tests_music import CLASSES, MAJOR, MINOR, music

from vj.core.types import Event, Features
from vj.engine.auto.hearing import Hearing
from vj.engine.auto.pilot import HOUR, Likes, Pilot
from vj.engine.auto.suiting import SECTIONS, Suit, suit
from vj.engine.console import full_table
from vj.engine.cues.looks import Look, Looks, read_looks
from vj.engine.desk import Desk
from vj.engine.timing.lines import Lines

TABLE = full_table()
BPM, PHRASE = 120.0, 8  # a bar lasts 2 s, a phrase 16 s
#: What a song is made of, a phrase each; the last is followed by the first of the next song.
SONG = ("groove", "groove", "break", "break", "build", "drop", "groove", "groove", "break", "build", "drop", "groove")
LOOKS = {
    f"{section}{n}": Suit((section,), (0.1, 0.5, 0.3, 0.6, 0.9)[SECTIONS.index(section)], 0.1 + 0.08 * n)
    for section in SECTIONS
    for n in range(12)
}


@lru_cache(maxsize=40000)
def heard(t: float) -> Features:
    """What a set of an hour has at show time `t`."""
    phrase = math.floor(t / 16.0)
    section = SONG[phrase % len(SONG)]
    first = phrase
    while first > 0 and SONG[(first - 1) % len(SONG)] == section:
        first -= 1
    songs, part = divmod(phrase, len(SONG))
    drops = songs * SONG.count("drop") + SONG[: part + 1].count("drop")
    strong = {"groove": 0.6, "break": 0.2, "build": 0.5, "drop": 0.95}[section]
    minor = phrase // len(SONG) % 2
    return music(
        t,
        BPM,
        phrase=PHRASE,
        state=section,
        since=16.0 * first,
        count=first,
        drops=drops,
        loud=strong,
        energy=strong,
        rate=8.0 * strong,
        hz=1000.0 + 2000.0 * strong,
        chord=MINOR if minor else MAJOR,
    )


def fly(
    looks: dict[str, Suit], seconds: float = HOUR, seed: int = 1, likes: Likes | None = None, fps: float = 4.0
) -> list[tuple[float, str, str, str]]:
    """Show time, name, section and why of every look that came."""
    pilot, lines, came, on = Pilot(likes or Likes()), Lines(), [], ""
    pilot.begin(0.0)
    for n in range(round(seconds * fps)):
        t = n / fps
        features = heard(t)
        lines.step(t, features)
        pilot.hear(t, features, on)
        wish = pilot.step(t, lines, looks, (16, 128), ((), ("ink", "nebula")), seed)
        if wish is not None and wish.look:
            on = wish.look
            came.append((t, on, lines.name, pilot.why))
    return came


@pytest.fixture(scope="module")
def hour() -> list[tuple[float, str, str, str]]:
    return fly(LOOKS)


def test_no_look_comes_twice_in_an_hour_and_there_is_change(hour: list) -> None:
    names = [name for _, name, _, _ in hour]
    assert len(set(names)) == len(names)
    assert 14 <= len(names) <= 60


def test_looks_change_on_phrases_only_and_stay_between_their_least_and_longest(hour: list) -> None:
    assert hour[0][0] <= 2.0, "the first comes with the next bar, for there was none"
    for t, _, _, _ in hour[1:]:
        assert t % 16.0 == pytest.approx(0.0, abs=0.26), t
    for (before, *_), (after, _, section, _) in pairwise(hour):
        bars = (after - before) / 2.0
        assert 16 <= bars <= 128 + PHRASE * 3, section


def test_what_comes_suits_the_section_and_says_so(hour: list) -> None:
    right = sum(name.startswith(section) for _, name, section, _ in hour)
    assert right >= 0.9 * len(hour)
    assert all(section in why and name in why for _, name, section, why in hour)
    drops = {t for t, _, section, _ in hour if section == "drop"}
    assert drops
    assert all(SONG[int((t - 0.5) // 16.0) % len(SONG)] != "drop" for t in drops), "only as a drop begins"


def test_the_same_seed_flies_the_same_way_and_another_another(hour: list) -> None:
    again = fly(LOOKS, 1200.0)
    assert again == [came for came in hour if came[0] < 1200.0]
    assert len(again) > 4
    assert [name for _, name, *_ in fly(LOOKS, 1200.0, seed=2)] != [name for _, name, *_ in again]


@pytest.mark.parametrize("fps", [3.0, 25.0])
def test_it_flies_alike_at_any_rate(fps: float, hour: list) -> None:
    early = [(round(t / 16.0), name) for t, name, *_ in hour if t < 590.0]
    assert [(round(t / 16.0), name) for t, name, *_ in fly(LOOKS, 590.0, fps=fps)] == early


def test_with_few_looks_the_one_comes_back_that_was_on_longest_ago() -> None:
    few = {f"look{n}": Suit(SECTIONS, 0.5, 0.5) for n in range(4)}
    names = [name for _, name, *_ in fly(few, 2.0 * HOUR, fps=1.0)]
    assert len(names) > 8
    for n, name in enumerate(names[4:], 4):
        assert name == names[n - 4]
    only = {"one": Suit(SECTIONS, 0.5, 0.5)}
    assert [name for _, name, *_ in fly(only, 1200.0, fps=1.0)] == ["one"]


def test_what_is_liked_comes_more_often_and_what_is_banned_never() -> None:
    def share(likes: Likes) -> float:
        looks = {f"look{n}": Suit(SECTIONS, 0.5, 0.5) for n in range(60)}
        first = [{name for _, name, *_ in fly(looks, 700.0, seed, Likes(dict(likes.counts), likes.never), fps=2.0)}
                 for seed in range(4)]  # fmt: skip
        return sum(len(names & {"look7", "look9"}) for names in first)

    assert share(Likes({"look7": 2, "look9": 3})) == 8
    assert share(Likes({"look7": -2, "look9": -3})) == 0
    assert share(Likes({"look7": 3, "look9": 3}, frozenset({"look7", "look9"}))) == 0


def test_energy_is_that_of_the_moment_beside_the_last_minutes() -> None:
    ear = Hearing()

    def listen(seconds: float, **how: object) -> None:
        start = ear._t or 0.0
        for n in range(round(seconds * 10)):
            ear.step(start + n / 10.0, music(start + n / 10.0, **how))  # type: ignore[arg-type]

    listen(120.0, loud=0.5, rate=4.0, hz=1500.0, chord=MAJOR)
    assert ear.energy == pytest.approx(0.5, abs=0.05)
    assert ear.major > 0.55
    listen(10.0, loud=0.9, rate=8.0, hz=4000.0, chord=MINOR)
    assert ear.energy > 0.8
    assert ear.bright > 0.8
    assert "stronger" in ear.words()
    listen(40.0, loud=0.1, rate=1.0, hz=400.0, chord=MINOR)
    assert ear.energy < 0.3
    assert ear.major < 0.45
    assert ear.words() == "groove, calmer than the last minutes, dark and minor"
    listen(600.0, loud=0.1, rate=1.0, hz=400.0, chord=MINOR)
    assert ear.energy == pytest.approx(0.5, abs=0.05), "what lasts is usual"
    silent = Hearing()
    silent.step(0.0, music(0.0, state="silence"))
    assert np.isfinite(silent.energy)


def test_every_look_that_ships_says_what_it_is_for_and_any_other_can_be_guessed() -> None:
    from vj.core.shelf import share

    taste = read_looks([share("setlists") / "looks"], TABLE)
    ours = [taste[name] for name in taste.names[1:]]
    assert all(look.sections and look.energy is not None and look.light is not None for look in ours)
    assert {section for look in ours for section in look.sections} == set(SECTIONS)
    calm = suit(Look("x", mood="breath, deep water", values={"/director/select": "drift"}, use="ambient, doors"))
    wild = suit(Look("y", mood="furnace, weight", values={"/director/select": "pulse"}, use="peak techno"))
    assert calm.energy < 0.3 < 0.8 < wild.energy
    assert "silence" in calm.sections
    assert "drop" in wild.sections
    assert suit(Look("z")).sections == ("groove", "break", "build")


# ---- at the desk


def desk(count: int = 30) -> Desk:
    looks = {
        f"look{n:02d}": Look(f"look{n:02d}", sections=(SECTIONS[n % 5],), energy=0.5, classes=("ink", 1.0))
        for n in range(count)
    }
    return Desk(TABLE, CLASSES, None, Looks(looks, TABLE))


def send(d: Desk, address: str, *args: float | int | bool | str, source: str = "web:1") -> bool:
    return d.apply(Event(address, args, source))


def play(d: Desk, start: float, seconds: float, fps: float = 8.0) -> list[tuple[float, str]]:
    """Show time and name of every look that came."""
    came, on = [], d.wished["/look"]
    for n in range(round(seconds * fps)):
        t = start + n / fps
        d.tick(t, heard(t))
        if d.wished["/look"] != on:
            on = d.wished["/look"]
            came.append((t, str(on)))
    return came


def test_at_the_desk_it_flies_alone_and_says_what_it_does() -> None:
    d = desk()
    assert play(d, 0.0, 100.0, fps=4.0) == []
    send(d, "/auto/on", True)
    came = play(d, 100.0, 500.0, fps=4.0)
    assert len(came) >= 2
    assert len({name for _, name in came}) == len(came)
    told = json.loads(json.dumps(d.overview()["auto"]))
    assert told["on"] is True
    assert told["look"] == came[-1][1]
    assert told["next"] in d.looks
    assert d.ahead == f"look {told['next']}"
    assert told["why"]
    send(d, "/preset/lock", True, source="start")
    assert play(d, 600.0, 300.0, fps=4.0) == [], "locked, nothing goes on by itself"


def test_other_sections_have_other_classes_and_a_groove_those_of_the_look() -> None:
    d = desk()
    send(d, "/auto/on", True)
    send(d, "/auto/dwell/max", 1000)
    send(d, "/auto/dwell/min", 1000)
    mixes: dict[str, set] = {}
    home = None
    for n in range(4 * 600):
        t = n / 4.0
        snapshot = d.tick(t, heard(t))
        if home is None and d.wished["/look"] != "none":
            home = d.wished["/model/mix"]
        if home is not None and t % 16.0 > 8.0:
            mixes.setdefault(SONG[int(t // 16.0) % len(SONG)], set()).add(snapshot["/model/mix"])
    assert home == ((1, 1.0),)
    assert mixes["break"] - {home}
    assert home in mixes["groove"]
    assert "/model/mix" not in d.held


@pytest.mark.parametrize(
    ("address", "args", "source", "lets_go"),
    [
        ("/latent/psi", (0.5,), "midi:knobs", True),
        ("/look", ("look03",), "key", True),
        ("/master/blackout", (True,), "osc:1.2.3.4:5", True),
        ("/mod/connect", ("lfo.1", "/latent/psi"), "web:2", True),
        ("/cue/go", (), "web:2", True),
        ("/tempo/tap", (), "key", False),
        ("/auto/keep", (), "web:2", False),
        ("/window/hud", ("toggle",), "key", False),
        ("/latent/psi", (0.5,), "start", False),
        ("/output/film", ("a.mp4",), "", False),
    ],
)
def test_it_lets_go_within_a_tick_once_a_hand_is_laid_on_anything(
    address: str, args: tuple, source: str, lets_go: bool
) -> None:
    d = desk()
    send(d, "/auto/on", True)
    play(d, 0.0, 60.0, fps=4.0)
    send(d, address, *args, source=source)
    assert d.tick(60.0, heard(60.0))["/auto/on"] is not lets_go
    assert d.overview()["auto"]["on"] is not lets_go
    if lets_go:
        on = d.wished["/look"]
        play(d, 60.1, 300.0, fps=4.0)
        assert d.wished["/look"] == on
        assert address in d.overview()["auto"]["why"]
        send(d, "/desk/undo")
        assert d.overview()["auto"]["on"] is False, "until it is switched on again"


def test_keep_skip_and_never_are_learnt_and_survive() -> None:
    d = desk(8)
    send(d, "/auto/on", True)
    send(d, "/auto/dwell/min", 1)
    ((_, first),) = play(d, 0.0, 20.0)
    play(d, 20.0, 0.5)
    assert send(d, "/auto/keep")
    assert send(d, "/auto/skip", 1.0)
    send(d, "/auto/skip", 0.0)
    came = play(d, 20.5, 2.2)
    assert len(came) == 1, "on the next bar"
    assert came[0][0] % 2.0 < 0.2
    second = came[0][1]
    send(d, "/auto/never")
    assert len(play(d, 22.75, 2.2)) == 1
    told = d.overview()["auto"]
    assert told["likes"] == {first: 0}
    assert told["never"] == [second]
    assert second not in {name for _, name in play(d, 25.0, 400.0)}
    kept = json.loads(json.dumps(d.memory()["auto"]))
    fresh = desk(8)
    fresh.remember({"auto": kept})
    assert fresh.overview()["auto"]["never"] == [second]
    assert kept["ago"][str(d.wished["/look"])] == 0.0
    send(fresh, "/auto/forget", second)
    assert fresh.overview()["auto"]["never"] == []
    assert not send(fresh, "/auto/forget", "look99")
    fresh.remember({"auto": {"likes": 3}})
    assert not send(fresh, "/auto/keep"), "no look is on"


def test_undo_takes_a_never_back() -> None:
    d = desk()
    send(d, "/look", "look01", source="start")
    send(d, "/auto/never", source="web:1")
    assert d.overview()["auto"]["never"] == ["look01"]
    send(d, "/desk/undo")
    assert d.overview()["auto"]["never"] == []


def test_in_silence_it_waits_for_no_phrase_and_without_a_tempo_counts_seconds() -> None:
    d = desk()
    send(d, "/auto/on", True)
    for n in range(8 * 200):
        t = n / 8.0
        d.tick(
            t, music(t, sure=0.0, bar_sure=0.0, state="groove" if t < 100.0 else "silence", since=100.0 * (t >= 100.0))
        )
    look = d.taste[str(d.wished["/look"])]
    assert "silence" in look.sections
