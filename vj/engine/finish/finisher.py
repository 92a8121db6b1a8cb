"""The finisher decides, frame by frame, how the picture is finished: a step from show time, sound and desk to Finish.

It draws nothing. Between events all it says is a function of show time, so it says the same at any frame rate, live
and offline.
"""

import math
from collections.abc import Mapping, Sequence

from vj.core.isf.inputs import listens
from vj.core.params import Param, Snapshot, addresses, table
from vj.core.types import Features, Finish, Modulation
from vj.engine.finish.bindings import Bindings, allowed
from vj.engine.finish.easing import Easing
from vj.engine.finish.effects import Effect, stages
from vj.engine.finish.found import shelf
from vj.engine.finish.gestures import Hits, Strong, Struck, direction
from vj.engine.finish.mixer import Mixer, level
from vj.engine.finish.reactions import Moods, Values, react
from vj.engine.governor import rung_of
from vj.engine.sources import record, sounds
from vj.features.state import State

TIERS = ("auto", "full", "software")
#: Ticks of the history, and new grains.
TICKS_HZ = 60.0
GRAINS_HZ = 24.0
#: A frame stands for no more history than this many ticks.
MOST_TICKS = 6
#: Angular rate of the spring of the zoom that a kick strikes, rad/s: 45 ms to its peak.
ZOOM_RATE = 22.0
#: That of the bounce, rad/s: 38 ms.
BOUNCE_RATE = 26.0
#: A drifting zoom by strong kicks: uv a tick at first, ...
PAN = 0.004
#: ... and how soon it has decayed to 37 %.
PAN_TAU_S = 0.25
#: Between two rings, but for a drop's.
RINGS_S = 8.0
#: Age of a ring that is over.
NEVER_S = 99.0
#: The camera's slow lean, ...
LEAN_RAD = 0.01
#: ... and its two periods, which never meet.
LEAN_PERIODS_S = (17.0, 27.3)
#: How much of an accumulating time runs by itself; the rest runs with the sound.
BY_ITSELF = 0.35


