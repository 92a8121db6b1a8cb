"""Score the hearing on recordings and electronic music, beside aubio: python bench/hearing/recordings.py [--out F]

Recordings come from the folder in VJ_AUDIO, or `../shared/audio` beside the repository. Onsets count as right within
50 ms (mir_eval); what is scored is the moment a detector *fires*, at the end of the hop it was given.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import aubio
import mir_eval
import numpy as np

from bench._machine import machine
from bench.hearing import _electronic
from bench.hearing.listening import Sound, fired, listen, load, resampled, score, score_bands, score_tempo
from vj.core import shelf
from vj.core.sound.short import Short
from vj.features.drums.flux import Flux
from vj.features.onset import Onset
from vj.features.tempo import Tempo

REPOSITORY = Path(__file__).resolve().parents[2]
AUDIO = Path(os.environ.get("VJ_AUDIO", REPOSITORY.parent / "shared" / "audio"))
TRACKS = ("80sRock", "Reggae", "Rock", "Rockabilly", "Shadows")
MIXES = ("Reggae", "Rock")
#: Strokes that are written as several hits within this many seconds are one.
MERGE = 0.03
#: aubio's (method, window, hop) at any rate.
AUBIO = (("hfc", 512, 128), ("default", 512, 256), ("specflux", 1024, 256))
#: Our hops, in samples at 48 kHz.
HOPS = (128, 512)
#: Timings are the least of this many runs: other programs share the machine.
RUNS = 3


def rows(name: str) -> list[list[str]]:
    """The words of each line of an annotation."""
    return [line.split() for line in (AUDIO / "mdb" / f"MusicDelta_{name}").read_text().splitlines() if line.strip()]


def merged(times: Sequence[float]) -> np.ndarray:
    """Sorted times, the first of each stroke only."""
    strokes: list[float] = []
    for t in sorted(times):
        if not strokes or t - strokes[-1] > MERGE:
            strokes.append(t)
    return np.array(strokes)


def hits(track: str, kind: str | None = None) -> np.ndarray:
    """Annotated strokes of one drum ("KD", "SD"), or of all."""
    return merged([float(t) for t, k in rows(f"{track}_class.txt") if kind in (None, k)])


def beats(track: str) -> np.ndarray:
    """Annotated beats in seconds."""
    return np.array([float(row[0]) for row in rows(f"{track}_MIX.beats")])


def cpu_ms_per_second(sounds: Sequence[Sound], run: Callable[[Sound], object]) -> float:
    """Least CPU time of RUNS over all sounds, in ms per second of audio."""
    spent = []
    for _ in range(RUNS):
        start = time.process_time()
        for sound in sounds:
            run(sound)
        spent.append(time.process_time() - start)
    return round(1e3 * min(spent) / sum(s.seconds for s in sounds), 2)


def our_onsets(sound: Sound, hop: int) -> list[float]:
    """Moments at which our onset feature fires, gate and gain included."""
    return fired(listen(sound, ["onset"], hop), lambda f: f[Onset].count)


def aubio_onsets(sound: Sound, method: str, window: int, hop: int) -> list[float]:
    """Moments at which an aubio detector fires."""
    detector = aubio.onset(method, window, hop, sound.rate)
    x = sound.samples
    return [(i + hop) / sound.rate for i in range(0, len(x) - hop, hop) if detector(x[i : i + hop])[0]]


def detector_alone(sound: Sound, hop: int) -> None:
    """Our detector without gate, gain and records, as aubio's is measured."""
    n = round(sound.rate * hop / 48000)
    short, detector, x = Short(sound.rate, n), Flux(sound.rate), sound.samples
    for i in range(0, len(x) - n + 1, n):
        detector.step(short.step(x[i : i + n]), 1.0)


def bench_onsets(drums: dict[str, Sound], mixes: dict[str, Sound], calm: dict[str, Sound]) -> dict[str, Any]:
    """Every detector on drums, mixes (recall only), drone and silence."""
    detectors: dict[str, tuple[Callable[[Sound], list[float]], Callable[[Sound], object]]] = {}
    for hop in HOPS:
        detectors[f"ours, hop {hop}"] = (partial(our_onsets, hop=hop), partial(detector_alone, hop=hop))
    for method, window, hop in AUBIO:
        run = partial(aubio_onsets, method=method, window=window, hop=hop)
        detectors[f"aubio {method} {window}/{hop}"] = (run, run)
    results = {}
    for name, (find, timed) in detectors.items():
        result = score({k: hits(k) for k in drums}, {k: find(s) for k, s in drums.items()})
        on_mixes = score({k: hits(k) for k in mixes}, {k: find(s) for k, s in mixes.items()})
        result["mix_recall"] = on_mixes["recall"]
        result["cpu_ms_per_s"] = cpu_ms_per_second(list(drums.values()), timed)
        result["false_per_s"] = {k: round(len(find(s)) / s.seconds, 3) for k, s in calm.items()}
        results[name] = result
    return results


