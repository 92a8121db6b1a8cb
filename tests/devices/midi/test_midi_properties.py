"""Properties of controls: whatever a hand does, the value is where the control says, by whichever way it says it."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mido import Message

from vj.core.params import Param
from vj.devices.midi._entry import read_entry
from vj.devices.midi.decode import Decoder
from vj.devices.midi.mapping import DeviceMap
from vj.engine.desk import Desk

PSI = "/latent/psi"
LEVELS = st.lists(st.integers(0, 16383), min_size=1, max_size=12)


def table() -> dict[str, Param]:
    from vj.apps.assemble import parameters

    return parameters()


TABLE = table()


class Hand:
    """One control of one device, and the desk that it plays."""

    def __init__(self, source: str, **keys: object) -> None:
        self.desk = Desk(TABLE, {"worlds": ["ink"]})
        entry = read_entry({"from": source, "to": PSI, **keys}, TABLE, "")
        self.decoder = Decoder(DeviceMap("", (entry,)), TABLE, "midi:thing")
        self.t = 0.0

    def play(self, *messages: Sequence[int]) -> float:
        """The place on the parameter's own scale, 0..1, afterwards."""
        for message in messages:
            self.t += 0.001
            for event in self.decoder.events(Message.from_bytes(list(message)), self.t):
                self.desk.apply(event)
        self.t += 0.1
        for event in self.decoder.late(self.t):
            self.desk.apply(event)
        return self.at

    @property
    def at(self) -> float:
        return TABLE[PSI].unscale(self.desk.current(PSI))


@given(levels=LEVELS, fine_first=st.booleans())
def test_fourteen_bits_come_through_whole_in_either_order(levels: list[int], fine_first: bool) -> None:
    hand = Hand("cc:1:7", kind="cc14", takeover="none")
    hand.play([0xB0, 7, 0], [0xB0, 39, 0]) if not fine_first else hand.play([0xB0, 39, 0], [0xB0, 7, 0])
    for level in levels:
        halves = [[0xB0, 7, level >> 7], [0xB0, 39, level & 127]]
        assert hand.play(*(reversed(halves) if fine_first else halves)) == pytest.approx(level / 16383, abs=1e-6)


@given(levels=LEVELS, number=st.integers(0, 16382))
def test_a_numbered_parameter_is_where_it_was_put(levels: list[int], number: int) -> None:
    hand = Hand(f"nrpn:1:{number}", takeover="none")
    choose = [[0xB0, 99, number >> 7], [0xB0, 98, number & 127]]
    for level in levels:
        at = hand.play(*choose, [0xB0, 6, level >> 7], [0xB0, 38, level & 127])
        assert at == pytest.approx(level / 16383, abs=1e-6)
    before = hand.at
    other = (number + 1) % 16383
    hand.play([0xB0, 99, other >> 7], [0xB0, 98, other & 127], [0xB0, 6, 3], [0xB0, 38, 3])
    assert hand.at == before


WAYS = {
    "relative": lambda n: n if n > 0 else 128 + n,
    "signed": lambda n: n if n > 0 else 64 - n,
    "relative64": lambda n: 64 + n,
}


@pytest.mark.parametrize("kind", sorted(WAYS))
@given(steps=st.lists(st.integers(-20, 20).filter(bool), max_size=30))
def test_an_endless_encoder_goes_as_many_steps_as_it_is_turned(kind: str, steps: list[int]) -> None:
    hand = Hand("cc:1:20", kind=kind)
    at = hand.at
    for step in steps:
        at = min(max(at + step / 127, 0.0), 1.0)
        assert hand.play([0xB0, 20, WAYS[kind](step)]) == pytest.approx(at, abs=1e-6)


@given(path=st.lists(st.integers(0, 127), min_size=1, max_size=40))
def test_a_knob_is_picked_up_and_never_makes_the_value_jump(path: list[int]) -> None:
    hand = Hand("cc:1:7")
    before, last = hand.at, None
    for level in path:
        x, at = level / 127, hand.play([0xB0, 7, level])
        caught = abs(x - before) <= 2 / 127 or (last is not None and min(last, x) <= before <= max(last, x))
        holds = last is not None and last == pytest.approx(before, abs=1e-6)
        assert at == pytest.approx(x if caught or holds else before, abs=1e-6)
        before, last = at, x


@given(path=st.lists(st.integers(0, 127), min_size=2, max_size=40))
def test_a_knob_that_nears_moves_as_the_hand_does_and_meets_at_the_ends(path: list[int]) -> None:
    hand = Hand("cc:1:7", takeover="scale")
    before = hand.at
    hand.play([0xB0, 7, path[0]])
    assert hand.at == pytest.approx(before, abs=2 / 127)  # its first word moves nothing
    for was, level in itertools.pairwise(path):
        before, at = hand.at, hand.play([0xB0, 7, level])
        assert (at - before) * (level - was) >= -2 / 127 * abs(level - was)
        if level in (0, 127) and level != was:
            assert at == pytest.approx(level / 127, abs=1e-6)
