"""Drums where they are hard to hear, against an earlier commit: `python bench/hearing/drums.py SONGS... --base COMMIT`.

SONGS are folders of pieces as `bench/beat/songs/make.py` and `found/make.py` fill them; the dense mixes are those of
the split "test" whose drums are known. The rest is made here: a 303 that nothing was taught with beside its kicks,
steady noise, songs that somebody turns down by 30 dB. Both builds hear the same sounds, at their defaults.
"""

import hashlib
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mir_eval
import numpy as np

from bench._builds import REPOSITORY, Child, checkout
from bench._machine import arguments, machine, write
from bench.hearing.listening import Sound, load
from bench.hearing.patterns import HELD_OUT, make
from vj.core.types import F32

#: Seconds of each song; the most of them, those with the least hash of their names.
LONG, MOST = 40.0, 60
#: Pieces of each made kind; seconds of noise, and its level.
SEEDS, NOISE, NOISE_DB = range(HELD_OUT, HELD_OUT + 8), 60.0, -20.0
#: Styles that are turned down, when, and by how much. Seconds within which a hit is the true one.
TURNED, AT, FALL_DB, NEAR = ("rolling", "garage", "electro"), 10.0, -30.0, 0.05
#: Hits in a row that show that it hears again, and seconds that are stated where it never does.
AGAIN, NEVER = 3, 99.0
#: What fires in a sound file: times of kicks, snares and onsets.
PROGRAM = """
import json, sys
import numpy as np
from vj.core.params import defaults
from vj.engine.analyzer import Analyzer
from vj.features.bands import Bands
from vj.features.onset import Onset
for line in sys.stdin:
    path, rate = json.loads(line)
    x, analyzer = np.load(path), Analyzer(rate, features=["bands", "onset"])
    snapshot, n = defaults(*analyzer.stages), analyzer.hop_length
    counts, times, before = [], {"kick": [], "snare": [], "onset": []}, (0, 0, 0)
    for i in range(0, len(x) - n + 1, n):
        f = analyzer.step(x[i : i + n], snapshot)
        now = f[Bands].bass.count, f[Bands].snare.count, f[Onset].count
        for name, a, b in zip(times, before, now):
            if b > a:
                times[name].append(f.t)
        before = now
    print(json.dumps(times), flush=True)
"""

Times = dict[str, list[float]]


@dataclass(frozen=True)
class Case:
    """A sound of a kind with the true times of its kicks and snares."""

    kind: str
    sound: Sound
    truth: Times


def mixes(folders: list[Path]) -> Iterator[Case]:
    """Songs of the split "test" that have kicks and snares."""
    told = [(path, json.loads(path.read_text())) for folder in folders for path in folder.rglob("*.json")]
    asked = [(p, t) for p, t in told if isinstance(t, dict) and t.get("split") == "test" and t.get("drums")]
    asked.sort(key=lambda one: hashlib.sha256(one[1]["name"].encode()).digest())
    for path, truth in asked[:MOST]:
        sound = load(path.with_suffix(".flac"))
        part = Sound(sound.samples[: int(LONG * sound.rate)], sound.rate)
        times = {k: [t for t in truth["drums"].get(k, ()) if t < part.seconds - NEAR] for k in ("kick", "snare")}
        yield Case("dense mixes", part, times)


def noise(colour: str) -> Sound:
    """Steady noise, white or pink."""
    rate = 48000
    n = int(NOISE * rate)
    hz = np.maximum(np.fft.rfftfreq(n, 1.0 / rate), 20.0)
    lines = np.fft.rfft(np.random.default_rng(0).standard_normal(n)) * (hz**-0.5 if colour == "pink" else 1.0)
    x = np.fft.irfft(lines, n)
    return Sound((x / x.std() * 10 ** (NOISE_DB / 20)).astype(np.float32), rate)


