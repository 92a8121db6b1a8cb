"""A show that is killed, or whose disk is full: its performance opens, its film plays, two seconds are lost at most."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest
from pythonosc.udp_client import SimpleUDPClient
from scipy.io import wavfile

from vj.apps.performance.summary import Summary, summary
from vj.engine.performance import LOG, Reading, read_performance

WaitUntil = Callable[..., None]
#: Messages a second, each with its number.
PACE = 50
MOST_LOST = 2.0


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a minute of two channels of noise that comes and goes."""
    path = tmp_path_factory.mktemp("song") / "song.wav"
    t = np.arange(48000 * 30) / 48000
    sound = np.random.default_rng(0).standard_normal((len(t), 2)) * 0.2 * (0.3 + 0.7 * (t % 0.5 < 0.1))[:, None]
    wavfile.write(path, 48000, (sound * 32767).clip(-32768, 32767).astype(np.int16))
    return path


class OnStage:
    """A show in a process of its own, without a window, that records film and performance into `folder`."""

    def __init__(self, folder: Path, song: Path, wait_until: WaitUntil) -> None:
        self.set, self.film = folder / "set", folder / "set.mp4"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "vj.apps.cli", "live", "--headless", "--input", str(song), "--no-midi"]
        command += ["--no-web", "--no-guard", "--bundle", "testcard", "--size", "160x90", "--osc-port", str(port)]
        command += ["--fps", "30", "--record", str(self.film), "--record-performance", str(self.set)]
        self._show = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._hands = SimpleUDPClient("127.0.0.1", port)
        self.sent = 0
        wait_until(lambda: '"show"' in (self.set / LOG).read_text() if (self.set / LOG).exists() else False, 60)

    def play(self, seconds: float) -> None:
        """Send numbered messages for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.sent += 1
            self._hands.send_message("/latent/psi", self.sent / 10000)
            time.sleep(1.0 / PACE)

    def kill(self, all_of_it: bool, wait_until: WaitUntil) -> None:
        """At once; the encoder too, or it finishes its film."""
        children = Path(f"/proc/{self._show.pid}/task").glob("*/children")
        pids = [int(pid) for file in children for pid in file.read_text().split()]
        for pid in [*(pids if all_of_it else []), self._show.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._show.communicate()
        self._hands._sock.close()
        wait_until(lambda: not any(alive(pid) for pid in pids))

    def end(self) -> str:
        """Have it end by itself; what it said of errors."""
        self._hands.send_message("/show/quit", 1)
        said = self._show.communicate(timeout=60)[1].decode()
        self._hands._sock.close()
        return said


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def came(folder: Path) -> list[int]:
    """Numbers of the messages that the log has."""
    events = (event for step in Reading(folder / LOG) for event in step.get("events", ()))
    return [round(event["args"][0] * 10000) for event in events if event["address"] == "/latent/psi"]


def film_seconds(path: Path) -> float:
    """Of the frames that play: all but one at the very end, that was being written. 0 before the first second is."""
    frames = wrong = 0
    try:
        film = av.open(str(path))
    except (av.FFmpegError, FileNotFoundError):
        return 0.0
    with film as opened:
        stream = opened.streams.video[0]
        for packet in opened.demux(stream):
            assert not (wrong and packet.size), "only what comes last may be broken"
            try:
                frames += len(packet.decode())
            except av.FFmpegError:
                wrong += packet.size > 0
        return frames / float(stream.average_rate or 30)


def shown_seconds(folder: Path) -> float:
    """From the first frame with a picture to the last."""
    shown = [step["t"] for step in read_performance(folder / LOG)[1] if step["k"] == "show" and step["picture"] >= 0]
    return float(shown[-1] - shown[0]) if shown else 0.0


def killed(folder: Path, song: Path, wait_until: WaitUntil, seconds: float, all_of_it: bool) -> Summary:
    """Kill a show `seconds` after its first frame, and see what is left."""
    folder.mkdir()
    stage = OnStage(folder, song, wait_until)
    stage.play(seconds)
    stage.kill(all_of_it, wait_until)
    found, numbers = summary(stage.set), came(stage.set)
    assert any("the end" in what for what in found.missing), found.missing
    assert len(found.missing) <= 2, found.missing
    assert (stage.sent - max(numbers, default=0)) / PACE <= MOST_LOST, "of what was done"
    assert not numbers or numbers == list(range(numbers[0], numbers[-1] + 1)), "nothing is missing before its end"
    assert found.length - found.sound <= MOST_LOST, "of what was heard"
    assert found.exact is None or found.exact >= found.length - MOST_LOST
    assert shown_seconds(stage.set) - film_seconds(stage.film) <= MOST_LOST, "of the film"
    return found


@pytest.mark.realtime
@pytest.mark.parametrize("all_of_it", [False, True], ids=["the show", "the encoder too"])
def test_a_killed_show_leaves_all_but_two_seconds(
    tmp_path: Path, song: Path, wait_until: WaitUntil, all_of_it: bool
) -> None:
    killed(tmp_path / "on", song, wait_until, random.uniform(2.0, 4.0), all_of_it)


@pytest.mark.slow
@pytest.mark.realtime
def test_twenty_shows_killed_at_any_moment(tmp_path: Path, song: Path, wait_until: WaitUntil) -> None:
    """From before the first second to some after; the seed is told, so that it can be had again."""
    seed = int(os.environ.get("VJ_SEED", time.time_ns() % 100000))
    luck = random.Random(seed)
    for n in range(20):
        seconds, all_of_it = luck.uniform(0.1, 6.0), n % 2 == 1
        found = killed(tmp_path / str(n), song, wait_until, seconds, all_of_it)
        sys.stdout.write(f"seed {seed}, {n}: killed after {seconds:.2f} s, {found.length:.2f} s are there\n")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    where = tmp_path / "disk"
    where.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "vj-test", where], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    yield where
    subprocess.run(["umount", "-l", str(where)], check=True)


@pytest.mark.slow
@pytest.mark.realtime
def test_a_show_goes_on_when_its_disk_is_full(small_disk: Path, song: Path, wait_until: WaitUntil) -> None:
    stage = OnStage(small_disk, song, wait_until)
    (small_disk / "other").write_bytes(bytes(1_200_000))
    stage.play(8.0)
    sent = stage.sent
    told = stage.end()
    assert "Traceback" not in told
    found, numbers = summary(stage.set), came(stage.set)
    assert any("No space left" in what for what in found.missing), found.missing
    assert 0 < max(numbers) < sent, "it was full before the end"
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    since = float(next(what for what in found.missing if "since" in what).split("since ")[1].split(" s")[0])
    assert since - found.length <= MOST_LOST
    assert found.length - found.sound <= MOST_LOST
    assert shown_seconds(stage.set) - film_seconds(stage.film) <= MOST_LOST, (shown_seconds(stage.set), since)
