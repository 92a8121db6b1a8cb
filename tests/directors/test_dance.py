"""Does what is walked dance to what is heard? Drums played alone, through real ears, director and walker."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d, uniform_filter1d
from tests_tracks import heard

from vj.core import shelf
from vj.core.params import defaults
from vj.core.sphere import angles, unit
from vj.core.types import F32, F64, LatentSpec
from vj.engine.walker import Walker

RATE, FPS = 48000, 60
BEAT = 60.0 / 125.0
TURNS = (0.45, 0.75, 1.15)
SPEC = LatentSpec(("coarse", "middle", "fine"), (4, 4, 4), 16, ("ink", "neon"), turns=TURNS)


def stem(kind: str, seconds: float = 24.0) -> tuple[F32, F64]:
    """A drum alone at 125 BPM: the sound, and the times of its hits. A faint hum lies under it."""
    rng = np.random.default_rng(3)
    t = np.arange(int(seconds * RATE)) / RATE
    every = {"kick": BEAT, "hats": BEAT / 2}[kind]
    since = t % every
    if kind == "kick":
        sound = 0.7 * np.sin(2 * np.pi * (50 * since - 1.6 * np.exp(-since / 0.02))) * np.exp(-since / 0.09)
    else:
        noise = np.diff(rng.standard_normal(len(t)), n=2, prepend=[0.0, 0.0])
        sound = 0.1 * noise * np.exp(-since / 0.02)
    return (sound + 1e-3 * rng.standard_normal(len(t))).astype(np.float32), np.arange(0.0, seconds, every)


def walked(director: str, sound: F32) -> F64:
    """[n, G] turns that each group moves from frame to frame, 60 a second."""
    kind = shelf.load("directors", director)
    snapshot, hops = defaults(kind, Walker), heard(sound)
    play, walker, p = kind(SPEC, np.random.default_rng(1)), Walker(SPEC), snapshot.of(kind)
    path, newest = [], 0
    for frame in range(int(len(sound) / RATE * FPS)):
        while newest + 1 < len(hops) and hops[newest + 1].t <= (frame + 1) / FPS:
            newest += 1
        controls = play.step(hops[newest], 1 / FPS, p, 1.0)
        path.append(unit(walker.step(1 / FPS, controls, snapshot).z.astype(np.float64)))
    return np.asarray(angles(np.array(path)[1:], np.array(path)[:-1]) / np.array(TURNS))


def together(moved: F64, hits: F64) -> float:
    """Best correlation of `moved` [n] with hits at seconds `hits`, at most 17 ms early and 50 ms late.

    Both are smoothed with 33 ms and freed of their mean over 2 s: the dance correlation, taken at the latent.
    """
    struck = np.zeros(len(moved) + 1)
    np.add.at(struck, np.minimum(np.ceil(hits * FPS).astype(int), len(moved)), 1.0)

    def conditioned(x: F64) -> F64:
        smooth = gaussian_filter1d(x, 0.033 * FPS, mode="nearest")
        return np.asarray(smooth - uniform_filter1d(smooth, 2 * FPS, mode="nearest"))

    o, d = conditioned(struck[1:]), conditioned(moved)
    skip = 6 * FPS  # until the tempo is found
    return max(float(np.corrcoef(np.roll(o, lag)[skip:], d[skip:])[0, 1]) for lag in range(-1, 4))


@pytest.fixture(scope="module")
def alone() -> dict[str, F64]:
    return {kind: walked("pulse", stem(kind)[0]) for kind in ("kick", "hats")}


def test_the_kick_alone_moves_coarse_and_hats_alone_move_fine(alone: dict[str, F64]) -> None:
    """With what it moves from hit to hit they go together by .8 and more."""
    for kind, group in (("kick", 0), ("hats", 2)):
        assert together(alone[kind][:, group], stem(kind)[1]) >= 0.8


def test_scale_follows_the_band(alone: dict[str, F64]) -> None:
    """Coarse over fine is more than twice as much with the kick alone as with hats alone."""
    means = {kind: moved[6 * FPS :].mean(axis=0) for kind, moved in alone.items()}
    ratio = (means["kick"][0] / means["kick"][2]) / (means["hats"][0] / means["hats"][2])
    assert ratio >= 2.0
    assert means["kick"][0] > 1.5 * means["kick"][2]
    assert means["hats"][2] > 1.5 * means["hats"][0]


def test_style_walk_dances_too() -> None:
    moved = walked("style_walk", stem("kick")[0])
    assert together(moved[:, 0], stem("kick")[1]) >= 0.8


def test_no_pulse_in_silence_but_never_a_still(alone: dict[str, F64]) -> None:
    quiet = walked("pulse", np.zeros(8 * RATE, np.float32))[3 * FPS :]
    assert quiet.min() > 0.0
    assert 0.03 < quiet.mean() / alone["kick"][6 * FPS :].mean() < 0.25
