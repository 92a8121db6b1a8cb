"""`vj analyze`: the table, the sheet, the list of switches; tables and settings from the command line."""

import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile
from tests_songs import kicks
from tests_tracks import RATE, song
from typer.testing import CliRunner

from vj.apps.analyze.song import Asked, analyze, listen_to
from vj.apps.assemble import Settings
from vj.apps.cli import app
from vj.apps.render.film import render
from vj.apps.track import pairs, read_columns, track_of, write_columns
from vj.core.errors import ControlError, VjError
from vj.core.types import Event
from vj.devices.audio.file import AudioFile

SECONDS = 12


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("song") / "song.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        made = song(SECONDS)
        sound = np.interp(np.arange(SECONDS * 44100) / 44100, np.arange(len(made)) / RATE, made)
        both = np.stack([sound, 0.5 * sound], axis=1)
        file.writeframes((both * 32000).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def analyzed(wav: Path) -> tuple[Path, list[str]]:
    """A folder with the table and the sheet of the whole song, and what was said of it."""
    said: list[str] = []
    analyze(wav, Asked(csv=wav.with_name("song.csv"), plot=wav.with_name("full.png")), said.append)
    return wav.parent, said


def test_the_table_has_a_row_a_frame_and_loudness_as_measured(wav: Path, analyzed: tuple[Path, list[str]]) -> None:
    folder, said = analyzed
    columns, rate = read_columns(folder / "song.csv")
    assert rate == pytest.approx(30.0, rel=1e-3)
    assert len(columns["Amplitude"]) == pytest.approx(360, abs=1)
    sound = np.concatenate(list(AudioFile(wav, RATE).blocks()))
    rms = np.array([np.sqrt(np.mean(sound[k * 1600 : (k + 1) * 1600] ** 2)) for k in range(340)])
    assert np.corrcoef(columns["Amplitude"][:340], rms)[0, 1] > 0.9
    assert {"speed_coarse", "speed_middle", "speed_fine", "bass", "novelty", "bpm", "onsets"} <= set(columns)
    assert columns["speed_coarse"][30:].max() > 0.2
    assert any("sections:" in line for line in said)


def test_the_preview_tells_the_switches_without_hearing_it_all(
    wav: Path, analyzed: tuple[Path, list[str]], tmp_path: Path
) -> None:
    """And its sheet has fewer lanes than that of everything."""
    said: list[str] = []
    plot = tmp_path / "sheet.png"
    asked = Asked(director="ganterpretations", plot=plot, settings=("/director/ganterpretations/story=ink|neon",))
    analyze(wav, asked, said.append)
    assert any("switches" in line for line in said)
    assert any(line.endswith("ink") for line in said)
    assert not any("BPM" in line for line in said)
    with Image.open(plot) as image:
        pixels = np.asarray(image)
    assert pixels.shape[1] == 1680
    assert pixels.std() > 10
    with Image.open(analyzed[0] / "full.png") as image:
        assert image.size[1] > 1.5 * pixels.shape[0]


def test_a_song_with_one_side_inverted_is_surveyed_as_it_sounds(tmp_path: Path) -> None:
    made = song(4.0).astype(np.float32)
    wavfile.write(tmp_path / "inverted.wav", RATE, np.stack([made, -made], axis=1))
    heard = np.concatenate(list(track_of(AudioFile(tmp_path / "inverted.wav"), Fraction(30)).sound(RATE)))
    assert np.abs(made).max() > 0.3
    assert np.allclose(heard[RATE // 5 :], made[RATE // 5 :], atol=1e-6)


def test_a_band_is_written_to_be_listened_to(wav: Path, tmp_path: Path) -> None:
    said: list[str] = []
    listen_to(wav, "bass", tmp_path / "bass.wav", said.append)
    with wave.open(str(tmp_path / "bass.wav")) as file:
        heard = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32767
        assert file.getnframes() == pytest.approx(12 * 22050, abs=2)
    spectrum = np.abs(np.fft.rfft(heard)) ** 2
    hz = np.fft.rfftfreq(len(heard), 1 / 22050)
    assert spectrum[hz < 150].sum() > 20 * spectrum[hz > 300].sum()
    assert "ms late" in said[0]
    with pytest.raises(VjError, match="no band"):
        listen_to(wav, "treble", tmp_path / "x.wav", said.append)


def test_tables_come_back_as_they_went(tmp_path: Path) -> None:
    columns = {"t": np.arange(5) / 25.0, "Amplitude": np.array([0.0, 0.5, -0.25, 1.0, 0.125])}
    write_columns(tmp_path / "a.csv", columns)
    found, rate = read_columns(tmp_path / "a.csv")
    assert rate == pytest.approx(25.0)
    np.testing.assert_allclose(found["Amplitude"], columns["Amplitude"])


@pytest.mark.parametrize("text", ["Amplitude\n0.5\n-0.2\n", "0.5\n-0.2\n", "\ufeffAmplitude,name\n0.5,a\n-0.2,b\n\n"])
def test_a_table_of_one_column_is_30_a_second(tmp_path: Path, text: str) -> None:
    path = tmp_path / "film.csv"
    path.write_text(text, encoding="utf-8")
    found, rate = read_columns(path)
    assert (found["Amplitude"].tolist(), rate) == ([0.5, -0.2], 30.0)


@pytest.mark.parametrize("text", [None, "", "Amplitude\n", "name\na\nb\n"])
def test_a_table_without_numbers_is_refused(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "bad.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(VjError, match="table"):
        read_columns(path)


def test_a_track_has_its_own_rate_and_both_sides(wav: Path) -> None:
    track = track_of(AudioFile(wav), Fraction(30))
    assert track.rate == 44100
    left, right = (np.concatenate(list(track.sound(44100, side))) for side in ("left", "right"))
    np.testing.assert_allclose(right, 0.5 * left, atol=1e-4)
    assert len(left) == 12 * 44100


def test_settings_are_pairs_and_wrong_ones_are_told(wav: Path, tmp_path: Path) -> None:
    assert pairs(["/director/spectrum/exact = on"]) == [("/director/spectrum/exact", "on")]
    with pytest.raises(VjError, match="sets nothing"):
        pairs(["exact"])
    with pytest.raises(ControlError, match="no parameter"):
        analyze(wav, Asked(director="spectrum", settings=("/director/spectrum/nonsense=1",)), lambda words: None)
    script = ((0.0, Event("/director/spectrum/nonsense", ("1",), "start")),)
    with pytest.raises(ControlError):
        render(wav, tmp_path / "no.mp4", Settings(bundle="testcard", size=(64, 36)), script=script, size=(128, 72))


@pytest.mark.parametrize("name", ["spectrum", "anchors", "ganterpretations", "amplitude", "ladder", "style_walk"])
@pytest.mark.parametrize("exact", ["off", "on"])
def test_a_render_surveys_and_both_ways_of_every_director_make_a_film(name: str, exact: str, tmp_path: Path) -> None:
    path = kicks(tmp_path / "kicks.wav", 1.0)
    script = ((0.0, Event(f"/director/{name}/exact", (exact,), "start")), (0.0, Event("/fx/on", (False,))))
    settings = Settings(bundle="testcard", size=(64, 36), director=name)
    done = render(path, tmp_path / "film.mp4", settings, Fraction(30), (128, 72), script=script)
    assert done.frames == 30
    with av.open(str(tmp_path / "film.mp4")) as film:
        frames = np.array([frame.to_ndarray(format="gray") for frame in film.decode(video=0)], np.float32)
    assert np.abs(np.diff(frames, axis=0)).mean() > 0.01 or exact == "on"
    assert frames.std() > 5


def test_the_command_line_has_it(wav: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    asked = ["analyze", str(wav), "--director", "spectrum", "--set", "/director/spectrum/kinds=3"]
    result = runner.invoke(app, asked)
    assert result.exit_code == 0, result.output
    assert "switches" in result.output
    result = runner.invoke(app, ["analyze", str(wav), "--listen-band", "snare", str(tmp_path / "snare.wav")])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "snare.wav").stat().st_size > 1000
