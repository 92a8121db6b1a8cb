"""The ways to run a synthesizer that `vj models optimize` tries, and the pictures it tries them on."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vj.core.errors import BundleError
from vj.core.types import F32
from vj.generators import providers
from vj.generators.bundle.manifest import Bundle
from vj.generators.bundle.optimized import HALF, SYNTHESIZER, TORCH_CPU, TORCH_CUDA, runtime
from vj.generators.bundle.verify import raw_feeds, sample
from vj.generators.providers import openvino
from vj.generators.providers.session import Session

Feeds = Mapping[str, F32]
Run = Callable[[Feeds], F32]
#: Pictures on which a choice layer by layer is tried.
_JUDGED = 4


@dataclass(frozen=True)
class Way:
    """A graph and how it is opened.

    `provider` is ONNX Runtime's, or TORCH_CPU, TORCH_CUDA or OpenVINO's name. `precision` is "fp32", "bf16", "mixed",
    "fp16" or "layers" with letters; `captured` keeps the run as a CUDA graph. `fingerprint` is the bundle's, for what
    is built for a device and kept.
    """

    label: str
    file: Path
    provider: str = providers.CPU
    threads: int = 1
    level: str = "all"
    precision: str = "fp32"
    captured: bool = False
    fingerprint: str = ""

    @property
    def usual(self) -> bool:
        """Whether a bundle is run so without having been optimised."""
        plain = self.level == "all" and self.precision == "fp32" and not self.captured
        return plain and runtime(self.provider) == "onnx" and self.provider != openvino.NAME


def ways(bundle: Bundle) -> list[Way]:
    """All ways on this machine, the reference first."""
    whole = bundle.folder / SYNTHESIZER
    counts = _counts()
    found = [_way("fp32", whole, n) for n in counts]
    found += [Way(f"fp32, 1 thread, {level}", whole, level=level) for level in ("extended", "basic")]
    if (bundle.folder / HALF).is_file():
        found += [_way("fp16", bundle.folder / HALF, n) for n in counts]
    if openvino.version():
        found += [_way(precision, whole, n, openvino.NAME) for precision in openvino.PRECISIONS for n in counts]
    return found + _torch_ways(bundle, whole, counts) + _device_ways(whole, bundle.fingerprint)


def _way(precision: str, file: Path, threads: int, provider: str = providers.CPU) -> Way:
    """A way on the processor."""
    named = "layer by layer" if precision.startswith("layers ") else precision
    label = f"{named}, {threads} thread{'s' * (threads > 1)}"
    if runtime(provider) == "torch":
        label = f"torch {label}"
    if provider == openvino.NAME:
        label = f"OpenVINO {label}"
    return Way(label, file, provider, threads, precision=precision)


def _torch_ways(bundle: Bundle, whole: Path, counts: Sequence[int]) -> list[Way]:
    """Torch in single precision and bfloat16, and as a CUDA graph where it has a device; none without torch."""
    try:
        from vj.generators.torch.cuda import missing
    except ModuleNotFoundError:
        return []
    found = [_way(precision, whole, n, TORCH_CPU) for precision in ("fp32", "mixed", "bf16") for n in counts]
    if not missing():
        half = bundle.folder / HALF
        files = {"fp32": whole, "fp16": half if half.is_file() else whole, "bf16": whole}
        found += [Way(f"torch CUDA graph, {p}", file, TORCH_CUDA, precision=p) for p, file in files.items()]
    return found


def layered(bundle: Bundle, least_psnr_db: float, tick: Callable[[float], None] = lambda part: None) -> list[Way]:
    """Torch with each convolution done as is best for it; none where nothing is gained. Torch must be there.

    Raises TimeoutError where it takes too long to know.
    """
    from vj.generators.torch.player import ERRORS
    from vj.workshop.optimize.layers import by_layer

    whole = bundle.folder / SYNTHESIZER
    try:
        precision = by_layer(whole, styles(bundle, _JUDGED), least_psnr_db, tick)
    except (*ERRORS, BundleError):  # what torch cannot run is told of by the plain ways
        return []
    return [_way(precision, whole, n, TORCH_CPU) for n in _counts()] if precision else []


def _counts() -> list[int]:
    """Threads worth trying."""
    return [1, 2] if (os.cpu_count() or 1) > 1 else [1]


def _device_ways(whole: Path, key: str) -> list[Way]:
    """Providers besides the CPU; opening a TensorRT one builds its engine and timing cache, which takes minutes."""
    found = []
    for provider in providers.candidates():
        if provider == providers.CPU:
            continue
        short = provider.removesuffix("ExecutionProvider")
        for precision in ("fp32", "fp16") if provider == providers.TENSORRT else ("fp32",):
            plain = Way(f"{short}, {precision}", whole, provider, precision=precision, fingerprint=key)
            found.append(plain)
            if provider in providers.BOUND:
                found.append(replace(plain, label=f"{short} graph, {precision}", captured=True))
    return found


def opened(way: Way) -> Run:
    """What runs a picture that way; raises what ONNX Runtime raises, and BundleError."""
    if runtime(way.provider) == "torch":
        return _by_torch(way)
    half = way.provider == providers.TENSORRT and way.precision == "fp16"
    session: Session | openvino.Compiled
    if way.provider == openvino.NAME:
        session = openvino.Compiled(way.file, way.threads, way.precision)
    else:
        session = Session(way.file, way.provider, way.threads, way.fingerprint, way.level, half, way.captured)

    def run(feeds: Feeds) -> F32:
        return session.run({name: array for name, array in feeds.items() if name in session.inputs})

    return run


def _by_torch(way: Way) -> Run:
    """Torch on the processor or, captured, on a device; raises BundleError."""
    from vj.generators.torch import card, player

    try:
        if way.provider == TORCH_CPU:
            return player.synthesizer(way.file, way.precision, way.threads)
        return card.synthesizer(way.file, way.precision)
    except player.ERRORS as error:
        raise RuntimeError(str(error)) from error


def styles(bundle: Bundle, count: int) -> list[Feeds]:
    """Feeds of the synthesizer for `count` latents of different z and class."""
    mapper, synthesizer = (Session(bundle.folder / f, providers.CPU, 1) for f in ("mapper.onnx", SYNTHESIZER))
    return [raw_feeds(bundle, sample(bundle.spec, seed), mapper, synthesizer.inputs) for seed in range(count)]
