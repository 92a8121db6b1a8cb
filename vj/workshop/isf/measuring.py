"""What each input of a shader does to its picture, and so which style group it belongs to."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from vj.core.errors import BundleError, VjError
from vj.core.types import F32, U8, Latent
from vj.generators.shader import SETTLING_FRAMES, TICK_S, sound
from vj.generators.shader.knobs import GROUPS, Knob, Z
from vj.generators.shader.moving import Moving
from vj.generators.shader.process import Process, TooLongError
from vj.generators.shader.recipe import Cast
from vj.workshop.sheets.drawing import oklab

#: Size of what is measured.
SIZE = (96, 54)
#: Faders that an input is moved to.
FADERS = (-0.7, 0.7)
#: The OKLab distance at which a place has changed.
CHANGED = 0.03
#: Share of the picture from which a change is large, and from which it is more than a detail.
LARGE_SHARE = 0.3
MIDDLE_SHARE = 0.08
#: Size at which what seems black is looked at once more.
_FINER = (384, 216)
#: A picture all of whose numbers are at most so many of 255 is black.
BLACK = 3
#: When pictures are looked at.
_TIMES_S = (2.0, 5.0, 11.0)
#: Seeds of their latents.
_SEEDS = 6


@dataclass(frozen=True)
class Measured:
    """`opaque` says that alpha means nothing; `groups` are names of inputs, the strongest first, by style group;
    `effects` the share of the picture that each changes."""

    opaque: bool
    remembers: bool
    groups: Mapping[str, list[str]]
    effects: Mapping[str, float]


def measured(cast: Cast, origin: Path) -> Measured:
    """Compile and draw the file of `cast`, which came from `origin`. Raises VjError that names it."""
    try:
        with closing(Process([cast.file], None)) as process:
            moving = Moving(cast)
            opaque = opacity(process, moving, origin)
            remembers = process.remembers[0]

            def seen(values: Mapping[str, Any], t: float = 5.0) -> U8:
                return drawn(process, values, {"opaque": opaque}, t, remembers)

            effects = {knob.name: _effect(knob, seen) for knob in moving.knobs}
    except TooLongError as error:
        raise BundleError(f"{origin.name}: {error.what}", str(origin), "fewer steps in its loops") from None
    except VjError as error:
        where = error.where.replace(str(cast.file.parent), str(origin.parent))
        raise BundleError(f"{origin.name}: {error.what}", where or str(origin), error.hint) from None
    grouped = groups(moving.knobs, effects)
    return Measured(opaque, remembers, grouped, effects)


def opacity(process: Process, moving: Moving, origin: Path) -> bool:
    """Whether alpha is to be left alone: it is where all would be black with it. Raises BundleError if all is black."""
    for size in (SIZE, _FINER):
        for opaque in dict.fromkeys((moving.opaque, True)):
            for values in tries(moving):
                for t in _TIMES_S:
                    picture = drawn(process, values, {"opaque": opaque}, t, process.remembers[0], size)
                    if int(picture.max()) > BLACK:
                        return opaque
    raise BundleError("it draws nothing but black", str(origin), "does it want a picture or a hand that is not there?")


def tries(moving: Moving) -> Iterator[dict[str, Any]]:
    """Values that a file may draw something with: its own, those of some latents, and all as large as can be."""
    rng = np.random.default_rng(0)
    nothing = np.zeros(0, np.float32)
    for seed in range(_SEEDS):
        z = rng.standard_normal((len(GROUPS), Z), np.float32)
        latent = Latent(z, np.ones(1, np.float32), 0.3 * seed, nothing)
        for hit in (False, True) if moving.events else (False,):
            yield moving.values(latent, {}, hit)
    yield moving.values(replace(latent, psi=0.0), dict.fromkeys(moving.names, 1.0), hit=False)


def drawn(
    process: Process,
    values: Mapping[str, Any],
    camera: Mapping[str, Any],
    t: float,
    remembers: bool,
    size: tuple[int, int] = SIZE,
    heard: tuple[F32, F32] | None = None,
) -> U8:
    """[height, width, 3] a picture of no show: `values` of the inputs, a sound to look at, `t` in seconds."""
    times = SETTLING_FRAMES if remembers else 1
    clock = [t - (times - 1) * TICK_S, TICK_S, 2000.0, 1.0, 1.0, t]
    request = {"draw": [[0, 1.0, values, camera]], "clock": clock, "number": 0, "times": times, "fresh": True}
    return process.draw(request, size, heard or sound.sample())


def _effect(knob: Knob, drawn: Callable[[Mapping[str, Any]], U8]) -> float:
    """Share of the picture that changes when the input goes from one side to the other."""
    nowhere = np.zeros((len(GROUPS), Z), np.float32)
    low, high = (oklab(drawn({knob.name: knob.value(nowhere, 0.0, fader)})) for fader in FADERS)
    middle = oklab(drawn({}))
    far = [np.linalg.norm(a - b, axis=-1) for a, b in ((low, high), (low, middle), (middle, high))]
    return round(float(np.mean(np.max(far, 0) > CHANGED)), 3)


def groups(knobs: list[Knob], effects: Mapping[str, float]) -> dict[str, list[str]]:
    """Style group -> its inputs, the strongest first, without those that have no effect.

    What the header says stands, and colours are fine; of the others the third that changes most is coarse, the third
    that changes least fine.
    """
    found: dict[str, list[str]] = {group: [] for group in GROUPS}
    free: list[str] = []
    for knob in sorted(knobs, key=lambda knob: -effects[knob.name]):
        if effects[knob.name] <= 0.0 and len(knobs) > 1:
            continue
        hint = str(knob.entry.get("GROUP", "")).lower()
        if hint in found:
            found[hint].append(knob.name)
        elif knob.entry["TYPE"] == "color":
            found["fine"].append(knob.name)
        else:
            free.append(knob.name)
    for place, name in enumerate(free):
        if len(free) < len(GROUPS):
            number = 0 if effects[name] >= LARGE_SHARE else 1 if effects[name] >= MIDDLE_SHARE else 2
        else:
            number = place * len(GROUPS) // len(free)
        found[GROUPS[number]].append(name)
    return {group: sorted(names, key=lambda name: -effects[name]) for group, names in found.items()}
