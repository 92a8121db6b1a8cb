"""The runtime of shaders: an ISF file or several, each a class, whose inputs the latent moves.

It draws in a process of its own, for a driver cannot be stopped in the middle of somebody else's endless loop: what
takes too long is taken off, and the other classes go on. A file that changes is compiled beside the one that plays.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from vj.core.errors import BundleError, VjError
from vj.core.types import F32, U8, Latent, Moment
from vj.generators.bundle.feeds import middle
from vj.generators.bundle.manifest import Bundle
from vj.generators.shader import sound
from vj.generators.shader.moving import Moving
from vj.generators.shader.process import Process, TooLongError
from vj.generators.shader.recipe import read

#: Classes of less weight than this part of the heaviest are not drawn at all.
_FAINT = 1 / 128
#: Classes that are drawn at once, at the most.
_MOST_CLASSES = 4
#: Pictures that a shader which remembers is drawn for one that is of no show.
SETTLING_FRAMES = 24
#: Seconds between them.
TICK_S = 1 / 30
#: TIME of a picture that is of no show.
_THEN = 5.0
#: Side below which nothing is drawn.
_SMALLEST_PX = 16
#: Side above which no card draws.
_LARGEST_PX = 16384
#: DATE of such a picture.
_DATE = (2000.0, 1.0, 1.0, _THEN)


class Shader:
    """A bundle of shaders at any size. The first ones are the classes in the order of the bundle's names.

    `notice` is what became of a file that changed, for the operator. Raises VjError with file and line.
    """

    free = True

    def __init__(self, bundle: Bundle, size: tuple[int, int] | None = None, **options: Any) -> None:
        self.bundle, self.spec = bundle, bundle.spec
        self.usual = bundle.resolution
        self.size = self.usual
        self.resize(size or self.usual)
        self.tried: tuple[Any, ...] = ()
        self.notice = ""
        self._recipe = read(bundle)
        self._files = [cast.file for cast in self._recipe.classes]
        self._off: dict[int, str] = {}
        self._stamps = self._stamped()
        self._moving, self._process = self._made()
        self._coming: Future[tuple[list[Moving], Process]] | None = None
        self._pool = ThreadPoolExecutor(1, "shader")
        self._number = 0

    @property
    def provider(self) -> str:
        """The OpenGL driver, in words for the panel."""
        return f"OpenGL, {self._process.renderer.split(' (')[0]}"

    @property
    def remembers(self) -> bool:
        """Whether a picture depends on those before it."""
        return any(self._process.remembers)

    def resize(self, size: tuple[int, int]) -> None:
        """Make pictures of `size` (width, height) from now on."""
        self.size = (min(max(size[0], _SMALLEST_PX), _LARGEST_PX), min(max(size[1], _SMALLEST_PX), _LARGEST_PX))

    def generate(self, latents: Sequence[Latent]) -> U8:
        """[N, height, width, 3] uint8 sRGB, one picture a latent, in their order."""
        self._heed()
        return np.stack([self._picture(latent) for latent in latents])

    def warm_up(self) -> None:
        """Draw one picture."""
        self.generate([middle(self.spec)])

    def close(self) -> None:
        """End the process that draws."""
        self._pool.shutdown(wait=True)
        if self._coming is not None and self._coming.exception() is None:
            self._coming.result()[1].close()
        self._coming = None
        self._process.close()

    def _picture(self, latent: Latent) -> U8:
        """[height, width, 3]; where a file takes too long the others are drawn without it."""
        while True:
            try:
                return self._drawn(latent)
            except TooLongError as error:
                self._take_off(error)

    def _drawn(self, latent: Latent) -> U8:
        moment = latent.moment
        shares = self._shares(latent.mix)
        faders = dict(zip(self.spec.directions, latent.directions.tolist(), strict=False))
        hit = moment is not None and moment.hit
        told = {k: self._moving[k].values(latent, faders, hit) for k in shares}
        common = _blended(told, shares)
        parts, phase = [], 0.0
        for k, part in shares.items():
            camera, shifted = self._moving[k].camera(latent, faders)
            phase += part * shifted
            parts.append([self._place[k], part, {**told[k], **common[k]}, camera])
        still = moment is None
        times = SETTLING_FRAMES if still and any(self._process.remembers[self._place[k]] for k in shares) else 1
        request = {
            "draw": parts,
            "clock": _clock(moment, phase, times),
            "number": self._number,
            "times": times,
            "fresh": still or (moment is not None and moment.fresh),
        }
        self._number += times
        if still:
            self._number += 1  # whatever comes next begins anew
        return self._process.draw(request, self.size, _heard(moment))

    def _shares(self, mix: F32) -> dict[int, float]:
        """Class -> its part of the picture; classes that were taken off have none."""
        weights = np.abs(np.nan_to_num(mix[: len(self._moving)].astype(np.float64), posinf=1e30, neginf=1e30))
        weights[list(self._off)] = 0.0
        if not weights.any():
            left = [k for k in range(len(self._moving)) if k not in self._off]
            if not left:
                raise BundleError("every shader is off the air", self.bundle.name, next(iter(self._off.values())))
            weights[left[0]] = 1.0
        weights /= weights.max()
        # fainter ones fade in from nothing, so that none pops up
        weights = np.maximum(weights - _FAINT, 0.0)
        heavy = sorted(np.argsort(-weights, kind="stable")[:_MOST_CLASSES].tolist())
        total = sum(float(weights[k]) for k in heavy)
        return {k: float(weights[k]) / total for k in heavy if weights[k] > 0.0}

    def _made(self) -> tuple[list[Moving], Process]:
        """What moves the classes, and the process that draws those of them that are not off."""
        moving = [Moving(cast) for cast in self._recipe.classes]
        return moving, Process([self._files[k] for k in self._on], self._recipe.transition)

    @property
    def _on(self) -> list[int]:
        return [k for k in range(len(self._files)) if k not in self._off]

    @property
    def _place(self) -> Mapping[int, int]:
        """Class -> its number in the process."""
        return {k: place for place, k in enumerate(self._on)}

    def _take_off(self, error: TooLongError) -> None:
        """Go on without the file that took too long."""
        self._process.close()
        on = self._on
        guilty = on[error.file] if 0 <= error.file < len(on) else on[0]
        name = self._files[guilty].name
        self._off[guilty] = self.notice = f"{name}: {error.what}; it is off the air until it changes"
        if not self._on:
            raise BundleError(error.what, str(self._files[guilty]), error.hint)
        self._moving, self._process = self._made()

    def _stamped(self) -> list[tuple[int, ...]]:
        """When each file changed last."""
        return [(*map(_changed, (file, file.with_suffix(".vs"))),) for file in self._files]

    def _heed(self) -> None:
        """Begin to compile files that changed, and play them as soon as that is done."""
        if self._coming is not None and self._coming.done():
            coming, self._coming = self._coming, None
            self._welcome(coming)
        stamps = self._stamped()
        if stamps != self._stamps and self._coming is None:
            for k, (old, new) in enumerate(zip(self._stamps, stamps, strict=True)):
                if old != new:
                    self._off.pop(k, None)
            self._stamps = stamps
            self._coming = self._pool.submit(self._made)

    def _welcome(self, coming: "Future[tuple[list[Moving], Process]]") -> None:
        try:
            moving, process = coming.result()
        except VjError as error:
            self.notice = f"{error.what} ({error.where})" if error.where else error.what
            return
        self._process.close()
        self._moving, self._process, self.notice = moving, process, ""


def _changed(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _clock(moment: Moment | None, phase: float, times: int) -> list[float]:
    """TIME, TIMEDELTA and DATE."""
    if moment is None:
        return [_THEN + phase - (times - 1) * TICK_S, TICK_S, *_DATE]
    return [moment.t + phase, moment.dt, *moment.date]


def _heard(moment: Moment | None) -> tuple[F32, F32]:
    return sound.sample() if moment is None else (moment.wave, moment.spectrum)


def _blended(told: Mapping[int, Mapping[str, Any]], shares: Mapping[int, float]) -> dict[int, dict[str, Any]]:
    """Class -> the inputs that it shares with others by name and kind, where all meet as far as each is there."""
    found: dict[int, dict[str, Any]] = {k: {} for k in told}
    for name in {name for values in told.values() for name in values}:
        having = [k for k, values in told.items() if isinstance(values.get(name), float | list)]
        sizes = {np.size(told[k][name]) for k in having}
        if len(having) < 2 or len(sizes) > 1:
            continue
        total = sum(shares[k] for k in having)
        meeting = sum(shares[k] / total * np.asarray(told[k][name]) for k in having)
        for k in having:
            found[k][name] = np.asarray(meeting).tolist()
    return found
