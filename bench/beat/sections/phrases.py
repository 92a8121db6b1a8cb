"""Score phrases: `python bench/beat/sections/phrases.py [--songs FOLDER] [--out F.json]`.

Songs are made ones of `composed.py`, or a folder of material. Once true bars are told to the feature, so that
nothing but the grouping of bars is judged; once it hears everything itself ("heard"), as a show does, where bars have
to be sure before a phrase can. A phrase is right if its first bar is one of a true phrase, or of the part of one that
it claims to be: of two true bars, where it has four at twice the tempo. True phrases are what all sections of a song
begin on: 4, 8 or 16 bars.
"""

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from bench._machine import machine
from bench.beat.sections import composed
from bench.hearing.listening import Sound, listen, load, resampled
from vj.core.params import defaults
from vj.core.types import Hop
from vj.engine.analyzer import Analyzer
from vj.features.beat.record import BARS_SURE, Tempo
from vj.features.chroma import Chroma, HearChroma
from vj.features.phrase import HearPhrase
from vj.features.sections.phrases import PHRASE_SURE, Phrase
from vj.workshop.loop.voices import RATE

REPOSITORY = Path(__file__).resolve().parent.parent.parent
SONGS = 60
#: Bars of a song that are not judged yet, and how close to a bar a section begins, seconds.
SETTLE, NEAR = 12, 0.15
#: Part of its sections that must begin on a song's phrases.
AGREE = 0.9
#: Seconds of a song after which what is heard counts, and how far off a beat may be that begins a bar or a phrase.
HEARD, OFF = 30.0, 0.07

Told = list[tuple[float, bool, bool]]
Heard = list[tuple[bool, bool, bool, bool]]


def phrases(truth: dict[str, Any]) -> tuple[int, int] | None:
    """(bars of a phrase, number of a bar that begins one), None where sections do not tell."""
    if "phrase" in truth:
        bars, first = truth["phrase"]
        return int(bars), int(first)
    lines = np.array([t for t, place in truth["beats"] if place == 1])
    begins = [start for start, _, _ in truth["sections"] or () if len(lines) and abs(lines - start).min() < NEAR]
    numbers = [int(np.argmin(abs(lines - start))) for start in begins]
    for length in (16, 8, 4):
        counts = np.bincount([n % length for n in numbers], minlength=length)
        if len(numbers) > 2 and counts.max() >= AGREE * len(numbers):
            return length, int(counts.argmax())
    return None


