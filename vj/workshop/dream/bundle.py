"""Train and write the bundle `dream`: a style-based generator that learnt the worlds and can turn one into another.

vj train dream                          does everything, about two and a half hours on two cores
vj train dream --minutes 30             goes on for half an hour from wherever it was, then writes the bundle
python -m vj.workshop.dream --write     writes the bundle again from what was trained

Everything is kept in the folder `out/dream`: it may be interrupted at any time and goes on where it was.
"""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import numpy as np
import safetensors.numpy
import torch
from torch import Tensor, nn

from vj.core.shelf import share
from vj.core.types import F32
from vj.generators.bundle.manifest import DIRECTIONS, MANIFEST
from vj.generators.bundle.opening import open_generator
from vj.workshop.dream import _graph
from vj.workshop.dream._data import kept
from vj.workshop.dream._directions import directions
from vj.workshop.dream._score import Critic, best
from vj.workshop.dream._shapes import FORM, FULL, GROUPS, LAYERS, LEARNT, PALETTE, STYLE, Z
from vj.workshop.dream._sharp import Workbench
from vj.workshop.dream._sharp import train as sharpen
from vj.workshop.dream._train import Dreamer, Game
from vj.workshop.dream._train import train as play
from vj.workshop.manifest import Facts, manifest
from vj.workshop.sheets import drawing
from vj.workshop.worlds.forms import WORLDS, write_words

SEED = 1
#: Pictures of each world.
PICTURES = 1200
#: Steps of the game.
STEPS = 16000
SHARP_STEPS = 4000
#: Steps from one snapshot to the next.
SNAPSHOT_STEPS = 500
#: Newest snapshots of which the best is chosen.
CONSIDERED = 8
#: z drawn for the mean style of a class.
_MEAN_DRAWS = 2000
#: Pairs of z at which a turn is measured.
_SAMPLES = 12
#: Pictures in a row of the poster.
_ROW = 7


@dataclass(frozen=True)
class Places:
    """Where training keeps what it has."""

    folder: Path

    @property
    def game(self) -> Path:
        return self.folder / "game.pt"

    @property
    def bench(self) -> Path:
        return self.folder / "sharpener.pt"

    @property
    def chosen(self) -> Path:
        return self.folder / "chosen.json"

    def snapshots(self) -> list[Path]:
        """The snapshots there are, oldest first."""
        return sorted(self.folder.glob("mean-*.pt"))


def train(folder: Path, minutes: float, say: Callable[[str], None], steps: int = STEPS) -> None:
    """Draw the pictures, play the game and train the sharpener, from wherever they were left; `minutes` for both."""
    places = Places(folder)
    data = kept(folder / "data", PICTURES, SEED, say)
    game = Game.new(len(data), SEED)
    if places.game.is_file():
        game.resume(places.game)
        say(f"going on from step {game.step}")

    def saved(now: Game) -> None:
        now.keep(places.game)
        torch.save(now.mean.state_dict(), folder / f"mean-{now.step:06d}.pt")

    play(game, data, steps, minutes * 60 * 0.85, saved, say, SNAPSHOT_STEPS)
    critic = Critic(data)
    files = places.snapshots()[-CONSIDERED:]
    scores = [critic.score(snapshot(file, len(data))) for file in files]
    for file, score in zip(files, scores, strict=True):
        say(f"{file.stem}  {score}")
    chosen = files[best(scores)]
    rows = zip(data, *(getattr(scores[best(scores)], name) for name in ("accuracy", "variety", "detail")), strict=True)
    facts = {name: [round(value, 2) for value in row] for name, *row in rows}
    places.chosen.write_text(json.dumps({"snapshot": chosen.name, "worlds": facts}, indent=1), encoding="utf-8")
    bench = Workbench.new(len(data), SEED)
    if places.bench.is_file():
        bench.resume(places.bench)
    try:
        sharpen(bench, snapshot(chosen, len(data)), data, SHARP_STEPS, minutes * 60 * 0.15, say)
    finally:
        bench.keep(places.bench)


