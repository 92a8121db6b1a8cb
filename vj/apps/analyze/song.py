"""`vj analyze`: a song before it is played, as a sheet and as a table, and what a director will make of it."""

import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from vj.apps.analyze._listen import BANDS, FPS, RATE_HZ, Heard, listen, overview
from vj.apps.analyze._true_beats import TrueBeats, draw_beats, heard_beats, read_beats, tell_beats
from vj.apps.sheet import Sheet
from vj.apps.track import kept, pairs, track_of, write_columns
from vj.core import shelf
from vj.core.errors import ControlError, VjError, nearest
from vj.core.params import Snapshot, defaults, table
from vj.core.sound.filters import BANDS as FILTERS
from vj.core.sound.filters import delay, zero_phase
from vj.core.track import Findings, Track
from vj.core.types import F64, LatentSpec
from vj.devices.audio.file import AudioFile, Pick
from vj.directors.contract import Director, Surveying
from vj.engine.addresses import coerce
from vj.engine.analyzer import Analyzer
from vj.engine.walker import Walker
from vj.generators.bundle import manifest

COLOURS = {"bass": "#ff6b57", "snare": "#ffb454", "mids": "#5ccfe6", "highs": "#c3a6ff"}
GROUPS = ("#ff8f6b", "#ffd479", "#7fd1ff")
STATES = {"silence": "#3a4250", "groove": "#2f5d8a", "break": "#6b4a8e", "build": "#a8742a", "drop": "#b3384b"}
PHRASES = {"": "#141922", "4 bars": "#34506e", "8 bars": "#2c7a72", "16 bars": "#4c6b2f"}
CURVE = "#bae67e"
#: Whose switches are shown where no director is named.
TELLER = "ganterpretations"


@dataclass(frozen=True)
class Asked:
    """What is to be made of a song. `settings` are ADDRESS=VALUE; `full` hears it all even where a preview would do.

    `beats` is a file of true beats, to be compared with those that are heard.
    """

    director: str | None = None
    bundle: str = "worlds"
    settings: Sequence[str] = ()
    seed: int = 1
    csv: Path | None = None
    plot: Path | None = None
    columns: Path | None = None
    fps: Fraction = Fraction(FPS)
    full: bool = False
    pick: Pick | None = None
    beats: Path | None = None


def analyze(song: Path, asked: Asked, tell: Callable[[str], object]) -> None:
    """Look through `song`, `tell` what is found, and write what was asked for. Raises VjError.

    With a director that surveys only its score is looked at, which takes a second; the rest takes 3 s a minute.
    """
    file = AudioFile(song, pick=asked.pick)
    if file.note:
        tell(f"Note: {file.note}")
    track = kept(track_of(file, asked.fps, asked.columns))
    true = None if asked.beats is None else read_beats(asked.beats)
    name = asked.director or "style_walk"
    spec = _spec(asked.bundle)
    director = _director(name, spec, asked.seed)
    snapshot = values(type(director), asked.settings)
    findings = _surveyed(director, track, snapshot)
    if asked.director is None:  # where the music turns is worth knowing whoever directs
        teller = _director(TELLER, spec, asked.seed)
        findings = _surveyed(teller, track, values(type(teller), ()))
    quick = bool(findings.moments or findings.curves) and asked.director is not None
    whole = asked.full or asked.csv is not None or true is not None
    heard = None if quick and not whole else listen(track, director, spec, snapshot)
    seconds = file.duration or 0.0
    _tell(asked.director or TELLER, findings, heard, seconds, tell)
    if true is not None and heard is not None and heard.columns:
        tell(tell_beats(true, heard.columns))
    if file.warning:
        tell(f"Note: {file.warning}")
    if asked.csv is not None and heard is not None:
        write_columns(asked.csv, heard.columns)
        tell(f"{asked.csv}: {len(heard.columns['t']) if heard.columns else 0} rows, {FPS} a second")
    if asked.plot is not None:
        sheet(song.name, name, seconds, track, findings, heard, true).finish().save(asked.plot)
        tell(f"{asked.plot}: the sheet")


def _director(name: str, spec: LatentSpec, seed: int) -> Director:
    """The director that a show of this seed would have."""
    director: Director = shelf.load("directors", name)(spec, np.random.default_rng([seed, *name.encode()]))
    return director


def _surveyed(director: Director, track: Track, snapshot: Snapshot) -> Findings:
    """What `director` finds in the track, if it surveys at all."""
    if not isinstance(director, Surveying):
        return Findings()
    p = snapshot.of(type(director))
    director.survey(track, p)
    return director.findings(p)


