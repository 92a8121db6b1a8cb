"""What is done to a show in a chaos run; each fault is a function of the `Stage`, and returns when it is over.

One that does what hands do as well returns where the show stands after it."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servers.guarded import Guarded
from servers.jack import Jack

from vj.apps.guard.block import Block

Values = dict[str, Any]
#: Seconds for which something is away.
AWAY = 3.0


@dataclass
class Stage:
    """The show, what it plays from, the small disk that it writes to, if there is one, and luck."""

    show: Guarded
    jack: Jack
    disk: Path | None
    luck: random.Random


def _send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        if pid:
            os.kill(pid, number)


def killed(stage: Stage) -> None:
    """kill -9 of the show."""
    _send(stage.show.state["show"], signal.SIGKILL)


def crashed(stage: Stage) -> None:
    """A segmentation fault in it."""
    _send(stage.show.state["show"], signal.SIGSEGV)


def hung(stage: Stage) -> None:
    """It stops, all of it."""
    _send(stage.show.state["show"], signal.SIGSTOP)


def renewed(stage: Stage) -> None:
    """A new window is wanted, and with it a new process."""
    before = len(stage.show.state["falls"])
    stage.show.send("/show/renew")
    end = time.monotonic() + 10.0
    while time.monotonic() < end and len(stage.show.state.get("falls", [])) == before:
        time.sleep(0.05)


def window_cut(stage: Stage) -> None:
    """The window's connection to its server is cut."""
    if not shutil.which("xdotool"):
        killed(stage)
        return
    subprocess.run(["xdotool", "windowkill", str(Block(Path(stage.show.state["block"])).window)], capture_output=True)


def spare_killed(stage: Stage) -> None:
    """kill -9 of the spare that stands ready."""
    _send(stage.show.state["spare"], signal.SIGKILL)


def forkserver_killed(stage: Stage) -> None:
    """kill -9 of what spares are copied from."""
    _send(stage.show.state.get("forkserver", 0), signal.SIGKILL)


def wall_killed(stage: Stage) -> None:
    """kill -9 of what keeps the last picture on the wall."""
    _send(stage.show.state["wall"], signal.SIGKILL)


def part_killed(stage: Stage) -> None:
    """kill -9 of one of the show's own processes: sound, film, surface, stills."""
    parts = [pid for pid in stage.show.state.get("parts", {}).values() if pid]
    if parts:
        _send(stage.luck.choice(parts), signal.SIGKILL)


def input_lost(stage: Stage) -> None:
    """The sound server goes, and comes again."""
    stage.jack.stop()
    time.sleep(AWAY)
    stage.jack.start()


def input_at_another_rate(stage: Stage) -> None:
    """It comes again at another rate."""
    stage.jack.stop()
    stage.jack.rate = 44100 if stage.jack.rate == 48000 else 48000
    stage.jack.start()


def asleep(stage: Stage) -> None:
    """All of it stands still, as in a suspended machine, and goes on."""
    family = [stage.show.process.pid, *stage.show.family()]
    for pid in family:
        _send(pid, signal.SIGSTOP)
    time.sleep(AWAY)
    for pid in reversed(family):
        _send(pid, signal.SIGCONT)


def window_moved(stage: Stage) -> None:
    """The window gets another size and place, ten times."""
    found = subprocess.run(["xdotool", "search", "--name", "^vj"], capture_output=True, text=True).stdout.split()
    for _ in range(10):
        for window in found:
            size = (str(stage.luck.randrange(160, 620)), str(stage.luck.randrange(90, 350)))
            subprocess.run(["xdotool", "windowsize", window, *size], capture_output=True)
            subprocess.run(["xdotool", "windowmove", window, "10", "10"], capture_output=True)
        time.sleep(0.1)


def fullscreen(stage: Stage) -> None:
    """It fills the display, and no more."""
    for on in (True, False):
        stage.show.send("/window/fullscreen", on)
        time.sleep(0.7)


def disk_full(stage: Stage) -> None:
    """The disk of films, logs and sessions is full while a film is made, and has room again."""
    assert stage.disk is not None
    stage.show.send("/output/record", True)
    time.sleep(1.5)
    with suppress(OSError):
        other = os.open(stage.disk / "other", os.O_WRONLY | os.O_CREAT)
        try:
            while os.write(other, bytes(1 << 16)):
                pass
        finally:
            os.close(other)
    time.sleep(AWAY)
    stage.show.send("/output/record", False)
    (stage.disk / "other").unlink(missing_ok=True)
    time.sleep(1.0)
    for film in stage.disk.glob("*.mp4"):
        film.unlink(missing_ok=True)


def nonsense(stage: Stage) -> Values:
    """Five thousand datagrams of nonsense; what of it makes sense is done, and a panic ends it.

    Sources take turns, so what of it still waits would else be done after what hands do next.
    """
    addresses = ("/latent/psi2", "/fx/none", "/model/nowhere", "/cue", "/preset/x")
    command = [sys.executable, "-m", "servers.fuzz", "packets", str(stage.show.osc), "5000"]
    subprocess.run([*command, str(stage.luck.randrange(1 << 30)), *addresses], capture_output=True, env=_env())
    time.sleep(2.0 * AWAY)
    stage.show.send("/master/panic")
    return {}


def crowded(stage: Stage) -> None:
    """Others want both cores."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 2)]
    time.sleep(AWAY)
    for each in busy:
        each.kill()
        each.wait()


def looks(stage: Stage) -> Values:
    """Ten looks within two seconds."""
    for _ in range(10):
        last = stage.luck.choice(LOOKS)
        stage.show.send("/look", last)
        time.sleep(0.2)
    return {"/look": last}


def swapped(stage: Stage) -> Values:
    """Another bundle, and back at once."""
    stage.show.send("/model/select", "dream")
    time.sleep(stage.luck.uniform(0.0, 2.0))
    stage.show.send("/model/select", "worlds")
    return {"/model/select": "worlds"}


def _env() -> dict[str, str]:
    root = Path(__file__).resolve().parents[2]
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(root), str(root / "tests")))}


Fault = Callable[[Stage], Values | None]
LOOKS = ("ember_drum", "neon_loom", "glass_choir", "slow_tide", "undertow", "mercury")
#: Those after which the show is another process: two within a minute begin the safe look.
FALLS: Mapping[str, Fault] = {"killed": killed, "crashed": crashed, "hung": hung, "window cut": window_cut}
OTHERS: Mapping[str, Fault] = {
    "spare killed": spare_killed, "fork server killed": forkserver_killed, "wall killed": wall_killed,
    "part killed": part_killed, "input lost": input_lost, "input at another rate": input_at_another_rate,
    "asleep": asleep, "window moved": window_moved,
    "fullscreen": fullscreen, "disk full": disk_full, "nonsense": nonsense, "crowded": crowded, "looks": looks,
    "swapped": swapped, "renewed": renewed,
}  # fmt: skip


def possible(disk: bool) -> dict[str, Fault]:
    """Those that can be done here."""
    able = {"window moved": shutil.which("xdotool") is not None, "disk full": disk}
    return {name: fault for name, fault in OTHERS.items() if able.get(name, True)}
