"""Coming in: the wheel holds what plays, no more; a Python or .venv that will not do is told of; hints can be run."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from vj.core import install

ROOT = Path(__file__).resolve().parent.parent


def _fake(folder: Path, name: str, version: tuple[int, int, int], venv: bool = True) -> Path:
    """A stand-in for a Python of `version`, which answers `-c` as one would."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    script = (
        f"import sys; sys.version_info = {version}; sys.modules.update({{}} if {venv} else {{'ensurepip': None}})\n"
    )
    path.write_text(f'#!{sys.executable}\n{script}code = sys.argv[2]\nexec(compile(code, "-c", "exec"))\n', "utf-8")
    path.chmod(0o755)
    return path


def _ask(*arguments: str, path: str) -> "subprocess.CompletedProcess[str]":
    command = [str(ROOT / ".ci" / "python"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": path})


@pytest.fixture
def tools(tmp_path: Path) -> str:
    """A PATH with a shell and what the script calls, and no Python."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in ("bash", "env", "dirname", "rm", "grep"):
        (folder / name).symlink_to(str(shutil.which(name)))
    return str(folder)


def test_the_first_python_that_will_do_is_taken(tmp_path: Path, tools: str) -> None:
    pythons = tmp_path / "pythons"
    _fake(pythons, "python3.11", (3, 11, 2), venv=False)
    _fake(pythons, "python3.12", (3, 12, 1))
    _fake(pythons, "python3", (3, 15, 0))
    found = _ask("find", path=f"{pythons}:{tools}")
    assert (found.returncode, found.stdout) == (0, "python3.12\n")


def test_a_python_may_lie_in_a_folder_with_spaces(tmp_path: Path, tools: str) -> None:
    python = _fake(tmp_path / "my pythons", "python3.12", (3, 12, 1))
    found = _ask("find", str(python), path=tools)
    assert (found.returncode, found.stdout) == (0, f"{python}\n")
    lines = subprocess.run(
        ["make", "-n", f"VENV={tmp_path / 'none'}", f"PYTHON={python}", f"{tmp_path / 'none'}/bin/python"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert f'.ci/python find "{python}"' in lines.stdout


@pytest.mark.parametrize("asked", ["", "python3.9"])
def test_a_python_that_will_not_do_is_told_before_anything_is_fetched(tmp_path: Path, tools: str, asked: str) -> None:
    pythons = tmp_path / "pythons"
    _fake(pythons, asked or "python3", (3, 15, 0) if not asked else (3, 9, 2))
    told = _ask("find", *([asked] if asked else []), path=f"{pythons}:{tools}")
    assert told.returncode == 1
    assert not told.stdout
    assert "vj needs Python 3.11 to 3.14" in told.stderr
    assert ("3.9.2" if asked else "3.15.0") in told.stderr
    assert "make demo PYTHON=" in told.stderr
    assert len(told.stderr.splitlines()) == 1, "a sentence"


@pytest.mark.parametrize("fault", ["gone", "old", "pipless", "none", "sound", "foreign"])
def test_a_broken_venv_is_replaced_and_nothing_else_is(tmp_path: Path, tools: str, fault: str) -> None:
    venv = tmp_path / "venv"
    if fault != "none":
        _fake(venv / "bin", "python", (3, 9, 1) if fault == "old" else (3, 12, 1))
        (venv / "pyvenv.cfg").touch()
    if fault == "gone":
        (venv / "bin" / "python").unlink()
        (venv / "bin" / "python").symlink_to(tmp_path / "no-python")
    if fault == "pipless":
        (venv / "bin" / "python").write_text(
            (venv / "bin" / "python").read_text("utf-8").replace("{}", "{'pip': None}")
        )
    if fault == "foreign":
        shutil.rmtree(venv)
        venv.mkdir()
        (venv / "thesis.txt").touch()
    told = _ask("sound", str(venv), path=tools)
    assert told.returncode == (1 if fault == "foreign" else 0)
    assert venv.exists() == (fault in ("sound", "foreign"))
    assert ("Replacing" in told.stderr) == (fault in ("gone", "old", "pipless"))


def test_a_missing_package_is_a_sentence() -> None:
    code = (
        "import sys; sys.modules['onnxruntime'] = None\n"
        "sys.argv = ['vj', 'models', 'verify', 'worlds']\n"
        "from vj.apps.cli import main; main()"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    assert "the package onnxruntime is not installed" in told.stderr
    assert f"{sys.executable} -m pip install onnxruntime" in told.stderr


def test_a_module_of_our_own_is_no_package_to_install() -> None:
    assert install.missing(ModuleNotFoundError("no", name="vj.nothing")) is None
    told = install.missing(ModuleNotFoundError("no", name="pythonosc.dispatcher"))
    assert told is not None
    assert told.hint.endswith("pip install python-osc")


def test_hints_for_extras_can_be_run() -> None:
    assert install.extra("workshop").startswith(("make -C ", f"{sys.executable} -m pip install "))
    assert install.extra("interop").endswith('[interop]"')


def _wheel(folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_what_plays_and_no_pictures(tmp_path: Path) -> None:
    wheel = _wheel(tmp_path)
    names = zipfile.ZipFile(wheel).namelist()
    assert wheel.stat().st_size < 9_000_000
    assert not [name for name in names if name.endswith((".jpg", ".webp", ".png"))]
    for folder, ending in (("models", ".onnx"), ("setlists", ".toml"), ("shaders", ".fs")):
        ours = {str(p.relative_to(ROOT / folder)) for p in (ROOT / folder).rglob(f"*{ending}")}
        inside = [n.removeprefix(f"vj/share/{folder}/") for n in names if n.startswith(f"vj/share/{folder}/")]
        assert ours == {name for name in inside if name.endswith(ending)}
    code = {str(p.relative_to(ROOT)) for p in (ROOT / "vj").rglob("*.py")}
    assert code <= set(names)


@pytest.mark.slow
def test_pip_install_alone_gives_a_vj_that_renders(tmp_path: Path) -> None:
    """Downloads every package: what a newcomer does who has no checkout."""
    venv, wheel = tmp_path / "venv", _wheel(tmp_path)
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    subprocess.run([str(venv / "bin" / "pip"), "install", "-q", str(wheel)], check=True)
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [str(venv / "bin" / "vj"), "demo", "--offline", "--seconds", "1"]
    made = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "demo.mp4").stat().st_size > 10_000
