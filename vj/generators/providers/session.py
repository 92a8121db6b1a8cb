"""One ONNX file opened on one provider, with the buffers it is fed from."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as _state

from vj.core.errors import BundleError
from vj.core.types import F32
from vj.generators import providers
from vj.generators.providers import kept

#: The file is at fault, whichever provider was asked.
#: What damaged files end with; the last where a name in the file, which the error tells, is no text.
_DAMAGED = (
    _state.InvalidProtobuf,
    _state.InvalidGraph,
    _state.NoSuchFile,
    _state.NoModel,
    UnicodeDecodeError,
)
Feeds = Mapping[str, F32]


class Session:
    """Runs one network. `inputs` and `outputs` are as declared in the file: numbers, or names of free sizes; `optional`
    names the inputs that may be left out.

    level     how far ONNX Runtime optimises the graph: "basic", "extended" or "all"
    half      half precision, where the provider does that by itself (TensorRT)
    captured  the provider keeps the whole run as a CUDA graph. That needs one shape: feeds of another than the first
              are run by a second session, opened when they come
    """

    def __init__(
        self,
        file: Path,
        provider: str,
        threads: int,
        fingerprint: str = "",
        level: str = "all",
        half: bool = False,
        captured: bool = False,
    ) -> None:
        options = providers.options(provider, fingerprint, half, captured)
        self._session = _load(file, provider, threads, options, level)
        self.file, self.provider = file, provider
        self.inputs: dict[str, list[Any]] = {i.name: list(i.shape) for i in self._session.get_inputs()}
        self.optional = frozenset(i.name for i in self._session.get_overridable_initializers())
        self.outputs: dict[str, list[Any]] = {o.name: list(o.shape) for o in self._session.get_outputs()}
        if self._session.get_providers()[0] != provider:
            raise RuntimeError(f"{provider} did not start; see the log of ONNX Runtime")
        self._bound = Bound(self._session, fixed=captured) if provider in providers.BOUND else None
        self._again = partial(Session, file, provider, threads, fingerprint, level, half)
        self._other: Session | None = None

    def run(self, feeds: Feeds) -> F32:
        """The first output for `feeds`."""
        if self._bound is None:
            result: F32 = self._session.run(None, feeds)[0]
            return result
        if self._bound.takes(feeds):
            return self._bound.run(feeds)
        self._other = self._other or self._again()
        return self._other.run(feeds)


class Bound:
    """Inputs and output live in buffers on the device; only what changed is copied over.

    With `fixed` the output has its own buffer too, and every run reads and writes the same addresses, as a CUDA graph
    must: it takes feeds of one shape.
    """

    def __init__(self, session: Any, device: str = "cuda", fixed: bool = False) -> None:
        self._session = session
        self._device = device
        self._fixed = fixed
        self._binding = session.io_binding()
        self._held: dict[str, tuple[NDArray[np.float32], Any]] = {}
        self._output: Any = None

    def takes(self, feeds: Feeds) -> bool:
        """Whether `feeds` fit the buffers, or new ones may be made."""
        return not self._fixed or all(
            name not in self._held or self._held[name][0].shape == array.shape for name, array in feeds.items()
        )

    def run(self, feeds: Feeds) -> F32:
        """Copy changed inputs, run, copy the picture back."""
        moved = [self._hold(name, array) for name, array in feeds.items()]
        name = self._session.get_outputs()[0].name
        if self._fixed and self._output is None:
            self._output = ort.OrtValue.ortvalue_from_shape_and_type(self._shape(feeds), np.float32, self._device, 0)
            self._binding.bind_ortvalue_output(name, self._output)
        elif any(moved) and not self._fixed:
            # The binding keeps the output that the last run made, which has the shape of that run.
            self._binding.bind_output(name, self._device)
        self._session.run_with_iobinding(self._binding)
        result: F32 = self._output.numpy() if self._fixed else self._binding.copy_outputs_to_cpu()[0]
        return result

    def _shape(self, feeds: Feeds) -> list[int]:
        """Of the output for `feeds`, whose named sides are those of the inputs; raises RuntimeError if one is not."""
        sides: dict[Any, int] = {}
        for port in self._session.get_inputs():
            sides |= dict(zip(port.shape, feeds[port.name].shape, strict=True)) if port.name in feeds else {}
        wanted = self._session.get_outputs()[0].shape
        if not all(isinstance(side, int) or side in sides for side in wanted):
            raise RuntimeError(f"the output's shape {wanted} cannot be told from the inputs'")
        return [side if isinstance(side, int) else sides[side] for side in wanted]

    def _hold(self, name: str, array: F32) -> bool:
        """Copy an input to where it is read; whether that is a new place, for it has a new shape."""
        held = self._held.get(name)
        if held and held[0] is array:
            return False
        if held and held[0].shape == array.shape:
            value = held[1]
            value.update_inplace(np.ascontiguousarray(array))
        else:
            value = ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array), self._device, 0)
            self._binding.bind_ortvalue_input(name, value)
        self._held[name] = (array, value)
        return held is None or held[1] is not value


def _load(file: Path, provider: str, threads: int, options: Mapping[str, Any], level: str) -> Any:
    """An inference session; a damaged file is a BundleError whichever provider was asked."""

    def how(wanted: str) -> Any:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # A thread that spins takes the core from the one that hears or draws, and from its own neighbour.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.graph_optimization_level = getattr(ort.GraphOptimizationLevel, f"ORT_{wanted.upper()}")
        options.log_severity_level = 4  # errors come as exceptions; the rest is noise on stage
        return options

    def begin(graph: bytes | str, how: Any) -> Any:
        # Its own fallback would print, try again, and play on the processor what was asked of a card.
        return ort.InferenceSession(graph, how, providers=[(provider, dict(options))], enable_fallback=0)

    content = kept.branching(file) if provider == providers.CPU else b""
    wanted = f"enable_{level}"
    try:
        session = kept.opened(content, wanted, how, begin) if content else begin(str(file), how(wanted))
    except _DAMAGED as error:
        reason = str(error).strip().split("\n")[0]
        raise BundleError(f"{file.name} is not a usable ONNX file", f"{file}: {reason}", _AGAIN) from error
    return session


_AGAIN = "copy the bundle again, or export it again"
