"""Live input against real sound servers: JACK's dummy driver and PulseAudio's null sink."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile
from servers.jack import Jack, environment, jackd, stop
from servers.pulse import pulseaudio

from vj.core.errors import AudioError
from vj.core.handoff import SampleRing
from vj.core.sound.grid import gridded
from vj.devices.audio._list import matching
from vj.devices.audio.input import AudioIn
from vj.devices.audio.link import devices
from vj.engine.performance.mixing import mixed

pytestmark = pytest.mark.audio
SINE = Path(__file__).parents[2] / "servers" / "sine.py"
WaitUntil = Callable[..., None]
NO_JACK = {"JACK_DEFAULT_SERVER": "nobody-is-there", "JACK_NO_START_SERVER": "1"}


@pytest.fixture(scope="module")
def jack() -> Iterator[Jack]:
    with jackd() as server:
        yield server


@contextmanager
def sine(jack: Jack, hertz: float = 440.0, level: float = 0.5, channels: str = "01") -> Iterator[None]:
    """A foreign player wired to the input of `vj`, in place of the silent sound card."""
    process = subprocess.Popen([sys.executable, str(SINE), str(hertz), str(level), channels])
    try:
        for channel in (0, 1):
            if f"vj:in_{channel}" in jack.ports():
                jack.wire(f"PortAudio:out_{channel}", f"vj:in_{channel}")
        yield
    finally:
        stop(process)


def skip_to_now(ring: SampleRing) -> None:
    """Forget what has come so far."""
    ring.read(ring.written - ring.position)


def heard(ring: SampleRing, count: int) -> np.ndarray:
    """The next `count` samples."""
    samples = ring.read(count, timeout=10.0)
    assert samples is not None, f"only {ring.written - ring.position} of {count} samples came"
    return samples


def test_a_sine_arrives_whole_and_in_time(jack: Jack) -> None:
    ring = SampleRing(48000 * 8)
    with AudioIn(ring, "system") as ears, sine(jack):
        assert (ears.rate, ears.name) == (48000, "system, JACK Audio Connection Kit")
        skip_to_now(ring)
        heard(ring, 4800)  # what was on its way while the wires were laid
        tries = [measured(ring) for _ in range(3)]  # jackd without real-time rights stumbles on a busy machine
    level, error, rate = min(tries, key=lambda found: (found[0] < 0.1, found[1]))
    assert error < 1e-5, tries
    assert level == pytest.approx(0.5 / 2**0.5, rel=0.002)
    assert rate == pytest.approx(48000, rel=0.05)
    assert not ears.lost


def measured(ring: SampleRing) -> tuple[float, float, float]:
    """Level, worst break in a 440 Hz sine, and samples a second of the clock, over one second.

    Three neighbours of a sine obey y[n+1] + y[n-1] = 2 cos(w) y[n]; one sample lost breaks that by up to 0.03.
    """
    before, begun = ring.written, time.perf_counter()
    sound = heard(ring, 48000).astype(float)
    rate = (ring.written - before) / (time.perf_counter() - begun)
    error = np.abs(sound[2:] + sound[:-2] - 2 * np.cos(2 * np.pi * 440 / 48000) * sound[1:-1]).max()
    return float(np.sqrt((sound**2).mean())), float(error), rate


def test_stamps_follow_the_samples(jack: Jack) -> None:
    ring = SampleRing(48000 * 4)
    with AudioIn(ring, "system", block=256):
        heard(ring, 24000)
        now, last = time.perf_counter(), ring.arrived(ring.written)
        assert 0.0 <= now - last < 0.25
        assert ring.arrived(ring.written - 4800) == pytest.approx(last - 0.1, abs=0.05)


def test_channels_are_chosen(jack: Jack) -> None:
    rings = {channels: SampleRing(48000 * 4) for channels in ((0,), (1,), (0, 1))}
    for channels, ring in rings.items():
        with AudioIn(ring, "system", channels=channels), sine(jack, level=0.4, channels="0"):
            skip_to_now(ring)
            heard(ring, 4800)  # what was on its way while the wires were laid
            rings[channels] = heard(ring, 9600)
    peaks = {channels: float(np.abs(sound).max()) for channels, sound in rings.items()}
    assert peaks == pytest.approx({(0,): 0.4, (1,): 0.0, (0, 1): 0.2}, abs=0.001)


def test_what_is_no_number_on_one_side_leaves_the_other(jack: Jack, wait_until: WaitUntil) -> None:
    ring = SampleRing(48000 * 4)
    with AudioIn(ring, "system"), sine(jack, level=float("nan"), channels="0"):
        wait_until(lambda: ring.unclean > 4800)
        skip_to_now(ring)
        assert np.isfinite(heard(ring, 4800)).all()


def test_silence_is_flagged_until_sound_comes(jack: Jack, wait_until: WaitUntil) -> None:
    ring = SampleRing(48000 * 4)
    with AudioIn(ring, "system") as ears:
        heard(ring, 24000)
        silent = ears.silent
        assert not silent or ring.written >= ears.rate, "half a second is too soon to say"  # more may have come
        wait_until(lambda: ears.silent)
        with sine(jack):
            wait_until(lambda: not ears.silent)


def test_an_unknown_device_names_the_nearest(jack: Jack) -> None:
    with pytest.raises(AudioError, match="no audio input device matches 'sytem'") as caught:
        AudioIn(SampleRing(48000), "sytem").open()
    assert "'system'" in caught.value.hint


def test_an_ambiguous_device_lists_the_choices(jack: Jack) -> None:
    with sine(jack):
        jack.wait_for("PortAudio:out_0")
        with pytest.raises(AudioError, match="more than one") as caught:
            AudioIn(SampleRing(48000), "connection").open()
    for name in ("system", "PortAudio"):
        assert f"'{name}, JACK Audio Connection Kit'" in caught.value.hint


def test_an_index_that_is_no_input_is_refused(jack: Jack) -> None:
    with pytest.raises(AudioError, match="no audio input device matches 99"):
        AudioIn(SampleRing(48000), "99").open()


def test_a_rate_the_device_cannot_do_is_made_of_the_one_it_has(jack: Jack) -> None:
    ring = SampleRing(44100 * 4)
    with AudioIn(ring, "system", rate=44100) as ears, sine(jack):
        assert ears.rate == 44100
        skip_to_now(ring)
        heard(ring, 4410)
        assert loudest(heard(ring, 44100)) == pytest.approx((440, 0.5), rel=0.01)


def test_more_channels_than_there_are_is_refused_in_one_sentence(jack: Jack) -> None:
    with pytest.raises(AudioError, match="fewer channels") as caught:
        AudioIn(SampleRing(48000), "system", channels=(2, 3)).open()
    assert "it has 2 channels, and channel 4 was asked for" in caught.value.where


def test_what_is_no_number_is_heard_as_silence_and_counted(jack: Jack, wait_until: WaitUntil) -> None:
    ring = SampleRing(48000 * 4)
    with AudioIn(ring, "system") as ears:
        with sine(jack, level=float("nan"), channels="0"):
            wait_until(lambda: ring.unclean)
            assert np.isfinite(heard(ring, ring.written - ring.position)).all()
        assert "no sound at times" in ears.notes[0]
        with sine(jack):
            wait_until(lambda: np.abs(heard(ring, 480)).max() > 0.4)


def loudest(sound: np.ndarray) -> tuple[float, float]:
    """Hz and amplitude of the strongest tone in one second of sound."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) * 4 / len(sound)
    return float(spectrum.argmax()), float(spectrum.max())


