"""`vj train`: teach a generator, and write it as a bundle. Needs the workshop's packages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from vj.apps.progress import Lines, duration, needing_workshop
from vj.core.errors import VjError

app = typer.Typer(help="Train a generator and write it as a bundle.", no_args_is_help=True)
console = Console()


@app.command()
def dream(
    minutes: Annotated[float, typer.Option(help="How long to go on training, from wherever it was left.")] = 150.0,
    threads: Annotated[int, typer.Option(help="Threads that train.")] = 2,
    folder: Annotated[Path, typer.Option(help="Where training keeps what it has.")] = Path("out/dream"),
    output: Annotated[Path | None, typer.Option(help="Folder of the bundle; models/dream if not given.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Train no further, only write the bundle.")] = False,
) -> None:
    """Train `dream` on pictures of the worlds. May be interrupted at any time and goes on where it was."""
    with needing_workshop("vj train", "training"):
        from vj.workshop.dream import bundle as workshop
    options = ["--minutes", str(minutes), "--threads", str(threads), "--folder", str(folder)]
    options += ["--output", str(output)] if output else []
    options += ["--write"] if write else []
    try:
        workshop.main(options)
    except KeyboardInterrupt:
        raise VjError("interrupted", f"{folder}", "run it again to go on from there") from None


@app.command()
def film(
    source: Annotated[Path, typer.Argument(help="A film that FFmpeg decodes, or a folder of pictures.")],
    name: Annotated[str | None, typer.Option(help="Name of the bundle; else that of the film.")] = None,
    size: Annotated[str, typer.Option(help="Width x height; else the film's own shape at about 200x100.")] = "",
    minutes: Annotated[float, typer.Option(min=0.0, help="Stop after so long; --resume goes on.")] = inf,
    steps: Annotated[int, typer.Option(min=0, help="Steps of 16 pictures; 3000 if not given.")] = 0,
    frames: Annotated[int, typer.Option(min=16, help="Pictures at most, evenly chosen.")] = 4000,
    z: Annotated[int, typer.Option(min=2, max=64, help="Latents of each style group.")] = 16,
    beta: Annotated[float, typer.Option(min=0.0, help="More makes dreams saner and pictures softer.")] = 1.0,
    scenes: Annotated[int | None, typer.Option(min=1, max=64, help="Classes; else by the film's length.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same generator.")] = 1,
    threads: Annotated[int, typer.Option(min=1, help="Threads that train.")] = 2,
    folder: Annotated[Path | None, typer.Option(help="Where training keeps what it has; else out/film/NAME.")] = None,
    licence: Annotated[str, typer.Option(help="Licence of the film, for the manifest.")] = "",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the training of that name.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Begin anew, and replace a bundle of that name.")] = False,
) -> None:
    """Train a generator on a film. The first Ctrl-C ends training and keeps the bundle; --resume goes on."""
    from vj.apps.models import keep as keeper

    with needing_workshop("vj train", "training"):
        from vj.workshop.film import bundle as workshop

    own = keeper.bundle_name(name, source)
    keeper.free(own, resume or force)
    place = folder or Path("out/film") / own
    workshop.use_threads(threads)
    asked = workshop.Asked(source, _size(size), frames, steps, z, beta, scenes, seed)
    try:
        with _bar(own) as (say, told):
            course = workshop.Course(place, asked, "resume" if resume else "anew" if force else "begin", say)
            _print(f"{len(course.images)} pictures; watch {place / 'sheet.jpg'}")
            say("timing a few steps")
            _print(_foretold(course.pace(), course.lesson.step, course.asked.steps, minutes * 60))
            done = course.train(minutes * 60, told)
            say("writing the bundle")
            kept = keeper.keep(own, lambda made: course.write(made, own, licence or workshop.LICENCE), force=True)
    except KeyboardInterrupt:
        raise VjError("interrupted", f"{place}", "run it again with --resume to go on from there") from None
    rest = "" if done else f" after {course.lesson.step} of {course.asked.steps} steps; --resume goes on"
    _print(f"{own} is ready{rest}: vj live --bundle {own}")
    _print(f"It lies in {kept}")


def _print(line: str) -> None:
    console.print(line, highlight=False, soft_wrap=True)


def _foretold(pace: float, step: int, steps: int, most: float) -> str:
    """How long training will take, at `pace` seconds a step and `most` seconds at most."""
    left = (steps - step) * pace
    whole = f"{steps - step} steps of {pace:.2g} s: about {duration(left)} on this machine as it is now"
    return whole if left <= most else f"{whole}; it stops after {duration(most)}, and --resume goes on"


def _size(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise VjError(f"{text!r} is no picture size", "--size", "write it like 200x100")
    return int(width), int(height)


Say = Callable[[str], None]
Told = Callable[[int, int, dict[str, float]], None]


@contextmanager
def _bar(title: str) -> Iterator[tuple[Say, Told]]:
    """A bar with two ways to move it: by what is being done, and by steps with their figures. In a pipe, lines."""

    def words(figures: dict[str, float]) -> str:
        return "  ".join(f"{name} {value:.3g}" for name, value in figures.items())

    if not console.is_terminal:
        lines = Lines(title)
        yield lines, lambda step, steps, figures: lines("training", step / steps, words(figures))
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task(title, total=None)

        def told(step: int, steps: int, figures: dict[str, float]) -> None:
            bar.update(task, completed=step, total=steps, description=f"{title}  {words(figures)}")

        yield lambda what: bar.update(task, description=f"{title}  {what}"), told
