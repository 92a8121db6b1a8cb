"""What each generator can show, by name, without opening it."""

from collections.abc import Iterator, Mapping

from vj.core.errors import BundleError
from vj.core.types import LatentSpec
from vj.generators.bundle.manifest import bundle_names, find_bundle, read_bundle
from vj.generators.bundle.opening import generator_names, open_generator


class Catalogue(Mapping[str, tuple[str, ...]]):
    """Name -> class names of the shipped generators, the user's bundles, and those that were let in with `admit`.

    Only manifests are read, and only when asked for; KeyError for what is neither. `admit` takes paths too, so it is
    for what the performer's own files and command line say, never for what comes over a wire.
    """

    def __init__(self) -> None:
        self._classes: dict[str, tuple[str, ...]] = {}

    def admit(self, name: str) -> tuple[str, ...]:
        """The class names of a generator given by name or folder; raises BundleError."""
        if name not in self._classes:
            self._classes[name] = _classes(name)
        return self._classes[name]

    def __getitem__(self, name: str) -> tuple[str, ...]:
        if name not in self._classes and name not in generator_names():
            raise KeyError(name)
        return self.admit(name)

    def __contains__(self, name: object) -> bool:
        return name in self._classes or name in generator_names()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._classes, *generator_names()}))

    def __len__(self) -> int:
        return len({*self._classes, *generator_names()})


def spec_of(name: str) -> LatentSpec:
    """What latents the generator given by name or folder takes, without opening its networks; raises BundleError."""
    try:
        return read_bundle(find_bundle(name), verify=False).spec
    except BundleError:
        if name in bundle_names() or name not in generator_names():
            raise
        return open_generator(name).spec  # on the shelf by itself, and made in no time


def _classes(name: str) -> tuple[str, ...]:
    return spec_of(name).classes
