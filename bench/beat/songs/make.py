"""Makes songs with known beats to teach and to score the hearing with.

python bench/beat/songs/make.py OUT --songs 300 [--seed 0] [--first 0] [--seconds 60] [--jobs 1] [--numpy]

Writes NAME.flac (44.1 kHz, 16 bit, mono or stereo) and NAME.json: beats [seconds, place in the bar], kicks, snares and
hats, sections, tempo, metre, split. The same seed makes the same songs. Sound fonts (fluidsynth) and recorded drums
(hydrogen-drumkits) are used where they are installed; `--numpy` does without.
"""

import argparse
import json
import multiprocessing
import sys
from functools import partial
from pathlib import Path

import av
import numpy as np

from bench.beat.songs import fonts
from bench.beat.songs._compose import compose
from bench.beat.songs._render import render
from bench.beat.songs._synth import RATE
from vj.core.types import F32


def write(path: Path, sound: F32) -> None:
    """A FLAC of 16 bits from samples [1 or 2, n] of +-1."""
    layout = "stereo" if len(sound) == 2 else "mono"
    whole = np.round(np.clip(sound, -1, 1) * 32767).astype(np.int16)
    with av.open(str(path), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=RATE, layout=layout)
        stream.options = {"compression_level": "2"}
        for at in range(0, whole.shape[1], 1 << 16):
            packed = np.ascontiguousarray(whole[:, at : at + (1 << 16)].T.reshape(1, -1))
            frame = av.AudioFrame.from_ndarray(packed, format="s16", layout=layout)
            frame.sample_rate, frame.pts = RATE, at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def one(index: int, out: Path, seed: int, seconds: float, fonts: list[str], recorded: bool = True) -> str:
    """Compose, render and write song `index`; its name. What is there already stays."""
    song = compose(seed, index, seconds)
    if not (out / f"{song.name}.json").exists():
        sound, truth = render(song, seed, index, fonts, recorded)
        write(out / f"{song.name}.flac", sound)
        (out / f"{song.name}.json").write_text(json.dumps(truth))
    return song.name


def main() -> int:
    """Make the songs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--songs", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--numpy", action="store_true", help="no sound fonts and no recorded drums: the same songs everywhere"
    )
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    installed = [] if given.numpy else fonts.fonts()
    if not installed:
        print("no sound fonts: everything is synthesized", flush=True)
    recorded = not given.numpy
    task = partial(one, out=given.out, seed=given.seed, seconds=given.seconds, fonts=installed, recorded=recorded)
    numbers = range(given.first, given.first + given.songs)
    with multiprocessing.Pool(given.jobs, maxtasksperchild=100) as pool:
        for done, name in enumerate(pool.imap_unordered(task, numbers), 1):
            if done % 20 == 0 or done == given.songs:
                print(f"{done} of {given.songs}: {name}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
