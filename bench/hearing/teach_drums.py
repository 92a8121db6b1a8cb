"""Teach the network in `vj/features/drums/net.py` kicks and snares: `python bench/hearing/teach_drums.py KITS SONGS...`

KITS is a folder with the drum samples that `_kits` describes; SONGS are folders of pieces NAME.flac with NAME.json
beside them, whose "drums" say when kicks and snares begin and whose "split" says what they are for: only those to
"train" with are learnt from, those to be "valid" with say how well. About fifteen minutes on one core and three
gigabytes. None of the recordings that the hearing is scored with is looked at here.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.hearing import _kits, _lessons
from bench.hearing.listening import load
from vj.core.sound.short import HOP_S, Short
from vj.core.types import F32, F64
from vj.features.drums.net import BANDS, BEFORE, INPUTS, LATEST, WEIGHTS, Shapes
from vj.workshop.loop.voices import RATE

FIRST, SECOND = 64, 48
#: Frames of a stretch that is learnt in one go, those at its beginning that only warm up, stretches at once, rounds.
STRETCH, WARM, BATCH, ROUNDS = 768, 128, 32, 2000
RATE_OF_LEARNING, DECAY = 4e-3, 0.01
#: Noise on the inputs: of all of a stretch, of each of its bands, and of each input. Levels are not to be trusted.
NOISE_ALL, NOISE_BAND, NOISE_EACH = 0.25, 0.35, 0.15
#: Share of the lessons in what is learnt from: songs teach dense mixes, lessons to tell kicks from basses.
LESSONS = 0.55
#: Chance that another piece plays behind one, and how loud it is: music is denser than its samples.
BEHIND, BEHIND_GAIN = 0.4, (0.1, 0.7)
#: Chance that a part of the first layer is left out.
DROPPED = 0.2
#: Frames after a drum begins in which it is to be recognised, and until which nobody cares.
FROM, UNTIL, SETTLED = 2, 6, 10
HOP, MOST_SECONDS = 4096, 45.0


@dataclass(frozen=True)
class Heard:
    """A piece as the network sees it [frames, INPUTS], and what it should say and how much it matters [frames, 2]."""

    seen: NDArray[np.float16]
    said: F32
    matters: F32


def wanted(frames: int, times: list[float], vague: list[float]) -> tuple[F32, F32]:
    """For each frame whether a drum is to be recognised, and how much that matters."""
    right, matters = np.zeros(frames, np.float32), np.ones(frames, np.float32)
    for t in [*times, *vague]:
        k = int(t / HOP_S)
        matters[k : k + SETTLED] = 0.0
    for t in times:
        k = int(t / HOP_S)
        right[k + FROM : k + UNTIL] = matters[k + FROM : k + UNTIL] = 1.0
    return right, matters


def hear(x: F32, rate: int, kick: list[float], snare: list[float], vague: list[float]) -> Heard:
    """Look at samples [n]; `vague` are strokes too soft to insist on."""
    short, shapes = Short(rate, HOP), Shapes(rate)
    hops = (short.step(x[i : i + HOP]) for i in range(0, len(x), HOP))
    seen = np.stack([frame.astype(np.float16) for powers in hops for frame in shapes.frames(powers)])
    kicks, snares = wanted(len(seen), kick, []), wanted(len(seen), snare, vague)
    return Heard(seen, np.stack([kicks[0], snares[0]], axis=1), np.stack([kicks[1], snares[1]], axis=1))


def songs(folders: list[Path], split: str) -> Iterator[Heard]:
    """The pieces of one split whose drums are known."""
    for path in sorted(p for folder in folders for p in folder.glob("*.json")):
        truth = json.loads(path.read_text())
        if truth["split"] == split and truth["drums"] is not None:
            sound = load(path.with_suffix(".flac"))
            x = sound.samples[: int(MOST_SECONDS * sound.rate)]
            yield hear(x, sound.rate, truth["drums"]["kick"], truth["drums"]["snare"], [])


def lessons(pieces: int, kits: _kits.Kits) -> Iterator[Heard]:
    """Random music made for this."""
    for seed in range(pieces):
        lesson = _lessons.make(seed, kits)
        yield hear(lesson.samples, RATE, lesson.kick, lesson.snare, lesson.vague)


class Net(nn.Module):
    """What `Drums` computes, to be taught."""

    def __init__(self) -> None:
        super().__init__()
        self.into = nn.Linear(INPUTS, FIRST)
        self.remember = nn.GRU(FIRST, SECOND, batch_first=True)
        self.out = nn.Linear(FIRST + SECOND, 2)

    def forward(self, x: Tensor) -> Tensor:
        hidden = nn.functional.dropout(torch.relu(self.into(x)), DROPPED, self.training)
        after, _ = self.remember(hidden)
        odds: Tensor = self.out(torch.cat([hidden, after], dim=-1))
        return odds


def odds_of(songs: list[Heard], lessons: list[Heard]) -> F64:
    """How often each of the songs, and then of the lessons, is learnt from: the longer the oftener."""
    shares = []
    for pieces, share in ((songs, 1.0 - LESSONS), (lessons, LESSONS)):
        long = np.array([len(p.seen) - STRETCH for p in pieces], np.float64)
        shares.append(share * long / max(long.sum(), 1.0))
    both = np.concatenate(shares)
    odds: F64 = both / both.sum()
    return odds


def stretches(pieces: list[Heard], odds: F64, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """BATCH stretches from anywhere in any pieces; behind some of them another one plays."""
    parts = []
    for i in rng.choice(len(pieces), BATCH, p=odds):
        x, y, w = stretch(pieces[i], rng)
        if rng.uniform() < BEHIND:
            behind, struck, cared = stretch(pieces[int(rng.choice(len(pieces), p=odds))], rng)
            gain = rng.uniform(*BEHIND_GAIN)
            x = np.logaddexp(x, behind + np.log(gain)) - np.log1p(gain)
            w = np.where(y > 0.0, w, w * cared * (struck == 0.0))  # whose strokes those are nobody can tell
        parts.append((x, y, w))
    seen, said, matters = (torch.from_numpy(np.stack(part).astype(np.float32)) for part in zip(*parts, strict=True))
    return seen, said, matters


def stretch(piece: Heard, rng: np.random.Generator) -> tuple[F32, F32, F32]:
    """STRETCH frames of a piece."""
    at = int(rng.integers(len(piece.seen) - STRETCH + 1))
    part = slice(at, at + STRETCH)
    return piece.seen[part].astype(np.float32), piece.said[part], piece.matters[part]


def noisy(x: Tensor) -> Tensor:
    """Inputs of sounds that are coloured and levelled otherwise."""
    bands = NOISE_ALL * torch.randn(BATCH, 1, 1) + NOISE_BAND * torch.randn(BATCH, 1, BANDS)
    return x + bands.repeat(1, 1, LATEST + len(BEFORE)) + NOISE_EACH * torch.randn(x.shape)


def loss_of(odds: Tensor, y: Tensor, w: Tensor) -> Tensor:
    """How wrong they are, where it matters."""
    losses = nn.functional.binary_cross_entropy_with_logits(odds, y, reduction="none")
    return (losses * w).mean()


def fit(pieces: list[Heard], odds: F64, judged: list[Heard], rounds: int) -> dict[str, F32]:
    """The weights, with the scale of the inputs taken into the first layer; `odds` of the pieces to be learnt from."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    some = np.concatenate([p.seen[::37] for p in pieces]).astype(np.float32)
    mean, spread = some.mean(axis=0), some.std(axis=0) + 1e-3
    net, scale, shift = Net(), torch.from_numpy(1.0 / spread), torch.from_numpy(mean / spread)
    optimizer = torch.optim.AdamW(net.parameters(), RATE_OF_LEARNING, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE_OF_LEARNING, total_steps=rounds + 1)
    began, lately = time.monotonic(), 0.0
    for k in range(1, rounds + 1):
        x, y, w = stretches(pieces, odds, rng)
        loss = loss_of(net(noisy(x) * scale - shift)[:, WARM:], y[:, WARM:], w[:, WARM:])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        lately += (float(loss.detach()) - lately) / min(k, 50)
        if k % 100 == 0:
            print(f"{k} rounds, {time.monotonic() - began:.0f} s, loss {lately:.4f}", flush=True)
    net.eval()
    print(f"loss on songs that were not learnt from: {judge(net, judged, scale, shift):.4f}")
    return taken(net, mean, spread)


