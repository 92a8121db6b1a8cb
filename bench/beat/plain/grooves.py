"""Makes plain songs with known beats, one groove each, in General MIDI: to teach with, and foreign to `songs/make.py`.

python bench/beat/plain/grooves.py OUT [--songs 620] [--first 0] [--jobs 1]

Writes quickNNNN-KIND.flac (44.1 kHz, 16 bit, stereo, 60 s) and .json beside it, as songs/make.py does. A song's number
is its seed: with the same three sound fonts and fluidsynth 2.3 it is the same song again. What is there already stays.
Debian: fluidsynth, fluid-soundfont-gm, timgm6mb-soundfont, musescore-general-soundfont-small.
"""

import argparse
import hashlib
import json
import multiprocessing
import shutil
import subprocess
from functools import partial
from pathlib import Path

import numpy as np
import soundfile

from bench.beat.plain._band import compose
from bench.beat.plain._sound import RATE, sound
from bench.beat.plain._table import GROOVES
from bench.beat.songs.fonts import FONTS

#: The seed of song 0.
SEED = 1000


def one(number: int, out: Path, fonts: list[str]) -> str:
    """Composes, renders and writes a song; its name."""
    kind = list(GROOVES)[number % len(GROOVES)]
    name = f"quick{number:04d}-{kind}"
    if (out / f"{name}.json").exists():
        return name
    rng = np.random.default_rng(SEED + number)
    song = compose(rng, kind)
    samples = sound(rng, song, fonts)
    soundfile.write(out / f"{name}.flac", np.clip(samples, -1, 1), RATE)
    told = {"name": name, "source": "midi", "genre": kind, "split": split(name), "bpm": song.bpm, "metre": song.metre}
    told |= {"beats": song.beats, "drums": song.drums, "sections": None, "origin": "made"}
    (out / f"{name}.json").write_text(json.dumps(told))
    return name


def split(name: str) -> str:
    """Which songs are taught with, and which are kept for measuring: a tenth each for valid and test."""
    place = int(hashlib.sha1(name.encode()).hexdigest(), 16) % 10
    return {0: "valid", 1: "test"}.get(place, "train")


def main() -> None:
    """Makes the songs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--songs", type=int, default=620)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    if not shutil.which("fluidsynth"):
        raise SystemExit("the program fluidsynth is not here and plays every song: apt-get install fluidsynth")
    fonts = [font for font in FONTS if Path(font).exists()]
    if not fonts:
        raise SystemExit(f"no sound font is here, neither {' nor '.join(FONTS)}: apt-get install fluid-soundfont-gm")
    if len(fonts) < len(FONTS):
        print(f"{len(fonts)} of {len(FONTS)} sound fonts are here: the songs have the same beats but other sounds")
    given.out.mkdir(parents=True, exist_ok=True)
    task, numbers = partial(one, out=given.out, fonts=fonts), range(given.first, given.first + given.songs)
    try:
        with multiprocessing.Pool(given.jobs) as pool:
            for done, name in enumerate(pool.imap_unordered(task, numbers), 1):
                if done % 20 == 0 or done == given.songs:
                    print(f"{done} of {given.songs}: {name}", flush=True)
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"fluidsynth could not play a song: {error.stderr.strip() or error}") from None


if __name__ == "__main__":
    main()
