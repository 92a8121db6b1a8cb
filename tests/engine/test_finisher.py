"""The finish as a function of show time: the same at any frame rate, after a reset, and within its limits."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vj.core.params import Param, Snapshot, table
from vj.core.types import Features, Finish, Modulation, Value
from vj.engine.finish.bindings import CAMERA, KICK, LIGHT, Bindings, allowed
from vj.engine.finish.effects import effects, stages
from vj.engine.finish.finisher import Finisher, ticks_between
from vj.engine.finish.gestures import Hit, Pulse, Struck
from vj.engine.finish.mixer import Mixer
from vj.engine.sources import record
from vj.features.bands import DECAY_TAU_S, Band, Bands
from vj.features.state import State
from vj.features.tempo import Tempo

HOP = 1 / 96
#: Instants that frames of 24, 30, 60 and 144 a second all fall on.
COMMON = 1 / 6


def fader(**changed: Value) -> Snapshot:
    """Defaults of the whole chain with `effect__input` or `master__x` changed."""
    values: dict[str, Value] = {a: p.default for a, p in table([Mixer, Finisher, *stages(effects())]).items()}
    for name, value in changed.items():
        where = "/" + name.replace("__", "/")
        where = where if where in values else f"/fx{where}"
        assert where in values
        values[where] = value
    return Snapshot(values)


def kicks(every: float, accents: tuple[float, ...] = (1.0,)) -> Callable[[float], Band]:
    """A drummer: hits every so many seconds, decaying as the feature does."""

    def band(t: float) -> Band:
        count = math.floor(t / every + 1e-6)
        if not count:
            return Band(0.0, 0.0, 0.0, t, 0, -1.0)
        last = count * every
        accent = accents[count % len(accents)]
        hits = accent * math.exp(-(t - last) / DECAY_TAU_S)
        return Band(1.0, hits if hits > 1e-3 else 0.0, 0.8, t, count, last, accent)

    return band


def states(t: float) -> State:
    """Groove, break at 4 s, build at 6, drop at 10, silence at 14."""
    begun = [("groove", 0.0), ("break", 4.0), ("build", 6.0), ("drop", 10.0), ("silence", 14.0)]
    number = max(i for i, (_, since) in enumerate(begun) if t >= since)
    name, since = begun[number]
    return State(name, since, number, min((t - 6.0) / 4, 1.0) if name == "build" else 0.0, 0.5, int(t >= 10.0))


def heard(t: float, drummer: Callable[[float], Band], state: bool = True) -> Features:
    """What was heard at the end of the last hop before `t`."""
    n = math.floor(t / HOP + 1e-6)
    at = n * HOP
    quiet = Band(1.0, 0.0, 0.5, at, 0, -1.0)
    records = {
        Bands: Bands(drummer(at), quiet, quiet, quiet),
        Tempo: Tempo(120.0, (2 * at) % 1, int(2 * at), 0.9, "auto"),
    }
    if state:
        records[State] = states(at)
    return Features(at, HOP, n, records)


def play(
    finisher: Finisher,
    fps: float,
    seconds: float,
    snapshot: Snapshot,
    drummer: Callable[[float], Band],
    state: bool = True,
) -> list[Finish]:
    return [finisher.step(n / fps, heard(n / fps, drummer, state), snapshot) for n in range(round(seconds * fps))]


def flat(finish: Finish) -> dict[str, float]:
    return {f"{e}/{k}": float(v) for e, inputs in finish.values.items() for k, v in inputs.items()}


RICH = {"history__mode": "lighten", "coords__bounce": 0.02, "coords__fold": "6", "close": 1.0}


@pytest.mark.parametrize("fps", [24, 60, 144])
def test_any_frame_rate_says_the_same_at_the_same_instant(fps: int) -> None:
    """What follows hits, springs and states is a function of show time; only what follows a level sees it by frames."""
    drummer, snapshot = kicks(0.52, (1.0, 0.7, 0.85, 0.6)), fader(**RICH)
    ours = play(Finisher(effects()), fps, 16.0, snapshot, drummer)
    theirs = play(Finisher(effects()), 30, 16.0, snapshot, drummer)
    # what accumulates is exact but for the breath before a drop, during which it is summed frame by frame
    loose = {"coords/turned": 0.01, "coords/flow": 0.02, "history/wander": 0.05}
    for n in range(1, round(16.0 / COMMON)):
        one, two = flat(ours[round(n * COMMON * fps)]), flat(theirs[round(n * COMMON * 30)])
        for key, value in one.items():
            assert abs(value - two[key]) < loose.get(key, 2e-3), (key, n * COMMON)
    totals = [sum(f.ticks for f in run) for run in (ours, theirs)]
    assert abs(totals[0] - totals[1]) <= 2


@given(st.floats(0.0, 1e4), st.lists(st.floats(0.0, 0.09), min_size=1, max_size=30))
def test_ticks_are_those_of_a_clock(start: float, gaps: list[float]) -> None:
    """However time is cut into frames of up to 90 ms, the ticks are those between its two ends."""
    times = start + np.cumsum([0.0, *gaps])
    total = sum(ticks_between(a, b) for a, b in itertools.pairwise(times))
    whole = math.floor(times[-1] * 60 + 1e-6) - math.floor(times[0] * 60 + 1e-6)
    assert total == whole


@pytest.mark.parametrize(("fps", "counts"), [(24, {2, 3}), (30, {2}), (60, {1}), (144, {0, 1})])
def test_frames_on_a_fixed_clock_get_even_ticks(fps: int, counts: set[int]) -> None:
    assert {ticks_between(n / fps, (n + 1) / fps) for n in range(fps * 600)} == counts


def test_a_long_gap_is_not_made_up_for() -> None:
    assert ticks_between(10.0, 12.0) == 6
    assert ticks_between(12.0, 10.0) == 0


def test_it_is_deterministic_and_a_reset_equals_new() -> None:
    drummer, snapshot = kicks(0.4, (1.0, 0.6)), fader(**RICH)
    finisher = Finisher(effects())
    first = play(finisher, 60, 12.0, snapshot, drummer)
    finisher.reset()
    again = play(finisher, 60, 12.0, snapshot, drummer)
    assert repr(again) == repr(first) == repr(play(Finisher(effects()), 60, 12.0, snapshot, drummer))


def test_a_kick_moves_at_most_two_things_of_the_camera_and_one_of_the_light() -> None:
    kick = kicks(1.0)
    for changed in ({}, RICH, {"coords__bounce": 0.03}, {"history__mode": "average", "coords__punch_amount": 0.04}):
        snapshot = fader(**changed)  # type: ignore[arg-type]
        more = tuple(Modulation(KICK, a, 0.2) for a in ("/fx/coords/warp", "/fx/grade/saturation", "/fx/history/show"))
        snapshot = Snapshot(snapshot.values, bindings=more)
        before, after = (Finisher(effects()) for _ in range(2))
        still = [flat(f) for f in play(before, 60, 1.4, snapshot, lambda t: kick(0.0), state=False)]
        moved = [flat(f) for f in play(after, 60, 1.4, snapshot, kick, state=False)]
        # a ring and a drift may start with a strong kick; they are the history's and the drop's, not another movement
        aside = {"coords/ring_age", "coords/turned", "coords/flow", "history/wander", "history/pan_x", "history/pan_y"}
        differs = {k for s, m in zip(still, moved, strict=True) for k in s if abs(s[k] - m[k]) > 1e-9} - aside
        differs = {
            k
            for k in differs
            if KICK in {b.source for b in more if b.address == f"/fx/{k}"}
            or k.split("/")[0] in (*CAMERA, "bloom", "grade")
        }
        assert sum(k.split("/")[0] in CAMERA for k in differs) <= 2, differs
        assert sum(k.split("/")[0] in LIGHT for k in differs) <= 1, differs
        assert differs, "a kick must do something"


def test_who_comes_first_gets_the_kick() -> None:
    wanted = [
        Modulation(KICK, a, 0.1)
        for a in ("/fx/bloom/gain", "/fx/grade/contrast", "/fx/coords/warp", "/fx/history/warp", "/fx/coords/ring")
    ]
    assert [b.address for b in allowed(wanted, 1)] == ["/fx/bloom/gain", "/fx/coords/warp"]
    snare = Modulation("bands.snare.hits", "/fx/finish/chroma", 0.3)
    assert allowed([snare], 2) == (snare,)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.0, 2.0), st.floats(0.08, 0.6), st.floats(-3.0, 3.0))
def test_no_binding_can_make_the_whole_picture_flash(reactivity: float, every: float, amount: float) -> None:
    """Whatever a cue binds: what brightens the whole picture moves by less than the limits, at any tempo."""
    table_ = table(stages(effects()))
    bindings = tuple(
        Modulation(KICK, a, amount) for a in ("/fx/bloom/gain", "/fx/grade/lightness", "/fx/grade/contrast")
    )
    by = Bindings(table_)
    drummer = kicks(every)
    for n in range(60):
        moved = by.step(n / 30, 1 / 30, heard(n / 30, drummer), bindings, (reactivity, reactivity))
        assert abs(moved["/fx/bloom/gain"]) <= 0.15
        assert abs(moved["/fx/grade/lightness"]) <= 0.04
        assert abs(moved["/fx/grade/contrast"]) <= 0.1


def test_values_stay_in_their_ranges_whatever_is_bound() -> None:
    params = table(stages(effects()))
    bindings = tuple(Modulation("bands.bass.hits", a, 2.0) for a, p in params.items() if p.kind == "float")
    snapshot = Snapshot(fader(history__mode="lighten", master__reactivity=2.0).values, bindings=bindings)
    for finish in play(Finisher(effects()), 60, 8.0, snapshot, kicks(0.3)):
        for address, param in params.items():
            _, _, effect, key = address.split("/")
            if param.kind == "float":
                assert param.lo <= float(finish.values[effect][key]) <= param.hi


def test_freeze_holds_everything_but_the_master() -> None:
    finisher, drummer = Finisher(effects()), kicks(0.25)
    before = play(finisher, 60, 2.0, fader(**RICH), drummer)[-1]
    for n in range(120, 240):
        held = finisher.step(n / 60, heard(n / 60, drummer), fader(master__freeze=True, master__level=0.4, **RICH))
        assert (held.values, held.ticks, held.level) == (before.values, 0, 0.4)
    after = finisher.step(4.0, heard(4.0, drummer), fader(**RICH))
    assert after.ticks <= 1
    assert abs(after.values["coords"]["turned"] - before.values["coords"]["turned"]) < 0.01, "it goes on from there"


def test_master_and_blackout_are_at_the_very_end() -> None:
    finisher = Finisher(effects())
    assert finisher.step(0.0, heard(0.0, kicks(1.0)), fader(master__level=0.3)).level == 0.3
    assert finisher.step(0.1, heard(0.1, kicks(1.0)), fader(master__blackout=True)).level == 0.0


def test_the_states_of_the_music_show() -> None:
    finishes = play(Finisher(effects()), 30, 17.0, fader(**RICH), kicks(50.0))
    at = [flat(finishes[round(t * 30)]) for t in (3.0, 5.9, 9.2, 10.1, 16.5)]
    groove, rest, build, drop, silence = at
    assert rest["history/half_life"] > 0.75 > groove["history/half_life"]
    assert abs(rest["history/zoom"]) <= 0.031
    assert rest["bloom/gain"] > 1.2 * groove["bloom/gain"]
    assert rest["grade/warmth"] < groove["grade/warmth"]
    assert build["history/zoom"] > 0.3
    assert build["grade/saturation"] < 0.8 * groove["grade/saturation"]
    assert drop["coords/ring_age"] == pytest.approx(0.1, abs=0.02)
    assert drop["grade/saturation"] == pytest.approx(1.2 * groove["grade/saturation"], rel=0.01)
    assert silence["grade/saturation"] == pytest.approx(0.8 * groove["grade/saturation"], rel=0.01)
    assert silence["history/half_life"] > 0.85


def test_a_build_closes_the_kaleidoscope_where_a_look_wants_it() -> None:
    look = {"coords__fold": "8", "coords__fold_mix": 0.0, "close": 1.0}
    finishes = play(Finisher(effects()), 30, 10.0, fader(**look), kicks(50.0))  # type: ignore[arg-type]
    assert finishes[100].values["coords"]["fold_mix"] == 0.0
    assert float(finishes[295].values["coords"]["fold_mix"]) > 0.85


def test_reactivity_none_stills_the_camera() -> None:
    for finish in play(Finisher(effects()), 60, 3.0, fader(master__reactivity=0.0, **RICH), kicks(0.3)):
        assert finish.values["coords"]["bounce_y"] == 0.0
        assert finish.values["history"]["zoom_kick"] == 0.0
        assert finish.values["bloom"]["gain"] == pytest.approx(0.15)


def test_struck_springs_peak_at_their_accent_squared() -> None:
    spring, hit = Struck(22.0), Hit(1, 1.0, 0.8)
    heights = [spring.at(1.0 + n / 1000, hit) for n in range(400)]
    assert max(heights) == pytest.approx(0.64 * (1 - 0 / 1.6), rel=1e-3)
    assert abs(np.argmax(heights) - 1000 / 22.0) <= 1
    assert heights[-1] < 0.02


def test_a_pulse_rises_in_its_attack_and_is_at_ten_percent_after_its_release() -> None:
    pulse, hit = Pulse(0.02, 0.2), Hit(1, 0.0, 1.0)
    assert pulse.at(0.01, hit) == pytest.approx(0.5)
    assert pulse.at(0.02, hit) == pytest.approx(1.0)
    assert pulse.at(0.22, hit) == pytest.approx(0.1)
    assert pulse.at(0.32, Hit(2, 0.32, 1.0)) == pytest.approx(10**-1.5)


def test_every_parameter_of_the_chain_says_what_it_does() -> None:
    for address, param in table(stages(effects())).items():
        assert param.doc, address
        assert isinstance(param, Param)


def test_bindings_of_headers_name_things_that_are_heard() -> None:
    records = heard(1.0, kicks(0.5)).records
    for effect in effects():
        for binding in effect.bindings:
            assert isinstance(record(records, binding.source), float), binding
