"""What a graph is made of here: nodes with their places in the file, ways to run them, steps that they become."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from vj.core.errors import BundleError

#: How a convolution may be done, by letter: in single precision or narrow, and in tiles (`_winograd`) of so many rows.
FORMS = {"s": (False, 0), "n": (True, 0), "w": (False, 4), "v": (True, 2), "u": (True, 4), "i": (False, 0)}
#: The one that is done in whole numbers (`_integer`).
WHOLE = "i"
#: A torch function of a Node and its operands: tensors, None for what is left out, lists of what says how.
Op = Callable[..., Any]


@dataclass(frozen=True)
class Node:
    """An operator of a graph by its `kind`, and what it is told; `file` says whose."""

    kind: str
    attributes: Mapping[str, Any]
    opset: int
    outputs: int
    file: str

    def get(self, name: str, usual: Any) -> Any:
        """An attribute, or the usual value."""
        return self.attributes.get(name, usual)

    def refused(self, why: str) -> BundleError:
        """The error that says that this operator cannot be run so."""
        return BundleError(f"torch cannot run {self.kind} of {self.file}: {why}", self.file, "it plays on ONNX Runtime")


@dataclass(frozen=True)
class Part:
    """A node as it stands in the file: `node`, names read and written, and the graphs within it."""

    node: Node
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    within: Mapping[str, "Parts"] = field(default_factory=dict)


@dataclass(frozen=True)
class Parts:
    """A graph: parts in order, names of its own inputs and of its outputs."""

    parts: tuple[Part, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    constants: Mapping[str, Tensor] = field(default_factory=dict)


def reads_of(part: Part) -> list[str]:
    """Every name that a part reads, as often as it does, within its graphs too."""
    return [*part.reads, *(name for side in part.within.values() for name in names_of(side))]


def names_of(graph: Parts) -> list[str]:
    """Every name that is read in a graph, as often as it is, and what comes out."""
    return [*graph.outputs, *(name for part in graph.parts for name in reads_of(part))]


@dataclass(frozen=True)
class Way:
    """How a graph is run.

    device      "cpu" or "cuda"
    narrow      the precision of convolutions and of what lies between them, or None for what the file says
    branchless  an If works out both sides and chooses by number, which a CUDA graph needs
    single      convolutions of maps of fewer rows than this stay in single precision: what goes wrong in the first,
                small ones goes through all that follows. Up to four times as many rows, what they make is kept in it
    layers      a letter of FORMS for each convolution, in order; then what lies between them is in single precision
                wherever something that comes in is
    """

    device: str = "cpu"
    narrow: torch.dtype | None = None
    branchless: bool = False
    single: int = 0
    layers: str = ""


@dataclass(frozen=True)
class Step:
    """`call` of the tensors named in `reads` makes those named in `writes`; `frees` are read by nobody after.

    `convolution` is what it would have written of which this is the walk, if others are done in that walk too.
    """

    call: Callable[..., Any]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    frees: tuple[str, ...] = ()
    convolution: str = ""

    @property
    def name(self) -> str:
        """What it is told of by."""
        return self.convolution or self.writes[0]


@dataclass(frozen=True)
class Steps:
    """Steps in order, the names of what comes out, and those of them that are known beforehand."""

    steps: tuple[Step, ...]
    outputs: tuple[str, ...]
    known: Mapping[str, Tensor]

    def run(self, values: dict[str, Tensor], told: Callable[[str], None] | None = None) -> Tensor:
        """The first output; `values` by name are used up. `told` hears of each step that is done."""
        for step in self.steps:
            made = step.call(*[values[name] for name in step.reads])
            if told:
                told(step.name)
            if len(step.writes) == 1:
                values[step.writes[0]] = made
            else:
                values.update(zip(step.writes, made, strict=False))
            for name in step.frees:
                values.pop(name, None)
        first = self.outputs[0]
        return values[first] if first in values else self.known[first]


def freeing(steps: Sequence[Step], outputs: Sequence[str]) -> tuple[Step, ...]:
    """`steps`, each with the names of its block that are read for the last time."""
    made = {name for step in steps for name in step.writes}
    wanted = set(outputs)
    freed: list[Step] = []
    for step in reversed(steps):
        names = {name for name in (*step.reads, *step.writes) if name in made and name not in wanted}
        wanted.update(names)
        freed.append(replace(step, frees=tuple(sorted(names))))
    return tuple(freed[::-1])


def over_after(graph: Parts) -> list[set[str]]:
    """Of each part the names that no part after it reads."""
    found: list[set[str]] = []
    wanted = set(graph.outputs)
    for part in reversed(graph.parts):
        names = {*part.writes, *reads_of(part)}
        found.append(names - wanted)
        wanted |= names
    return found[::-1]
