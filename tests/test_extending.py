"""The examples of docs/extending.md, dropped where the page says: the shelves know them and the contracts hold."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
#: What each example says it is called -> the example.
EXAMPLES = dict(re.findall(r"^```python\n# (vj/\S+\.py)\n(.*?)^```", PAGE, re.M | re.S))
CONTRACTS = {shelf: f"tests/{shelf}/test_shelf_{shelf}.py" for shelf in ("directors", "features")}
CONTRACTS["worlds"] = "tests/workshop/test_worlds.py"
COPIED = ("pyproject.toml", "tests/conftest.py", "tests/test_floors.py", *CONTRACTS.values())


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house, with every example in its place."""
    copy = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "vj", copy / "vj", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("models", "setlists", "shaders"):
        (copy / name).symlink_to(ROOT / name)
    for name in COPIED:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    for name, code in EXAMPLES.items():
        assert not (copy / name).exists(), f"{name} is no new file"
        (copy / name).write_text(code, encoding="utf-8")
    return copy


def _run(checkout: Path, *command: str) -> str:
    env = {**os.environ, "PYTHONPATH": str(checkout)}
    done = subprocess.run(
        [sys.executable, *command], cwd=checkout, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_page_has_a_director_a_feature_and_a_world() -> None:
    assert {Path(name).parent.name for name in EXAMPLES} == set(CONTRACTS)
    assert len(EXAMPLES) == PAGE.count("```python")


@pytest.fixture(scope="module")
def contracts(checkout: Path) -> str:
    """What the contracts say of the examples, and the floors."""
    # Rows drawn alone take bundles of their own, as long in the making as all the rest: only for those that ship.
    asked = f"({' or '.join(Path(name).stem for name in EXAMPLES)}) and not band_of_rows and not brings"
    return _run(checkout, "-m", "pytest", "-v", *CONTRACTS.values(), "tests/test_floors.py", "-k", asked)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_the_contract_of_its_shelf_holds(name: str, contracts: str) -> None:
    path = Path(name)
    contract = CONTRACTS[path.parent.name]
    assert f"\npython -m pytest {contract} -k {path.stem}\n" in PAGE
    assert re.search(rf"^{contract}::\S*\b{path.stem}\b.* PASSED", contracts, re.M), contracts


def test_the_shelves_know_them(checkout: Path) -> None:
    addresses = _run(checkout, "-m", "vj.apps.cli", "osc", "list")
    features = _run(checkout, "-m", "vj.apps.cli", "features")
    worlds = _run(checkout, "-c", "from vj.workshop.worlds.forms import WORLDS; print(*WORLDS)").split()
    for path in map(Path, EXAMPLES):
        if path.parent.name == "directors":
            assert re.search(rf"^/director/{path.stem}/", addresses, re.M)
            assert re.search(rf"^/director/select\t.*\b{path.stem}\b", addresses, re.M)
        elif path.parent.name == "features":
            assert re.search(rf"^{path.stem}\.", features, re.M)
        else:
            assert worlds[-1] == path.stem
            assert worlds[0] == "ink"


def test_they_are_written_as_the_house_is(checkout: Path) -> None:
    _run(checkout, "-m", "ruff", "check", *EXAMPLES)
    _run(checkout, "-m", "ruff", "format", "--check", *EXAMPLES)
