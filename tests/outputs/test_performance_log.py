"""The log of a performance: what comes out of it, whatever becomes of the disk."""

import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from vj.apps.performance.summary import summary
from vj.core.errors import OutputError, VjError
from vj.core.params import Snapshot
from vj.core.sound.grid import STEPS, gridded, sound_of, steps_of
from vj.core.sound.mono import Mono
from vj.core.types import F32, Event
from vj.devices.audio.kept import Kept
from vj.engine.performance import LOG, SOUND, read_performance
from vj.engine.performance.mixing import mixed, unmixed
from vj.outputs.performance import PerformanceLog
from vj.outputs.performance.paper import Paper

RATE, HOP = 48000, 512
HEAD = {"bundle": "testcard", "director": None, "seed": 4}


def noise(channels: int, seconds: float, seed: int = 1) -> F32:
    """[n, channels] on the grid of 24 bits, whole hops of it."""
    count = int(seconds * RATE) // HOP * HOP
    rng = np.random.default_rng(seed)
    return gridded((rng.standard_normal((count, channels)) * 0.2).astype(np.float32))


def write(log: PerformanceLog, sound: F32, first: int = 0, pace: float = 0.0) -> None:
    """Every hop of `sound` [n, channels], a tick with an event after each, in `pace` times real time; 0 at once."""
    mono, began = Mono(RATE), time.perf_counter()
    for n, block in enumerate(sound.reshape(-1, HOP, sound.shape[1]), first):
        t = (n + 1) * HOP / RATE
        log.hop(n, n, mono.step(block), block)
        log.tick(Snapshot({}, t, n + 1), n, [Event("/latent/psi", (n,), "osc:1")])
        log.show(t, -1, n + 1, n)
        if pace and (late := began + (n - first) * HOP / RATE * pace - time.perf_counter()) > 0.0:
            time.sleep(late)


def again(folder: Path) -> list[F32]:
    """What was analysed, hop by hop, as a replay gets it."""
    steps = [step for step in read_performance(folder / LOG)[1] if step["k"] == "hop"]
    return [unmixed(block, step) for block, step in zip(Kept(folder / SOUND).hops(HOP), steps, strict=False)]


def analysed(sound: F32) -> list[F32]:
    """The same as it was."""
    mono = Mono(RATE)
    return [mono.step(block) for block in sound.reshape(-1, HOP, sound.shape[1])]


@pytest.mark.parametrize("channels", [1, 2, 6, 8])
def test_what_was_analysed_comes_again_bit_by_bit(tmp_path: Path, channels: int) -> None:
    """Inverted for a while, so that the side is heard, and over full scale for a moment."""
    sound = noise(channels, 4.0)
    if channels > 1:
        sound[RATE : 3 * RATE, 1::2] = -sound[RATE : 3 * RATE, ::2]
    sound[100:110, 0] = np.linspace(0.9, 1.4, 10)
    sound = gridded(sound)
    with PerformanceLog(tmp_path / "set", HEAD, RATE) as log:
        write(log, sound)
    assert not log.trouble
    heard, then = again(tmp_path / "set"), analysed(sound)
    assert len(heard) == len(then)
    assert all(np.array_equal(one, other) for one, other in zip(heard, then, strict=True))
    kept = np.concatenate(list(Kept(tmp_path / "set" / SOUND).hops(HOP)))
    whole = np.abs(sound) < 1.0
    assert np.array_equal(kept[whole], sound[whole]), "the channels themselves, to the last bit"
    ways = {step.get("mix", "mean") for step in read_performance(tmp_path / "set" / LOG)[1] if step["k"] == "hop"}
    assert ways >= ({"mean", "side"} if channels == 2 else {"mean"})
    found = summary(tmp_path / "set")
    assert (found.missing, found.exact, found.channels) == ([], None, channels)


def test_sound_that_is_on_no_grid_comes_again_too(tmp_path: Path) -> None:
    """As it does where nobody keeps to 24 bits: it takes more room, and every bit is there."""
    sound = (np.random.default_rng(2).standard_normal((20 * HOP, 2)) * 0.7).astype(np.float32)
    with PerformanceLog(tmp_path / "set", HEAD, RATE) as log:
        write(log, sound)
    assert all(np.array_equal(*pair) for pair in zip(again(tmp_path / "set"), analysed(sound), strict=True))


