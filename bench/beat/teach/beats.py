"""Teach the network of the beat tracker: `python bench/beat/teach/beats.py MATERIAL... [--batches N]`.

MATERIAL are folders that `songs/make.py` and `found/make.py` filled. Only pieces of the split `train` are learnt from;
`valid` says which weights are kept. Seeded; about ten minutes on one core. `sure.py` comes after it.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from bench.beat.teach import _lessons
from vj.core.types import F64
from vj.features.beat.ear import INPUTS
from vj.features.beat.net import WEIGHTS

LOOKS, BATCH, SEED, SKIP = 640, 48, 1, 60
RATE_OF_LEARNING, DECAY = 3e-3, 1e-4
INTO, FIRST, SECOND = 48, 64, 48


class Net(nn.Module):
    """Two gated recurrent layers behind a dense one: beat and downbeat odds of both halves, DELAY halves ago."""

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.into = nn.Linear(INPUTS, INTO)
        self.first = nn.GRU(INTO, FIRST, batch_first=True)
        self.second = nn.GRU(FIRST, SECOND, batch_first=True)
        self.out = nn.Linear(FIRST + SECOND, 4)
        self.register_buffer("mean", torch.zeros(INPUTS))
        self.register_buffer("scale", torch.ones(INPUTS))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[n, looks, 2, 2] log odds (half, beat or downbeat) of inputs [n, looks, INPUTS]."""
        y = torch.relu(self.into((x - self.mean) * self.scale))
        a, _ = self.first(y)
        b, _ = self.second(a)
        odds: torch.Tensor = self.out(torch.cat([a, b], 2))
        return odds.reshape(*x.shape[:2], 2, 2)


def loss_of(odds: torch.Tensor, said: torch.Tensor) -> torch.Tensor:
    """Cross entropy against [n, 2 looks, 3] targets, DELAY halves late, the first SKIP looks left out."""
    n, looks = odds.shape[:2]
    odds = odds.reshape(n, 2 * looks, 2)[:, 2 * SKIP :]
    said = said[:, 2 * SKIP - _lessons.DELAY : 2 * looks - _lessons.DELAY]
    each = nn.functional.binary_cross_entropy_with_logits(odds, said[..., :2], reduction="none")
    down = (each[..., 1] * said[..., 2]).sum() / (said[..., 2].sum() + 1.0)
    return each[..., 0].mean() + down


def batch(
    lessons: list[_lessons.Lesson], weights: F64, chance: np.random.Generator, size: int = BATCH
) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs and targets of `size` excerpts."""
    chosen = chance.choice(len(lessons), size, p=weights)
    pairs = [_lessons.excerpt(lessons[i], LOOKS, chance) for i in chosen]
    heard = np.stack([p[0] for p in pairs])
    said = np.stack([p[1] for p in pairs])
    return torch.from_numpy(_lessons.looks(heard)), torch.from_numpy(said)


def weights_of(lessons: list[_lessons.Lesson]) -> F64:
    """How often each piece is taken: tempi evenly, recordings oftener."""
    bpm = np.array([60.0 / np.median(np.diff(x.beats)) for x in lessons])
    bins = np.clip(((np.log2(bpm) - 5.5) * 6).astype(int), 0, 20)
    count = np.bincount(bins, minlength=21)
    w = 1.0 / np.sqrt(count[bins])
    w *= np.array([{"recorded": 4.0, "module": 2.0}.get(x.source, 1.0) for x in lessons])
    shares: F64 = w / w.sum()
    return shares


def store(net: Net, out: Path) -> None:
    """Keep the weights as the hearing reads them, in half precision, with the inputs' scale in the first layer."""
    into = net.into.weight * net.scale
    kept: dict[str, torch.Tensor] = {
        "into": into.T,
        "into_bias": net.into.bias - into @ net.mean,
        "out": net.out.weight.T,
        "out_bias": net.out.bias,
    }
    for name, layer in (("first", net.first), ("second", net.second)):
        parts = dict(layer.named_parameters())
        kept |= {f"{name}_into": parts["weight_ih_l0"].T, f"{name}_into_bias": parts["bias_ih_l0"]}
        kept |= {f"{name}_back": parts["weight_hh_l0"].T, f"{name}_back_bias": parts["bias_hh_l0"]}
    halves: dict[str, Any] = {name: value.detach().numpy().astype(np.float16) for name, value in kept.items()}
    np.savez_compressed(out, **halves)


def restored(file: Path = WEIGHTS) -> Net:
    """The network as the hearing has it."""
    with np.load(file, allow_pickle=False) as stored:
        kept = {name: torch.from_numpy(stored[name].astype(np.float32)) for name in stored.files}
    net = Net()
    state = {"mean": torch.zeros(INPUTS), "scale": torch.ones(INPUTS)}
    for name in ("into", "out"):
        state |= {f"{name}.weight": kept[name].T, f"{name}.bias": kept[f"{name}_bias"]}
    for name in ("first", "second"):
        state |= {f"{name}.weight_ih_l0": kept[f"{name}_into"].T, f"{name}.bias_ih_l0": kept[f"{name}_into_bias"]}
        state |= {f"{name}.weight_hh_l0": kept[f"{name}_back"].T, f"{name}.bias_hh_l0": kept[f"{name}_back_bias"]}
    net.load_state_dict(state)
    net.eval()
    return net


def main(argv: list[str]) -> None:
    """Learn, telling how it goes, and keep the best."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("material", type=Path, nargs="+")
    parser.add_argument("--cache", type=Path, default=Path("beat-cache"))
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--batches", type=int, default=1500)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--out", type=Path, default=Path("beat.pt"))
    chosen = parser.parse_args(argv)
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    chance = np.random.default_rng(SEED)
    lessons = [x for folder in chosen.material for x in _lessons.load(folder, chosen.cache)]
    train = [x for x in lessons if x.split == "train"]
    valid = [x for x in lessons if x.split == "valid"]
    print(f"{len(train)} pieces to learn from, {len(valid)} to check", flush=True)
    net = Net()
    w, wv = weights_of(train), weights_of(valid)
    same = np.random.default_rng(7)
    checks = [batch(valid, wv, same) for _ in range(3)]
    if chosen.start:
        net.load_state_dict(torch.load(chosen.start))
    else:
        x, _ = batch(train, w, chance)
        net.mean.copy_(x.mean((0, 1)))
        net.scale.copy_(1.0 / (x.std((0, 1)) + 0.1))
    top = RATE_OF_LEARNING * (0.5 if chosen.start else 1.0)
    learn = torch.optim.AdamW(net.parameters(), top, weight_decay=DECAY)
    plan = torch.optim.lr_scheduler.OneCycleLR(learn, top, total_steps=chosen.batches + 1, pct_start=0.1)
    begun, total, best = time.time(), 0.0, 1e9
    for k in range(1, chosen.batches + 1):
        net.train()
        x, said = batch(train, w, chance)
        loss = loss_of(net(x), said)
        learn.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        learn.step()
        plan.step()
        total += float(loss.detach())
        if k % 50 == 0:
            net.eval()
            with torch.no_grad():
                checked = float(np.mean([float(loss_of(net(a), b)) for a, b in checks]))
            print(f"{k}: {total / 50:.4f} {checked:.4f} {time.time() - begun:.0f} s", flush=True)
            total = 0.0
            if checked < best:
                best = checked
                torch.save(net.state_dict(), chosen.out)
        if time.time() - begun > 60 * chosen.minutes:
            break
    net.load_state_dict(torch.load(chosen.out))
    store(net, WEIGHTS)


if __name__ == "__main__":
    main(sys.argv[1:])
