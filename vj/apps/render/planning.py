"""What a queue asks for, as films to be made: every line is tried before anything begins."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand

from vj.apps.listed import Entry, LineError, read_list, song_of
from vj.apps.render.delivery import Delivery
from vj.core.errors import VjError, nearest
from vj.outputs.video.formats import chosen

#: What is wrong with a command line, whether typer brings its own click or not.
UsageError: Any = typer.BadParameter.__bases__[0]
#: Options of the command line that are about the queue, not about what is in it.
OURS = frozenset({"song", "output", "queue", "again"})


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


def planned(queue: Path, folder: Path | None, command: TyperCommand, for_all: Sequence[str] = ()) -> list[Job]:
    """The jobs of `queue`, with the options `for_all` where they do not say otherwise.

    Raises VjError for the first line that makes no sense, and the number of others.
    """
    entries, broken = read_list(queue)
    jobs: list[Job] = []
    taken: set[Path] = set()
    for entry in entries:
        try:
            jobs.append(_job(entry, queue.resolve().parent, folder, command, for_all, taken))
        except LineError as error:
            broken.append(error)
    if broken:
        broken.sort(key=lambda error: error.line)
        first, others = broken[0], len(broken) - 1
        rest = f" (and {others} more broken line{'s' if others > 1 else ''})" if others else ""
        raise VjError(f"{first.what}{rest}", f"{queue}, line {first.line}", first.hint)
    return jobs


def _job(
    entry: Entry, home: Path, folder: Path | None, command: TyperCommand, for_all: Sequence[str], taken: set[Path]
) -> Job:
    """An entry as a job. Raises LineError."""
    song = song_of(entry, home)
    arguments = [*for_all, *entry.arguments]
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
    try:
        output = _output(said, song, folder or Path())
    except VjError as error:
        raise LineError(entry.line, error.what, error.hint) from None
    while output in taken:
        output = output.with_name(f"{output.stem}-2{output.suffix}")
    taken.add(output)
    kept = _without(arguments, ("--output", "-o"))
    return Job(song, output, (str(song), *kept, "--output", str(output)), entry.line)


def _output(said: dict[str, Any], song: Path, folder: Path) -> Path:
    """What an entry makes. Raises OutputError for a film that cannot be."""
    asked = said["form"], said["codec"], said["depth"], said["alpha"]
    path = folder / (Path(said["output"]) if said["output"] is not None else Delivery(*asked).path(song))
    chosen(path, *asked)
    return path


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


def given(context: typer.Context) -> list[str]:
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
