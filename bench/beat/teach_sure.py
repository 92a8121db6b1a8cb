"""Teach `vj/features/_beat_sure.py` what its pictures are worth: `python bench/beat/teach_sure.py MATERIAL...`.

Runs the beat tracker over pieces, notes what is seen and whether the beat was right (its time within 70 ms and a fifth
of a beat, its tempo within 4 %), and fits a small network to that: to the pieces of the split `valid`, which the beat's
network was not taught, and to some that it was. How well it is calibrated is told of the split `test`.
"""

import argparse
import sys
from pathlib import Path

import _taught
import numpy as np
import torch
from torch import nn

from vj.core.types import F32
from vj.features import _beat_sure
from vj.features._beat_ear import HALF, Look
from vj.features._beat_filter import Filter
from vj.features._beat_net import DELAY, BeatNet
from vj.features._tracker import liking

HIDDEN, STEPS, DECAY, EVERY = 12, 1500, 1e-2, 8


def watch(lesson: _taught.Lesson) -> tuple[F32, F32]:
    """[n, INPUTS] what was seen and [n] whether it was right, every EVERY looks of a piece."""
    heard = np.exp(lesson.heard.astype(np.float32))
    net, look, pointer, fold = BeatNet(), Look(), Filter(), _beat_sure.Fold()
    liked = liking(pointer.intervals, 80.0, 160.0)
    seen, right, beats, held = [], [], 0.0, 0.0
    gaps = np.diff(lesson.beats)
    for k in range(len(heard) // 2):
        odds = net.step(look.step(heard[2 * k : 2 * k + 2]))
        for beat, _ in odds.tolist():
            pointer.step(beat)
        belief = pointer.belief(liked, held)
        held = belief.interval if belief.mass > 0.1 else 0.0
        step = 2.0 / belief.interval
        beats += step + (belief.phase - beats - step + 0.5) % 1.0 - 0.5
        for j, (beat, _) in enumerate(odds.tolist()):
            fold.step(beats - (1 - j) / belief.interval, belief.interval, 1.0 / (1.0 + np.exp(-beat)))
        if k % EVERY or k < 100:
            continue
        now, seconds = (2 * k + 1.5 - DELAY) * HALF, belief.interval * HALF
        near = now + (round(beats) - beats) * seconds
        at = int(np.searchsorted(lesson.beats, near))
        if not 0 < at < len(lesson.beats):
            continue
        off = min(abs(near - lesson.beats[at]), abs(near - lesson.beats[at - 1]))
        same = abs(np.log(seconds / gaps[max(at - 3, 0) : at + 2].mean())) < 0.04
        seen.append(fold.seen(belief.interval, belief.mass, belief.spread))
        right.append(float(same and off < min(0.07, 0.2 * seconds)))
    return np.array(seen, np.float32).reshape(-1, _beat_sure.INPUTS), np.array(right, np.float32)


def main(argv: list[str]) -> None:
    """Watch, fit, check on `valid`, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("material", type=Path, nargs="+")
    parser.add_argument("--cache", type=Path, default=Path("beat-cache"))
    parser.add_argument("--out", type=Path, default=_beat_sure.WEIGHTS)
    chosen = parser.parse_args(argv)
    torch.manual_seed(1)
    torch.set_num_threads(1)
    lessons = [x for folder in chosen.material for x in _taught.load(folder, chosen.cache)]
    known = [x for k, x in enumerate(x for x in lessons if x.split == "train") if k % 8 == 0]
    watched = {
        "fit": [watch(x) for x in known] + 2 * [watch(x) for x in lessons if x.split == "valid"],
        "test": [watch(x) for x in lessons if x.split == "test"],
    }
    seen, right = (torch.from_numpy(np.concatenate([w[i] for w in watched["fit"]])) for i in (0, 1))
    check, truth = (torch.from_numpy(np.concatenate([w[i] for w in watched["test"]])) for i in (0, 1))
    mean, scale = seen.mean(0), 1.0 / (seen.std(0) + 0.05)
    first, last = nn.Linear(_beat_sure.INPUTS, HIDDEN), nn.Linear(HIDDEN, 1)
    net = nn.Sequential(first, nn.Tanh(), last)
    learn = torch.optim.AdamW(net.parameters(), 5e-3, weight_decay=DECAY)
    for _ in range(STEPS):
        some = torch.randint(len(seen), (512,))
        x = (seen[some] - mean) * scale
        x = x + 0.3 * torch.randn_like(x)
        loss = nn.functional.binary_cross_entropy_with_logits(net(x)[:, 0], right[some])
        learn.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        learn.step()
    with torch.no_grad():
        said = torch.sigmoid(net((check - mean) * scale)[:, 0]).numpy()
    print(f"{len(seen)} looks, {float(right.mean()):.3f} right; test {len(check)}, {float(truth.mean()):.3f}")
    for low in np.arange(0.0, 1.0, 0.1):
        inside = (said >= low) & (said < low + 0.1)
        if inside.any():
            print(f"{low:.1f} {inside.mean():.3f} {float(truth.numpy()[inside].mean()):.3f}")
    sure = said >= 0.6
    print(f"said .6 or more: {sure.mean():.3f} of looks, {float(truth.numpy()[sure].mean()):.3f} right")
    into = first.weight.detach() * scale
    np.savez_compressed(
        chosen.out,
        into=into.T.numpy(),
        into_bias=(first.bias.detach() - into @ mean).numpy(),
        out=last.weight.detach().numpy()[0],
        out_bias=last.bias.detach().numpy(),
    )


if __name__ == "__main__":
    main(sys.argv[1:])