def heard(truth: dict[str, Any], sound: Sound) -> list[tuple[int, Phrase]]:
    """(number of the bar, phrase) as every bar begins."""
    beats = np.array([t for t, _ in truth["beats"]])
    places = [int(place) - 1 for _, place in truth["beats"]]
    first, metre = places.index(0), int(truth["metre"])
    lengths = Analyzer(sound.rate, features=[])
    n, window = lengths.hop_length, np.zeros(lengths.window_length, np.float32)
    chroma, feature = HearChroma(sound.rate, n, len(window)), HearPhrase(sound.rate, n, len(window))
    p, silent = defaults(HearPhrase).of(HearPhrase), defaults(HearChroma).of(HearChroma)
    found: list[tuple[int, Phrase]] = []
    for index in range(len(sound.samples) // n):
        samples = sound.samples[index * n : (index + 1) * n]
        window = np.concatenate([window[n:], samples])
        hop = Hop(samples, window, index, sound.rate)
        records: dict[type, Any] = {Chroma: chroma.step(hop, silent)}
        k = int(np.searchsorted(beats, hop.t, side="right")) - 1
        if not 0 <= k < len(beats) - 1:
            continue
        gap = float(beats[k + 1] - beats[k])
        phase, place = (hop.t - float(beats[k])) / gap, places[k]
        records[Tempo] = Tempo(60.0 / gap, phase, k, 1.0, "auto", metre=metre, place=place, bar_confidence=1.0)
        record = feature.step(hop, p, records)
        bar = round((k - place - first) / metre)
        if not found or found[-1][0] != bar:
            found.append((bar, record))
    return found


def followed(truth: dict[str, Any], sound: Sound, length: int, first: int) -> Heard:
    """(bars sure, these right, phrase sure, this right) at every beat that is heard from HEARD seconds on."""
    lines = np.array([t for t, place in truth["beats"] if place == 1])
    usual = float(np.median(np.diff(lines)))
    rows, beat = [], -1
    for f in listen(sound, ["tempo", "chroma", "phrase"]):
        tempo, phrase = f[Tempo], f[Phrase]
        if f.t < HEARD or tempo.beat == beat or f.t > lines[-1]:
            continue
        beat, seconds = tempo.beat, 60.0 / tempo.bpm
        bar = f.t - (tempo.place + tempo.phase) * seconds
        near = int(np.argmin(abs(lines - bar)))
        right = bool(abs(lines[near] - bar) <= OFF)
        begin = bar - phrase.bar * tempo.metre * seconds
        near = int(np.argmin(abs(lines - begin)))
        bars = max(round(phrase.bars * tempo.metre * seconds / usual), 1)
        part = bars if length % bars == 0 else length
        begun = bool(abs(lines[near] - begin) <= 2 * OFF) and (near - first) % part == 0
        rows.append((tempo.bar_confidence >= BARS_SURE, right, phrase.confidence >= PHRASE_SURE, begun))
    return rows


def scored(truth: dict[str, Any], sound: Sound) -> tuple[Told, Heard]:
    """(confidence, right, right to within four bars) of every judged bar of a song, and what `followed` tells."""
    true = phrases(truth)
    if true is None:
        return [], []
    length, first = true
    rows = []
    for bar, phrase in heard(truth, sound)[SETTLE:]:
        off = bar - phrase.bar - first
        rows.append((phrase.confidence, off % min(phrase.bars, length) == 0, off % 4 == 0))
    return rows, followed(truth, sound, length, first)


def made(seed: int) -> tuple[Told, Heard]:
    song = composed.make(seed)
    return scored(song.truth, Sound(song.samples, RATE))


def stored(path: Path) -> tuple[Told, Heard]:
    return scored(json.loads(path.read_text()), resampled(load(path.with_suffix(".flac")), 48000))


def share(these: np.ndarray) -> float | None:
    """How many of these are true."""
    return round(float(these.mean()), 3) if len(these) else None


def main() -> int:
    """Score the test split, print it, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "bench" / "results" / "phrases.json")
    parser.add_argument("--songs", type=Path, help="a folder of NAME.flac with NAME.json instead of made songs")
    parser.add_argument("--count", type=int, default=SONGS, help="made songs, of which the test split is used")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    with ProcessPoolExecutor(asked.jobs) as pool:
        if asked.songs:
            paths = [p for p in sorted(asked.songs.glob("*.json")) if json.loads(p.read_text())["split"] == "test"]
            songs = list(pool.map(stored, paths))
        else:
            seeds = [n for n in range(asked.count) if composed.split(composed.called(n)) == "test"]
            songs = list(pool.map(made, seeds))
    rows = np.array([row for song, _ in songs for row in song], float)
    everything = np.array([row for _, song in songs for row in song], bool)
    sure = rows[:, 0] >= PHRASE_SURE
    tenths = [(rows[:, 0] >= a / 10) & (rows[:, 0] < a / 10 + 0.1) for a in range(2, 10)]
    result = {
        "songs": sum(bool(song) for song, _ in songs),
        "bars": len(rows),
        "sure": round(float(sure.mean()), 3),
        "right_when_sure": round(float(rows[sure, 1].mean()), 3),
        "right_in_four": round(float(rows[:, 2].mean()), 3),
        "right_by_confidence": {
            f"{k / 10:.1f}": [round(float(rows[here, 1].mean()), 3), int(here.sum())]
            for k, here in zip(range(2, 10), tenths, strict=True)
            if here.any()
        },
        "heard": {
            "beats": len(everything),
            "bars_sure": share(everything[:, 0]),
            "bars_right_when_sure": share(everything[everything[:, 0], 1]),
            "phrases_sure": share(everything[:, 2]),
            "phrases_right_when_sure": share(everything[everything[:, 2], 3]),
        },
    }
    text = json.dumps({"measured": machine(), **result}, indent=1) + "\n"
    print(text)
    asked.out.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
