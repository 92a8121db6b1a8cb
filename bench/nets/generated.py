"""What a trained bundle has learnt: python bench/nets/generated.py [--bundle dream] [--data worlds] [--out F.json]

A small classifier learns the classes of the data bundle from its pictures, and then says what it takes the trained
bundle's pictures for. Beside that, class by class: variety, sharpness and modes against the data. Needs the extra
`workshop`. A bundle against itself shows what a perfect one would score.
"""

import json
import time
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  its usual name
from PIL import Image
from torch import Tensor, nn

from bench._machine import arguments, machine
from bench.nets._generated_scores import coverage, fine_energy, luminance, spectrum, spread, thumbnails
from vj.core.types import F32, U8, Latent
from vj.generators.bundle.opening import open_generator
from vj.generators.contract import Generator

#: Pictures a class: to learn from, to test on (data and trained alike), and how many are drawn at once.
LEARN, TEST, BATCH = 160, 80, 8
#: The classifier sees pictures of this (width, height).
SEEN = (86, 48)
#: What to reach, as shares of what the data itself reaches or as they are.
AIMS = {
    "accuracy": "mean of classes >= .8",
    "variety": "mean of classes >= .7 of the data's",
    "sharpness": "energy that 4 x 4 pooling takes away, over the data's: .6 to 1.6",
    "modes": "mean of classes >= .8 of the data's modes hold a picture",
}


@dataclass(frozen=True)
class Pictures:
    """Of one class: `luma` [N, height, width] at native size, `seen` [N, 48, 86, 3] bytes for the classifier."""

    luma: F32
    seen: U8


def draw(generator: Generator, name: str, count: int, seed: int) -> Pictures:
    """`count` pictures of a class at psi 1 and random styles; the same for the same seed."""
    spec = generator.spec
    rng = np.random.default_rng([seed, *name.encode()])
    mix = np.eye(len(spec.classes), dtype=np.float32)[spec.classes.index(name)]
    still = np.zeros(len(spec.directions), np.float32)
    luma, seen = [], []
    for first in range(0, count, BATCH):
        z = rng.standard_normal((min(BATCH, count - first), len(spec.groups), spec.z_dim)).astype(np.float32)
        images = generator.generate([Latent(one, mix, 1.0, still, noise_seed=seed) for one in z])
        luma.append(luminance(images))
        seen += [np.asarray(Image.fromarray(image).resize(SEEN, Image.Resampling.BOX)) for image in images]
    return Pictures(np.concatenate(luma), np.array(seen))


