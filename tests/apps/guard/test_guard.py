"""A show that falls, in every way that we can think of, goes on where it stood."""

import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest
from servers.guarded import Guarded, gone
from servers.jack import jackd

pytestmark = pytest.mark.realtime
Wait = Callable[..., None]
SMALL = ("--bundle", "testcard", "--size", "160x90", "--fps", "30")


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Guarded]:
    """Without a window, on its way."""
    show = Guarded(tmp_path, "--headless", *SMALL)
    yield show
    show.end()


def test_a_show_that_was_killed_goes_on_where_it_stood(show: Guarded, tmp_path: Path, wait_until: Wait) -> None:
    before = show.on()
    for address, value in (("/look", "ember_drum"), ("/latent/psi", 0.37), ("/tempo/source", "fixed"),
                           ("/tempo/bpm", 93.0), ("/output/record", True)):  # fmt: skip
        show.send(address, value)
    wait_until(lambda: show.values().get("/tempo/bpm") == 93.0 and show.journal()[1].recording)
    wait_until(lambda: (show.journal()[1].beat or (0, 0))[1] == pytest.approx(93.0))
    time.sleep(2.0)  # the look has come, and the film has frames
    stood, evening = show.journal()
    after = show.fall()
    assert after["falls"][-1]["why"] == "it was killed"
    assert after["show"] == before["spare"], "who was ready took over"
    assert not after["falls"][-1]["safe"]

    wait_until(lambda: show.journal()[1].recording and show.journal()[1].beat)
    time.sleep(1.0)  # the clock of what is shown slews to that of what is heard
    again, now = show.journal()
    for layer in ("base", "held"):
        was, now_is = (session.memory["values"][layer] for session in (stood, again))
        assert {a: (was.get(a), now_is.get(a)) for a in {*was, *now_is} if was.get(a) != now_is.get(a)} == {}
    assert (again.memory["on"], again.bundle, again.seed) == (stood.memory["on"], stood.bundle, stood.seed)
    beats, bpm = now.beat[:2]
    on = evening.beat[0] + (now.at - evening.at) * 93.0 / 60.0
    assert bpm == pytest.approx(93.0)
    assert abs((beats - on + 0.5) % 1.0 - 0.5) < 0.25, "the beat went on meanwhile"
    assert "goes on: it was killed" in show.said

    family = show.family()
    assert show.end(signal.SIGINT) == 0
    wait_until(lambda: gone(family))
    assert not show.state
    assert not Path(after["block"]).exists()
    films = sorted(tmp_path.glob("*.mp4"))
    assert len(films) == 2, "the film goes on as a further part"
    for film in films:
        with av.open(str(film)) as opened:
            assert sum(1 for _ in opened.decode(video=0)) > 0


