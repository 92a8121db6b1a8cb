"""The control track of a performance: the picture at show time t is the same moment at any frame rate.

Desk, director, walker and finish go on in steps of a clock of their own, and at the very times at which something was
done, but never at those of frames. A frame that meets such a step is that step; any other one lies between two.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from heapq import merge
from itertools import count

import numpy as np

from vj.apps.recorded import Script
from vj.apps.render.moments import RATE, Ear, Moment, Sounding, opened
from vj.core.layers import between as layers_between
from vj.core.params import Snapshot
from vj.core.track import Track
from vj.core.types import F32, Features, Finish, Latent
from vj.devices.audio.file import AudioFile
from vj.engine.console import Model
from vj.engine.desk import Desk
from vj.engine.finish.finisher import MOST_TICKS, NEVER_S
from vj.engine.finish.mixer import Mixer
from vj.engine.governor import unhurried
from vj.engine.show import Show, bpm

#: Steps a second: every frame of 24, 30, 40, 60 and 120 fps meets one, and so does every tick of the history.
CLOCK = 120
#: A class that gains so much in one step came at once: nothing lies between.
AT_ONCE = 0.25


@dataclass(frozen=True)
class Step:
    """A `moment` of the clock at exactly `t`; `ticks` of the history have passed so far; `jumped` if nothing leads here
    from the step before."""

    t: Fraction
    moment: Moment
    ticks: int
    jumped: bool


class Automation:
    """Steps of a show whose `script` is done, heard through `ear`."""

    def __init__(self, ear: Ear, show: Show, desk: Desk, begun: tuple[Snapshot, Features], script: Script) -> None:
        self._ear, self._show, self._desk = ear, show, desk
        self._snapshot, self._features = begun
        self._script, self._done, self._ticks = script, 0, 0
        self._frozen: tuple[str, Latent] | None = None
        self._times = times(script)

    def step(self) -> Step:
        """The next step; where the sound is over nothing more is heard."""
        exact = next(self._times)
        t, edge = float(exact), exact * RATE
        self._ear.reaches(edge)
        features = self._features = self._ear.hear(edge, self._features, self._snapshot)
        while self._done < len(self._script) and self._script[self._done][0] <= t:
            self._desk.apply(self._script[self._done][1])
            self._done += 1
        snapshot = self._snapshot = unhurried(self._desk.tick(t, features, bpm(features)))
        latent = self._held(self._show.direct(t, features, snapshot), snapshot)
        finish = self._show.finish(t, features, snapshot)
        self._ticks += finish.ticks if finish is not None else 0
        return Step(exact, Moment(t, latent, features, snapshot, finish), self._ticks, self._show.jumped)

    def _held(self, latent: Latent, snapshot: Snapshot) -> Latent:
        """`latent`, or while the picture is held that of the step in which it began to be: the first frame to hold it
        comes sooner or later."""
        program = snapshot[Model.select]
        if not snapshot[Mixer.freeze]:
            self._frozen = None
        elif self._frozen is None or self._frozen[0] != program:
            self._frozen = program, latent
        return self._frozen[1] if self._frozen else latent


def steady(
    sound: AudioFile,
    video: Sounding,
    show: Show,
    desk: Desk,
    track: Track,
    script: Script = (),
    since: Fraction = Fraction(0),
) -> Iterator[Moment]:
    """The moments of every frame, as `listen` gives them, on the clock above: frame n is at `since` + n / fps.

    They do not depend on the rate: two films have the same moment at the same show time, to the last bit.
    """
    begun = opened(show, desk, replace(track, fps=Fraction(CLOCK)), script)
    ear = Ear(sound, video, show, round(since * RATE))
    automation = Automation(ear, show, desk, begun, script)
    before = after = automation.step()
    ticks = 0
    for t in (since + n / track.fps for n in count()):
        if not ear.reaches(t * RATE):
            return
        while after.t < t:
            before, after = after, automation.step()
        last = after if after.t == t else before
        moment = last.moment if last is after else between(before, after, t)
        finish = moment.finish
        if finish is not None:
            passed, ticks = last.ticks - ticks, last.ticks
            finish = replace(finish, ticks=min(passed, MOST_TICKS) if t > since else 0)
        yield replace(moment, finish=finish)


def times(script: Script) -> Iterator[Fraction]:
    """Show times of the steps, for ever."""
    done, last = sorted({Fraction(t) for t, _ in script}), None
    for t in merge(done, (Fraction(k, CLOCK) for k in count())):
        if t != last:
            yield t
        last = t


def between(a: Step, b: Step, t: Fraction) -> Moment:
    """The moment at show time `t` between two steps; as at the first of them where the second came at once."""
    moment = replace(a.moment, t=float(t))
    if b.jumped:
        return moment
    x = float((t - a.t) / (b.t - a.t))
    latent = _latent(moment.latent, b.moment.latent, x)
    if moment.finish is None or b.moment.finish is None:
        return replace(moment, latent=latent)
    return replace(moment, latent=latent, finish=_finish(moment.finish, b.moment.finish, x, float(t - a.t)))


def _latent(a: Latent, b: Latent, x: float) -> Latent:
    """A share `x` of the way: each group of z on the arc between, all else straight."""
    part = np.float32(x)
    came = float(np.abs(b.mix - a.mix).max(initial=0.0)) > AT_ONCE
    beside = a.beside
    if beside is not None and b.beside is not None and beside.program == b.beside.program:
        beside = replace(beside, mix=_straight(beside.mix, b.beside.mix, part), x=_way(beside.x, b.beside.x, x))
    return replace(
        a,
        z=_arc(a.z, b.z, part),
        mix=a.mix if came else _straight(a.mix, b.mix, part),
        psi=_way(a.psi, b.psi, x),
        directions=_straight(a.directions, b.directions, part),
        beside=beside,
    )


def _arc(a: F32, b: F32, x: np.float32) -> F32:
    """[G, Z] between, as far from the middle as both are: steps are so short that the chord is as even as the arc."""
    radius = _straight(_length(a), _length(b), x)
    chord = _straight(a, b, x)
    return np.asarray(chord * (radius / np.maximum(_length(chord), 1e-12)), np.float32)


def _length(z: F32) -> F32:
    return np.asarray(np.linalg.norm(z, axis=-1, keepdims=True), np.float32)


def _straight(a: F32, b: F32, x: np.float32) -> F32:
    return np.asarray(a + (b - a) * x, np.float32)


def _way(a: float, b: float, x: float) -> float:
    return a + (b - a) * x


def _finish(a: Finish, b: Finish, x: float, dt: float) -> Finish:
    """A share `x` of the way, `dt` seconds after `a`; what has no in-between is as in `a`, and so is light while either
    is dark, for a blackout comes at once."""
    values = {effect: _values(inputs, b.values[effect], x) for effect, inputs in a.values.items()}
    age = a.values.get("coords", {}).get("ring_age", NEVER_S)
    if "ring_age" in values.get("coords", {}):
        values["coords"]["ring_age"] = age if age >= NEVER_S else age + dt  # a new ring begins with its own step
    layers = layers_between(a.layers, b.layers, x) if a.layers else ()
    level = _way(a.level, b.level, x) if a.level and b.level else a.level
    return replace(a, values=values, level=level, layers=layers)


def _values(
    a: Mapping[str, float | int | bool], b: Mapping[str, float | int | bool], x: float
) -> dict[str, float | int | bool]:
    return {key: _way(value, b[key], x) if isinstance(value, float) else value for key, value in a.items()}