def bench_bands(sounds: dict[str, Sound]) -> dict[str, Any]:
    """Bass hits against annotated kicks, snare hits against snares."""
    return score_bands(sounds, {k: hits(k, "KD") for k in sounds}, {k: hits(k, "SD") for k in sounds})


def bench_tempo(track: str, sound: Sound) -> dict[str, Any]:
    """Tempo and beats of one recording against its annotation."""
    return score_tempo(beats(track), sound)


def click_track(bpm: float, seconds: float = 16.0, rate: int = 48000) -> Sound:
    """Decaying 1.5 kHz clicks over faint noise, the first at 0.2 s."""
    x = 2e-4 * np.random.default_rng(0).standard_normal(int(seconds * rate))
    since = np.arange(2000) / rate
    click = 0.6 * np.sin(2 * np.pi * 1500 * since) * np.exp(-since / 0.008)
    for at in np.arange(0.2, seconds - 0.1, 60 / bpm):
        x[int(at * rate) : int(at * rate) + 2000] += click
    return Sound(x.astype(np.float32), rate)


def bench_clicks(bpm: float) -> dict[str, float]:
    """When the tempo of a click track is within 1 BPM for good."""
    heard = listen(click_track(bpm), ["tempo"])
    wrong = [f.t for f in heard if abs(f[Tempo].bpm - bpm) > 1.0]
    return {"locked_s": round(max(wrong, default=0.0), 2), "bpm_found": round(heard[-1][Tempo].bpm, 2)}


def bench_cost(sound: Sound) -> dict[str, Any]:
    """Microseconds per hop of each feature alone (with gain and window) and of all together, 48 kHz, hop 512."""
    names = shelf.names("features")
    hop_ms = 512 / 48000 * 1e3

    def per_hop(features: Sequence[str]) -> float:
        return cpu_ms_per_second([sound], lambda s: listen(s, features)) * hop_ms

    base = per_hop([])
    everything = per_hop(names)
    return {
        "gain_and_window_us_per_hop": round(base, 1),
        "each_us_per_hop": {n: round(per_hop([n]) - base, 1) for n in names},
        "all_us_per_hop": round(everything, 1),
        "all_percent_of_a_core": round(everything / (hop_ms * 1e3) * 100, 2),
    }


def main() -> int:
    """Run everything, print a summary, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "bench" / "results" / "hearing.json")
    out: Path = parser.parse_args().out
    if not (AUDIO / "mdb").is_dir():
        print(f"no recordings at {AUDIO}: set VJ_AUDIO to the folder that holds mdb/, loops/ and music/")
        return 1
    drums = {k: load(AUDIO / f"mdb/MusicDelta_{k}_Drum.wav") for k in TRACKS}
    mixes = {k: load(AUDIO / f"mdb/MusicDelta_{k}_MIX.wav") for k in MIXES}
    drone = load(AUDIO / "loops/loop_drone_g_97.flac")
    calm = {
        "drone": Sound(np.tile(drone.samples, 6), drone.rate),
        "silence": Sound(np.zeros(drone.rate * 20, np.float32), drone.rate),
    }
    song = load(AUDIO / "music/Kevin_MacLeod_-_Vibe_Ace.hq.ogg")
    excerpt = resampled(Sound(song.samples[: song.rate * 15], song.rate), 48000)
    results = {
        "measured": machine() | {"aubio": aubio.version, "mir_eval": mir_eval.__version__},
        "onsets": bench_onsets(drums, mixes, calm),
        "bands": {"drums": bench_bands(drums), "mixes": bench_bands(mixes)},
        "tempo": {
            "drums": {k: bench_tempo(k, s) for k, s in drums.items()},
            "mixes": {k: bench_tempo(k, s) for k, s in mixes.items()},
            "clicks": {str(bpm): bench_clicks(bpm) for bpm in (60, 90, 128, 174)},
        },
        "electronic": _electronic.bench(),
        "cost": bench_cost(excerpt),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))
    print(f"written to {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
