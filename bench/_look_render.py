"""Frames as `vj render` makes them, measured instead of encoded."""

import tempfile
import tomllib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import tomlkit
from _look_picture import SIZE, Film, Meter

from vj.apps._assemble import Settings, assemble, parameters
from vj.apps.render import BATCH, RATE, composite, imagine, listen
from vj.core import shelf
from vj.core.types import F32, U8, Frame
from vj.devices.audio_file import AudioFile
from vj.outputs.offscreen import Offscreen

FPS = 60
#: Set in every look while it is measured: grain would be counted as movement, and a tier chosen by timing is luck.
STILL = {"/fx/finish/grain": 0.0, "/fx/tier": "full"}
#: Of so many frames one is kept to be drawn at full size.
KEEP_EVERY = 240


@dataclass(frozen=True)
class Look:
    """What is measured: the keys of one cue. `rhythmic` says that its picture is meant to follow the drums."""

    name: str
    cue: Mapping[str, Any]
    rhythmic: bool = True
    bright: bool = False
    notes: Mapping[str, Any] = field(default_factory=dict)


def shipped() -> list[Look]:
    """The looks of setlists/looks, or some pairs of director and class where there are none yet."""
    files = sorted((shelf.share("setlists") / "looks").glob("*.toml"))
    looks = []
    for file in files:
        toml = tomllib.loads(file.read_text(encoding="utf-8"))
        calm = toml.get("director") in ("drift", "manual")
        looks.append(Look(file.stem, {"look": file.stem}, bool(toml.get("rhythmic", not calm)), notes=toml))
    return looks or pairs()


def pairs() -> list[Look]:
    """Directors of the shelf with classes of the bundle `worlds` that differ in form."""
    found = []
    for director in ("pulse", "style_walk", "drift"):
        for name in ("ink", "mandala", "nebula"):
            cue = {"bundle": "worlds", "director": director, "classes": name}
            found.append(Look(f"{director}_{name}", cue, director != "drift"))
    return found


class Catch:
    """Stands where the encoder stands: measures frames, lets the sound pass."""

    def __init__(self) -> None:
        self.meter = Meter()

    def write_audio(self, block: F32) -> None:
        """Nothing: the sound is known."""

    def write(self, frame: U8) -> None:
        """Measure one frame."""
        self.meter.add(frame)


class Still(Offscreen):
    """Offscreen whose dither does not move: a still picture is the same in every frame. Keeps a frame now and then."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__(size)
        self.kept: list[Frame] = []
        self._drawn = 0

    def draw(self, frame: Frame) -> U8:
        """As Offscreen, always frame number 0."""
        self._drawn += 1
        if self._drawn % KEEP_EVERY == 0:
            self.kept.append(frame)
        return super().draw(replace(frame, index=0))


def setlist(look: Look, folder: Path, bundle: str, more: Mapping[str, Any]) -> Path:
    """A setlist of one cue that plays a look, with what must be still set to 0."""
    table = parameters()
    still = {address: value for address, value in STILL.items() if address in table}
    cue = {"number": "1", "name": look.name, **look.cue}
    cue["set"] = {**look.cue.get("set", {}), **still, **more}
    path = folder / "look.toml"
    path.write_text(tomlkit.dumps({"format": 1, "bundle": bundle, "cue": [cue]}), encoding="utf-8")
    return path


def film(
    look: Look,
    song: Path,
    span: tuple[float, float],
    bundle: str = "worlds",
    size: tuple[int, int] = SIZE,
    fps: int = FPS,
    seed: int = 1,
) -> tuple[Film, list[Frame]]:
    """`look` played to an excerpt of `song` by one generator thread; and some of its frames before they are drawn."""
    sound = AudioFile(song, RATE, start=span[0], end=span[1])
    catch = Catch()
    with tempfile.TemporaryDirectory() as folder:
        file = setlist(look, Path(folder), bundle, {"/latent/seed": seed} if seed != 1 else {})
        settings = Settings(bundle=bundle, setlist=file, seed=seed, threads=1)
        show, desk = assemble(settings, RATE)
    with Still(size) as screen, ThreadPoolExecutor(1) as dreamer:
        listening = listen(sound, catch, show, desk, Fraction(fps))  # type: ignore[arg-type]
        ahead = None
        while batch := list(islice(listening, BATCH)):
            dreaming = dreamer.submit(imagine, show, batch)
            if ahead:
                composite(show, screen, catch, *ahead)  # type: ignore[arg-type]
            ahead = (batch, dreaming)
        if ahead:
            composite(show, screen, catch, *ahead)  # type: ignore[arg-type]
    show.close()
    return catch.meter.film(), screen.kept
