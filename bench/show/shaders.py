"""Shaders on stage: does bass move the coarse inputs and hats the fine ones, and what does a bad file cost the show?

python bench/show/shaders.py [--out bench/results/shaders.json] [--seconds 8]

`dance` plays the probe of `bench/look/dance.py` with the director pulse to each class of `currents`: `inputs` is how
far its coarse inputs go over its fine ones with bass alone, over the same with hats alone, each input in parts of its
span; `stem_ratio` is that of bench/look/dance.py, in the finished picture. Both aim at 2. `stage` is a show in a window
under Xvfb while its file is sound, does not compile, never ends and is far too slow: displayed fps and the longest gap
between two frames, which is to be under 100 ms.
"""

import queue
import sys
import tempfile
import time
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from bench._machine import arguments, machine, write
from bench.look.probe import BASS, HATS, SETTLE, TOTAL, answers, make
from bench.look.rendered import Look, played

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from servers.xvfb import xvfb  # noqa: E402
from tests_shaders import ENDLESS, RINGS, bundle  # noqa: E402

from vj.apps.assemble import Settings, assemble  # noqa: E402
from vj.apps.live.loop import Live, Parts  # noqa: E402
from vj.apps.render.moments import RATE, listen  # noqa: E402
from vj.apps.track import track_of  # noqa: E402
from vj.core.handoff import SampleRing  # noqa: E402
from vj.core.types import Event  # noqa: E402
from vj.devices.audio.file import AudioFile  # noqa: E402
from vj.generators.bundle.opening import open_generator  # noqa: E402
from vj.outputs.window import Window  # noqa: E402

FPS = 60
MEASURES = ("inputs", "stem_ratio")
SLOW = ENDLESS.replace("for (;;)", "for (int k = 0; k < (RENDERSIZE.x < 20.0 ? 1 : 60000); ++k)")


class Unheard:
    """Where sound goes that nobody records."""

    def write_audio(self, samples: Any) -> None:
        """Let it be."""


def inputs_ratio(song: Path) -> dict[str, float]:
    """Class -> how much further bass moves its coarse inputs than its fine ones, over the same of hats."""
    show, desk = assemble(Settings(bundle="currents", director="pulse", threads=1), RATE)
    sound = AudioFile(song, RATE)
    moments = list(listen(sound, Unheard(), show, desk, track_of(sound, Fraction(FPS))))
    show.close()
    found = {}
    with closing(open_generator("currents", (64, 36))) as generator:
        for name, moving in zip(generator.spec.classes, generator._moving, strict=True):  # type: ignore[attr-defined]
            gone = np.zeros((len(moments) - 1, 3))
            for knob in moving.knobs:
                values = np.array([np.atleast_1d(knob.value(m.latent.z, m.latent.psi)) for m in moments], float)
                span = np.maximum(np.ptp(values, axis=0), 1e-9)
                gone[:, knob.group] += (np.abs(np.diff(values, axis=0)) / span).mean(1)
            parts = [
                gone[round((start + SETTLE) * FPS) : round(end * FPS)].sum(0)
                for start, end in ((0.0, BASS), (BASS, BASS + HATS))
            ]
            bass, hats = (part[0] / max(part[2], 1e-9) for part in parts)
            found[name] = round(float(bass / max(hats, 1e-9)), 2)
    return found


def dance() -> dict[str, Any]:
    """Both measures, class by class."""
    with tempfile.TemporaryDirectory() as folder:
        song = make(Path(folder) / "probe.wav")
        told = {name: {"inputs": ratio} for name, ratio in inputs_ratio(song).items()}
        for name, row in told.items():
            cue = {"bundle": "currents", "director": "pulse", "classes": name}
            row["stem_ratio"] = round(answers(played(Look(name, cue), song, (0.0, TOTAL), "currents").film).stems, 2)
    return told


class Quiet:
    """An input with nothing to hear."""

    name, rate, overruns, lost, silent, notes = "quiet", RATE, 0, False, False, ()


class Watched(Window):
    """A window that remembers when each frame was shown."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shown: list[float] = []

    def swap(self) -> None:
        super().swap()
        self.shown.append(time.perf_counter())


def stage(seconds: float) -> dict[str, dict[str, float]]:
    """What is seen while the file of a show is sound, and three times is not."""
    files = {"sound": RINGS, "broken": "/*{}*/\nvoid main() { nonsense; }", "endless": ENDLESS, "slow": SLOW}
    told: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as place, xvfb(1280, 720), Watched(size=(1280, 720)) as window:
        folder = bundle(Path(place))
        show, desk = assemble(Settings(bundle=str(folder)), RATE)
        ring = SampleRing(RATE)
        with Live(Parts(show, desk, Quiet(), ring, window, queue.SimpleQueue[Event]())) as live:
            live.run(4.0)
            for name, text in files.items():
                (folder / "rings.fs").write_text(text)
                since, pictures = len(window.shown), live.report().unique_frames
                live.run(seconds)
                gaps = np.diff(window.shown[since:])
                told[name] = {
                    "displayed_fps": round(1.0 / float(gaps.mean()), 1),
                    "longest_gap_ms": round(1000.0 * float(gaps.max()), 1),
                    "unique_fps": round((live.report().unique_frames - pictures) / seconds, 1),
                }
        show.close()
    return told


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--seconds", type=float, default=8.0, help="of the show, for each state of its file")
    args = parser.parse_args()
    danced = dance()
    ends = {end.__name__: {key: end(row[key] for row in danced.values()) for key in MEASURES} for end in (min, max)}
    result = {"what": "shaders on stage", **machine(), "least": ends["min"], "most": ends["max"], "dance": danced}
    result["stage"] = stage(args.seconds)
    write(result, args.out)


if __name__ == "__main__":
    main()
