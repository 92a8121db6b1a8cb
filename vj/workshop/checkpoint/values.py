"""What a pickle may become when it is read without running it, and how much of it there may be."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vj.core.errors import CheckpointError

#: Instructions and values one file may spend, those of the files nested inside it included.
MOST_VALUES = 1_000_000
#: Keys of mappings that are neither text nor a modest whole number.
MOST_ODD_KEYS = 10_000
#: Bytes that may be copied out of a file, as a multiple of its size.
COPIES = 4
#: Bytes that may be copied in addition to that.
SPARE_BYTES = 64 << 20
#: Letters of a name that is copied wherever it is used.
LONGEST_NAME = 1000
#: How deep containers may be nested where something walks through them.
MOST_NESTED = 100


@dataclass(frozen=True, slots=True)
class Global:
    """The name of a class or function; it is never looked up."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


def named(module: object, name: object) -> Global:
    """The class or function of that name; raises CheckpointError for names that are none."""
    if not (isinstance(module, str) and isinstance(name, str)):
        raise CheckpointError(f"the pickle names a class by a {shown(module)} and a {shown(name)}")
    if len(module) + len(name) > LONGEST_NAME:
        raise CheckpointError(f"the pickle has a name of {len(module) + len(name):,} letters")
    return Global(module, name)


@dataclass(slots=True, eq=False)
class Inert:
    """An object of a foreign class, or the result of a foreign call, as the data it would have been made from.

    of     the class or function that the pickle names
    args   what it would have been called with
    state  what it would have been given afterwards, mostly its `__dict__`
    items  what it would have been filled with: values, or (key, value) pairs
    """

    of: Global
    args: tuple[Any, ...] = ()
    state: Any = None
    items: list[Any] | None = None

    def fill(self, items: list[Any]) -> None:
        """Keep what a list, set or mapping of a foreign class would have been filled with."""
        if self.items is None:
            self.items = []
        self.items.extend(items)


@dataclass(slots=True)
class Budget:
    """What is left to spend on one file; a file inside a file spends from the same one."""

    copies: int
    values: int = MOST_VALUES
    keys: int = MOST_ODD_KEYS

    @classmethod
    def of(cls, size: int) -> "Budget":
        """The budget of a file of `size` bytes."""
        return cls(COPIES * size + SPARE_BYTES)

    def count(self, values: int = 1) -> None:
        """Spend on values and instructions; raises CheckpointError when none are left."""
        self.values -= values
        if self.values < 0:
            raise CheckpointError(f"the file is made of more than {MOST_VALUES:,} values")

    def copy(self, size: int) -> None:
        """Spend on bytes before they are copied; raises CheckpointError when too few are left."""
        self.copies -= size
        if self.copies < 0:
            raise CheckpointError("the file asks for far more memory than its own size")

    def key(self, key: Any) -> Any:
        """`key` as one that is cheap to hash and hard to make collide; raises CheckpointError for others.

        Hashes of strings are secret and those of whole numbers below 2^60 are themselves; anything else could be
        chosen so that a mapping takes hours to fill, so a file may hold few of those.
        """
        if isinstance(key, str) or key is None or (isinstance(key, int) and abs(key) < 1 << 60):
            return key
        self.keys -= 1
        if self.keys < 0:
            raise CheckpointError("the file has too many odd keys in its mappings")
        if isinstance(key, memoryview) and len(key) <= 256:
            return bytes(key)
        if isinstance(key, float | Inert | Global):
            return key
        if isinstance(key, tuple) and len(key) <= 16 and all(isinstance(part, str | int | float) for part in key):
            return key
        raise CheckpointError(f"a mapping in the file has a key that is a {type(key).__name__}")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a pickle may reach while it is read.

    resolve  turns a persistent id into a value; None where there is nothing outside the pickle
    nested   opens a torch file inside the pickle; None inside of one
    """

    budget: Budget
    resolve: Callable[[Any], Any] | None = None
    nested: Callable[[memoryview, Budget], Any] | None = None


def shown(value: object) -> str:
    """A short, printable form of something that came out of a file."""
    if isinstance(value, str):
        value = value[:60]
    text = ascii(value) if isinstance(value, str | int | float) else type(value).__name__
    return text if len(text) <= 60 else f"{text[:57]}..."
