"""Does it dance? Measures looks on music: python bench/look.py [--look NAME] [--song NAME] [--seconds N] [--out F.json]

Every look of setlists/looks (or pairs of director and class where there are none) is played to the bundled loop and to
three real recordings (folder in VJ_AUDIO, or shared/audio beside the checkout), frame by frame as `vj render` makes
them at 60 fps, and the frames are measured. What the measures mean stands in the `_look_*.py` beside this.
"""

import fnmatch
import sys
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
from _look_dance import av_align as av
from _look_dance import beat_alignment, beat_phase, dance, null95, partial, peaks, pops
from _look_flash import ALLOWED, flashes
from _look_picture import Film
from _look_render import FPS, Look, film, pairs, shipped
from _look_sound import SOURCES, Piece, audio_folder, demo_loop, other_music, recording
from _machine import arguments, machine, write

from vj.core.types import F64

#: Seconds at the start of a piece that are not measured: the ear finds its gain and the tempo.
SETTLE = 3.0
#: Bands that a picture may follow.
FOLLOWED = ("kick", "bass", "snare", "highs", "total")
AIMS = {
    "r": "dance correlation with the band it follows best >= .5 (rhythmic looks)",
    "r-null95": "r minus the 95th percentile of r with music of other tempo >= .3 (rhythmic looks)",
    "R": "beat-phase strength .15 to .35; > .5 is jerky",
    "phase_ms": "mean phase -20 to +33",
    "pops_per_1000": "<= 1",
    "flash_pairs_per_s": f"<= {ALLOWED}",
    "dark": "5th percentile of L <= .10",
    "clipped": "< .01 of all pixels",
    "mean_L": "< .55, but for bright looks",
}


def pieces(wanted: str | None, seconds: float | None) -> list[Piece]:
    """The loop and the real recordings, or those whose names match."""
    found: list[Piece] = []
    for name in ("loop", *SOURCES):
        if wanted and not fnmatch.fnmatch(name.lower(), wanted.lower()):
            continue
        piece = demo_loop(seconds) if name == "loop" else recording(name, seconds)
        if piece is None:
            print(f"{name} is left out: no {SOURCES[name].path} in {audio_folder()} (set VJ_AUDIO)", file=sys.stderr)
        else:
            found.append(piece)
    return found


def measured(look: Look, piece: Piece, others: list[Piece], bundle: str) -> dict[str, Any]:
    """All values of one look on one piece."""
    whole = film(look, piece.path, (piece.start, piece.stop), bundle)
    first, last = round(SETTLE * FPS), min(len(whole), len(piece.strength["total"]))
    shown = whole.cut(first, last)
    heard = {band: o[first:last] for band, o in piece.strength.items() if band in FOLLOWED}
    return {
        **_dancing(shown, heard, piece, others),
        **_seen(shown),
        "flash_pairs_per_s": flashes(whole.light).worst,
    }


def _dancing(shown: Film, heard: dict[str, F64], piece: Piece, others: list[Piece]) -> dict[str, Any]:
    d, n = shown.d, len(shown)
    found = {band: dance(o, d) for band, o in heard.items()}
    best = max(found, key=lambda band: found[band].r)
    tracks = other_music(n) + [(p.bpm, p.strength) for p in others if p.name != piece.name]
    tracks = [(bpm, {band: o[:n] for band, o in bands.items() if band in heard}) for bpm, bands in tracks]
    tracks = [(bpm, bands) for bpm, bands in tracks if bands]
    null, used = null95(d, piece.bpm, tracks)
    phase = beat_phase(d, piece.beats - SETTLE)
    onsets = piece.onsets - SETTLE
    scales = {
        name: partial(
            {b: o for b, o in heard.items() if b in ("bass", "snare", "highs")}, shown.scales[:, levels].sum(1)
        )
        for name, levels in (("coarse", slice(3, None)), ("middle", slice(2, 3)), ("fine", slice(0, 2)))
    }
    moments = peaks(d)
    inside = onsets[(onsets >= 0) & (onsets < n / FPS)]
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
        "beats_annotated": piece.true_beats,
        "pops_per_1000": round(pops(d, onsets), 2),
        "band_by_scale": {k: {b: round(r, 2) for b, r in v.items()} for k, v in scales.items()},
        "report_only": {
            "beat_alignment": round(beat_alignment(piece.beats[piece.beats >= SETTLE] - SETTLE, moments), 3),
            "av_align": round(av(inside, moments), 3),
        },
    }