def listen_to(song: Path, band: str, out: Path, tell: Callable[[str], object], pick: Pick | None = None) -> None:
    """Write what a band of `style_walk` hears to a WAV file: filtered forwards and backwards, so nothing is late."""
    rate = 22050
    if band not in FILTERS:
        raise VjError(f"there is no band {band!r}", "--listen-band", nearest(band, FILTERS))
    with wave.open(str(out), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        for block in zero_phase(track_of(AudioFile(song, pick=pick), Fraction(FPS)).sound(rate), band, rate):
            file.writeframes((np.clip(block, -1.0, 1.0) * 32767.0).astype("<i2").tobytes())
    middle = {"bass": 75.0, "snare": 265.0, "mids": 1600.0}[band]
    late = delay(band, middle, rate) * 1000.0
    tell(f"{out}: the {band} alone. Live, filters that do not know the future are {late:.1f} ms late at {middle:g} Hz.")


def values(director: type, settings: Sequence[str]) -> Snapshot:
    """Every parameter at its default, but for `settings`; raises ControlError."""
    stages = (*Analyzer(RATE_HZ).stages, Walker, director)
    shown = dict(defaults(*stages).values)
    params = table(stages)
    for address, value in pairs(settings):
        if address not in params:
            raise ControlError(f"no parameter {address!r} plays a part here", "--set", "see: vj osc list")
        shown[address] = coerce(params[address], (value,))
    return Snapshot(shown)


def sheet(
    title: str,
    director: str,
    seconds: float,
    track: Track,
    findings: Findings,
    heard: Heard | None,
    true: TrueBeats | None = None,
) -> Sheet:
    """The song drawn lane by lane, with `true` beats beside those heard."""
    tempo = f"   {float(np.median(heard.columns['bpm'])):.0f} BPM" if heard and heard.columns else ""
    page = Sheet(title, f"{int(seconds) // 60}:{int(seconds) % 60:02d}{tempo}   director {director}", seconds)
    if heard is not None:
        page.strip("sections", heard.states, STATES)
        if true is not None and true.sections:
            page.strip("true sections", true.sections, STATES)
        if heard.columns:
            page.strip("phrases", _phrases(heard.columns), PHRASES)
    if findings.moments:
        page.strip("story", findings.moments)
        page.mark([t for t, _ in findings.moments[1:]])
    view = overview(track)
    page.waveform(view.low, view.high, view.colours, view.seconds)
    if heard is not None and heard.columns:
        _draw_heard(page, heard, true)
    for name, (rate, curve) in findings.curves.items():
        page.area(name, curve, rate, CURVE, 110)
    return page


def _draw_heard(page: Sheet, heard: Heard, true: TrueBeats | None) -> None:
    columns = heard.columns
    if true is not None:
        draw_beats(page, true, columns, _begins(columns, heard_beats(columns)[1]))
    for band in BANDS:
        page.area(band, np.minimum(columns[band], 4.0), FPS, COLOURS[band], 58, _hits(columns, band))
    onsets = columns["onset"][np.flatnonzero(np.diff(columns["onsets"], prepend=0.0) > 0)]
    page.ticks("onsets", onsets, np.full(len(onsets), 0.8), "#d7dde8", 24)
    if true is None:
        page.ticks("beats", *_beats(columns), "#9fb4d0", 30)
    page.area("novelty", columns["novelty"], FPS, CURVE, 70)
    groups = [key.removeprefix("speed_") for key in columns if key.startswith("speed_")]
    chosen = groups if len(groups) <= len(GROUPS) else [groups[0], groups[len(groups) // 2], groups[-1]]
    curves = [(group, _felt(columns[f"speed_{group}"]), GROUPS[k]) for k, group in enumerate(chosen)]
    page.lines("walk", curves, FPS, 110, "turn/s")


def _hits(columns: dict[str, F64], band: str) -> tuple[F64, F64]:
    struck = np.flatnonzero(np.diff(columns[f"{band}_count"], prepend=0.0) > 0)
    return columns["t"][struck], np.maximum(columns[f"{band}_hits"][struck], 0.15)


def _beats(columns: dict[str, F64]) -> tuple[F64, F64]:
    """Times of the beats, and how high: those that begin a bar stand out, all fade where the tempo is not sure."""
    times, after = heard_beats(columns)
    high = np.where(_begins(columns, after), 1.0, 0.5)
    return times, high * np.clip(columns["confidence"][after] * 1.5, 0.2, 1.0)


def _begins(columns: dict[str, F64], rows: np.ndarray) -> np.ndarray:
    """Whether the beats of these rows begin a bar."""
    bars: np.ndarray = (np.floor(columns["beat"][rows]) - columns["downbeat"][rows]) % columns["metre"][rows] == 0
    return bars


def _phrases(columns: dict[str, F64]) -> list[tuple[float, str]]:
    """(time, words) where phrases begin or get sure, and without words where they are not sure any more."""
    bars, bar = columns["phrase"], columns["phrase_bar"]
    begins = np.flatnonzero((np.diff(bars) != 0) | (np.diff(bar) < 0)) + 1
    return [(float(columns["t"][n]), f"{bars[n]:.0f} bars" if bars[n] else "") for n in (0, *begins.tolist())]


def _felt(curve: F64) -> F64:
    """Smoothed over three frames, so that a line can be followed by eye."""
    return np.convolve(curve, np.ones(3) / 3.0, "same")


def _tell(name: str, findings: Findings, heard: Heard | None, seconds: float, tell: Callable[[str], object]) -> None:
    if heard is not None and heard.columns:
        columns = heard.columns
        confidence = float(np.median(columns["confidence"]))
        tell(f"{seconds:.1f} s, {float(np.median(columns['bpm'])):.1f} BPM (sure: {confidence:.2f})")
        counts = ", ".join(f"{band} {int(columns[f'{band}_count'][-1])}" for band in BANDS)
        tell(f"onsets {int(columns['onsets'][-1])}; hits: {counts}")
        tell("sections: " + ", ".join(f"{t:.1f} {state}" for t, state in heard.states))
    if findings.moments:
        tell(f"{name}: {len(findings.moments) - 1} switches in {seconds:.1f} s")
        for t, word in findings.moments:
            tell(f"{int(t) // 60:3d}:{t % 60:05.2f}  {word}")


def _spec(bundle: str) -> LatentSpec:
    """What a bundle can be steered by, read without loading it."""
    if bundle in shelf.names("generators"):
        from vj.generators.bundle.opening import open_generator

        return open_generator(bundle).spec
    return manifest.read_bundle(manifest.find_bundle(bundle), verify=False).spec
