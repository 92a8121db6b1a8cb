"""States of music that is written down: patterns with known sections, the demo loop, a real song without any."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from vj.core.params import Snapshot, defaults
from vj.core.types import F32, Hop
from vj.devices.audio.file import AudioFile
from vj.engine.analyzer import Analyzer
from vj.features.phrase import Phrase
from vj.features.state import HearState, State
from vj.features.tempo import Tempo
from vj.workshop import loop

RATE = 48000
BAR = 2.0


def pattern(kicks: str, bright: dict[int, float] | None = None) -> F32:
    """Bars of 2 s at 120 BPM: "k" has kicks on all beats, "-" none, "." is silent. A pad and hats sound in the others.

    `bright` gives the cut-off of the pad in multiples of its usual one, by bar.
    """
    rng = np.random.default_rng(1)
    per_bar = int(BAR * RATE)
    floor, hats = rng.standard_normal((2, len(kicks), per_bar))
    t = np.arange(per_bar) / RATE
    since = t % 0.5
    kick = 0.6 * np.sin(2 * np.pi * 55 * since) * np.exp(-since / 0.09)
    decay = 0.05 * np.exp(-((t - 0.25) % 0.5) / 0.02)
    bars = []
    for bar, kind in enumerate(kicks):
        if kind == ".":
            bars.append(np.zeros(per_bar))
            continue
        phase = 2 * np.pi * 330.0 * (bright or {}).get(bar, 1.0) * (t + bar * BAR)
        pad = sum(np.sin(n * phase) / n for n in (1, 2, 3)) * 0.06
        hiss = 2e-4 * floor[bar] + decay * hats[bar]
        bars.append(hiss + pad + kick if kind == "k" else hiss + pad)
    return np.concatenate(bars).astype(np.float32)


#: For what is told by the lows and the level alone: without the tempo it takes half as long.
ALONE = ("state",)


def states(sound: F32, features: tuple[str, ...] = ("tempo", "state")) -> list[State]:
    analyzer = Analyzer(RATE, features=features)
    snapshot, n = defaults(*analyzer.stages), analyzer.hop_length
    return [analyzer.step(sound[i : i + n], snapshot)[State] for i in range(0, len(sound) - n + 1, n)]


def story(heard: list[State]) -> list[tuple[str, float]]:
    """(name, bar at which it began) of every state in turn."""
    changes = [s for before, s in zip([None, *heard], heard, strict=False) if before is None or s.count != before.count]
    return [(s.name, s.since / BAR) for s in changes]


@pytest.mark.parametrize("features", [("tempo", "state"), ("state",)], ids=["tempo", "no tempo"])
def test_the_bass_goes_and_hits_again(features: tuple[str, ...]) -> None:
    """The break is known within two bars; the drop at its first kick, at once."""
    found = story(states(pattern("kkkkkkkk----kkkkkkkkkkkk"), features))
    assert [name for name, _ in found] == ["groove", "break", "drop", "groove"]
    assert 8.7 <= found[1][1] <= 10.1
    assert found[2][1] == pytest.approx(12.0, abs=0.02)
    assert 19.0 <= found[3][1] <= 21.5


def test_a_fill_without_kicks_is_no_break() -> None:
    sound = pattern("kkkkkkkkkkkk")
    sound[int(7.5 * BAR * RATE) : 8 * int(BAR * RATE)] *= 0.02
    assert [name for name, _ in story(states(sound))] == ["groove"]


def test_a_break_that_grows_brighter_is_a_build() -> None:
    climb = {bar: 1.25 ** (bar - 8) for bar in range(9, 16)}
    heard = states(pattern("kkkkkkkk--------kkkk", climb))
    found = story(heard)
    assert [name for name, _ in found] == ["groove", "break", "build", "drop"]
    assert 10.0 <= found[2][1] <= 13.1
    progress = [s.build for s in heard if s.name == "build"]
    assert progress == sorted(progress)
    assert 0.4 < progress[-1] <= 1.0
    assert heard[-1].build == 0.0
    flat = story(states(pattern("kkkkkkkk--------kkkk")))
    assert [name for name, _ in flat] == ["groove", "break", "drop"]


def with_lows(sound: F32, *lows: tuple[float, float, float, float]) -> F32:
    """`sound` and sines of 55 Hz besides: (first bar, bars, amplitude, seconds of attack) each."""
    sound = sound.copy()
    for first, bars, amplitude, attack in lows:
        t = np.arange(int(bars * BAR * RATE)) / RATE
        swell = np.minimum(np.minimum(t, t[::-1]) / attack, 1.0)
        at = int(first * BAR * RATE)
        sound[at : at + len(t)] += (amplitude * swell * np.sin(2 * np.pi * 55.0 * t)).astype(np.float32)
    return sound


@pytest.mark.parametrize("amplitude", [0.15, 0.6], ids=["soft", "as a kick"])
def test_one_blow_in_a_break_does_not_start_the_wait_again(amplitude: float) -> None:
    """A blow of 0.16 s, 3.3 s before the drop: the drop is found; a soft one is nothing, a full one soon forgotten."""
    sound = with_lows(pattern("kkkkkkkk----kkkkkk"), (10.33, 0.08, amplitude, 0.01))
    heard = states(sound, ALONE)
    drops = [s.since / BAR for before, s in pairwise(heard) if s.drops > before.drops]
    assert drops[-1] == pytest.approx(12.0, abs=0.08)
    assert len(drops) == 1 or amplitude == 0.6
    names = [s.name for s in heard[int(9.8 * BAR * 93.75) : int(11.9 * BAR * 93.75)]]
    assert names.count("break") > 0.9 * len(names) or amplitude == 0.6


def test_a_break_over_a_low_pad_is_a_break() -> None:
    found = story(states(with_lows(pattern("kkkkkkkk------kkkk"), (8.0, 6.0, 0.08, 0.3)), ALONE))
    assert [name for name, _ in found] == ["groove", "break", "drop"]


def test_neither_a_bar_of_fill_nor_a_fall_of_level_is_a_break() -> None:
    sound = pattern("kkkkkkk-kkkkkkkkkkkk")
    sound[12 * int(BAR * RATE) :] *= 0.15
    assert [name for name, _ in story(states(sound))] == ["groove"]


def test_a_groove_of_one_blow_a_bar_has_no_drops() -> None:
    """Half-time and slow: between two blows of the bass lie two to three seconds."""
    sound = with_lows(pattern("-" * 20), *((bar * 1.3, 0.15, 0.5, 0.01) for bar in range(15)))
    assert states(sound, ALONE)[-1].drops == 0


def test_the_entry_after_an_intro_is_a_drop_and_after_silence_is_not() -> None:
    assert next(round(s.since / BAR) for s in states(pattern("---kkkk")) if s.name == "drop") == 3
    assert states(pattern("kkkk...kkkk"))[-1].drops == 0


def told(heard: list[Tempo], phrases: list[Phrase] | None = None) -> list[State]:
    """States of silence with the tempo that somebody tells, hop by hop."""
    feature, p = HearState(RATE, 512, 2048), defaults(HearState).of(HearState)
    quiet = np.zeros(512, np.float32)
    said = phrases or [Phrase()] * len(heard)
    return [
        feature.step(Hop(quiet, np.zeros(2048, np.float32), n, RATE), p, {Tempo: tempo, Phrase: phrase})
        for n, (tempo, phrase) in enumerate(zip(heard, said, strict=True))
    ]


def test_the_downbeat_is_what_is_heard_while_that_is_sure() -> None:
    """Bars of three from beat 2 on, which the drop cannot move, until nobody knows; then bars of four as before."""
    bars = [
        Tempo(120.0, 0.0, beat, 1.0, "auto", metre=3, place=(beat - 2) % 3, bar_confidence=0.9) for beat in range(24)
    ]
    unsure = [Tempo(120.0, 0.0, beat, 1.0, "auto", metre=3, place=0, bar_confidence=0.5) for beat in range(24, 30)]
    found = told(bars + unsure)
    assert {(s.downbeat - 2) % 3 for s in found[:24]} == {0}
    assert len({s.downbeat for s in found[2:24]}) == 1  # it stays, so that what is counted from it does
    assert [s.metre for s in found] == [3] * 24 + [4] * 6


def test_the_downbeat_begins_a_phrase_while_phrases_are_sure() -> None:
    beats = range(64)
    bars = [Tempo(120.0, 0.0, beat, 1.0, "auto", place=(beat - 1) % 4, bar_confidence=0.9) for beat in beats]
    phrases = [Phrase(8, ((beat - 1) // 4 - 3) % 8, confidence=0.9 if beat > 20 else 0.1) for beat in beats]
    found = told(bars, phrases)
    assert {(s.downbeat - 1) % 4 for s in found} == {0}
    assert {(s.downbeat - 13) % 32 for s in found[21:]} == {0}


def test_silence_needs_a_moment_and_ends_at_once() -> None:
    found = story(states(pattern("kkkk..kk")))
    assert [name for name, _ in found][:3] == ["groove", "silence", "groove"]
    assert found[1][1] * BAR == pytest.approx(8.0 + 1.5 + 0.6, abs=0.5)  # the gate holds for a while
    assert found[2][1] == pytest.approx(6.0, abs=0.03)


def test_drops_and_changes_are_counted() -> None:
    heard = states(pattern("kkkkkk---kkkkkkkkkkkk---kkk"))
    assert heard[-1].drops == 2
    assert heard[-1].count == len(story(heard)) - (story(heard)[0][0] == "silence")
    assert all(a.count <= b.count and a.drops <= b.drops for a, b in pairwise(heard))


def test_energy_follows_loudness_and_not_the_fader() -> None:
    sound = pattern("k" * 8)
    sound[len(sound) // 2 :] *= 0.2
    for gain in (1.0, 0.3):
        heard = states(sound * np.float32(gain), ALONE)
        assert heard[len(heard) // 2 - 1].energy > 0.85
        assert 0.1 < heard[-1].energy < 0.7 * heard[len(heard) // 2 - 1].energy


def test_the_demo_loop_breaks_builds_and_drops() -> None:
    """Break in bars 8 to 11, with a roll and a riser; the drop in bar 12, twice round."""
    sound = AudioFile(loop.cached(), RATE).read(10**8)
    bar = 240.0 / loop.BPM
    heard = states(np.concatenate([sound, sound]))
    drops = [s.since / bar for before, s in pairwise(heard) if s.drops > before.drops]
    assert drops == pytest.approx([12.0, 28.0], abs=0.03)
    named = [{s.name for s in heard[int(a * bar * 93.75) : int(b * bar * 93.75)]} for a, b in ((0, 8), (10, 11.9))]
    assert named[0] == {"groove"}
    assert named[1] <= {"break", "build"}
    assert "build" in {s.name for s in heard}


def test_the_drop_and_the_performer_say_where_a_bar_begins() -> None:
    """The loop enters half a bar into its groove, so that counted beats and bars do not agree before its drop."""
    analyzer = Analyzer(RATE, features=("tempo", "state"))
    values = dict(defaults(*analyzer.stages).values)
    bar, n = 240.0 / loop.BPM, analyzer.hop_length
    sound = AudioFile(loop.cached(), RATE).read(10**8)[int(4.5 * bar * RATE) :]
    at_drop = []
    for i in range(0, len(sound) - n + 1, n):
        values["/tempo/resync"] = int(i > 10.3 * bar * RATE)
        f = analyzer.step(sound[i : i + n], Snapshot(values))
        if f[State].drops == 1 and i < 10 * bar * RATE:
            at_drop.append(f)
    state, tempo = at_drop[0][State], at_drop[0][Tempo]
    assert at_drop[0].t == pytest.approx(7.5 * bar, abs=0.04)
    assert abs(tempo.beat + tempo.phase - state.downbeat) < 0.15
    assert state.downbeat % 4 != 0
    assert f[State].downbeat % 4 == 0
    assert (f[Tempo].beat - f[State].downbeat) % 4 == f[Tempo].place


def test_a_song_that_just_goes_on_has_no_drop(real_audio: Path) -> None:
    path = next(real_audio.rglob("*Vibe_Ace*"), None)
    if path is None:
        pytest.skip("the song is not among the recordings")
    heard = states(AudioFile(path, RATE, end=40.0).read(10**8))
    assert heard[-1].drops == 0
    assert {s.name for s in heard[200:]} == {"groove"}
