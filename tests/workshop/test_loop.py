"""The demo loop: joins end to end, lasts whole beats, and is what its annotation says."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, sosfiltfilt

from vj.devices.audio.file import AudioFile
from vj.workshop import loop
from vj.workshop.loop import BEAT, LENGTH, RATE, annotation, compose, drums, loudness, make


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("loop") / "demo.wav")


@pytest.fixture(scope="module")
def sound(made: Path) -> np.ndarray:
    """[n, 2] in -1 to 1."""
    rate, pcm = wavfile.read(made)
    assert rate == RATE
    return np.asarray(pcm / 32768.0)


def level(sound: np.ndarray, lower: float, upper: float) -> np.ndarray:
    """Envelope of a band of the whole loop, ring-wise, smoothed over 10 ms."""
    ring = np.pad(sound.mean(axis=1), RATE, "wrap")
    power = sosfiltfilt(butter(4, (lower, upper), "bandpass", fs=RATE, output="sos"), ring)[RATE:-RATE] ** 2
    return np.sqrt(np.maximum(uniform_filter1d(power, 480, mode="wrap"), 0.0))


@pytest.fixture(scope="module")
def bass(sound: np.ndarray) -> np.ndarray:
    return level(sound, 30.0, 120.0)


def around(envelope: np.ndarray, second: float, before: float, after: float) -> float:
    """The largest value of `envelope` in a window round `second`."""
    at = round(second * RATE)
    where = np.arange(at - round(before * RATE), at + round(after * RATE)) % len(envelope)
    return float(envelope[where].max())


def test_it_lasts_exactly_sixteen_bars(sound: np.ndarray, made: Path) -> None:
    assert len(sound) == LENGTH == 64 * BEAT
    assert AudioFile(made).duration == pytest.approx(30.0)


def test_there_is_no_seam(sound: np.ndarray) -> None:
    steps = np.abs(np.diff(np.concatenate([sound[-2400:], sound[:2400]]), axis=0)).max(axis=1)
    seam = steps[2399]
    assert seam <= np.percentile(np.abs(np.diff(sound, axis=0)), 99)
    echo = np.sqrt((sound[-2400:] ** 2).mean())
    assert echo > 0.01, "the tail rings into the beginning"


def test_it_is_as_loud_as_it_should_be_and_never_clips(sound: np.ndarray) -> None:
    assert loudness(sound.T) == pytest.approx(loop.LOUDNESS, abs=0.5)
    assert np.abs(sound).max() < 0.97
    assert abs(sound.mean()) < 1e-3


def test_every_annotated_kick_is_a_rise_of_bass(bass: np.ndarray) -> None:
    kicks = annotation(compose())["kick"]
    assert len(kicks) == 46
    rises = [around(bass, at, -0.01, 0.06) / around(bass, at, 0.03, -0.005) for at in kicks]
    assert min(rises) > 1.5
    assert np.median(rises) > 2.5


def test_the_break_has_neither_kick_nor_bass(bass: np.ndarray) -> None:
    begin, end = round(15.5 * RATE), round(22.3 * RATE)
    assert np.median(bass[begin:end]) < 0.05 * np.median(bass[: 15 * RATE])


def test_snares_and_hats_are_where_they_are_said_to_be(sound: np.ndarray) -> None:
    truth = annotation(compose())
    highs, mids = level(sound, 9000.0, 15000.0), level(sound, 1500.0, 4000.0)
    for name, envelope in (("hat", highs), ("snare", mids)):
        hits = [at for at in truth[name] if not 15.0 <= at < 22.5]
        rises = [around(envelope, at, 0.0, 0.03) / around(envelope, at, 0.03, -0.005) for at in hits]
        assert np.mean(np.array(rises) > 1.3) > 0.9, name


def test_the_drop_is_louder_than_the_break(sound: np.ndarray) -> None:
    bars = [loudness(sound[start : start + 4 * BEAT].T) for start in range(0, LENGTH, 4 * BEAT)]
    assert min(bars[12:15]) > max(bars[8:11]) + 2.0
    assert bars[8] < min(bars[:7]) - 2.0, "the break begins with a fall"


def test_the_annotation_is_written_and_consistent(made: Path) -> None:
    truth = json.loads(made.with_suffix(".json").read_text())
    assert truth == json.loads(json.dumps(annotation(compose())))
    assert np.diff(truth["beats"]) == pytest.approx(60 / truth["bpm"])
    assert [section["name"] for section in truth["sections"]] == ["groove", "build", "break", "drop"]
    assert truth["sections"][-1]["end"] == truth["duration"] == 30.0
    assert set(truth["downbeats"]) <= set(truth["beats"])
    assert all(0 <= at < 30 for name in ("kick", "snare", "hat", "crash") for at in truth[name])


def test_the_cache_is_filled_once(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled: list[Path] = []
    monkeypatch.setattr(loop.platformdirs, "user_cache_path", lambda _name: tmp_path)

    def copied(path: Path) -> None:
        filled.append(path)
        for suffix in (".wav", ".json"):
            shutil.copy(made.with_suffix(suffix), path.with_suffix(suffix))

    monkeypatch.setattr(loop, "make", copied)
    path = loop.cached()
    assert path.read_bytes() == made.read_bytes()
    assert loop.cached() == path
    assert filled == [path]
    path.with_suffix(".json").unlink()  # as after an interruption
    monkeypatch.setattr(loop, "make", filled.append)
    assert loop.cached() == path
    assert filled == [path, path]


def test_the_same_seed_is_the_same_drums() -> None:
    one, same, other = (drums(compose(), np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert all(np.array_equal(one[name], same[name]) for name in one)
    assert not np.array_equal(one["snare"], other["snare"])


@pytest.mark.slow
def test_the_same_seed_is_the_same_loop(made: Path, tmp_path: Path) -> None:
    assert make(tmp_path / "again.wav").read_bytes() == made.read_bytes()
