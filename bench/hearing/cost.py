"""What the hearing costs, against an earlier commit: `python bench/hearing/cost.py --base COMMIT [--out F.json]`

Both builds hear the same short excerpts in turns, on the processor's own clock; what is stated is the ratio of the two,
excerpt by excerpt. So is the cost of each feature by itself, without what any of them needs.
"""

import json
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from bench._builds import REPOSITORY, Child, checkout
from bench._machine import arguments, machine, write
from bench.hearing.listening import Sound, resampled
from bench.hearing.patterns import HELD_OUT, make
from vj.core import shelf

STYLES, RATE = ("rolling", "garage", "drum and bass"), 48000
#: Seconds of an excerpt, and turns in which each feature is heard by itself.
EXCERPT, ALONE = 4.0, 6
#: CPU milliseconds a second of sound: of the features asked for, in an excerpt, the analyzer having heard one before.
PROGRAM = """
import json, sys, time
import numpy as np
from vj.core import shelf
from vj.core.params import defaults
from vj.engine.analyzer import Analyzer
x, rate = np.load(sys.argv[1]), int(sys.argv[2])
kept = {}
for line in sys.stdin:
    features, at, seconds = json.loads(line)
    if features is not None:  # an earlier build may lack some
        features = [name for name in features if name in shelf.names("features")]
    if str(features) not in kept:
        analyzer = Analyzer(rate, features=features)
        kept[str(features)] = analyzer, defaults(*analyzer.stages), analyzer.hop_length
    analyzer, snapshot, n = kept[str(features)]
    part = x[int(at * rate) :][: int(seconds * rate)]
    hops = [part[i : i + n] for i in range(0, len(part) - n + 1, n)]
    for hop in hops[:50]:
        analyzer.step(hop, snapshot)
    began = time.process_time()
    for hop in hops[50:]:
        analyzer.step(hop, snapshot)
    spent = time.process_time() - began
    print(1e3 * spent * rate / (n * len(hops[50:])), flush=True)
"""


def spread(values: list[float]) -> dict[str, float | list[float]]:
    """Median and quartiles."""
    low, middle, high = statistics.quantiles(values, n=4)
    return {"median": round(middle, 3), "quartiles": [round(low, 3), round(high, 3)]}


def turns(builds: list[Child], features: list[str] | None, times: int, seconds: float) -> list[list[float]]:
    """[build][turn] what it cost; each build is asked first as often as the other."""
    costs: list[list[float]] = [[] for _ in builds]
    for k in range(times):
        question = json.dumps([features, (k * EXCERPT) % (seconds - EXCERPT), EXCERPT])
        for i in sorted(range(len(builds)), reverse=k % 2 == 1):
            costs[i].append(float(builds[i].ask(question)))
    return costs


def compared(builds: list[Child], times: int, seconds: float) -> dict[str, Any]:
    """Everything together `times` times, then each feature by itself."""
    base, now = turns(builds, None, times, seconds)
    names = ["none", *shelf.names("features")]
    alone = {name: turns(builds, [] if name == "none" else [name], ALONE, seconds) for name in names}
    middle = {name: [statistics.median(costs) for costs in both] for name, both in alone.items()}
    return {
        "turns": times,
        "ratio": spread([b / a for a, b in zip(base, now, strict=True)]),
        "cpu_ms_per_second_of_sound": {"base": spread(base), "now": spread(now)},
        "by_itself": {
            name: {
                build: round(costs[i] - (middle["none"][i] if name != "none" else 0.0), 2)
                for i, build in enumerate(("base", "now"))
            }
            for name, costs in middle.items()
        },
    }


def main() -> int:
    """Measure, print and keep the result."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--base", required=True, help="the commit to compare with")
    parser.add_argument("--turns", type=int, default=60)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pieces = [make(style, HELD_OUT) for style in STYLES]
        x = np.concatenate([resampled(Sound(p.samples, p.rate), RATE).samples for p in pieces])
        np.save(folder / "music.npy", x)
        builds = [
            Child(build, PROGRAM, str(folder / "music.npy"), str(RATE))
            for build in (stack.enter_context(checkout(given.base)), REPOSITORY)
        ]
        for build in builds:
            stack.callback(build.end)
        result = {"measured": machine(), "base": given.base, **compared(builds, given.turns, len(x) / RATE)}
    write(result, given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
