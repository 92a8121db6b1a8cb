import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message_builder import OscMessageBuilder

from vj.devices.osc.wire import MAX_BUNDLE, Message, bundles, read

IMMEDIATE = b"#bundle\0" + bytes(7) + b"\1"


def element(body: bytes) -> bytes:
    return struct.pack(">i", len(body)) + body


def test_every_type_is_read() -> None:
    packet = b"/a/b\0\0\0\0,ifsTFNId\0\0\0" + struct.pack(">if", 3, 0.5) + b"hi\0\0" + struct.pack(">d", 2.25)
    assert read(packet) == [Message("/a/b", (3, 0.5, "hi", True, False, 2.25))]


def test_a_message_without_type_tags_is_a_trigger() -> None:
    assert read(b"/tempo/tap\0\0") == [Message("/tempo/tap")]
    assert read(b"/tempo/tap\0\0,\0\0\0") == [Message("/tempo/tap")]
    assert read(b"/tempo/tap\0\0,N\0\0") == [Message("/tempo/tap")]


def test_a_bundle_gives_its_messages_in_order_with_their_time() -> None:
    later = b"#bundle\0" + struct.pack(">II", 2208988800 + 1000, 1 << 31)
    packet = later + element(b"/a\0\0,T\0\0") + element(IMMEDIATE + element(b"/b\0\0,F\0\0"))
    assert read(packet) == [Message("/a", (True,), 1000.5), Message("/b", (False,), 0.0)]


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"hello\0\0\0",
        b"/a",
        b"/a\0\0,f\0\0",
        b"/a\0\0f\0\0\0",
        b"/a\0\0,b\0\0\0\0\0\0",
        b"/a\0\0,f\0\0\x7f\xc0\0\0",  # NaN
        b"#bundle\0",
        IMMEDIATE + b"\0\0",
        IMMEDIATE + struct.pack(">i", -4),  # python-osc's own reader never comes back from this one
        IMMEDIATE + struct.pack(">i", 400) + b"/a\0\0",
    ],
)
def test_nonsense_is_told_and_nothing_worse(packet: bytes) -> None:
    (message,) = read(packet)
    assert message.problem
    assert message.args == ()


GOOD = b"/a\0\0,T\0\0"


def test_deep_nesting_is_told() -> None:
    packet = GOOD
    for _ in range(2000):
        packet = IMMEDIATE + element(packet)
    assert [bool(message.problem) for message in read(packet)] == [True]
    assert read(IMMEDIATE + element(packet[:60000]) + element(GOOD))[1:] == [Message("/a", (True,))]


@pytest.mark.parametrize(
    "bad",
    [
        b"/a\0\0,b\0\0" + struct.pack(">i", 3) + b"abc\0",
        b"/a\0\0,r\0\0\1\2\3\4",
        b"/a\0\0,m\0\0\0\x90\1\1",
        b"/a\0\0,t\0\0" + bytes(8),
        b"/a\0\0,f\0\0\x7f\xc0\0\0",  # NaN
        b"/a\0\0,d\0\0\x7f\xf0\0\0\0\0\0\0",  # infinity
        b"/a\0\0,[ff\0\0\0\0" + bytes(8),
        b"/a\0\0,]\0\0",
        b"/a\0\0,c\0\0\0\0\xd8\0",
        b"/a\0\0,Q\0\0",
        b"/a\0\0,i\0\0\0\0",
        b"no address",
        IMMEDIATE + struct.pack(">i", 400) + b"/a\0\0",
        IMMEDIATE + b"\0\0",
    ],
)
def test_what_cannot_be_read_costs_itself_only(bad: bytes) -> None:
    before, inside, after = read(IMMEDIATE + element(GOOD) + element(bad) + element(GOOD))
    assert (before, after) == (Message("/a", (True,)), Message("/a", (True,)))
    assert inside.problem
    nested = read(IMMEDIATE + element(IMMEDIATE + element(GOOD) + element(bad)) + element(GOOD))
    assert [bool(message.problem) for message in nested] == [False, True, False]


def test_a_broken_size_costs_what_follows_it_in_its_bundle() -> None:
    inner = IMMEDIATE + element(GOOD) + struct.pack(">i", -8) + GOOD
    assert [bool(m.problem) for m in read(IMMEDIATE + element(inner) + element(GOOD))] == [False, True, False]
    assert read(IMMEDIATE + element(b"") + element(GOOD)) == [Message("/a", (True,))]


def test_arrays_characters_and_latin_1_are_read_as_what_they_hold() -> None:
    array = b"/a\0\0,[f[s]]\0" + struct.pack(">f", 0.5) + b"hi\0\0"
    assert read(array)[0].args == (0.5, "hi")
    assert read(b"/a\0\0,chS\0\0\0\0" + struct.pack(">iq", 65, 1 << 40) + b"x\0\0\0")[0].args == ("A", 1 << 40, "x")
    assert read(b"/a\0\0,s\0\0caf\xe9\0\0\0\0")[0].args == ("café",)


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: IMMEDIATE + tail))
def test_any_bytes_give_messages_or_words(packet: bytes) -> None:
    assert all(message.problem or message.address.startswith("/") for message in read(packet))


ADDRESSES = st.from_regex(r"\A/[a-z]{1,8}/[a-z]{1,8}\Z")
ARGS = st.integers(-(2**31), 2**31 - 1) | st.booleans() | st.floats(width=32, allow_nan=False, allow_infinity=False)
WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


@given(ADDRESSES, st.lists(ARGS | WORDS, max_size=6))
def test_what_python_osc_writes_is_read_back(address: str, args: list[int | float | bool | str]) -> None:
    builder = OscMessageBuilder(address)
    for arg in args:
        builder.add_arg(arg)
    (message,) = read(builder.build().dgram)
    assert message.address == address
    assert list(message.args) == args


def test_many_values_go_in_several_bundles_that_each_fit_the_wire() -> None:
    values = [(f"/macro/{i}", i / 8) for i in range(200)]
    packets = bundles(values)
    assert len(packets) > 1
    assert max(map(len, packets)) <= MAX_BUNDLE
    assert [(m.address, m.args[0]) for packet in packets for m in read(packet)] == values
    assert all(OscBundle(packet).timestamp == 0 for packet in packets)


def test_values_keep_their_types() -> None:
    values = [("/f", 0.5), ("/i", 3), ("/t", True), ("/s", "slow"), ("/m", ((1, 0.25), (4, 0.75)))]
    (packet,) = bundles(values)
    assert [m.args for m in read(packet)] == [(0.5,), (3,), (True,), ("slow",), (1, 0.25, 4, 0.75)]
    assert bundles([]) == []
