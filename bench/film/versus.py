"""A film by BigGAN-deep-128: ours beside a plain loop over the same weights, in one run on the processor.

python bench/film/versus.py [--out bench/results/versus.json] [--frames 300] [--pairs 5] [--quick] [--lengths 600 5400]

The plain loop is in the manner of deep-music-visualizer: torch eager with a thread for each core, batches of 30, every
frame kept in memory, a film by imageio at the end. In its favour it hears next to nothing, finishes no
picture and writes no sound. Ours is `vj render` as it comes, with the default look, after `vj models optimize`. Both
read the same folder: random weights whose norms have the statistics of their own activations, as a trained network's
have. Each film is made in a process of its own, the two in turns; the clock runs from before the weights are read to
the finished file.

memory     most that a program and its children hold at once, each shared page counted once (PSS), and the weights
           taken off: 32-bit numbers of the published network
psnr_db    of the worst of eight pictures as the chosen way makes them, against the package in float32; the range is 2
lengths    megabytes that both hold for films of so many frames of the same pictures by a network of a few channels,
           whose own memory is small; what a frame adds is then added to the plain loop for a song of `SONG` frames
limit      arithmetic of a picture over the matrix rate that torch reaches here on all cores, in the same run
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from bench._machine import arguments, machine, write
from bench.film.render import song

ROOT = Path(__file__).resolve().parents[2]
FPS, BATCH = 30, 30
#: Seconds between two looks at the memory.
LOOK = 0.05
#: Frames of a song: three minutes and a half.
SONG = 6300
#: Pictures whose precision is judged.
JUDGED = 8

PLAIN = """
import json, os, sys, time
import av, imageio, numpy as np, torch
from pytorch_pretrained_biggan import BigGAN, truncated_noise_sample
song, out, folder, count, fps, batch = *sys.argv[1:4], *map(int, sys.argv[4:])
began = time.perf_counter()
torch.set_num_threads(os.cpu_count())
model = BigGAN.from_pretrained(folder).eval()
sound = []
with av.open(song) as file:
    for frame in file.decode(audio=0):
        sound.append(frame.to_ndarray().mean(0))
        if len(sound) * frame.samples > frame.sample_rate * count / fps:
            break
    rate = frame.sample_rate
sound = np.concatenate(sound)
hop = rate // fps
pitch = 12 * np.log2(np.maximum(np.fft.rfftfreq(2 * hop, 1 / rate), 20.0) / 440.0)
folded = np.eye(12)[np.round(pitch).astype(int) % 12]
noise, classes = [], []
start, end = (truncated_noise_sample(batch_size=1, truncation=1.0, seed=k)[0] for k in (0, 1))
for k in range(count):
    heard = np.resize(sound[k * hop : k * hop + 2 * hop], 2 * hop)
    chroma = np.abs(np.fft.rfft(heard)) @ folded
    mix = np.zeros(1000, np.float32)
    mix[80 * np.arange(12)] = chroma / max(chroma.sum(), 1e-9)
    x = 0.5 - 0.5 * np.cos(np.pi * k / fps)
    noise.append(start * (1 - x) + end * x)
    classes.append(mix)
noise, classes = (torch.from_numpy(np.array(each, np.float32)) for each in (noise, classes))
frames = []
for k in range(0, count, batch):
    with torch.no_grad():
        made = model(noise[k : k + batch], classes[k : k + batch], 1.0)
    for picture in made.cpu().numpy():
        frames.append(((picture.transpose(1, 2, 0) + 1) * 127.5).clip(0, 255).astype(np.uint8))
with imageio.get_writer(out, fps=fps) as film:
    for frame in frames:
        film.append_data(frame)