class Classifier(nn.Module):
    """Pictures [N, 3, 48, 86] in -1..1 -> logits [N, classes]. Its last layer averages over places."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        widths = (3, 24, 48, 96, 128)
        self.layers = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise(widths))
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) for b in widths[1:])
        self.head = nn.Linear(widths[-1], classes)

    def forward(self, x: Tensor) -> Tensor:
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = F.relu(norm(layer(x)))
        logits: Tensor = self.head(x.mean(dim=(2, 3)))
        return logits


def prepared(images: U8) -> Tensor:
    """[N, 3, height, width] in -1..1."""
    return torch.from_numpy(images.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1.0)


def taught(images: U8, labels: Tensor, classes: int, epochs: int) -> Classifier:
    """A classifier that has seen every picture `epochs` times, mirrored at random, at random brightness."""
    torch.manual_seed(0)
    model, x = Classifier(classes), prepared(images)
    optimiser = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=1e-2)
    steps = epochs * (len(x) // 64)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=max(steps, 1))
    for step in range(steps):
        if step % (len(x) // 64) == 0:
            order = torch.randperm(len(x))
        rows = order[step % (len(x) // 64) * 64 :][:64]
        batch = x[rows] * (0.8 + 0.4 * torch.rand(len(rows), 1, 1, 1))
        if step % 2:
            batch = batch.flip(3)
        loss = F.cross_entropy(model(batch), labels[rows], label_smoothing=0.05)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        plan.step()
    return model.eval()


@torch.no_grad()
def guesses(model: Classifier, images: U8) -> U8:
    """[N] what the classifier takes each picture for."""
    found = [model(prepared(images[k : k + 64])).argmax(1).numpy() for k in range(0, len(images), 64)]
    return np.concatenate(found).astype(np.uint8)


def grey(images: U8) -> U8:
    """The pictures without colour, so that form alone must tell."""
    return np.repeat((luminance(images) * 255.0).astype(np.uint8)[..., None], 3, axis=3)


def compared(data: Pictures, held: Pictures, made: Pictures) -> dict[str, Any]:
    """Variety, sharpness and modes of `made` against `data`; `held` is what the data scores against itself."""
    mine, theirs = thumbnails(made.luma), thumbnails(data.luma)
    hold = coverage(theirs, mine)
    ratio = spectrum(made.luma) / np.maximum(spectrum(data.luma), 1e-12)
    return {
        "variety": round(spread(mine) / max(spread(theirs), 1e-9), 3),
        "sharpness": round(fine_energy(made.luma) / max(fine_energy(data.luma), 1e-12), 3),
        "spectrum_ratio_by_octave": [round(float(r), 3) for r in ratio],
        "modes": round(hold.any, 3),
        "modes_fair": round(hold.fair, 3),
        "modes_of_data": round(coverage(theirs, thumbnails(held.luma)).any, 3),
    }


def run(args: Namespace) -> dict[str, Any]:
    """Draw, teach, ask."""
    torch.set_num_threads(args.threads)
    trained = open_generator(args.bundle, threads=args.threads)
    source = open_generator(args.data, trained.size, threads=args.threads)  # or their details could not be compared
    names = [name for name in source.spec.classes if name in trained.spec.classes]
    missing = [name for name in source.spec.classes if name not in names]
    data = {name: draw(source, name, args.learn, 1) for name in names}
    held = {name: draw(source, name, args.test, 2) for name in names}
    made = {name: draw(trained, name, args.test, 3) for name in names}
    print(f"{len(names)} classes drawn")
    labels = torch.arange(len(names)).repeat_interleave(args.learn)
    model = taught(np.concatenate([data[name].seen for name in names]), labels, len(names), args.epochs)
    blind = taught(np.concatenate([grey(data[name].seen) for name in names]), labels, len(names), args.epochs)
    classes: dict[str, Any] = {}
    print(f"{'class':<14} held-out  accuracy (grey)  taken for       variety  sharp  modes (fair, data's)")
    for k, name in enumerate(names):
        taken = guesses(model, made[name].seen)
        wrong = np.bincount(taken[taken != k], minlength=len(names))
        value = {
            "held_out": round(float((guesses(model, held[name].seen) == k).mean()), 3),
            "accuracy": round(float((taken == k).mean()), 3),
            "accuracy_grey": round(float((guesses(blind, grey(made[name].seen)) == k).mean()), 3),
            "held_out_grey": round(float((guesses(blind, grey(held[name].seen)) == k).mean()), 3),
            "most_taken_for": names[int(wrong.argmax())] if wrong.any() else "",
            **compared(data[name], held[name], made[name]),
        }
        classes[name] = value
        told = f"{value['held_out']:>8.2f}  {value['accuracy']:>8.2f} ({value['accuracy_grey']:.2f})"
        modes = f"{value['modes']:.2f} ({value['modes_fair']:.2f}, {value['modes_of_data']:.2f})"
        kin = f"{value['most_taken_for']:<14}  {value['variety']:>7.2f}  {value['sharpness']:>5.2f}"
        print(f"{name:<14} {told}  {kin}  {modes}")
    mean = means(classes)
    result = {
        "bundle": args.bundle,
        "data": args.data,
        "not_in_bundle": missing,
        "mean": mean,
        "met": met(mean),
    }
    print(json.dumps({"mean": mean, "met": result["met"]}))
    return {"what": "what a trained bundle has learnt", **machine(), **result, "aims": AIMS, "classes": classes}


def means(classes: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Of every number, over the classes."""
    keys = (
        "held_out",
        "accuracy",
        "held_out_grey",
        "accuracy_grey",
        "variety",
        "sharpness",
        "modes",
        "modes_fair",
        "modes_of_data",
    )
    return {key: round(float(np.mean([value[key] for value in classes.values()])), 3) for key in keys}


def met(mean: Mapping[str, float]) -> dict[str, bool]:
    """Which aims are reached."""
    return {
        "accuracy": mean["accuracy"] >= 0.8,
        "variety": mean["variety"] >= 0.7,
        "sharpness": 0.6 <= mean["sharpness"] <= 1.6,
        "modes": mean["modes"] >= 0.8 * mean["modes_of_data"],
    }


def main() -> None:
    """Command line."""
    parser = arguments((__doc__ or "").split("\n")[0])
    parser.add_argument("--bundle", default="dream", help="the trained bundle, by name or folder")
    parser.add_argument("--data", default="worlds", help="the bundle it learnt from")
    parser.add_argument("--learn", type=int, default=LEARN, help="pictures a class to learn from")
    parser.add_argument("--test", type=int, default=TEST, help="pictures a class to test on")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    began = time.perf_counter()
    result = run(args)
    result["wall_s"] = round(time.perf_counter() - began)
    if args.out:
        out: Path = args.out
        out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        print(f"written to {out}")


if __name__ == "__main__":
    main()
