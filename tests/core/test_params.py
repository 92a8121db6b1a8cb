import copy
import math
import pickle
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vj.core.errors import ControlError
from vj.core.params import Param, Snapshot, Values, addresses, declared, defaults, table

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


def test_a_parameter_knows_its_address() -> None:
    assert (Stage.speed.key, Stage.hit.key) == ("/stage/speed", "/elsewhere/hit")
    assert Param(1.0, address="/a/b").key == "/a/b"


def test_a_value_is_read_by_its_declaration() -> None:
    snapshot = Snapshot({"/stage/speed": 2.0, "/elsewhere/hit": 3})
    assert (snapshot[Stage.speed], snapshot[Stage.hit], snapshot["/stage/speed"]) == (2.0, 3, 2.0)
    with pytest.raises(KeyError, match="/stage/on"):
        _ = snapshot[Stage.on]


def test_what_no_class_declares_has_no_address() -> None:
    for lost in (Param(0.5), replace(Stage.speed, hi=9.0)):
        with pytest.raises(ControlError, match="a parameter has 0 addresses"):
            _ = Snapshot({})[lost]


def test_what_several_classes_declare_is_read_by_any_of_them() -> None:
    shared = Param(1.0)
    kinds = [type(f"K{n}", (), {"address": f"/k/{n}", "x": shared}) for n in range(3)]
    assert list(table(kinds)) == ["/k/0/x", "/k/1/x", "/k/2/x"]
    assert [Snapshot({f"/k/{n}/x": n for n in range(3)}).of(kind).x for n, kind in enumerate(kinds)] == [0, 1, 2]
    with pytest.raises(ControlError, match="3 addresses: /k/0/x, /k/1/x, /k/2/x"):
        _ = shared.key


def test_an_address_makes_no_other_parameter_of_it() -> None:
    bare = Param(1.0, 0.0, 4.0, unit="rad/s", doc="How fast.")
    assert bare == Stage.speed
    assert hash(bare) == hash(Stage.speed)
    assert repr(bare) == repr(Stage.speed)
    for again in (pickle.loads(pickle.dumps(Stage.speed)), copy.deepcopy(Stage.speed)):
        assert again == Stage.speed
        assert again.key == "/stage/speed"


def test_a_declaration_is_itself_wherever_it_is_asked_for() -> None:
    assert Stage.speed is vars(Stage)["speed"]
    assert Stage().speed is Stage.speed


def test_a_stage_may_call_its_values_so() -> None:
    """As stages of others were told to: `p: Values`."""

    class Theirs:
        address = "/theirs"
        speed = Param(2.0)

        def step(self, p: Values) -> float:
            return float(p.speed) * 2.0

    p = defaults(Theirs).of(Theirs)
    assert isinstance(p, Values)
    assert Theirs().step(p) == 4.0


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
