"""Does it dance? Measures looks on music: python bench/look/dance.py [--look NAME...] [--song NAME...] [--out F.json]

Every look of setlists/looks (or pairs of director and class where there are none) is played to the bundled loop, to
made songs of 90, 128 and 174 BPM (`--song 90`) and to three real recordings (folder in VJ_AUDIO, or shared/audio beside
the checkout), frame by frame as `vj render` makes them at 60 fps, and the frames are measured. What the measures mean
stands in the `_look_*.py` beside this.
"""

import fnmatch
import json
import os
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench._machine import arguments, machine
from bench.look._flash import ALLOWED
from bench.look._judge import SETTLE, Task
from bench.look._songs import SONGS, made
from bench.look._sound import SOURCES, Piece, audio_folder, demo_loop, recording
from bench.look.rendered import Look, pairs, shipped

AIMS = {
    "r": "dance correlation with the band it follows best >= .5 (rhythmic looks)",
    "r-null95": "r minus the 95th percentile of r with music of other tempo >= .3 (rhythmic looks)",
    "R": "beat-phase strength .15 to .35; > .5 is jerky",
    "phase_ms": "mean phase -20 to +33",
    "pops_per_1000": "<= 1",
    "flash_pairs_per_s": f"<= {ALLOWED}, by vj's own meter and (together) by one that asks for changes at one time",
    "limited_frames": "0 frames held back by the flash limiter",
    "dark": "5th percentile of L <= .10",
    "clipped": "< .01 of all pixels",
    "mean_L": "< .55, but for bright looks",
    "break_to_drop_octaves": ">= 1; spread inside a section < .5",
    "boundary": "found >= .7, false <= 1 in 32 bars",
    "repetition": ">= .3, null <= .1",
    "lag_ms": "0 to 1 frame in a render by LT; judged within 50 ms: a hit must be heard before it is seen",
    "stem_ratio": "coarse over fine with bass alone, over the same with hats alone: >= 2",
    "rest": "change in silence over that with music .03 to .15",
    "variety": "pictures a minute apart over random pairs >= .6",
    "edge_px": "<= 3 at 1080p",
    "overshoot": "<= .02",
    "detail": "energy above the source's Nyquist frequency over Catmull-Rom's >= 1.5",
}


def named(name: str, wanted: Sequence[str] | None) -> bool:
    """Whether a name, or a word of it, is one of those wanted, which are patterns; without any, all are."""
    words = (name, *name.split())
    return not wanted or any(fnmatch.fnmatch(word.lower(), like.lower()) for word in words for like in wanted)


def pieces(wanted: Sequence[str] | None, seconds: float | None) -> list[Piece]:
    """The loop, the made songs and the real recordings, or those that are wanted."""
    found: list[Piece] = []
    for name in ("loop", *SONGS, *SOURCES):
        if not named(name, wanted):
            continue
        make = demo_loop if name == "loop" else partial(made if name in SONGS else recording, name)
        piece = make(seconds)
        if piece is None:
            print(f"{name} is left out: no {SOURCES[name].path} in {audio_folder()} (set VJ_AUDIO)", file=sys.stderr)
        else:
            found.append(piece)
    return found


def verdicts(look: Look, values: dict[str, Any]) -> dict[str, bool]:
    """Which aims are met on one piece; dancing is only asked of rhythmic looks."""
    met = {
        "pops": values["pops_per_1000"] <= 1.0,
        "flash": max(values["flash_pairs_per_s"], values["flash_pairs_together"]) <= ALLOWED,
        "red flash": values["flash_red_area"] <= 0.25,
        "unlimited": values["limited_frames"] == 0,
        "dark": values["dark"] <= 0.10,
        "clipped": values["clipped"] < 0.01,
        "not too bright": look.bright or values["mean_L"] < 0.55,
    }
    if look.rhythmic:
        met["r"] = values["r"] >= 0.5
        met["r-null95"] = values["r"] - values["null95"] >= 0.3
    return met


def own_verdicts(look: Look, values: dict[str, Any]) -> dict[str, bool]:
    """Which aims a look meets by itself."""
    met = {
        "rest": 0.03 <= values["rest"] <= 0.15,
        "edge": values["edge_px"] <= 3.0,
        "overshoot": values["overshoot"] <= 0.02,
        "detail": values["detail"] >= 1.5,
    }
    if "variety" in values:
        met["variety"] = values["variety"] >= 0.6
    if look.rhythmic:
        met["lag"] = -1.0 <= values["lag_ms"] <= 51.0
        met["stems"] = values["stem_ratio"] >= 2.0
    return met


_HEAD = (
    "look",
    "piece",
    "r",
    "follows",
    "r-null",
    "kick",
    "lag",
    "R",
    "phase",
    "tempo",
    "pops",
    "flash",
    "D",
    "L",
    "fails",
)
_ROW = "{:<20} {:<10} {:>5} {:<7} {:>6} {:>5} {:>4} {:>5} {:>5} {:>5} {:>5} {:>5} {:>6} {:>4}  {}"


