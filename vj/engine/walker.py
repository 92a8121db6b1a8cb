"""The walker owns the latent: it turns what a director asks for into a Latent, and never moves faster than allowed."""

from typing import Self

import numpy as np

from vj.core.params import Param, Snapshot
from vj.core.sphere import Loops, on_shell, slerp, towards, unit
from vj.core.types import F32, F64, Controls, Latent, LatentSpec, Mix, Value


class Walker:
    """Walks one unit vector per style group round a loop on the sphere.

    In a step of dt the calm walk takes a group at most `base` dt further and all else at most its max step times dt;
    their sum is an invariant at any frame rate. A bundle says how many radians a turn is. z stays on the shell of
    radius sqrt(Z), so a four-hour set does not die down. It jumps only when a director's `cut` rises; another loop is
    reached on an eased way in the time of a class morph, so form and class change in one gesture.
    """

    address = "/latent"
    seed = Param(1, 0, 99999, doc="Which walk is taken. The same seed gives the same set.")
    reseed = Param(0, kind="trigger", doc="Leave for another random walk, without a jump.")
    psi = Param(0.8, 0.0, 1.5, smooth=0.2, doc="Truncation: 0 is the mean picture of a class, 1 full variety.")
    base = Param(0.3, 0.0, 2.0, unit="turn/s", address="/latent/step/base", doc="Max speed of the calm walk.")
    coarse = Param(24.0, 0.0, 60.0, unit="turn/s", address="/latent/step/coarse", doc="Max step of coarse besides.")
    middle = Param(24.0, 0.0, 60.0, unit="turn/s", address="/latent/step/middle", doc="Max step of middle besides.")
    fine = Param(24.0, 0.0, 60.0, unit="turn/s", address="/latent/step/fine", doc="Max step of fine besides.")
    mix: Param[Mix] = Param(
        (), kind="mix", address="/model/mix", doc="Class weights: any real numbers, by name or number."
    )
    dir_1 = Param(0.0, -1.0, 1.0, smooth=0.15, address="/latent/dir/1", doc="The bundle's first direction.")
    dir_2 = Param(0.0, -1.0, 1.0, smooth=0.15, address="/latent/dir/2", doc="The bundle's second direction.")
    dir_3 = Param(0.0, -1.0, 1.0, smooth=0.15, address="/latent/dir/3", doc="The bundle's third direction.")
    dir_4 = Param(0.0, -1.0, 1.0, smooth=0.15, address="/latent/dir/4", doc="The bundle's fourth direction.")
    dir_5 = Param(0.0, -1.0, 1.0, smooth=0.15, address="/latent/dir/5", doc="The bundle's fifth direction.")
    dir_6 = Param(0.0, -1.0, 1.0, smooth=0.15, address="/latent/dir/6", doc="The bundle's sixth direction.")
    dir_7 = Param(0.0, -1.0, 1.0, smooth=0.15, address="/latent/dir/7", doc="The bundle's seventh direction.")
    dir_8 = Param(0.0, -1.0, 1.0, smooth=0.15, address="/latent/dir/8", doc="The bundle's eighth direction.")
    morph = Param(2.0, 0.0, 60.0, unit="s", curve="square", address="/model/morph", doc="Time of a class morph.")
    morph_beats = Param(0.0, 0.0, 64.0, unit="beats", address="/model/morph_beats", doc="The same in beats, if not 0.")

    def __init__(self, spec: LatentSpec) -> None:
        self._spec = spec
        self._turn = spec.turn_radians
        self.reset()

    def reset(self) -> None:
        """Back to before the first step."""
        count = len(self._spec.groups)
        self._drawn: tuple[int, int, int] | None = None
        self._loops = Loops(np.zeros((count, 9, self._spec.z_dim)), 1)  # drawn at the first step
        self._revolutions = np.zeros(count)
        self._place = self._left = self._z = unit(np.zeros((count, self._spec.z_dim)))
        self._crossed = 1.0
        self._cut = 0
        #: Whether the last step went to its goal at once.
        self.jumped = False
        self._mix = Morph(self._class_weights(()))

    @property
    def weights(self) -> F32:
        """[C] class weights of the last step."""
        return self._mix.now

    def follow(self, other: "Walker") -> bool:
        """Go on from where `other` stands, if latents of its shape mean a place here, which is returned: form and
        classes of the same names carry over from one bundle to the next, and are then walked on from."""
        ours, theirs = self._spec, other._spec
        if (ours.groups, ours.z_dim) != (theirs.groups, theirs.z_dim):
            return False
        self._drawn, self._loops, self._revolutions = other._drawn, other._loops, other._revolutions.copy()
        self._place, self._left, self._z = other._place, other._left, other._z
        self._crossed, self._cut = other._crossed, other._cut
        named = dict(zip(theirs.classes, other.weights, strict=True))
        weights = np.array([named.get(name, 0.0) for name in ours.classes], np.float32)
        if weights.any():
            self._mix = Morph(weights, begun=True)
        return True

    def step(self, dt: float, controls: Controls, snapshot: Snapshot, bpm: float = 120.0) -> Latent:
        """The latent `dt` seconds after the last one. `bpm` turns a morph given in beats into seconds."""
        p = snapshot.of(Walker)
        cut = self.jumped = self._draw(p.seed, p.reseed, controls.section) or controls.cut > self._cut
        self._cut = max(self._cut, controls.cut)
        duration = 0.0 if cut or controls.exact else p.morph_beats * 60.0 / max(bpm, 1.0) if p.morph_beats else p.morph
        limits = np.array([np.full(len(self._turn), p.base), self._max_step(p.coarse, p.middle, p.fine)]) * dt
        speed = float(snapshot.values.get("/master/speed", 1.0))  # type: ignore[arg-type]
        self._crossed = min(1.0, self._crossed + (dt / duration if duration > 0 else 1.0))
        self._walk(controls, speed, limits)
        goal = self._goal(controls)
        radians = limits.sum(axis=0) * self._turn
        self._z = goal if cut else towards(self._z, goal, radians)
        wanted = self._wanted(controls, p.mix)
        weights = self._mix.step(dt, wanted, duration, controls.fluid and wanted is controls.mix)
        psi = controls.psi if controls.exact else p.psi + controls.psi
        psi = min(max(psi, self._spec.psi[0]), self._spec.psi[1])
        z = on_shell(self._z)
        if controls.exact and controls.target is not None:
            z, self._z = controls.target, unit(controls.target.astype(np.float64))
        return Latent(z, weights, psi, self._directions(p, controls), noise_seed=int(p.seed))

    def _directions(self, p: Self, controls: Controls) -> F32:
        """[D] the desk's faders, and what the director adds."""
        faders = (p.dir_1, p.dir_2, p.dir_3, p.dir_4, p.dir_5, p.dir_6, p.dir_7, p.dir_8)
        directions = np.resize(np.array(faders, np.float32), len(self._spec.directions))
        directions[len(faders) :] = 0.0
        return directions if controls.directions is None else directions + controls.directions

    def _draw(self, seed: int, reseeds: Value, section: int) -> bool:
        """Draw loops when seed or section change. True at the very first step, which has nowhere to walk from."""
        wanted = (seed, int(reseeds), section)  # type: ignore[arg-type]
        if wanted == self._drawn:
            return False
        first, self._drawn = self._drawn is None, wanted
        rng = np.random.default_rng([abs(number) for number in wanted])
        self._loops = Loops.random(rng, len(self._spec.groups), self._spec.z_dim)
        self._left, self._crossed = self._place, 0.0
        self._revolutions[:] = 0.0  # a section that comes back begins where it began
        return first

    def _walk(self, controls: Controls, speed: float, limits: F64) -> None:
        """Go round the loops: calmly within `limits[0]`, by strides within `limits[1]` (turns, [2, G])."""
        turns, lengths = self._turns(controls, speed, limits), self._lengths(controls)
        self._revolutions += turns * self._turn / np.minimum(lengths, self._loops.longest)
        there = self._loops.at(self._revolutions, lengths)
        x = self._crossed**2 * (3.0 - 2.0 * self._crossed)
        self._place = slerp(self._left, there, x) if x < 1.0 else there

    @staticmethod
    def _turns(controls: Controls, speed: float, limits: F64) -> F64:
        """[G] turns to go in this step."""
        turns = np.minimum(controls.motion * speed, limits[0])
        if controls.stride is not None:
            turns = turns + np.minimum(controls.stride * speed, limits[1])
        return np.asarray(turns, np.float64)

    def _lengths(self, controls: Controls) -> F64:
        """[G] radians once round each loop, infinite for the longest there is."""
        if controls.length is None:
            return np.full(len(self._turn), np.inf)
        return np.asarray(np.maximum(controls.length, 0.05) * self._turn)

    def _goal(self, controls: Controls) -> F64:
        """[G, Z] where each group should be: on its way, leaning towards the target by `pull`."""
        if controls.target is None:
            return self._place
        pulls = 1.0 if controls.pull is None else controls.pull.astype(np.float64)
        targets = unit(controls.target.astype(np.float64))
        return slerp(self._place, targets, pulls)

    def _max_step(self, coarse: float, middle: float, fine: float) -> F64:
        """[G] turns a second; bundles with more than three groups take the nearest third's."""
        named = {"coarse": coarse, "middle": middle, "fine": fine}
        usual = (coarse, middle, fine)
        groups = zip(self._spec.groups, self._spec.thirds, strict=True)
        return np.array([named.get(name, usual[third]) for name, third in groups])

    def _wanted(self, controls: Controls, mix: Mix) -> F32:
        """The class weights to morph to: what performer or cue named; else the director's; else the first class.

        A director may choose `among` those named: then the two it likes best are kept.
        """
        if controls.mix is None or (mix and not controls.among):
            return self._class_weights(mix)
        if not controls.among:
            return controls.mix
        wanted = controls.mix * (self._class_weights(mix) if mix else np.ones_like(controls.mix))
        if np.count_nonzero(wanted) > 2:
            wanted = np.where(np.abs(wanted) >= np.sort(np.abs(wanted))[-2], wanted, 0.0)
        size = float(np.abs(wanted).sum())
        return np.asarray(wanted / size, np.float32) if size > 0 else self._class_weights(mix)

    def _class_weights(self, mix: Mix) -> F32:
        """[C] weights from pairs of class number and weight; the first class where nothing was asked for."""
        weights = np.zeros(len(self._spec.classes), np.float32)
        for index, weight in mix or ((0, 1.0),):
            weights[index % len(weights)] += weight
        return weights


class Morph:
    """Goes from one weight vector to another along an eased straight line, and may be redirected on the way.

    A goal that is fluid may move while it is met, and afterwards is followed as it moves.
    """

    def __init__(self, start: F32, begun: bool = False) -> None:
        self._from = self._to = self._now = start
        self._progress = 1.0
        self._begun = begun
        self._fluid = False

    @property
    def now(self) -> F32:
        """The weights of the last step."""
        return self._now

    def step(self, dt: float, goal: F32, duration: float, fluid: bool = False) -> F32:
        """The weights [C] `dt` seconds later, on the way to `goal` [C] in `duration` seconds."""
        if not self._begun:
            self._from = self._to = self._now = goal
            self._begun, self._fluid = True, fluid
        if fluid and self._fluid:
            self._to = goal
        elif not np.array_equal(goal, self._to):
            self._from, self._to, self._progress = self._now, goal, 0.0
        self._fluid = fluid
        self._progress = min(1.0, self._progress + (dt / duration if duration > 0 else 1.0))
        ease = self._progress**2 * (3.0 - 2.0 * self._progress)
        there = self._progress >= 1.0
        self._now = self._to if there else (self._from + (self._to - self._from) * np.float32(ease)).astype(np.float32)
        return self._now
