"""A film by one worker and by two, what the head costs, how long trails are remembered; and what a fleet would need.

python bench/film/scale.py [--out bench/results/scale.json] [--rounds 2] [--seconds 40] [--looks LOOK ...]

The generator is made the bottleneck: pictures far larger than the film, and no finish. Then both films are compared
byte for byte. For the fleet only figures that were measured here are put into the plan that a render follows, but for
the cards: no card was measured, so its frames a second are assumed, and marked.
"""

import json
import resource
import statistics
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from bench._machine import arguments, machine, write
from bench.film._fleet import Costs, reckoned
from bench.film.render import song
from vj.apps.assemble import Settings, assemble
from vj.apps.render.asked import Asked
from vj.apps.render.crew.shots import pack_shots
from vj.apps.render.crew.tasks import Word
from vj.apps.render.drawing import Drawing
from vj.apps.render.moments import RATE, listen
from vj.apps.render.pictures import imagine
from vj.apps.render.together import Unheard, render_together, shots
from vj.apps.render.workers import Processes
from vj.apps.track import track_of
from vj.core.types import Event
from vj.devices.audio.file import AudioFile
from vj.engine.show import mixed
from vj.outputs.finish.viewport import Viewport
from vj.outputs.offscreen import Offscreen

FPS, FILM, PICTURES, SINCE = Fraction(24), (160, 90), (768, 432), 30.0
#: Frames of a segment in this bench.
SEGMENT = 96
PLAIN = ((0.0, Event("/fx/on", (False,))),)
#: Frames of a look before its trails are begun anew, and seconds in which both must come to agree.
BEFORE, LONGEST = 30, 20.0
#: A set of two hours at 4K60; frames a second that a card makes, which nobody has measured; workers.
SET, SET_FPS, CARDS, FLEET = 7200.0, 60, (15, 60), (1, 8, 64)
#: Half-lives of trails that a fleet is reckoned with: none, a short one, the longest of the looks that ship.
TRAILS = (0.0, 0.3, 1.1)


class Timed(Processes):
    """Processes that remember when the first was awake and when the last segment came."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.begun, self.awake, self.last = time.perf_counter(), 0.0, 0.0

    def next(self, timeout: float) -> Word | None:
        """As ever."""
        word = super().next(timeout)
        now = time.perf_counter()
        if word is not None and word[1] == "ready" and not self.awake:
            self.awake = now
        if word is not None and word[1] == "made":
            self.last = now
        return word


def by(count: int, out: Path, seconds: float) -> dict[str, Any]:
    """The film by `count` workers."""
    crew, before = Timed(count), resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    settings = Settings(size=PICTURES, threads=1)
    done, _ = render_together(
        song(), out, settings, crew, Asked(FPS, FILM, (SINCE, SINCE + seconds), PLAIN), seconds=SEGMENT / 24
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "workers": count,
        "frames": done.frames,
        "seconds": round(time.perf_counter() - began, 2),
        "awake_after": round(crew.awake - crew.begun, 2),
        "seconds_awake": round(crew.last - crew.awake, 2),
        "cpu_seconds_workers": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "made_again": done.again,
        "head": {"track": round(done.track, 2), "checking": round(done.checking, 2)},
        "hands": {"before": round(done.before, 2), "itself": round(done.itself, 2)},
    }


def pairs(rounds: int, seconds: float) -> dict[str, Any]:
    """One worker against two, in turns, and whether the films are the same."""
    runs: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        films = []
        for turn in range(rounds):
            for count in (1, 2) if turn % 2 == 0 else (2, 1):
                film = Path(folder) / f"{turn}-{count}.mp4"
                runs.append(by(count, film, seconds))
                films.append(film.read_bytes())
                print(json.dumps(runs[-1]), file=sys.stderr)
    one, two = ([run for run in runs if run["workers"] == count] for count in (1, 2))

    def ratio(key: str, workers: int) -> float:
        """Of a figure of one worker to that of two, the median of the rounds."""
        return float(round(statistics.median(a[key] / b[key] / workers for a, b in zip(one, two, strict=True)), 3))

    return {
        "same_bytes": all(film == films[0] for film in films),
        "efficiency_awake": ratio("seconds_awake", 2),
        "efficiency_whole": ratio("seconds", 2),
        "processor_seconds_one_to_two": ratio("cpu_seconds_workers", 1),
        "runs": runs,
    }


def control(fps: int, seconds: float) -> dict[str, float]:
    """What the control track takes, a frame: processor's milliseconds, and bytes as they travel."""
    sound = AudioFile(song(), RATE, start=30.0, end=30.0 + seconds)
    show, desk = assemble(Settings(), RATE)
    began, block, size, frames = time.process_time(), [], 0, 0
    for shot in shots(listen(sound, Unheard(), show, desk, track_of(sound, Fraction(fps))), show):
        block.append(shot)
        frames += 1
        if len(block) == 10 * fps:
            size += len(pack_shots(block))
            block = []
    spent = time.process_time() - began
    show.close()
    return {"ms": round(1000 * spent / frames, 3), "bytes": round(size / (frames - len(block)))}


