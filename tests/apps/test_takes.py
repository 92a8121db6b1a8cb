"""Takes: what was laid over is what is played, and what was let go of is as it was recorded. No sound, no window."""

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vj.apps.assemble import Settings, parameters
from vj.apps.replay.comparing import compare, said, way
from vj.apps.replay.lanes import ALL, Layover, Moves, lane, merged, of_the_house
from vj.apps.replay.overdub import Mode
from vj.apps.replay.piece import Again, Read
from vj.apps.replay.playing import Replay
from vj.apps.replay.takes import numbers, read_take, script_of
from vj.core.errors import VjError
from vj.core.types import Cue, Event, Value
from vj.devices.audio.tape import Place
from vj.engine.cues.setlist import Setlist
from vj.engine.desk import Desk

CLASSES = {"testcard": ("rings", "bars", "grid")}
TABLE = parameters(replays=True)
CUES = Setlist(cues=(Cue("1", "one", {"/latent/psi": 0.2}), Cue("2", "two", {"/master/level": 0.4})))
FRAME, LENGTH = 0.25, 12.0
#: Of whole shows that are played through.
EXAMPLES = 20

#: Moves that a hand can make: of faders, of switches, of a class that has two addresses, of a macro that moves psi.
MOVES = st.one_of(
    st.builds(lambda x: Event("/latent/psi", (x,), "osc:1"), st.sampled_from([0.1, 0.5, 0.9])),
    st.builds(lambda x: Event("/master/level", (x,), "web:1"), st.sampled_from([0.0, 0.3, 1.0])),
    st.builds(lambda x: Event("/master/level", (x,), "midi:1", True), st.sampled_from([0.25, 0.75])),
    st.just(Event("/master/level", ("-", 0.125), "osc:1")),
    st.just(Event("/master/blackout", ("toggle",), "key")),
    st.builds(lambda n: Event("/model/class", (n,), "osc:1"), st.integers(0, 2)),
    st.just(Event("/model/mix", ("rings", 0.5, "bars", 0.25), "osc:1")),
    st.builds(lambda x: Event("/macro/1", (x,), "web:1"), st.sampled_from([0.0, 0.4])),
    st.builds(lambda a: Event("/desk/release", (a,), "web:1"), st.sampled_from(["/latent/psi", "/model/class"])),
)
#: Those that are done and over.
FIRES = st.sampled_from(
    [Event("/cue/go", (), "key"), Event("/latent/reseed", (), "osc:1"), Event("/desk/undo", (), "key")]
)
TIMES = st.integers(0, int(LENGTH / FRAME)).map(lambda n: n * FRAME)


def scripts(moves: st.SearchStrategy[Event], most: int = 14) -> st.SearchStrategy[Moves]:
    """Scripts of so many moves."""
    pairs = st.lists(st.tuples(TIMES, moves), max_size=most)
    return pairs.map(lambda some: tuple(sorted(some, key=lambda move: move[0])))


class ByHand:
    """A tape that is wound by the test."""

    playing, span, problem, length = True, None, "", LENGTH

    def __init__(self) -> None:
        self.place = Place(0.0)

    def at(self, wall: float) -> Place:
        return self.place

    def go(self, t: float) -> Place:
        self.place = Place(t, self.place.jump + 1)
        return self.place


Trace = list[dict[str, Value]]


def played(
    folder: Path, base: Moves, hands: Moves = (), mode: Mode = "read", take: int = 1, late: float = 0.0
) -> Trace:
    """The values asked for at every frame of a replay in which `hands` are laid on; frames come so much late."""
    desk, tape = Desk(dict(TABLE), CLASSES, CUES), ByHand()
    again = Again(folder, take, mode=mode, _read=Read(Settings(), folder, base))
    replay = Replay(desk, tape, again, lambda wound: None)  # type: ignore[arg-type]
    trace, left = [], list(hands)
    for n in range(int(LENGTH / FRAME) + 1):
        t = n * FRAME
        tape.place = Place(t + late, tape.place.jump, True)
        assert replay.step(0.0, t, 120.0)
        while left and left[0][0] <= t:
            replay.apply(left.pop(0)[1])
        desk.tick(t)
        trace.append({address: value for address, value in desk.wished.items() if not of_the_house(address)})
    replay.close()
    replay.takes.drain()
    return trace


