"""The torch runtime: plays the same bundles with torch, in bfloat16 on the processor or as a CUDA graph on a card.

Torch is imported when a Torch is made, never before; its threads are told first to sleep while they wait, since two
that spin beside the other threads of a show take several times as long as one. What is drawn is what ONNX Runtime
draws, to a thousandth in single precision: the graphs are the same, read by `_graph`, and so is the noise.
"""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from vj.core.errors import BundleError
from vj.core.install import extra
from vj.core.types import U8, Latent
from vj.generators.bundle.feeds import Noise, is_free, mapper_feeds, middle
from vj.generators.bundle.manifest import Bundle
from vj.generators.bundle.optimized import HALF
from vj.generators.providers import Attempt

#: Read by OpenMP when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


class Torch:
    """A bundle played by torch.

    size       (width, height); None for the native one. Only graphs with free sizes can be played at another
    threads    on the processor for one picture; None for 1. Several at once are shared out among all cores
    precision  "fp32", "bf16", "fp16", "mixed", which is bf16 but for the first, small maps, or "layers" with a letter
               for each convolution (see `_node.FORMS`); None for half on a card where the bundle has a graph for it,
               else single
    device     "cuda" or "cpu"; None for a card where there is one that works

    On a card the graph is captured by the thread that first generates, again when another one does or the number of
    latents changes. `tried` keeps what was tried and why it was passed over. Raises BundleError.
    """

    def __init__(
        self,
        bundle: Bundle,
        size: tuple[int, int] | None = None,
        threads: int | None = None,
        precision: str | None = None,
        device: str | None = None,
    ) -> None:
        self.bundle = bundle
        self.spec = bundle.spec
        self.size = self.usual = size or bundle.resolution
        self._noise = Noise()
        self._threads = threads or 1
        why = _no_card() if device != "cpu" else ""
        self._card = device != "cpu" and not why
        self._precision = precision or ("fp16" if self._card and (bundle.folder / HALF).is_file() else "fp32")
        self._passed = (Attempt("torch CUDA", why),) if why else ()
        self._open()

    @property
    def provider(self) -> str:
        """What runs it, in words for the HUD."""
        if self._card:
            words = self._runner.words if "_runner" in self.__dict__ else "torch CUDA, closed"
            return f"{words}, {self._precision}"
        named = "layer by layer" if self._precision.startswith("layers ") else self._precision
        return f"torch CPU, {named}, {self._threads} thread{'s' if self._threads > 1 else ''}"

    @property
    def tried(self) -> tuple[Attempt, ...]:
        """What was passed over, with reasons, and what is in use."""
        why = self._runner.reason if self._card and "_runner" in self.__dict__ else ""
        return (*self._passed, *([Attempt("torch CUDA graph", why)] if why else []), Attempt(self.provider))

    def generate(self, latents: Sequence[Latent]) -> U8:
        """[N, height, width, 3] uint8 sRGB, one picture a latent; on a card a DeviceImage."""
        feeds = mapper_feeds(latents, len(self.spec.groups))
        directions = np.array([latent.directions for latent in latents], np.float32)
        noise = self._noise.drawn(self._inputs, latents, self.size)
        drawn: U8 = self._runner.draw({**feeds, "directions": directions, **noise}, self.size)
        return drawn

    @property
    def free(self) -> bool:
        """Whether pictures can be of another size each; on a card each size is captured first, which takes long."""
        return not self._card and is_free(self._inputs)

    def resize(self, size: tuple[int, int]) -> None:
        """Make pictures of `size` (width, height) from now on; nothing where the size is fixed."""
        if size != self.size and is_free(self._inputs):  # asked for every picture
            self.size = size

    def warm_up(self) -> None:
        """Generate one picture, which makes the graphs ready for pictures drawn one by one."""
        self.generate([middle(self.spec)])

    def close(self) -> None:
        """Let go of networks, graphs and noise. Harmless when called twice."""
        self._noise.clear()
        runner = self.__dict__.pop("_runner", None)
        if runner is not None:
            runner.close()

    def _open(self) -> None:
        """Make what draws, and draw once."""
        where = str(self.bundle.folder)
        try:
            from vj.generators.torch import player as player
        except ModuleNotFoundError as error:
            raise BundleError(f"this needs the package {error.name}", where, extra("torch")) from None
        if self._precision not in player.PRECISIONS and not self._precision.startswith(player.LAYERS):
            known = ", ".join(player.PRECISIONS)
            raise BundleError(f"torch has no precision {self._precision!r}", where, f"one of: {known}")
        try:
            found = player.Player(self.bundle, "cuda" if self._card else "cpu", self._precision)
            self._inputs = found.inputs
            self._runner: Any = _card(found) if self._card else player.Processor(found, self._threads)
            self.warm_up()
        except player.ERRORS as error:
            reason = str(error).strip().split("\n")[0]
            raise BundleError(f"torch cannot run this bundle: {reason}", where, "it plays on ONNX Runtime") from error


def _card(player: Any) -> Any:
    from vj.generators.torch.card import Card

    return Card(player)


def _no_card() -> str:
    """Why torch cannot use a CUDA device; nothing where it can."""
    try:
        from vj.generators.torch import cuda
    except ModuleNotFoundError as error:
        return f"the package {error.name} is missing"
    return cuda.missing()