def trails(look: str) -> dict[str, Any]:
    """Half-lives after which trails that were begun anew are the same to the bit as those that were not."""
    sound = AudioFile(song(), RATE, start=30.0, end=30.0 + LONGEST + 2.0)
    show, desk = assemble(Settings(look=look), RATE)
    drawing = Drawing(show, (320, 180), "half")
    faded, alike, n = 0.0, None, 0
    with Offscreen((320, 180)) as one, Offscreen((320, 180)) as other:
        moments = listen(sound, Unheard(), show, desk, track_of(sound, Fraction(30)))
        for moment in moments:
            image = imagine(drawing, [moment])[0]
            finish = show.finish(moment.t, moment.features, moment.snapshot)
            picture = show.picture(image, moment.latent, moment.t, moment.snapshot, moment.features)
            frame = mixed(show.mixer, moment.t, picture, moment.snapshot, finish)
            n += 1
            for screen in (one, other) if n > BEFORE else (one,):
                screen.follow(moment.snapshot.of(Viewport))
                screen.draw(frame)
            if n <= BEFORE or finish is None:
                continue
            history = finish.values["history"]
            if not history["mode"]:
                alike = (0.0, 0.0)
                break
            faded += finish.ticks / 60.0 / float(history["half_life"])
            if one.memory == other.memory:
                alike = (faded, (n - BEFORE) / 30.0)
                break
    show.close()
    found = {"look": look, "half_lives": None, "seconds": None}
    return found if alike is None else {"look": look, "half_lives": round(alike[0], 1), "seconds": round(alike[1], 1)}


def fleets(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of what the set would take."""
    runs = result["pairs"]["runs"]
    frame = statistics.median(run["hands"]["itself"] / run["frames"] for run in runs if run["workers"] == 1)
    checks = statistics.median(run["head"]["checking"] / (run["frames"] / SEGMENT) for run in runs)
    wake = statistics.median(run["awake_after"] for run in runs)
    track = result["control"]["60"]["ms"] / 1000
    rows = []
    for what, each in ((f"a core here, {FILM[0]}x{FILM[1]} of the bench", frame), *((n, 1 / n) for n in CARDS)):
        name = what if isinstance(what, str) else f"a card, ASSUMED {what} frames a second at 4K"
        for half_life in TRAILS:
            costs = Costs(track, each, each, checks * 600 / SEGMENT, wake)
            alone = reckoned(1, SET, SET_FPS, half_life, costs)["seconds"]
            for workers in FLEET:
                row = reckoned(workers, SET, SET_FPS, half_life, costs)
                share = round(alone / row["seconds"] / workers, 3)
                rows.append({"worker": name, "half_life": half_life, "workers": workers, **row, "efficiency": share})
    return rows


def main() -> None:
    """Program."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=40.0, help="length of the film")
    parser.add_argument("--looks", nargs="*", default=[])
    asked = parser.parse_args()
    result: dict[str, Any] = {"machine": machine(), "song": song().name, "film": FILM, "pictures": PICTURES}
    result["control"] = {str(fps): control(fps, asked.seconds / 2) for fps in (30, 60)}
    result["pairs"] = pairs(asked.rounds, asked.seconds)
    result["trails"] = [trails(look) for look in asked.looks]
    most = [found["half_lives"] for found in result["trails"] if found["half_lives"] is not None]
    result["trails_longest_half_lives"] = float(np.max(most)) if most else None
    result["fleets"] = fleets(result)
    write(result, asked.out)


if __name__ == "__main__":
    main()
