"""How what was analysed comes from the channels that were recorded: told hop by hop, so that it comes again bit by bit.

A hop's step says nothing where mono is the mean of the channels, {"mix": "side"} where left and right were inverted and
{"mix": "first"} where it is the first channel. {"fix": [[index, sample], ...]} are samples that are something else
still, such as those over full scale, which FLAC cannot hold; where nearly all are, {"raw": base64 of float32} is the
whole hop: for the twentieth of a second in which the mean turns to the side.
"""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np

from vj.core.sound.mono import mean, side
from vj.core.types import F32

#: Where more samples than this differ from every mix, the hop is written out.
MOST = 64

_MIXES: dict[str, Callable[[F32], F32]] = {
    "mean": mean,
    "side": lambda channels: mean(channels) + (side(channels) - mean(channels)),  # as it is rounded when turned to
    "first": lambda channels: np.ascontiguousarray(channels[:, 0]),
}


def mixed(mono: F32, channels: F32) -> dict[str, Any]:
    """What a hop's step must say so that `unmixed` makes `mono` [n] of the recorded `channels` [n, c]."""
    if len(channels) != len(mono):
        return {"raw": _written(mono)}
    bits, found = np.ascontiguousarray(mono, np.float32).view(np.int32), []
    for name, mix in _MIXES.items():
        others = np.flatnonzero(mix(channels).view(np.int32) != bits).tolist()
        found.append((len(others), name, others))
        if not others:
            break
    count, name, others = min(found, key=lambda each: each[0])
    if count > MOST:
        return {"raw": _written(mono)}
    said: dict[str, Any] = {} if name == "mean" else {"mix": name}
    return {**said, "fix": [[i, float(mono[i])] for i in others]} if count else said


def unmixed(channels: F32, step: dict[str, Any]) -> F32:
    """[n] what was analysed in the hop that `step` tells of; `channels` are [n, c], or [n] where there is but one."""
    channels = channels.reshape(len(channels), -1)
    if "raw" in step:
        return np.frombuffer(base64.b64decode(step["raw"]), np.float32).copy()
    mono = _MIXES[step.get("mix", "mean")](channels)
    for index, sample in step.get("fix", ()):
        mono[index] = sample
    return mono


def _written(mono: F32) -> str:
    return base64.b64encode(np.ascontiguousarray(mono, np.float32).tobytes()).decode()
