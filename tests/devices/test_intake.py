"""A flood of wishes: the picture goes on, and of two hands the quiet one is heard."""

import queue
import time

from vj.core.types import Event
from vj.devices.intake import WAITING, Intake


def test_wishes_come_in_their_order_where_there_is_time() -> None:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    intake = Intake(events)
    assert not intake
    for n in range(50):
        events.put(Event("/a", (n,), f"osc:{n % 3}"))
    assert intake
    assert [event.args[0] for event in intake.take(60.0)] == list(range(50))
    assert not intake


def test_a_flood_holds_up_its_own_only_and_its_oldest_are_lost() -> None:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    intake = Intake(events)
    for n in range(3 * WAITING):
        events.put(Event("/flood", (n,), "osc:1"))
    events.put(Event("/fader", (1,), "midi:1"))
    assert len(list(intake.take(0.0))) == 1  # a frame with no time left does one thing yet
    assert intake.lost == 2 * WAITING - 1
    seen = []
    for _ in range(2):
        seen += [event.address for event in intake.take(0.0)]
    assert "/fader" in seen
    left = [event.args[0] for event in intake.take(60.0)]
    assert left[-1] == 3 * WAITING - 1
    assert left == sorted(left)


def test_what_a_flood_left_over_can_be_forgotten() -> None:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    intake = Intake(events)
    for n in range(100):
        events.put(Event("/flood", (n,), "osc:1"))
    list(intake.take(0.0))
    events.put(Event("/panic", (), "midi:1"))
    done = []
    while intake:
        for event in intake.take(0.0):
            done.append(event.address)
            if event.address == "/panic":
                intake.forget()
                events.put(Event("/fader", (), "osc:1"))
    assert done[-2:] == ["/panic", "/fader"]
    assert len(done) < 10


def test_a_source_that_never_stops_does_not_hold_a_frame_for_ever() -> None:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    events.put(Event("/again", (), "osc:1"))
    taken = 0
    for _ in Intake(events).take(0.02):
        events.put(Event("/again", (), "osc:1"))  # there is always another
        time.sleep(0.001)
        taken += 1
    assert taken == 1


def test_what_took_long_is_made_up_for_while_others_wait() -> None:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    intake = Intake(events)
    for n in range(3):
        events.put(Event("/slow", (n,), "osc:1"))
    for _ in intake.take(0.001):
        time.sleep(0.004)
    assert list(intake.take(0.001)) == []
    while not (taken := list(intake.take(0.001))):
        pass
    assert taken[0].args == (1,)
