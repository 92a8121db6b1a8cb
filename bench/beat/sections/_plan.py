"""What the songs of `composed.py` are made of: parts of some bars each, drawn by lot."""

from dataclasses import dataclass, field

from numpy.random import Generator


@dataclass
class Part:
    """Some bars that sound alike. `label` None is not scored; `layers` sound; `gain` in dB; `cut` Hz high-passed."""

    bars: int
    label: str | None
    layers: set[str]
    gain: float = 0.0
    cut: float = 0.0
    half: bool = False
    traits: set[str] = field(default_factory=set)


FULL = {"kick", "snare", "hat", "bass"}
BREAKS: dict[str, tuple[set[str], set[str]]] = {
    "pad": ({"pad"}, set()),
    "deep pad": ({"pad", "deep"}, set()),
    "drone": ({"pad", "drone"}, set()),
    "filtered": (FULL | {"pad"}, {"cut"}),
    "sung": ({"voice"}, set()),
    "plucks": ({"lead"}, set()),
    "plucks and pad": ({"lead", "pad"}, {"loud"}),
    "tops": ({"hat", "snare", "lead"}, set()),
    "tops and deep pad": ({"hat", "snare", "pad", "deep"}, set()),
    "tail": ({"faint"}, set()),
}
BUILDS: dict[str, tuple[set[str], set[str]]] = {
    "roll": ({"pad", "roll"}, set()),
    "riser": ({"pad", "riser"}, set()),
    "roll and riser": ({"lead", "roll", "riser"}, set()),
    "thin kicks": ({"pad", "roll", "thin kick", "riser"}, set()),
    "opening": ({"lead", "riser", "opening"}, set()),
}
DROPS = ("all", "all", "all", "kick only", "half time", "bass first")


def plan(rng: Generator, breaks: bool, low: bool) -> tuple[list[Part], int]:
    """A song's parts, and the bars of its phrases. Without `breaks` it grooves on, without `low` without a low end."""
    base = FULL | ({"pad"} if rng.uniform() < 0.6 else set())
    if not low:
        base = {"hat", "snare", "lead"} if rng.uniform() < 0.5 else {"lead", "pad", "voice"}
    phrase = int(rng.choice([4, 8, 8]))
    parts: list[Part] = []
    if rng.uniform() < 0.5:
        kind = str(rng.choice(["pad", "tops", "plucks", "drone", "sung"]))
        bars = int(rng.choice([2, 4, 8]))
        parts.append(Part(bars, None, set(BREAKS[kind][0]) if low else base, float(rng.uniform(-8, 0))))
    parts += groove(rng, base, 2 * phrase, low)
    for _ in range(2 if breaks else 0):
        parts += interlude(rng, base, phrase)
        parts += groove(rng, base, phrase, low)
    if not breaks:
        parts += groove(rng, base, 2 * phrase, low)
    if rng.uniform() < 0.25:
        parts.append(Part(4, None, base, traits={"fade"}))
    return parts, phrase


def groove(rng: Generator, base: set[str], bars: int, low: bool) -> list[Part]:
    """`bars` of groove: some with a fill, a pause of bass or kick, a fall of level."""
    if not low:
        return [Part(bars, "groove", base)]
    kind = str(rng.choice(["plain", "fill", "two bars", "no bass", "bass alone", "level", "lead"]))
    half = bars // 2
    if kind == "fill":
        return [
            Part(half - 1, "groove", base),
            Part(1, "groove", base - {"kick", "bass"} | {"roll"}),
            Part(half, "groove", base),
        ]
    if kind == "two bars":
        return [
            Part(half, "groove", base),
            Part(2, "groove", base - {"kick"}),
            Part(bars - half - 2, "groove", base | {"lead"}),
        ]
    if kind == "no bass":
        return [Part(half, "groove", base - {"bass"} | {"lead"}), Part(bars - half, "groove", base)]
    if kind == "bass alone":
        return [Part(half, "groove", base), Part(bars - half, "groove", base - {"kick"})]
    if kind == "level":
        return [Part(half, "groove", base), Part(bars - half, "groove", base, gain=float(rng.uniform(-15, -6)))]
    return [Part(bars, "groove", base | ({"lead"} if kind == "lead" else set()))]


def interlude(rng: Generator, base: set[str], phrase: int) -> list[Part]:
    """A break, perhaps a build, and the drop after them."""
    layers, traits = BREAKS[str(rng.choice(list(BREAKS)))]
    traits = set(traits) | ({"blip"} if rng.uniform() < 0.5 else set()) | ({"impact"} if rng.uniform() < 0.4 else set())
    gain = float(rng.uniform(-6, 0)) + (4.0 if "loud" in traits else 0.0)
    cut = float(rng.uniform(200, 500)) if "cut" in traits else 0.0
    parts = [Part(phrase, "break", set(layers), gain, cut, traits=traits)]
    if rng.uniform() < 0.6:
        layers, traits = BUILDS[str(rng.choice(list(BUILDS)))]
        traits = set(traits) | ({"pause"} if rng.uniform() < 0.4 else set())
        parts.append(Part(phrase, "build", set(layers), float(rng.uniform(-4, 2)), traits=traits))
    kind = str(rng.choice(DROPS))
    drop = {"kick only": {"kick", "hat", "lead"}, "bass first": base - {"kick"} | {"crash"}}.get(kind, base | {"crash"})
    return [*parts, Part(phrase, "drop", drop, half=kind == "half time")]
