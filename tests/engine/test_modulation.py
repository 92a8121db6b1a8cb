"""Features and LFOs move parameters round where cue and hand put them."""

import json
import math
import re
from itertools import pairwise

import numpy as np
import pytest
from tests_music import CLASSES, music

from vj.core.curves import CURVES, bend
from vj.core.params import Param, Snapshot
from vj.core.types import Cue, Event, Modulation
from vj.engine.console import full_table
from vj.engine.cues.looks import read_looks
from vj.engine.cues.setlist import Setlist
from vj.engine.desk import Desk
from vj.engine.finish.bindings import MOST
from vj.engine.modulation import lfo
from vj.engine.modulation.calm import Calm
from vj.engine.modulation.slots import COUNT
from vj.engine.sources import LFOS, numbers, strength

PSI = "/latent/psi"
TABLE = full_table()


def desk(*cues: Cue, **how: object) -> Desk:
    return Desk(TABLE, CLASSES, Setlist(cues=cues, **how))  # type: ignore[arg-type]


def send(d: Desk, address: str, *args: float | int | bool | str, source: str = "osc:t") -> bool:
    return d.apply(Event(address, args, source))


def run(d: Desk, seconds: float, start: float = 0.0, fps: float = 50.0, **heard: object) -> Snapshot:
    snapshot = d.tick(start, music(start, **heard))
    for n in range(1, round(seconds * fps) + 1):
        snapshot = d.tick(start + n / fps, music(start + n / fps, **heard))
    return snapshot


def slot(d: Desk, number: int, source: str, target: str, **more: float | bool | str) -> None:
    for key, value in {"source": source, "target": target, **more}.items():
        assert send(d, f"/mod/{number}/{key}", value), d.notice


@pytest.mark.parametrize("curve", CURVES)
def test_every_curve_keeps_to_its_range_and_ends_at_its_ends(curve: str) -> None:
    ends = (1.0, 0.0) if curve == "inverse" else (0.0, 1.0)
    assert (bend(0.0, curve), bend(1.0, curve)) == ends
    bent = [bend(x / 50.0, curve) for x in range(-10, 70)]
    assert all(0.0 <= y <= 1.0 for y in bent)
    assert sorted(bent, reverse=curve == "inverse") == bent


@pytest.mark.parametrize("shape", lfo.SHAPES)
def test_every_wave_keeps_to_its_range_and_is_reproducible(shape: str) -> None:
    heights = [lfo.wave(shape, n / 37.0, 2) for n in range(-370, 3700)]
    assert all(0.0 <= y <= 1.0 for y in heights)
    assert max(heights) - min(heights) > 0.8
    assert heights == [lfo.wave(shape, n / 37.0, 2) for n in range(-370, 3700)]
    if shape in ("random", "noise"):
        assert heights != [lfo.wave(shape, n / 37.0, 3) for n in range(-370, 3700)]
    if shape in ("sine", "triangle", "noise"):
        steps = [abs(b - a) for a, b in pairwise(heights)]
        assert max(steps) < 0.1, "it glides"


def test_a_slot_moves_a_parameter_by_a_feature_and_lets_go_of_it() -> None:
    d = desk()
    slot(d, 3, "level.loud", PSI, amount=0.4)
    base = float(d.table[PSI].default)
    snapshot = run(d, 2.0, loud=0.5)
    assert snapshot[PSI] == pytest.approx(base + 0.4 * 0.5 * 1.5)
    assert snapshot.moved[PSI] == pytest.approx(0.3)
    assert PSI in d.overview()["moved"]
    assert d.levels_of(PSI) == (None, base, pytest.approx(0.3))
    assert snapshot.strengths == {3: pytest.approx(0.5)}
    assert [row["slot"] for row in d.overview()["modulations"]] == [3]
    send(d, "/mod/3/on", False)
    assert run(d, 0.1, 2.0, loud=0.5)[PSI] == pytest.approx(base)
    send(d, "/mod/3/on", True)
    send(d, PSI, 0.2)
    assert run(d, 2.0, 3.0, loud=0.5)[PSI] == pytest.approx(0.2, abs=1e-3), "what is held is not moved"
    assert d.levels_of(PSI) == (0.2, base, 0.0)


