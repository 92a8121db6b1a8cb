"""Phrases of music whose bars are known: made bars that change where phrases begin, and music that gives no sign."""

from collections.abc import Callable

import numpy as np
import pytest

from vj.core.params import defaults
from vj.core.types import F32, Hop
from vj.features.beat.record import Tempo
from vj.features.phrase import HearPhrase
from vj.features.sections.phrase_filter import LENGTHS, PhraseFilter
from vj.features.sections.phrases import PHRASE_SURE, Phrase

RATE, HOP, WINDOW, BPM = 24000, 512, 1024, 120.0


def music(seed: int, phrase: int, first: int, bars: int, metre: int = 4) -> F32:
    """Bars of noise in two bands and chords: layers come and go where a phrase begins, the first at bar `first`."""
    rng = np.random.default_rng(seed)
    bar = round(metre * 60.0 / BPM * RATE)
    t = np.arange(bar) / RATE
    layers, parts = rng.uniform(0.05, 0.4, 4), []
    for n in range(bars):
        if (n - first) % phrase == 0:
            layers = layers * rng.choice([0.3, 1.0, 3.0], 4)
        hz = 220.0 * 2.0 ** (rng.choice([0, 3, 5, 7]) / 12.0)
        pluck = np.exp(-(t % 0.5) / 0.1)
        sound = [np.sin(2 * np.pi * 60.0 * t) * pluck, np.sin(2 * np.pi * hz * t), np.sin(2 * np.pi * 1.5 * hz * t)]
        sound.append(rng.standard_normal(bar) * np.exp(-((t - 0.25) % 0.5) / 0.03))
        swell = np.clip(layers, 0.02, 0.6) * rng.uniform(0.85, 1.15, 4)
        parts.append(sum(a * s for a, s in zip(swell, sound, strict=True)))
    return (0.3 * np.concatenate(parts)).astype(np.float32)


def hear(
    sound: F32, metre: int = 4, sure: Callable[[int], float] = lambda beat: 1.0, feature: HearPhrase | None = None
) -> list[tuple[int, Phrase]]:
    """(number of the bar, phrase) in the middle of every bar; bars are told, not heard, `sure` of each beat."""
    feature, p = feature or HearPhrase(RATE, HOP, WINDOW), defaults(HearPhrase).of(HearPhrase)
    window, heard = np.zeros(WINDOW, np.float32), []
    for index in range(len(sound) // HOP):
        samples = sound[index * HOP : (index + 1) * HOP]
        window = np.concatenate([window[HOP:], samples])
        hop = Hop(samples, window, index, RATE, open=bool(samples.any()))
        beats = hop.t * BPM / 60.0
        beat = int(beats)
        tempo = Tempo(BPM, beats - beat, beat, 1.0, "auto", metre=metre, place=beat % metre, bar_confidence=sure(beat))
        record = feature.step(hop, p, {Tempo: tempo})
        if beat % metre == metre // 2 and (not heard or heard[-1][0] != beat // metre):
            heard.append((beat // metre, record))
    return heard


@pytest.mark.parametrize("metre", [3, 4])
def test_phrases_are_found_and_sure_when_right(metre: int) -> None:
    """Four pieces of 48 bars: the last half of each mostly sure, and what is sure is right nine times in ten."""
    sure = right = all_bars = 0
    for seed in range(4):
        phrase, first = (4, 8)[seed % 2], seed
        for bar, record in hear(music(seed, phrase, first % phrase, 48, metre), metre)[24:]:
            all_bars += 1
            if record.confidence >= PHRASE_SURE:
                sure += 1
                right += (bar - record.bar - first) % min(record.bars, phrase) == 0
                assert record.left == pytest.approx((record.bars - record.bar) * metre - metre // 2, abs=0.1)
    assert sure > 0.6 * all_bars
    assert right > 0.9 * sure


def test_nothing_is_sure_where_nothing_repeats_or_bars_are_not_known() -> None:
    heard = [record for seed in range(4) for _, record in hear(music(seed, 1, 0, 32))]
    assert np.mean([record.confidence >= PHRASE_SURE for record in heard]) < 0.25
    assert {record.confidence for _, record in hear(music(1, 4, 0, 16), sure=lambda beat: 0.5)} == {0.0}


def test_reset_forgets_everything() -> None:
    feature, sound = HearPhrase(RATE, HOP, WINDOW), music(2, 4, 0, 16)
    first, second = hear(sound, feature=feature), hear(sound, feature=feature)
    feature.reset()
    assert hear(sound, feature=feature) == first != second


def test_confidence_is_how_often_it_is_right() -> None:
    """The filter fed what its own model says, a hundred pieces: of those at .7 to .9 about eight in ten are right."""
    rng = np.random.default_rng(5)
    said, true = [], []
    for _ in range(100):
        odds, row = PhraseFilter(), int(rng.integers(len(LENGTHS)))
        at = int(rng.integers(LENGTHS[row]))
        for _ in range(24):
            odds.heard(float(odds._means[row, at] + 0.9 * rng.standard_normal()))
            odds.turn()
            at = (at + 1) % LENGTHS[row]
        place = odds.place(PHRASE_SURE)
        said.append(place.sure)
        true.append((at - place.bar) % min(place.bars, LENGTHS[row]) == 0)
    there = (np.array(said) > 0.7) & (np.array(said) < 0.9)
    assert there.sum() > 15
    assert 0.6 < np.array(true)[there].mean() <= 1.0


def test_what_is_known_outlasts_moments_that_are_not_sure_and_no_silence() -> None:
    """Every third beat is unsure, then six bars are: it says nothing then, and goes on where it was. Not so a song."""
    sound = music(0, 4, 0, 40)
    heard = dict(hear(sound, sure=lambda beat: 0.5 if beat % 3 == 0 or 100 <= beat < 124 else 1.0))
    assert {heard[bar].confidence for bar in range(25, 31)} == {0.0}
    assert heard[32].confidence >= PHRASE_SURE
    assert heard[32].bar % 4 == 0
    pause = np.zeros(8 * RATE, np.float32)
    after = dict(hear(np.concatenate([sound, pause, sound])))
    assert after[39].confidence >= PHRASE_SURE > after[46].confidence
