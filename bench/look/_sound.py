"""What the looks are shown to: pieces of music with their beats and onset strengths, and music they do not hear."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from numpy.random import Generator
from scipy.ndimage import maximum_filter1d

from bench.hearing.listening import load, resampled
from vj.core.types import F32, F64
from vj.workshop import loop

REPOSITORY = Path(__file__).resolve().parents[2]
RATE = 48000
#: Onset strength: Hann frames of this many samples at 48 kHz, STEPS of them in a frame of the picture.
WINDOW, STEPS = 1024, 4
#: Hz. The lowest band is the kick and the bass, the others are wider than the features' own on purpose.
BANDS = {"bass": (30.0, 150.0), "snare": (180.0, 2500.0), "highs": (5000.0, 16000.0), "total": (30.0, 16000.0)}
#: Annotated drums by the band they are meant to move.
DRUMS = {"kick": ("KD",), "snare": ("SD",), "highs": ("HH", "CY")}


@dataclass(frozen=True)
class Source:
    """An excerpt of a file: seconds, and why this one. `tempo` in BPM where it is known beforehand."""

    path: str
    start: float
    stop: float
    why: str
    tempo: tuple[float, float] = (85.0, 180.0)


#: Excerpts of the real recordings.
SOURCES = {
    "80sRock": Source(
        "mdb/MusicDelta_80sRock_Drum.wav", 4.5, 24.5, "annotated kicks, snares and beats; even, 110 BPM; few cymbals"
    ),
    "Vibe Ace": Source(
        "music/Kevin_MacLeod_-_Vibe_Ace.hq.ogg",
        20.0,
        45.0,
        "a whole production, programmed, syncopated",
        (127.0, 133.0),
    ),
    "Choice": Source(
        "music/admiralbob77_-_Choice_-_Drum-bass.hq.ogg",
        0.0,
        24.5,
        "drums and bass, half time, 136 BPM",
        (133.0, 139.0),
    ),
}


@dataclass(frozen=True)
class Piece:
    """An excerpt to render: times are seconds from its beginning.

    strength    band -> onset strength [n] at 60 Hz, from annotations where there are (kick) and else from the sound
    onsets      moments at which anything sounds; `true_beats` says that the beats are annotated, not fitted
    """

    name: str
    path: Path
    start: float
    stop: float
    bpm: float
    beats: F64
    strength: Mapping[str, F64]
    onsets: F64
    samples: F32
    true_beats: bool = True
    sections: tuple[tuple[str, float, float], ...] = ()
    events: Mapping[str, F64] = field(default_factory=dict)


def onset_strength(sound: F32, fps: float = 60.0) -> dict[str, F64]:
    """Band -> [n] how much newly sounds in each frame of the picture: the rise of log energy, mean over third octaves.

    `sound` is mono at 48 kHz. Not causal and not ours: it shares no code with the features that drive the picture.
    """
    hop = RATE / fps / STEPS
    count = int(len(sound) / hop)
    starts = np.round(np.arange(count) * hop).astype(int)
    padded = np.concatenate([np.zeros(WINDOW // 2), sound, np.zeros(WINDOW)])
    window = np.hanning(WINDOW)
    edges = np.array([30.0 * 2 ** (k / 3) for k in range(28)])
    axis = np.fft.rfftfreq(WINDOW * 2, 1.0 / RATE)
    place = np.digitize(axis, edges) - 1
    third = np.array([(place == k) / max((place == k).sum(), 1) for k in range(len(edges) - 1)]).T
    energy = np.empty((count, third.shape[1]))
    for first in range(0, count, 512):
        frames = padded[starts[first : first + 512, None] + np.arange(WINDOW)] * window
        energy[first : first + 512] = np.abs(np.fft.rfft(frames, WINDOW * 2)) ** 2 @ third
    level = np.log1p(100.0 * energy / max(float(energy.mean(axis=0).max()), 1e-12))
    before = np.roll(maximum_filter1d(level, 3, axis=0), 4, axis=0)  # the most of 8 to 21 ms ago
    before[:5] = level[:5]
    rise = np.maximum(level - before, 0.0)
    whole = rise[: count - count % STEPS].reshape(-1, STEPS, rise.shape[1]).mean(axis=1)
    middle = np.sqrt(edges[:-1] * edges[1:])
    # a frame of the picture shows what sounded until its time
    strength = {name: whole[:, (middle >= lo) & (middle < hi)].mean(axis=1) for name, (lo, hi) in BANDS.items()}
    return {name: np.concatenate([[0.0], x]) for name, x in strength.items()}


def impulses(times: F64, n: int, fps: float = 60.0, heights: F64 | None = None) -> F64:
    """[n] a unit impulse for each time in seconds, shared by the two frames round it."""
    train = np.zeros(n + 2)
    at = np.asarray(times, np.float64) * fps
    keep = (at >= 0) & (at < n)
    at = at[keep]
    height = np.ones(len(at)) if heights is None else heights[keep]
    whole = at.astype(int)
    np.add.at(train, whole, height * (1.0 - (at - whole)))
    np.add.at(train, whole + 1, height * (at - whole))
    return train[:n]


def attacks(total: F64, fps: float = 60.0) -> F64:
    """Seconds at which a total onset strength [n] has a peak: what may excuse a sudden change of the picture."""
    usual = np.median(total) + 0.25 * total.std()
    high = np.flatnonzero((total[1:-1] >= total[:-2]) & (total[1:-1] > total[2:]) & (total[1:-1] > usual)) + 1
    return np.asarray(high / fps, np.float64)


def fitted_beats(strength: Mapping[str, F64], tempo: tuple[float, float], fps: float = 60.0) -> tuple[float, F64]:
    """BPM and beats of music that keeps one tempo exactly: the comb that gathers most bass and total strength."""
    o = strength["bass"] / max(float(strength["bass"].mean()), 1e-9) + strength["total"] / max(
        float(strength["total"].mean()), 1e-9
    )
    t = np.arange(len(o)) / fps
    tempi = np.arange(tempo[0], tempo[1], 0.05)
    spectrum = np.array([(o * np.exp(-2j * np.pi * t * bpm / 60.0)).sum() for bpm in tempi])
    second = np.array([(o * np.exp(-2j * np.pi * t * bpm / 30.0)).sum() for bpm in tempi])
    best = int(np.argmax(np.abs(spectrum) + 0.5 * np.abs(second)))
    bpm = float(tempi[best])
    period = 60.0 / bpm
    first = (-float(np.angle(spectrum[best])) / (2 * np.pi) * period) % period
    return bpm, np.arange(first, t[-1], period)


def audio_folder() -> Path:
    """Where the real recordings are."""
    return Path(os.environ.get("VJ_AUDIO", REPOSITORY.parent / "shared" / "audio"))


def demo_loop(seconds: float | None = None) -> Piece:
    """The bundled loop with its own annotation."""
    path = loop.cached()
    truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    sound = load(path)
    stop = min(float(truth["duration"]), seconds or np.inf)
    x = sound.samples[: round(stop * sound.rate)]
    events = {k: np.array(truth[name]) for k, name in (("kick", "kick"), ("snare", "snare"), ("highs", "hat"))}
    events["crash"] = np.array(truth["crash"])
    sections = tuple((s["name"], s["start"], s["end"]) for s in truth["sections"] if s["end"] <= stop + 1e-6)
    beats = np.array([*truth["beats"], truth["duration"]])
    return as_piece("loop", path, (0.0, stop), x, float(truth["bpm"]), beats, events, sections)


def recording(name: str, seconds: float | None = None) -> Piece | None:
    """An excerpt of a real recording; None where the recordings are absent."""
    source = SOURCES[name]
    path = audio_folder() / source.path
    if not path.is_file():
        return None
    stop = min(source.stop, source.start + (seconds or np.inf))
    sound = resampled(load(path), RATE)
    x = sound.samples[round(source.start * RATE) : round(stop * RATE)]
    track = path.name.removesuffix("_Drum.wav")
    hits, beats_file = path.with_name(f"{track}_class.txt"), path.with_name(f"{track}_MIX.beats")
    if not hits.is_file():
        return as_piece(name, path, (source.start, stop), x, 0.0, None, {}, (), source.tempo)
    rows = [line.split() for line in hits.read_text(encoding="utf-8").splitlines() if line.strip()]
    events = {
        band: np.array(sorted(float(t) for t, kind in rows if kind in kinds)) - source.start
        for band, kinds in DRUMS.items()
    }
    beats = np.loadtxt(beats_file)[:, 0] - source.start
    bpm = 60.0 / float(np.median(np.diff(beats)))
    return as_piece(name, path, (source.start, stop), x, bpm, beats, events)


def as_piece(
    name: str,
    path: Path,
    span: tuple[float, float],
    x: F32,
    bpm: float,
    beats: F64 | None,
    events: Mapping[str, F64],
    sections: tuple[tuple[str, float, float], ...] = (),
    tempo: tuple[float, float] = (85.0, 180.0),
) -> Piece:
    """The piece that is `span` of the file: mono samples `x` [n] at RATE, beats and events in seconds from its start.

    Beats that nobody knows are fitted at a tempo within `tempo`.
    """
    strength = onset_strength(x)
    n = len(strength["total"])
    true_beats = beats is not None
    if beats is None:
        bpm, beats = fitted_beats(strength, tempo)
    # hits that were annotated are better than guesses from the mix
    for band in ("kick", "snare", "highs"):
        if band in events:
            strength[band] = impulses(events[band], n)
    onsets = np.concatenate([attacks(strength["total"]), *events.values()])
    beats = beats[(beats >= 0.0) & (beats <= span[1] - span[0])]
    return Piece(
        name, path, *span, bpm, beats, strength, np.sort(onsets), x, true_beats, sections, dict(events)
    )  # fmt: skip


#: Sixteenths of kick, snare and hats of the music for the null.
_PATTERNS = (
    ("x...x...x...x...", "....x.......x...", "..x...x...x...x."),
    ("x...x...x...x...", "....x.......x...", "x.xxx.xxx.xxx.xx"),
    ("x.........x.....", "....x.......x...", "x.x.x.x.x.x.x.x."),
    ("x..x..x...x.....", "....x.......x...", "x.xxx.xxx.xxx.xx"),
    ("x.......x.x.....", "....x..x.x..x...", "x.x.x.x.x.x.x.x."),
    ("x...............", "........x.......", "x...x...x...x..."),
)


def other_music(n: int, count: int = 48, seed: int = 5, fps: float = 60.0) -> list[tuple[float, dict[str, F64]]]:
    """(bpm, onset strengths [n]) of drums at `count` tempi from 64 to 186 BPM, each another pattern."""
    rng = np.random.default_rng(seed)
    tracks = []
    for k, bpm in enumerate(np.geomspace(64.0, 186.0, count)):
        pattern = _PATTERNS[k % len(_PATTERNS)]
        bands = {
            band: _played(line, float(bpm), n, rng, fps)
            for band, line in zip(("kick", "snare", "highs"), pattern, strict=True)
        }
        bands["total"] = bands["kick"] + bands["snare"] + 0.4 * bands["highs"]
        tracks.append((float(bpm), bands))
    return tracks


def _played(line: str, bpm: float, n: int, rng: Generator, fps: float) -> F64:
    step, start = 15.0 / bpm, rng.uniform(0.0, 60.0 / bpm)
    steps = [k for k in range(int((n / fps - start) / step)) if line[k % 16] == "x"]
    times = start + step * np.array(steps, np.float64) + rng.normal(0.0, 0.004, len(steps))
    return impulses(times, n, fps, rng.uniform(0.5, 1.0, len(steps)))


def repeated(piece: Piece, path: Path, seconds: float) -> Path:
    """Write `piece` over and over as a mono WAV file of so many seconds."""
    n = round(seconds * RATE)
    return saved(path, np.tile(piece.samples, n // len(piece.samples) + 1)[:n])


def saved(path: Path, sound: F32 | F64) -> Path:
    """Write mono samples at 48 kHz as a WAV file."""
    pcm = (np.clip(sound, -1, 1) * 32767).astype(np.int16)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("pcm_s16le", rate=RATE, layout="mono")
        for first in range(0, len(pcm), RATE):
            frame = av.AudioFrame.from_ndarray(pcm[None, first : first + RATE], "s16", "mono")
            frame.sample_rate, frame.pts = RATE, first
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path