def test_attack_and_release_are_times_to_90_and_to_10_percent() -> None:
    d = desk()
    slot(d, 1, "level.loud", PSI, amount=0.5, attack=0.5, release=2.0)
    assert run(d, 0.5, loud=1.0).moved[PSI] == pytest.approx(0.9 * 0.75, abs=0.02)
    run(d, 4.0, 0.5, loud=1.0)
    assert run(d, 2.0, 4.5, loud=0.0).moved[PSI] == pytest.approx(0.1 * 0.75, abs=0.02)


@pytest.mark.parametrize("fps", [10.0, 240.0])
def test_an_envelope_is_the_same_at_any_rate(fps: float) -> None:
    d = desk()
    slot(d, 1, "level.loud", PSI, amount=0.5, attack=1.0)
    assert run(d, 1.0, fps=fps, loud=1.0).moved[PSI] == pytest.approx(0.9 * 0.75, abs=0.08)


def test_reactivity_scales_what_features_move_and_leaves_lfos_alone() -> None:
    d = desk()
    slot(d, 1, "level.loud", PSI, amount=0.2)
    slot(d, 2, "lfo.1", "/master/speed", amount=0.2)
    send(d, "/lfo/1/shape", "square")
    send(d, "/master/reactivity", 0.5)
    snapshot = run(d, 4.1, loud=1.0)
    assert snapshot.moved[PSI] == pytest.approx(0.5 * 0.2 * 1.5, abs=1e-3)
    assert snapshot.moved["/master/speed"] == pytest.approx(0.5 * 0.2 * 4.0)
    cue = Cue("1", "", {}, modulations=(Modulation("level.loud", PSI, 0.2),))
    d = desk(cue)
    send(d, "/cue/go")
    send(d, "/master/reactivity", 0.0)
    assert run(d, 1.0, loud=1.0)[PSI] == pytest.approx(float(d.table[PSI].default))


def test_switches_and_whole_numbers_are_moved_too() -> None:
    d = desk()
    slot(d, 1, "level.loud", "/master/freeze", amount=1.0)
    slot(d, 2, "level.loud", "/quality/rung", amount=1.0)
    assert run(d, 0.1, loud=0.0)["/master/freeze"] is False
    snapshot = run(d, 0.1, 0.1, loud=1.0)
    assert snapshot["/master/freeze"] is True
    assert snapshot["/quality/rung"] == d.table["/quality/rung"].hi
    assert isinstance(snapshot["/quality/rung"], int)


def test_half_of_a_logarithmic_range_is_half_of_its_knob() -> None:
    d = desk()
    slot(d, 1, "level.loud", "/lfo/2/beats", amount=0.5)
    send(d, "/lfo/2/beats", d.table["/lfo/2/beats"].lo)
    d.let_be("/lfo/2/beats")
    assert run(d, 0.1, loud=1.0)["/lfo/2/beats"] == pytest.approx(math.sqrt(lfo.SHORTEST_BEATS * lfo.LONGEST_BEATS))


def test_lfos_line_up_with_bars_and_follow_a_resync() -> None:
    d = desk()
    slot(d, 1, "lfo.2", PSI, amount=0.4)
    send(d, "/lfo/2/shape", "saw")
    send(d, "/lfo/2/beats", 4.0)
    for t in (1.0, 2.5, 7.75):  # two beats a second
        moved = d.tick(t, music(t, bpm=120.0)).moved[PSI]
        assert moved == pytest.approx(0.4 * 1.5 * ((2.0 * t / 4.0) % 1.0 - 0.5), abs=1e-6)
    at = d.tick(8.3, music(8.3, bpm=120.0, downbeat=16)).moved[PSI]
    assert at == pytest.approx(0.4 * 1.5 * ((16.6 - 16.0) / 4.0 - 0.5), abs=1e-6), "the bar begins elsewhere"


