"""Tries a bundle out and says what was found, a sentence each: would it play, and always the same."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from vj.core.errors import VjError
from vj.core.types import F32, Latent, LatentSpec
from vj.generators import providers
from vj.generators.bundle.manifest import MANIFEST, Bundle, read_bundle
from vj.generators.bundle.opening import open_generator
from vj.generators.contract import Generator
from vj.generators.providers.session import Session

#: Files that need no checksum: cards, posters, and what is made on each machine.
_UNSIGNED = (".md", ".png", ".jpg", ".webp", ".toml")
#: Share of numbers beyond [-1, 1] that is still no fault: networks overshoot.
_BEYOND = 0.25
#: Classes and z that are tried besides the first, where a picture is drawn quickly.
_OTHERS = (1, 2, 3)
#: Pixels that such a picture has at the most.
_QUICK_PIXELS = 512 * 512


@dataclass(frozen=True)
class Finding:
    """A sentence about a bundle; `fault` when it should not be played so."""

    text: str
    fault: bool = False


def findings(folder: Path) -> Iterator[Finding]:
    """All that can be said about the bundle in `folder`, as it is found out; ends at a fault that hides the rest."""
    try:
        bundle = read_bundle(folder)
        yield Finding(f"{MANIFEST} is whole, and all {len(bundle.files)} checksums are right")
        sound = True
        if bundle.kind == "onnx":
            yield from _files(bundle)
            for finding in chain(_classes(bundle), _numbers(bundle)):  # before the generator opens: both would be much
                sound &= not finding.fault
                yield finding
        with closing(_opened(folder)) as generator:
            opened = "both graphs open" if bundle.kind == "onnx" else f"all {len(bundle.classes)} files compile"
            yield Finding(f"{opened}; {generator.provider} runs them")
            if sound:
                yield from _pictures(generator)
    except VjError as error:
        yield Finding(f"{error.what} ({error.where})" if error.where else error.what, fault=True)
    except providers.ERRORS as error:
        yield Finding(f"it does not run: {str(error).strip().splitlines()[0]}", fault=True)


def _opened(folder: Path) -> Generator:
    """The generator in `folder`; one that gives no numbers may open, and is told of later."""
    with np.errstate(invalid="ignore"):
        return open_generator(str(folder))


def sample(spec: LatentSpec, seed: int, psi: float = 1.0) -> Latent:
    """A random latent, of the class `seed`."""
    z = np.random.default_rng(seed).standard_normal((len(spec.groups), spec.z_dim), np.float32)
    mix = np.zeros(len(spec.classes), np.float32)
    mix[seed % len(mix)] = 1.0
    return Latent(z, mix, float(np.clip(psi, *spec.psi)), np.zeros(len(spec.directions), np.float32))


def _files(bundle: Bundle) -> Iterator[Finding]:
    for needed in ("mapper.onnx", "synthesizer.onnx"):
        if needed not in bundle.files:
            yield Finding(f"{MANIFEST} has no checksum of {needed}", fault=True)
    for file in sorted(bundle.folder.iterdir()):
        if file.name not in bundle.files and file.suffix not in _UNSIGNED:
            yield Finding(f"{file.name} has no checksum, so nobody knows whether it is the right one")


def _classes(bundle: Bundle) -> Iterator[Finding]:
    """Whether the mapper has as many classes as there are names, and tells them apart."""
    mapper = Session(bundle.folder / "mapper.onnx", providers.CPU, 1)
    count = len(bundle.classes)
    if "mix" not in mapper.inputs:
        single = count == 1
        text = "it has no classes" if single else f"there are {count} class names, but the mapper takes no class"
        yield Finding(text, fault=not single)
        return
    takes = mapper.inputs["mix"][-1]
    if isinstance(takes, int) and takes != count:
        yield Finding(f"there are {count} class names, but the mapper takes {takes} classes", fault=True)
        return
    z = np.repeat(sample(bundle.spec, 0).z[:1], count, 0)
    feeds = {"z": z, "mix": np.eye(count, dtype=np.float32), "psi": np.ones(count, np.float32)}
    w = mapper.run({name: array for name, array in feeds.items() if name in mapper.inputs})
    alike = count - len(np.unique(w, axis=0))
    yield Finding(
        f"{alike} of its {count} classes are the same as another" if alike else f"it tells {count} classes apart"
    )


def _numbers(bundle: Bundle) -> Iterator[Finding]:
    """What the synthesizer gives before it is made bytes of: numbers, within their range, more than one colour."""
    graphs = (Session(bundle.folder / f, providers.CPU, 1) for f in ("mapper.onnx", "synthesizer.onnx"))
    mapper, synthesizer = graphs
    low, high = bundle.psi
    usual, (width, height) = min(1.0, high), bundle.resolution
    others = _OTHERS if width * height <= _QUICK_PIXELS else ()
    for seed, psi in (*((0, psi) for psi in sorted({low, usual, high})), *((seed, usual) for seed in others)):
        image = synthesizer.run(raw_feeds(bundle, sample(bundle.spec, seed, psi), mapper, synthesizer.inputs))
        where = f"of class {bundle.classes[seed % len(bundle.classes)]!r}, seed {seed}, psi {psi:g}"
        expected = (1, 3, height, width)
        if image.shape != expected:
            yield Finding(f"the picture {where}, has shape {list(image.shape)}, not {list(expected)}", fault=True)
        elif not np.isfinite(image).all():
            share = 100.0 * float(np.mean(~np.isfinite(image)))
            yield Finding(f"{share:.0f} % of the picture {where}, are no numbers (NaN or infinite)", fault=True)
        elif seed == 0 and psi == usual:
            yield _range(image)


def _range(image: F32) -> Finding:
    least, most = float(image.min()), float(image.max())
    told = f"its numbers go from {least:.2f} to {most:.2f}"
    if most - least < 1e-3:
        return Finding(f"the picture is of one colour: {told}", fault=True)
    if float(np.mean(np.abs(image) > 1.1)) > _BEYOND:
        return Finding(f"{told}; much is beyond -1 to 1 and clipped. Is its range right?", fault=most > 16.0)
    if least > -0.01:
        return Finding(f"{told}; -1 is black, so this picture is light. Is its range right?")
    return Finding(told)


def raw_feeds(bundle: Bundle, latent: Latent, mapper: Session, asked: Mapping[str, Sequence[Any]]) -> dict[str, F32]:
    """What the synthesizer is fed for `latent` at the native size; `asked` are its inputs."""
    groups = len(bundle.spec.groups)
    psi = np.full(groups, latent.psi, np.float32)
    feeds = {"z": latent.z, "mix": np.repeat(latent.mix[None], groups, 0), "psi": psi}
    w = mapper.run({name: array for name, array in feeds.items() if name in mapper.inputs})
    free = {"width": bundle.resolution[0], "height": bundle.resolution[1]}
    feeds = {"styles": w[np.array(bundle.layer_groups)][None], "psi": psi[:1]}
    for name, shape in asked.items():
        if name.startswith("noise"):
            sides = [free.get(side, side) for side in shape[1:]]
            feeds[name] = np.random.default_rng(0).standard_normal((1, *sides), np.float32)
    return {name: array for name, array in feeds.items() if name in asked}


def _pictures(generator: Generator) -> Iterator[Finding]:
    """Whether pictures follow from latents alone, alone or in a batch, and differ where latents do."""
    one, two = (sample(generator.spec, seed) for seed in (0, 1))
    first = generator.generate([one])
    if not np.array_equal(first, generator.generate([one])):
        yield Finding("the same latent gives another picture each time", fault=True)
        return
    yield Finding("the same latent gives the same picture, to the last bit")
    pair = generator.generate([one, two]).astype(np.int16)
    apart = int(np.abs(pair[0] - first[0]).max())
    if apart > 2:
        yield Finding(f"a picture is another one in a batch of two ({apart} of 255 apart)", fault=True)
    other = generator.generate([replace(one, z=two.z)]).astype(np.int16)
    change = float(np.abs(other - first).mean())
    if math.isclose(change, 0.0):
        yield Finding("every z gives the same picture", fault=True)
    else:
        yield Finding(f"another z changes the picture by {change:.0f} of 255")