def _seen(shown: Film) -> dict[str, Any]:
    return {
        "D": float(f"{np.median(shown.d):.3g}"),
        "D95": float(f"{np.percentile(shown.d, 95):.3g}"),
        "dark": round(float(np.median(shown.p5)), 3),
        "clipped": round(float(shown.clipped.mean()), 4),
        "mean_L": round(float(shown.mean.mean()), 3),
        "mean_C": round(float(shown.chroma.mean()), 3),
    }


def verdicts(look: Look, values: dict[str, Any]) -> dict[str, bool]:
    """Which aims are met; dancing is only asked of rhythmic looks."""
    met = {
        "pops": values["pops_per_1000"] <= 1.0,
        "flash": values["flash_pairs_per_s"] <= ALLOWED,
        "dark": values["dark"] <= 0.10,
        "clipped": values["clipped"] < 0.01,
        "not too bright": look.bright or values["mean_L"] < 0.55,
    }
    if look.rhythmic:
        met["r"] = values["r"] >= 0.5
        met["r-null95"] = values["r"] - values["null95"] >= 0.3
    return met


_HEAD = ("look", "piece", "r", "follows", "r-null", "kick", "lag", "R", "phase", "pops", "flash", "D", "L", "fails")
_ROW = "{:<20} {:<9} {:>5} {:<7} {:>6} {:>5} {:>4} {:>5} {:>5} {:>5} {:>5} {:>6} {:>4}  {}"


def row(look: Look, piece: Piece, v: dict[str, Any]) -> str:
    """One line of the table."""
    fails = ", ".join(name for name, met in v["met"].items() if not met)
    kick = v["r_by_band"].get("kick", v["r_by_band"].get("bass", 0.0))
    cells = (
        look.name + ("" if look.rhythmic else " ~"), piece.name, f"{v['r']:.2f}", v["follows"],
        f"{v['r'] - v['null95']:.2f}", f"{kick:.2f}", v["lag_ms"], f"{v['R']:.2f}", v["phase_ms"],
        f"{v['pops_per_1000']:.1f}", v["flash_pairs_per_s"], f"{v['D']:.4f}", f"{v['mean_L']:.2f}", fails or "-",
    )  # fmt: skip
    return _ROW.format(*cells)


def run(args: Namespace) -> dict[str, Any]:
    """Measure what was asked for."""
    looks = pairs() if args.pairs else shipped()
    looks = [look for look in looks if not args.look or fnmatch.fnmatch(look.name, args.look)]
    music = pieces(args.song, args.seconds)
    result: dict[str, Any] = {"what": "looks", **machine(), "aims": AIMS, "settle_s": SETTLE}
    result["pieces"] = {p.name: {"bpm": round(p.bpm, 2), "from": p.start, "to": p.stop} for p in music}
    print("~ is not meant to be rhythmic; kick is the bass band where kicks are not annotated; lag and phase in ms")
    print(_ROW.format(*_HEAD))
    values: dict[str, Any] = {}
    for look in looks:
        for piece in music:
            began = time.perf_counter()
            value = measured(look, piece, music, args.bundle)
            value["met"] = verdicts(look, value)
            value["wall_s"] = round(time.perf_counter() - began, 1)
            values.setdefault(look.name, {})[piece.name] = value
            print(row(look, piece, value), flush=True)
    result["looks"] = values
    return result


def main() -> None:
    """Command line."""
    parser = arguments((__doc__ or "").split("\n")[0])
    parser.add_argument("--look", help="only looks whose names match, such as pulse_*")
    parser.add_argument("--song", help="only the piece of this name: loop, 80sRock, ...")
    parser.add_argument("--seconds", type=float, help="only so much of each piece")
    parser.add_argument("--bundle", default="worlds", help="bundle for looks that name none")
    parser.add_argument("--pairs", action="store_true", help="pairs of director and class instead of the looks")
    args = parser.parse_args()
    began = time.perf_counter()
    result = run(args)
    result["wall_s"] = round(time.perf_counter() - began)
    if args.out:
        out: Path = args.out
        write(result, out)


if __name__ == "__main__":
    main()
