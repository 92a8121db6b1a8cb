"""Whether this commit hears what an earlier one heard: `python bench/hearing/same.py --base COMMIT [--seconds S]`

Both builds hear the same pieces, hop by hop: real recordings where those are, made songs, and a rough ride of falls,
silences, noise and clipping. Whatever is counted, named or timed must be equal in every hop; what is continuous, within
a part of TOLERANCE of its size. Ends with 1 where that is not so. Two such runs of one build are equal to the last bit.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import av
import numpy as np

from bench._builds import REPOSITORY, checkout
from bench._machine import arguments, machine, write
from bench.hearing.listening import Sound, resampled
from bench.hearing.patterns import HELD_OUT, make
from vj.core.types import F32

RATE = 48000
#: Made songs, recordings with the second at which they begin, and how far a continuous value may be off.
STYLES = ("garage", "drum and bass", "acid", "trap")
RECORDED = (
    ("music/Kevin_MacLeod_-_Vibe_Ace.hq.ogg", 30.0),
    ("music/admiralbob77_-_Choice_-_Drum-bass.hq.ogg", 0.0),
    ("mdb/MusicDelta_Reggae_MIX.wav", 0.0),
    ("loops/loop_amen_full.flac", 0.0),
    ("loops/loop_drone_g_97.flac", 0.0),
)
TOLERANCE = 1e-5

#: Hears the sound in `sys.argv[1]` and keeps every field of every record, hop by hop, in `sys.argv[2]`.
PROGRAM = """
import dataclasses, sys
import numpy as np
from vj.core.params import defaults
from vj.engine.analyzer import Analyzer
x, kept = np.load(sys.argv[1]), {}
def keep(name, value):
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            keep(f"{name}.{field.name}", getattr(value, field.name))
    elif not name.startswith("Wave") and not name.endswith("magnitudes"):
        kept.setdefault(name, []).append(value)
analyzer = Analyzer(int(sys.argv[3]))
snapshot, n = defaults(*analyzer.stages), analyzer.hop_length
for at in range(0, len(x) - n + 1, n):
    heard = analyzer.step(x[at : at + n], snapshot)
    for kind, record in heard.records.items():
        keep(kind.__name__, record)
    keep("t", heard.t)
np.savez(sys.argv[2], **{name: np.array(values) for name, values in kept.items()})
"""


def recorded(path: Path, begin: float, seconds: float) -> F32:
    """[n] mono of a file, at RATE."""
    parts = []
    with av.open(str(path)) as file:
        mono = av.AudioResampler("fltp", "mono", RATE)
        for frame in file.decode(audio=0):
            parts += [part.to_ndarray()[0] for part in mono.resample(frame)]
            if sum(map(len, parts)) > (begin + seconds) * RATE:
                break
    return np.concatenate(parts).astype(np.float32)[int(begin * RATE) :][: int(seconds * RATE)]


def rough(music: F32) -> F32:
    """A ride over what music seldom does: falls and rises of 30 dB, silence, noise, an offset, what is no number."""
    rng = np.random.default_rng(9)
    four = music[: 4 * RATE]
    noise = 0.1 * rng.standard_normal(3 * RATE).astype(np.float32)
    broken = four[:RATE].copy()
    broken[1000:1010], broken[5000], broken[9000] = np.nan, np.inf, 100.0
    silence = np.zeros(5 * RATE, np.float32)
    parts = (
        four,
        0.03 * four,
        four,
        silence,
        noise,
        4.0 * four,
        broken,
        four[: 2 * RATE] + 0.2,
        silence,
        four,
        0.2 * four,
    )
    return np.concatenate(parts).astype(np.float32)


def pieces(seconds: float) -> dict[str, F32]:
    """Everything that is heard, by name."""
    made = {style: make(style, HELD_OUT) for style in STYLES}
    found = {name: resampled(Sound(p.samples, p.rate), RATE).samples for name, p in made.items()}
    found = {name: np.asarray(x[: int(seconds * RATE)], np.float32) for name, x in found.items()}
    found["rough"] = rough(found["garage"])
    folder = Path(os.environ.get("VJ_AUDIO", REPOSITORY.parent / "shared" / "audio"))
    for name, begin in RECORDED:
        if (folder / name).is_file():
            found[Path(name).stem] = recorded(folder / name, begin, seconds)
    return found


def heard(build: Path, sound: Path, out: Path) -> dict[str, np.ndarray]:
    """[hops, ...] of every field, as `build` hears it."""
    environment = {**os.environ, "PYTHONPATH": str(build), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", PROGRAM, str(sound), str(out), str(RATE)]
    subprocess.run(command, cwd=build, env=environment, check=True)
    with np.load(out) as file:
        return {name: file[name] for name in file.files}


def different(base: np.ndarray, now: np.ndarray) -> tuple[int, float]:
    """(hops in which they differ by more than they may, the most by which they differ)."""
    if base.shape != now.shape:
        return len(base), float("inf")
    if base.dtype.kind != "f":
        wrong = base != now
        return int(wrong.reshape(len(wrong), -1).any(axis=1).sum()), float(wrong.any())
    off = np.abs(now.astype(np.float64) - base) / np.maximum(np.abs(base), 1.0)
    off = np.where(np.isnan(off), np.inf, off).reshape(len(off), -1).max(axis=1)
    return int((off > TOLERANCE).sum()), float(off.max())


def main() -> int:
    """Hear, compare, print and keep the result."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--base", required=True, help="the commit to compare with")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each piece")
    parser.add_argument("--piece", action="append", help="only this one; may be repeated")
    given = parser.parse_args()
    result: dict[str, Any] = {"measured": machine(), "base": given.base, "tolerance": TOLERANCE, "pieces": {}}
    wrong = 0
    with checkout(given.base) as base, tempfile.TemporaryDirectory() as folder:
        for name, x in pieces(given.seconds).items():
            if given.piece and name not in given.piece:
                continue
            sound = Path(folder, "sound.npy")
            np.save(sound, x)
            both = [heard(build, sound, Path(folder, "heard.npz")) for build in (base, REPOSITORY)]
            found = {field: different(values, both[1][field]) for field, values in both[0].items()}
            most = max(found, key=lambda field: found[field][1])
            result["pieces"][name] = {
                "hops": len(both[0]["t"]),
                "fields": len(found),
                "most": [most, found[most][1]],
                "wrong": {field: hops for field, (hops, _) in found.items() if hops},
            }
            print(json.dumps({name: result["pieces"][name]}), file=sys.stderr)
            wrong += sum(hops for hops, _ in found.values())
    write(result, given.out)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
