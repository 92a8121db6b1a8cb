"""Bars of a real song as the sound of a loop: found by ear, cut at their lines."""

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from vj.core.errors import VjError
from vj.core.params import defaults
from vj.core.sound.mono import Mono
from vj.core.types import F32, F64
from vj.devices.audio.file import AudioFile
from vj.engine.analyzer import Analyzer
from vj.features.state import Name, State
from vj.features.tempo import Tempo

RATE = 48000
#: What is heard after the bars: lines become sure only after a while, and hold for what was before too.
AFTER_S = 8.0
#: The mean confidence in the tempo that bars need.
MIN_CONFIDENCE = 0.4
#: In so long the end of a loop gives way to its beginning.
CROSSFADE_S = 0.004


@dataclass(frozen=True)
class Cut:
    """So many bars of a song: mono `sound` at RATE, their tempo, and what the music is at in them."""

    sound: F32
    bpm: Fraction
    metre: int
    state: Name

    def round(self, length: int) -> F32:
        """[length] the sound, stretched a little if need be, its end leading to its beginning."""
        places = np.arange(length) * ((len(self.sound) - 1) / max(length - 1, 1))
        sound = np.interp(places, np.arange(len(self.sound)), self.sound)
        joint = min(round(CROSSFADE_S * RATE), length // 4)
        sound[length - joint :] *= np.linspace(1.0, 0.0, joint)
        return np.asarray(sound, np.float32)


def cut(song: Path, bar: int, bars: int | None, beats: int | None, metre: int | None) -> Cut:
    """`bars` or `beats` of `song` from its bar number `bar` on, counted from 1. Raises VjError."""
    if bar < 1:
        raise VjError(f"there is no bar {bar}", "--from", "bars are counted from 1")
    heard = _heard(AudioFile(song, RATE), bar, beats or 4 * (bars or 4))
    metre = metre or heard.metre
    first = heard.downbeat % metre + (bar - 1) * metre
    count = beats or (bars or 4) * metre
    known = heard.times[first : first + count + 1]
    if len(known) < count + 1:
        last = max((len(heard.times) - 1 - heard.downbeat % metre) // metre, 0)
        raise VjError(f"the song has no {count} beats from bar {bar} on", str(song), f"it has {last} bars")
    sure = float(np.mean(heard.sure[first : first + count]))
    if sure < MIN_CONFIDENCE:
        raise VjError(f"no beat is sure from bar {bar} on", str(song), "see: vj analyze; take other bars with --from")
    slope, start = np.polyfit(np.arange(count + 1), known, 1)  # one beat heard a little early moves no line
    sound = _sound(song, max(start, 0.0), count * slope)
    state = heard.states[first + count // 2]
    return Cut(sound, Fraction(60.0 / slope).limit_denominator(1000), metre, state if state != "build" else "groove")


@dataclass
class _Beats:
    """[n] the seconds of each beat, how sure it was, what the music was at; where bars begin."""

    times: F64
    sure: list[float]
    states: list[Name]
    downbeat: int
    metre: int


def _heard(file: AudioFile, bar: int, beats: int) -> _Beats:
    """The beats of the song, as far as they are needed."""
    analyzer, mono = Analyzer(RATE), Mono(RATE)
    snapshot = defaults(*analyzer.stages)
    times: list[float] = []
    sure: list[float] = []
    states: list[Name] = []
    before: int | None = None
    begun = downbeat = 0
    metre, enough = 4, math.inf
    for block in file.blocks(analyzer.hop_length, channels=2):
        if len(block) < analyzer.hop_length:
            break
        features = analyzer.step(mono.step(block), snapshot)
        tempo, state = features[Tempo], features[State]
        if before is None:
            before = begun = tempo.beat
        for beat in range(before + 1, tempo.beat + 1):
            times.append(features.t - (tempo.beat - beat + tempo.phase) * 60.0 / tempo.bpm)
            sure.append(tempo.confidence)
            states.append(state.name)
        before = max(before, tempo.beat)
        downbeat, metre = state.downbeat - begun - 1, state.metre
        if math.isinf(enough) and len(times) > (bar + 1) * metre + beats:
            enough = features.t + AFTER_S
        if features.t > enough:
            break
    return _Beats(np.array(times), sure, states, downbeat, metre)


def _sound(song: Path, start: float, seconds: float) -> F32:
    mono = Mono(RATE)
    file = AudioFile(song, RATE, start=start, end=start + seconds)
    parts = [mono.step(block) for block in file.blocks(4096, channels=2)]
    return np.concatenate(parts) if parts else np.zeros(1, np.float32)
