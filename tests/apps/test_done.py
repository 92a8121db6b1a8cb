"""The line that says what was just done, of a real desk."""

import pytest

from vj.apps.assemble import Settings, assemble
from vj.apps.panel.done import SHOWN, Done
from vj.core.types import Event
from vj.engine.desk import Desk


@pytest.fixture(scope="module")
def desk() -> Desk:
    return assemble(Settings(bundle="testcard", director="manual", size=(64, 36), threads=1), 48000)[1]


SAID = (
    (Event("/look", ("ember_drum",), "web:1"), "look Ember Drum, fades in 2 beats"),
    (Event("/look/pad", (0,), "key"), "look Cathedral, fades in 2 beats"),
    (Event("/model/class", ("bars",), "osc:127.0.0.1:9000"), "class bars"),
    (Event("/latent/psi", (0.8,), "midi:nanoKONTROL2"), "psi 0.80 (nanoKONTROL2)"),
    (Event("/fx/bloom/gain", (0.25,), "key"), "bloom gain 0.25"),
    (Event("/master/freeze", ("toggle",), "key"), "freeze on"),
    (Event("/master/panic", (), "key"), "panic"),
    (Event("/preset/3/store", (), "key"), "preset 3 stored"),
    (Event("/preset/3/recall", (), "key"), "preset 3"),
    (Event("/latent/reseed", (), "osc:127.0.0.1:9000"), "another walk"),
    (Event("/audio/gain", (6.0,), "key"), "gain 6 dB"),
)


@pytest.mark.parametrize(("event", "said"), SAID, ids=[event.address for event, _ in SAID])
def test_what_was_done_is_said_for_a_while(desk: Desk, event: Event, said: str) -> None:
    done = Done(desk)
    assert desk.apply(event)
    done.note(event, 100.0)
    desk.tick(desk.time + 0.1)
    assert done.line(100.0 + 0.9 * SHOWN) == said
    assert done.line(100.0 + 1.1 * SHOWN) == ""


def test_nobody_is_told_of_what_no_hand_did(desk: Desk) -> None:
    done = Done(desk)
    for event in (Event("/quality/rung", (1,), "governor"), Event("/window/hud", ("toggle",), "key"), Event("/look")):
        done.note(event, 1.0)
    assert done.line(1.0) == ""