def judge(net: Net, pieces: list[Heard], scale: Tensor, shift: Tensor) -> float:
    """Mean loss over all frames."""
    total = 0.0
    with torch.no_grad():
        for p in pieces:
            seen, y, w = (torch.from_numpy(a.astype(np.float32)) for a in (p.seen, p.said, p.matters))
            total += float(loss_of(net((seen * scale - shift)[None])[0], y, w)) * len(seen)
    return total / max(sum(len(p.seen) for p in pieces), 1)


def taken(net: Net, mean: F32, spread: F32) -> dict[str, F32]:
    """The arrays of `_drums.NAMES`."""
    learnt = {name: value.numpy() for name, value in net.state_dict().items()}
    into = learnt["into.weight"] / spread
    return {
        "into": into.T,
        "into_bias": learnt["into.bias"] - into @ mean,
        "fresh": learnt["remember.weight_ih_l0"].T,
        "fresh_bias": learnt["remember.bias_ih_l0"],
        "again": learnt["remember.weight_hh_l0"].T,
        "again_bias": learnt["remember.bias_hh_l0"],
        "out": learnt["out.weight"].T,
        "out_bias": learnt["out.bias"],
    }


def main() -> int:
    """Make lessons, look at songs, learn them, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kits", type=Path)
    parser.add_argument("songs", type=Path, nargs="*")
    parser.add_argument("--pieces", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    given = parser.parse_args()
    kits = _kits.load(given.kits)
    if not any("kick" in drums for drums in kits.values()):
        print(f"no drum samples below {given.kits}: see bench/hearing/_kits.py for where to get them")
        return 1
    began = time.monotonic()
    sung = [p for p in songs(given.songs, "train") if len(p.seen) > STRETCH]
    made = [p for p in lessons(given.pieces, kits) if len(p.seen) > STRETCH]
    pieces = [*sung, *made]
    judged = list(songs(given.songs, "valid"))
    minutes = sum(len(p.seen) for p in pieces) * HOP_S / 60
    print(f"{len(pieces)} pieces, {minutes:.0f} minutes, heard in {time.monotonic() - began:.0f} s", flush=True)
    learnt = fit(pieces, odds_of(sung, made), judged, given.rounds)
    small = {name: value.astype(np.float16) for name, value in learnt.items()}
    np.savez_compressed(given.out, allow_pickle=False, **small)
    print(f"written to {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
