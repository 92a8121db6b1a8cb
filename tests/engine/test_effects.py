"""Shader headers become parameters."""

import json
from pathlib import Path
from typing import Any

import pytest

from vj.core.errors import OutputError
from vj.core.params import addresses, declared
from vj.engine.finish.effects import Effect, effects, is_effect

INPUTS = [
    {"NAME": "inputImage", "TYPE": "image"},
    {"NAME": "played", "TYPE": "float", "DEFAULT": 0.0},
    {"NAME": "gain", "TYPE": "float", "DEFAULT": 0.2, "MIN": 0.0, "MAX": 0.8, "LABEL": "How much", "UNIT": "x"},
    {"NAME": "mode", "TYPE": "long", "DEFAULT": 2, "VALUES": [0, 2, 5], "LABELS": ["off", "two", "five"]},
    {"NAME": "count", "TYPE": "long", "DEFAULT": 3, "MIN": 1, "MAX": 9},
    {"NAME": "flip", "TYPE": "bool", "DEFAULT": True},
]


def one(folder: Path, inputs: list[dict[str, Any]], categories: tuple[str, ...] = ("Finish",)) -> tuple[Effect, ...]:
    header = json.dumps({"CATEGORIES": categories, "INPUTS": inputs})
    (folder / "glow.fs").write_text(f"/*{header}*/\nvoid main() {{}}\n")
    effects.cache_clear()
    return effects(folder)


def test_inputs_with_a_range_are_parameters_and_the_rest_the_hosts(tmp_path: Path) -> None:
    (effect,) = one(tmp_path, INPUTS)
    params = declared(effect.stage)
    assert set(params) == {"gain", "mode", "count", "flip"}
    gain = params["gain"]
    assert (gain.default, gain.lo, gain.hi, gain.doc, gain.unit) == (0.2, 0.0, 0.8, "How much.", "x")
    assert gain.smooth > 0
    assert (params["mode"].kind, params["mode"].default, params["mode"].choices) == (
        "choice",
        "two",
        ("off", "two", "five"),
    )
    assert (params["count"].kind, params["flip"].kind) == ("int", "toggle")
    assert addresses(effect.stage)["gain"] == "/fx/glow/gain"
    assert [effect.number("mode", word) for word in ("off", "two", "five")] == [0, 2, 5]
    assert effect.number("gain", 0.5) == 0.5
    assert effect.number("flip", False) is False


def test_other_categories_are_left_alone(tmp_path: Path) -> None:
    assert one(tmp_path, INPUTS, ("Blur",)) == ()


def test_follow_is_a_binding(tmp_path: Path) -> None:
    follow = {"from": "bands.bass.hits", "amount": 0.25, "attack": 0.02, "release": 0.5}
    (effect,) = one(tmp_path, [{**INPUTS[2], "FOLLOW": follow}])
    (binding,) = effect.bindings
    assert (binding.source, binding.address, binding.amount) == ("bands.bass.hits", "/fx/glow/gain", 0.25)
    assert (binding.attack, binding.release) == (0.02, 0.5)


@pytest.mark.parametrize(
    "follow",
    [
        {"from": "bands.bass"},
        {"amount": 0.2},
        {"from": "bands.bass", "amount": "x"},
        {"from": "bands.bass", "amount": 10**400},
        3,
    ],
)
def test_a_follow_that_binds_nothing_is_told_by_file(tmp_path: Path, follow: object) -> None:
    with pytest.raises(OutputError, match="FOLLOW binds nothing") as told:
        one(tmp_path, [{**INPUTS[2], "FOLLOW": follow}])
    assert "glow.fs" in told.value.where


@pytest.mark.parametrize(
    "broken",
    [
        {"NAME": "x", "TYPE": "float", "MIN": 0, "MAX": 1},
        {"NAME": "x", "TYPE": "long", "DEFAULT": 7, "VALUES": [1], "LABELS": ["a"]},
        {"NAME": "x", "TYPE": "float", "DEFAULT": 0.1, "MIN": 0, "MAX": 1, "CURVE": "bent"},
        {"NAME": "x", "TYPE": "long", "VALUES": [0, 1], "LABELS": ["a"]},
        {"NAME": "x", "TYPE": "long", "VALUES": [0], "LABELS": ["a", "b"]},
        {"NAME": "x", "TYPE": "long", "MIN": 0, "MAX": 10**400, "DEFAULT": 1},
        {"NAME": "x", "TYPE": "float", "MIN": 0, "MAX": 10**400, "DEFAULT": 1},
    ],
)
def test_a_header_that_makes_no_sense_is_told_by_file_and_input(tmp_path: Path, broken: dict[str, Any]) -> None:
    with pytest.raises(OutputError) as told:
        one(tmp_path, [broken])
    assert "'x'" in told.value.what
    assert "glow.fs" in told.value.where


def test_whole_numbers_are_held_within_those_of_glsl(tmp_path: Path) -> None:
    far = {"NAME": "x", "TYPE": "long", "VALUES": [0, 5_000_000_000], "LABELS": ["a", "b"], "DEFAULT": 0}
    (effect,) = one(tmp_path, [far, {"NAME": "y", "TYPE": "long", "MIN": 0, "MAX": 9_000_000_000, "DEFAULT": 1}])
    assert effect.number("x", "b") == 2**31 - 1
    assert declared(effect.stage)["y"].hi == 2**31 - 1


def test_what_belongs_to_an_effect() -> None:
    assert is_effect("/fx/bloom/gain")
    assert not is_effect("/fx/on")
    assert not is_effect("/latent/psi")


def test_numbers_are_read_as_what_they_must_be(tmp_path: Path) -> None:
    """As other editors write them: 1 and 1.0 for true, a float for a long, whole floats, no labels."""
    odd = [
        {"NAME": "on", "TYPE": "bool", "DEFAULT": 1},
        {"NAME": "off", "TYPE": "bool", "DEFAULT": 0.0},
        {"NAME": "count", "TYPE": "long", "DEFAULT": 3.0, "MIN": 1.0, "MAX": 9.0},
        {"NAME": "mode", "TYPE": "long", "DEFAULT": 2.0, "VALUES": [0, 2, 5]},
        {"NAME": "gain", "TYPE": "float", "DEFAULT": 1, "MIN": 0, "MAX": "2"},
    ]
    (effect,) = one(tmp_path, odd)
    params = declared(effect.stage)
    assert [params[name].kind for name in ("on", "off", "count", "mode", "gain")] == [
        "toggle",
        "toggle",
        "int",
        "choice",
        "float",
    ]
    assert [params[name].default for name in ("on", "off", "count", "mode", "gain")] == [True, False, 3, "2", 1.0]
    assert effect.number("mode", "5") == 5


@pytest.mark.parametrize(
    ("kind", "default"),
    [("float", "loud"), ("long", None), ("color", [1, 0]), ("point2D", "middle"), ("bool", [1]), ("float", 1e999)],
)
def test_a_default_that_is_no_number_is_told_by_file_and_input(tmp_path: Path, kind: str, default: object) -> None:
    entry = {"NAME": "x", "TYPE": kind, "DEFAULT": default, "MIN": 0, "MAX": 1}
    with pytest.raises(OutputError) as told:
        one(tmp_path, [entry])
    assert "'x'" in told.value.what
    assert "glow.fs" in told.value.where
