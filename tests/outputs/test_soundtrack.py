"""The sound of a film is that of its source: the same packets, cut and in time, wherever the format takes them."""

import functools
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from vj.devices.audio.file import AudioFile, Pick
from vj.outputs.video.asked import Encoding, Sound, Source
from vj.outputs.video.film import Film, open_film

RATE, SECONDS = 44100, 3
FPS = Fraction(25)
FAST = Encoding(codec="libx264", preset="ultrafast")
#: Name of the source -> the encoder that makes it, and what the codec is called.
SOURCES = {
    "song.flac": ("flac", "flac"),
    "song.mp3": ("mp3", "mp3"),
    "song.m4a": ("aac", "aac"),
    "song.wav": ("pcm_s24le", "pcm_s24le"),
    "song.opus": ("libopus", "opus"),
    "song.ogg": ("", "vorbis"),  # by libsndfile: FFmpeg's own is called an experiment
}


def clicks() -> np.ndarray:
    """[n, 2]: a click at every half second."""
    sound = np.random.default_rng(5).normal(0, 0.01, (SECONDS * RATE, 2)).astype(np.float32)
    for half in range(2 * SECONDS):
        sound[half * RATE // 2 :][:60] += np.sin(np.arange(60) * 0.6)[:, None].astype(np.float32) * 0.8
    return sound


def write(path: Path, codec: str, sound: np.ndarray) -> None:
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=48000 if codec == "libopus" else RATE, layout="stereo")
        resampler = av.AudioResampler(stream.codec_context.format, "stereo", stream.rate)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.reshape(1, -1)), format="flt", layout="stereo")
        frame.sample_rate = RATE
        fifo = av.AudioFifo()
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            fifo.write(part)
        size = stream.codec_context.frame_size or 4096
        while part := fifo.read(size, partial=True):
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("songs")
    for name, (codec, _) in SOURCES.items():
        if codec:
            write(folder / name, codec, clicks())
        else:
            soundfile.write(folder / name, clicks(), RATE)
    return folder


@functools.cache
def source(path: Path, start: float = 0.0, stop: float | None = None, pick: Pick | None = None) -> Source:
    """As `vj render` says it."""
    song = AudioFile(path, 48000, start=start, end=stop, pick=pick)
    return Source(path, song.taken.track, start, stop, song.taken.codec, song.taken.layout, song.taken.lead)


def film(path: Path, taken: Source, frames: int, asked: Encoding = FAST) -> Film:
    with open_film(path, (16, 16), FPS, Sound(48000), asked, source=taken) as made:
        for n in range(frames):
            made.write(np.full((16, 16, 3), 9 * n % 256, np.uint8))
    return made


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as file:
        return [bytes(packet) for packet in file.demux(audio=0) if packet.size]


