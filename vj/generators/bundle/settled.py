"""What opening a network took, and playing it does not, goes back to the system."""

import ctypes
import sys
from contextlib import suppress


def settled() -> None:
    """Give back what is free: the C library would keep it for later, and there is no later. A few milliseconds."""
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):  # musl has none
            ctypes.CDLL(None).malloc_trim(0)
