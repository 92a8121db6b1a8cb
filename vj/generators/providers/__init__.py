"""Which ONNX Runtime provider to use, in which order to try, and what each is told."""

import importlib.metadata
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime as ort
import platformdirs
from onnxruntime.capi import onnxruntime_pybind11_state as _state

from vj.core.errors import BundleError
from vj.generators.providers import openvino

if sys.platform == "win32":  # where the variable that `vj` sets means nothing
    ort.disable_telemetry_events()

CPU = "CPUExecutionProvider"
TENSORRT = "TensorrtExecutionProvider"
CUDA = "CUDAExecutionProvider"
OPENVINO = "OpenVINOExecutionProvider"
#: Fastest first. A provider that is listed may still not work; only a run tells.
ORDER = (TENSORRT, CUDA, "CoreMLExecutionProvider", "DmlExecutionProvider", OPENVINO, CPU)
#: Providers whose buffers live on a device that inputs and outputs can be bound to.
BOUND = (TENSORRT, CUDA)
#: Everything ONNX Runtime raises; its own errors share no base class.
ERRORS: tuple[type[Exception], ...] = (
    RuntimeError,
    ValueError,
    TypeError,
    *(e for e in vars(_state).values() if isinstance(e, type) and issubclass(e, Exception)),
)
_PACKAGES = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml")


@dataclass(frozen=True)
class Attempt:
    """A provider that was tried, and why it was passed over ("" when it is the one in use)."""

    provider: str
    reason: str = ""


def candidates(asked: Sequence[str] | None = None) -> tuple[str, ...]:
    """Providers to try, in order. Short names do ("cuda", "cpu"); CPU always comes last, as the one that works."""
    full = {name.lower().removesuffix("executionprovider"): name for name in ORDER} | {"directml": ORDER[3]}
    if asked is None:
        return tuple(name for name in ORDER if name in ort.get_available_providers())
    names = [full.get(name.lower().removesuffix("executionprovider"), name) for name in asked]
    return (*(name for name in names if name != CPU), CPU)


def first_working(names: Sequence[str], attempt: Callable[[str], Any]) -> tuple[Any, tuple[Attempt, ...]]:
    """What `attempt` returned for the first provider on which it ran through, and all that were tried.

    Raises BundleError when even the last one fails: then it is the model that is at fault.
    """
    tried: list[Attempt] = []
    available = (*ort.get_available_providers(), openvino.NAME)
    for name in names:
        if name not in available:
            tried.append(Attempt(name, "not in this build of ONNX Runtime"))
            continue
        try:
            result = attempt(name)
        except ERRORS as error:
            tried.append(Attempt(name, str(error).strip().split("\n")[0]))
            continue
        return result, (*tried, Attempt(name))
    reasons = "; ".join(f"{t.provider}: {t.reason}" for t in tried)
    raise BundleError("no provider can run this bundle", where=reasons, hint="run vj doctor, or reinstall onnxruntime")


def check_install() -> None:
    """Raise BundleError when two builds of ONNX Runtime lie on top of each other in one folder."""
    found = [name for name in _PACKAGES if _installed(name)]
    if len(found) > 1:
        pip = f"{sys.executable} -m pip"
        raise BundleError(
            f"{' and '.join(found)} are both installed; they share one folder and break each other",
            where=str(Path(ort.__file__).parent),
            hint=f"{pip} uninstall -y {' '.join(found)} && {pip} install {found[-1]}",
        )


def _installed(package: str) -> bool:
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def options(provider: str, fingerprint: str, half: bool = False, captured: bool = False) -> dict[str, Any]:
    """Provider options; for TensorRT a cache of engines and timings that no other model or version can mix up.

    `half` allows half precision where the provider makes it; `captured` keeps the run as a CUDA graph.
    """
    if provider == CUDA:
        return {"enable_cuda_graph": "1"} if captured else {}
    if provider != TENSORRT:
        return {}
    cache = engine_cache(fingerprint)
    cache.mkdir(parents=True, exist_ok=True)
    return {
        "trt_engine_cache_enable": True,
        "trt_engine_cache_path": str(cache),
        "trt_timing_cache_enable": True,
        "trt_timing_cache_path": str(cache),
        "trt_fp16_enable": half,
        "trt_cuda_graph_enable": captured,
    }


def engine_cache(fingerprint: str) -> Path:
    """Folder of TensorRT engines: keyed by model, TensorRT version and compute capability of the device."""
    version = _version("tensorrt") or _version("tensorrt-cu12") or f"ort{ort.__version__}"
    key = f"{fingerprint}-trt{version}-sm{_compute_capability()}"
    return platformdirs.user_cache_path("vj", appauthor=False) / "engines" / key


def _version(package: str) -> str:
    return importlib.metadata.version(package) if _installed(package) else ""


def _compute_capability() -> str:
    """Of the first NVIDIA device, as in "90"; "0" where the driver does not tell."""
    import ctypes

    library = "nvcuda.dll" if os.name == "nt" else "libcuda.so.1"
    try:
        cuda = ctypes.CDLL(library)
    except OSError:
        return "0"
    major, minor, device = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    if cuda.cuInit(0) or cuda.cuDeviceGet(ctypes.byref(device), 0):
        return "0"
    cuda.cuDeviceGetAttribute(ctypes.byref(major), 75, device)  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
    cuda.cuDeviceGetAttribute(ctypes.byref(minor), 76, device)  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR
    return f"{major.value}{minor.value}"