def heard(path: Path) -> tuple[str, np.ndarray]:
    """Codec, and the times in seconds of the clicks in a film, by its time stamps."""
    with av.open(str(path)) as file:
        stream = file.streams.audio[0]
        out = np.zeros(2 * SECONDS * stream.rate)
        for frame in file.decode(stream):
            at = round(float(frame.pts * frame.time_base) * stream.rate)
            samples = frame.to_ndarray().astype(float)
            left = samples[0] if frame.format.is_planar else samples.reshape(-1, 2)[:, 0]
            scale = {"s32": 2.0**31, "s16": 2.0**15}.get(frame.format.name.rstrip("p"), 1.0)
            out[max(at, 0) :][: len(left) - max(-at, 0)] = left[max(-at, 0) :] / scale
        loud = np.flatnonzero(np.abs(out) > 0.3)
        return stream.codec_context.codec.canonical_name, loud[
            np.insert(np.diff(loud) > RATE // 4, 0, True)
        ] / stream.rate


@pytest.mark.parametrize(
    ("name", "into"),
    [("song.flac", "mp4"), ("song.flac", "mkv"), ("song.mp3", "mp4"), ("song.mp3", "mov"), ("song.m4a", "mp4"),
     ("song.m4a", "mkv"), ("song.wav", "mov"), ("song.wav", "mkv"), ("song.opus", "mp4"), ("song.ogg", "mkv")],
)  # fmt: skip
def test_the_sound_is_untouched_and_in_time(name: str, into: str, songs: Path, tmp_path: Path) -> None:
    path = tmp_path / f"film.{into}"
    made = film(path, source(songs / name), SECONDS * int(FPS))
    theirs, ours = packets(songs / name), packets(path)
    if name == "song.wav":  # packets of plain samples are as long as you like
        assert b"".join(ours) == b"".join(theirs)
    else:
        assert ours in (theirs, theirs[1:], theirs[:-1])  # what lies wholly before the music may be left out
    codec, times = heard(path)
    assert codec == SOURCES[name][1]
    assert made.sounds.startswith(codec)
    there = np.arange(2 * SECONDS) / 2
    if (name, into) == ("song.m4a", "mkv"):  # a click at the very beginning lies in what needs the packet before it
        assert "fade in" in made.notes[0]
        there = there[1:]
    else:
        assert not made.notes
    assert times == pytest.approx(there, abs=0.0015)


@pytest.mark.parametrize(
    ("name", "into"),
    [("song.flac", "mp4"), ("song.flac", "mkv"), ("song.mp3", "mp4"), ("song.m4a", "mov"), ("song.wav", "mov"),
     ("song.ogg", "mkv")],
)  # fmt: skip
def test_a_part_of_it_begins_and_ends_where_it_should(name: str, into: str, songs: Path, tmp_path: Path) -> None:
    path = tmp_path / f"film.{into}"
    film(path, source(songs / name, 0.8, 2.3), 38)
    codec, times = heard(path)
    assert codec == SOURCES[name][1]
    assert times == pytest.approx([0.2, 0.7, 1.2], abs=0.0015)
    with av.open(str(path)) as file:
        end = max(float(f.pts * f.time_base) + f.samples / RATE for f in file.decode(audio=0))
    assert 1.5 - 0.001 <= end < 1.5 + 0.11  # whole packets
    if name == "song.wav":
        assert end == pytest.approx(1.5, abs=1 / RATE)


@pytest.mark.parametrize(
    ("name", "into", "codec", "why"),
    [("song.wav", "mp4", "aac", ""), ("song.flac", "mov", "pcm_s24le", "takes no flac")],
)
def test_what_a_format_does_not_take_is_encoded_and_told_unless_it_is_plain(
    name: str, into: str, codec: str, why: str, songs: Path, tmp_path: Path
) -> None:
    path = tmp_path / f"film.{into}"
    sound = clicks()
    with open_film(path, (16, 16), FPS, Sound(RATE), Encoding(), source=source(songs / name)) as made:
        for n in range(SECONDS * int(FPS)):
            made.write(np.full((16, 16, 3), n, np.uint8))
            made.write_audio(sound[n * RATE // 25 : (n + 1) * RATE // 25])
    assert heard(path)[0] == codec
    assert heard(path)[1] == pytest.approx(np.arange(2 * SECONDS) / 2, abs=0.0015)
    assert len(made.notes) == bool(why)
    assert all(codec in note and why in note for note in made.notes)


def test_picked_channels_are_not_what_lies_in_the_file(songs: Path) -> None:
    assert source(songs / "song.flac", pick=Pick(None, (1,))).codec == ""
    assert source(songs / "song.flac").codec == "flac"


def test_floats_that_are_no_numbers_are_silence(tmp_path: Path) -> None:
    sound = np.full((RATE, 2), 0.25, np.float32)
    sound[100:110] = np.nan
    write(tmp_path / "song.wav", "pcm_f32le", sound)
    film(tmp_path / "film.mov", source(tmp_path / "song.wav"), 25)
    samples = np.frombuffer(b"".join(packets(tmp_path / "film.mov")), "<f4").reshape(-1, 2)
    assert np.isfinite(samples).all()
    assert samples[50] == pytest.approx(0.25)
    assert not samples[100:110].any()


def test_a_source_that_is_gone_is_no_end(songs: Path, tmp_path: Path) -> None:
    gone = Source(tmp_path / "gone.flac", codec="flac", layout="stereo")
    made = film(tmp_path / "film.mp4", gone, 5)
    assert made.sounds == "aac"
    assert "gone.flac" in made.notes[0]
