"""Rendering on this machine: speed against real time, where the time goes, memory against the length of the song.

python bench/film/render.py [--out bench/results/render.json] [--song SONG]

The song is Vibe Ace of the real recordings where those are (VJ_AUDIO, or shared/audio beside the checkout); else the
loop.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from bench._machine import arguments, machine, write

ROOT = Path(__file__).resolve().parents[2]
VIBE_ACE = "music/Kevin_MacLeod_-_Vibe_Ace.hq.ogg"

#: Renders one song in a process of its own and says what that took.
_RENDER = """
import json, resource, sys, time
from fractions import Fraction
from pathlib import Path
from vj.apps.assemble import Settings
from vj.apps.render.film import render
song, out, bundle, fps, width, height, stop = sys.argv[1:]
began = time.perf_counter()
done = render(Path(song), Path(out), Settings(bundle=bundle), Fraction(fps), (int(width), int(height)),
              (0.0, float(stop) if stop != "end" else None))
mine, child = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({
    "frames": done.frames,
    "seconds": round(time.perf_counter() - began, 2),
    "cpu_seconds_show": round(mine.ru_utime + mine.ru_stime, 1),
    "cpu_seconds_encoder": round(child.ru_utime + child.ru_stime, 1),
    "peak_mb": round(mine.ru_maxrss / 1024),
    "peak_mb_encoder": round(child.ru_maxrss / 1024),
}))
"""


def song() -> Path:
    """What to render."""
    folder = Path(os.environ.get("VJ_AUDIO", ROOT.parent / "shared" / "audio"))
    if (folder / VIBE_ACE).is_file():
        return folder / VIBE_ACE
    from vj.workshop.loop import cached

    return cached()


def rendered(path: Path, out: Path, bundle: str, fps: str, size: tuple[int, int], stop: str = "end") -> dict[str, Any]:
    """Figures of one render, with what the file itself says."""
    words = [str(path), str(out), bundle, fps, str(size[0]), str(size[1]), stop]
    done = subprocess.run([sys.executable, "-c", _RENDER, *words], capture_output=True, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    with av.open(str(out)) as film:
        picture, sound = film.streams.video[0], film.streams.audio[0]
        figures["frames_in_file"] = sum(1 for _ in film.demux(picture)) - 1
        assert picture.duration is not None
        assert sound.duration is not None
        figures["picture_s"] = round(float(picture.duration * (picture.time_base or 0)), 4)
        figures["sound_s"] = round(float(sound.duration * (sound.time_base or 0)), 4)
    figures["times_real_time"] = round(figures["frames"] / float(Fraction(fps)) / figures["seconds"], 3)
    figures["file_mb"] = round(out.stat().st_size / 1e6, 1)
    return figures


def stages(size: tuple[int, int]) -> dict[str, float]:
    """Milliseconds a frame of each part by itself: the median of 150."""
    from vj.apps.assemble import Settings, assemble
    from vj.outputs.offscreen import Offscreen

    show, desk = assemble(Settings(), 48000)
    snapshot, features = show.open(desk)
    noise = np.random.default_rng(0).standard_normal(show.analyzer.hop_length).astype(np.float32) * 0.1
    spent: dict[str, list[float]] = {name: [] for name in ("hear", "direct", "imagine", "composite", "draw")}
    with Offscreen(size) as screen:
        for n in range(150):
            marks = [time.perf_counter()]
            features = show.analyze(noise, snapshot)
            marks.append(time.perf_counter())
            snapshot = desk.tick(n / 30, features)
            latent = show.direct(n / 30, features, snapshot)
            marks.append(time.perf_counter())
            image = show.imagine([latent], "worlds")[0]
            marks.append(time.perf_counter())
            frame = show.composite(n / 30, show.picture(image, latent, n / 30, snapshot, features), snapshot, features)
            marks.append(time.perf_counter())
            screen.draw(frame)
            marks.append(time.perf_counter())
            for name, begin, end in zip(spent, marks, marks[1:], strict=False):
                spent[name].append((end - begin) * 1000)
    return {name: round(float(np.median(times)), 3) for name, times in spent.items()}


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--song", type=Path, default=None)
    args = parser.parse_args()
    path = args.song or song()
    result: dict[str, Any] = {"what": "vj render", **machine(), "song": path.name}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "film.mp4"
        result["720p30"] = rendered(path, out, "worlds", "30", (1280, 720))
        result["720p60, 20 s"] = rendered(path, out, "worlds", "60", (1280, 720), "20")
        result["1080p30, 20 s"] = rendered(path, out, "worlds", "30", (1920, 1080), "20")
        long = Path(folder) / "long.wav"
        silence_free = np.random.default_rng(0).standard_normal(48000 * 60).astype(np.float32) * 0.1
        with av.open(str(long), "w") as wave:
            stream = wave.add_stream("pcm_s16le", rate=48000, layout="mono")
            for _ in range(10):
                pcm = (silence_free * 32000).astype(np.int16).reshape(1, -1)
                frame = av.AudioFrame.from_ndarray(pcm, "s16", "mono")
                frame.sample_rate = 48000
                wave.mux(stream.encode(frame))
            wave.mux(stream.encode(None))
        result["memory"] = {
            f"{seconds} s": rendered(long, out, "testcard", "24", (320, 180), seconds)["peak_mb"]
            for seconds in ("30", "600")
        }
    result["ms_a_frame_720p"] = stages((1280, 720))
    write(result, args.out)


if __name__ == "__main__":
    main()
