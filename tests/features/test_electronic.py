"""Kicks and snares of electronic music with known times: the demo loop, and styles that nothing was tuned on."""

import importlib
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="module")
def electronic() -> ModuleType:
    """`bench/hearing/_electronic.py` as a module."""
    return importlib.import_module("bench.hearing._electronic")


@pytest.fixture(scope="module")
def demo(electronic: ModuleType) -> dict[str, Any]:
    return dict(electronic.bench_drums({"loop": electronic.demo()}))


def test_kicks_of_the_demo_loop_under_its_rolling_bass(demo: dict[str, Any]) -> None:
    assert demo["kicks"]["recall"] >= 0.85
    assert demo["kicks"]["precision"] >= 0.85
    assert demo["kicks"]["delay_ms_median"] <= 20.0


def test_snares_of_the_demo_loop(demo: dict[str, Any]) -> None:
    assert demo["snares"]["f_fired"] >= 0.7


@pytest.mark.slow
def test_styles_that_nothing_was_tuned_on(electronic: ModuleType) -> None:
    pieces = electronic.held_out(("dubstep", "techno", "electro", "garage"), (300, 301))
    result = electronic.bench_drums(pieces)
    assert result["kicks"]["f_fired_mean_of_tracks"] >= 0.85
    assert result["snares"]["f_fired_mean_of_tracks"] >= 0.75
    assert result["kicks"]["delay_ms_median"] <= 20.0
    assert result["snares"]["delay_ms_median"] <= 25.0


def test_kicks_stand_out_of_a_squelching_bass(electronic: ModuleType) -> None:
    pieces = electronic.held_out(("acid",))
    result = electronic.bench_drums(pieces)
    assert result["kicks"]["f_fired_mean_of_tracks"] >= 0.8
    assert result["snares"]["f_fired_mean_of_tracks"] >= 0.6
