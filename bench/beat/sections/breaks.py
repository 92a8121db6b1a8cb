"""Score breaks, builds and drops on songs whose sections are known.

python bench/beat/sections/breaks.py [--out F.json]

The songs are made by `composed.py`, of which the test split decided nothing; `--songs FOLDER` scores a folder of
other material instead. Recordings without known sections (VJ_AUDIO, or `../shared/audio` beside the repository) can
only have false drops. A drop is found if one is heard within a beat, or 0.35 s, of the return of kick or bass after 4 s
without; a song's first entry of them after an intro counts. Times are those at which the state says so.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from bench._machine import machine
from bench.beat.sections import composed
from bench.hearing.listening import Sound, listen, load, resampled
from vj.core.types import F32
from vj.features.state import State
from vj.workshop.loop.voices import RATE

REPOSITORY = Path(__file__).resolve().parent.parent.parent
AUDIO = Path(os.environ.get("VJ_AUDIO", REPOSITORY.parent / "shared" / "audio"))
#: Songs that are made; the seconds without that make a return a drop, and how far off a drop may be, at least.
SONGS, WITHOUT, NEAR = 120, 4.0, 0.35
NAMES = ("silence", "groove", "break", "build", "drop")


def told(sound: Sound) -> tuple[list[tuple[float, str]], list[float], float]:
    """(time, name) of every state as it came, times of drops, and seconds heard."""
    states: list[tuple[float, str]] = []
    drops: list[float] = []
    count, t = 0, 0.0
    for f in listen(sound, ["tempo", "state"]):
        state, t = f[State], f.t
        if not states or states[-1][1] != state.name:
            states.append((t, state.name))
        drops += [t] * (state.drops > count)
        count = state.drops
    return states, drops, t


def returns(truth: dict[str, Any]) -> tuple[list[float], list[float]]:
    """Times of true drops, and times at which one may be heard without being right or wrong.

    As written, or where a groove or drop follows 4 s of break and build and a kick sounds in its first half bar. Where
    kicks sounded before, in the build, either time may be meant.
    """
    if "drops" in truth:
        return list(truth["drops"]), list(truth["maybe"])
    found, maybe, gone = [], [], 0.0
    kicks = np.array((truth["drums"] or {}).get("kick", ()))
    for start, end, label in truth["sections"] or ():
        if label in ("break", "build"):
            gone += end - start
            continue
        if gone >= 2.5:
            during = kicks[(kicks > start - gone + 0.1) & (kicks < start - 0.1)]
            first = kicks[(kicks >= start - 0.05) & (kicks < start + 120.0 / truth["bpm"])]
            plain = gone >= WITHOUT and len(during) < 2 and len(first) > 0
            found += [float(first[0])] if plain else []
            maybe += [] if plain else [start, *during[:1].tolist()]
        gone = 0.0
    return found, maybe


def scored(truth: dict[str, Any], sound: Sound) -> dict[str, Any]:
    """Counts of one song, to be added up: drops and seconds."""
    states, drops, seconds = told(sound)
    near = max(NEAR, 60.0 / float(truth["bpm"])) if truth.get("bpm") else NEAR
    wanted, maybe = returns(truth)
    left = list(drops)
    found, late = 0, []
    for t in wanted:
        hit = min((d for d in left if abs(d - t) <= near), key=lambda d: abs(d - t), default=None)
        if hit is not None:
            left.remove(hit)
            late.append(round(hit - t, 3))
            found += 1
    left = [d for d in left if not any(abs(d - t) <= near for t in maybe)]
    edges = [t for t, _ in states] + [seconds]
    spans: dict[str, dict[str, float]] = {}
    for start, end, label in truth["sections"] or ():
        row = spans.setdefault(label, dict.fromkeys(NAMES, 0.0))
        for (a, name), b in zip(states, edges[1:], strict=True):
            row[name] += max(min(b, end) - max(a, start), 0.0)
    return {
        "name": truth["name"],
        "drops": len(wanted),
        "found": found,
        "late": late,
        "missed": [round(t, 2) for t in wanted if not any(abs(d - t) <= near for d in drops)],
        "false": [round(t, 2) for t in left],
        "seconds": seconds,
        "spans": spans,
        "states": [(round(t, 2), name) for t, name in states],
    }


def summary(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What the counts of many songs come to."""
    rows = list(rows)
    spans = {
        label: {name: sum(r["spans"].get(label, {}).get(name, 0.0) for r in rows) for name in NAMES} for label in NAMES
    }
    rest = [sum(spans[label][name] for label in ("break", "build")) for name in NAMES]
    on = [sum(spans[label][name] for label in ("groove", "drop")) for name in NAMES]
    built = spans["build"]
    hours = sum(r["seconds"] for r in rows) / 3600.0
    late = [t for r in rows for t in r["late"]]

    def share(part: float, whole: float) -> float | None:
        return round(part / whole, 3) if whole > 0.0 else None

    return {
        "songs": len(rows),
        "hours": round(hours, 3),
        "drops": sum(r["drops"] for r in rows),
        "drops_found": share(sum(r["found"] for r in rows), sum(r["drops"] for r in rows)),
        "late_s_median": round(float(np.median(late)), 3) if late else None,
        "late_s_most": round(float(np.max(late)), 3) if late else None,
        "false_drops": sum(len(r["false"]) for r in rows),
        "false_drops_an_hour": round(sum(len(r["false"]) for r in rows) / hours, 2),
        "breaks_covered": share(rest[2] + rest[3], sum(rest)),
        "builds_called_build": share(built["build"], sum(built.values())),
        "groove_miscalled": share(on[2] + on[3] + on[0], sum(on)),
    }


