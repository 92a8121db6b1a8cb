"""Plays MIDI files with FluidSynth through one of the sound fonts that are there."""

import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from bench.beat.found._attacks import RATE
from bench.beat.found._pieces import chance

FONTS = (
    "sf2/FluidR3_GM.sf2", "sf2/TimGM6mb.sf2", "sf3/MuseScore_General.sf3", "sf3/MuseScore_General_Lite.sf3",
    "sf2/FluidR3_GS.sf2",
)  # fmt: skip
ROOT = Path("/usr/share/sounds")


def fonts() -> list[Path]:
    """The sound fonts installed here, each file once."""
    return list({path.resolve(): path for path in (ROOT / font for font in FONTS) if path.exists()}.values())


def play(midi: bytes, name: str, seconds: float) -> tuple[NDArray[np.float32], str]:
    """(samples [n, 2] at 44.1 kHz, the font): what a name chooses of the fonts and rooms."""
    choice = fonts()
    font = choice[int(chance(name, "font") * len(choice))]
    room = ["-R", "0", "-C", "0"] if chance(name, "room") < 0.4 else ["-R", "1", "-C", "1"]
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder) / "a.mid", Path(folder) / "a.wav"
        score.write_bytes(midi)
        command = ["fluidsynth", "-q", "-n", "-i", *room, "-g", "0.5", "-r", str(RATE), "-T", "wav", "-O", "s16"]
        command = ["timeout", "300", *command, "-F", str(sound), str(font), str(score)]
        subprocess.run(command, check=True, capture_output=True)
        with sf.SoundFile(sound) as file:
            samples = file.read(int(seconds * RATE), dtype="float32", always_2d=True)
    return samples, re.sub(r"\W+", "-", font.stem)
