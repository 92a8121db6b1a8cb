"""Files as people have them: any channels, several tracks, numbers that are none, headers that mislead, late codecs."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from tests_sounds import click, encoded, wav

from vj.core.errors import AudioError
from vj.core.handoff import SampleRing
from vj.core.sound.clean import LIMIT
from vj.devices.audio._decode_mix import Mixer
from vj.devices.audio._decode_open import Opened
from vj.devices.audio.file import AudioFile, FilePlayer, Pick

RATE = 48000
SINE = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)


def whole(file: AudioFile, channels: int = 2) -> np.ndarray:
    return np.concatenate(list(file.blocks(4096, channels)))


def steps(channels: int) -> np.ndarray:
    """[n, channels] int16: each channel in turn has its own second hundredth of sound."""
    sound = np.zeros((480 * channels, channels), np.int16)
    for channel in range(channels):
        sound[480 * channel : 480 * (channel + 1), channel] = 16384
    return sound


def gains(sound: np.ndarray) -> np.ndarray:
    """[channels, 2] how loud each channel of `steps` is in what came of it."""
    return sound.reshape(-1, 480, 2).mean(axis=1) / 0.5


@pytest.mark.parametrize("channels", [3, 6, 9, 11, 25, 64, 200])
def test_channels_without_places_count_alike(tmp_path: Path, channels: int) -> None:
    file = AudioFile(wav(tmp_path / "a.wav", steps(channels)))
    sound = whole(file)
    assert np.allclose(gains(sound), 1 / channels, atol=1e-5)
    assert np.allclose(whole(file, 1), sound.mean(axis=1), atol=1e-6)
    assert file.warning == ""


def test_known_places_are_mixed_as_usual_and_the_low_channel_is_heard(tmp_path: Path) -> None:
    half, named = 0.5**0.5, wav(tmp_path / "film.wav", steps(6), mask=0x60F)  # FL FR FC LFE SL SR
    right = np.array([[1, 0], [0, 1], [half, half], [half, half], [half, 0], [0, half]])
    assert np.allclose(gains(whole(AudioFile(named))), right / (1 + 3 * half), atol=1e-4)


def test_the_decoder_gets_a_plain_layout_in_place_of_the_files_own(tmp_path: Path) -> None:
    """What keeps PyAV from freeing a file's own layout twice, seen on one that is harmless."""
    opened = Opened(str(wav(tmp_path / "film.wav", steps(6), mask=0x60F)), None)
    assert opened.places == ("FL", "FR", "FC", "LFE", "SL", "SR")
    assert next(opened.frames()).layout.name == "5.1"  # the file's own is 5.1(side)
    opened.close()


def test_eight_planes_are_read_and_no_ninth(tmp_path: Path) -> None:
    sound = np.repeat(SINE[:, None], 8, axis=1)
    assert np.allclose(whole(AudioFile(encoded(tmp_path / "a.flac", [sound], "flac", "7.1")))[:, 0], SINE, atol=1e-4)


