"""Half an hour of everything that can go wrong, by luck: python bench/hours/chaos.py [--minutes 30] [--seed 1]

A real show under its guard, with a window (Xvfb), sound from JACK and a small disk to record to. Before each fault the
hands set a look and a few faders; after it the show must be seen again, do what it is told, and stand where it stood.
Told are the longest gap between two frames, the longest time for which the wall was black, and what was lost.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from servers.guarded import Guarded
from servers.jack import jackd
from servers.xvfb import xvfb

from bench._machine import arguments, machine, write
from bench.hours._chaos_faults import FALLS, LOOKS, Stage, possible
from bench.hours._chaos_watch import Watch

#: Bytes of the small disk, seconds between two faults, and for which a recovery is waited for.
DISK, REST, PATIENCE = "64m", (1.0, 5.0), 60.0
#: How often hands try in that time.
TRIES = 12
#: Seconds between two falls of the show, but now and then: then the safe look is expected.
APART, HASTY = 62.0, 0.15
SIZE = "320x180"


@contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A disk of its own, where one may be mounted."""
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "vj-chaos", str(folder)], capture_output=True)
    try:
        yield folder if done.returncode == 0 else None
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "-l", str(folder)], capture_output=True)


def hands(stage: Stage) -> dict[str, Any]:
    """Set a look and faders; what the show must stand at."""
    luck = stage.luck
    wanted: dict[str, Any] = {"/look": luck.choice(LOOKS), "/latent/psi": round(luck.uniform(0.2, 0.9), 3)}
    wanted |= {"/master/speed": round(luck.uniform(0.5, 1.5), 3), "/tempo/bpm": float(luck.randrange(80, 160))}
    stage.show.send("/tempo/source", "fixed")
    for address, value in wanted.items():
        stage.show.send(address, value)
    return wanted


def stands(stage: Stage, wanted: dict[str, Any]) -> bool:
    """Whether the show stands there."""
    values = values_of(stage)
    return bool(values) and all(_same(values.get(address), value) for address, value in wanted.items())


def values_of(stage: Stage) -> dict[str, Any]:
    """What the show stands at; nothing where that cannot be known."""
    try:
        return stage.show.values()
    except (KeyError, OSError, ValueError):
        return {}


def _same(found: Any, wanted: Any) -> bool:
    return abs(found - wanted) < 2e-3 if isinstance(found, float) and isinstance(wanted, float) else found == wanted


def until(stage: Stage, condition: Any, seconds: float = PATIENCE) -> float | None:
    """Seconds until it is so; None if it is not within so many."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if stage.show.process.poll() is not None:
            return None
        if condition():
            return round(time.monotonic() - began, 3)
        time.sleep(0.02)
    return None


def moved(stage: Stage) -> tuple[dict[str, Any], bool]:
    """Move the hands until the show stands where they want it, again and again as one does; whether it did."""
    for _ in range(TRIES):
        wanted = hands(stage)
        if until(stage, lambda wanted=wanted: stands(stage, wanted), PATIENCE / TRIES) is not None:
            return wanted, True
    return wanted, False


def seen(stage: Stage, watch: Watch) -> bool:
    """Whether frames come."""
    frames = watch.frames
    time.sleep(0.3)
    return stage.show.state.get("phase") == "on" and watch.frames > frames + 2


def run(stage: Stage, watch: Watch, seconds: float) -> list[dict[str, Any]]:
    """Fault after fault."""
    end, fell, told = time.monotonic() + seconds, -APART, []
    others, bag = possible(stage.disk is not None), list[str]()
    while time.monotonic() < end and stage.show.process.poll() is None:
        wanted, _ = moved(stage)
        time.sleep(stage.luck.uniform(*REST))
        falls = time.monotonic() - fell > APART or stage.luck.random() < HASTY
        if not bag:
            bag = [*others, *FALLS]
            stage.luck.shuffle(bag)
        name = next((each for each in bag if falls or each not in FALLS), stage.luck.choice(list(others)))
        bag = [each for each in bag if each != name]
        safe = name in FALLS and time.monotonic() - fell < APART
        before, began = len(stage.show.state.get("falls", [])), time.monotonic()
        own = {**FALLS, **others}[name](stage)
        wanted = wanted if own is None else own  # what it did itself is where it stands
        if name in FALLS:
            fell = time.monotonic()
            until(stage, lambda before=before: len(stage.show.state.get("falls", [])) > before)
        recovered = until(stage, lambda: seen(stage, watch))
        equal = until(stage, lambda wanted=wanted: stands(stage, wanted), 10.0) is not None
        found = {} if equal else {address: values_of(stage).get(address) for address in wanted}
        _, hears = moved(stage)
        falls_now = stage.show.state.get("falls", [])
        if len(falls_now) > before and name not in FALLS:
            fell = time.monotonic()
        entry = {"at_s": round(seconds - (end - began), 1), "what": name, "recovered_s": recovered,
                 "equal": equal, "differs": found,
                 "hears": hears, "safe": any(fall["safe"] for fall in falls_now[before:]) or safe,
                 "falls": [fall["seconds"] for fall in falls_now[before:]],
                 **watch.within(began, time.monotonic())}  # fmt: skip
        told.append(entry)
        print(entry, flush=True)
    return told


def main() -> None:
    """Half an hour, or less."""
    parser = arguments((__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    result: dict[str, Any] = {"what": "a show and everything that can go wrong", **machine(), "seed": asked.seed}
    with (
        tempfile.TemporaryDirectory() as folder,
        xvfb(640, 360),
        jackd() as jack,
        small_disk(Path(folder) / "disk") as disk,
    ):
        home = disk or Path(folder)
        show = Guarded(home, "--size", SIZE, "--fps", "30", "--device", "JACK", web=True)
        try:
            state = show.on()
            watch = Watch(Path(state["block"]))
            time.sleep(2.0)
            stage = Stage(show, jack, disk, random.Random(asked.seed))
            told = run(stage, watch, asked.minutes * 60.0)
            watch.close()
            falls = show.state.get("falls", [])
            result |= {"minutes": asked.minutes, **watch.summary(), "ended_by_itself": show.process.poll() is not None}
        finally:
            said = show.said[-2000:]
            code = show.end()
    away = [fall["seconds"] for fall in falls if fall["seconds"]]
    kinds = sorted({entry["what"] for entry in told})
    result |= {
        "faults": len(told), "falls": len(falls), "longest_away_s": max(away, default=0.0), "exit_code": code,
        "said_last": said.splitlines()[-12:],
        "not_seen_again": [e for e in told if e["recovered_s"] is None],
        "not_as_before": [e for e in told if not e["equal"] and not e["safe"]],
        "not_heard": [e for e in told if not e["hears"]],
        "by_kind": {kind: summed([e for e in told if e["what"] == kind]) for kind in kinds}, "each": told,
    }  # fmt: skip
    write(result, asked.out)


def summed(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Of all faults of one kind."""
    return {"times": len(entries), "longest_gap_s": max(e["gap_s"] for e in entries),
            "longest_black_s": max(e["black_s"] for e in entries),
            "equal": sum(e["equal"] for e in entries)}  # fmt: skip


if __name__ == "__main__":
    main()