@pytest.mark.slow
def test_a_hang_is_noticed_and_told_from_a_debugger_and_from_sleep(show: Guarded, wait_until: Wait) -> None:
    before = show.on()
    os.kill(before["guard"], signal.SIGSTOP)  # the machine sleeps: nobody runs
    os.kill(before["show"], signal.SIGSTOP)
    time.sleep(5.0)
    os.kill(before["show"], signal.SIGCONT)
    os.kill(before["guard"], signal.SIGCONT)
    if shutil.which("gdb"):
        gdb = subprocess.Popen(
            ["gdb", "-q", "-nx", "-batch", "-p", str(before["show"]), "-ex", "shell sleep 4", "-ex", "detach"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        gdb.wait(60)
    time.sleep(2.0)
    assert show.state["show"] == before["show"], show.said
    after = show.fall(signal.SIGSTOP)
    assert "did not answer" in after["falls"][-1]["why"]


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_generator_that_dies_or_hangs_is_begun_again_alone(show: Guarded, how: int, wait_until: Wait) -> None:
    before = show.until(lambda state: state["phase"] == "on" and "generator" in state["parts"])
    time.sleep(3.0)
    os.kill(before["parts"]["generator"], how)
    frames = show_frames(before["block"])
    wait_until(lambda: show_frames(before["block"]) > frames + 15)  # the wall goes on, with the last picture
    show.until(lambda state: state["parts"].get("generator", 0) not in (0, before["parts"]["generator"]))
    wait_until(lambda: "is begun again" in show.said)
    assert show.state["show"] == before["show"], show.said
    assert not show.state["falls"]


@pytest.mark.slow
def test_two_falls_within_a_minute_begin_the_safe_look(show: Guarded, wait_until: Wait) -> None:
    show.on()
    show.send("/look", "ember_drum")
    wait_until(lambda: show.values().get("/look") == "ember_drum")
    first = show.fall(signal.SIGSEGV)
    assert "SIGSEGV" in first["falls"][0]["why"]
    assert "Segmentation fault" in show.crashes.read_text()
    show.on()
    assert show.values().get("/look") == "ember_drum"
    second = show.fall(signal.SIGABRT)
    assert [fall["safe"] for fall in second["falls"]] == [False, True]
    assert show.journal()[0].memory["values"]["base"]["/look"] == "slow_tide"
    assert "goes on in the safe look: " in show.said
    assert "SIGABRT" in show.said


@pytest.mark.slow
@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
@pytest.mark.parametrize("when", ["opening", "on"])
def test_every_end_is_clean(show: Guarded, how: int, code: int, when: str, wait_until: Wait) -> None:
    state = show.until(lambda state: state["phase"] == when)
    family = show.family()
    ended = show.end(how)
    assert ended == code or (when == "opening" and ended == 128 + how), show.said
    wait_until(lambda: gone(family))
    assert not show.state
    assert not Path(state["block"]).exists()


@pytest.mark.slow
def test_a_show_whose_guard_was_killed_goes_on_and_ends_when_it_is_told_to(show: Guarded, wait_until: Wait) -> None:
    state = show.on()
    show.process.kill()
    show.process.wait(20)
    wait_until(lambda: gone([state["spare"], state["forkserver"]]))
    frames = show_frames(state["block"])
    wait_until(lambda: show_frames(state["block"]) > frames + 20)
    show.send("/show/quit", 1)
    wait_until(lambda: gone([state["show"]]))


@pytest.mark.slow
def test_any_of_its_processes_may_be_killed_at_any_moment(tmp_path: Path, wait_until: Wait) -> None:
    """Twelve kills, a minute's calm before none of them: the safe look is another test's."""
    luck = random.Random(17)
    show = Guarded(tmp_path, "--headless", *SMALL, web=True)
    try:
        for count in itertools.count():
            state = show.until(lambda state: state["phase"] == "on")
            if count == 12:
                break
            time.sleep(luck.uniform(0.0, 4.0))
            family = [pid for pid in show.family() if pid != show.process.pid]
            victim = luck.choice(family)
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                continue
            if victim == state["show"]:
                show.back(state)
        show.on()
        wait_until(lambda: show.get("/master/level") == 1.0)
    finally:
        show.end()


@pytest.mark.slow
def test_jack_restarts_and_sound_and_midi_through_it_are_there_again(tmp_path: Path, wait_until: Wait) -> None:
    pytest.importorskip("rtmidi", reason="python-rtmidi is not installed")
    with jackd() as jack:
        show = Guarded(tmp_path, "--headless", *SMALL, "--device", "JACK", "--midi-backend", "jack")
        try:
            before = show.on()
            turned("up")
            wait_until(lambda: show.journal()[0].memory["values"]["held"])
            jack.stop()
            time.sleep(2.0)
            jack.start()
            after = show.back(before)
            assert after["falls"][-1]["why"] == "JACK was restarted"
            assert not after["falls"][-1]["crash"]
            held = show.journal()[0].memory["values"]["held"]
            turned("down")
            wait_until(lambda: show.journal()[0].memory["values"]["held"] != held)
        finally:
            show.end()


#: Plugs a controller in, turns its knob all the way up or down, and pulls it: in a process of its own, for one that has
#: seen a JACK server which is no more may crash.
KNOB = """
import rtmidi, sys, time
out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="Knobs")
out.open_virtual_port("out")
time.sleep(3.0)
for n in range(128):
    out.send_message([0xB0, 16, n if sys.argv[1] == "up" else 127 - n])
    time.sleep(0.02)
"""


def turned(how: str) -> None:
    subprocess.run([sys.executable, "-c", KNOB, how], check=True, timeout=60)


def show_frames(block: str) -> int:
    from vj.apps.guard.block import Block

    return Block(Path(block)).frames