def test_channels_are_picked(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", steps(11))

    def heard(*channels: int) -> np.ndarray:
        return np.round(gains(whole(AudioFile(path, pick=Pick(channels=channels)))), 3)

    assert heard(10)[10].tolist() == [1.0, 1.0]
    assert heard(10)[:10].max() == 0.0
    assert (heard(2, 7)[2].tolist(), heard(2, 7)[7].tolist()) == ([1.0, 0.0], [0.0, 1.0])
    assert np.allclose(heard(0, 1, 2, 3)[:4], 0.25)
    with pytest.raises(AudioError, match=r"has 11 channels, so there is no channel 12"):
        AudioFile(path, pick=Pick(channels=(11,)))


def test_several_tracks_are_told_and_chosen(tmp_path: Path) -> None:
    quiet, loud = np.zeros((RATE, 2)), np.repeat(SINE[:, None], 2, axis=1)
    path = encoded(tmp_path / "film.mkv", [quiet, loud], "flac", container="matroska")
    file = AudioFile(path)
    assert np.abs(whole(file)).max() == 0.0
    assert "track 1 of 2" in file.note
    assert "track 1 is silent for its first minute, track 2 is not" in file.note
    assert "nothing but silence" in file.warning
    other = AudioFile(path, pick=Pick(track=1))
    assert np.allclose(whole(other), loud, atol=1e-4)
    assert (other.note, other.warning, other.heard) == ("", "", "film.mkv (track 2 of 2)")
    with pytest.raises(AudioError, match="no sound track 3"):
        AudioFile(path, pick=Pick(track=2))


@pytest.mark.parametrize("rate", [32000, 44100, 48000, 96000])
def test_what_jumps_as_loud_as_may_be_is_no_louder_at_another_rate(rate):
    mixer = Mixer(RATE, 2, (), (0, 1))
    jumps = np.where(np.random.default_rng(1).random((8192, 2)) < 0.5, -LIMIT, LIMIT).astype(np.float32)
    heard = np.concatenate([*mixer.mix(jumps, rate), *mixer.flush()])
    assert abs(len(heard) - 8192 * RATE / rate) <= 1
    assert np.abs(heard).max() <= LIMIT
    assert mixer.unclean == 0


@pytest.mark.parametrize("rate", [48000, 44100])
def test_what_is_no_number_is_silence_and_what_is_absurd_is_bounded(tmp_path: Path, rate: int) -> None:
    sound = np.repeat(SINE[:, None], 2, axis=1).astype(np.float32)
    sound[100, 0], sound[200, 1], sound[300, 0], sound[400, 1] = np.nan, np.inf, 1e31, -9.0
    file = AudioFile(wav(tmp_path / "a.wav", sound), rate)
    heard = whole(file)
    assert np.isfinite(heard).all()
    assert np.abs(heard).max() <= 8.0
    assert file.unclean == 4
    assert "4 samples without sense" in file.warning
    assert np.abs(heard[1000:]).max() < 0.6


BITS_24 = (SINE * (2**23 - 1)).astype(np.int32)


@pytest.mark.parametrize(
    ("samples", "kind", "valid", "mask"),
    [
        (BITS_24 << 8, 1, 24, 3),
        ((BITS_24 << 8) & ~0xFFF, 1, 20, 3),
        ((BITS_24 << 8) & ~0xFFFF, 1, 16, 3),
        (SINE.astype(np.float32), 3, 24, 3),
        (SINE.astype(np.float64), 3, 32, 3),
        (BITS_24 << 8, 1, 24, None),
        (BITS_24, 1, 24, None),
        ((SINE * 2**23).astype(np.float32), 1, 24, None),
    ],
    ids=["24 in 32", "20 in 32", "16 in 32", "float 24", "double 32", "plain 24 in 32", "in the low bits", "Cool Edit"],
)
@pytest.mark.filterwarnings("ignore")
def test_a_header_that_misleads(tmp_path: Path, samples: np.ndarray, kind: int, valid: int, mask: int | None) -> None:
    file = AudioFile(wav(tmp_path / "a.wav", np.stack([samples, samples], 1), kind=kind, valid=valid, mask=mask))
    assert np.allclose(whole(file), SINE[:, None], atol=1e-4)
    assert (file.warning, file.duration) == ("", pytest.approx(1.0))


@pytest.mark.parametrize(
    ("rate", "kind", "words"),
    [(48000, 0x7777, "codec that nobody here knows"), (1, 1, "says it has 1 samples a second")],
)
def test_what_cannot_be_played_is_one_sentence(tmp_path: Path, rate: int, kind: int, words: str) -> None:
    with pytest.raises(AudioError, match=words) as caught:
        AudioFile(wav(tmp_path / "a.wav", steps(2), rate, kind=kind))
    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "codec", "rate", "options"),
    [
        ("a.mp3", "libmp3lame", 44100, {}),
        ("a.mp3", "libmp3lame", 44100, {"write_xing": "0"}),
        ("a.mp3", "libmp3lame", 48000, {"write_xing": "0"}),
        ("a.avi", "libmp3lame", 48000, {}),
        ("a.aac", "aac", 44100, {}),
        ("a.ts", "aac", 48000, {}),
        ("a.m4a", "aac", 48000, {}),
        ("a.ac3", "ac3", 48000, {}),
        ("a.mp2", "mp2", 48000, {}),
        ("a.opus", "libopus", 48000, {}),
        ("a.flac", "flac", 44100, {}),
    ],
)
def test_no_codec_is_late(tmp_path: Path, name: str, codec: str, rate: int, options: dict[str, str]) -> None:
    sound = click(1.0, 0.4, rate)
    containers = {"aac": "adts", "m4a": "ipod", "ts": "mpegts", "opus": "ogg"}
    container = containers.get(name[2:], name[2:])
    file = AudioFile(encoded(tmp_path / name, [sound], codec, rate=rate, container=container, **options), rate)
    heard, true = whole(file, 1), sound.mean(axis=1)
    late = int(np.correlate(heard[: len(true)], true, "full").argmax()) - (len(true) - 1)
    assert abs(late) <= 1, f"{late} samples late"


