"""Latents to pixels as tensors: mapper, styles, synthesizer and bytes, wherever torch runs them."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vj.core.types import F32, U8
from vj.generators.bundle.directions import read_directions
from vj.generators.bundle.feeds import check, check_picture
from vj.generators.bundle.manifest import Bundle
from vj.generators.bundle.optimized import HALF, SYNTHESIZER
from vj.generators.torch._graph import Program as Program
from vj.generators.torch._node import FORMS as FORMS
from vj.generators.torch._node import Way

#: Narrow precisions by name; half precision only where a device has the range for it worked out.
PRECISIONS = {"fp32": None, "bf16": torch.bfloat16, "mixed": torch.bfloat16, "fp16": torch.float16}
#: What the precision of a network whose convolutions are done each in its own way begins with: their letters follow.
LAYERS = "layers "
#: Rows from which on "mixed" is narrow.
_MIXED = 16
#: Everything torch raises when it cannot run something.
ERRORS = (RuntimeError, TypeError, ValueError, IndexError, KeyError, AttributeError)


def way(device: str, precision: str, branchless: bool) -> Way:
    """How a synthesizer is run in the precision of that name, or with the letters of its layers: see LAYERS."""
    if precision.startswith(LAYERS):
        return Way(device, torch.bfloat16, branchless, layers=precision.removeprefix(LAYERS))
    return Way(device, PRECISIONS[precision], branchless, _MIXED if precision == "mixed" else 0)


class Player:
    """Both networks of a bundle on one device. Raises BundleError for what torch cannot run."""

    def __init__(self, bundle: Bundle, device: str, precision: str) -> None:
        card = device != "cpu"
        half = bundle.folder / HALF
        self.file = half if precision == "fp16" and half.is_file() else bundle.folder / SYNTHESIZER
        self._mapper = Program(bundle.folder / "mapper.onnx", Way(device, None, card))
        self._synthesizer = Program(self.file, way(device, precision, card))
        check(bundle, self._mapper.inputs, self._synthesizer.inputs)
        self._groups = len(bundle.spec.groups)
        self._layers = torch.tensor(bundle.layer_groups, device=device)
        self._directions = torch.from_numpy(read_directions(bundle)).to(device)

    @property
    def inputs(self) -> Mapping[str, list[Any]]:
        """Inputs of the synthesizer."""
        return self._synthesizer.inputs

    def image(self, feeds: Mapping[str, Tensor]) -> Tensor:
        """[N, 3, h, w] in about [-1, 1]; `feeds` are z, mix, psi by style group, directions [N, D], noise."""
        rows = {name: value for name, value in feeds.items() if name in self._mapper.inputs}
        w = self._mapper.run(rows)
        w = w.reshape(-1, self._groups, w.shape[1])
        styles = w.index_select(1, self._layers)
        if len(self._directions):
            styles = styles + torch.tensordot(feeds["directions"], self._directions, 1)
        own = {"styles": styles, "psi": feeds["psi"][:: self._groups]}
        given = {name: own.get(name, feeds.get(name)) for name in self._synthesizer.inputs}
        return self._synthesizer.run({name: value for name, value in given.items() if value is not None}).float()


def pixels(image: Tensor) -> Tensor:
    """[N, 3, h, w] in [-1, 1] -> [N, h, w, 3] bytes."""
    return (image * 127.5).add_(128.0).clamp_(0.0, 255.0).permute(0, 2, 3, 1).to(torch.uint8).contiguous()


def for_gl(rgb: Tensor) -> Tensor:
    """[N, h, w, 3] bytes -> [N, h, w, 4], opaque and the lowest row first."""
    return torch.nn.functional.pad(rgb, (0, 1), value=255).flip(1)


class Processor:
    """Draws on the processor with `threads` threads, whichever thread asks; several pictures one by one on a thread for
    each core, which need not wait for one another: two on a thread at once take no less time each, and more memory.
    """

    def __init__(self, player: Player, threads: int) -> None:
        self._player, self._threads = player, threads
        self._cores = os.cpu_count() or 1
        self._pool: ThreadPoolExecutor | None = None

    def draw(self, feeds: Mapping[str, F32], size: tuple[int, int]) -> U8:
        """[N, h, w, 3] bytes."""
        count = len(feeds["directions"])
        if count == 1 or self._cores == 1:
            return self._drawn(feeds, size, self._threads)
        self._pool = self._pool or ThreadPoolExecutor(self._cores, "torch")
        parts = [_row(feeds, count, k) for k in range(count)]
        return np.concatenate(list(self._pool.map(lambda part: self._drawn(part, size, 1), parts)))

    def _drawn(self, feeds: Mapping[str, F32], size: tuple[int, int], threads: int) -> U8:
        with Threads(threads), torch.inference_mode():
            image = self._player.image({name: torch.from_numpy(array) for name, array in feeds.items()})
            check_picture(self._player.file, image.shape, size)
            made: U8 = pixels(image).numpy()
        return made

    def close(self) -> None:
        """Let the threads go."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None


def _row(feeds: Mapping[str, F32], count: int, k: int) -> dict[str, F32]:
    """Of feeds for `count` pictures those of one; noise that all have in common stays whole."""
    each = {name: len(array) // count for name, array in feeds.items()}
    return {
        name: array[k * each[name] : (k + 1) * each[name]] if each[name] else array for name, array in feeds.items()
    }


class Threads:
    """While this lasts, torch uses `count` threads; the number is the process's, and is put back."""

    def __init__(self, count: int) -> None:
        self._count, self._before = count, count

    def __enter__(self) -> None:
        self._before = torch.get_num_threads()
        if self._before != self._count:
            torch.set_num_threads(self._count)

    def __exit__(self, *_: object) -> None:
        if self._before != self._count:
            torch.set_num_threads(self._before)


def synthesizer(file: Path, precision: str, threads: int) -> Callable[[Mapping[str, F32]], F32]:
    """`file` on the processor, arrays in and the picture out."""
    program, count = Program(file, way("cpu", precision, False)), Threads(threads)

    def run(feeds: Mapping[str, F32]) -> F32:
        with count, torch.inference_mode():
            given = {name: torch.from_numpy(feeds[name]) for name in program.inputs}
            image: F32 = program.run(given).float().numpy()
        return image

    return run
