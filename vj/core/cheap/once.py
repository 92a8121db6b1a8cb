"""What is worked out when first asked for, and kept."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

Made = TypeVar("Made")


class once(Generic[Made]):  # noqa: N801 - it is a decorator
    """A method of no arguments as an attribute. `functools.cached_property` takes a lock each time in Python 3.11."""

    def __init__(self, make: Callable[[Any], Made]) -> None:
        self._make, self._name, self.__doc__ = make, make.__name__, make.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> "once[Made]": ...
    @overload
    def __get__(self, owner: object, kind: type) -> Made: ...
    def __get__(self, owner: object | None, kind: type) -> "once[Made] | Made":
        if owner is None:
            return self
        made = owner.__dict__[self._name] = self._make(owner)
        return made