print(json.dumps({"frames": len(frames), "seconds": time.perf_counter() - began}))
"""
OURS = """
import json, sys, time
from fractions import Fraction
from pathlib import Path
from vj.apps.assemble import Settings
from vj.apps.render.film import render
song, out, folder, count, fps, size = *sys.argv[1:4], *map(int, sys.argv[4:])
began = time.perf_counter()
done = render(Path(song), Path(out), Settings(bundle=folder), Fraction(fps), (size, size), (0.0, count / fps))
print(json.dumps({"frames": done.frames, "seconds": time.perf_counter() - began}))
"""


@contextmanager
def watched(process: "subprocess.Popen[str]") -> Iterator[list[float]]:
    """While this lasts, megabytes of a process and its children at once, look after look."""
    seen, over = [0.0], threading.Event()

    def look() -> None:
        while not over.wait(LOOK):
            seen.append(sum(_pss(pid) for pid in _family(process.pid)))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _family(pid: int) -> list[int]:
    """A process with all below it."""
    found = [pid]
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += _family(int(child))
    except OSError:
        pass
    return found


def _pss(pid: int) -> float:
    """Megabytes of a process, shared pages divided by those who share them; 0 once it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def film(program: str, *words: str) -> dict[str, float]:
    """Frames a second, milliseconds of all processors a frame, and megabytes of one film made in its own process."""
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    before = os.times()
    process = subprocess.Popen(
        [sys.executable, "-c", program, *words],
        stdout=subprocess.PIPE,
        text=True,
        env={**environment, "PYTHONPATH": str(ROOT)},
    )
    with watched(process) as held:
        said, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"the film was not made: {process.returncode}")
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    done = json.loads(said.splitlines()[-1])
    return {"fps": done["frames"] / done["seconds"], "cpu_ms": 1e3 * spent / done["frames"], "mb": max(held)}


def prepared(folder: Path, quick: bool, way: str | None) -> tuple[Path, Path, dict[str, Any]]:
    """The weights as their package keeps them, the bundle made of them, and what `optimize` chose for it."""
    import torch

    from bench.nets.biggan_random import calibrated, published
    from vj.generators.bundle.manifest import read_bundle
    from vj.generators.bundle.opening import open_generator
    from vj.workshop.import_checkpoint import bundle
    from vj.workshop.onnx.importer import Asked
    from vj.workshop.optimize import measure

    torch.set_num_threads(os.cpu_count() or 1)
    config = published(128, 8 if quick else 128)
    network = calibrated(config)
    weights, made = folder / "weights", folder / "biggan"
    weights.mkdir()
    torch.save(network.state_dict(), weights / "pytorch_model.bin")
    (weights / "config.json").write_text(json.dumps(config), encoding="utf-8")
    bundle(str(weights), made, "random", Asked(), lambda step, part=None: None)
    rows = measure.optimize(read_bundle(made), rounds=5)
    if way:
        measure._write(read_bundle(made), [row for row in rows if row.way.label == way and row.good])
    with closing(open_generator(str(made))) as generator:
        played = {"way": generator.provider, "psnr_db": round(_worst(network, generator), 1)}
    ways = {row.way.label: [round(row.ms, 1), round(row.psnr_db, 1)] for row in rows if not row.reason}
    return weights, made, {**played, "weights_mb": round(_megabytes(network), 1), "ways_ms_and_db": ways}


def _megabytes(network: Any) -> float:
    """Of the numbers that a network consists of."""
    return float(sum(p.numel() * 4 for p in network.parameters()) / 2**20)


def _worst(network: Any, generator: Any) -> float:
    """PSNR of the worst of a few pictures against the package's own, as bytes are shown."""
    import torch

    from vj.generators.bundle.feeds import mapper_feeds
    from vj.generators.bundle.verify import sample

    found = []
    for seed in range(JUDGED):
        latent = sample(generator.spec, seed)
        alike = type(latent)(np.repeat(latent.z[:1], len(latent.z), 0), latent.mix, 1.0, latent.directions)
        feeds = mapper_feeds([alike], 1)
        x = 0.93 * torch.from_numpy(np.asarray(feeds["z"][:1]))
        z = x / (1 + (x / 2) ** 6) ** (1 / 6)
        with torch.no_grad():
            truth = network(z, torch.from_numpy(alike.mix[None]), 1.0)[0].permute(1, 2, 0).numpy()
        shown = np.clip(truth * 127.5 + 128.0, 0, 255).astype(np.uint8).astype(float)
        apart = generator.generate([alike])[0].astype(float) - shown
        found.append(10 * np.log10(255**2 / max(float(np.mean(apart**2)), 1e-9)))
    return float(min(found))