def row(look: Look, piece: Piece, v: dict[str, Any]) -> str:
    """One line of the table."""
    kick = v["r_by_band"].get("kick", v["r_by_band"].get("bass", 0.0))
    cells = (
        look.name + ("" if look.rhythmic else " ~"), piece.name, f"{v['r']:.2f}", v["follows"],
        f"{v['r'] - v['null95']:.2f}", f"{kick:.2f}", v["lag_ms"], f"{v['R']:.2f}", v["phase_ms"],
        f"{v['tempo_right']:.2f}", f"{v['pops_per_1000']:.1f}", v["flash_pairs_per_s"], f"{v['D']:.4f}",
        f"{v['mean_L']:.2f}", _failed(v),
    )  # fmt: skip
    return _ROW.format(*cells)


def own_row(look: Look, v: dict[str, Any]) -> str:
    """One line about a look by itself."""
    shown = ("lag_ms", "r_at_lag", "stem_ratio", "rest", "variety", "edge_px", "overshoot", "detail")
    cells = "  ".join(f"{name} {v[name]}" for name in shown if name in v)
    return f"{look.name:<20} itself    {cells}  {_failed(v)}"


def form_row(look: Look, v: dict[str, Any]) -> str:
    """One line about how a look follows the form of the loop."""
    f = v["form"]
    sections = "  ".join(f"{name} {part['octaves']:.1f}+-{part['spread']:.1f}" for name, part in f["sections"].items())
    peaks, same = f["boundary"], f["repetition"]
    return (
        f"{look.name:<20} form      log2 D: {sections}  break to drop {f.get('break_to_drop_octaves', '-')}"
        f"  boundaries {peaks['found']} false {peaks['false']}  repetition {same} null {f['repetition_null']}"
    )


def _failed(v: dict[str, Any]) -> str:
    return ", ".join(name for name, met in v["met"].items() if not met) or "-"


def run(args: Namespace) -> dict[str, Any]:
    """Measure what was asked for."""
    looks = pairs() if args.pairs else shipped()
    looks = [look for look in looks if named(look.name, args.look)]
    music = tuple(pieces(args.song, args.seconds))
    result: dict[str, Any] = {"what": "looks", **machine(), "aims": AIMS, "settle_s": SETTLE}
    result["pieces"] = {p.name: {"bpm": round(p.bpm, 2), "from": p.start, "to": p.stop} for p in music}
    print(
        "~ is not meant to be rhythmic; kick is the bass band where kicks are not annotated; lag and phase in ms; "
        "tempo is the share of time in which it was heard right"
    )
    print(_ROW.format(*_HEAD), flush=True)
    shown: tuple[Piece | None, ...] = music if args.quick else (*music, None)
    tasks = [Task(look, piece, music, args.bundle, args.minutes, args.sheets) for look in looks for piece in shown]
    values: dict[str, Any] = {}
    for task, value in zip(tasks, done(tasks, args.jobs), strict=True):
        found = values.setdefault(task.look.name, {"rhythmic": task.look.rhythmic, "pieces": {}})
        if task.piece is None:
            found["itself"] = {**value, "met": own_verdicts(task.look, value)}
            print(own_row(task.look, found["itself"]), flush=True)
            continue
        value = found["pieces"][task.piece.name] = {**value, "met": verdicts(task.look, value)}
        print(row(task.look, task.piece, value), flush=True)
        if "form" in value:
            print(form_row(task.look, value), flush=True)
    result["looks"] = values
    return result


def done(tasks: Sequence[Task], jobs: int) -> Iterator[dict[str, Any]]:
    """The values of each task, in order; `jobs` processes at once."""
    if jobs < 2:
        yield from (task() for task in tasks)
        return
    for name in ("OPENBLAS_NUM_THREADS", "LP_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # one job keeps one core busy
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(Task.__call__, tasks)


def main() -> None:
    """Command line."""
    parser = arguments((__doc__ or "").split("\n")[0])
    parser.add_argument("--look", nargs="+", help="only looks whose names match, such as pulse_*")
    parser.add_argument("--song", nargs="+", help="only pieces of these names or with this word in them: loop, 90, 174")
    parser.add_argument("--seconds", type=float, help="only so much of each piece")
    parser.add_argument("--quick", action="store_true", help="only what is measured on music")
    parser.add_argument(
        "--minutes", type=float, default=4.0, help="length of the run that measures variety; 0 for none"
    )
    parser.add_argument("--bundle", default="worlds", help="bundle for looks that name none")
    parser.add_argument("--pairs", action="store_true", help="pairs of director and class instead of the looks")
    parser.add_argument("--sheets", type=Path, help="a folder for a sheet of four beats of every film")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once")
    args = parser.parse_args()
    began = time.perf_counter()
    result = run(args)
    result["wall_s"] = round(time.perf_counter() - began)
    if args.out:
        out: Path = args.out
        out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        print(f"written to {out}")


if __name__ == "__main__":
    main()
