"""The spectrum itself is the place: the map of GAN_PI-2 (FABB2011/GAN_PI-2, 2020), which hears bass and loudness too.

Each number of z listens to one band. What is on is sorted into a few kinds of sound, and each kind has a look: a mix of
classes and a truncation, reached in a transition.
"""

from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np

from vj.core.interp import ease
from vj.core.params import AnyParam, Param
from vj.core.track import Findings, Track
from vj.core.types import F32, F64, I64, Controls, Features, LatentSpec
from vj.directors import _gan_pi2
from vj.directors._kmeans import kmeans
from vj.directors._loop_walk import LoopWalk, WalkSettings, swaying
from vj.directors._palettes import OWN, Shade, lend, own, palettes, read_palette
from vj.directors._score import Glide, Showtime
from vj.directors.earlier.profile import KINDS_HZ, Learning, Profile, Surveyed, survey
from vj.features import spectrum as heard
from vj.features.state import State

#: The psi of the desk that looks are meant with; its fader moves them all.
_DESK_PSI = 0.8
#: How much slower coarse, and quicker fine, follows than `smooth`.
_PACE = (2.0, 1.0, 0.6)
#: Deviation from the usual, in standard deviations, at which half of the lean is reached.
_HALF = 0.5


def lent(folder: Path | None) -> dict[str, AnyParam]:
    """What a performance brought comes before all other palettes from now on, None ends that; address and Param of how
    one is chosen."""
    lend(folder)
    return {f"{Spectrum.address}/looks": replace(Spectrum.looks, choices=(OWN, *palettes()))}


