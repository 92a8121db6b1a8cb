"""What is read of the parameters is declared, and read of the values: else it would show on stage only.

Attributes of values and declarations that are misspelt mypy finds; here is what it cannot see.
"""

import ast
import importlib
import inspect
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from vj.apps.assemble import parameters
from vj.core.params import declared

ROOT = Path(__file__).resolve().parent.parent
TABLE = parameters(replays=True)
MODULES = sorted((ROOT / "vj").rglob("*.py"))
ADDRESS = re.compile(r"/[a-z0-9_]+(/[a-z0-9_]+)+")
#: What reads, by name: `snapshot["/a/b"]`, `desk.current("/a/b")`, `values.get("/a/b")`.
READERS = {"current", "get", "fired"}


def read(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and address of every value that is looked up by an address written out."""
    for node in ast.walk(tree):
        key: ast.AST | None = None
        if isinstance(node, ast.Subscript):
            key = node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READERS:
            key = node.args[0] if node.args else None
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and ADDRESS.fullmatch(key.value):
            yield node.lineno, key.value


def test_addresses_that_are_read_are_those_of_parameters() -> None:
    found = [
        (f"{path.relative_to(ROOT)}:{line}", address)
        for path in MODULES
        for line, address in read(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert len(found) > 50
    assert not [place for place in found if place[1] not in TABLE]


def stages() -> Iterator[type]:
    """Every class of ours that declares parameters."""
    for path in MODULES:
        if "Param(" not in path.read_text(encoding="utf-8"):
            continue
        parts = path.relative_to(ROOT).with_suffix("").parts
        module = importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
        for kind in vars(module).values():
            if isinstance(kind, type) and kind.__module__ == module.__name__ and declared(kind):
                yield kind


def taken(source: str, names: Collection[str]) -> Iterator[str]:
    """The parameters that the methods of a class read of the stage itself, which has declarations, no values."""
    for node in ast.walk(ast.parse(inspect.cleandoc("\n" + source))):
        own = isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self"
        if own and isinstance(node.ctx, ast.Load) and node.attr in names:
            yield node.attr


def test_no_stage_takes_its_declarations_for_values() -> None:
    assert list(taken("class A:\n    def f(self):\n        self.x = self.y", {"x", "y"})) == ["y"]
    kinds = list(stages())
    assert sum(len(declared(kind)) for kind in kinds) > 100
    assert not [(kind.__name__, name) for kind in kinds for name in taken(inspect.getsource(kind), declared(kind))]


def test_parameters_know_the_address_that_they_have_in_the_table() -> None:
    known = [(param.key, address) for address, param in TABLE.items() if param.keys or param.address]
    assert len(known) > 500  # the others are copies, with the choices that there are
    assert not [pair for pair in known if pair[0] != pair[1]]
