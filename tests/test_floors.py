"""Imports only go down; the base install needs neither torch nor a window to import `vj`."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {
    "core": 0,
    "features": 1,
    "directors": 1,
    "generators": 1,
    "engine": 1,
    "devices": 2,
    "outputs": 2,
    "workshop": 2,
    "apps": 3,
}
SHELVES = {"features", "directors", "generators", "devices", "outputs"}
MODULES = sorted(p.relative_to(ROOT) for p in (ROOT / "vj").rglob("*.py") if len(p.relative_to(ROOT).parts) > 2)


def imported(path: Path) -> set[str]:
    """Dotted names of every import in a file, wherever it stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path}: relative import"
    return names


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_imports_go_down(module: Path) -> None:
    floor = module.parts[1]
    for name in imported(ROOT / module):
        parts = name.split(".")
        if parts[0] != "vj" or len(parts) < 2 or parts[1] not in FLOORS:
            continue
        assert FLOORS[parts[1]] <= FLOORS[floor], f"{module} imports {name}, which is a floor above it"
        neighbour = parts[1] == floor in SHELVES and len(parts) > 2
        if neighbour and module.stem != parts[2] and not module.stem.startswith("_"):
            assert parts[2].startswith("_"), f"{module} imports its shelf neighbour {name}"


def at_once(path: Path) -> set[str]:
    """Dotted names of the imports that importing a file brings about: those outside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f) if n is not f}
    names: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in inside:
            continue
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})
    return names


def plays_with_torch(module: Path) -> bool:
    """Whether it is furniture of the torch runtime."""
    return module.parts[1] == "generators" and module.stem.startswith("_torch_")


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_torch_stays_in_the_workshop_and_its_runtime(module: Path) -> None:
    roots = {name.split(".")[0] for name in imported(ROOT / module)}
    if module.parts[1] != "workshop" and not plays_with_torch(module):
        assert not roots & {"torch", "onnx", "onnxscript", "diffusers", "transformers"}, (
            f"{module} imports what the base install lacks"
        )


@pytest.mark.parametrize("module", [m for m in MODULES if not plays_with_torch(m)], ids=str)
def test_nothing_brings_the_torch_runtime_in_by_being_imported(module: Path) -> None:
    """Its shelf file too imports its furniture, and so torch, only when a Torch is made."""
    names = {name for name in at_once(ROOT / module) if name.startswith("vj.generators._torch_")}
    assert not names, f"{module} imports {sorted(names)} before anybody asked for torch"


@pytest.mark.parametrize("module", [m for m in MODULES if FLOORS[m.parts[1]] < 2], ids=str)
def test_no_wall_clock_or_luck_below_the_edges(module: Path) -> None:
    source = (ROOT / module).read_text(encoding="utf-8")
    tree = ast.parse(source)
    names = imported(ROOT / module)
    assert not names & {"time", "datetime", "random"} or module.stem.startswith("_"), f"{module} reads a clock or luck"
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not called & {"np.random.seed", "np.random.rand", "np.random.randn", "np.random.normal"}


def test_import_is_light() -> None:
    heavy = "torch onnxruntime moderngl glfw sounddevice scipy av aubio PIL"
    code = f"import sys, vj; print([m for m in '{heavy}'.split() if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
