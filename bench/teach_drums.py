"""Teach the network in `vj/features/_drums.py` kicks and snares: `python bench/teach_drums.py KITS [--pieces N]`.

KITS is a folder with the drum samples that `_kits` describes. Takes about ten minutes on one core and three gigabytes.
No recording that the hearing is scored with is looked at here.
"""

import argparse
import sys
from pathlib import Path

import _kits
import _lessons
import numpy as np
import torch
from torch import nn

from vj.core.short import EVERY, Short
from vj.core.types import F32
from vj.features._drums import INPUTS, WEIGHTS, Shapes
from vj.workshop.loop.voices import RATE

HIDDEN, EPOCHS, BATCH, RATE_OF_LEARNING, DECAY = 48, 10, 1024, 6e-3, 0.01
#: Noise on the inputs, the same for all of a frame and for each: levels are not to be trusted.
NOISE_ALL, NOISE_EACH = 0.2, 0.1
#: Frames after a drum begins in which it is to be recognised, and until which nobody cares.
FROM, UNTIL, SETTLED = 2, 6, 10
HOP = 512


def wanted(frames: int, times: list[float], vague: list[float]) -> tuple[F32, F32]:
    """For each frame whether a drum is to be recognised, and how much that matters."""
    right, matters = np.zeros(frames, np.float32), np.ones(frames, np.float32)
    for t in [*times, *vague]:
        k = int(t / EVERY)
        matters[k : k + SETTLED] = 0.0
    for t in times:
        k = int(t / EVERY)
        right[k + FROM : k + UNTIL] = matters[k + FROM : k + UNTIL] = 1.0
    return right, matters


def lessons(pieces: int, kits: _kits.Kits) -> tuple[F32, F32, F32]:
    """What the network sees [frames, INPUTS], should say and how much it matters [frames, 2]."""
    seen, said, matters = [], [], []
    for seed in range(pieces):
        lesson = _lessons.make(seed, kits)
        short, shapes = Short(RATE, HOP), Shapes(RATE)
        x = lesson.samples
        seen.append(np.concatenate([shapes.step(short.step(x[i : i + HOP])) for i in range(0, len(x), HOP)]))
        kick, kick_matters = wanted(len(seen[-1]), lesson.kick, [])
        snare, snare_matters = wanted(len(seen[-1]), lesson.snare, lesson.vague)
        said.append(np.stack([kick, snare], axis=1))
        matters.append(np.stack([kick_matters, snare_matters], axis=1))
        if seed % 50 == 0:
            print(f"{seed} of {pieces} pieces", flush=True)
    return np.concatenate(seen), np.concatenate(said), np.concatenate(matters)


def fit(seen: F32, said: F32, matters: F32) -> dict[str, F32]:
    """The weights, with the scale of the inputs taken into the first layer."""
    torch.manual_seed(0)
    mean, spread = seen.mean(axis=0), seen.std(axis=0) + 1e-3
    x, y, w = (torch.from_numpy(a) for a in ((seen - mean) / spread, said, matters))
    into, out = nn.Linear(INPUTS, HIDDEN), nn.Linear(HIDDEN, 2)
    optimizer = torch.optim.AdamW([*into.parameters(), *out.parameters()], RATE_OF_LEARNING, weight_decay=DECAY)
    rounds = EPOCHS * len(x) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE_OF_LEARNING, total_steps=rounds + 1)
    for _ in range(rounds):
        some = torch.randint(0, len(x), (BATCH,))
        noise = NOISE_EACH * torch.randn(BATCH, INPUTS) + NOISE_ALL * torch.randn(BATCH, 1)
        odds = out(torch.relu(into(x[some] + noise)))
        losses = nn.functional.binary_cross_entropy_with_logits(odds, y[some], reduction="none")
        loss = (losses * w[some]).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    print(f"loss {float(loss.detach()):.4f} after {rounds} rounds")
    weight, bias, last, last_bias = (p.detach().numpy() for p in (into.weight, into.bias, out.weight, out.bias))
    scaled = weight / spread
    return {"into": scaled.T, "into_bias": bias - scaled @ mean, "out": last.T, "out_bias": last_bias}


def main() -> int:
    """Make lessons, learn them, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kits", type=Path)
    parser.add_argument("--pieces", type=int, default=900)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    given = parser.parse_args()
    kits = _kits.load(given.kits)
    if not any("kick" in drums for drums in kits.values()):
        print(f"no drum samples below {given.kits}: see bench/_kits.py for where to get them")
        return 1
    weights = fit(*lessons(given.pieces, kits))
    small = {name: value.astype(np.float16) for name, value in weights.items()}
    np.savez_compressed(given.out, allow_pickle=False, **small)
    print(f"written to {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
