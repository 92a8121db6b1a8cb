"""Teach `vj/features/beat/sure.py` what its pictures are worth: `python bench/beat/teach/sure.py MATERIAL...`.

Runs the beat tracker over pieces, notes what is seen and whether the beat was right (its time within 70 ms and a fifth
of a beat, its tempo within 4 %), and fits a small network to that: to the pieces of the split `valid`, which the beat's
networks were not taught, to some that they were, and to sounds without a beat. How sure the bar is follows from how
often the bar filter was right. How well both are calibrated is told of the split `test`. About four minutes on one
core; it comes after `beats.py`, `levels.py` and `bars.py`.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

from bench.beat.plain import nothing
from bench.beat.teach import _lessons
from vj.core.sound.short import HOP_S
from vj.core.types import F32
from vj.features.beat import sure
from vj.features.beat.ear import HALF_S
from vj.features.beat.tracker import Tracker

HIDDEN, STEPS, DECAY, LOOKS = 12, 1500, 1e-2, 8
#: Looks in the beginning of a piece that are not judged; of the pieces that the network was taught every SOME-th is
#: watched; parts that the bar filter's probabilities are sorted into.
FIRST, SOME, KNOTS = 10, 8, 8
#: A genre of which all are watched, as everybody is sure of it; sounds without a beat.
PLAIN, NOTHINGS = "clicks", 100
#: Rate and hop of a tracker that is told what was heard beforehand: any will do.
RATE = 48000
HOP = round(2 * HOP_S * RATE)


def watch(lesson: _lessons.Lesson) -> tuple[F32, F32]:
    """What was seen [n, INPUTS], and [n, 3] how it was: every LOOKS looks of a piece.

    How: whether the beat was right; what the bar filter held for probable; whether the bar was right, -1 where the beat
    was wrong or nobody knows the bar.
    """
    heard = np.exp(lesson.heard.astype(np.float32))
    tracker = Tracker(RATE, HOP, 4 * HOP)
    gaps = np.diff(lesson.beats)
    seen, was = [], []
    for k in range(len(heard) // 2):
        tracker.tell(heard[2 * k : 2 * k + 2])
        if k % LOOKS or k < FIRST:
            continue
        t = (2 * k + 2) * HALF_S
        pulse = tracker.pulse(t)
        seconds, ahead = 60.0 / pulse.bpm, round(pulse.phase)
        near = t + (ahead - pulse.phase) * seconds
        at = int(np.searchsorted(lesson.beats, near))
        if not 0 < at < len(lesson.beats):
            continue
        at -= int(near - lesson.beats[at - 1] < lesson.beats[at] - near)
        same = abs(np.log(seconds / gaps[max(at - 3, 0) : at + 2].mean())) < 0.04
        right = bool(same and abs(near - lesson.beats[at]) < min(0.07, 0.2 * seconds))
        truth = int(lesson.places[at])
        place = (pulse.place + ahead) % pulse.metre
        bar = float(pulse.metre == lesson.metre and place == truth - 1) if right and truth > 0 else -1.0
        seen.append(tracker.seen)
        was.append((float(right), tracker.bar_mass, bar))
    return np.array(seen, np.float32).reshape(-1, sure.INPUTS), np.array(was, np.float32).reshape(-1, 3)


def watch_nothing(samples: F32) -> tuple[F32, F32]:
    """As `watch`, of sound that has no beat: nothing is right."""
    heard = _lessons.amplitudes(samples, nothing.RATE)
    tracker = Tracker(RATE, HOP, 4 * HOP)
    seen = []
    for k in range(len(heard) // 2):
        tracker.tell(heard[2 * k : 2 * k + 2])
        if k % LOOKS == 0 and k >= FIRST:
            seen.append(tracker.seen)
    was = np.zeros((len(seen), 3), np.float32)
    was[:, 2] = -1.0
    return np.array(seen, np.float32), was


def knots(mass: F32, right: F32) -> tuple[F32, F32]:
    """Masses [k] and how often the bar was right at them [k], never falling: parts that would fall are pooled."""
    pooled: list[tuple[float, float, int]] = []
    for inside in np.array_split(np.argsort(mass), KNOTS):
        pooled.append((float(mass[inside].mean()), float(right[inside].mean()), len(inside)))
        while len(pooled) > 1 and pooled[-2][1] > pooled[-1][1]:
            (m2, r2, n2), (m1, r1, n1) = pooled.pop(), pooled.pop()
            n = n1 + n2
            pooled.append(((m1 * n1 + m2 * n2) / n, (r1 * n1 + r2 * n2) / n, n))
    return np.array([m for m, _, _ in pooled], np.float32), np.array([r for _, r, _ in pooled], np.float32)


def table(said: F32, right: F32) -> None:
    """Print what was said against what was right, by tenths."""
    tenth = np.minimum((said * 10).astype(int), 9)
    for k in range(10):
        inside = tenth == k
        if inside.any():
            print(f"  {k / 10:.1f}: {inside.mean():.3f} of the looks, {float(right[inside].mean()):.3f} right")
    sure = said >= 0.6
    if sure.any():
        print(f"  .6 or more: {sure.mean():.3f} of the looks, {float(right[sure].mean()):.3f} right")


def fit(seen: torch.Tensor, right: torch.Tensor) -> tuple[nn.Sequential, torch.Tensor, torch.Tensor]:
    """A network of log odds that `seen` [n, INPUTS] was `right` [n], and the mean and scale of its inputs."""
    mean, scale = seen.mean(0), 1.0 / (seen.std(0) + 0.05)
    net = nn.Sequential(nn.Linear(sure.INPUTS, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, 1))
    learn = torch.optim.AdamW(net.parameters(), 5e-3, weight_decay=DECAY)
    for _ in range(STEPS):
        some = torch.randint(len(seen), (512,))
        x = (seen[some] - mean) * scale
        x = x + 0.3 * torch.randn_like(x)
        loss = nn.functional.binary_cross_entropy_with_logits(net(x)[:, 0], right[some])
        learn.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        learn.step()
    return net, mean, scale


def main(argv: list[str]) -> None:
    """Watch, fit, tell how it is calibrated, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("material", type=Path, nargs="+")
    parser.add_argument("--cache", type=Path, default=Path("beat-cache"))
    parser.add_argument("--out", type=Path, default=sure.WEIGHTS)
    chosen = parser.parse_args(argv)
    torch.manual_seed(1)
    torch.set_num_threads(1)
    lessons = [x for folder in chosen.material for x in _lessons.load(folder, chosen.cache)]
    train = [x for x in lessons if x.split == "train"]
    taught = [x for k, x in enumerate(train) if k % SOME == 0 or x.genre == PLAIN]
    known = [watch(x) for x in taught] + 2 * [watch(x) for x in lessons if x.split == "valid"]
    known += [watch_nothing(sound) for sound in nothing.sounds(NOTHINGS)]
    tested = [watch(x) for x in lessons if x.split == "test"]
    seen, was = (np.concatenate([pair[k] for pair in known]) for k in (0, 1))
    check, truth = (np.concatenate([pair[k] for pair in tested]) for k in (0, 1))
    net, mean, scale = fit(torch.from_numpy(seen), torch.from_numpy(was[:, 0]))
    with torch.no_grad():
        said = torch.sigmoid(net((torch.from_numpy(check) - mean) * scale)[:, 0]).numpy()
    print(f"beat: {len(check)} looks of the test, {truth[:, 0].mean():.3f} right")
    table(said, truth[:, 0])
    bars = was[was[:, 2] >= 0.0]
    bar_mass, bar_right = knots(bars[:, 1], bars[:, 2])
    bars = truth[truth[:, 2] >= 0.0]
    print(f"bar, where the beat was right and the bar is known: {bars[:, 2].mean():.3f} right")
    table(np.interp(bars[:, 1], bar_mass, bar_right).astype(np.float32), bars[:, 2])
    parts = {name: value.detach() for name, value in net.named_parameters()}
    into = parts["0.weight"] * scale
    np.savez_compressed(
        chosen.out,
        into=into.T.numpy(),
        into_bias=(parts["0.bias"] - into @ mean).numpy(),
        out=parts["2.weight"].numpy()[0],
        out_bias=parts["2.bias"].numpy(),
        bar_mass=bar_mass,
        bar_right=bar_right,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