def made(seed: int) -> dict[str, Any]:
    """The counts of one made song, with its split."""
    song = composed.make(seed)
    return scored(song.truth, Sound(song.samples, RATE)) | {"split": song.truth["split"]}


def stored(path: Path) -> dict[str, Any]:
    """The counts of one piece of a folder."""
    truth = json.loads(path.read_text())
    return scored(truth, resampled(load(path.with_suffix(".flac")), 48000)) | {"split": truth.get("split", "test")}


def recorded(path: Path) -> dict[str, Any]:
    """The counts of a recording of which nothing is known but that it has no drop."""
    sound = resampled(load(path), 48000)
    samples: F32 = sound.samples
    if "loop" in path.stem:  # one after the other for half a minute, as a player would
        samples = np.tile(samples, int(np.ceil(30.0 / sound.seconds)))
    return scored({"name": path.stem, "bpm": None, "sections": None, "drums": None}, Sound(samples, 48000)) | {
        "split": "recorded"
    }


def main() -> int:
    """Score everything, print it, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "bench" / "results" / "sections.json")
    parser.add_argument("--songs", type=Path, help="a folder of NAME.flac with NAME.json instead of made songs")
    parser.add_argument("--count", type=int, default=SONGS, help="made songs")
    parser.add_argument("--split", default="test", help="which split of them")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--each", action="store_true", help="tell of every song")
    asked = parser.parse_args()
    recordings = [p for p in sorted(AUDIO.rglob("*")) if p.suffix in (".wav", ".ogg", ".flac")]
    with ProcessPoolExecutor(asked.jobs) as pool:
        if asked.songs:
            paths = sorted(asked.songs.glob("*.json"))
            rows = list(pool.map(stored, [p for p in paths if json.loads(p.read_text())["split"] == asked.split]))
        else:
            seeds = [n for n in range(asked.count) if composed.split(composed.called(n)) == asked.split]
            rows = list(pool.map(made, seeds))
        rows += list(pool.map(recorded, recordings))
    if asked.each:
        for row in rows:
            print(row["name"], row["split"], "missed", row["missed"], "false", row["false"], row["states"])
    splits = dict.fromkeys(row["split"] for row in rows)
    results = {split: summary(r for r in rows if r["split"] == split) for split in sorted(splits)}
    text = json.dumps({"measured": machine(), **results}, indent=1) + "\n"
    print(text)
    asked.out.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
