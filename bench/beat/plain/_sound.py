"""The sound of a song over a groove: General MIDI, played by the program fluidsynth, then mixed as records are."""

import subprocess
import tempfile
from pathlib import Path

import mido
import numpy as np
import soundfile
from numpy.random import Generator
from scipy import signal

from bench.beat.plain._band import SECONDS, Song
from vj.core.types import F32, F64

RATE = 44100
#: Ticks of a MIDI file in a second: its beat is one second, and notes lie where they lie.
TICKS = 1000


def sound(rng: Generator, song: Song, fonts: list[str]) -> F32 | F64:
    """The song [n, 2] at RATE, +-1 or a little over."""
    return _mixed(rng, song, _played(rng, song, fonts))


def _played(rng: Generator, song: Song, fonts: list[str]) -> F32:
    """[n, 2] from one of the sound fonts. Raises CalledProcessError where fluidsynth fails."""
    with tempfile.TemporaryDirectory() as folder:
        score, heard = Path(folder, "song.mid"), Path(folder, "song.wav")
        _midi(song).save(score)
        reverb = str(int(rng.random() < 0.5))
        gain, chorus = f"{rng.uniform(0.3, 0.8):.2f}", str(int(rng.random() < 0.5))
        asked = ["-ni", "-q", "-r", str(RATE), "-g", gain, "-R", reverb, "-C", chorus, "-o", "synth.cpu-cores=1"]
        files = ["-F", str(heard), fonts[rng.integers(len(fonts))], str(score)]
        subprocess.run(["fluidsynth", *asked, *files], check=True, capture_output=True, text=True)
        samples: F32 = soundfile.read(heard, dtype="float32")[0][: int(SECONDS * RATE)]
        return samples


def _midi(song: Song) -> mido.MidiFile:
    """The song as a MIDI file of one track."""
    timed = [(0.0, mido.Message("program_change", channel=c, program=p)) for c, p in song.programs.items()]
    for at, key, velocity, channel, length in song.notes:
        key = int(np.clip(key, 20, 108))
        timed.append((at, mido.Message("note_on", channel=channel, note=key, velocity=velocity)))
        timed.append((at + max(length, 0.03), mido.Message("note_off", channel=channel, note=key)))
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=1_000_000, time=0)])
    last = 0
    for at, message in sorted(timed, key=lambda pair: pair[0]):
        now = round(at * TICKS)
        message.time, last = now - last, now
        track.append(message)
    return mido.MidiFile(ticks_per_beat=TICKS, tracks=[track])


def _mixed(rng: Generator, song: Song, x: F32 | F64) -> F32 | F64:
    """As much bass, air, pumping, drive, level and noise as a record may have; rarely as little as a telephone."""
    if rng.random() < 0.5:
        low = signal.butter(1, rng.uniform(80, 250), fs=RATE)
        x = x + rng.uniform(0, 2.0) * signal.lfilter(*low, x, axis=0)
    if rng.random() < 0.5:
        high = signal.butter(1, rng.uniform(2000, 6000), "high", fs=RATE)
        x = x + rng.uniform(-0.6, 1.5) * signal.lfilter(*high, x, axis=0)
    if rng.random() < 0.1:
        narrow = signal.butter(2, [rng.uniform(60, 200), rng.uniform(2500, 8000)], "band", fs=RATE)
        x = signal.lfilter(*narrow, x, axis=0)
    if song.levels["kick"] and rng.random() < 0.2 and song.drums["kick"]:
        x = x * _pumping(song, len(x))[:, None]
    x = x / (np.abs(x).max() + 1e-9)
    if rng.random() < 0.5:
        drive = rng.uniform(1, 8)
        x = np.tanh(x * drive) / np.tanh(drive)
    x *= 10 ** (rng.uniform(-24, 0) / 20)
    if rng.random() < 0.3:
        x = x + rng.normal(0, np.sqrt((x**2).mean()) * 10 ** rng.uniform(-3, -0.8), x.shape)
    return x


def _pumping(song: Song, n: int) -> F32:
    """[n] gain that falls at every kick and comes back within four fifths of a beat."""
    gain = np.ones(n, np.float32)
    for kick in song.drums["kick"]:
        at = int(kick * RATE)
        length = min(int(60 / song.bpm * RATE * 0.8), n - at)
        if length > 0:
            back = 0.15 + 0.85 * np.linspace(0, 1, length) ** 0.7
            gain[at : at + length] = np.minimum(gain[at : at + length], back)
    return gain
