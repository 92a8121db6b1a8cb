from dataclasses import replace

from vj.core.params import Param, Snapshot
from vj.devices.osc._feedback import MAX_CLIENTS, RATE_HZ, Feedback
from vj.devices.osc.wire import read
from vj.devices.rest import QUIET_S, SETTLE_S

TABLE = {
    "/master/level": Param(1.0),
    "/master/blackout": Param(False),
    "/tempo/tap": Param(0, kind="trigger"),
    "/audio/agc": Param("off", choices=("off", "slow", "fast")),
    "/model/mix": Param(((0, 1.0),)),
}
START = Snapshot({address: param.default for address, param in TABLE.items()})
FADER = ("10.0.0.5", 9000)
TABLET = ("10.0.0.6", 9000)
TICK = 1.0 / RATE_HZ + 1e-6


def turned(**values: float | bool | str) -> Snapshot:
    return replace(START, values={**START.values, **{f"/master/{k}": v for k, v in values.items()}})


def sent(feedback: Feedback, snapshot: Snapshot, now: float) -> dict[tuple[str, int], dict[str, tuple[object, ...]]]:
    out: dict[tuple[str, int], dict[str, tuple[object, ...]]] = {}
    for place, packet in feedback.packets(snapshot, now):
        out.setdefault(place, {}).update({m.address: m.args for m in read(packet)})
    return out


def settled(*origins: tuple[str, int]) -> Feedback:
    """Feedback whose clients have everything already."""
    feedback = Feedback(TABLE)
    for origin in origins:
        feedback.sync(origin)
    feedback.packets(START, 0.0)
    return feedback


def test_a_new_client_is_told_everything_but_triggers() -> None:
    feedback = Feedback(TABLE)
    feedback.sync(FADER)
    dump = sent(feedback, START, 0.0)[("10.0.0.5", 7401)]
    assert dump == {
        "/master/level": (1.0,),
        "/master/blackout": (False,),
        "/audio/agc": ("off",),
        "/model/mix": (0, 1.0),
    }
    assert sent(feedback, START, 1.0) == {}


def test_an_empty_mix_is_not_sent_because_it_would_read_as_a_trigger() -> None:
    feedback = Feedback(TABLE)
    feedback.sync(FADER)
    empty = replace(START, values={**START.values, "/model/mix": ()})
    assert "/model/mix" not in sent(feedback, empty, 0.0)[("10.0.0.5", 7401)]


def test_the_first_message_of_a_stranger_brings_the_rest_too() -> None:
    feedback = Feedback(TABLE)
    feedback.heard(FADER, "/master/level", (1.0,), 0.0)
    assert set(sent(feedback, START, 0.0)[("10.0.0.5", 7401)]) == {"/master/blackout", "/audio/agc", "/model/mix"}


def test_a_change_goes_to_the_others_and_never_back_to_its_origin() -> None:
    feedback = settled(FADER, TABLET)
    now = 1.0
    for i in range(10):
        feedback.heard(FADER, "/master/level", (0.5 + i / 100,), now)
        told = sent(feedback, turned(level=0.5 + i / 100), now)
        assert set(told) == {("10.0.0.6", 7401)}
        now += TICK
    for _ in range(100):
        assert sent(feedback, turned(level=0.59), now) == {}
        now += TICK


def test_the_origin_learns_of_a_clamped_value_after_the_quiet_time() -> None:
    feedback = settled(FADER)
    feedback.heard(FADER, "/master/level", (3.0,), 1.0)
    assert sent(feedback, START, 1.0 + QUIET_S / 2) == {}
    assert sent(feedback, START, 1.0 + QUIET_S + TICK) == {("10.0.0.5", 7401): {"/master/level": (1.0,)}}


def test_a_gliding_value_is_not_told_to_the_finger_that_set_it() -> None:
    feedback = settled(FADER)
    feedback.heard(FADER, "/master/level", (0.0,), 1.0)
    now, level = 1.0, 1.0
    while level > 0.01:
        now, level = now + TICK, level * 0.8
        assert sent(feedback, turned(level=level), now) == {}
    assert now - 1.0 < SETTLE_S


def test_another_hand_is_told_to_a_client_that_also_spoke() -> None:
    feedback = settled(FADER)
    feedback.heard(FADER, "/master/level", (0.5,), 1.0)
    sent(feedback, turned(level=0.5), 1.0)
    sent(feedback, turned(level=0.5), 1.0 + QUIET_S + TICK)
    assert sent(feedback, turned(level=0.2), 2.0)[("10.0.0.5", 7401)]["/master/level"] != (0.5,)


def test_changes_are_coalesced() -> None:
    feedback = settled(FADER)
    times = [1.0 + i / 240 for i in range(240)]
    packets = [feedback.packets(turned(level=(i % 100) / 100), t) for i, t in enumerate(times)]
    assert 28 <= sum(map(len, packets)) <= 31


def test_a_query_is_answered_even_by_an_unchanged_value() -> None:
    feedback = settled(FADER, TABLET)
    feedback.ask(FADER, "/audio/agc")
    assert sent(feedback, START, 1.0) == {("10.0.0.5", 7401): {"/audio/agc": ("off",)}}


def test_sync_with_a_port_moves_that_client_only() -> None:
    feedback = settled(TABLET)
    feedback.sync(FADER, 9001)
    assert set(sent(feedback, START, 1.0)) == {("10.0.0.5", 9001)}
    feedback.heard(FADER, "/master/level", (0.5,), 2.0)
    assert set(sent(feedback, turned(level=0.5), 2.0)) == {("10.0.0.6", 7401)}


def test_clients_are_bounded_and_the_oldest_goes_first() -> None:
    feedback = settled(FADER)
    for i in range(MAX_CLIENTS):
        feedback.heard((f"10.1.0.{i}", 9000), "/master/level", (1.0,), 1.0)
    assert feedback.clients == MAX_CLIENTS
    assert ("10.0.0.5", 7401) not in sent(feedback, turned(level=0.1), 2.0)