def chained(tmp_path: Path) -> Path:
    parts = [encoded(tmp_path / f"{n}.ogg", [click(n, 0.5)], "libopus") for n in (2, 3, 2)]
    (tmp_path / "chained.ogg").write_bytes(b"".join(part.read_bytes() for part in parts))
    return tmp_path / "chained.ogg"


def untagged(tmp_path: Path) -> Path:
    """An MP3 whose first minute is silence at the lowest bit rate: by that, 7 s are told as many more or less."""
    rng = np.random.default_rng(1)
    sound = np.concatenate([np.zeros((2 * RATE, 2)), rng.uniform(-0.5, 0.5, (5 * RATE, 2))])
    return encoded(tmp_path / "vbr.mp3", [sound], "libmp3lame", write_xing="0", compression_level="4")


def piped(tmp_path: Path) -> Path:
    return encoded(tmp_path / "piped.webm", [click(7.0, 6.5)], "libopus", pipe=True)


@pytest.mark.parametrize("make", [chained, untagged, piped])
def test_a_duration_is_a_hint(tmp_path: Path, make: "type[chained]") -> None:
    file = AudioFile(make(tmp_path))
    seconds = len(whole(file)) / RATE
    assert seconds == pytest.approx(7.0, abs=0.03)
    assert file.duration == seconds
    assert file.warning == ""
    assert len(whole(AudioFile(file.path, start=6.0))) == round(seconds * RATE) - 6 * RATE
    assert np.array_equal(whole(AudioFile(file.path, start=6.0, end=6.5)), whole(file)[6 * RATE : round(6.5 * RATE)])
    with pytest.raises(AudioError, match=r"the file ends at 7\.0 s, before the start at 45 s"):
        AudioFile(file.path, start=45.0)


def test_a_decoder_that_is_killed_is_one_sentence(tmp_path: Path) -> None:
    file = AudioFile(wav(tmp_path / "a.wav", np.zeros((60 * RATE, 2), np.float32)))
    blocks = file.blocks(4096, 2)
    next(blocks)
    (child,) = file._decoders.pids
    os.kill(child, signal.SIGKILL)
    with pytest.raises(AudioError, match="the decoder died in the middle") as caught:
        for _ in blocks:
            pass
    assert caught.value.where == str(file.path)
    assert sum(map(len, file.blocks(4096, 2))) == 60 * RATE  # another one is there for who asks again


def test_a_player_goes_on_in_silence_when_its_decoder_is_killed(tmp_path: Path) -> None:
    ring = SampleRing(RATE)
    loud = wav(tmp_path / "a.wav", np.full((60 * RATE, 2), 0.5, np.float32))
    with FilePlayer(loud, ring, audible=False) as player:
        first = ring.read(4096, timeout=10.0)
        assert first is not None
        (child,) = player.file._decoders.pids
        os.kill(child, signal.SIGKILL)
        for _ in range(400):
            block = ring.read(4096, timeout=10.0)
            assert block is not None, "time stands still"
            if not block.any():
                break
        assert not block.any()
        assert "the decoder died" in player.problem
