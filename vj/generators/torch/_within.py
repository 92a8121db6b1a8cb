"""Operators that hold graphs: If, and a Scan that runs its graph once for each of a batch."""

from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from vj.generators.torch._node import Part, Parts, Step, Steps, Way


class Maker(Protocol):
    """What makes steps of parts: see `_plan`."""

    way: Way
    live: dict[str, Tensor]
    known: ChainMap[str, Tensor]
    unsure: set[str]

    def read(self, name: str) -> Tensor: ...
    def inner(self, rows: Mapping[str, Tensor]) -> "Maker": ...
    def steps(self, graph: Parts) -> Steps: ...
    def ran(self, step: Step) -> None: ...


@dataclass(frozen=True)
class _Branch:
    """A graph within, and the names outside that it reads."""

    steps: Steps
    reads: tuple[str, ...]


def choice(maker: Maker, part: Part) -> Step:
    """An If. Both sides are made ready; the wider result stands for the shape of either."""
    condition = part.reads[0]
    sides = [part.within[name] for name in ("then_branch", "else_branch")]
    if condition in maker.known:
        branch, _ = _branch(maker, sides[0 if bool(maker.known[condition]) else 1], {})
        step = Step(lambda *seen: branch.steps.run(_named(branch.reads, seen)), branch.reads, part.writes)
        maker.ran(step)
        return step
    (one, a), (other, b) = (_branch(maker, side, {}) for side in sides)
    outer = tuple(sorted({*one.reads, *other.reads}))
    branchless = maker.way.branchless

    def call(holds: Tensor, *seen: Tensor) -> Tensor:
        if branchless:
            return torch.where(holds, one.steps.run(_named(outer, seen)), other.steps.run(_named(outer, seen)))
        return (one if bool(holds) else other).steps.run(_named(outer, seen))

    maker.live[part.writes[0]] = torch.where(maker.live[condition], a, b)
    if a.shape != b.shape:
        maker.unsure.update(part.writes)
    return Step(call, (condition, *outer), part.writes)


def rows(maker: Maker, part: Part) -> Step:
    """A Scan without a state: its graph runs once a row of the batch."""
    body, told = part.within["body"], part.node.attributes
    if len(body.inputs) != told.get("num_scan_inputs") or set(told) - {"body", "num_scan_inputs"}:
        raise part.node.refused("it is more than once a row")
    fed = {name: maker.read(name).to(maker.way.device) for name in part.reads}
    branch, _ = _branch(maker, body, {inner: fed[name][0] for inner, name in zip(body.inputs, part.reads, strict=True)})
    names = tuple(name for name in part.reads if name in maker.live)
    held = {name: value for name, value in fed.items() if name not in names}
    outer, order = branch.reads, part.reads
    del fed

    def call(*values: Tensor) -> Tensor:
        given = {**held, **_named(names, values[: len(names)])}
        seen = _named(outer, values[len(names) :])
        each = zip(*(given[name] for name in order), strict=True)
        return torch.stack([branch.steps.run({**seen, **_named(body.inputs, row)}) for row in each])

    step = Step(call, (*names, *outer), part.writes)
    maker.ran(step)
    return step


def _branch(maker: Maker, graph: Parts, own: Mapping[str, Tensor]) -> tuple[_Branch, Tensor]:
    """A graph within, and what it gave now."""
    inner = maker.inner(own)
    steps = inner.steps(graph)
    made = {name for step in steps.steps for name in step.writes} | set(own)
    used = {name for step in steps.steps for name in step.reads} | {n for n in graph.outputs if n in inner.live}
    return _Branch(steps, tuple(sorted(used - made))), inner.read(graph.outputs[0]).to(maker.way.device)


def _named(names: Sequence[str], values: Sequence[Tensor]) -> dict[str, Tensor]:
    return dict(zip(names, values, strict=True))