class Finisher:
    """Turns time, sound and desk into a Finish. Deterministic: no luck, no clock."""

    address = "/fx"
    on = Param(True, doc="The finishing chain; off draws the picture as it is.")
    tier = Param("auto", choices=TIERS, doc="How much of the chain: full, software, or whichever there is time for.")
    states = Param(1.0, smooth=0.1, doc="How much the finish answers to build, drop, break and silence.")
    close = Param(0.0, smooth=0.1, doc="How far a build closes the kaleidoscope.")

    def __init__(self, chain: Sequence[Effect]) -> None:
        self._chain = chain
        self._table = table(stages(chain))
        self._places = [(e, key, where) for e in chain for key, where in addresses(e.stage).items()]
        self._listening = [effect.name for effect in chain if not effect.ours and listens(effect.source.inputs)]
        self._listening_ways = {way.name for way in shelf().transitions if listens(way.source.inputs)}
        self._defaults = tuple(binding for effect in chain for binding in effect.bindings)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._t = 0.0
        self._times = (0.0, 0.0)
        self._kicks, self._strong = Hits("bands.bass"), Strong()
        self._zoom, self._bounce = Struck(ZOOM_RATE), Struck(BOUNCE_RATE)
        self._moods = Moods()
        self._bindings = Bindings(self._table)
        self._turned = self._flow = self._wander = 0.0
        self._ring, self._drops = -NEVER_S, 0
        self._last: Finish | None = None
        self._easing = Easing()

    def step(self, t: float, features: Features, snapshot: Snapshot) -> Finish:
        """The finish of the frame for show time `t`; `features` are the newest heard."""
        p, master = snapshot.of(Finisher), snapshot.of(Mixer)
        light = level(master)
        dt, ticks = max(t - self._t, 0.0), ticks_between(self._t, t)
        gone = self._heard_since(dt, features)
        self._t = t
        canvas = self._easing.step(t, rung_of(snapshot)).canvas
        if master.freeze and self._last is not None:
            return Finish(self._last.values, 0, light, p.on, p.tier, canvas, heard=self._last.heard)
        reactivity = float(master.reactivity)
        kick, mood = self._kicks.step(features), self._moods.step(t, features)
        values = self._faders(snapshot)
        cameras = sum(bool(x) for x in _cameras(values))
        amount = reactivity * (1.0 + (mood.amount - 1.0) * p.states)
        bound = self._bound(snapshot, cameras)
        moved = self._bindings.step(t, dt, features, bound, (amount, reactivity), snapshot.moved)
        self._move(values, moved)
        react(values, mood, p.states, p.close)
        self._clamp(values)
        self._play(t, values, gone, 1.0 - mood.still * p.states)
        zoom, bounce = self._zoom.at(t, kick) * amount, self._bounce.at(t, kick) * amount
        count, struck = self._strong.step(kick)
        self._strike(t, values, (zoom, bounce), (count, struck, amount))
        self._age(t, values, struck, features.records.get(State))
        for effect in self._chain:
            if not effect.ours and values[effect.name]["place"]:
                values[effect.name].update(TIME=t, TIMEDELTA=dt)
        listening = master.transition in self._listening_ways or any(values[one]["place"] for one in self._listening)
        heard = sounds(features) if listening else None
        self._last = Finish(values, ticks, light, p.on, p.tier, canvas, heard=heard)
        return self._last

    def _heard_since(self, dt: float, features: Features) -> tuple[float, float]:
        """How far the times of the bass and of the mids ran since the last call, seconds."""
        bass, mids = (record(features.records, f"bands.{band}.time") for band in ("bass", "mids"))
        if bass is None or mids is None:
            return dt, dt
        before, self._times = self._times, (float(bass), float(mids))
        low, middle = (now - then for now, then in zip(self._times, before, strict=True))
        return BY_ITSELF * dt + (1.0 - BY_ITSELF) * low, BY_ITSELF * dt + (1.0 - BY_ITSELF) * middle

    def _faders(self, snapshot: Snapshot) -> Values:
        """What the desk says, by effect and input."""
        values: Values = {effect.name: {} for effect in self._chain}
        for effect, key, where in self._places:
            values[effect.name][key] = effect.number(key, snapshot.values[where])
        return values

    def _bound(self, snapshot: Snapshot, cameras: int) -> tuple[Modulation, ...]:
        """The bindings that hold: those of the cue, and those of the headers that it does not replace."""
        replaced = {binding.address for binding in snapshot.bindings}
        ours = tuple(binding for binding in self._defaults if binding.address not in replaced)
        return allowed((*snapshot.bindings, *ours), cameras)

    def _move(self, values: Values, moved: Mapping[str, float]) -> None:
        for address, by in moved.items():
            _, _, effect, key = address.split("/", 3)
            values[effect][key] = float(values[effect][key]) + by

    def _clamp(self, values: Values) -> None:
        for effect, key, where in self._places:
            param, value = self._table[where], values[effect.name][key]
            if param.kind == "float":
                values[effect.name][key] = min(max(float(value), param.lo), param.hi)

    def _play(self, t: float, values: Values, gone: tuple[float, float], moving: float) -> None:
        """The values that accumulate, and the slow lean."""
        coords = values.get("coords", {})
        self._turned += 2.0 * math.pi * float(coords.get("fold_speed", 0.0)) * gone[1] * moving
        self._flow += float(coords.get("warp_speed", 1.0)) * gone[1] * moving
        self._wander += gone[0] * moving
        one, two = (2.0 * math.pi * t / period for period in LEAN_PERIODS_S)
        lean = LEAN_RAD * (0.6 * math.sin(one) + 0.4 * math.sin(two))
        values.setdefault("coords", {}).update(turned=self._turned, flow=self._flow, lean=lean)
        values.setdefault("history", {}).update(wander=self._wander)
        values.setdefault("finish", {}).update(grain_frame=math.floor(t * GRAINS_HZ + 1e-6))

    def _strike(self, t: float, values: Values, springs: tuple[float, float], strong: tuple[int, float, float]) -> None:
        """What a kick does to the camera: at most two of a zoom of the past, a bounce and a punch."""
        (zoom, bounce), (count, struck, amount) = springs, strong
        kick, up, punch = _cameras(values)
        pan = PAN * min(kick / 0.3, 1.0) * amount * math.exp(-max(t - struck, 0.0) / PAN_TAU_S) if count else 0.0
        x, y = direction(count)
        values["history"].update(zoom_kick=kick * zoom, pan_x=pan * x, pan_y=pan * y)
        values["coords"].update(bounce_y=up * bounce, punch=1.0 + punch * zoom)

    def _age(self, t: float, values: Values, struck: float, state: State | None) -> None:
        """How old the shock wave is: a drop sends one out, and now and then a strong kick."""
        if state is not None and state.drops > self._drops:
            self._drops, self._ring = state.drops, state.since
        if struck - self._ring >= RINGS_S and struck > 0.0:
            self._ring = struck
        age = max(t - self._ring, 0.0)
        values["coords"]["ring_age"] = age if age < RINGS_S else NEVER_S


def ticks_between(before: float, t: float) -> int:
    """History ticks that pass between two show times: those of a fixed 60 Hz clock, whatever the frame rate."""
    count = math.floor(t * TICKS_HZ + 1e-6) - math.floor(before * TICKS_HZ + 1e-6)
    return min(max(count, 0), MOST_TICKS)


def _cameras(values: Mapping[str, Mapping[str, float | int | bool]]) -> tuple[float, float, float]:
    """How far a kick throws the history's zoom (oct/s), the bounce (uv) and the punch; of the three the last is left
    out where the other two are."""
    history, coords = values.get("history", {}), values.get("coords", {})
    kick = float(history.get("kick", 0.0)) if history.get("mode") else 0.0
    bounce, punch = float(coords.get("bounce", 0.0)), float(coords.get("punch_amount", 0.0))
    return kick, bounce, 0.0 if kick and bounce else punch