def differences(one: Trace, other: Trace) -> list[tuple[int, str, Value, Value]]:
    """Frame, address and both values where they are not the same."""
    frames = enumerate(zip(one, other, strict=True))
    return [(n, name, a[name], b[name]) for n, (a, b) in frames for name in a if a[name] != b[name]]


@settings(max_examples=EXAMPLES)
@given(scripts(st.one_of(MOVES, FIRES)), scripts(st.one_of(MOVES, FIRES)), st.sampled_from(["touch", "latch", "write"]))
def test_a_take_plays_as_it_was_laid_over(base: Moves, hands: Moves, mode: Mode) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        live = played(folder, base, hands, mode)
        if len(numbers(folder)) == 1:
            assert live == played(folder, base)
        else:
            again = played(folder, base, take=2, late=0.01)
            assert not differences(again[:-1], live[:-1]), "the last moment is when all hands go off"


@settings(max_examples=EXAMPLES)
@given(scripts(st.one_of(MOVES, FIRES)), scripts(MOVES), st.sampled_from(["touch", "latch"]))
def test_what_is_let_go_of_is_as_it_was_recorded(base: Moves, hands: Moves, mode: Mode) -> None:
    """All hands are off before the last moves. A macro that hands move moves others, and letting go of what was
    recorded is a move: these are other matters."""
    hands = tuple((0.5 * t, event) for t, event in hands if not event.address.startswith(("/macro", "/desk")))
    base = tuple(move for move in base if move[1].address != "/desk/undo")
    off = tuple(
        (0.5 * LENGTH, Event("/desk/release", (name,), "web:9")) for name in {lane(event) for _, event in hands}
    )
    with TemporaryDirectory() as name:
        folder = Path(name)
        before = played(folder, base)
        after = played(folder, base, (*hands, *off) if mode == "latch" else hands, mode)
        assert not differences(after[-1:], before[-1:])
        first = hands[0][0] if hands else LENGTH
        assert after[: int(first / FRAME)] == before[: int(first / FRAME)]


LAYOVERS = st.builds(
    lambda a, b, name, events: Layover(
        name, min(a, b), max(a, b), tuple((min(max(t, min(a, b)), max(a, b)), event) for t, event in events)
    ),
    TIMES,
    TIMES,
    st.sampled_from(["/latent/psi", "/master/level", "/model/mix", ALL]),
    scripts(MOVES, 5),
)


@given(scripts(st.one_of(MOVES, FIRES)), LAYOVERS)
def test_what_is_laid_over_lies_in_its_place_and_nowhere_else(base: Moves, over: Layover) -> None:
    take = merged(base, over)
    assert [t for t, _ in take] == sorted(t for t, _ in take)
    own = Layover(over.lane, over.start, over.end, tuple(move for move in over.events if over.hides(*move)))
    take = merged(base, own)
    assert tuple(move for move in take if own.hides(*move)) == own.events
    assert [move for move in take if not own.hides(*move)] == [move for move in base if not own.hides(*move)]
    assert merged(take, own) == take, "it can be laid there again"
    assert merged(base, Layover(over.lane, -2.0, -1.0)) == base
    for each in compare(base, take):
        assert over.lane in (ALL, each.lane)
        assert all(over.start <= begin <= end <= over.end for begin, end in each.spans)
    assert not compare(base, base)


