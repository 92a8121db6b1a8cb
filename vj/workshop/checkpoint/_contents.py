"""Every tensor of a checkpoint by its whole name, however deep it lies: in tables, tuples, networks, wrappers.

Names are the keys on the way to it, with dots between: "g_ema.conv1.conv.weight". What wrappers put between is left out
(`module` of DataParallel, `_orig_mod` of torch.compile). Nothing is copied, and every container is looked into once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from vj.workshop.checkpoint._modules import is_array
from vj.workshop.checkpoint._pickle_tensors import NumpyArray, Tensor
from vj.workshop.checkpoint.values import LONGEST_NAME, Budget, Inert

#: Parts of names that wrappers add: of data-parallel, compiled and sharded networks.
WRAPPERS = frozenset({"module", "_orig_mod", "_forward_module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"})
_DEEPEST = 40
_NETWORK = "Network"
_CONTAINERS = (dict, list, tuple, Inert, NumpyArray, Tensor)


@dataclass
class Contents:
    """What a file holds.

    tensors   name -> tensor or array, not copied
    networks  name, with a dot at its end, -> the network itself, the innermost one where wrappers have the same name
    """

    budget: Budget
    tensors: dict[str, Any] = field(default_factory=dict)
    networks: dict[str, Inert] = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set)

    def look(self, value: Any, names: tuple[str, ...] = (), depth: int = 0) -> "Contents":
        """Take in what `value` holds; `names` lead to it."""
        self.budget.count()
        if is_array(value):
            self._keep(names, value)
        elif depth < _DEEPEST and id(value) not in self._seen:
            self._seen.add(id(value))
            for name, part in self._parts(value, names):
                if isinstance(part, _CONTAINERS):  # numbers and words were counted when they were read
                    self.look(part, (*names, *name), depth + 1)
        return self

    def _keep(self, names: tuple[str, ...], value: Any) -> None:
        length = sum(map(len, names)) + len(names)
        if length <= LONGEST_NAME:
            self.budget.copy(length)
            self.tensors.setdefault(_dotted(names), value)

    def _parts(self, value: Any, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
        """What a container holds, and the names that each part adds; a part may be known by no name of its own."""
        if isinstance(value, dict):
            yield from (((str(key),), part) for key, part in value.items() if isinstance(key, str | int))
        elif isinstance(value, list | tuple):
            yield from (((str(place),), part) for place, part in enumerate(value))
        elif isinstance(value, NumpyArray):
            state = value.state
            if isinstance(state, tuple) and len(state) == 5 and isinstance(state[4], list):  # an array of objects
                yield from (((), part) for part in state[4][:1])
        elif isinstance(value, Inert):
            yield from self._inside(value, names)

    def _inside(self, value: Inert, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
        """An object: a network of torch's or TensorFlow's, a mapping, or whatever keeps its parts as attributes."""
        state = value.state if isinstance(value.state, dict) else {}
        if "_modules" in state:
            known = _dotted((*names, ""))
            if known not in self.networks or "_init_kwargs" in state:  # a wrapper has the name of what it wraps
                self.networks[known] = value
            for table in ("_parameters", "_buffers", "_modules"):
                yield (), state.get(table)
        elif value.of.name == _NETWORK:
            self.networks.setdefault(_dotted((*names, "")), value)
            for pair in state.get("variables") or ():
                if isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str):
                    yield (pair[0],), pair[1]
            yield (), state.get("components")
        else:
            yield (), value.state
            for pair in value.items or ():
                if isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str):
                    yield (pair[0],), pair[1]


def _dotted(names: tuple[str, ...]) -> str:
    """The names with dots between, without what wrappers add."""
    return ".".join(part for name in names for part in name.split(".") if part not in WRAPPERS)
