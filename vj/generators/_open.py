"""Open a generator by what a performer types: a shelf name, a bundle name or a folder."""

from typing import Any, cast

from vj.core.errors import BundleError, nearest
from vj.core.shelf import load, names
from vj.generators import _bundle
from vj.generators._base import Generator

#: Runtimes that need a bundle to play; the other names on the shelf are generators by themselves.
_RUNTIMES = ("onnx",)


def open_generator(name_or_path: str, size: tuple[int, int] | None = None, **options: Any) -> Generator:
    """ "testcard", the name of a bundle or the folder of one, at `size` (width, height) or its native one.

    `options` go to the runtime (`providers`, `threads`, `clock`). Raises BundleError.
    """
    if name_or_path in names("generators") and name_or_path not in _RUNTIMES:
        alone = load("generators", name_or_path)
        return cast(Generator, alone(size) if size else alone())
    bundle = _bundle.read_bundle(_bundle.find_bundle(name_or_path))
    if bundle.kind not in _RUNTIMES:
        raise BundleError(
            f"no runtime for bundles of kind {bundle.kind!r}", str(bundle.folder), nearest(bundle.kind, _RUNTIMES)
        )
    return cast(Generator, load("generators", bundle.kind)(bundle, size, **options))


def generator_names() -> list[str]:
    """All that `open_generator` knows by name, sorted."""
    return sorted({n for n in names("generators") if n not in _RUNTIMES} | set(_bundle.bundle_names()))