def test_a_moved_macro_moves_what_it_moves() -> None:
    d = desk(macros={1: ((PSI, 0.5, 1.0), ("/master/speed", 3.0, 1.0))})
    slot(d, 1, "level.loud", "/macro/1", amount=0.2)
    before = run(d, 0.5, loud=0.0)
    snapshot = run(d, 0.5, 0.5, loud=1.0)
    assert snapshot["/macro/1"] == pytest.approx(float(before["/macro/1"]) + 0.2)  # type: ignore[arg-type]
    assert snapshot.moved[PSI] == pytest.approx(0.1)
    assert snapshot.moved["/master/speed"] == pytest.approx(-0.4)
    send(d, "/master/speed", 1.0)
    assert run(d, 0.1, 1.0, loud=1.0)["/master/speed"] == pytest.approx(1.0, abs=0.3), "what is held is not moved"


def test_a_slot_may_move_another_slots_amount() -> None:
    d = desk()
    slot(d, 1, "lfo.1", PSI, amount=0.0)
    send(d, "/mod/connect", "level.loud", "/mod/1/amount", 0.25)
    assert PSI not in run(d, 0.4, loud=0.0).moved
    assert abs(run(d, 0.4, loud=1.0).moved[PSI]) > 0.1


def test_connecting_fills_the_first_free_slot_and_refuses_what_there_is_not() -> None:
    d = desk()
    assert send(d, "/mod/connect", "level.loud", PSI, 0.3)
    assert send(d, "/mod/connect", "lfo.1", "/fx/bloom/gain")
    assert send(d, "/mod/connect", "level.loud", PSI, -0.2), "the same pair again changes its amount"
    rows = [(r["slot"], r["source"], r["target"], r["amount"]) for r in d.overview()["modulations"]]
    assert rows == [(1, "level.loud", PSI, -0.2), (2, "lfo.1", "/fx/bloom/gain", 0.5)]
    for args in (("level.lout", PSI), ("level.loud", "/latent/psy"), ("none", PSI), ("level.loud", "/cue/go")):
        assert not send(d, "/mod/connect", *args)
    for n in range(COUNT):
        send(d, "/mod/connect", list(numbers())[n], "/master/speed")
    assert "taken" in d.notice
    assert send(d, "/mod/clear", 2)
    assert send(d, "/mod/clear")
    assert d.overview()["modulations"] == []


def test_every_number_that_is_heard_is_told_in_whole_words() -> None:
    for name, words in numbers().items():
        assert len(words) > 5, name
        assert not re.search(r"[A-Z]{2,}_|[,;]$| (else|until|the)$", words), f"{name}: {words}"


@pytest.mark.parametrize("first", ["source", "target"])
def test_a_modulation_is_learnt_by_touching_both(first: str) -> None:
    d = desk()
    send(d, "/master/speed", 2.0, source="web:1")
    send(d, "/mod/learn", True, source="web:1")
    touches = [("/mod/source", ("level.loud",)), ("/master/speed", (3.0,))]
    for address, args in touches if first == "source" else touches[::-1]:
        assert send(d, address, *args, source="web:1"), d.notice
    assert d.wished["/master/speed"] == 2.0, "a touch only says what is meant"
    assert "/master/speed" not in d.held, "what is connected is free to move round where it stood"
    assert d.wished["/mod/learn"] is False
    assert [(r["source"], r["target"]) for r in d.overview()["modulations"]] == [("level.loud", "/master/speed")]
    send(d, "/mod/learn", True, source="web:1")
    send(d, "/lfo/3/beats", 8.0, source="web:1")
    assert d.overview()["learn"] == {"on": True, "target": "", "source": "lfo.3", "macro": 0}, (
        "an LFO is named by touching it"
    )
    send(d, PSI, 0.5, source="midi:knobs")
    assert d.overview()["modulations"][1]["target"] == PSI


def test_every_number_that_is_heard_moves_something_in_0_to_1() -> None:
    heard = music(3.3, loud=0.4)
    records = heard.records
    values = {path: strength(records, path, 3.3) for path in numbers()}
    assert all(0.0 <= x <= 1.0 for x in values.values())
    assert values["level.loud"] == 0.4
    assert values["tempo.beat"] in (0.0, 1.0)


