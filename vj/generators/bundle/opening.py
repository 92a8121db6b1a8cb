"""Open a generator by what a performer types: a shelf name, a bundle name or a folder."""

from collections.abc import Callable
from typing import Any, cast

from vj.core.errors import BundleError, nearest
from vj.core.shelf import load, names
from vj.generators.bundle import manifest
from vj.generators.bundle.optimized import TORCH_CPU, Choice, read_choices
from vj.generators.bundle.racing import has_shaders, quicker
from vj.generators.contract import Generator
from vj.generators.providers import Attempt

#: Runtimes that need a bundle to play; the other names on the shelf are generators by themselves.
_RUNTIMES = ("glsl", "onnx", "torch", "shader")
#: Kinds of bundles: glsl, onnx and torch play the same pictures.
_KINDS = ("onnx", "shader")


def open_generator(name_or_path: str, size: tuple[int, int] | None = None, **options: Any) -> Generator:
    """ "testcard", the name of a bundle or the folder of one, at `size` (width, height) or its native one.

    `options` go to the runtime (`providers`, `threads`, `clock`). Without them a bundle is played as `vj models
    optimize` found best on this machine, by torch where that was. Raises BundleError. But for two, which are ours:

    runtime   "glsl" for the shaders of a bundle that has them, "onnx" for its graph
    race      reads seconds: where a bundle has shaders and the machine a card, whichever draws it quicker is taken
    """
    runtime: str | None = options.pop("runtime", None)
    race: Callable[[], float] | None = options.pop("race", None)
    if runtime is not None and runtime not in manifest.RUNTIMES:
        raise BundleError(f"there is no runtime {runtime!r}", "--runtime", nearest(runtime, manifest.RUNTIMES))
    if name_or_path in names("generators") and name_or_path not in _RUNTIMES:
        alone = load("generators", name_or_path)
        return cast(Generator, alone(size) if size else alone())
    bundle = manifest.read_bundle(manifest.find_bundle(name_or_path))
    if bundle.kind not in _KINDS:
        raise BundleError(
            f"no runtime for bundles of kind {bundle.kind!r}", str(bundle.folder), nearest(bundle.kind, _KINDS)
        )
    if bundle.kind == "shader":
        return cast(Generator, load("generators", "shader")(bundle, size))
    if runtime == "glsl" and has_shaders(bundle):
        shaders = load("generators", "glsl")(bundle, size)
        if race and shaders.card():
            shaders.prepare()
        return cast(Generator, shaders)
    generator = _by_graph(bundle, size, options)
    return quicker(bundle, generator, race) if race and runtime is None and has_shaders(bundle) else generator


def _by_graph(bundle: manifest.Bundle, size: tuple[int, int] | None, options: dict[str, Any]) -> Generator:
    passed: tuple[Attempt, ...] = ()
    choices = read_choices(bundle) if not {"providers", "threads"} & {n for n, v in options.items() if v} else []
    if choices and choices[0].runtime == "torch":
        try:
            return _by_torch(bundle, size, choices[0])
        except BundleError as error:
            passed = (Attempt(choices[0].provider, error.what),)
    generator = load("generators", bundle.kind)(bundle, size, **options)
    generator.tried = (*passed, *generator.tried)
    return cast(Generator, generator)


def _by_torch(bundle: manifest.Bundle, size: tuple[int, int] | None, choice: Choice) -> Generator:
    """The bundle as `choice` says."""
    device = "cpu" if choice.provider == TORCH_CPU else "cuda"
    return cast(Generator, load("generators", "torch")(bundle, size, choice.threads, choice.precision, device))


def generator_names() -> list[str]:
    """All that `open_generator` knows by name, sorted."""
    return sorted({n for n in names("generators") if n not in _RUNTIMES} | set(manifest.bundle_names()))
