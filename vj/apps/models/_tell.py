"""What `vj models` says about bundles."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import numpy as np

from vj.core.errors import VjError
from vj.core.types import F64
from vj.core.written import parse_toml
from vj.generators.bundle.manifest import MANIFEST, find_bundle, homes, read_bundle
from vj.generators.bundle.opening import open_generator
from vj.generators.bundle.verify import sample
from vj.generators.onnx import Onnx
from vj.generators.torch import Torch

COLUMNS = ("name", "kind", "size", "classes", "layers", "where")
#: What `show` times.
_TIMED_PICTURES = 5
#: What it prints of a long list.
_SHOWN_VALUES = 8


def rows() -> Iterator[tuple[str, ...]]:
    """(name, kind, size, classes, layers, where) of every bundle; a damaged one is told as such."""
    for home in homes():
        for manifest in sorted(home.glob(f"*/{MANIFEST}")):
            folder = manifest.parent
            where = "shipped" if home == homes()[0] else str(folder)
            try:
                bundle = read_bundle(folder, verify=False)
            except VjError as error:
                yield folder.name, "damaged", "", "", "", f"{where}: {error.what}"
                continue
            size = "x".join(map(str, bundle.resolution))
            counts = len(bundle.classes), bundle.shapes["layers"]
            yield folder.name, bundle.kind, size, *map(str, counts), where


def lines(name: str) -> Iterator[str]:
    """Everything known about a bundle: its manifest, its card, what runs it and how fast; raises BundleError."""
    folder = find_bundle(name)
    bundle = read_bundle(folder)
    manifest = parse_toml((folder / MANIFEST).read_text(encoding="utf-8"))
    yield f"folder       {folder}"
    yield f"fingerprint  {bundle.fingerprint}"
    yield from _table(manifest)
    yield f"classes      {_short(bundle.classes)}"
    with closing(open_generator(str(folder))) as generator:
        yield f"runs on      {generator.provider}"
        for attempt in generator.tried if isinstance(generator, Onnx | Torch) else ():
            if attempt.reason:
                yield f"             not on {attempt.provider}: {attempt.reason}"
        median = float(np.median(picture_ms(generator, _TIMED_PICTURES)))
        yield f"a picture    {median:.1f} ms"
    card = folder / "README.md"
    if card.is_file():
        yield ""
        yield from card.read_text(encoding="utf-8", errors="replace").splitlines()


def picture_ms(generator: Any, runs: int, tick: Callable[[float], None] = lambda part: None) -> F64:
    """[runs] milliseconds of single pictures, another z and class each; `tick` is told the part done."""
    generator.warm_up()
    taken = []
    for seed in range(runs):
        latent = sample(generator.spec, seed)
        began = time.perf_counter()
        generator.generate([latent])
        taken.append(1000.0 * (time.perf_counter() - began))
        tick(len(taken) / runs)
    return np.array(taken)


def bench_line(label: str, taken: F64) -> tuple[str, ...]:
    """(label, p50, p99, pictures a second) in words."""
    middle, late = np.percentile(taken, [50, 99])
    return label, f"{middle:.2f}", f"{late:.2f}", f"{1000.0 / middle:.1f}"


def _table(table: Any, indent: str = "") -> Iterator[str]:
    """The entries of a manifest, tables indented."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield f"{indent}{key}"
            yield from _table(value, indent + "  ")
        elif key != "classes":
            shown = _short(value) if isinstance(value, list) else str(value)
            yield f"{indent}{key:<{max(12 - len(indent), 1)}} {shown}"


def _short(values: Any) -> str:
    """A list in words, cut short."""
    listed = ", ".join(str(value) for value in values[:_SHOWN_VALUES])
    return listed + (f", ... ({len(values)} in all)" if len(values) > _SHOWN_VALUES else "")