def test_the_grid_is_what_24_bits_hold() -> None:
    steps = np.random.default_rng(3).integers(-STEPS, STEPS, 100_000, np.int32)
    assert np.array_equal(steps_of(sound_of(steps)), steps)
    sound = np.random.default_rng(4).uniform(-8.0, 8.0, 100_000).astype(np.float32)
    assert np.abs(gridded(sound) - sound).max() <= 0.5 / STEPS
    assert np.array_equal(gridded(gridded(sound)), gridded(sound))
    channels = gridded(sound).reshape(-1, 2)
    said = mixed(channels.mean(axis=1, dtype=np.float32), channels)
    assert np.array_equal(unmixed(channels, json.loads(json.dumps(said))), channels.mean(axis=1, dtype=np.float32))


def test_a_whole_file_says_how_long_it_is_and_what_is_in_it(tmp_path: Path) -> None:
    """To players, and to FLAC's own check, of which FFmpeg's is the same."""
    sound = noise(2, 3.0)
    with PerformanceLog(tmp_path / "set", HEAD, RATE) as log:
        write(log, sound)
    with av.open(str(tmp_path / "set" / SOUND)) as opened:
        assert opened.duration == round(len(sound) / RATE * 1e6)
    if shutil.which("flac"):
        subprocess.run(["flac", "-t", "-s", str(tmp_path / "set" / SOUND)], check=True)
    import hashlib

    steps = steps_of(sound).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3]
    assert (tmp_path / "set" / SOUND).read_bytes()[26:42] == hashlib.md5(steps.tobytes()).digest()


@pytest.mark.parametrize("where", [0.3, 0.7, 0.95])
def test_a_folder_cut_off_anywhere_opens_and_says_so(tmp_path: Path, where: float) -> None:
    with PerformanceLog(tmp_path / "set", HEAD, RATE) as log:
        write(log, noise(2, 5.0))
    for name in (LOG, SOUND):
        data = (tmp_path / "set" / name).read_bytes()
        (tmp_path / "set" / name).write_bytes(data[: int(len(data) * where)])
    found = summary(tmp_path / "set")
    assert found.length == pytest.approx(5.0 * where, abs=0.2)
    assert found.sound == pytest.approx(5.0 * where, abs=0.3)
    assert any("the end" in what for what in found.missing)
    assert found.exact is None or found.exact > 5.0 * where - 0.5
    then = analysed(noise(2, 5.0))
    assert all(np.array_equal(one, other) for one, other in zip(again(tmp_path / "set"), then, strict=False))


def test_a_line_that_was_changed_or_is_gone_shows(tmp_path: Path) -> None:
    with PerformanceLog(tmp_path / "set", HEAD, RATE) as log:
        write(log, noise(1, 2.0))
    path = tmp_path / "set" / LOG
    lines = path.read_bytes().splitlines(keepends=True)
    changed = [*lines[:50], lines[50].replace(b'"osc:1"', b'"osc:2"'), *lines[51:]]
    ways = {
        "as they were": (
            changed if changed != lines else [*lines[:51], lines[51].replace(b"osc:1", b"x"), *lines[52:]]
        ),
        "as they": [*lines[:60], *lines[61:]],
        "cannot be read": [*lines[:70], b"\x00\xff" * 40 + b"\n", *lines[71:]],
    }
    for word, written in ways.items():
        path.write_bytes(b"".join(written))
        found = summary(tmp_path / "set")
        assert any(word in what for what in found.missing), (word, found.missing)
        assert found.exact is not None
        assert found.exact < 1.0
        assert found.length == pytest.approx(2.0, abs=0.1), "what came after it is there"
    path.write_bytes(b"".join(lines))
    assert not summary(tmp_path / "set").missing


