"""The documentation cannot rot: every parameter and module says what it is, and the README's table is the real one."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from vj.apps._assemble import parameters
from vj.apps.osc import markdown_table

ROOT = Path(__file__).resolve().parent.parent
TABLE = parameters()
MODULES = sorted(p for p in (ROOT / "vj").rglob("*.py"))


@pytest.mark.parametrize("address", sorted(TABLE))
def test_every_parameter_has_a_doc_and_a_sane_range(address: str) -> None:
    param = TABLE[address]
    assert len(param.doc) > 5
    assert param.doc.endswith((".", "?"))
    assert address == address.lower()
    assert " " not in address
    if param.kind in ("float", "int"):
        assert param.lo < param.hi
        assert param.lo <= param.default <= param.hi
        assert param.curve != "log" or param.lo > 0


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_and_public_class_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path.name}: {node.name}"


def test_the_readme_lists_every_parameter() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = re.search(r"<!-- parameters -->\n(.*?)<!-- end -->", readme, re.S)
    assert table, "the README has no parameter table"
    assert table[1].strip() == markdown_table(TABLE).strip(), "run: make table"


def test_every_command_in_the_readme_exists() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = set(re.findall(r"^vj (\w+)", readme, re.M))
    shown = subprocess.run([sys.executable, "-m", "vj.apps.cli", "--help"], capture_output=True, text=True, check=True)
    assert commands
    for command in commands:
        assert re.search(rf"\b{command}\b", shown.stdout), command
    targets = re.findall(r"^make (\S+)", readme, re.M)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in targets:
        assert re.search(rf"^([\w -]* )?{re.escape(target)}( [\w -]*)?:", makefile, re.M), target
