"""Decoding: exact lengths, true pitch, flat memory, and plain words for bad files."""

import math
import os
import tracemalloc
from pathlib import Path

import av
import numpy as np
import pytest
from scipy.io import wavfile

from vj.core.errors import AudioError
from vj.devices.audio.file import AudioFile


def tone(seconds: float, rate: int = 44100, hertz: float = 440.0, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def encoded(path: Path, sound: np.ndarray, codec: str, rate: int = 44100) -> Path:
    """Mono `sound` written by PyAV."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        resampler = av.AudioResampler(stream.codec_context.format or "fltp", "mono", rate)
        frame = av.AudioFrame.from_ndarray(sound[None], "flt", "mono")
        frame.sample_rate = rate
        frame.pts = 0
        fifo = av.AudioFifo()
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            fifo.write(part)
        while part := fifo.read(stream.codec_context.frame_size or 1024, partial=True):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


def whole(file: AudioFile, channels: int = 1) -> np.ndarray:
    return np.concatenate(list(file.blocks(512, channels)))


@pytest.mark.parametrize(
    ("suffix", "codec", "rate", "slack"),
    [
        ("wav", "pcm_s16le", 44100, 0),
        ("flac", "flac", 44100, 0),
        ("flac", "flac", 96000, 0),
        ("wav", "pcm_f32le", 8000, 0),
        ("mp3", "libmp3lame", 44100, 1),
        ("opus", "libopus", 48000, 1),
        ("m4a", "aac", 44100, 1200),  # AAC comes in frames of 1024, and its end is not always marked
    ],
)
def test_length_pitch_and_level_survive(tmp_path: Path, suffix: str, codec: str, rate: int, slack: int) -> None:
    file = AudioFile(encoded(tmp_path / f"tone.{suffix}", tone(2.0, rate), codec, rate), 48000)
    sound = whole(file)
    assert sound.dtype == np.float32
    assert abs(len(sound) - 96000) <= slack
    assert file.duration == pytest.approx(2.0, abs=0.06)
    middle = sound[24000:72000]
    assert int(np.abs(np.fft.rfft(middle)).argmax()) == 440
    assert np.sqrt((middle**2).mean()) == pytest.approx(0.5 / 2**0.5, rel=0.06)  # LAME takes 5 % off
    assert file.warning == ""


def test_ten_minutes_stay_in_time_and_take_no_memory(tmp_path: Path) -> None:
    sound = np.zeros(600 * 44100, np.int16)
    clicks = (1.0, 299.0, 599.0)
    for second in clicks:
        sound[round(second * 44100)] = 20000
    wavfile.write(tmp_path / "long.wav", 44100, sound)
    del sound
    tracemalloc.start()
    found, count, peak = [], 0, 0.0
    for block in AudioFile(tmp_path / "long.wav", 48000).blocks(4096):
        if np.abs(block).max() > 0.2:
            found.append((count + int(np.abs(block).argmax())) / 48000)
        count += len(block)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 600 * 48000
    assert found == pytest.approx(list(clicks), abs=1.5 / 48000)
    assert peak < 3e6, "memory grows with the track"


def test_blocks_are_whole_and_the_last_one_short(tmp_path: Path) -> None:
    wavfile.write(tmp_path / "a.wav", 48000, tone(0.5, 48000))
    sizes = [len(block) for block in AudioFile(tmp_path / "a.wav").blocks(1000)]
    assert sizes == [1000] * 24


@pytest.mark.parametrize("size", [1, 7, 512, 100_000])
def test_read_gives_what_blocks_give(tmp_path: Path, size: int) -> None:
    wavfile.write(tmp_path / "a.wav", 44100, tone(0.02))
    file = AudioFile(tmp_path / "a.wav")
    parts = []
    while len(part := file.read(size)):
        parts.append(part)
    assert np.array_equal(np.concatenate(parts), whole(file))
    file.rewind()
    assert np.array_equal(file.read(5), whole(file)[:5])


def test_stereo_and_its_mean(tmp_path: Path) -> None:
    left, right = tone(0.5, 48000, 440.0, 0.5), tone(0.5, 48000, 1000.0, 0.25)
    wavfile.write(tmp_path / "a.wav", 48000, np.stack([left, right], axis=1))
    file = AudioFile(tmp_path / "a.wav")
    stereo = whole(file, 2)
    assert np.allclose(stereo, np.stack([left, right], axis=1), atol=1e-6)
    assert np.allclose(whole(file), (left + right) / 2, atol=1e-6)
    assert AudioFile(tmp_path / "a.wav", mono=False).read(100).shape == (100, 2)


def test_mono_is_the_same_on_both_sides(tmp_path: Path) -> None:
    wavfile.write(tmp_path / "a.wav", 48000, tone(0.1, 48000))
    stereo = whole(AudioFile(tmp_path / "a.wav"), 2)
    assert np.allclose(stereo, tone(0.1, 48000)[:, None], atol=1e-6)


def test_six_channels_do_not_clip(tmp_path: Path) -> None:
    wavfile.write(tmp_path / "a.wav", 48000, np.full((4800, 6), 0.9, np.float32))
    assert np.abs(whole(AudioFile(tmp_path / "a.wav"))).max() <= 0.95


def test_a_span_is_cut_to_the_sample(tmp_path: Path) -> None:
    wavfile.write(tmp_path / "a.wav", 48000, np.arange(48000, dtype=np.float32) / 48000)
    file = AudioFile(tmp_path / "a.wav", 48000, start=0.25, end=0.5)
    sound = whole(file)
    assert file.duration == pytest.approx(0.25)
    assert len(sound) == 12000
    assert (sound[0], sound[-1]) == pytest.approx((0.25, 0.5 - 1 / 48000), abs=1e-6)


def test_a_span_beyond_the_end(tmp_path: Path) -> None:
    wavfile.write(tmp_path / "a.wav", 48000, tone(1.0, 48000))
    file = AudioFile(tmp_path / "a.wav", start=0.5, end=9.0)
    assert (file.duration, len(whole(file))) == (pytest.approx(0.5), 24000)
    with pytest.raises(AudioError, match=r"ends at 1\.0 s"):
        AudioFile(tmp_path / "a.wav", start=5.0)
    with pytest.raises(AudioError, match="nothing lies between"):
        AudioFile(tmp_path / "a.wav", start=0.5, end=0.5)


@pytest.mark.parametrize(
    ("start", "end"), [(-1.0, None), (-1.0, 0.5), (math.nan, None), (math.inf, None), (0, math.nan)]
)
def test_a_span_that_is_none_is_a_sentence(start: float, end: float | None, tmp_path: Path) -> None:
    wavfile.write(tmp_path / "a.wav", 48000, tone(1.0, 48000))
    with pytest.raises(AudioError, match=r"no song begins|nothing lies between"):
        AudioFile(tmp_path / "a.wav", start=start, end=end)


def test_to_infinity_is_to_the_end(tmp_path: Path) -> None:
    wavfile.write(tmp_path / "a.wav", 48000, tone(1.0, 48000))
    assert len(whole(AudioFile(tmp_path / "a.wav", start=0.5, end=math.inf))) == 24000


def test_a_truncated_mp3_gives_what_it_has_and_says_so(tmp_path: Path) -> None:
    path = encoded(tmp_path / "song.mp3", tone(6.0), "libmp3lame")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    file = AudioFile(path)
    sound = whole(file)
    assert 1.5 < len(sound) / 48000 < 2.5
    assert "song.mp3" in file.warning
    assert "ends after" in file.warning


def test_damage_in_the_middle_is_left_out_and_told(tmp_path: Path) -> None:
    path = encoded(tmp_path / "song.mp3", tone(6.0), "libmp3lame")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 16000] = np.random.default_rng(1).bytes(16000)
    path.write_bytes(data)
    file = AudioFile(path)
    assert 2.0 < len(whole(file)) / 48000 < 6.1
    assert np.isfinite(whole(file)).all()
    assert file.warning


def test_an_mp3_of_which_nothing_decodes(tmp_path: Path) -> None:
    path = encoded(tmp_path / "song.mp3", tone(2.0), "libmp3lame")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(AudioError):
        AudioFile(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"kick, snare, hat: this is a shopping list\n" * 40, "no sound file that can be read"),
        (np.random.default_rng(3).bytes(40000), "no sound file that can be read"),
        (b"", "no sound file that can be read"),
    ],
    ids=["text", "noise", "empty"],
)
def test_what_only_calls_itself_wav(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "song.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=words) as caught:
        AudioFile(path)
    assert caught.value.where == str(path)
    assert caught.value.hint


def test_a_wav_of_no_seconds(tmp_path: Path) -> None:
    wavfile.write(tmp_path / "song.wav", 44100, np.zeros(0, np.int16))
    with pytest.raises(AudioError, match="no sound in this file"):
        AudioFile(tmp_path / "song.wav")


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="no such sound file"):
        AudioFile(tmp_path / "song.wav")
    with pytest.raises(AudioError, match="a folder"):
        AudioFile(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
def test_a_pipe_is_named_as_one(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "song.wav")
    with pytest.raises(AudioError, match="a pipe"):
        AudioFile(tmp_path / "song.wav")


def test_a_film_without_sound(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "film.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 32
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")))
        container.mux(stream.encode(None))
    with pytest.raises(AudioError, match="no audio stream"):
        AudioFile(tmp_path / "film.mp4")


def test_a_name_with_a_colon_is_no_network_address(tmp_path: Path) -> None:
    path = tmp_path / "http:song.wav"
    wavfile.write(path, 48000, tone(0.1, 48000))
    assert len(whole(AudioFile(path))) == 4800


def test_real_recordings_decode_whole(real_audio: Path) -> None:
    file = AudioFile(real_audio / "music" / "Kevin_MacLeod_-_Vibe_Ace.hq.ogg")
    assert file.duration == pytest.approx(61.4589, abs=0.001)
    assert sum(len(block) for block in file.blocks(4096)) == round(61.458866 * 48000)
