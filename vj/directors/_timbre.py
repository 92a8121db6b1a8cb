"""How fast each style group is driven by timbre: channels of the embedding, ranked by change, for the style layers."""

import numpy as np

from vj.core.types import F64, LatentSpec
from vj.features.embedding import Embedding

#: Change of a channel from one vector to the next that counts as a full hit; the shipped encoder's are about 1 in size.
FULL = 0.6


class Timbre:
    """hanhung's second experiment: the channel that changes most drives layer 0, the next layer 1, and so on.

    A style group has the mean of its layers. There are 14 channels, so layers beyond have the last one's.
    """

    def __init__(self, spec: LatentSpec) -> None:
        ends = np.cumsum(spec.layers)
        self._layers = [np.arange(end - count, end) for end, count in zip(ends, spec.layers, strict=True)]
        self.reset()

    def reset(self) -> None:
        """Nothing heard."""
        self._last: Embedding | None = None
        self._drives: F64 = np.zeros(len(self._layers))

    def step(self, heard: Embedding) -> F64:
        """[G] how much each group is driven, 0..2; as before while there is no new vector."""
        last = self._last
        if last is None or heard.count < last.count:
            self._last = heard
        elif heard.count > last.count:
            # hops may have been skipped: the change is that of all vectors since
            moved = np.abs(heard.channels - last.channels)[list(heard.ranking)] / (FULL * (heard.count - last.count))
            groups = [moved[np.minimum(layers, len(moved) - 1)].mean() for layers in self._layers]
            self._drives = np.minimum(groups, 2.0)
            self._last = heard
        return self._drives
