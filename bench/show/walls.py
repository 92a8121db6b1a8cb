"""What outputs cost the wall: gaps between its frames with NDI, a stream and two more windows, and without, by turns.

python bench/show/walls.py [--out F.json] [--seconds 288] [--turn 20] [--size 1280x720] [--look neon_loom]

One whole show on a private X server performs to the demo's loop. Every `--turn` seconds all outputs are switched on or
off, as a hand would, so that both are measured on the same machine at the same time; the first seconds after a switch
do not count. NDI has a receiver, for it compresses nothing else: another program on this machine, behind all others.
"""

import os
import queue
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from bench._machine import arguments, machine, write

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from servers.xvfb import xvfb  # noqa: E402

BUDGET = {"p99_ratio": 1.05}
#: Seconds after a switch that do not count.
SETTLE = 4.0
#: Another program that takes NDI as fast as it comes, and throws it away.
RECEIVER = """
import sys, time
from cyndilib.finder import Finder
from cyndilib.receiver import ReceiveFrameType, Receiver
from cyndilib.video_frame import VideoRecvFrame
from cyndilib.wrapper.ndi_recv import RecvBandwidth, RecvColorFormat
finder = Finder(); finder.open()
receiver = Receiver(color_format=RecvColorFormat.UYVY_BGRA, bandwidth=RecvBandwidth.highest)
video = VideoRecvFrame(); receiver.set_video_frame(video)
count, source = 0, None
while True:
    finder.update_sources()
    names = [name for name in finder.get_source_names() if "(" + sys.argv[1] + ")" in name]
    if names and not receiver.is_connected():
        receiver.set_source(finder.get_source(names[0]))
    if receiver.receive(ReceiveFrameType.recv_video, 500) & ReceiveFrameType.recv_video:
        video.skip_frames(True)
        count += 1
        if count % 100 == 0:
            print(count, flush=True)
"""


def gaps(times: list[float]) -> dict[str, float]:
    """Milliseconds between swaps: p50, p99, the longest, and frames a second."""
    apart = np.diff(times) * 1000
    low, high = np.percentile(apart, (50, 99))
    return {
        "frames": len(times),
        "fps": round(1000 / float(apart.mean()), 2),
        "p50_ms": round(float(low), 2),
        "p99_ms": round(float(high), 2),
        "longest_ms": round(float(apart.max()), 1),
    }


def perform(seconds: float, turn: float, size: tuple[int, int], look: str, folder: Path) -> dict[str, Any]:
    """The show, switched by turns; what was measured of it."""
    from vj.apps.assemble import Settings, load
    from vj.apps.live.loop import Live, Parts
    from vj.apps.sending.elsewhere import Elsewhere
    from vj.core.handoff import SampleRing
    from vj.core.types import Event
    from vj.devices.audio.file import FilePlayer
    from vj.outputs.sending.asked import asked
    from vj.outputs.window import Window
    from vj.outputs.window.panes import Asked, Panes
    from vj.workshop.loop import cached

    name = f"vj walls {os.getpid()}"
    texts = [f"ndi:{name},name=ndi,off", f"hls:{folder},name=stream,off"]
    texts += [f"window:,slice={side},size=640x360,name={side},off" for side in ("left", "right")]
    outputs = tuple(asked(text) for text in texts)
    ring, events = SampleRing(48000), queue.SimpleQueue[Event]()
    swaps: list[float] = []

    class Timed(Window):
        def swap(self) -> None:
            super().swap()
            swaps.append(time.perf_counter())

    with ExitStack() as stack:
        window = stack.enter_context(Timed(size=size))
        loaded = load(Settings(look=look, outputs=outputs))
        show = loaded.show(48000)
        stack.callback(show.close)
        player = FilePlayer(cached(), ring, audible=False)
        windows = tuple(Asked(o.name, o.target, o.size, o.part) for o in outputs if o.kind == "window")
        elsewhere = Elsewhere(outputs, 48000, events, Panes(window.handle, windows, None))
        stack.callback(elsewhere.close)
        window.watch = elsewhere.see
        watching = subprocess.Popen(["nice", "-n", "19", sys.executable, "-c", RECEIVER, name], stdout=subprocess.PIPE)
        stack.callback(watching.kill)
        live = stack.enter_context(Live(Parts(show, loaded.desk, player, ring, window, events, elsewhere=elsewhere)))
        stack.enter_context(player)
        live.run(2 * SETTLE)
        kept: dict[bool, list[dict[str, float]]] = {False: [], True: []}
        every: dict[bool, list[float]] = {False: [], True: []}
        before = {fact["name"]: fact for fact in elsewhere.facts()}
        for number in range(max(round(seconds / turn), 2)):
            on = number % 4 in (1, 2)  # off on on off: what drifts is in both alike
            for output in outputs:
                events.put(Event(f"/output/{output.name}/on", (on,)))
            live.run(SETTLE)
            begun = len(swaps)
            live.run(turn)
            kept[on].append(gaps(swaps[begun:]))
            every[on] += list(np.diff(swaps[begun:]) * 1000)
            print("on " if on else "off", kept[on][-1], flush=True)
        facts, renderer = {fact["name"]: fact for fact in elsewhere.facts()}, window.renderer
    p99 = {on: float(np.percentile(every[on], 99)) for on in every}
    p50 = {on: float(np.percentile(every[on], 50)) for on in every}
    return {
        "off": {"turns": kept[False], "p50_ms": round(p50[False], 2), "p99_ms": round(p99[False], 2)},
        "on": {"turns": kept[True], "p50_ms": round(p50[True], 2), "p99_ms": round(p99[True], 2)},
        "p50_ratio": round(p50[True] / p50[False], 3),
        "p99_ratio": round(p99[True] / p99[False], 3),
        "longest_ms": {"off": round(max(every[False]), 1), "on": round(max(every[True]), 1)},
        "sent": {n: facts[n]["sent"] - before[n]["sent"] for n in facts},
        "dropped": {n: facts[n]["dropped"] for n in facts},
        "restarts": {n: facts[n]["restarts"] for n in facts},
        "renderer": renderer,
    }


def main() -> None:
    """Measure and tell."""
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=288.0, help="of all turns together; 600 for ten minutes")
    parser.add_argument("--turn", type=float, default=20.0, help="seconds between two switches that count")
    parser.add_argument("--size", default="1280x720", help="of the wall")
    parser.add_argument("--look", default="neon_loom")
    asked = parser.parse_args()
    width, _, height = asked.size.partition("x")
    found = machine()
    with tempfile.TemporaryDirectory() as folder, xvfb(1920, 1080):
        (Path(folder) / "ndi-config.v1.json").write_text('{"ndi": {"networks": {"ips": "127.0.0.1"}}}')
        os.environ["NDI_CONFIG_DIR"] = folder
        result = perform(asked.seconds, asked.turn, (int(width), int(height)), asked.look, Path(folder) / "hls")
    write({**found, "size": asked.size, "look": asked.look, "budget": BUDGET, **result}, asked.out)


if __name__ == "__main__":
    main()
