"""Hands that do anything at all: nothing breaks, and what was done on a surface can be taken back, all of it."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from vj.core.params import Param
from vj.core.types import Event
from vj.engine.console import full_table
from vj.engine.cues.looks import read_looks
from vj.engine.cues.reading import parsed
from vj.engine.cues.setlist import setlist_of
from vj.engine.desk import Desk

TABLE = full_table()
CLASSES = {"worlds": ("mandala", "ink", "nebula"), "testcard": ("rings", "ink")}
LOOKS = read_looks([Path(__file__).resolve().parents[2] / "setlists" / "looks"], TABLE)
SET = '[[cue]]\nname = "One"\nlook = "dawn"\nfollow = "3 s"\n[[cue]]\nname = "Two"\nset = { "/latent/psi" = 0.5 }\n'
WORDS = (
    "1",
    "2/3",
    "bank1/05",
    "Drop",
    "dawn",
    "none",
    "ink",
    "../x",
    "",
    "4 beats",
    "-1",
    "\x00",
    "x" * 500,
    "nan",
    "+",
)
#: What a surface offers that is no value, and a few values of each kind.
PLACES = [
    a
    for a, p in TABLE.items()
    if p.kind == "deed" or a.startswith(("/preset/", "/cue/", "/desk/", "/model/", "/look", "/macro/", "/master/"))
] + ["/latent/psi", "/latent/seed", "/latent/reseed", "/director/select", "/fx/coords/mirror", "/latent/dir/1"]


def desk() -> Desk:
    path = Path("night.toml")
    setlist = setlist_of(parsed(SET, path), path, TABLE, CLASSES.__getitem__, "worlds", LOOKS)
    return Desk(TABLE, CLASSES, setlist, LOOKS)


def likely(rng: random.Random, address: str, param: Param) -> tuple:
    """Arguments that make sense more often than not."""
    if param.kind == "deed":
        return tuple(rng.choice(WORDS) if tag == "s" else rng.randint(-2, 9) for tag in param.args.replace("?", ""))
    if param.kind == "choice" and param.choices:
        return (rng.choice(param.choices),)
    if param.kind in ("float", "int"):
        return (rng.uniform(param.lo, min(param.hi, param.lo + 20.0)),)
    if param.kind == "mix":
        return (rng.choice(CLASSES["worlds"]), rng.random(), "ink", 0.5)
    return {"toggle": (rng.random() < 0.5,), "class": (rng.randint(0, 9),), "text": (rng.choice(WORDS),)}.get(
        param.kind, ()
    )


@pytest.mark.parametrize("seed", range(3))
def test_nonsense_is_refused_and_never_breaks_anything(seed: int) -> None:
    rng, d = random.Random(seed), desk()
    odd = (*WORDS, float("nan"), float("inf"), -1e30, 2**40, True, None, 0.5)
    for n in range(1000):
        address = rng.choice(PLACES)
        args = (
            likely(rng, address, TABLE[address]) if rng.random() < 0.5 else tuple(rng.choices(odd, k=rng.randint(0, 4)))
        )
        d.apply(Event(address, args, rng.choice(("web:1", "osc:1", "midi:x", "key")), scaled=rng.random() < 0.1))
        if n % 5 == 0:
            d.tick(d.time + rng.choice((0.0, 0.02, 2.0)))
    json.dumps(d.overview())
    memory = json.loads(json.dumps(d.memory()))
    again = Desk(TABLE, CLASSES, d.setlist, d.taste, presets=d.presets.presets)
    again.remember(memory)
    assert {k: v for k, v in again.memory().items() if k != "tempo"} == {
        k: v for k, v in memory.items() if k != "tempo"
    }
    assert len(d.presets.presets) <= 64 * 16
    assert all("/" not in name and ".." not in name for name in d.taste.names)


def broken(rng: random.Random, memory: Any) -> Any:
    """`memory` with something in it that nobody wrote."""
    odd = (None, "", "x", -1, 1e300, [], {}, True, ["ink"], {"a": 1})
    if not isinstance(memory, dict | list) or not memory or rng.random() < 0.1:
        return rng.choice(odd)
    if isinstance(memory, list):
        n = rng.randrange(len(memory))
        return [*memory[:n], broken(rng, memory[n]), *memory[n + 1 :]]
    key = rng.choice(list(memory))
    others = {k: v for k, v in memory.items() if k != key}
    return others if rng.random() < 0.1 else {**others, key: broken(rng, memory[key])}


def test_a_memory_with_anything_in_it_is_taken_up_as_far_as_it_makes_sense() -> None:
    rng, d = random.Random(5), desk()
    for address in ("/look", "/model/mix", "/latent/psi", "/macro/2", "/preset/3/store", "/fx/coords/mirror"):
        d.apply(Event(address, likely(rng, address, TABLE[address]), "web:1"))
    d.apply(Event("/look", ("ember_drum",)))
    memory = json.loads(json.dumps(d.memory()))
    for _ in range(150):
        again = desk()
        wrong = broken(rng, broken(rng, memory))
        again.remember(wrong if isinstance(wrong, dict) else {})  # that much a session makes sure of
        again.tick(0.1)
        again.tick(0.2)
        json.dumps(again.overview())


@pytest.mark.parametrize("seed", range(4))
def test_all_that_a_surface_did_can_be_taken_back_and_done_again(seed: int) -> None:
    rng, d = random.Random(seed), desk()
    never = (
        "/cue/go",
        "/cue/back",
        "/cue/goto",
        "/master/blackout",
        "/master/freeze",
        "/desk/undo",
        "/desk/redo",
        "/cue/follow",
    )
    offered = [a for a in PLACES if not a.startswith((*never, "/model/learn", "/mod", "/macro/learn", "/preset/morph"))]
    d.tick(0.0)
    before = state(d)
    for _ in range(40):
        address = rng.choice([a for a in offered if a != "/master/quantise"])
        d.apply(Event(address, likely(rng, address, TABLE[address]), "web:1"))
        d.tick(d.time + rng.choice((0.02, 1.5)))
    after = state(d)
    steps = 0
    while d.overview()["undo"]["undo"]:
        d.apply(Event("/desk/undo", (), "web:1"))
        steps += 1
    assert steps > 10
    assert state(d) == before
    while d.overview()["undo"]["redo"]:
        d.apply(Event("/desk/redo", (), "web:1"))
    assert state(d) == after


def state(d: Desk) -> dict:
    """All that an edit may change; what a recall set only until it is there is no part of that."""
    values = {
        a: d.meant(a)
        for a, p in d.table.items()
        if (p.kind not in ("trigger", "deed", "clock") or a == "/latent/reseed")
        and not a.startswith(("/cue/goto", "/desk"))
    }
    presets = dict(d.presets.presets)
    return {**values, "held": d.held, "presets": presets, "looks": d.taste.names, "cues": d.setlist.cues}


def test_what_others_send_is_told_in_one_line_that_can_be_read() -> None:
    d = desk()
    for words in ("x" * 5000, "a\x1b[2Jb\nc\x00"):
        assert not d.apply(Event("/mod/connect", (words, words), "osc:1"))
        assert d.notice.isprintable()
        assert len(d.notice) <= 240
    assert d.apply(Event("/desk/release", ("/master/level",), "osc:1"))


def test_a_macro_put_together_by_hand_stands_where_it_stood_when_it_is_taken_up() -> None:
    d = desk()
    assert d.apply(Event("/macro/assign", (1, "/latent/psi", 0.3, 1.2), "web:1"))
    d.apply(Event("/latent/psi", (0.9,), "web:1"))  # the knob does not follow what it moves
    before = d.current("/macro/1")
    again = desk()
    again.remember(json.loads(json.dumps(d.memory())))
    assert again.current("/macro/1") == pytest.approx(before)
    assert again.macros[1] == d.macros[1]
