"""How the finish answers to where the music stands: silence, groove, break, build, drop."""

from dataclasses import dataclass

from vj.core.curves import smoothstep
from vj.core.types import Features
from vj.features.state import State
from vj.features.tempo import Tempo

#: Beats in which one state gives way to the next; a drop is there at once.
EASE = 2.0
#: How much of every pulse is let through. A groove leaves room for the drop.
AMOUNTS = {"silence": 0.2, "groove": 0.7, "break": 0.5, "build": 0.7, "drop": 1.0}
#: A build ends at this, ...
BUILT = 0.3
#: ... and its last beat of every so many bars holds its breath.
BREATH = 4
#: A drop that has lasted so long is an ordinary groove again, ...
DROP_BARS = 8.0
#: ... but for this amount.
AFTER = 0.85


@dataclass(frozen=True, slots=True)
class Mood:
    """How much of each state there is now, 0..1 each, together 1; `built` 0..1 is how far the build has got.

    `amount` scales pulses, `still` is 1 where everything holds its breath before a drop.
    """

    silence: float = 0.0
    groove: float = 1.0
    rest: float = 0.0
    build: float = 0.0
    drop: float = 0.0
    built: float = 0.0
    amount: float = AMOUNTS["groove"]
    still: float = 0.0


class Moods:
    """Follows the state of the music, easing from one to the next; a function of show time alone between changes."""

    def __init__(self) -> None:
        self._weights = dict.fromkeys(AMOUNTS, 0.0) | {"groove": 1.0}
        self._state: State | None = None

    def step(self, t: float, features: Features) -> Mood:
        """The mood at show time `t`."""
        state = features.records.get(State)
        if state is None:
            return Mood()
        tempo = features.records.get(Tempo)
        beat = 60.0 / tempo.bpm if tempo is not None else 0.5
        if self._state is None or state.count != self._state.count:
            if self._state is not None:
                self._weights = self._now(state.since, beat)
            self._state = state
        self._state = state
        weights = self._now(t, beat)
        return _mood(weights, state, (t - state.since) / beat)

    def _now(self, t: float, beat: float) -> dict[str, float]:
        assert self._state is not None
        x = 1.0 if self._state.name == "drop" else min(max((t - self._state.since) / (EASE * beat), 0.0), 1.0)
        ease = smoothstep(x)
        return {name: w + ((name == self._state.name) - w) * ease for name, w in self._weights.items()}


def _mood(weights: dict[str, float], state: State, beats: float) -> Mood:
    """What the weights of the states, `beats` after the last change, mean."""
    ago = min(max(beats / state.metre - DROP_BARS, 0.0), 1.0)
    amounts = dict(AMOUNTS)
    amounts["build"] += (BUILT - amounts["build"]) * state.build
    amounts["drop"] += (AFTER - amounts["drop"]) * ago
    phrase = float(BREATH * state.metre)
    breath = beats % phrase - (phrase - 1.0)
    still = weights["build"] * min(max(breath * 8.0, 0.0), 1.0) if state.build > 0.5 else 0.0
    amount = sum(weights[name] * amounts[name] for name in weights)
    return Mood(
        silence=weights["silence"],
        groove=weights["groove"],
        rest=weights["break"],
        build=weights["build"],
        drop=weights["drop"] * (1.0 - ago),
        built=state.build * weights["build"],
        amount=amount * (1.0 - still),
        still=still,
    )


Values = dict[str, dict[str, float | int | bool]]


def react(values: Values, mood: Mood, by: float, close: float) -> None:
    """Change the chain's `values` as the mood asks, `by` 0..1 of it; `close` is how far a build shuts the kaleidoscope.

    A build zooms ever faster, pales, hardens; a drop is more colourful; a break trails, glows and cools; in silence the
    colour goes and what was there lingers.
    """
    built, rest, drop, silence = (by * x for x in (mood.built, mood.rest, mood.drop, mood.silence))
    scale(values, "grade", "saturation", 1.0 - 0.4 * built + 0.2 * drop - 0.2 * silence)
    add(values, "grade", "contrast", 0.08 * built)
    add(values, "grade", "warmth", -0.15 * rest)
    scale(values, "bloom", "gain", 1.0 + 0.3 * rest)
    if close:
        lift(values, "coords", "fold_mix", close * built)
    history = values.get("history", {})
    if not history.get("mode"):
        return
    zoom = float(history.get("zoom", 0.0))
    goal = (0.5 if zoom >= 0.0 else -0.5) * (1.0 - mood.still)
    zoom += (goal - zoom) * built
    zoom += (min(max(zoom, -0.03), 0.03) - zoom) * rest
    history["zoom"] = zoom * (1.0 - by * mood.still)
    lift(values, "history", "half_life", 0.8, rest)
    lift(values, "history", "half_life", 0.9, silence)


def scale(values: Values, effect: str, key: str, factor: float) -> None:
    """Multiply a value, where there is such an effect."""
    if key in values.get(effect, {}):
        values[effect][key] = float(values[effect][key]) * factor


def add(values: Values, effect: str, key: str, amount: float) -> None:
    """Add to a value, where there is such an effect."""
    if key in values.get(effect, {}):
        values[effect][key] = float(values[effect][key]) + amount


def lift(values: Values, effect: str, key: str, goal: float, share: float = 1.0) -> None:
    """Raise a value a `share` of the way to `goal`, never lower it, where there is such an effect."""
    if key in values.get(effect, {}):
        now = float(values[effect][key])
        values[effect][key] = now + max(goal - now, 0.0) * share
