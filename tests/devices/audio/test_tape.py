"""A tape plays, stands, is sent elsewhere and goes round, sample by sample; here at the pace of a clock."""

import itertools
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from vj.core.handoff import SampleRing
from vj.core.types import F32
from vj.devices.audio.tape import Tape

pytestmark = pytest.mark.realtime
RATE, SECONDS = 8000, 3.0


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """Each sample says its number, so that what is heard says where it was."""
    path = tmp_path / "count.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.arange(1, int(RATE * SECONDS) + 1, dtype="<i2").tobytes())
    return path


class Ear(SampleRing):
    """Keeps all that is written, as numbers of samples; 0 is silence."""

    def __init__(self) -> None:
        super().__init__(RATE)
        self.heard: list[int] = []

    def write(self, samples: F32, stamp: float = 0.0, *more: object) -> None:
        super().write(samples, stamp)
        self.heard += np.round(samples * 32768).astype(int).tolist()


@pytest.fixture
def tape(sound: Path) -> Iterator[Tape]:
    with Tape(sound, Ear(), audible=False) as tape:
        yield tape


def until(condition: Callable[[], object]) -> None:
    end = time.perf_counter() + 15.0
    while not condition():
        assert time.perf_counter() < end, "did not happen"
        time.sleep(0.01)


def heard(tape: Tape) -> list[int]:
    ring = tape._ring
    assert isinstance(ring, Ear)
    return ring.heard


def jumps(samples: list[int]) -> list[tuple[int, int]]:
    """(from, to) wherever one sample is not the next."""
    return [(a, b) for a, b in itertools.pairwise(samples) if b != a + 1]


def test_a_round_has_no_seam_and_is_told(tape: Tape) -> None:
    assert tape.rate == RATE
    assert tape.length == pytest.approx(SECONDS)
    tape.span = (0.3, 0.5123)
    tape.go(0.2)
    until(lambda: len(jumps([sample for sample in heard(tape) if sample])) >= 4)
    samples = heard(tape)
    begun = samples.index(int(0.2 * RATE) + 1)
    rounds = jumps(samples[begun:])
    assert set(rounds) == {(round(0.5123 * RATE), round(0.3 * RATE) + 1)}, "from out to in, and nothing between"
    assert tape.at(time.perf_counter()).jump > 1


def test_it_stands_and_goes_on_and_elsewhere(tape: Tape) -> None:
    until(lambda: len(heard(tape)) > 0.2 * RATE)
    tape.playing = False
    until(lambda: not tape.at(time.perf_counter()).rolling)
    stood = tape.at(time.perf_counter()).t
    said = len(heard(tape))
    until(lambda: len(heard(tape)) > said + 0.3 * RATE)
    assert not any(heard(tape)[said + 256 :]), "time goes on in silence"
    assert tape.at(time.perf_counter()).t == stood
    place = tape.go(2.0)
    until(lambda: tape.at(time.perf_counter()).jump == place.jump)
    assert tape.at(time.perf_counter()).t == 2.0
    tape.playing = True
    until(lambda: tape.at(time.perf_counter()).ended)
    assert tape.at(time.perf_counter()).t == pytest.approx(SECONDS)
    after = [sample for sample in heard(tape)[said + 256 :] if sample]
    assert after == list(range(2 * RATE + 1, int(RATE * SECONDS) + 1)), "from there to the end"
    tape.go(SECONDS)
    place = tape.go(0.0)
    until(lambda: tape.at(time.perf_counter()).jump == place.jump and tape.at(time.perf_counter()).t > 0.05)
    assert tape.problem == ""
