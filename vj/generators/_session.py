"""One ONNX file opened on one provider, with the buffers it is fed from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as _state

from vj.core.errors import BundleError
from vj.core.types import F32
from vj.generators import _providers

#: The file is at fault, whichever provider was asked.
_DAMAGED = (_state.InvalidProtobuf, _state.InvalidGraph, _state.NoSuchFile, _state.NoModel)
Feeds = Mapping[str, F32]


class Session:
    """Runs one network. `inputs` and `output_shape` are as declared in the file: numbers, or names of free sizes.

    `level` is how far ONNX Runtime optimises the graph: "basic", "extended" or "all".
    """

    def __init__(self, file: Path, provider: str, threads: int, fingerprint: str = "", level: str = "all") -> None:
        self._session = _load(file, provider, threads, fingerprint, level)
        self.file = file
        self.inputs: dict[str, list[Any]] = {i.name: list(i.shape) for i in self._session.get_inputs()}
        self.outputs: dict[str, list[Any]] = {o.name: list(o.shape) for o in self._session.get_outputs()}
        if self._session.get_providers()[0] != provider:
            raise RuntimeError(f"{provider} did not start; see the log of ONNX Runtime")
        self._bound = _Bound(self._session) if provider in _providers.BOUND else None

    def run(self, feeds: Feeds) -> F32:
        """The first output for `feeds`."""
        result: F32 = self._bound.run(feeds) if self._bound else self._session.run(None, feeds)[0]
        return result


class _Bound:
    """Inputs and the output live in fixed buffers on the device; only what changed is copied over."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._binding = session.io_binding()
        self._binding.bind_output(session.get_outputs()[0].name, "cuda")
        self._held: dict[str, tuple[NDArray[np.float32], Any]] = {}

    def run(self, feeds: Feeds) -> F32:
        """Copy changed inputs, run, copy the picture back."""
        for name, array in feeds.items():
            self._hold(name, array)
        self._session.run_with_iobinding(self._binding)
        result: F32 = self._binding.copy_outputs_to_cpu()[0]
        return result

    def _hold(self, name: str, array: F32) -> None:
        held = self._held.get(name)
        if held and held[0] is array:
            return
        if held and held[0].shape == array.shape:
            value = held[1]
            value.update_inplace(array)
        else:
            value = ort.OrtValue.ortvalue_from_numpy(array, "cuda", 0)
            self._binding.bind_ortvalue_input(name, value)
        self._held[name] = (array, value)


def _load(file: Path, provider: str, threads: int, fingerprint: str, level: str) -> Any:
    """An inference session; a damaged file is a BundleError whichever provider was asked."""
    how = ort.SessionOptions()
    how.intra_op_num_threads = threads
    how.inter_op_num_threads = 1
    how.graph_optimization_level = getattr(ort.GraphOptimizationLevel, f"ORT_ENABLE_{level.upper()}")
    how.log_severity_level = 4  # errors come as exceptions; the rest is noise on stage
    asked = [(provider, _providers.options(provider, fingerprint))]
    try:
        session = ort.InferenceSession(str(file), how, providers=asked)
    except _DAMAGED as error:
        reason = str(error).strip().split("\n")[0]
        raise BundleError(f"{file.name} is not a usable ONNX file", f"{file}: {reason}", _AGAIN) from error
    session.disable_fallback()
    return session


_AGAIN = "copy the bundle again, or export it again"
