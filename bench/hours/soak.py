"""Does a show that goes on for hours grow? Memory, handles, threads and OpenGL's objects, with slopes.

python bench/hours/soak.py [--hours 8] [--minutes 60] [--within 60] [--out bench/results/soak.json]

*Simulated*: the whole chain but for the clock, drawn into a real window (Xvfb), show time going on by `--step` a frame,
a quarter of a second: whatever keeps something for seconds, minutes or hours keeps it. All sound of those hours is
heard, hop by hop. *Real*: the live show with its threads, JACK and the same window, by the clock. Through both go, at
moments of luck, the look changes, bundle swaps, cues and losses of the input that are asked for.
"""

import queue
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

import numpy as np
from servers.jack import Jack, jackd
from servers.xvfb import xvfb

from bench._machine import arguments, machine, write
from bench.hours._soak_growth import held, told
from vj.apps.assemble import Settings, assemble
from vj.apps.live.inputs import Inputs
from vj.apps.live.loop import Live
from vj.apps.live.parts import Parts
from vj.apps.live.preloader import Preloader
from vj.core.handoff import SampleRing
from vj.core.types import F32, Event
from vj.devices.audio.file import AudioFile
from vj.engine.show import bpm
from vj.outputs.finish.viewport import Viewport
from vj.outputs.window import Window
from vj.workshop.loop import cached

RATE, SIZE = 48000, (320, 180)
#: Seconds of show time between two looks at what is held.
LOOK = 60.0
#: Seconds for which a lost input is away.
AWAY = 2.0
LOOKS = ("ember_drum", "neon_loom", "glass_choir", "slow_tide", "undertow", "mercury", "cathedral", "plumage")
BUNDLES = ("dream", "worlds")
SETLIST = """format = 1
title = "Soak"
bundle = "worlds"
loop = true
[[cue]]
number = "1"
look = "ember_drum"
[[cue]]
number = "2"
look = "slow_tide"
fade = "2 beats"
[[cue]]
number = "3"
look = "glass_choir"
"""

Deed = tuple[float, str, Any]


def deeds(seconds: float, asked: Any, seed: int, part: float = 1.0) -> list[Deed]:
    """What happens when: that `part` of all that is asked for, spread over the time by luck."""
    luck = random.Random(seed)
    counts = {"look": asked.looks, "bundle": asked.bundles, "cue": asked.cues, "loss": asked.losses}
    found: list[Deed] = []
    for kind, whole in counts.items():
        count = round(whole * part)
        for n in range(count):
            what = LOOKS[n % len(LOOKS)] if kind == "look" else BUNDLES[n % 2] if kind == "bundle" else n
            found.append(((n + luck.random()) * seconds / count, kind, what))
    return sorted(found, key=lambda deed: deed[0])


def events(kind: str, what: Any) -> list[Event]:
    """The same as somebody would do it."""
    if kind == "look":
        return [Event("/look", (what,), "soak")]
    if kind == "bundle":
        return [Event("/model/select", (what,), "soak")]
    return [Event("/cue/go", (), "soak")] if kind == "cue" else []


def simulated(asked: Any, folder: Path) -> dict[str, Any]:
    """So many hours as fast as they go."""
    seconds, count = asked.hours * 3600.0, Counter[str]()
    show, desk = assemble(Settings(setlist=setlist(folder), threads=1, size=(128, 72)), RATE)
    sound = AudioFile(cached(), RATE).read(60 * RATE)
    hop = show.analyzer.hop_length
    hops, samples, began = endless(sound, hop), [], time.perf_counter()
    with Window(size=SIZE) as window:
        preloader = Preloader(show, desk)
        preloader.start()
        snapshot, features = show.open(desk)
        coming = iter(deeds(seconds, asked, 1))
        deed = next(coming, None)
        t, heard, looked, away = 0.0, 0, -LOOK, -AWAY
        while t < seconds and time.perf_counter() - began < 60.0 * (asked.within or 1e9):
            t += asked.step
            while deed is not None and deed[0] <= t:
                count[deed[1]] += 1
                away = t if deed[1] == "loss" else away
                for event in events(deed[1], deed[2]):
                    desk.apply(event)
                deed = next(coming, None)
            snapshot = desk.tick(t, features, bpm(features))
            preloader.step(t, snapshot)
            while preloader.loading:  # that takes its own time, not the show's
                time.sleep(0.005)
                preloader.step(t, snapshot)
            while heard * hop < t * RATE:
                block = next(hops)
                features = show.analyze(np.zeros_like(block) if t - away < AWAY else block, snapshot)
                heard += 1
            show.programs.sweep()
            latent = show.direct(t, features, snapshot)
            image = show.imagine([latent], str(snapshot["/model/select"]))[0]
            picture = show.picture(image, latent, t, snapshot, features)
            window.follow(snapshot.of(Viewport))
            window.write(show.composite(t, picture, snapshot, features))
            window.swap()
            window.poll()
            if t - looked >= LOOK:
                looked = t
                samples.append({"hour": t / 3600.0, **held(window._context)})
        preloader.stop()
    show.close()
    took = time.perf_counter() - began
    return {"hours": round(t / 3600.0, 2), "step_s": asked.step, "done": dict(count), "took_s": round(took),
            "times_real": round(t / took, 1), **told(samples)}  # fmt: skip


