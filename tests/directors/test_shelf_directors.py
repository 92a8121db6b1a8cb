"""Every director on the shelf: documented, in range, deterministic, alive and never wild."""

from functools import cache

import numpy as np
import pytest

from vj.core import shelf
from vj.core.params import declared, defaults
from vj.core.types import Controls, Features, LatentSpec
from vj.engine.analyzer import Analyzer
from vj.engine.console import full_table
from vj.engine.walker import Walker

NAMES = shelf.names("directors")
SPECS = [
    LatentSpec(("coarse", "middle", "fine"), (4, 4, 4), 16, ("ink", "aurora", "metal")),
    LatentSpec(("all",), (1,), 2, ("only",)),
    LatentSpec(tuple(f"layer {n}" for n in range(14)), (1,) * 14, 512, tuple(f"class {n}" for n in range(1000))),
]
RATE = 48000


@cache
def music(seconds: float = 4.0) -> list[Features]:
    """What is heard of a kick at 120 BPM with hats and a chord, a second of silence at the end."""
    t = np.arange(int(RATE * seconds)) / RATE
    rng = np.random.default_rng(1)
    kick = np.sin(2 * np.pi * 55 * t) * np.exp(-(t % 0.5) / 0.08)
    hats = rng.standard_normal(len(t)) * np.exp(-(t % 0.25) / 0.02) * 0.2
    chord = sum(np.sin(2 * np.pi * f * t) for f in (220, 277, 330, 880)) * 0.08
    sound = ((kick + hats + chord) * 0.4 * (t < seconds - 1.0)).astype(np.float32)
    analyzer = Analyzer(RATE)
    snapshot = defaults(*analyzer.stages)
    hop = analyzer.hop_length
    return [analyzer.step(sound[i : i + hop], snapshot) for i in range(0, len(sound) - hop, hop)]


def run(name: str, spec: LatentSpec, every: int = 1, reactivity: float = 1.0) -> list[Controls]:
    director = shelf.load("directors", name)(spec, np.random.default_rng(3))
    p = defaults(type(director)).of(type(director))
    return [director.step(f, f.dt * every, p, reactivity) for f in music()[::every]]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_documented_and_its_parameters_are_sane(name: str) -> None:
    kind = shelf.load("directors", name)
    assert kind.__doc__
    assert kind.address == f"/director/{name}"
    for attribute, param in declared(kind).items():
        assert param.doc, attribute
        assert param.clamp(param.default) == param.default, attribute
    assert f"/director/{name}/" in " ".join(full_table())


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: f"{len(s.groups)} groups")
@pytest.mark.parametrize("name", NAMES)
def test_controls_have_the_right_shapes_and_ranges(name: str, spec: LatentSpec) -> None:
    for c in run(name, spec):
        assert c.motion.shape == (len(spec.groups),)
        assert np.isfinite(c.motion).all()
        assert (c.motion >= 0).all()
        for moved in (c.stride, c.length):
            assert moved is None or (moved.shape == c.motion.shape and np.isfinite(moved).all() and (moved >= 0).all())
        assert c.directions is None or c.directions.shape == (len(spec.directions),)
        assert abs(c.psi) <= 1.0
        assert c.mix is None or (c.mix.shape == (len(spec.classes),) and np.isfinite(c.mix).all())
        assert c.target is None or c.target.shape == (len(spec.groups), spec.z_dim)
        assert c.pull is None or ((c.pull >= 0) & (c.pull <= 1)).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_controls(name: str) -> None:
    for a, b in zip(run(name, SPECS[0]), run(name, SPECS[0]), strict=True):
        np.testing.assert_array_equal(a.motion, b.motion)
        assert (a.psi, a.cut) == (b.psi, b.cut)


def travelled(controls: list[Controls]) -> np.ndarray:
    """[G] turns asked for in all."""
    return np.sum([c.motion + (0.0 if c.stride is None else c.stride) for c in controls], axis=0)


@pytest.mark.parametrize("name", [n for n in NAMES if n != "manual"])
def test_it_walks_as_far_when_it_is_asked_less_often(name: str) -> None:
    often, seldom = travelled(run(name, SPECS[0])), travelled(run(name, SPECS[0], every=3))
    np.testing.assert_allclose(seldom, often, rtol=0.25)


def way(name: str, reactivity: float) -> float:
    """Radians that the walker walks in all."""
    walker, snapshot = Walker(SPECS[0]), defaults(Walker)
    z = [walker.step(f.dt, c, snapshot).z for f, c in zip(music(), run(name, SPECS[0], 1, reactivity), strict=True)]
    return float(np.linalg.norm(np.diff(z, axis=0), axis=2).sum()) / 4.0


@pytest.mark.parametrize("name", [n for n in NAMES if n != "manual"])
def test_sound_moves_it_and_reactivity_scales_that(name: str) -> None:
    still, moved, wild = (way(name, reactivity) for reactivity in (0.0, 1.0, 2.0))
    assert moved > 1.5 * still > 0.0
    assert wild > 1.1 * moved


def test_style_walk_sends_each_band_to_its_layers() -> None:
    """Bass moves coarse in both maps; the mids move middle in the README's and fine in the YAML's."""
    kind = shelf.load("directors", "style_walk")
    director = kind(SPECS[0], np.random.default_rng(0))
    shares = {}
    for layout in ("readme", "style_yaml"):
        values = {**defaults(kind).values, "/director/style_walk/map": layout, "/director/style_walk/snare": 0.0}
        values["/director/style_walk/idle"] = 0.0
        p = type(defaults(kind))(values).of(kind)
        shares[layout] = np.sum([director.step(f, f.dt, p, 1.0).stride for f in music()], axis=0)
    assert shares["readme"][1] > 0
    assert shares["readme"][2] == 0
    assert shares["style_yaml"][1] == 0
    assert shares["style_yaml"][2] == shares["readme"][1]
    assert shares["style_yaml"][0] == shares["readme"][0] > 0


def visited(name: str, phrase: int | None = None) -> list[int | None]:
    """Classes that a director asks for at beats 0, 63, 64, 128 and 192, where bars of four begin at beat 0."""
    from dataclasses import replace

    from vj.features.state import State
    from vj.features.tempo import Tempo

    kind = shelf.load("directors", name)
    director = kind(SPECS[0], np.random.default_rng(0))
    values = dict(defaults(kind).values) | ({} if phrase is None else {f"/director/{name}/phrase": phrase})
    p = type(defaults(kind))(values).of(kind)
    last, seen = music()[-1], []
    for beat in (0, 63, 64, 128, 192):
        bars = replace(last[State], downbeat=0, metre=4)
        heard = {**last.records, Tempo: replace(last[Tempo], beat=beat), State: bars}
        mix = director.step(replace(last, records=heard), 0.01, p, 1.0).mix
        seen.append(None if mix is None else int(np.argmax(mix)))
    return seen


@pytest.mark.parametrize("name", ["drift", "style_walk"])
def test_it_visits_another_class_each_phrase(name: str) -> None:
    seen = visited(name)
    assert seen[0] == seen[1]
    assert len(set(seen[1:4])) == 3
    assert seen[4] == seen[0]


@pytest.mark.parametrize("name", ["drift", "style_walk"])
def test_it_leaves_the_class_alone_without_phrases(name: str) -> None:
    assert visited(name, phrase=0) == [None] * 5