def made() -> Iterator[Case]:
    """A 303 beside kicks, steady noise, songs that are turned down."""
    for seed in SEEDS:
        piece = make("acid", seed)
        yield Case("303", Sound(piece.samples, piece.rate), {"kick": list(piece.kick), "snare": list(piece.snare)})
    for colour in ("white", "pink"):
        yield Case(f"{colour} noise", noise(colour), {})
    for style in TURNED:
        for seed in SEEDS[:3]:
            piece = make(style, seed)
            x: F32 = np.tile(piece.samples, 2)
            x[int(AT * piece.rate) :] *= np.float32(10 ** (FALL_DB / 20))
            twice = {
                k: [*t, *(t + len(piece.samples) / piece.rate)]
                for k, t in (("kick", piece.kick), ("snare", piece.snare))
            }
            yield Case("turned down", Sound(x, piece.rate), twice)


def matched(truth: list[float], found: list[float]) -> list[int]:
    """Indices of `truth` that were found."""
    if not truth or not found:
        return []
    return sorted(i for i, _ in mir_eval.util.match_events(np.array(truth), np.array(found), NEAR))


def f_of(pairs: list[tuple[list[float], list[float]]]) -> dict[str, float]:
    """F over all strokes of (truth, found), and its mean over the songs that have some."""
    right = [len(matched(*pair)) for pair in pairs]
    each = [2 * r / (len(t) + len(f)) for r, (t, f) in zip(right, pairs, strict=True) if t]
    total = sum(len(t) + len(f) for t, f in pairs)
    return {"f": round(2 * sum(right) / max(total, 1), 3), "f_mean_of_songs": round(statistics.mean(each or [0.0]), 3)}


def deaf(truth: list[float], found: list[float]) -> float:
    """Seconds after AT until the first of AGAIN true strokes in a row that were all found."""
    after = [i for i, t in enumerate(truth) if t > AT]
    heard = set(matched(truth, found))
    good = (i for i in after if all(k in heard for k in range(i, min(i + AGAIN, len(truth)))))
    first = next(good, None)
    return NEVER if first is None else round(max(truth[first] - AT, 0.0), 2)


def figures(cases: list[Case], found: list[Times]) -> dict[str, Any]:
    """What one build made of them."""

    def of(kind: str, drum: str) -> list[tuple[list[float], list[float]]]:
        return [(c.truth[drum], f[drum]) for c, f in zip(cases, found, strict=True) if c.kind == kind]

    falls = {drum: [deaf(*pair) for pair in of("turned down", drum) if pair[0]] for drum in ("kick", "snare")}
    return {
        "dense mixes": {drum: f_of(of("dense mixes", drum)) for drum in ("kick", "snare")},
        "303": {drum: f_of(of("303", drum)) for drum in ("kick", "snare")},
        "onsets a second in steady noise": {
            c.kind.split()[0]: round(len(f["onset"]) / NOISE, 3)
            for c, f in zip(cases, found, strict=True)
            if c.kind.endswith("noise")
        },
        f"seconds deaf after {FALL_DB:.0f} dB": {
            drum: {"median": statistics.median(each), "worst": max(each)} for drum, each in falls.items()
        },
    }


def main() -> int:
    """Hear everything with both builds, print and keep the result."""
    parser = arguments(__doc__ or "")
    parser.add_argument("songs", type=Path, nargs="*")
    parser.add_argument("--base", required=True, help="the commit to compare with")
    given = parser.parse_args()
    with ExitStack() as stack:
        file = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "sound.npy"
        builds = [Child(b, PROGRAM) for b in (stack.enter_context(checkout(given.base)), REPOSITORY)]
        for build in builds:
            stack.callback(build.end)
        cases: list[Case] = []
        found: list[list[Times]] = [[], []]
        for case in (*mixes(given.songs), *made()):
            cases.append(case)
            np.save(file, case.sound.samples)
            for heard, build in zip(found, builds, strict=True):
                heard.append(json.loads(build.ask(json.dumps([str(file), case.sound.rate]))))
    seconds = sum(c.sound.seconds for c in cases if c.kind == "dense mixes")
    result = {
        "measured": machine(),
        "base commit": given.base,
        "songs": {"count": sum(c.kind == "dense mixes" for c in cases), "minutes": round(seconds / 60, 1)},
        **{name: figures(cases, heard) for name, heard in zip(("base", "now"), found, strict=True)},
    }
    write(result, given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