def test_the_default_is_found_and_closing_twice_is_harmless(jack: Jack) -> None:
    ring = SampleRing(48000)
    ears = AudioIn(ring).open()
    heard(ring, 2560)
    ears.close()
    ears.close()
    assert ears.name == "system, JACK Audio Connection Kit"
    count = ring.written
    assert ring.read(count + 1, timeout=0.2) is None


def test_a_device_that_vanishes_is_opened_again(wait_until: WaitUntil) -> None:
    ring = SampleRing(48000 * 30)
    with jackd() as jack, AudioIn(ring) as ears:
        with sine(jack):
            wait_until(lambda: ring.written > 24000)
            jack.stop()
        wait_until(lambda: ears.lost)
        skip_to_now(ring)
        begun = time.perf_counter()
        silence = heard(ring, 48000)
        assert time.perf_counter() - begun == pytest.approx(1.0, abs=0.25), "time goes on while the device is away"
        assert not silence.any()
        assert ears.reopened == 0
        jack.start()
        wait_until(lambda: ears.reopened == 1 and not ears.lost, 20.0)
        with sine(jack):
            skip_to_now(ring)
            wait_until(lambda: np.abs(heard(ring, 480)).max() > 0.4)
        jack.stop()
        jack.rate = 44100  # somebody set it up anew
        jack.start()
        wait_until(lambda: ears.reopened == 2 and not ears.lost, 20.0)
        with sine(jack):
            skip_to_now(ring)
            wait_until(lambda: np.abs(heard(ring, 480)).max() > 0.4)
            heard(ring, 4800)
            assert loudest(heard(ring, 48000)) == pytest.approx((440, 0.5), rel=0.01), "the show's rate stays"


