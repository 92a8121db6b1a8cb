"""All values of one look: of the pieces it was played to, and of itself."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.look import _sheet as _look_sheet
from bench.look._crisp import FULL, detail_gain, edge, edge_picture
from bench.look._dance import av_align, beat_alignment, beat_phase, dance, null95, partial, peaks, pops
from bench.look._flash import flashes
from bench.look._form import boundaries, by_beat, repetition, section, timbre_and_chroma, variety
from bench.look._picture import Film, pooled
from bench.look._sound import Piece, demo_loop, other_music, repeated
from bench.look.probe import TOTAL, answers, make
from bench.look.rendered import FPS, Look, Still, played
from vj.core.types import F64, Frame

#: Seconds at the start of a piece that are not measured: the ear finds its gain and the tempo.
SETTLE = 3.0
#: Bands that a picture may follow, and those told apart by scale.
FOLLOWED, APART = ("kick", "bass", "snare", "highs", "total"), ("bass", "snare", "highs")
#: Levels of the Laplacian pyramid, by name.
SCALES = {"coarse": slice(3, None), "middle": slice(2, 3), "fine": slice(0, 2)}
#: A tempo this near is the same, as a part of it.
TEMPO_NEAR = 0.04
#: Variety: seconds between pictures that are compared, and of strangers from another seed.
MINUTE, STRANGERS = 60, 40
#: A frame is drawn so often at full size before it is looked at.
DRAWS = 3


@dataclass(frozen=True)
class Task:
    """One look on one piece, or by itself where `piece` is None.

    `others` are all pieces, for the null; `sheets` is a folder for pictures of the film.
    """

    look: Look
    piece: Piece | None
    others: tuple[Piece, ...]
    bundle: str
    minutes: float
    sheets: Path | None = None

    def __call__(self) -> dict[str, Any]:
        """The values, and the seconds it took."""
        began = time.perf_counter()
        if self.piece is None:
            values = of_itself(self.look, self.bundle, self.minutes)
        else:
            values = on_piece(self.look, self.piece, self.others, self.bundle, self.sheets)
        return {**values, "wall_s": round(time.perf_counter() - began, 1)}


def on_piece(
    look: Look, piece: Piece, others: Sequence[Piece], bundle: str, sheets: Path | None = None
) -> dict[str, Any]:
    """Values of one look on one piece."""
    wanted = frozenset(_look_sheet.moments(piece.beats, FPS) if sheets else ())
    run = played(look, piece.path, (piece.start, piece.stop), bundle, wanted=wanted)
    if sheets:
        _look_sheet.write(sheets / f"{look.name} {piece.name}.png", piece.beats, run.pictures, FPS)
    whole = run.film
    first, last = round(SETTLE * FPS), min(len(whole), len(piece.strength["total"]))
    shown = whole.cut(first, last)
    heard = {band: o[first:last] for band, o in piece.strength.items() if band in FOLLOWED}
    values = {**dancing(shown, heard, piece, others), **seen(shown)}
    values |= tempo_heard(run.tempo[first:last], piece.bpm)
    together = flashes(whole.light)
    values["flash_pairs_per_s"] = int(whole.flashes.max())
    values["flash_pairs_together"], values["flash_largest_area"] = together.worst, round(together.largest, 2)
    values["flash_red_area"], values["limited_frames"] = round(float(whole.red.max()), 3), run.limited
    values["report_only"] = published(shown, piece)
    if len(piece.sections) > 2:
        values["form"] = form(whole, piece, others)
    return values


def dancing(shown: Film, heard: dict[str, F64], piece: Piece, others: Sequence[Piece]) -> dict[str, Any]:
    """Dance correlation with its null, beat phase, pops, and which band moves which scale."""
    d, n = shown.d, len(shown)
    found = {band: dance(o, d) for band, o in heard.items()}
    best = max(found, key=lambda band: found[band].r)
    tracks = other_music(n) + [(p.bpm, dict(p.strength)) for p in others if p.name != piece.name]
    # a band that the piece itself has no say in would be no fair chance
    tracks = [(bpm, {b: o[: min(n, len(o))] for b, o in bands.items() if b in heard}) for bpm, bands in tracks]
    null, used = null95(d, piece.bpm, tracks)
    phase = beat_phase(d, piece.beats - SETTLE)
    told = {band: heard[band] for band in APART if band in heard}
    scales = {name: partial(told, shown.scales[:, levels].sum(axis=1)) for name, levels in SCALES.items()}
    return {
        "r": round(found[best].r, 3),
        "follows": best,
        "lag_ms": round(1e3 * found[best].lag),
        "null95": round(null, 3),
        "null_tracks": used,
        "r_by_band": {band: round(together.r, 3) for band, together in found.items()},
        "R": round(phase.strength, 3),
        "R_half_beats": round(phase.twice, 3),
        "phase_ms": round(phase.phase_ms),
        "phase_bins": [round(b, 3) for b in phase.bins],
        "beats_annotated": piece.true_beats,
        "pops_per_1000": round(pops(d, piece.onsets - SETTLE), 2),
        "band_by_scale": {scale: {b: round(r, 2) for b, r in row.items()} for scale, row in scales.items()},
    }


def tempo_heard(tempo: F64, bpm: float) -> dict[str, float]:
    """Of the tempo heard [n] the median, and the share of frames in which it was right, and right but for octaves."""
    off = {factor: np.abs(tempo / (factor * bpm) - 1.0) < TEMPO_NEAR for factor in (0.5, 1.0, 2.0)}
    either = np.any(list(off.values()), axis=0)
    return {
        "bpm_heard": round(float(np.median(tempo)), 1),
        "tempo_right": round(float(off[1.0].mean()), 2),
        "tempo_right_or_octave": round(float(either.mean()), 2),
    }


def published(shown: Film, piece: Piece) -> dict[str, float]:
    """Scores of the literature, which reward chance: to be reported, never aimed at."""
    moments, n = peaks(shown.d), len(shown) / FPS
    onsets, beats = piece.onsets - SETTLE, piece.beats - SETTLE
    return {
        "beat_alignment": round(beat_alignment(beats[(beats >= 0) & (beats < n)], moments), 3),
        "av_align": round(av_align(onsets[(onsets >= 0) & (onsets < n)], moments), 3),
    }


def seen(shown: Film) -> dict[str, float]:
    """How much moves, and projector health."""
    return {
        "D": float(f"{np.median(shown.d):.3g}"),
        "D95": float(f"{np.percentile(shown.d, 95):.3g}"),
        "dark": round(float(np.median(shown.p5)), 3),
        "clipped": round(float(shown.clipped.mean()), 4),
        "mean_L": round(float(shown.mean.mean()), 3),
        "mean_C": round(float(shown.chroma.mean()), 3),
    }


def form(whole: Film, piece: Piece, others: Sequence[Piece]) -> dict[str, Any]:
    """Sections, boundaries and repetition of a piece whose sections are known."""
    bar = 4 * 60.0 / piece.bpm
    parts = {name: section(whole.d, whole.chroma, whole.mean, (begin, end), bar) for name, begin, end in piece.sections}
    values: dict[str, Any] = {
        "sections": {name: {k: round(v, 3) for k, v in vars(part).items()} for name, part in parts.items()}
    }
    if "break" in parts and "drop" in parts:
        values["break_to_drop_octaves"] = round(parts["drop"].octaves - parts["break"].octaves, 2)
    images = by_beat(whole.small, piece.beats)
    starts = [int(np.abs(piece.beats - begin).argmin()) for _, begin, _ in piece.sections[1:]]
    values["boundary"] = {k: round(v, 2) for k, v in vars(boundaries(images, starts)).items()}
    coarse = by_beat(np.array([pooled(x, 2) for x in whole.small]), piece.beats)
    values["repetition"] = round(repetition(timbre_and_chroma(piece.samples, piece.beats), coarse), 3)
    foreign = [
        round(repetition(timbre_and_chroma(p.samples, p.beats), coarse), 3) for p in others if p.name != piece.name
    ]
    values["repetition_null"] = foreign
    return values


def of_itself(look: Look, bundle: str, minutes: float) -> dict[str, Any]:
    """Values that need no music of the world: lag, stems, rest, variety, crispness."""
    with tempfile.TemporaryDirectory() as folder:
        probe = played(look, make(Path(folder) / "probe.wav"), (0.0, TOTAL), bundle)
        found = answers(probe.film)
        values: dict[str, Any] = {
            "lag_ms": round(1e3 * found.kick.lag),
            "r_at_lag": round(found.kick.r, 3),
            "stem_ratio": round(found.stems, 2),
            "rest": round(found.rest, 3),
            **crisp(probe.kept),
        }
        if minutes > 0:
            values["variety"] = round(_variety(look, bundle, Path(folder), 60.0 * minutes), 3)
    return values


def _variety(look: Look, bundle: str, folder: Path, seconds: float) -> float:
    """Over minutes of the loop, one picture a second."""
    song = repeated(demo_loop(), folder / "long.wav", seconds)
    own = played(look, song, (0.0, seconds), bundle, fps=1).film
    strangers = [
        played(look, song, (0.0, STRANGERS + SETTLE), bundle, fps=1, seed=seed).film.small[round(SETTLE) :]
        for seed in (101, 102)
    ]
    return variety(own.small[round(SETTLE) :], MINUTE, strangers)


def crisp(kept: Sequence[Frame]) -> dict[str, float]:
    """Edge width and overshoot at full size without history and glow, and detail beyond the source's, with them."""
    gains, edges = [], []
    for frame in kept[:: max(len(kept) // 2, 1)][-1:]:
        height, width = frame.image.shape[:2]
        with Still(FULL, "full") as screen:
            for _ in range(DRAWS):
                done = screen.draw(frame)
            gains.append(detail_gain(done, frame.image))
        step = replace(_unlit(frame), image=edge_picture((width, height)))
        with Still(FULL, "full") as screen:
            for _ in range(DRAWS):
                done = screen.draw(step)
            edges.append(edge(done))
    return {
        "edge_px": round(float(np.median([e.width for e in edges])), 2),
        "overshoot": round(float(np.median([e.overshoot for e in edges])), 3),
        "detail": round(float(np.median(gains)), 2),
    }


def _unlit(frame: Frame) -> Frame:
    """The frame without history and bloom: their light beside an edge is meant, and would be measured as its width."""
    if frame.finish is None:
        return frame
    values = {effect: dict(inputs) for effect, inputs in frame.finish.values.items()}
    for effect, key in (("history", "mode"), ("bloom", "gain"), ("bloom", "halation")):
        values.setdefault(effect, {})[key] = 0
    return replace(frame, finish=replace(frame.finish, values=values))