def limit() -> dict[str, float]:
    """What the arithmetic of a picture would take at the matrix rate of this machine."""
    import torch

    a, b = torch.randn(2048, 2048), torch.randn(2048, 2048)
    best = min(_timed(lambda: a @ b) for _ in range(12))
    rate = 2 * 2048**3 / best / 1e9
    return {"float32_gflops": round(rate, 1)}


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def compared(plain: list[dict[str, float]], ours: list[dict[str, float]], weights: float) -> dict[str, Any]:
    """Ours against the plain loop, pair by pair."""
    pairs = list(zip(plain, ours, strict=True))
    return {
        "times_the_frames_a_second": _spread([b["fps"] / a["fps"] for a, b in pairs]),
        "times_less_processor": _spread([a["cpu_ms"] / b["cpu_ms"] for a, b in pairs]),
        "part_of_the_memory_beyond_weights": _spread([(b["mb"] - weights) / (a["mb"] - weights) for a, b in pairs]),
        "plain": _middle(plain),
        "ours": _middle(ours),
    }


def lengths(folder: Path, counts: list[int]) -> dict[str, Any]:
    """Megabytes of both by frames of a film of a tiny network, and what 1000 frames add."""
    weights, made, _ = prepared(folder, True, None)
    found: dict[str, Any] = {"frames": counts}
    for name, program, where, last in (("plain", PLAIN, weights, BATCH), ("ours", OURS, made, 128)):
        words = [(str(folder / f"{name}.mp4"), str(where), str(count), str(FPS), str(last)) for count in counts]
        held = [film(program, str(song()), *each)["mb"] for each in words]
        slope = 1000 * (held[-1] - held[0]) / max(counts[-1] - counts[0], 1)
        found[name] = {"mb": [round(mb) for mb in held], "mb_for_1000_frames": round(slope, 1)}
    return found


def for_a_song(result: dict[str, Any]) -> float:
    """Ours as a part of the plain loop's memory beyond the weights in a film of `SONG` frames."""
    weights, more = result["bundle"]["weights_mb"], (SONG - result["frames"]) / 1000
    ours, plain = (
        result[name]["mb"] - weights + more * result["lengths"][name]["mb_for_1000_frames"]
        for name in ("ours", "plain")
    )
    return float(round(ours / plain, 3))


def _spread(values: list[float]) -> dict[str, float]:
    return {name: round(of(values), 3) for name, of in (("median", statistics.median), ("least", min), ("most", max))}


def _middle(films: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(film[name] for film in films), 2) for name in films[0]}


def main() -> None:
    """Measure, print and keep the result."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a tiny network: does it run?")
    parser.add_argument("--way", help="play it so: on a machine that others use, optimize may be misled")
    parser.add_argument("--lengths", type=int, nargs="*", default=[], help="frames, the fewest first")
    given = parser.parse_args()
    result: dict[str, Any] = {**machine(), "frames": given.frames, "song": song().name}
    with tempfile.TemporaryDirectory(prefix="vj-versus-") as place:
        folder = Path(place)
        weights, made, result["bundle"] = prepared(folder, given.quick, given.way)
        films: dict[str, list[dict[str, float]]] = {"plain": [], "ours": []}
        words = (str(given.frames), str(FPS))
        for k in range(given.pairs):
            for name in ("plain", "ours") if k % 2 == 0 else ("ours", "plain"):
                out = str(folder / f"{name}.mp4")
                program, where, last = (PLAIN, weights, BATCH) if name == "plain" else (OURS, made, 128)
                films[name].append(film(program, str(song()), out, str(where), *words, str(last)))
                print(name, films[name][-1], file=sys.stderr)
        result |= compared(films["plain"], films["ours"], result["bundle"]["weights_mb"])
        result["limit"] = limit()
    if given.lengths:
        with tempfile.TemporaryDirectory(prefix="vj-versus-") as place:
            result["lengths"] = lengths(Path(place), given.lengths)
        result["part_of_the_memory_for_a_song"] = for_a_song(result)
    write(result, given.out)


if __name__ == "__main__":
    main()
