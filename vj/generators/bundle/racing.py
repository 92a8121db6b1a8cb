"""Whether a bundle's shaders on this machine's card beat what else would play it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from vj.core.errors import BundleError
from vj.core.shelf import load
from vj.generators.bundle.feeds import middle
from vj.generators.bundle.manifest import SHADERS, Bundle
from vj.generators.contract import Generator
from vj.generators.providers import Attempt

#: Median of how many pictures decides.
_TIMED = 5


def has_shaders(bundle: Bundle) -> bool:
    """Whether the bundle comes with shaders."""
    return (bundle.folder / SHADERS).is_file()


def quicker(bundle: Bundle, other: Generator, clock: Callable[[], float]) -> Generator:
    """The shaders, or `other` where they are slower or only a processor would draw them; the loser is closed."""
    runtime = load("generators", "glsl")
    card: Any = None
    try:
        why = "" if runtime.card() else "no card with OpenGL 3.3"
        if not why:
            card = runtime(bundle, other.size)
            ours, theirs = (_seconds(generator, clock) for generator in (card, other))
            why = "" if ours < theirs else f"{ours * 1e3:.1f} ms a picture"
    except BundleError as error:
        why = error.what
    if why:
        if card is not None:
            card.close()
        other.tried = (Attempt("OpenGL", why), *getattr(other, "tried", ()))  # type: ignore[attr-defined]
        return other
    other.close()
    card.prepare()
    return card  # type: ignore[no-any-return]


def _seconds(generator: Generator, clock: Callable[[], float]) -> float:
    generator.warm_up()
    marks = [clock()]
    for _ in range(_TIMED):
        generator.generate([middle(generator.spec)])
        marks.append(clock())
    return float(np.median(np.diff(marks)))
