"""Teaches a small network to choose the right one of several pictures, as `vj/features/beat/choice.py` runs it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from bench.beat.teach import _lessons
from vj.core.types import F32

HIDDEN, MIDDLE, RATE_OF_LEARNING, DECAY, NOISE, DROPPED, BATCH, SEED = 48, 16, 3e-3, 2e-2, 0.1, 0.15, 128, 1
#: How much oftener pieces of a source are shown.
OFTEN = {"recorded": 4.0, "module": 2.0, "midi": 1.5}

#: Pictures [choices, inputs] in half precision, which of the choices there are, and the right one.
Moment = tuple[NDArray[np.float16], NDArray[np.bool_], int]
Change = Callable[[torch.Tensor], torch.Tensor]


class Net(nn.Module):
    """Log odds of pictures."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.into, self.mid = nn.Linear(inputs, HIDDEN), nn.Linear(HIDDEN, MIDDLE)
        self.out = nn.Linear(MIDDLE, 1, bias=False)
        self.drop = nn.Dropout(DROPPED)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[...] of [..., inputs]."""
        odds: torch.Tensor = self.out(torch.relu(self.mid(self.drop(torch.relu(self.into(x))))))[..., 0]
        return odds


@dataclass
class Moments:
    """Those of one split, with how often each is shown and where it comes from."""

    shown: list[Moment] = field(default_factory=list)
    often: list[float] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)

    def tensors(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Pictures, which there are, and which are right."""
        x, there, right = (np.stack([moment[k] for moment in self.shown]) for k in range(3))
        return torch.from_numpy(x), torch.from_numpy(there), torch.from_numpy(right)


def collect(
    material: list[Path], cache: Path, moments: Callable[[_lessons.Lesson, float], list[Moment]], every: float
) -> dict[str, Moments]:
    """What is seen at moments of all pieces, about `every` seconds, and half as often where nothing is learnt."""
    sets = {name: Moments() for name in ("train", "valid", "test")}
    for folder in material:
        for lesson in _lessons.load(folder, cache):
            found = moments(lesson, every if lesson.split == "train" else 2 * every)
            mine = sets[lesson.split]
            mine.shown += found
            mine.often += [OFTEN.get(lesson.source, 1.0)] * len(found)
            mine.folders += [folder.name] * len(found)
    print({name: len(some.shown) for name, some in sets.items()}, flush=True)
    return sets


def teach(sets: dict[str, Moments], batches: int, out: Path, change: Change = lambda x: x) -> None:
    """Learn of `train`, which `change` alters at random, keep what is best on `valid`, and tell of `test`."""
    torch.manual_seed(SEED)
    tensors = {name: some.tensors() for name, some in sets.items()}
    shown, there, right = tensors["train"]
    weights = torch.tensor(sets["train"].often)
    net = Net(shown.shape[-1])
    learn = torch.optim.AdamW(net.parameters(), RATE_OF_LEARNING, weight_decay=DECAY)
    plan = torch.optim.lr_scheduler.OneCycleLR(learn, RATE_OF_LEARNING, total_steps=batches + 1)
    best, kept = 1e9, net.state_dict()

    def odds(x: torch.Tensor, fits: torch.Tensor) -> torch.Tensor:
        each: torch.Tensor = net(x)
        return each.masked_fill(~fits, -1e9)

    def checked(name: str) -> tuple[float, torch.Tensor]:
        x, fits, truth = tensors[name]
        net.eval()
        with torch.no_grad():
            each = torch.cat([odds(x[k : k + 512].float(), fits[k : k + 512]) for k in range(0, len(x), 512)])
        net.train()
        return float(nn.functional.cross_entropy(each, truth)), (each.argmax(1) == truth).float()

    for k in range(1, batches + 1):
        some = torch.multinomial(weights, BATCH, replacement=True)
        x = change(shown[some].float())
        loss = nn.functional.cross_entropy(odds(x + NOISE * torch.randn_like(x), there[some]), right[some])
        learn.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        learn.step()
        plan.step()
        if k % 500 == 0:
            now, hit = checked("valid")
            print(f"{k}: {float(loss.detach()):.3f} {now:.3f} {float(hit.mean()):.3f}", flush=True)
            if now < best:
                best, kept = now, {name: value.clone() for name, value in net.state_dict().items()}
    net.load_state_dict(kept)
    _, hit = checked("test")
    print(f"test: {float(hit.mean()):.3f} right at once")
    for name in sorted(set(sets["test"].folders)):
        mine = torch.tensor([x == name for x in sets["test"].folders])
        print(f"  {name}: {float(hit[mine].mean()):.3f} of {int(mine.sum())}")
    parts: dict[str, F32] = {
        name.replace(".weight", "").replace(".", "_"): value.numpy().T.squeeze() for name, value in kept.items()
    }
    np.savez_compressed(out, **{name: value.astype(np.float16) for name, value in parts.items()})  # type: ignore[arg-type]