def lines(folder: Path, number: int, entries: Sequence[dict[str, Any]]) -> None:
    (folder / "takes").mkdir(exist_ok=True)
    (folder / "takes" / f"{number}.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries))


def psi(t: float, x: float) -> dict[str, Any]:
    event = {"address": "/latent/psi", "args": [x], "source": "osc:1", "scaled": False, "pickup": False, "stamp": 0.0}
    return {"k": "do", "id": 1, "t": t, "event": event}


def test_takes_lie_over_takes_and_a_crash_costs_the_last_line(tmp_path: Path) -> None:
    recorded = tuple((float(n), Event("/latent/psi", (0.1 * n,), "osc:1")) for n in range(10))
    head = {"k": "take", "format": 1, "n": 2, "parent": 1, "made": "2026-01-01T00:00:00+0000"}
    over = {"k": "over", "id": 1, "lane": "/latent/psi", "t": 2.5}
    lines(tmp_path, 2, [head, over, psi(2.5, 1.0), psi(4.5, 0.9), {"k": "end", "id": 1, "t": 6.5}])
    lines(tmp_path, 3, [{**head, "n": 3, "parent": 2}, {**over, "t": 4.0}, psi(4.0, 0.5), psi(5.0, 0.6)])
    with (tmp_path / "takes" / "3.jsonl").open("a") as file:
        file.write('{"k": "do", "id": 1, "t": 5.5, "eve')
    assert numbers(tmp_path) == [1, 2, 3]
    assert script_of(tmp_path, 1, recorded) == recorded
    second = script_of(tmp_path, 2, recorded)
    assert [t for t, _ in second] == [0, 1, 2, 2.5, 4.5, 7, 8, 9]
    assert [t for t, _ in script_of(tmp_path, 3, recorded)] == [0, 1, 2, 2.5, 4, 5, 7, 8, 9]
    (found,) = compare(recorded, second)
    assert (found.lane, found.spans) == ("/latent/psi", ((2.5, 6.0),))
    assert said(found.ours, TABLE["/latent/psi"]) == "4 moves, 0.3 .. 0.6"
    assert said(found.theirs, TABLE["/latent/psi"]) == "2 moves, 0.9 .. 1"
    ours, theirs = (way(moves, "/latent/psi", TABLE["/latent/psi"], 10.0, 10) for moves in (recorded, second))
    assert ours[:2] == theirs[:2]
    assert ours[7:] == theirs[7:]
    assert ours[3] < theirs[3]


@pytest.mark.parametrize(
    "broken", ["", "no json\n{}\n", '{"k": "take", "n": 2, "parent": 2, "made": ""}\n', '{"k": "take"}\n', "[]\n"]
)
def test_a_broken_take_is_told(tmp_path: Path, broken: str) -> None:
    lines(tmp_path, 2, [])
    (tmp_path / "takes" / "2.jsonl").write_text(broken)
    with pytest.raises(VjError, match="damaged"):
        read_take(tmp_path, 2)
    with pytest.raises(VjError, match="no take 7"):
        script_of(tmp_path, 7, ())


def test_a_seek_brings_the_desk_to_the_state_of_that_moment(tmp_path: Path) -> None:
    base = (
        (1.0, Event("/latent/psi", (0.4,), "osc:1")),
        (2.0, Event("/cue/go", (), "key")),
        (3.0, Event("/master/level", (0.7,), "web:1")),
        (3.5, Event("/window/hud", (True,), "key")),
        (4.0, Event("/cue/go", (), "key")),
        (6.0, Event("/desk/undo", (), "key")),
        (7.0, Event("/show/quit", (), "key")),
        (8.0, Event("/latent/psi", (0.9,), "midi:1", True, True)),
    )
    trace = played(tmp_path, base)
    desk, tape = Desk(dict(TABLE), CLASSES, CUES), ByHand()
    again = Again(tmp_path, _read=Read(Settings(), tmp_path, base))
    replay = Replay(desk, tape, again, lambda wound: None)  # type: ignore[arg-type]
    now = 100.0
    for t in (5.0, 11.0, 0.5, 3.25, 0.0, 12.0):
        desk.apply(Event("/replay/position", (t,), "osc:1"))
        while not replay.step(0.0, now, 120.0):
            pass
        desk.tick(now)
        assert desk.current("/replay/position") == t
        assert not desk.current("/window/hud")
        assert desk.current("/show/quit") == 0
        wished = {address: value for address, value in desk.wished.items() if not of_the_house(address)}
        assert wished == trace[int(t / FRAME)]
        now += 1.0