class Spectrum:
    """Form leans to where the spectrum points, the more the less usual it is; kinds of sound have looks.

    A render knows the whole track: what is usual, and its kinds by K-means. Live both are learnt as they are heard,
    without delay; a look stays for `dwell` seconds at least.
    """

    address = "/director/spectrum"
    looks = Param(OWN, choices=(OWN, *palettes()), doc="Looks of the kinds of sound: own, or a file of spectrum_looks.")
    kinds = Param(5, 1, 24, doc="Kinds of sound that are told apart, each with a look of its own.")
    transition = Param(0.333, 0.0, 10.0, unit="s", curve="square", doc="From one look to the next; 0 cuts.")
    dwell = Param(2.0, 0.0, 30.0, unit="s", doc="How long a look stays at least.")
    smooth = Param(0.125, 0.0, 2.0, unit="s", curve="square", doc="Time in which form follows the spectrum.")
    depth = Param(0.55, 0.0, 1.0, doc="How far form leans to the spectrum, the rest is a calm walk.")
    loudness = Param(0.6, 0.0, 1.0, doc="How much loudness as such moves form, besides the shape of the spectrum.")
    speed = Param(0.04, 0.0, 0.5, unit="turn/s", curve="square", doc="How fast the calm walk goes.")
    shuffle = Param(100, 100, 1500, doc="Which number of z listens to which band.")
    exact = Param(False, doc="In a render: the numbers of the original, frame by frame, to compare with.")

    def __init__(self, spec: LatentSpec, rng: np.random.Generator) -> None:
        self._spec = spec
        self._seed = int(rng.integers(1 << 31))
        self._own = own(spec.classes, rng)
        self._signs: F64 = rng.choice([-1.0, 1.0], (len(spec.groups), spec.z_dim))
        self._paces = [_PACE[third] for third in spec.thirds]
        self._loop_walk = LoopWalk(spec, rng)
        self._read: dict[str, list[Shade]] = {}
        self.reset()

    def reset(self) -> None:
        """Nothing heard, nothing surveyed."""
        self._loop_walk.reset()
        self._time = Showtime()
        self._profile: Profile = Learning(0)
        self._frames: _Frames | None = None
        self._felt: F64 = np.zeros((len(self._spec.groups), heard.BANDS))
        self._glide = Glide()
        self._look: tuple[str, int] | None = None

    def survey(self, track: Track, p: Self) -> None:
        """Learn what is usual in this track and which kinds of sound it has. Raises VjError for looks that fail."""
        shades = self._shades(p.looks)
        if p.exact:
            self._frames = _Frames(track, p, shades)
        else:
            self._profile = survey(track, p.kinds, p.dwell, self._seed)

    def findings(self, p: Self) -> Findings:
        """When which kind of sound is on."""
        if self._frames is not None:
            return Findings(moments=_changes(self._frames.labels, float(self._frames.fps)))
        if isinstance(self._profile, Surveyed):
            return Findings(moments=_changes(self._profile.kinds, KINDS_HZ))
        return Findings()

    def step(self, f: Features, dt: float, p: Self, reactivity: float) -> Controls:
        """Lean to the spectrum, and show the look of what sounds."""
        t = self._time.step(f.t, dt)
        if self._frames is not None:
            return self._frames.at(t, self._spec)
        leg = self._loop_walk.step(f, dt, WalkSettings(p.speed, min(reactivity, 1.0)))
        judged = self._profile.step(t, f[heard.Spectrum].bands, dt, p.kinds, p.dwell)
        target = self._lean(judged.deviation, dt, p)
        far = np.sqrt((target * target).mean(axis=1))
        mix, psi = self._dress(p.looks, judged.kind, dt / p.transition if p.transition > 0 else 1.0)
        return Controls(
            motion=leg.motion,
            length=leg.length,
            section=leg.section,
            target=target.astype(np.float32),
            pull=np.minimum(p.depth * reactivity * far / (far + _HALF), 1.0).astype(np.float32),
            mix=mix,
            fluid=True,
            psi=psi - _DESK_PSI + (0.06 * (f[State].energy - 0.5) + leg.psi) * min(reactivity, 1.0),
            directions=swaying(f.t, len(self._spec.directions)),
        )

    def _lean(self, deviation: F64, dt: float, p: Self) -> F64:
        """[G, Z] z as the spectrum would have it: one band, with a sign, for each number."""
        shape = deviation - (1.0 - p.loudness) * deviation.mean()
        for g, pace in enumerate(self._paces):
            self._felt[g] += (shape - self._felt[g]) * ease(dt, p.smooth * pace)
        z_dim = self._spec.z_dim
        ears = (np.arange(z_dim) * heard.BANDS // z_dim)[_gan_pi2.shuffled(z_dim, p.shuffle)]
        return np.asarray(self._felt[:, ears] * self._signs)

    def _dress(self, name: str, kind: int, share: float) -> tuple[F32, float]:
        """Class weights [C] and psi on the way to those of a kind of sound."""
        shades = self._shades(name)
        shade = shades[kind % len(shades)]
        jumped, self._look = self._look not in (None, (name, kind)), (name, kind)
        shown = self._glide.step(np.append(shade.weights, np.float32(shade.psi)), share, jumped)
        return shown[:-1], float(shown[-1])

    def _shades(self, name: str) -> list[Shade]:
        """The looks of a palette; the bundle's own where it has none of their classes."""
        if name not in self._read:
            self._read[name] = (read_palette(palettes()[name], self._spec.classes) if name != OWN else []) or self._own
        return self._read[name]


class _Frames:
    """The original's latents, looks and transitions, read at the frame that is shown."""

    def __init__(self, track: Track, p: Spectrum, shades: list[Shade]) -> None:
        self.fps = float(track.fps)
        spectra = _gan_pi2.moving(_gan_pi2.spectra(track.sound(_gan_pi2.RATE_HZ), self.fps))
        self.labels = labels = kmeans(spectra, p.kinds)[1]
        order = _gan_pi2.shuffled(_gan_pi2.END_BIN - _gan_pi2.FIRST_BIN, p.shuffle)
        self.z = _gan_pi2.scaled(spectra)[:, order].astype(np.float32)
        self.shades = [shades[int(label) % len(shades)] for label in labels]
        self.shown = _gan_pi2.schedule(labels, round(p.transition * self.fps))

    def at(self, t: float, spec: LatentSpec) -> Controls:
        """The frame at show time `t`."""
        k = min(max(round(t * self.fps), 0), len(self.z) - 1)
        a, b, x = int(self.shown.a[k]), int(self.shown.b[k]), float(self.shown.x[k])
        one, two = self.shades[a], self.shades[b]
        z = self.z[k] if a == b else (1.0 - x) * one.psi * self.z[a] + x * two.psi * self.z[b]
        return Controls(
            motion=np.zeros(len(spec.groups), np.float32),
            target=np.tile(np.resize(z, spec.z_dim).astype(np.float32), (len(spec.groups), 1)),
            mix=((1.0 - x) * one.weights + x * two.weights).astype(np.float32),
            psi=(1.0 - x) * one.psi + x * two.psi,
            exact=True,
        )


def _changes(kinds: I64, rate: float) -> tuple[tuple[float, str], ...]:
    """When the kind changes, and to which; counted from 1."""
    firsts = [0, *(np.flatnonzero(np.diff(kinds)) + 1).tolist()] if len(kinds) else []
    return tuple((k / rate, f"kind {int(kinds[k]) + 1}") for k in firsts)
