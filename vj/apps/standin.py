"""A bundle that draws in another's place: the same walk, seen by another network."""

from collections.abc import Iterable, Mapping

from vj.core.errors import BundleError, VjError
from vj.core.types import Event, LatentSpec
from vj.engine.desk import Desk
from vj.generators.bundle.catalogue import spec_of
from vj.generators.contract import Generator

#: Where a performer asks for a bundle by name.
_ASKED = ("/model/select", "/model/next")


def standin(text: str, usual: str) -> dict[str, str]:
    """Who draws for whom: "NAME" for the bundle `usual`, or "PLAYED=NAME"."""
    played, _, name = text.rpartition("=")
    return {played or usual: name}


def alike(name: str, generator: Generator, where: str) -> LatentSpec:
    """The latents of the bundle `name`, for `generator` is opened from `where` to draw them.

    Raises BundleError if it does not take latents of that shape.
    """
    spec = spec_of(name)
    if _shape(spec) == _shape(generator.spec):
        return spec
    what = f"it cannot draw for {name}: {_words(generator.spec)}, where {name} has {_words(spec)}"
    generator.close()
    raise BundleError(what, where, "a bundle of the same groups, z, classes and directions can: see vj models list")


def check(instead: Mapping[str, str], desk: Desk, script: Iterable[tuple[float, Event]]) -> None:
    """Raise VjError for a stand-in of a bundle that is not played."""
    asked = {str(event.args[0]) for _, event in script if event.address in _ASKED and event.args}
    for name, other in instead.items():
        if name not in desk.availability.lineup and name not in asked:
            played = desk.availability.lineup[0]
            hint = f"it plays {', '.join(desk.availability.lineup)}: --bundle {played}={other}"
            raise VjError(f"this performance does not play {name}", f"--bundle {other}", hint)


def _shape(spec: LatentSpec) -> tuple[object, ...]:
    return spec.groups, spec.z_dim, len(spec.classes), len(spec.directions)


def _words(spec: LatentSpec) -> str:
    sizes = f"z of {spec.z_dim}, {len(spec.classes)} classes, {len(spec.directions)} directions"
    return f"{len(spec.groups)} groups ({', '.join(spec.groups)}), {sizes}"
