"""Torch on a CUDA device: fixed buffers, a graph captured by the thread that replays it, no wait but for one event.

Queued one after the other on a stream of our own: what changed from pinned memory into the inputs, then the graph. In
the loop nothing is allocated on the device and nothing waits for the whole of it. After PyTorch's notes on CUDA graphs;
a graph is captured in the thread that replays it, for compiled ones assert elsewhere (pytorch/pytorch#123177).
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from vj.core.types import F32
from vj.generators.torch.player import ERRORS

#: Runs before a capture: libraries choose their kernels then.
_WARM = 3
Tensors = tuple[Tensor, ...]
Call = Callable[[], Tensors]


class Cuda(Protocol):
    """What is asked of a device: torch's own in a show, a recording one in tests.

    pinned   memory of the processor that the device copies from and to by itself
    empty    memory of the device
    copy     queue a copy
    run      queue what a call launches
    capture  a graph of what a call launches, and what it returned: buffers that every replay fills
    replay   queue a captured graph
    wait     until all that was queued is done, while other threads go on
    release  give memory that nobody holds back to the device
    """

    index: int

    def pinned(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor: ...
    def empty(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor: ...
    def copy(self, target: Tensor, source: Tensor) -> None: ...
    def run(self, call: Call) -> Tensors: ...
    def capture(self, call: Call) -> tuple[Any, Tensors]: ...
    def replay(self, graph: Any) -> None: ...
    def wait(self) -> None: ...
    def release(self) -> None: ...


class Device:
    """The first CUDA device, on a stream of its own: see Cuda."""

    def __init__(self) -> None:
        self.index = 0
        self._stream = torch.cuda.Stream(self.index)  # type: ignore[no-untyped-call]
        self._done = torch.cuda.Event()  # type: ignore[no-untyped-call]

    def pinned(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return torch.empty(shape, dtype=dtype, pin_memory=True)

    def empty(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        with torch.cuda.stream(self._stream):
            return torch.empty(shape, dtype=dtype, device=f"cuda:{self.index}")

    def copy(self, target: Tensor, source: Tensor) -> None:
        with torch.cuda.stream(self._stream):
            target.copy_(source, non_blocking=True)

    def run(self, call: Call) -> Tensors:
        with torch.cuda.stream(self._stream), torch.backends.cudnn.flags(enabled=True, benchmark=True):
            return call()

    def capture(self, call: Call) -> tuple[Any, Tensors]:
        graph = torch.cuda.CUDAGraph()
        # The window's thread may use CUDA meanwhile, for its texture: only this one's calls are captured.
        with (
            torch.backends.cudnn.flags(enabled=True, benchmark=True),  # what was found fastest before
            torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"),
        ):
            made = call()
        return graph, made

    def replay(self, graph: Any) -> None:
        with torch.cuda.stream(self._stream):
            graph.replay()

    def wait(self) -> None:
        self._done.record(self._stream)
        self._done.synchronize()

    def release(self) -> None:
        self.wait()
        torch.cuda.empty_cache()


class Captured:
    """`call` of named inputs as a CUDA graph. `reason` says why there is none, and all is launched one by one."""

    def __init__(self, call: Callable[[Mapping[str, Tensor]], Tensors], cuda: Cuda) -> None:
        self._call, self._cuda = call, cuda
        self._for: tuple[Any, ...] | None = None
        self._staged: dict[str, Tensor] = {}
        self._inputs: dict[str, Tensor] = {}
        self._fed: dict[str, F32] = {}
        self._graph: Any = None
        self._made: Tensors = ()
        self.reason = ""

    def run(self, feeds: Mapping[str, F32]) -> Tensors:
        """Queue a run for `feeds` and return where its results will be; both are good until the next run.

        Another thread, or inputs of other shapes, capture anew, which waits for the device.
        """
        key = (threading.get_ident(), *((name, array.shape) for name, array in feeds.items()))
        if key != self._for:
            self._for = None
            self._capture(feeds)
            self._for = key
        self._feed(feeds)
        if self._graph is None:
            self._made = self._cuda.run(self._launched)
        else:
            self._cuda.replay(self._graph)
        return self._made

    def _capture(self, feeds: Mapping[str, F32]) -> None:
        cuda = self._cuda
        self._graph, self._made, self._fed, self.reason = None, (), {}, ""
        self._staged = {name: cuda.pinned(array.shape, torch.float32) for name, array in feeds.items()}
        self._inputs = {name: cuda.empty(array.shape, torch.float32) for name, array in feeds.items()}
        self._feed(feeds)
        for _ in range(_WARM):
            cuda.run(self._launched)
        cuda.wait()
        try:
            self._graph, self._made = cuda.capture(self._launched)
        except ERRORS as error:
            self.reason = str(error).strip().split("\n")[0]

    def _launched(self) -> Tensors:
        return self._call(self._inputs)

    def _feed(self, feeds: Mapping[str, F32]) -> None:
        """Queue the copies of what changed; noise stays the same array for seconds."""
        for name, array in feeds.items():
            if self._fed.get(name) is not array:
                self._staged[name].copy_(torch.from_numpy(np.ascontiguousarray(array)))
                self._cuda.copy(self._inputs[name], self._staged[name])
                self._fed[name] = array

    def close(self) -> None:
        """Give the graph and its buffers back."""
        self._for = self._graph = None
        self._made, self._staged, self._inputs, self._fed = (), {}, {}, {}


def missing() -> str:
    """Why there is no CUDA device for torch; nothing where there is one."""
    if torch.cuda.is_available():
        return ""
    return "this torch is for the processor only" if torch.version.cuda is None else "no CUDA device answers"
