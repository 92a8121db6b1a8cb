"""How a tool of the workshop tells what it is at."""

from typing import Protocol


class Say(Protocol):
    """Is told each step, and the part of it that is done (0..1) where somebody knows."""

    def __call__(self, step: str, part: float | None = None, /) -> None: ...


def quiet(step: str, part: float | None = None, /) -> None:
    """Tell nobody."""


def megabytes(size: int) -> str:
    """A file's size in words."""
    return f"{size / 1e6:,.0f} MB" if size >= 10_000_000 else f"{size / 1e3:,.0f} kB"
