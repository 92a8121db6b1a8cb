"""What the hearing's judges of level and bar are told of a piece."""

import _taught
import numpy as np
import teach
import torch

from vj.core.types import F32
from vj.features.beat import levels as levels
from vj.features.beat.net import DELAY


def told(net: teach.Net, lesson: _taught.Lesson) -> F32:
    """[halves, KEPT] what `Levels` is told of a piece; the network's opinion where it belongs."""
    rows = np.exp(lesson.heard[: len(lesson.heard) // 2 * 2].astype(np.float32))
    looks = _taught.looks(rows[None])
    with torch.no_grad():
        said = torch.sigmoid(net(torch.from_numpy(looks))[0]).numpy().reshape(-1, 2)
    shown = np.concatenate([levels.shown(look) for look in looks[0]])
    return np.concatenate([said[DELAY:], shown[:-DELAY]], axis=1)
