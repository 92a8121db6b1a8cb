"""What the material says of its beats, against when the sound itself gets louder: one module and one MIDI file."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench" / "beat"))

import _midi
import _modules
from _found_pieces import write
from _openmpt import library
from _synth import fonts

GAMES = Path("/usr/share/games")
MODULE = GAMES / "tecnoballz/musics/area1-game.mod"
MIDI = GAMES / "openttd/baseset/openmsx/ultimate_run.mid"


def attacks(sound, rate):
    """Seconds at which the sound jumps: its loudness of 4 ms is thrice that of 12 ms before, and a tenth of the top.

    Nothing here is shared with what made the labels."""
    sharp = np.diff(sound.mean(1), prepend=0.0)
    step = rate // 1000
    loud = np.sqrt(np.square(sharp[: len(sharp) // step * step]).reshape(-1, step).mean(1))
    after = np.convolve(loud, np.ones(4) / 4)[3 : 3 + len(loud)]
    before = np.convolve(loud, np.ones(12) / 12)[: len(loud)]
    before = np.concatenate([[0.0], before[:-1]])
    jump = (after > 3 * before) & (after > 0.1 * np.quantile(after, 0.99))
    return np.flatnonzero(jump & ~np.concatenate([[False], jump[:-1]])) * step / rate


def missed(found, out):
    """By how many seconds the attacks around each beat of a piece, as it is written, are beside it."""
    song, start, until = found
    piece = write(song, out, start, until)
    sound, rate = sf.read(out / f"{piece['name']}.flac", always_2d=True)
    heard = attacks(sound, rate)
    beats = np.array([beat for beat, _ in piece["beats"]])
    beside = heard[np.abs(beats[:, None] - heard[None, :]).argmin(1)] - beats
    return piece, beside[np.abs(beside) < 0.06]


@pytest.mark.skipif(library() is None or not MODULE.exists(), reason="needs the packages libopenmpt0, tecnoballz-data")
def test_beats_of_a_module_are_where_its_drums_begin(tmp_path):
    found = _modules.song(MODULE.read_bytes(), "area1", "tecnoballz-data")
    piece, beside = missed(found, tmp_path)
    assert piece["bpm"] == pytest.approx(125.0, abs=0.1)
    assert piece["metre"] == 4
    assert len(beside) > 0.8 * len(piece["beats"])
    assert np.abs(np.median(beside)) < 0.005
    assert np.mean(np.abs(beside) < 0.005) > 0.8


def test_a_module_without_drums_is_left_out():
    class Silent:
        rows, names = [], []

    from _rows import beats, steady

    module = Silent()
    assert steady(module) == (0, 0)
    assert beats is not None


@pytest.mark.skipif(
    not shutil.which("fluidsynth") or not fonts() or not MIDI.exists(),
    reason="needs the packages fluidsynth, timgm6mb-soundfont, openttd-openmsx",
)
def test_beats_of_a_midi_file_are_where_its_notes_sound(tmp_path):
    found = _midi.song(MIDI.read_bytes(), "ultimate run", "openttd-openmsx")
    piece, beside = missed(found, tmp_path)
    assert piece["bpm"] == pytest.approx(150.0, abs=0.1)
    assert len(beside) > 0.6 * len(piece["beats"])
    assert np.abs(np.median(beside)) < 0.005
    assert np.mean(np.abs(beside) < 0.005) > 0.7
