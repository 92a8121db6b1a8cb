"""What the material says of its beats, against when the sound itself gets louder: one module and one MIDI file."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from bench.beat.found import _midi, _modules
from bench.beat.found._comb import fit
from bench.beat.found._openmpt import library
from bench.beat.found._pieces import write
from bench.beat.found._synth import fonts

GAMES = Path("/usr/share/games")
MODULE = GAMES / "tecnoballz/musics/area1-game.mod"
MIDI = GAMES / "openttd/baseset/openmsx/ultimate_run.mid"


def attacks(sound, rate):
    """Seconds at which the sound jumps: 4 ms are three times as loud as the 12 ms before, and a tenth of the loudest.

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
    assert len(beside) > 0.6 * len(piece["beats"])
    assert np.abs(np.median(beside)) < 0.005
    assert np.mean(np.abs(beside) < 0.005) > 0.8


def drums(times):
    """A kick and a snare in turn at these seconds."""
    rng, rate = np.random.default_rng(5), 44100
    t = np.arange(int(0.15 * rate)) / rate
    kick = np.sin(2 * np.pi * (55 * t + 2 * (1 - np.exp(-t * 50)))) * np.exp(-t * 25)
    snare = rng.standard_normal(len(t)) * np.exp(-t * 35) * 0.5
    sound = rng.standard_normal(int((times[-1] + 1) * rate)) * 1e-3
    for k, at in enumerate(times):
        i = int(at * rate)
        sound[i : i + len(t)] += snare if k % 2 else kick
    return sound.astype(np.float32)


def test_one_tempo_that_a_recording_keeps_is_found_and_one_that_it_does_not_keep_is_not():
    true = np.arange(0.31, 70.0, 60 / 97.37)
    line = fit(drums(true))
    assert 60 / line.period == pytest.approx(97.37, abs=0.01)
    assert line.why == "backbeat"
    assert abs((line.first - 0.31 + line.period / 2) % line.period - line.period / 2) < 0.01
    # a drummer who hurries by one in a hundred
    assert fit(drums(np.cumsum(60 / np.linspace(97.0, 98.0, len(true))))) is None


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
