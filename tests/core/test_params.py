import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vj.core.errors import ControlError
from vj.core.params import Param, addresses, declared, defaults, table

FADERS = [
    Param(0.5, 0.0, 2.0),
    Param(100.0, 20.0, 20000.0, curve="log"),
    Param(1.0, 0.0, 60.0, curve="square"),
    Param(3, 0, 10),
]


class Stage:
    address = "/stage"
    speed = Param(1.0, 0.0, 4.0, unit="rad/s", doc="How fast.")
    on = Param(True, doc="Whether.")
    colour = Param("red", choices=("red", "blue"), doc="Which.")
    hit = Param(0, kind="trigger", doc="Now.", address="/elsewhere/hit")


class Twin:
    address = "/stage"
    speed = Param(2.0, doc="The same address again.")


def test_kind_and_tag_follow_from_the_default() -> None:
    kinds = {name: (p.kind, p.type_tag) for name, p in declared(Stage).items()}
    assert kinds == {"speed": ("float", "f"), "on": ("toggle", "T"), "colour": ("choice", "s"), "hit": ("trigger", "N")}


def test_addresses_derive_from_the_stage() -> None:
    assert addresses(Stage)["speed"] == "/stage/speed"
    assert addresses(Stage)["hit"] == "/elsewhere/hit"


def test_two_stages_may_not_share_an_address() -> None:
    with pytest.raises(ControlError, match="two stages declare /stage/speed"):
        table([Stage, Twin])


def test_values_are_read_as_attributes() -> None:
    p = defaults(Stage).of(Stage)
    assert (p.speed, p.on, p.colour, p.hit) == (1.0, True, "red", 0)
    with pytest.raises(AttributeError, match="no parameter 'sped'"):
        _ = p.sped


@pytest.mark.parametrize("param", FADERS, ids=lambda p: p.curve)
@given(x=st.floats(0.0, 1.0))
def test_a_knob_reaches_what_it_says(param: Param, x: float) -> None:
    value = param.scale(x)
    assert param.lo <= value <= param.hi
    tolerance = 0.06 if param.kind == "int" else 1e-6
    assert abs(param.unscale(value) - x) <= tolerance


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_clamped(value: float) -> None:
    assert 0.0 <= Param(0.5, 0.0, 2.0).clamp(value) <= 2.0


@pytest.mark.parametrize("value", [math.nan, math.inf, "soon", None])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(ControlError):
        Param(0.5).clamp(value)  # type: ignore[arg-type]


def test_a_wrong_choice_names_the_nearest() -> None:
    with pytest.raises(ControlError) as caught:
        Param("slow", choices=("off", "slow", "fast")).clamp("fats")
    assert "fast" in caught.value.hint
