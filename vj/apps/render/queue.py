"""`vj render --queue`: many films, one after the other; one that fails does not stop the rest.

Each is rendered by a process of its own: what brings that down leaves the others alone. What is done is written down
beside the queue, so that the same command goes on where it stopped.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from typer.core import TyperCommand

from vj.apps.progress import duration
from vj.apps.render.listed import Entry, LineError, read_list, song_of
from vj.core.errors import VjError, nearest

#: Beside the queue: what is done.
DONE = ".done"
#: What is wrong with a command line, whether typer brings its own click or not.
UsageError: Any = typer.BadParameter.__bases__[0]
#: Options of the command line that are about the queue, not about what is in it.
OURS = frozenset({"song", "output", "queue", "again"})
#: Exit codes: something failed, and it was interrupted.
FAILED, INTERRUPTED = 1, 130


@dataclass(frozen=True)
class Job:
    """One film: `arguments` are those of `vj render` for it, `output` what they make."""

    song: Path
    output: Path
    arguments: tuple[str, ...]
    line: int

    @property
    def key(self) -> str:
        """Changes with whatever changes the film: the song's own bytes are told by size and time."""
        stat = self.song.stat()
        told = [*self.arguments, str(stat.st_size), str(stat.st_mtime_ns)]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def run(context: typer.Context, queue: Path, folder: Path | None, again: bool, console: Console) -> int:
    """Render what `queue` lists, into `folder` if one is given; the exit code. `context` is that of `vj render`, whose
    other options are those of all. Raises VjError before anything begins for a queue that makes no sense."""
    assert isinstance(context.command, TyperCommand)
    jobs = planned(queue, folder, context.command, _given(context))
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
    child = subprocess.Popen(command, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": paths})
    assert child.stderr is not None
    said: list[str] = []
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


def planned(queue: Path, folder: Path | None, command: TyperCommand, given: Sequence[str] = ()) -> list[Job]:
    """The jobs of `queue`, with the options `given` for all where they do not say otherwise.

    Raises VjError for the first line that makes no sense, and the number of others.
    """
    entries, broken = read_list(queue)
    jobs: list[Job] = []
    taken: set[Path] = set()
    for entry in entries:
        try:
            jobs.append(_job(entry, queue.resolve().parent, folder, command, given, taken))
        except LineError as error:
            broken.append(error)
    if broken:
        broken.sort(key=lambda error: error.line)
        first, others = broken[0], len(broken) - 1
        rest = f" (and {others} more broken line{'s' if others > 1 else ''})" if others else ""
        raise VjError(f"{first.what}{rest}", f"{queue}, line {first.line}", first.hint)
    return jobs


def _job(
    entry: Entry, home: Path, folder: Path | None, command: TyperCommand, given: Sequence[str], taken: set[Path]
) -> Job:
    """An entry as a job. Raises LineError."""
    song = song_of(entry, home)
    arguments = [*given, *entry.arguments]
    try:
        context = command.make_context("render", [str(song), *arguments])
    except (typer.Exit, typer.Abort):
        raise LineError(entry.line, "this renders nothing", "leave out what only shows something") from None
    except UsageError as error:
        unknown = getattr(error, "option_name", None)
        if unknown is not None:
            hint = nearest(unknown.lstrip("-"), _names(command))
            raise LineError(entry.line, f"there is no option {unknown}", hint) from None
        raise LineError(
            entry.line, error.format_message(), "options are those of vj render: vj render --help"
        ) from None
    said = context.params
    _check(entry.line, said)
    output = _output(said, song, folder or Path())
    while output in taken:
        output = output.with_name(f"{output.stem}-2{output.suffix}")
    taken.add(output)
    kept = _without(arguments, ("--output", "-o"))
    return Job(song, output, (str(song), *kept, "--output", str(output)), entry.line)


def _output(said: dict[str, Any], song: Path, folder: Path) -> Path:
    if said.get("output") is not None:
        return folder / Path(said["output"])
    return folder / Path(song.resolve().name).with_suffix(".mp4")


def _without(arguments: Sequence[str], options: Sequence[str]) -> Iterator[str]:
    """`arguments` but for these options, each of which has a value."""
    left = iter(arguments)
    for argument in left:
        if argument in options:
            next(left, None)
        elif not any(argument.startswith(f"{option}=") for option in options):
            yield argument


def _names(command: TyperCommand) -> list[str]:
    """The long options of a command, without their dashes."""
    return [name[2:] for param in command.params for name in param.opts if name.startswith("--")]


def _given(context: typer.Context) -> list[str]:
    """What the command line says besides the queue, for all that is in it."""
    arguments: list[str] = []
    for param in context.command.params:
        name = param.name or ""
        source = context.get_parameter_source(name)
        if name in OURS or source is None or source.name != "COMMANDLINE":
            continue
        option, value = param.opts[-1], context.params[name]
        if value is True:
            arguments.append(option)
        elif value is not False:
            for one in value if isinstance(value, list | tuple) else [value]:
                arguments += [option, str(one)]
    return arguments


def _check(line: int, said: dict[str, Any]) -> None:
    """Raise LineError for values that would be refused when their turn comes."""
    from vj.apps.assemble import find_setlist
    from vj.apps.fps import frame_rate
    from vj.apps.homes import LOOKS, files, look_file, own, shipped
    from vj.apps.options import channels_of, detail_of, size_of
    from vj.apps.track import pairs
    from vj.core import shelf
    from vj.core.written import is_file
    from vj.generators.bundle.catalogue import Catalogue

    def rate(text: str) -> Fraction:
        return frame_rate(text, "--fps", 24, 144)

    def look(name: str) -> None:
        file, known = look_file(name), files((*own(LOOKS), shipped(LOOKS)))
        if (is_file(file) if file else name in known) or name == "none":
            return
        raise VjError(f"there is no look {name!r}", "--look", nearest(name, known))

    def director(name: str) -> None:
        shelf.load("directors", name)

    checks: dict[str, Callable[[Any], object]] = {
        "fps": rate,
        "size": size_of,
        "detail": detail_of,
        "channels": channels_of,
        "settings_": pairs,
        "look": look,
        "setlist": find_setlist,
        "bundle": Catalogue().admit,
        "director": director,
    }
    for name, check in checks.items():
        if said.get(name) is None:
            continue
        try:
            check(said[name])
        except VjError as error:
            raise LineError(line, error.what, error.hint) from None
