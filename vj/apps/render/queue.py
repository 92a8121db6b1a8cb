"""`vj render --queue`: many films, one after the other; one that fails does not stop the rest.

Each is rendered by a process of its own: what brings that down leaves the others alone. What is done is written down
beside the queue, so that the same command goes on where it stopped.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from typer.core import TyperCommand

from vj.apps.progress import duration
from vj.apps.render.planning import Job, given, planned
from vj.core.errors import VjError

#: Beside the queue: what is done.
DONE = ".done"
#: Exit codes: something failed, and it was interrupted.
FAILED = 1
INTERRUPTED = 130


def run(context: typer.Context, queue: Path, folder: Path | None, again: bool, console: Console) -> int:
    """Render what `queue` lists, into `folder` if one is given; the exit code. `context` is that of `vj render`, whose
    other options are those of all. Raises VjError before anything begins for a queue that makes no sense."""
    assert isinstance(context.command, TyperCommand)
    jobs = planned(queue, folder, context.command, given(context))
    log = Log(queue)
    if folder is not None:
        _ready(folder)
    made = there = 0
    failed: list[tuple[Job, str]] = []
    began = time.monotonic()
    for count, job in enumerate(jobs, 1):
        name = f"[{count}/{len(jobs)}] {job.song.name}"
        if not again and log.has(job):
            console.print(f"{name}: {job.output} is there", soft_wrap=True, highlight=False, markup=False)
            there += 1
            continue
        left = (time.monotonic() - began) / (count - 1 - there) * (len(jobs) - count + 1) if count - 1 > there else None
        about = f", about {duration(left)} left for all" if left else ""
        console.print(f"{name} -> {job.output}{about}", soft_wrap=True, highlight=False, markup=False)
        code, said = _rendered(job)
        if code == INTERRUPTED:
            _tell(console, made, there, failed, len(jobs) - count + 1)
            console.print("Interrupted; the same command goes on from here.")
            return INTERRUPTED
        if code:
            failed.append((job, said))
            console.print(f"[bold red]failed:[/] {escape(said)}", soft_wrap=True, highlight=False)
        else:
            log.add(job)
            made += 1
    _tell(console, made, there, failed, 0)
    return FAILED if failed else 0


def _ready(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VjError("the folder cannot be made", str(folder), str(error)) from error


def _tell(console: Console, made: int, there: int, failed: Sequence[tuple[Job, str]], left: int) -> None:
    """What came of all."""
    counts = [f"{made} made", *([f"{there} were there"] if there else []), *([f"{left} left"] if left else [])]
    console.print(f"Queue: {', '.join(counts)}, {len(failed)} failed", highlight=False)
    for job, said in failed:
        console.print(f"[bold red]{escape(job.song.name)}[/] (line {job.line}): {escape(said)}", highlight=False)


def _rendered(job: Job) -> tuple[int, str]:
    """Render `job` in a process of its own: its exit code, and what it said of its end."""
    package = Path(__file__).resolve().parents[3]
    paths = os.pathsep.join([str(package), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "vj.apps.cli", "render", *job.arguments]
    said: list[str] = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": paths}) as child:
        assert child.stderr is not None
        try:
            for line in child.stderr:
                said.append(line.decode(errors="replace"))
        except KeyboardInterrupt:  # the child has it too, and finishes its film
            child.wait()
            return INTERRUPTED, "interrupted"
        code = child.wait()
    if code in (0, INTERRUPTED):
        sys.stderr.write("".join(said))
    text = "".join(said).strip().removeprefix("vj:").strip()
    told = f"its process was ended by signal {-code}" if code < 0 else f"it ended with {code} and said nothing"
    return code, text or told


class Log:
    """What is done, a line of JSON each, written as soon as it is."""

    def __init__(self, queue: Path) -> None:
        self._path = queue.with_name(queue.name + DONE)
        self._done: dict[str, dict[str, Any]] = {}
        with suppress(OSError):
            for line in self._path.read_text(encoding="utf-8").splitlines():
                with suppress(ValueError, KeyError, TypeError):
                    entry = json.loads(line)
                    self._done[entry["key"]] = entry

    def has(self, job: Job) -> bool:
        """Whether the film of `job` was finished, and is there as it was."""
        entry = self._done.get(job.key)
        return entry is not None and job.output.exists() and entry.get("size") == _size(job.output)

    def add(self, job: Job) -> None:
        """The film of `job` is finished. Raises VjError where that cannot be written down."""
        line = json.dumps({"key": job.key, "output": str(job.output), "size": _size(job.output)})
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise VjError("what is done cannot be written down", str(self._path), str(error)) from error


def _size(path: Path) -> int:
    """Bytes of a file, or the number of files in a folder."""
    return sum(1 for _ in path.iterdir()) if path.is_dir() else path.stat().st_size