def test_pulse_leads_to_the_default_device(tmp_path: Path, wait_until: WaitUntil) -> None:
    t = np.arange(48000 * 20) / 48000
    wavfile.write(tmp_path / "sine.wav", 48000, (0.5 * np.sin(2 * np.pi * 440 * t)).astype(np.float32))
    ring = SampleRing(48000 * 8)
    with environment(**NO_JACK), pulseaudio() as pulse:
        player = pulse.play(tmp_path / "sine.wav")
        try:
            with AudioIn(ring) as ears:
                assert (ears.name, ears.rate) == ("Monitor of Desk, PulseAudio", 48000)
                wait_until(lambda: ring.written > 0 and np.abs(heard(ring, 480)).max() > 0.4)
                # a busy machine makes the player stumble; a tone that is wrong stays wrong
                wait_until(lambda: loudest(heard(ring, 48000)) == pytest.approx((440, 0.5), rel=0.02))
        finally:
            stop(player)


def test_without_any_device_the_error_says_what_to_do(tmp_path: Path) -> None:
    with environment(**NO_JACK, PULSE_SERVER="unix:/nowhere"):
        if devices():
            pytest.skip("this machine has a sound card")
        with pytest.raises(AudioError, match="there is no audio input device") as caught:
            AudioIn(SampleRing(48000)).open()
    assert "sound server" in caught.value.hint


@pytest.mark.parametrize("channels", [(), (-1,)])
def test_channels_that_make_no_sense_are_refused(channels: tuple[int, ...]) -> None:
    with pytest.raises(AudioError, match="channels"):
        AudioIn(SampleRing(48000), channels=channels)


def test_a_killed_show_leaves_no_child_behind(jack: Jack, wait_until: WaitUntil) -> None:
    code = (
        "import threading\n"
        "from vj.core.handoff import SampleRing\n"
        "from vj.devices.audio.input import AudioIn\n"
        "ears = AudioIn(SampleRing(48000), 'system').open()\n"
        "threading.Event().wait()\n"
    )
    show = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[3])
    try:
        jack.wait_for("vj:in_0")
    finally:
        show.kill()
        show.wait()
    wait_until(lambda: "vj:in_0" not in jack.ports())


class _Card:
    """A device as its child process greets."""

    def __init__(self, channels: int, rate: int) -> None:
        self.greeting = {"channels": channels, "rate": rate}


@pytest.mark.parametrize(("channels", "native"), [(1, 48000), (2, 44100), (4, 48000), (12, 96000)])
def test_where_the_sound_is_kept_its_channels_come_with_it(channels: int, native: int) -> None:
    """Floats of any device, on the grid of 24 bits and at the rate of the show; what is heard is their mean."""
    ring = SampleRing(48000)
    ring.keeps = True
    ears = AudioIn(ring, channels=tuple(range(channels)), rate=48000)
    ears._started(_Card(channels, native))  # type: ignore[arg-type]
    sound = (np.random.default_rng(0).standard_normal((native // 2, channels)) * 0.2).astype(np.float32)
    for block in np.array_split(sound, 90):
        ears._block(len(block), block.tobytes(), 0.0)
    heard = 0
    while (mono := ring.read(512)) is not None:
        kept = ring.channels
        assert kept is not None
        assert kept.shape == (512, channels if channels <= 8 else 1)
        assert np.array_equal(gridded(kept), kept)
        assert mixed(mono, kept) == {}, "mono is their mean, bit by bit"
        heard += 512
    assert heard > 22000


def test_jack_is_the_server_and_not_the_way_of_alsa_to_it() -> None:
    def device(index: int, name: str, host: str, first: bool) -> dict[str, object]:
        kinds = {"inputs": 2, "outputs": 2, "rate": 48000, "default_input": first, "default_output": first}
        return {"index": index, "handle": index, "name": name, "host": host, **kinds}

    jack = "JACK Audio Connection Kit"
    found = [device(0, "jack", "ALSA", False), device(1, "Mixxx", jack, False), device(2, "system", jack, True)]
    assert [each["index"] for each in matching(found, "JACK", "inputs")] == [2]
    assert [each["index"] for each in matching(found, "jack, ALSA", "inputs")] == [0]
    assert [each["index"] for each in matching(found[:1], "jack", "inputs")] == [0]
