"""Contract of every feature on the shelf: a newcomer is tested before its author writes a test."""

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from vj.core import shelf
from vj.core.params import Param, declared, defaults
from vj.core.types import F32, Features
from vj.engine.analyzer import Analyzer

RATE = 48000
NAMES = shelf.names("features")


def groove(seconds: float, rate: int = RATE, seed: int = 5) -> F32:
    """A kick, snare and hat pattern at 120 BPM over a bass note and faint noise, [seconds * rate]."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    sound = 0.05 * np.sin(2 * np.pi * 55 * t) + 1e-3 * rng.standard_normal(len(t))
    for beat in range(int(seconds * 2)):
        since = t - beat * 0.5
        struck = since >= 0
        since = np.where(struck, since, 0.0)
        kick = 0.7 * np.sin(2 * np.pi * 55 * since) * np.exp(-since / 0.08)
        snare = 0.4 * rng.standard_normal(len(t)) * np.exp(-since / 0.05)
        sound += struck * (kick if beat % 2 == 0 else snare)
    return sound.astype(np.float32)


def numbers(record: Any) -> Iterator[float]:
    """Every number inside a record, records in records included."""
    if dataclasses.is_dataclass(record):
        for f in dataclasses.fields(record):
            yield from numbers(getattr(record, f.name))
    elif isinstance(record, np.ndarray):
        yield from (float(x) for x in record.ravel())
    elif isinstance(record, (bool, int, float)):
        yield float(record)


def listen(analyzer: Analyzer, sound: F32) -> list[Features]:
    """Every Features of `sound`, hop by hop."""
    snapshot = defaults(*analyzer.stages)
    n = analyzer.hop_length
    return [analyzer.step(sound[i : i + n], snapshot) for i in range(0, len(sound) - n + 1, n)]


def trace(heard: list[Features]) -> list[list[float]]:
    """All numbers of all records of all hops."""
    return [[x for record in f.records.values() for x in numbers(record)] for f in heard]


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_shelf_holds_what_was_promised() -> None:
    assert {"bands", "chroma", "level", "onset", "spectrum", "tempo"} <= set(NAMES)


def test_stage_declares_itself(name: str) -> None:
    stage = shelf.load("features", name)
    assert stage.__doc__
    assert stage.address.startswith("/")
    for key, value in vars(stage).items():
        if isinstance(value, Param):
            assert value.doc, f"{name}.{key} needs a doc"
            assert declared(stage)[key].clamp(value.default) == value.default


def test_record_is_frozen_and_named_after_its_file(name: str) -> None:
    analyzer = Analyzer(RATE, features=[name])
    (record,) = listen(analyzer, np.zeros(RATE // 10, np.float32))[0].records.values()
    assert type(record).__name__ == "".join(part.title() for part in name.split("_"))
    assert dataclasses.is_dataclass(record)
    assert record.__dataclass_params__.frozen


def test_same_again_after_reset_and_not_without(name: str) -> None:
    analyzer = Analyzer(RATE, features=[name])
    sound = groove(2.0)
    first = trace(listen(analyzer, sound))
    without = trace(listen(analyzer, sound))
    analyzer.reset()
    again = trace(listen(analyzer, sound))
    assert again == first
    if name != "phrase":  # it has nothing to say without bars; test_phrase covers it
        assert without != first


def test_whole_equals_hop_by_hop(name: str) -> None:
    """What was heard up to a moment does not depend on what comes after it."""
    sound = groove(2.0)
    whole = trace(listen(Analyzer(RATE, features=[name]), sound))
    part = trace(listen(Analyzer(RATE, features=[name]), sound[: RATE // 2]))
    assert part == whole[: len(part)]


@pytest.mark.parametrize("kind", ["silence", "clipping", "nan", "dc", "huge", "click", "denormal"])
def test_finite_whatever_comes(name: str, kind: str) -> None:
    n = RATE
    sound = groove(1.0)[:n]
    if kind == "silence":
        sound = np.zeros(n, np.float32)
    elif kind == "clipping":
        sound = np.sign(sound)
    elif kind == "nan":
        sound = sound.copy()
        sound[::997] = np.nan
        sound[5::1999] = np.inf
    elif kind == "dc":
        sound = np.full(n, 0.9, np.float32)
    elif kind == "huge":
        sound = sound * np.float32(1e30)
    elif kind == "click":
        sound = np.zeros(n, np.float32)
        sound[n // 2] = 1.0
    elif kind == "denormal":
        sound = np.full(n, 1e-40, np.float32)
    heard = listen(Analyzer(RATE, features=[name]), sound.astype(np.float32))
    assert all(math.isfinite(x) for row in trace(heard) for x in row)


def test_nothing_happens_in_silence(name: str) -> None:
    """Counters rest and levels are zero, once the clock of the tempo is left out."""
    if name == "tempo":
        pytest.skip("the beat runs on in silence by design; test_tempo covers it")
    heard = listen(Analyzer(RATE, features=[name]), np.zeros(RATE, np.float32))
    first, last = trace(heard)[0], trace(heard)[-1]
    assert first == last
