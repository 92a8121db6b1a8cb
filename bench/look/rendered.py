"""Frames as `vj render` makes them, measured instead of encoded."""

import tempfile
import tomllib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit

from bench.look._picture import SIZE, Film, Meter
from vj.apps.assemble import Settings, assemble
from vj.apps.render.drawing import BATCH, Drawing
from vj.apps.render.moments import RATE, listen
from vj.apps.render.pictures import composite, imagine
from vj.apps.track import track_of
from vj.core import shelf
from vj.core.types import F32, F64, U8, Frame
from vj.devices.audio.file import AudioFile
from vj.engine.detail import DRAFT
from vj.features.tempo import Tempo
from vj.outputs.offscreen import Offscreen

FPS = 60
#: Grain would be counted as movement.
STILL = {"grain": 0.0, "grain_frame": 0}
#: A tier that is chosen by timing would be luck. Films are drawn in the one that a processor draws in, in 60 % of the
#: time; what differs is fine, and looked at in the full one.
TIER = "software"
#: Looks that may be bright, after their own intent.
BRIGHT = ("dawn", "ink_press")
#: Of so many frames one is kept to be drawn at full size.
KEEP_EVERY = 240


@dataclass(frozen=True)
class Look:
    """What is measured: the keys of one cue. `rhythmic` says that its picture is meant to follow the drums."""

    name: str
    cue: Mapping[str, Any]
    rhythmic: bool = True
    bright: bool = False


def shipped() -> list[Look]:
    """The looks of setlists/looks, or some pairs of director and class where there are none yet."""
    files = sorted((shelf.share("setlists") / "looks").glob("*.toml"))
    looks = []
    for file in files:
        toml = tomllib.loads(file.read_text(encoding="utf-8"))
        calm = toml.get("director") in ("drift", "manual")
        looks.append(Look(file.stem, {"look": file.stem}, bool(toml.get("rhythmic", not calm)), file.stem in BRIGHT))
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

    def __init__(
        self, fps: float, wanted: frozenset[int] = frozenset(), watch: Callable[[U8], None] | None = None
    ) -> None:
        self.meter = Meter(fps)
        self._watch = watch
        self.pictures: dict[int, U8] = {}
        self._wanted = wanted

    def write_audio(self, block: F32) -> None:
        """Nothing: the sound is known."""

    def write(self, frame: U8) -> None:
        """Measure one frame, and keep it if it is wanted."""
        if len(self.meter) in self._wanted:
            self.pictures[len(self.meter)] = frame.copy()
        if self._watch is not None:
            self._watch(frame)
        self.meter.add(frame)


class Still(Offscreen):
    """Offscreen without grain and with a dither that does not move: a still picture is the same in every frame.

    Keeps a frame now and then.
    """

    def __init__(self, size: tuple[int, int], tier: str = TIER) -> None:
        super().__init__(size)
        self._tier = tier
        self.kept: list[Frame] = []
        self._drawn = 0

    def draw(self, frame: Frame) -> U8:
        """As Offscreen, always frame number 0."""
        finish = frame.finish
        if finish is not None:
            values = {**finish.values, "finish": {**finish.values.get("finish", {}), **STILL}}
            finish = replace(finish, values=values, tier=self._tier)
        frame = replace(frame, index=0, finish=finish)
        self._drawn += 1
        if self._drawn % KEEP_EVERY == 0:
            self.kept.append(frame)
        return super().draw(frame)


@dataclass(frozen=True)
class Played:
    """A look that was played: its film, some frames before they were drawn, how many the flash limiter held back.

    tempo       [n] BPM that was heard at each frame
    pictures    those that were wanted, by number
    """

    film: Film
    kept: list[Frame]
    limited: int
    tempo: F64
    pictures: Mapping[int, U8]


def setlist(look: Look, folder: Path, bundle: str, seed: int) -> Path:
    """A setlist of one cue that plays a look."""
    cue = {"number": "1", "name": look.name, **look.cue, "seed": seed}
    path = folder / "look.toml"
    path.write_text(tomlkit.dumps({"format": 1, "bundle": bundle, "cue": [cue]}), encoding="utf-8")
    return path


def played(
    look: Look,
    song: Path,
    span: tuple[float, float],
    bundle: str = "worlds",
    size: tuple[int, int] = SIZE,
    fps: int = FPS,
    seed: int = 1,
    wanted: frozenset[int] = frozenset(),
    watch: Callable[[U8], None] | None = None,
    screen: type[Still] = Still,
) -> Played:
    """`look` played to an excerpt of `song` by one generator thread; `wanted` frames are kept as they were shown, and
    `watch` is shown all of them. `screen` is what draws them."""
    sound = AudioFile(song, RATE, start=span[0], end=span[1])
    catch = Catch(fps, wanted, watch)
    tempo: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        file = setlist(look, Path(folder), bundle, seed)
        settings = Settings(bundle=bundle, setlist=file, seed=seed, threads=1)
        show, desk = assemble(settings, RATE)
    drawing = Drawing(show, None, DRAFT)
    with screen(size) as drawn, ThreadPoolExecutor(1) as dreamer:
        listening = listen(sound, catch, show, desk, track_of(sound, Fraction(fps)))
        ahead = None
        while batch := list(islice(listening, BATCH)):
            tempo += [moment.features[Tempo].bpm for moment in batch]
            dreaming = dreamer.submit(imagine, drawing, batch)
            if ahead:
                composite(show, drawn, catch, *ahead)  # type: ignore[arg-type]
            ahead = (batch, dreaming)
        if ahead:
            composite(show, drawn, catch, *ahead)  # type: ignore[arg-type]
    show.close()
    return Played(catch.meter.film(), drawn.kept, drawn.limiter.limited, np.array(tempo), catch.pictures)