def test_a_power_cut_costs_two_seconds_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that was not synced is dropped: each file is cut to its length at its last sync."""
    synced: dict[Path, int] = {}
    real = Paper.sync

    def sync(paper: Paper) -> None:
        length = os.fstat(paper._file).st_size
        real(paper)
        synced[paper._path] = length

    monkeypatch.setattr(Paper, "sync", sync)
    log = PerformanceLog(tmp_path / "set", HEAD, RATE)
    sound = noise(2, 4.0)
    write(log, sound, pace=1.0)
    cut = dict(synced)
    shutil.copytree(tmp_path / "set", tmp_path / "cut")
    log.close()
    for path, length in cut.items():
        os.truncate(tmp_path / "cut" / path.name, length)
    found = summary(tmp_path / "cut")
    assert 4.0 - found.length <= 2.0
    assert 4.0 - found.sound <= 2.0
    assert any("cut off" in what for what in found.missing)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    where = tmp_path / "disk"
    where.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "vj-test", str(where)], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    yield where
    subprocess.run(["umount", "-l", str(where)], check=True)


@pytest.mark.slow
def test_a_full_disk_costs_what_comes_later_and_that_is_told(small_disk: Path) -> None:
    (small_disk / "other").write_bytes(bytes(1_000_000))
    log = PerformanceLog(small_disk / "set", HEAD, RATE, room=1 << 20)
    write(log, noise(2, 6.0), pace=1.0)
    told = log.trouble
    log.close()
    assert "No space left" in told
    found = summary(small_disk / "set")
    assert 1.0 < found.length < 5.5
    assert found.length - found.sound < 2.0
    assert any("No space left" in what for what in found.missing), found.missing
    since = float(told.split("since ")[1].split(" s")[0])
    assert since - found.length <= 2.0, "all that was written before it was full is there"
    then = analysed(noise(2, 6.0))
    assert all(np.array_equal(one, other) for one, other in zip(again(small_disk / "set"), then, strict=False))


def test_a_full_disk_that_is_emptied_goes_on(small_disk: Path, wait_until: Callable[..., None]) -> None:
    (small_disk / "other").write_bytes(bytes(1_700_000))
    log = PerformanceLog(small_disk / "set", HEAD, RATE)
    sound = noise(1, 8.0)
    write(log, sound[: RATE * 4 // HOP * HOP])
    wait_until(lambda: log.trouble)
    (small_disk / "other").unlink()
    write(log, sound[RATE * 4 // HOP * HOP :], first=RATE * 4 // HOP)
    log.close()
    assert not log.trouble
    found = summary(small_disk / "set")
    assert (found.missing, found.exact) == ([], None)
    assert found.events.total() == len(sound) // HOP


def test_a_disk_that_stands_still_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits has its bound; what finds no room is told, and what was done finds room longest."""
    free, stands = threading.Event(), threading.Event()
    real = Paper.push

    def push(paper: Paper) -> None:
        if paper._path.name == LOG and paper._dirty:
            stands.set()
            free.wait(60.0)
        real(paper)

    monkeypatch.setattr(Paper, "push", push)
    room = 4 << 20
    log = PerformanceLog(tmp_path / "set", HEAD, RATE, room=room)
    sound = noise(2, 30.0)
    write(log, sound[: 15 * RATE // HOP * HOP])
    stands.wait(10.0)
    write(log, sound[15 * RATE // HOP * HOP :], first=15 * RATE // HOP)
    assert log._waiting.lost > 0
    assert log._waiting._weight <= 2 * room + 20_000
    free.set()
    log.close()
    assert not log.trouble
    found = summary(tmp_path / "set")
    assert any("too slow" in what for what in found.missing), found.missing
    assert found.exact is not None
    assert found.events.total() > 0.9 * len(sound) / HOP, "what was done is dear"
    assert found.sound == pytest.approx(30.0, abs=1.5), "silence in the place of what was lost"


def test_a_folder_with_a_performance_is_left_alone(tmp_path: Path) -> None:
    PerformanceLog(tmp_path / "set", HEAD, RATE).close()
    before = (tmp_path / "set" / LOG).read_bytes()
    with pytest.raises(OutputError, match="cannot be written"):
        PerformanceLog(tmp_path / "set", HEAD, RATE)
    assert (tmp_path / "set" / LOG).read_bytes() == before
    with pytest.raises(VjError, match="no performance"):
        summary(tmp_path)
