"""Imports go down and one way, through doors; the base install needs neither torch nor a window to import `vj`."""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from vj.core import shelf

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {
    "core": 0,
    "features": 1,
    "directors": 1,
    "generators": 1,
    "engine": 1,
    "devices": 2,
    "outputs": 2,
    "sources": 2,
    "workshop": 2,
    "apps": 3,
}
SHELVES = {"features", "directors", "generators", "outputs", "sources"}
THINGS = {name: set(shelf.names(name)) for name in SHELVES}
MODULES = sorted(p.relative_to(ROOT) for p in (ROOT / "vj").rglob("*.py") if len(p.relative_to(ROOT).parts) > 2)


def dotted(module: Path) -> str:
    """What a file is imported as."""
    parts = module.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def said(path: Path) -> tuple[ast.AST, ...]:
    """All that a file says; each is read and gone through once for all tests."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def named(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Dotted names of the imports among `nodes`."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.update({str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)})
    return frozenset(names)


@cache
def imported(path: Path) -> frozenset[str]:
    """Dotted names of every import in a file, wherever it stands."""
    return named(said(path))


def test_imports_say_the_whole_way() -> None:
    relative = [
        f"{module}:{node.lineno}"
        for module in MODULES
        for node in said(ROOT / module)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not relative


def upward(module: Path) -> Iterator[str]:
    """What a module imports of a floor above it, or of its neighbours on a shelf."""
    floor, thing = module.parts[1], Path(module.parts[2]).stem
    for name in imported(ROOT / module):
        parts = name.split(".")
        if parts[0] != "vj" or len(parts) < 2 or parts[1] not in FLOORS:
            continue
        if FLOORS[parts[1]] > FLOORS[floor]:
            yield f"{module} imports {name}, which is a floor above it"
        shelved = parts[1] == floor in SHELVES and len(parts) > 2 and thing in THINGS[floor]
        if shelved and parts[2] in THINGS[floor] - {thing}:
            yield f"{module} imports its shelf neighbour {name}"


def test_imports_go_down() -> None:
    assert not [wrong for module in MODULES for wrong in upward(module)]


@cache
def at_once(path: Path) -> frozenset[str]:
    """Dotted names of the imports that importing a file brings about: those outside functions."""
    functions = (node for node in said(path) if isinstance(node, ast.FunctionDef))
    inside = {id(node) for f in functions for node in ast.walk(f) if node is not f}
    return named(node for node in said(path) if id(node) not in inside)


#: What the base install lacks, and where alone on the show path it may be imported.
HEAVY = {"torch", "onnx", "onnxscript", "diffusers", "transformers"}
ROOMS_OF_TORCH = {("generators", "torch"), ("generators", "diffusion")}


SHOWN = [module for module in MODULES if module.parts[1] != "workshop"]


def roots(names: frozenset[str]) -> set[str]:
    """The packages that `names` are in."""
    return {name.split(".")[0] for name in names}


def test_torch_stays_in_the_workshop_and_its_rooms() -> None:
    base = [module for module in SHOWN if module.parts[1:3] not in ROOMS_OF_TORCH]
    assert not [module for module in base if roots(imported(ROOT / module)) & HEAVY]


def brings_torch(module: Path) -> bool:
    """Whether torch is imported as soon as the module is."""
    return bool(roots(at_once(ROOT / module)) & HEAVY)


@cache
def with_torch() -> frozenset[str]:
    """The modules of the show path that cannot be imported without torch."""
    return frozenset(dotted(m) for m in SHOWN if brings_torch(m))


def test_nothing_brings_torch_in_by_being_imported() -> None:
    """The doors of its rooms too import the rest, and so torch, only when somebody asks for it."""
    light = [module for module in SHOWN if not brings_torch(module)]
    assert with_torch()
    assert not {module: names for module in light if (names := at_once(ROOT / module) & with_torch())}


def lucky(module: Path) -> bool:
    """Whether a module reads a clock, or throws dice that nobody can throw again."""
    if imported(ROOT / module) & {"time", "datetime", "random"} and not module.stem.startswith("_"):
        return True
    calls = (node for node in said(ROOT / module) if isinstance(node, ast.Call))
    called = {ast.unparse(node.func) for node in calls}
    return bool(called & {"np.random.seed", "np.random.rand", "np.random.randn", "np.random.normal"})


def test_no_wall_clock_or_luck_below_the_edges() -> None:
    assert not [module for module in MODULES if FLOORS[module.parts[1]] < 2 and lucky(module)]


#: The most files that a folder is taken in with at a glance; a world is a file, however many there are.
GLANCE, WORLDS = 20, "vj/workshop/worlds"
#: Stages that others look into, or that hold too much, until they get rooms of their own.
NO_ROOMS_YET: set[str] = set()
EVERYTHING = {dotted(path): path for path in (p.relative_to(ROOT) for p in (ROOT / "vj").rglob("*.py"))}
BENCHES = {dotted(path): path for path in (p.relative_to(ROOT) for p in (ROOT / "bench").rglob("*.py"))}


@cache
def modules_of(name: str) -> frozenset[str]:
    """The modules of ours that the module `name` imports, wherever in it; those for type checkers too."""
    found = set()
    for node in said(ROOT / EVERYTHING[name]):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found.update(name if name in EVERYTHING else str(node.module) for name in inner)
    return frozenset(found & EVERYTHING.keys() - {name})


def room(name: str) -> str:
    """The room that a module is in; what lies on a floor itself is its own."""
    package = EVERYTHING[name].name == "__init__.py"
    return name if package or name.count(".") < 3 else name.rpartition(".")[0]


def circles(leads: dict[str, set[str]]) -> set[str]:
    """All that leads back to itself, by whatever way."""

    def beyond(start: str) -> set[str]:
        seen, waiting = set[str](), [start]
        while waiting:
            fresh = leads.get(waiting.pop(), set()) - seen
            seen |= fresh
            waiting += fresh
        return seen

    return {name for name in leads if name in beyond(name)}


def test_imports_go_one_way() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == {"b", "c"}
    assert not circles({name: set(modules_of(name)) for name in EVERYTHING})
    rooms: dict[str, set[str]] = {}
    for name in EVERYTHING:
        rooms.setdefault(room(name), set()).update(room(other) for other in modules_of(name))
    assert not circles({name: others - {name} for name, others in rooms.items()})


def behind(importer: str, imported: str) -> bool:
    """Whether `imported` begins with an underscore somewhere, and `importer` is not in the package that it is in."""
    package = (EVERYTHING | BENCHES)[importer].name == "__init__.py"
    home = importer if package else importer.rpartition(".")[0]
    parts = imported.split(".")
    hidden = next((k for k, part in enumerate(parts) if part.startswith("_") and not part.startswith("__")), None)
    return hidden is not None and not f"{home}.".startswith(".".join(parts[:hidden]) + ".")


def test_rooms_are_entered_by_their_doors() -> None:
    assert behind("vj.apps.render.film", "vj.outputs.finish._warm")
    assert not behind("vj.outputs.finish.picture", "vj.outputs.finish._warm")
    found = {
        f"{name} imports {other}"
        for name, path in (EVERYTHING | BENCHES).items()
        for other in imported(ROOT / path)
        if other.startswith(("vj.", "bench.")) and behind(name, other)
    }
    away = {line for line in found if "/".join(line.split(" imports ")[1].split(".")[:2]) in NO_ROOMS_YET}
    assert not found - away


def test_a_folder_is_seen_at_a_glance() -> None:
    counts: dict[str, int] = {}
    for path in (EVERYTHING | BENCHES).values():
        counts[path.parent.as_posix()] = counts.get(path.parent.as_posix(), 0) + 1
    large = {folder for folder, count in counts.items() if count > GLANCE}
    assert large <= NO_ROOMS_YET | {WORLDS}


def test_no_file_repeats_its_room() -> None:
    """`vj/workshop/worlds/neon.py`, not `worlds_neon.py`."""
    files = (EVERYTHING | BENCHES).values()
    again = [p for p in files if p.parent.name.rstrip("s") in p.stem.removeprefix("_").split("_")]
    assert not again


def test_import_is_light() -> None:
    heavy = "torch onnxruntime moderngl glfw sounddevice scipy av aubio PIL"
    code = f"import sys, vj; print([m for m in '{heavy}'.split() if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