def snapshot(file: Path, classes: int) -> Dreamer:
    """The dreamer of a snapshot."""
    dreamer = Dreamer(classes)
    dreamer.load_state_dict(torch.load(file, weights_only=True))
    return dreamer.eval()


def write(folder: Path, places: Places) -> None:
    """Write every file of the bundle into `folder`, but for its card."""
    names = list(LEARNT)
    dreamer = snapshot(places.folder / json.loads(places.chosen.read_text())["snapshot"], len(names))
    bench = Workbench.new(len(names), SEED)
    bench.resume(places.bench)
    folder.mkdir(parents=True, exist_ok=True)
    _graph.mapper(weights(dreamer.mapper), means(dreamer, len(names))).save(folder / "mapper.onnx")
    anchors = [WORLDS[name].anchor for name in names]
    graph = _graph.synthesizer(weights(dreamer.trunk), weights(bench.sharpener), anchors)
    graph.save(folder / "synthesizer.onnx")
    (folder / "classes.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    write_words(folder, names)
    found = directions(dreamer, len(names))
    (folder / DIRECTIONS).write_bytes(safetensors.numpy.save(found))
    shapes = {"z": Z, "w": STYLE + PALETTE + len(names), "layers": LAYERS, "classes": len(names)}
    size = (FULL[1], FULL[0])
    measured: dict[str, float] = {}
    for _ in range(2):  # turns can only be measured on a bundle that is whole
        facts = Facts("vj train dream", "dream", size, list(found), shapes, GROUPS, measured)
        (folder / MANIFEST).write_text(manifest(folder, facts), encoding="utf-8")
        if not measured:
            with closing(open_generator(str(folder), threads=1)) as generator:
                measured = drawing.turns(generator, _SAMPLES)


def poster(folder: Path) -> None:
    """Write `poster.png`: each class once, a few in a row."""
    with closing(open_generator(str(folder), threads=1)) as generator:
        names = generator.spec.classes
        pictures = [list(drawing.seeds(generator, name, k % 5 + 1, 0.9))[-1] for k, name in enumerate(names)]
    pictures += [np.zeros_like(pictures[0])] * (-len(pictures) % _ROW)
    drawing.poster([pictures[k : k + _ROW] for k in range(0, len(pictures), _ROW)]).save(
        folder / "poster.png", optimize=True
    )


def weights(network: nn.Module) -> dict[str, F32]:
    """Parameters by name, as arrays."""
    return {name: np.asarray(value.detach().numpy(), np.float32) for name, value in network.state_dict().items()}


def means(dreamer: Dreamer, classes: int) -> F32:
    """[C, STYLE] mean style of every class."""
    rng = torch.Generator().manual_seed(SEED)
    z = torch.randn(_MEAN_DRAWS, FORM, generator=rng)

    def mean(k: int) -> Tensor:
        mix = torch.eye(classes)[k].expand(_MEAN_DRAWS, -1)
        found: Tensor = dreamer.mapper(z, mix)
        return found.mean(0)

    with torch.no_grad():
        return np.asarray(torch.stack([mean(k) for k in range(classes)]).numpy(), np.float32)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train as long as asked, then write the bundle."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=150.0, help="time for training, beside drawing the pictures")
    parser.add_argument("--steps", type=int, default=STEPS, help="steps of the game; rates fall towards the end")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path("out/dream"), help="where training keeps what it has")
    parser.add_argument("-o", "--output", type=Path, default=share("models") / "dream")
    parser.add_argument("--write", action="store_true", help="train no further, only write the bundle")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    signal.signal(signal.SIGTERM, _interrupted)
    if not options.write:
        train(options.folder, options.minutes, _say, options.steps)
    write(options.output, Places(options.folder))
    poster(options.output)
    _say(f"the bundle is {options.output}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _interrupted(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
