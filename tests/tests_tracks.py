"""Tracks that tests make of arrays, and how a director is run over one: surveyed or as it is heard."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, cast

import numpy as np
from scipy.signal import resample_poly

from vj.core import shelf
from vj.core.params import Snapshot, Values, defaults
from vj.core.track import Channel, Sound, Track
from vj.core.types import F32, F64, Controls, Features, LatentSpec
from vj.engine.analyzer import Analyzer

RATE = 48000


def track(sound: F32, rate: int, fps: int = 30, columns: Mapping[str, F64] | None = None) -> Track:
    """A Track of `sound` [n] or [n, 2] at `rate`; other rates by polyphase filtering."""

    def decode(wanted: int, channel: Channel = "mid") -> Iterator[F32]:
        both = sound if sound.ndim == 2 else np.stack([sound, sound], axis=1)
        mono = {"mid": both.mean(axis=1), "left": both[:, 0], "right": both[:, 1]}[channel]
        if wanted != rate:
            ratio = Fraction(wanted, rate)
            mono = resample_poly(mono, ratio.numerator, ratio.denominator)
        for i in range(0, len(mono), 4099):
            yield np.asarray(mono[i : i + 4099], np.float32)

    return Track(cast(Sound, decode), rate, Fraction(fps), columns or {})


def set_to(kind: type, **values: Any) -> Values:
    """The parameters of a director at their defaults, but for `values`."""
    known = dict(defaults(kind).values)
    known |= {f"{kind.address}/{name}": value for name, value in values.items()}  # type: ignore[attr-defined]
    return Snapshot(known).of(kind)


def made(name: str, spec: LatentSpec, seed: int = 3) -> Any:
    """A director fresh from the shelf."""
    return shelf.load("directors", name)(spec, np.random.default_rng(seed))


def heard(sound: F32) -> list[Features]:
    """Features of `sound` at RATE, hop by hop. What was heard lately is not listened to again."""
    return list(_heard(np.asarray(sound, np.float32).tobytes()))


@lru_cache(maxsize=8)
def _heard(samples: bytes) -> list[Features]:
    sound = np.frombuffer(samples, np.float32)
    analyzer = Analyzer(RATE)
    snapshot, hop = defaults(*analyzer.stages), analyzer.hop_length
    return [analyzer.step(sound[i : i + hop], snapshot) for i in range(0, len(sound) - hop + 1, hop)]


def framed(features: list[Features], fps: float) -> Iterator[tuple[float, Features]]:
    """(show time, newest features) of every frame, as a render has it."""
    silence = Features(0.0, features[0].dt, -1, features[0].records)
    n, k = 0, -1
    while (t := n / fps) <= features[-1].t:
        while k + 1 < len(features) and features[k + 1].t <= t + 1e-9:
            k += 1
        yield t, features[k] if k >= 0 else silence
        n += 1


def run(director: Any, features: list[Features], p: Values, fps: float = 60.0, r: float = 1.0) -> list[Any]:
    """Controls frame by frame."""
    found: list[Controls] = []
    before = 0.0
    for t, f in framed(features, fps):
        found.append(director.step(f, t - before, p, r))
        before = t
    return found


def song(seconds: float, seed: int = 1) -> F32:
    """Kicks, hats and a chord whose density changes every four seconds, quiet for a second between."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE)) / RATE
    part = (t // 4).astype(int)
    kick = np.sin(2 * np.pi * 55 * t) * np.exp(-(t % 0.5) / 0.08) * (part % 2 == 0)
    hats = rng.standard_normal(len(t)) * np.exp(-(t % 0.125) / 0.02) * 0.3 * (part % 3 != 1)
    tones = np.array([220.0, 330.0, 880.0, 1760.0])[part % 4]
    chord = 0.15 * np.sin(2 * np.pi * np.cumsum(tones) / RATE)
    return np.asarray((kick + hats + chord) * 0.4 * (t % 4 < 3.2), np.float32)
