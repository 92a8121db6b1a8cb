"""A type checker sees the values of parameters: what is misspelt, or taken for another type, is an error."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: NumPy's types are of no account here, and take seconds to read.
CONFIG = "[mypy]\nstrict = true\n[mypy-numpy.*]\nfollow_imports = skip\nignore_missing_imports = true\n"
CODE = """
from typing import Self

from vj.core.params import AnyParam, Param, Snapshot
from vj.core.types import Mix, Value


class Stage:
    address = "/stage"
    speed = Param(1.0)
    on = Param(True)
    mix: Param[Mix] = Param((), kind="mix")

    def step(self, p: Self) -> float:
        return p.speed


def right(snapshot: Snapshot, table: dict[str, AnyParam]) -> tuple[float, bool, Mix, Value]:
    p, declared = snapshot.of(Stage), Stage.speed
    table[declared.key] = declared
    fast = declared.clamp(Stage().step(p)) * snapshot[Stage.speed]
    return fast, p.on, snapshot[Stage.mix], snapshot["/stage/on"]


def wrong(snapshot: Snapshot) -> None:
    snapshot.of(Stage).sped  # attr-defined
    snapshot[Stage.sped]  # attr-defined
    on: str = snapshot.of(Stage).on  # assignment
    speed: bool = snapshot[Stage.speed]  # assignment
    Stage().step(snapshot)  # arg-type
    float(snapshot["/stage/speed"])  # arg-type
    bare: Param  # type-arg
"""


def test_a_checker_sees_values(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    (tmp_path / "mypy.ini").write_text(CONFIG)
    (tmp_path / "stage.py").write_text(CODE)
    # A process of its own: mypy raises the recursion limit of the one it runs in.
    command = [sys.executable, "-m", "mypy", "--no-pretty", "--no-error-summary", "--hide-error-context", "stage.py"]
    environment = {**os.environ, "MYPYPATH": str(ROOT)}
    if hasattr(pytestconfig, "cache"):  # what it knows of Python's own modules it need not read each time
        environment["MYPY_CACHE_DIR"] = str(pytestconfig.cache.mkdir("mypy"))
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert not done.stderr
    said = [line for line in done.stdout.splitlines() if ": error: " in line]
    found = [(int(line.split(":")[1]), line.rpartition("[")[2]) for line in said]
    lines = enumerate(CODE.splitlines(), 1)
    assert found == [(n, f"{line.rpartition('# ')[2]}]") for n, line in lines if "  # " in line], done.stdout
