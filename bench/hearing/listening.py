"""What every score of the hearing shares: sounds, listening to them, and how close what fired is to the truth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import mir_eval
import numpy as np
from scipy.signal import resample_poly

from vj.core.params import defaults
from vj.core.types import F32, Features
from vj.engine.analyzer import Analyzer
from vj.features.bands import Bands
from vj.features.tempo import Tempo


@dataclass(frozen=True)
class Sound:
    """Mono float32 samples [n] at `rate` Hz."""

    samples: F32
    rate: int

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


def load(path: Path) -> Sound:
    """A recording, mixed to mono at its own rate."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler("fltp", "mono", stream.rate)
        parts = [p for frame in container.decode(stream) for p in resampler.resample(frame)]
        parts += resampler.resample(None)
        return Sound(np.concatenate([p.to_ndarray()[0] for p in parts]).astype(np.float32), int(stream.rate))


def resampled(sound: Sound, rate: int) -> Sound:
    """A sound at another rate."""
    divisor = int(np.gcd(rate, sound.rate))
    samples = resample_poly(sound.samples, rate // divisor, sound.rate // divisor)
    return Sound(samples.astype(np.float32), rate)


def listen(sound: Sound, features: Sequence[str] | None, hop: int = 512) -> list[Features]:
    """All Features of a sound; `hop` in samples at 48 kHz."""
    analyzer = Analyzer(sound.rate, hop_seconds=hop / 48000, features=features)
    snapshot, n, x = defaults(*analyzer.stages), analyzer.hop_length, sound.samples
    return [analyzer.step(x[i : i + n], snapshot) for i in range(0, len(x) - n + 1, n)]


def fired(heard: list[Features], count: Callable[[Features], int]) -> list[float]:
    """Show times at which a counter rose."""
    counts = np.array([0, *(count(f) for f in heard)])
    return [heard[i].t for i in np.flatnonzero(np.diff(counts) > 0)]


def delays(truth: np.ndarray, found: Sequence[float]) -> list[float]:
    """Milliseconds from each stroke to its match."""
    if not len(truth) or not len(found):
        return []
    pairs = mir_eval.util.match_events(truth, np.array(found), 0.05)
    return [1e3 * (found[j] - truth[i]) for i, j in pairs]


def score(truths: dict[str, np.ndarray], found: dict[str, list[float]]) -> dict[str, Any]:
    """F over all strokes and as mean of the tracks, recall, and the delay of what was found."""
    matched = {k: delays(truths[k], found[k]) for k in truths}
    each = {k: 2 * len(matched[k]) / max(len(truths[k]) + len(found[k]), 1) for k in truths}
    total, right = sum(len(t) for t in truths.values()), sum(len(m) for m in matched.values())
    late = [d for m in matched.values() for d in m] or [0.0]
    return {
        "f_fired": round(2 * right / max(total + sum(len(f) for f in found.values()), 1), 4),
        "f_fired_mean_of_tracks": round(float(np.mean(list(each.values()))), 4),
        "precision": round(right / max(sum(len(f) for f in found.values()), 1), 4),
        "recall": round(right / max(total, 1), 4),
        "delay_ms_median": round(float(np.median(late)), 2),
        "delay_ms_p95": round(float(np.percentile(late, 95)), 2),
        "tracks": {k: round(v, 3) for k, v in each.items()},
    }


def score_bands(
    sounds: dict[str, Sound], kicks: dict[str, np.ndarray], snares: dict[str, np.ndarray]
) -> dict[str, Any]:
    """Bass hits against true kicks, snare hits against true snares, at one setting."""
    heard = {k: listen(s, ["bands"]) for k, s in sounds.items()}
    return {
        "kicks": score(kicks, {k: fired(f, lambda x: x[Bands].bass.count) for k, f in heard.items()}),
        "snares": score(snares, {k: fired(f, lambda x: x[Bands].snare.count) for k, f in heard.items()}),
    }


def score_tempo(truth: np.ndarray, sound: Sound) -> dict[str, Any]:
    """Tempo and beats of one recording against its true beats, after 5 s to settle."""
    heard = listen(sound, ["tempo"])
    found = np.array(fired(heard, lambda f: f[Tempo].beat))
    right = 60.0 / float(np.median(np.diff(truth)))
    settled = [f[Tempo].bpm for f in heard if f.t > 5.0]
    near = [abs(b / right - 1) < 0.04 for b in settled]
    first = next((f.t for f in heard if f.t > 0.5 and abs(f[Tempo].bpm / right - 1) < 0.04), None)
    late, early = truth[truth > 5.0], found[found > 5.0]
    return {
        "bpm_true": round(right, 1),
        "bpm_found": round(float(np.median(settled)), 1),
        "share_of_time_within_4_percent": round(float(np.mean(near)), 3),
        "first_right_s": None if first is None else round(first, 2),
        "beat_f_70ms": round(float(mir_eval.beat.f_measure(late, early)), 3),
        "beat_offset_ms_median": round(float(np.median(delays(late, early.tolist()) or [0.0])), 1),
        "confidence_at_end": round(heard[-1][Tempo].confidence, 2),
    }
