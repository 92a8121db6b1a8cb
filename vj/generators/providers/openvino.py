"""OpenVINO, which runs the same files on processors: another Session, where `vj models optimize` finds it better.

The extra `openvino` brings it. It reads the graph itself, takes inputs by the same names, and draws in single precision
or, as "bf16", with its own choice of bfloat16.
"""

import importlib.metadata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vj.core.errors import BundleError
from vj.core.install import extra
from vj.core.types import F32

#: What stands in the place of a provider.
NAME = "OpenVINO CPU"
PRECISIONS = {"fp32": "f32", "bf16": "bf16"}


def version() -> str:
    """Of the package; nothing where it is not installed."""
    try:
        return importlib.metadata.version("openvino")
    except importlib.metadata.PackageNotFoundError:
        return ""


class Compiled:
    """One network, as `session.Session` runs it. `threads` are bound to no core, since a show has other threads too.

    Raises BundleError without the package, and for graphs of free sizes: each size would be compiled anew. What the
    library cannot run is a RuntimeError.
    """

    def __init__(self, file: Path, threads: int, precision: str = "fp32") -> None:
        try:
            import openvino
        except ModuleNotFoundError as error:
            raise BundleError(f"this needs the package {error.name}", str(file), extra("openvino")) from None
        core: Any = openvino.Core()
        how = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": PRECISIONS[precision],
            "ENABLE_CPU_PINNING": False,
        }
        model = core.read_model(str(file))
        if any(isinstance(side, str) for port in model.inputs for side in _sides(port)[1:]):
            raise BundleError("its pictures have free sizes, each of which OpenVINO would compile", str(file), _OTHERS)
        compiled = core.compile_model(model, "CPU", how)
        self.file, self.provider = file, NAME
        self.inputs: dict[str, list[Any]] = {port.any_name: _sides(port) for port in compiled.inputs}
        self.outputs: dict[str, list[Any]] = {port.any_name: _sides(port) for port in compiled.outputs}
        self.optional: frozenset[str] = frozenset()
        self._request = compiled.create_infer_request()

    def run(self, feeds: Mapping[str, F32]) -> F32:
        """The first output for `feeds`."""
        given = {name: np.ascontiguousarray(array) for name, array in feeds.items()}
        made: F32 = self._request.infer(given, share_inputs=True)[0].copy()
        return made


_OTHERS = "ONNX Runtime plays it"


def _sides(port: Any) -> list[Any]:
    """Numbers, or "?" for free ones."""
    return [side.get_length() if side.is_static else "?" for side in port.partial_shape]
