"""The encoder of sound behind the feature `embedding`: an ONNX file that says itself what it must be fed."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from vj.core.errors import AudioError
from vj.core.types import F32

SHIPPED = Path(__file__).with_name("_embedding.onnx")
CHANNELS = 16


@dataclass(frozen=True, eq=False)
class Encoder:
    """One vector at a time from `window` samples at `rate` Hz, every `hop` of them; `ahead` of them lie in its future.

    The vector that stands for a place in time is the middle one of those that a window gives.
    """

    session: Any
    window: int
    ahead: int
    hop: int
    rate: int

    def vector(self, sound: F32) -> F32:
        """[16] of `sound` [window]."""
        made = self.session.run(None, {"sound": sound[None]})[0]
        return np.asarray(made[0, :, made.shape[2] // 2], np.float32)


def own_file() -> Path:
    """Where a converted encoder of the user's lies."""
    return platformdirs.user_data_path("vj", appauthor=False) / "embedding.onnx"


@lru_cache(4)
def open_encoder(file: Path) -> Encoder:
    """The encoder in `file`, opened once; raises AudioError where it is none."""
    import onnxruntime as ort
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    how = ort.SessionOptions()
    how.intra_op_num_threads = how.inter_op_num_threads = 1
    how.log_severity_level = 4
    try:
        session = ort.InferenceSession(str(file), how, providers=["CPUExecutionProvider"], enable_fallback=0)
        told = session.get_modelmeta().custom_metadata_map
        window, ahead, hop, rate = (int(told[key]) for key in ("window", "ahead", "hop", "rate"))
    except (state.InvalidProtobuf, state.InvalidGraph, state.NoSuchFile, KeyError, ValueError) as error:
        hint = "write it with python -m vj.workshop.embedding"
        raise AudioError(f"{file.name} is no encoder of sound", f"{file}: {error}", hint) from error
    return Encoder(session, window, ahead, hop, rate)
