"""Files performed live: paced by a clock or by a device, and in the ring exactly as they are heard."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import wavfile
from servers.jack import Jack, environment, jackd

from vj.core.errors import AudioError
from vj.core.handoff import SampleRing
from vj.devices.audio._pace import Pace, Quiet
from vj.devices.audio.file import FilePlayer
from vj.devices.audio.input import AudioIn
from vj.devices.audio.output import AudioOut, has_output

WaitUntil = Callable[..., None]
LENGTH = 10007  # a prime, so that loop and blocks never line up


@pytest.fixture
def song(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """A stereo file of noise, the same on both sides, and its samples."""
    sound = (0.5 * np.random.default_rng(5).uniform(-1, 1, LENGTH)).astype(np.float32)
    wavfile.write(tmp_path / "song.wav", 48000, np.stack([sound, sound], axis=1))
    return tmp_path / "song.wav", sound


@pytest.fixture
def quiet_machine() -> Iterator[None]:
    """No JACK server to be found."""
    with environment(JACK_DEFAULT_SERVER="nobody-is-there", JACK_NO_START_SERVER="1"):
        yield


def taken(ring: SampleRing, count: int) -> np.ndarray:
    sound = ring.read(count, timeout=10.0)
    assert sound is not None
    return sound


@given(
    st.sampled_from([44100, 48000, 96000]),
    st.integers(1, 600),
    st.lists(st.floats(1e-4, 0.2), min_size=1, max_size=200),
)
def test_pace_never_drifts(rate: int, block: int, waits: list[float]) -> None:
    start = 1234.5
    pace, now, given_out = Pace(rate, start), start, 0
    for wait in waits:
        now += wait
        given_out += pace.due(now, block)
        assert 0 <= (now - start) * rate - given_out < block + 1
    assert pace.skipped == 0
    assert given_out % block == 0


def test_pace_lets_go_of_an_hour_asleep() -> None:
    pace = Pace(48000, 0.0)
    assert sum(pace.due(tenth / 10) for tenth in range(11)) == 48000
    assert pace.due(3601.0, 256) == 256
    assert pace.skipped == pytest.approx(3600 * 48000 - 256, abs=2)
    assert pace.due(3601.1, 1) == pytest.approx(4800, abs=1)


def test_quiet_needs_a_whole_second_and_one_sample_ends_it() -> None:
    quiet = Quiet(48000)
    quiet.step(47999, False)
    assert not quiet.silent
    quiet.step(1, False)
    assert quiet.silent
    quiet.step(256, True)
    assert not quiet.silent


@pytest.mark.realtime
@pytest.mark.usefixtures("quiet_machine")
def test_without_an_output_a_clock_sets_the_pace(song: tuple[Path, np.ndarray]) -> None:
    ring = SampleRing(48000 * 8)
    with FilePlayer(song[0], ring, audible=False) as player:
        taken(ring, 4800)
        before, begun = ring.written, time.perf_counter()
        taken(ring, 72000)
        rate = (ring.written - before) / (time.perf_counter() - begun)
        assert rate == pytest.approx(48000, rel=0.05)
        assert (player.rate, player.lost, player.audible, player.overruns) == (48000, False, False, 0)
        assert "not heard" in player.name


@pytest.mark.usefixtures("quiet_machine")
def test_it_loops_without_a_seam(song: tuple[Path, np.ndarray]) -> None:
    path, sound = song
    ring = SampleRing(48000 * 8)
    with FilePlayer(path, ring, audible=False):
        assert np.array_equal(taken(ring, 45000), np.resize(sound, 45000))


@pytest.mark.usefixtures("quiet_machine")
@pytest.mark.parametrize("length", [100, 255, 256, 1024])
def test_it_loops_at_any_length(tmp_path: Path, length: int) -> None:
    sound = np.linspace(0.1, 0.9, length).astype(np.float32)
    wavfile.write(tmp_path / "a.wav", 48000, sound)
    ring = SampleRing(48000)
    with FilePlayer(tmp_path / "a.wav", ring, audible=False):
        assert np.allclose(taken(ring, 3000), np.resize(sound, 3000), atol=1e-6)


@pytest.mark.usefixtures("quiet_machine")
def test_after_the_end_comes_silence_and_time_goes_on(song: tuple[Path, np.ndarray], wait_until: WaitUntil) -> None:
    path, sound = song
    ring = SampleRing(48000 * 8)
    with FilePlayer(path, ring, loop=False, audible=False) as player:
        assert not player.ended
        assert np.array_equal(taken(ring, LENGTH), sound)
        assert not taken(ring, 4800).any()
        assert player.ended
        wait_until(lambda: player.silent)


@pytest.mark.usefixtures("quiet_machine")
def test_a_span_is_played(song: tuple[Path, np.ndarray]) -> None:
    path, sound = song
    ring = SampleRing(48000)
    with FilePlayer(path, ring, audible=False, span=(0.05, 0.1)):
        assert np.array_equal(taken(ring, 4800), np.resize(sound[2400:4800], 4800))


@pytest.mark.usefixtures("quiet_machine")
def test_a_file_with_one_side_inverted_is_heard(song: tuple[Path, np.ndarray]) -> None:
    path, sound = song
    wavfile.write(path, 48000, np.stack([sound, -sound], axis=1))
    ring = SampleRing(48000 * 8)
    with FilePlayer(path, ring, audible=False) as player:
        heard = taken(ring, 3 * LENGTH)
        assert np.array_equal(heard[LENGTH:], np.tile(sound, 2))
        assert player.notes == ("left and right are inverted: hearing the side",)


@pytest.mark.usefixtures("quiet_machine")
def test_a_file_deleted_while_it_plays_ends_in_silence(song: tuple[Path, np.ndarray], wait_until: WaitUntil) -> None:
    ring = SampleRing(48000 * 8)
    with FilePlayer(song[0], ring, audible=False) as player:
        song[0].unlink()
        wait_until(lambda: player.ended)
        assert "no such sound file" in player.problem
        before = ring.written
        wait_until(lambda: ring.written > before + 4800)


def test_a_bad_file_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(AudioError):
        FilePlayer(tmp_path / "song.wav", SampleRing(48000))


@pytest.mark.usefixtures("quiet_machine")
def test_closing_twice_is_harmless(song: tuple[Path, np.ndarray]) -> None:
    player = FilePlayer(song[0], SampleRing(48000), audible=False).open()
    player.close()
    player.close()


def latest(ring: SampleRing) -> np.ndarray:
    """A block that comes from now on."""
    ring.read(ring.written - ring.position)
    return taken(ring, 256)


def matched(part: np.ndarray, sound: np.ndarray) -> bool:
    """Whether `part` is exactly a piece of the endlessly repeated `sound`."""
    at = np.flatnonzero(np.isclose(sound, part[0], atol=1e-6))
    return any(np.allclose(np.roll(sound, -place)[: len(part)], part, atol=1e-6) for place in at)


def wire(jack: Jack) -> None:
    for side in (0, 1):
        jack.wire(f"vj-out:out_{side}", f"vj:in_{side}")


@pytest.mark.audio
def test_what_is_heard_is_what_is_analysed(song: tuple[Path, np.ndarray]) -> None:
    path, sound = song
    ring, ears = SampleRing(48000 * 8), SampleRing(48000 * 8)
    with jackd() as jack, AudioIn(ears, "system"), FilePlayer(path, ring) as player:
        assert has_output()
        wire(jack)
        assert player.audible
        ears.read(ears.written - ears.position)
        taken(ears, 4800)
        heard = [taken(ears, 2000) for _ in range(8)]
        assert np.array_equal(taken(ring, 24000), np.resize(sound, 24000)), "the ring has the file from its beginning"
        ahead = ring.written - ring.position
    assert sum(matched(part, sound) for part in heard) >= 6, "the loudspeaker plays the same samples"
    assert ahead < 48000 * 4


@pytest.mark.audio
def test_the_file_goes_on_when_the_output_goes(song: tuple[Path, np.ndarray], wait_until: WaitUntil) -> None:
    path, sound = song
    ring = SampleRing(48000 * 30)
    with jackd() as jack, FilePlayer(path, ring) as player:
        wait_until(lambda: ring.written > 24000)
        jack.stop()
        wait_until(lambda: not player.audible)
        before = ring.written
        wait_until(lambda: ring.written > before + 24000)
        jack.start()
        wait_until(lambda: player.audible and player.reopened == 1, 20.0)
        before = ring.written
        wait_until(lambda: ring.written > before + 24000)
    count = ring.written
    assert np.array_equal(taken(ring, count), np.resize(sound, count)), "no sample twice, none left out"


@pytest.mark.audio
def test_audio_out_plays_and_never_waits(wait_until: WaitUntil) -> None:
    ears = SampleRing(48000 * 8)
    with jackd() as jack, AudioIn(ears, "system"), AudioOut(48000, most=0.25) as out:
        wire(jack)
        begun = time.perf_counter()
        out.write(np.full(48000 * 2, 0.25, np.float32))
        assert time.perf_counter() - begun < 1.0
        assert out.dropped > 100
        wait_until(lambda: np.isclose(latest(ears), 0.25, atol=1e-5).all())
        out.write(np.tile(np.array([[0.5, -0.5]], np.float32), (48000, 1)))
        wait_until(lambda: not latest(ears).any())  # left and right cancel, and silence follows
    assert out.name == "system, JACK Audio Connection Kit"


@pytest.mark.audio
def test_the_loudspeakers_never_hear_what_is_no_sound(wait_until: WaitUntil) -> None:
    ears = SampleRing(48000 * 8)
    bad = np.tile(np.array([0.5, np.nan, -1e31, np.inf, 3.0], np.float32), 20000)
    with jackd() as jack, AudioIn(ears, "system"), AudioOut(48000, most=4.0) as out:
        wire(jack)
        out.write(bad)
        wait_until(lambda: latest(ears).any())
        for _ in range(50):
            assert set(np.unique(latest(ears))) <= {-1.0, 0.0, 0.5, 1.0}
    assert ears.unclean == 0


@pytest.mark.usefixtures("quiet_machine")
def test_audio_out_without_a_device_says_so() -> None:
    if has_output():
        pytest.skip("this machine has a sound card")
    with pytest.raises(AudioError, match="no audio output device"):
        AudioOut(48000).open()
