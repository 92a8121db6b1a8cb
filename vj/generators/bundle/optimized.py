"""What `vj models optimize` found fastest for a bundle on this machine: `optimized.toml`, beside the bundle.

[[choice]]                       one for each machine, so that a folder can be carried from one to another
model, onnxruntime, device       sha256 of synthesizer.onnx, version, processor: all must agree, or it is void
runtime                          "onnx" or "torch"; torch and OpenVINO have versions of their own as key
provider, file, sha256           what runs, and which graph it runs
threads, level, precision        how it is opened; the precision of torch may be that of each convolution by letter
ms, late_ms, psnr_db             measured: median, 99th of a hundred, and how like single precision it looks

A machine has one choice, and where that is torch's or OpenVINO's the best of ONNX Runtime after it, should they be
gone.
"""

import importlib.metadata
import platform
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime as ort
import platformdirs

from vj.core.written import parse_toml
from vj.generators import providers
from vj.generators.bundle.manifest import Bundle, digest_of, homes
from vj.generators.providers import openvino

SIDECAR = "optimized.toml"
SYNTHESIZER = "synthesizer.onnx"
#: The graph in half precision, where whoever made the bundle wrote it.
HALF = "synthesizer.fp16.onnx"
#: What runs a choice of the torch runtime, in place of a provider.
TORCH_CPU = "torch CPU"
TORCH_CUDA = "torch CUDA"
_PRECISIONS = re.compile("fp32|bf16|mixed|fp16|layers [snwvu]+")


@dataclass(frozen=True)
class Choice:
    """How to open a synthesizer. `level` is ONNX Runtime's graph optimisation, "basic", "extended" or "all"; `captured`
    keeps the run as a CUDA graph.
    """

    provider: str
    file: Path
    threads: int
    level: str
    precision: str
    ms: float
    psnr_db: float
    captured: bool = False

    @property
    def runtime(self) -> str:
        """Its name on the shelf: "onnx" or "torch"."""
        return runtime(self.provider)


def runtime(provider: str) -> str:
    """The runtime that `provider` belongs to."""
    return "torch" if provider in (TORCH_CPU, TORCH_CUDA) else "onnx"


def sidecar(bundle: Bundle) -> Path:
    """Where the choice for `bundle` is kept: in its folder, but for shipped ones in the user's cache."""
    if bundle.folder.resolve().parent != homes()[0].resolve():
        return bundle.folder / SIDECAR
    return platformdirs.user_cache_path("vj", appauthor=False) / "optimized" / bundle.fingerprint / SIDECAR


def key(bundle: Bundle, provider: str) -> dict[str, str]:
    """What a choice is good for: this model, this version of the runtime, this processor or device."""
    device = _processor()
    if provider == providers.TENSORRT:
        device = providers.engine_cache(bundle.fingerprint).name.partition("-")[2]
    elif provider not in (providers.CPU, providers.OPENVINO, openvino.NAME, TORCH_CPU):
        device = f"{provider}-sm{providers.engine_cache('').name.rpartition('-sm')[2]}"
    version = {"onnxruntime": ort.__version__}
    if runtime(provider) == "torch":
        version = _torch_version()
    elif provider == openvino.NAME:
        version = {"openvino": openvino.version()}
    return {"model": bundle.files.get(SYNTHESIZER, ""), **version, "device": device}


def read_choices(bundle: Bundle) -> list[Choice]:
    """The choices for `bundle` on this machine, the best first; none where nobody measured or something has changed."""
    file = sidecar(bundle)
    try:
        entries = parse_toml(file.read_text(encoding="utf-8")).get("choice", [])
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return []
    listed = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    found = (_choice(bundle, file.parent, entry) for entry in listed)
    return [choice for choice in found if choice]


def read_choice(bundle: Bundle) -> Choice | None:
    """The best choice of ONNX Runtime."""
    return next((choice for choice in read_choices(bundle) if choice.runtime == "onnx"), None)


def _choice(bundle: Bundle, folder: Path, entry: Mapping[str, Any]) -> Choice | None:
    """`entry` if it is of this machine and its graph is the one that was measured."""
    provider = str(entry.get("provider", ""))
    if any(entry.get(name) != value for name, value in key(bundle, provider).items()):
        return None
    name = str(entry.get("file", ""))
    file = (bundle.folder if name in (SYNTHESIZER, HALF) else folder) / name
    known = (*ort.get_available_providers(), TORCH_CPU, TORCH_CUDA, *([openvino.NAME] if openvino.version() else ()))
    if Path(name).name != name or not file.is_file() or provider not in known:
        return None
    if digest_of(file) != entry.get("sha256"):
        return None
    numbers = [entry.get("ms"), entry.get("psnr_db")]
    threads, level, precision = (entry.get(word) for word in ("threads", "level", "precision"))
    if (
        not _PRECISIONS.fullmatch(str(precision))
        or level not in ("basic", "extended", "all")
        or not isinstance(threads, int)
        or not 1 <= threads <= 64
    ):
        return None
    if not all(isinstance(number, int | float) for number in numbers):
        return None
    ms, psnr = (float(number) for number in numbers if number is not None)
    return Choice(provider, file, threads, level, str(precision), ms, psnr, entry.get("captured") is True)


def _torch_version() -> dict[str, str]:
    """Found without importing it. Where it is missing a choice of it holds, and opening it says what is missing."""
    try:
        return {"torch": importlib.metadata.version("torch")}
    except importlib.metadata.PackageNotFoundError:
        return {}


def _processor() -> str:
    """The processor by name."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        told = []
    named = next((line.partition(":")[2].strip() for line in told if line.startswith("model name")), "")
    return named or platform.processor() or platform.machine()
