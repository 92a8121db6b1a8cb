"""What the tools of the command line share: a bar that moves, and words for a package that is missing."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from vj.core.errors import VjError
from vj.core.install import extra

#: Seconds between lines where no bar can be drawn.
LINE_S = 20.0


class Step(Protocol):
    """Is told the step under way and the part of it that is done (0..1), None where nobody knows."""

    def __call__(self, said: str, part: float | None = None, /) -> None: ...


class Lines:
    """What there is instead of a bar in a pipe: a line for each new thing that is done, and one now and then of how
    far it is."""

    def __init__(self, title: str, console: Console | None = None, every: float = LINE_S) -> None:
        self._title, self._console, self._every = title, console or Console(stderr=True), every
        self._began = time.monotonic()
        self._told, self._at = "", -every

    def __call__(self, said: str, part: float | None = None, figures: str = "") -> None:
        """`said` is being done, `part` of it (0..1) already; `figures` are added to the line."""
        now = time.monotonic() - self._began
        if said == self._told and now - self._at < self._every and part != 1.0:
            return
        self._told, self._at = said, now
        far = "" if part is None else f"  {100 * part:.0f} %"
        left = f"  {duration(now / part - now)} left" if part and 0.01 < part < 1.0 else ""
        words = f"{self._title}: {said}" if said else self._title
        self._console.print(f"{words}{far}{left}  {figures}".rstrip(), highlight=False, soft_wrap=True, markup=False)


class PartColumn(ProgressColumn):
    """The part done in percent, or where nobody knows how much there is, how many seconds are."""

    def render(self, task: Task) -> Text:
        """One cell."""
        return Text(f"{task.percentage:>3.0f} %" if task.total else f"{task.completed:.0f} s")


@contextmanager
def bar(title: str, console: Console) -> Iterator[Step]:
    """A bar, and what moves it; lines now and then, beside what is printed, where the console is a pipe."""
    if not console.is_terminal:
        yield Lines(title)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=None)

        def step(said: str, part: float | None = None, /) -> None:
            progress.update(task, description=escape(said), total=None if part is None else 1.0, completed=part or 0.0)

        yield step


def duration(seconds: float) -> str:
    """A length of time in words: "40 s", "7 min", "1 h 20 min"."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


@contextmanager
def needing_workshop(command: str, doing: str = "this") -> Iterator[None]:
    """Raise VjError in place of the import that fails, saying which package `doing` needs for `command`."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise VjError(f"{doing} needs the package {error.name}", command, extra("workshop")) from None


def with_progress(
    title: str, work: Callable[[Callable[[float, float | None], None]], Any], console: Console | None = None
) -> Any:
    """What `work` returns, with a bar that shows its progress and the time left."""
    columns = (TextColumn("{task.description}"), BarColumn(), PartColumn())
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console or Console()) as bar:
        task = bar.add_task(title, total=None)

        def moved(done: float, total: float | None) -> None:
            bar.tasks[0].total = total  # a total that proves wrong is taken back, which `update` does not do
            bar.update(task, completed=done)

        try:
            return work(moved)
        except BaseException:  # a bar that stands still, and one of unknown length most of all, would look complete
            bar.remove_task(task)
            raise
