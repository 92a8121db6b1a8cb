"""Plain values, arrays and whole networks out of what a pickle became."""

from collections.abc import Iterator, Mapping
from typing import Any

from vj.core.errors import CheckpointError
from vj.workshop.checkpoint._pickle_tensors import Array, NumpyArray, Tensor
from vj.workshop.checkpoint.values import LONGEST_NAME, MOST_NESTED, Budget, Global, Inert, shown

#: As many values as a network is worth, for it takes as long to look through: the largest have a few thousand inside.
_NETWORK = 10


def plain(value: Any, budget: Budget, depth: int = 0) -> Any:
    """`value` as numbers, text, lists, tuples, arrays and dictionaries with text for keys; names stand for objects.

    Raises CheckpointError for one that is nested too deeply or unfolds into too many values.
    """
    if depth > MOST_NESTED:
        raise CheckpointError(f"the file has values nested more than {MOST_NESTED} deep")
    budget.count()
    match value:
        case None | bool() | int() | float() | str():
            return value
        case list() | tuple():
            items = [plain(item, budget, depth + 1) for item in value]
            return items if isinstance(value, list) else tuple(items)
        case dict():
            return {_key(key): plain(item, budget, depth + 1) for key, item in value.items()}
        case Inert(of=Global(module="builtins" | "__builtin__", name="set" | "frozenset")):
            return [plain(item, budget, depth + 1) for item in members(value, budget)]
        case Tensor() | NumpyArray() if is_array(value):
            return value.array(budget)
        case memoryview():
            budget.copy(len(value))
            return bytes(value)
        case Inert():
            return str(value.of)
    return str(value) if isinstance(value, Global) else type(value).__name__


def members(of: Inert, budget: Budget) -> Iterator[Any]:
    """The values of a set."""
    for source in (*of.args, of.items):
        if isinstance(source, list | tuple):
            budget.count(len(source))
            yield from source


def is_module(value: object) -> bool:
    """Whether it is a network as `torch.nn.Module` keeps itself."""
    return isinstance(value, Inert) and isinstance(value.state, dict) and "_modules" in value.state


def module_tensors(module: Inert, budget: Budget, prefix: str = "", depth: int = 0) -> dict[str, Array]:
    """Parameters and buffers of a network and of those inside it, by their dotted names."""
    if depth > MOST_NESTED:
        raise CheckpointError(f"the file has networks nested more than {MOST_NESTED} deep")
    budget.count(_NETWORK)
    found: dict[str, Array] = {}
    for table in ("_parameters", "_buffers"):
        for name, value in _table(module, table, budget):
            if value is not None:
                whole = dotted(prefix, name)
                found[whole] = as_array(whole, value, budget)
    for name, value in _table(module, "_modules", budget):
        if is_module(value):
            found |= module_tensors(value, budget, dotted(prefix, name) + ".", depth + 1)
        elif value is not None:
            raise CheckpointError(f"the network has {shown(prefix + name)}, which is no network but a {_kind(value)}")
    return found


def table_tensors(table: Mapping[Any, Any], budget: Budget) -> dict[str, Array]:
    """The tensors of a state dict by name; entries of another kind are left out."""
    found: dict[str, Array] = {}
    for name, value in table.items():
        budget.count()
        if isinstance(name, str) and is_array(value):
            found[name] = as_array(name, value, budget)
    if found and all(name.startswith("module.") for name in found):  # as torch.nn.DataParallel names them
        found = {name.removeprefix("module."): value for name, value in found.items()}
    return found


def dotted(prefix: str, name: str) -> str:
    """The name of a part of a network; raises CheckpointError when it is too long for one."""
    if len(prefix) + len(name) > LONGEST_NAME:
        raise CheckpointError(f"the file has a tensor with a name of {len(prefix) + len(name):,} letters")
    return prefix + name


def is_array(value: object) -> bool:
    """Whether it is a tensor or an array of numbers."""
    return isinstance(value, Tensor) or (isinstance(value, NumpyArray) and value.value is not None)


def as_array(name: str, value: Any, budget: Budget) -> Array:
    """The array of a tensor; raises CheckpointError for anything else."""
    if not isinstance(value, Tensor | NumpyArray):
        raise CheckpointError(f"{shown(name)} in the file is a {_kind(value)}, not a tensor")
    return value.array(budget)


def _table(module: Inert, name: str, budget: Budget) -> list[tuple[str, Any]]:
    table = module.state.get(name, {})
    if isinstance(table, dict) and not table:
        return []
    if not isinstance(table, dict) or not all(isinstance(key, str) for key in table):
        raise CheckpointError(f"the network {shown(str(module.of))} keeps no {name} by name")
    budget.count(len(table))
    return list(table.items())


def _key(key: object) -> str:
    return key if isinstance(key, str) else str(key) if isinstance(key, int | float | Global) else type(key).__name__


def _kind(value: object) -> str:
    return shown(str(value.of)) if isinstance(value, Inert) else type(value).__name__
