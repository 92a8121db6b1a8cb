"""Other beat trackers, for measuring only: each in an environment of its own, what it found remembered by sound."""

import hashlib
import importlib
import json
import os
import re
import subprocess
import sys
import tempfile
import venv
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import platformdirs

from vj.core.types import F32

FOLDER = Path(__file__).resolve().parent / "peers"
CACHE = platformdirs.user_cache_path("vj") / "bench-beat"
NAMES = tuple(sorted(path.stem.removeprefix("by_") for path in FOLDER.glob("by_*.py")))
sys.path.insert(0, str(FOLDER))
#: Hz of what peers are given.
RATE = 44100


class MissingError(Exception):
    """A peer that cannot be had here, and why."""


@dataclass(frozen=True)
class Told:
    """Beats of one sound: `times` in s, `places` in the bar (0: not told, 1: a downbeat), `cpu` seconds a second."""

    times: np.ndarray
    places: np.ndarray
    cpu: float


class Peer:
    """One of NAMES; use it as a context manager. Raises MissingError where it cannot be installed or started."""

    def __init__(self, name: str) -> None:
        self.name = name
        told = importlib.import_module(f"by_{name}")  # what it draws on, it imports only when it tracks
        self.mode: str = told.MODE
        self.what = (told.__doc__ or "").splitlines()[0]
        self.packages: tuple[str, ...] = told.PACKAGES
        self._alone: tuple[str, ...] = getattr(told, "ALONE", ())
        self._borrows: bool = getattr(told, "BORROWS", False)
        self._process: subprocess.Popen[str] | None = None
        words = f"{(FOLDER / f'by_{name}.py').read_text(encoding='utf-8')}{self.packages}"
        self._key = hashlib.sha256(words.encode()).hexdigest()[:12]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait()

    def track(self, mark: str, sound: Callable[[], F32]) -> Told:
        """Beats of `sound()`, mono [n] at RATE; where one of this `mark` was asked for before, from memory."""
        known = CACHE / "found" / f"{self.name}-{self._key}" / f"{mark}.json"
        if not known.exists():
            answer = self._ask((np.clip(sound(), -1.0, 1.0) * 32767.0).astype("<i2").tobytes())
            known.parent.mkdir(parents=True, exist_ok=True)
            known.write_text(json.dumps(answer), encoding="utf-8")
        answer = json.loads(known.read_text(encoding="utf-8"))
        if "error" in answer:
            raise MissingError(answer["error"])
        beats = np.array(answer["beats"], float).reshape(-1, 2)
        return Told(beats[:, 0], beats[:, 1].astype(int), answer["cpu_s"] / max(answer["seconds"], 1e-9))

    def _ask(self, pcm: bytes) -> dict[str, Any]:
        """What the child answers for a sound."""
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        with tempfile.NamedTemporaryFile(suffix=".wav") as path:
            with wave.open(path.name, "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(RATE)
                file.writeframes(pcm)
            process.stdin.write(path.name + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        if not line:
            raise MissingError("it died: see what it wrote above")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _running(self) -> "subprocess.Popen[str]":
        if self._process is None:
            python = self._installed()
            clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
            self._process = subprocess.Popen(
                [str(python), str(FOLDER / "serve.py"), f"by_{self.name}"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=FOLDER,
                env={**clean, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            )
            assert self._process.stdout is not None
            if self._process.stdout.readline() != "ready\n":
                raise MissingError("it does not start: see what it wrote above")
        return self._process

    def _installed(self) -> Path:
        """The Python of its environment, made if need be."""
        asked = f"{self.packages}{self._alone}{self._borrows}{sys.version_info[:2]}"
        home = CACHE / "environments" / hashlib.sha256(asked.encode()).hexdigest()[:12]
        python, done = home / "bin" / "python", home / "done"
        if done.exists():
            return python
        print(f"{self.name}: making its environment", flush=True)
        venv.create(home, with_pip=True, clear=True)
        for options, packages in (((), self._together()), (("--no-deps",), self._apart())):
            if packages:
                command = [str(python), "-m", "pip", "install", "-q", *options, *packages]
                run = subprocess.run(command, capture_output=True, text=True)
                if run.returncode:
                    raise MissingError(_reason(run.stdout + run.stderr, packages))
        if self._borrows:
            site = next((home / "lib").glob("python3*/site-packages"))
            shared = next(p for p in sys.path if p.endswith("site-packages"))
            (site / "borrowed.pth").write_text(shared + "\n", encoding="utf-8")
        done.touch()
        return python

    def _together(self) -> list[str]:
        return [p for p in self.packages if p.partition("==")[0] not in self._alone]

    def _apart(self) -> list[str]:
        return [p for p in self.packages if p.partition("==")[0] in self._alone]


def _reason(words: str, packages: list[str]) -> str:
    """What is left of pip's words for a table."""
    lines = [" ".join(line.split()) for line in words.splitlines()]
    signs = ("CMake Error", "ERROR:", "error:")
    telling = [n for sign in signs for n, line in enumerate(lines) if line.startswith(sign)]
    first = " ".join(lines[telling[0] : telling[0] + 6]) if telling else "failed"
    told = re.sub(r"/\S*pip-install[^/]*/", "", f"pip install {' '.join(packages)}: {first}")
    return told[:300]