def test_a_dimmer_cannot_be_made_to_strobe() -> None:
    calm = Calm()
    shown = [calm.step(n / 100.0, 1.0 if n // 5 % 2 else 0.0) for n in range(300)]
    turns = [n for n in range(1, 300) if shown[n] != shown[n - 1]]
    assert all(sum(a <= n < a + 100 for n in turns) <= 6 for a in turns)
    assert len(turns) >= 12, "three a second are let through"
    slow = [Calm().step(0.0, 1.0), *(calm.step(10.0 + n / 10.0, (n // 5) % 2) for n in range(40))]
    assert slow[1:] == [(n // 5) % 2 for n in range(40)], "what is slow is as it is asked for"
    d = desk()
    slot(d, 1, "lfo.1", "/master/blackout", amount=1.0)
    send(d, "/lfo/1/shape", "square")
    send(d, "/lfo/1/beats", lfo.SHORTEST_BEATS)
    dark = [run(d, 0.01, n / 100.0, fps=100.0)["/master/blackout"] for n in range(300)]
    assert sum(a != b for a, b in pairwise(dark)) <= 20


def test_the_finish_is_moved_no_further_than_bindings_may() -> None:
    d = desk()
    slot(d, 1, "level.loud", "/fx/bloom/gain", amount=1.0)
    slot(d, 2, "level.loud", "/fx/coords/warp", amount=0.5)
    snapshot = run(d, 0.5, loud=1.0)
    assert snapshot.moved["/fx/bloom/gain"] == pytest.approx(0.15)
    warp: Param = d.table["/fx/coords/warp"]
    assert snapshot.moved["/fx/coords/warp"] == pytest.approx(0.5 * (warp.hi - warp.lo), rel=0.05)


def test_what_a_look_says_of_curve_and_times_holds_for_every_address(tmp_path: object) -> None:
    (tmp_path / "shaped.toml").write_text(  # type: ignore[operator]
        '[[modulate]]\nfrom = "level.loud"\nto = "/latent/psi"\namount = 0.4\ncurve = "square"\nattack = 1.0\n'
        '[[modulate]]\nfrom = "lfo.1"\nto = "/master/speed"\namount = 0.1\n'
    )
    looks = read_looks([tmp_path], TABLE)  # type: ignore[list-item]
    d = Desk(TABLE, CLASSES, None, looks)
    send(d, "/look", "shaped")
    send(d, "/lfo/1/shape", "square")
    early, late = run(d, 0.1, loud=0.5).moved[PSI], run(d, 6.0, 0.1, loud=0.5).moved[PSI]
    assert late == pytest.approx(0.4 * 1.5 * 0.25, abs=1e-3)
    assert early < 0.5 * late
    assert abs(d.tick(6.2, music(6.2)).moved["/master/speed"]) == pytest.approx(0.5 * 0.1 * 4.0)
    for wrong in ('curve = "bent"', "attack = -1"):
        (tmp_path / "wrong.toml").write_text(  # type: ignore[operator]
            f'[[modulate]]\nfrom = "level.loud"\nto = "/latent/psi"\n{wrong}\n'
        )
        with pytest.raises(Exception, match=r"wrong\.toml"):
            read_looks([tmp_path], TABLE)  # type: ignore[list-item]


def test_two_desks_that_are_told_the_same_say_the_same() -> None:
    def play() -> list[object]:
        d, out = desk(), []
        for n in range(200):
            t = n / 40.0
            if n == 20:
                send(d, "/mod/connect", "lfo.4", PSI, 0.7)
                send(d, "/lfo/4/shape", "noise")
                send(d, "/lfo/4/beats", 0.5)
            if n == 60:
                send(d, "/mod/connect", "bands.bass.hits", "/fx/coords/warp")
            out.append(d.tick(t, music(t, loud=0.5 + 0.5 * math.sin(t), bass=(n % 20) / 20.0)).values)
        return out

    assert play() == play()


def test_sources_are_named_once() -> None:
    known = TABLE["/mod/1/source"].choices
    assert len(set(known)) == len(known)
    assert set(LFOS) | set(numbers()) | {"none"} == set(known)


def test_every_parameter_with_a_range_can_be_moved_to_both_its_ends_and_no_further() -> None:
    targets = TABLE["/mod/1/target"].choices[1:]
    assert targets == tuple(sorted(a for a, p in TABLE.items() if p.kind in ("float", "int", "toggle")))
    for amount in (1.0, -1.0):
        d = desk()
        d.put("/safety/flash", "off")
        for first in range(0, len(targets), COUNT):
            some = [a for a in targets[first : first + COUNT] if not a.startswith(("/mod/", "/lfo/", "/macro/"))]
            send(d, "/mod/clear")
            for target in some:
                assert send(d, "/mod/connect", "level.loud", target, amount), d.notice
            snapshot = run(d, 0.04, first / COUNT, loud=1.0)
            for target in some:
                param, value = TABLE[target], snapshot[target]
                assert type(value) is type(param.default), target
                assert param.lo <= float(value) <= param.hi  # type: ignore[arg-type]
                if target not in MOST:
                    assert param.unscale(value) == pytest.approx(0.5 + 0.5 * amount), target


def test_whatever_is_sent_to_it_all_values_stay_what_they_may_be() -> None:
    rng = np.random.default_rng(3)
    d = desk(Cue("1", "a", {}), Cue("2", "b", {PSI: 0.3}))
    ours = [a for a in TABLE if a.startswith(("/mod/", "/lfo/", "/macro/", "/auto/", "/master/quantise", "/desk/rel"))]
    other = ["/cue/go", "/look", "/model/class", "/master/panic", "/cue/goto", "/desk/undo", "/model/mix"]
    words = ["lfo.1", "level.loud", PSI, "/macro/1", "none", "square", "", "bar", "/mod/3/amount", "ink", "beat"]
    junk = [float("nan"), float("inf"), -1e30, 0, 1, 2, 16, 17, True, 0.5, 1e9, -3]
    for n in range(3000):
        address = str(rng.choice(ours if rng.random() < 0.8 else other))
        args = [words[rng.integers(len(words))] if rng.random() < 0.5 else junk[rng.integers(len(junk))]
                for _ in range(rng.integers(0, 5))]  # fmt: skip
        source = ("web:1", "midi:x", "osc:y", "auto", "")[rng.integers(5)]
        d.apply(Event(address, tuple(args), source, scaled=bool(rng.random() < 0.2)))
        if n % 3 == 0:
            t = n / 60.0
            state = ("groove", "drop", "break", "silence", "build")[n // 500 % 5]
            snapshot = d.tick(t, music(t, loud=rng.random(), state=state, count=n // 500, drops=n // 2500, phrase=4))
    for address, param in TABLE.items():
        if param.kind in ("float", "int"):
            assert param.lo <= snapshot[address] <= param.hi, address  # type: ignore[operator]
        elif param.kind == "choice" and address not in ("/look", "/model/select"):
            assert snapshot[address] in param.choices
    json.dumps(d.overview())
    json.dumps(d.memory())


def test_a_preset_brings_modulations_back_and_another_takes_them_away() -> None:
    d = desk()
    run(d, 0.1)
    send(d, "/preset/2/store")
    send(d, "/mod/connect", "lfo.1", PSI, 0.3)
    send(d, "/lfo/1/beats", 16.0)
    send(d, "/mod/connect", "level.loud", "/fx/coords/warp", 0.2)
    rows = d.overview()["modulations"]
    send(d, "/preset/1/store")
    send(d, "/preset/fade", 0.0)
    send(d, "/preset/2/recall")
    assert d.overview()["modulations"] == []
    assert run(d, 0.5, 0.1).moved == {}
    send(d, "/preset/1/recall")
    assert d.overview()["modulations"] == rows
    assert d.wished["/lfo/1/beats"] == 16.0
    assert PSI in run(d, 0.5, 0.7, loud=1.0).moved


def test_what_a_surface_connects_and_assigns_can_be_undone_and_panic_lets_go_of_it() -> None:
    d = desk()
    before = d.overview()
    send(d, "/mod/connect", "lfo.1", PSI, 0.3, source="web:1")
    send(d, "/macro/assign", 1, "/master/speed", 3.0, 1.0, source="web:1")
    after = d.overview()
    for _ in range(2):
        send(d, "/desk/undo", source="web:1")
    assert [d.overview()[topic] for topic in ("modulations", "macros")] == [[], before["macros"]]
    for _ in range(2):
        send(d, "/desk/redo", source="web:1")
    assert [d.overview()[topic] for topic in ("modulations", "macros")] == [after["modulations"], after["macros"]]
    send(d, "/master/panic")
    assert d.overview()["modulations"] == []
    assert d.overview()["macros"] == after["macros"], "what knobs mean is no wish of the moment"
