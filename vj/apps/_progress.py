"""What the tools of the command line share: a bar that moves, and words for a package that is missing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from vj.core.errors import VjError


class Step(Protocol):
    """Is told the step under way and the part of it that is done (0..1), None where nobody knows."""

    def __call__(self, said: str, part: float | None = None, /) -> None: ...


class PartColumn(ProgressColumn):
    """The part done in percent, or where nobody knows how much there is, how many seconds are."""

    def render(self, task: Task) -> Text:
        """One cell."""
        return Text(f"{task.percentage:>3.0f} %" if task.total else f"{task.completed:.0f} s")


@contextmanager
def bar(title: str, console: Console) -> Iterator[Step]:
    """A bar, and what moves it; nothing is drawn into a pipe."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=None)

        def step(said: str, part: float | None = None, /) -> None:
            progress.update(task, description=escape(said), total=None if part is None else 1.0, completed=part or 0.0)

        yield step


@contextmanager
def needing_workshop(command: str, doing: str = "this") -> Iterator[None]:
    """Raise VjError in place of the import that fails, saying which package `doing` needs for `command`."""
    try:
        yield
    except ModuleNotFoundError as error:
        hint = "install vj with the extra 'workshop'"
        raise VjError(f"{doing} needs the package {error.name}", command, hint) from None