def real(asked: Any, folder: Path, jack: Jack) -> dict[str, Any]:
    """So many minutes by the clock."""
    seconds, count, samples = asked.minutes * 60.0, Counter[str](), []
    done: queue.SimpleQueue[Event] = queue.SimpleQueue()
    ring = SampleRing(RATE)
    with ExitStack() as stack:
        window = stack.enter_context(Window(size=SIZE))
        inputs = stack.enter_context(Inputs(ring, "JACK", None))
        show, desk = assemble(Settings(setlist=setlist(folder), threads=1), inputs.rate)
        stack.callback(show.close)
        live = stack.enter_context(Live(Parts(show, desk, inputs, ring, window, done, (inputs,)), 60.0))
        began, coming = time.perf_counter(), iter(deeds(seconds, asked, 2, seconds / 3600.0))
        deed, looked, worst = next(coming, None), -LOOK, 0.0
        losing: threading.Thread | None = None
        while (t := time.perf_counter() - began) < seconds:
            while deed is not None and deed[0] <= t:
                count[deed[1]] += 1
                for event in events(deed[1], deed[2]):
                    done.put(event)
                if deed[1] == "loss" and (losing is None or not losing.is_alive()):
                    losing = threading.Thread(target=lost, args=(jack,))
                    losing.start()
                deed = next(coming, None)
            before = time.perf_counter()
            live.frame()
            worst = max(worst, time.perf_counter() - before)
            if t - looked >= min(LOOK, seconds / 40.0):
                looked = t
                samples.append({"hour": t / 3600.0, **held(window._context)})
        if losing is not None:
            losing.join()
        report = live.report()
    return {"minutes": asked.minutes, "done": dict(count), "errors": report.errors, "frames": report.displayed_frames,
            "longest_frame_s": round(worst, 3), **told(samples)}  # fmt: skip


def lost(jack: Jack) -> None:
    """The server goes, and comes again."""
    jack.stop()
    time.sleep(AWAY)
    jack.start()


def setlist(folder: Path) -> Path:
    """Three cues that come round."""
    path = folder / "soak.toml"
    path.write_text(SETLIST, encoding="utf-8")
    return path


def endless(sound: F32, hop: int) -> Iterator[F32]:
    """Hops of it, over and over."""
    whole = sound[: len(sound) // hop * hop].reshape(-1, hop)
    while True:
        yield from whole


def main() -> None:
    """Both parts."""
    parser = arguments((__doc__ or "").splitlines()[0])
    parser.add_argument("--hours", type=float, default=8.0, help="simulated; 0 leaves them out")
    parser.add_argument("--minutes", type=float, default=60.0, help="by the clock; 0 leaves them out")
    parser.add_argument("--step", type=float, default=0.25, help="seconds of show time between two simulated frames")
    parser.add_argument("--within", type=float, help="minutes after which the simulated part ends where it is")
    for what, count in (("looks", 500), ("bundles", 200), ("cues", 10000), ("losses", 100)):
        parser.add_argument(f"--{what}", type=int, default=count)
    asked = parser.parse_args()
    result: dict[str, Any] = {"what": "a show for hours: what it holds and how that grows", **machine()}
    with tempfile.TemporaryDirectory() as folder, xvfb(640, 480):
        if asked.hours:
            result["simulated"] = simulated(asked, Path(folder))
        if asked.minutes:
            with jackd() as jack:
                result["real"] = real(asked, Path(folder), jack)
    parts = [result[name] for name in ("simulated", "real") if name in result]
    result["leaks"] = sorted(
        {n for part in parts for n, found in part["growth"].items() if found["verdict"] == "leaks"}
    )
    write(result, asked.out)


if __name__ == "__main__":
    main()
