"""The aims of the project on annotated recordings, scored by the bench itself; skipped where they are not at hand."""

import importlib
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
AUDIO = Path(os.environ.get("VJ_AUDIO", REPOSITORY.parent / "shared" / "audio"))

pytestmark = pytest.mark.skipif(not (AUDIO / "mdb").is_dir(), reason=f"no recordings at {AUDIO}: set VJ_AUDIO")


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """`bench/hearing/recordings.py` as a module."""
    return importlib.import_module("bench.hearing.recordings")


@pytest.fixture(scope="module")
def drums(bench: ModuleType) -> dict[str, Any]:
    return {k: bench.load(AUDIO / f"mdb/MusicDelta_{k}_Drum.wav") for k in bench.TRACKS}


@pytest.fixture(scope="module")
def mixes(bench: ModuleType) -> dict[str, Any]:
    return {k: bench.load(AUDIO / f"mdb/MusicDelta_{k}_MIX.wav") for k in bench.MIXES}


def test_onsets_are_found_and_soon(bench: ModuleType, drums: dict[str, Any]) -> None:
    result = bench.score({k: bench.hits(k) for k in drums}, {k: bench.our_onsets(s, 512) for k, s in drums.items()})
    assert result["f_fired"] >= 0.94
    assert result["delay_ms_median"] <= 10.0
    assert result["delay_ms_p95"] <= 35.0


def test_onsets_are_found_in_mixes(bench: ModuleType, mixes: dict[str, Any]) -> None:
    result = bench.score({k: bench.hits(k) for k in mixes}, {k: bench.our_onsets(s, 512) for k, s in mixes.items()})
    assert result["recall"] >= 0.9


def test_a_drone_raises_few_alarms(bench: ModuleType) -> None:
    drone = bench.load(AUDIO / "loops/loop_drone_g_97.flac")
    assert len(bench.our_onsets(drone, 512)) / drone.seconds <= 0.8


def test_kicks_and_snares_of_drums(bench: ModuleType, drums: dict[str, Any]) -> None:
    result = bench.bench_bands(drums)
    assert result["kicks"]["f_fired_mean_of_tracks"] >= 0.85
    assert result["snares"]["f_fired_mean_of_tracks"] >= 0.70


def test_kicks_and_snares_of_mixes(bench: ModuleType, mixes: dict[str, Any]) -> None:
    result = bench.bench_bands(mixes)
    assert result["kicks"]["f_fired_mean_of_tracks"] >= 0.78
    assert result["snares"]["f_fired_mean_of_tracks"] >= 0.55


@pytest.mark.parametrize("track", ["80sRock", "Shadows"])
def test_tempo_of_drums(bench: ModuleType, drums: dict[str, Any], track: str) -> None:
    result = bench.bench_tempo(track, drums[track])
    assert result["share_of_time_within_4_percent"] >= 0.9
    assert result["beat_f_70ms"] >= 0.9


@pytest.mark.parametrize("rate", [48000, 96000])
def test_same_onsets_at_every_rate(bench: ModuleType, drums: dict[str, Any], rate: int) -> None:
    sound = drums["Reggae"]
    here, there = bench.our_onsets(sound, 512), bench.our_onsets(bench.resampled(sound, rate), 512)
    matched = bench.mir_eval.util.match_events(here, there, 2 * 512 / 48000)
    assert len(here) == len(there) == len(matched)
