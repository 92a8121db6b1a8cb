"""What is read of the parameters is declared: a misspelt address or attribute would show on stage only."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
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


def asked(kind: type) -> Iterator[str]:
    """The attributes that the methods of a stage read of its own values, `p`."""
    for node in ast.walk(ast.parse(inspect.cleandoc("\n" + inspect.getsource(kind)))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "p":
            yield node.attr


def test_what_a_stage_reads_of_its_own_parameters_it_declares() -> None:
    kinds = list(stages())
    assert sum(len(set(asked(kind))) for kind in kinds) > 100
    assert not [(kind.__name__, name) for kind in kinds for name in asked(kind) if name not in declared(kind)]
