"""What `vj models optimize` found fastest for a bundle on this machine: `optimized.toml`, beside the bundle.

[[choice]]                       one for each machine, so that a folder can be carried from one to another
model, onnxruntime, device       sha256 of synthesizer.onnx, versions, processor: all must agree, or it is void
provider, file, sha256           what runs, and which graph it runs
threads, level, fp16             how it is opened
ms, psnr_db                      measured, the latter against single precision
"""

import hashlib
import platform
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime as ort
import platformdirs

from vj.generators import _providers
from vj.generators._bundle import Bundle, homes

SIDECAR = "optimized.toml"
SYNTHESIZER = "synthesizer.onnx"


@dataclass(frozen=True)
class Choice:
    """How to open a synthesizer. `level` is ONNX Runtime's graph optimisation, "basic", "extended" or "all"."""

    provider: str
    file: Path
    threads: int
    level: str
    fp16: bool
    ms: float
    psnr_db: float


def sidecar(bundle: Bundle) -> Path:
    """Where the choice for `bundle` is kept: in its folder, but for shipped ones in the user's cache."""
    if bundle.folder.resolve().parent != homes()[0].resolve():
        return bundle.folder / SIDECAR
    return platformdirs.user_cache_path("vj", appauthor=False) / "optimized" / bundle.fingerprint / SIDECAR


def key(bundle: Bundle, provider: str) -> dict[str, str]:
    """What a choice is good for: this model, this ONNX Runtime, this processor."""
    device = _processor()
    if provider == _providers.TENSORRT:
        device = _providers.engine_cache(bundle.fingerprint).name.partition("-")[2]
    elif provider != _providers.CPU:
        device = f"{provider}-sm{_providers.engine_cache('').name.rpartition('-sm')[2]}"
    return {"model": bundle.files.get(SYNTHESIZER, ""), "onnxruntime": ort.__version__, "device": device}


def read_choice(bundle: Bundle) -> Choice | None:
    """The choice for `bundle` on this machine, or None: nobody has measured, or something has changed since."""
    file = sidecar(bundle)
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8")).get("choice", [])
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return None
    for entry in entries if isinstance(entries, list) else []:
        choice = _choice(bundle, file.parent, entry) if isinstance(entry, dict) else None
        if choice:
            return choice
    return None


def _choice(bundle: Bundle, folder: Path, entry: Mapping[str, Any]) -> Choice | None:
    """`entry` if it is of this machine and its graph is the one that was measured."""
    provider = str(entry.get("provider", ""))
    if any(entry.get(name) != value for name, value in key(bundle, provider).items()):
        return None
    name = str(entry.get("file", ""))
    file = (bundle.folder if name == SYNTHESIZER else folder) / name
    if Path(name).name != name or not file.is_file() or provider not in ort.get_available_providers():
        return None
    if hashlib.sha256(file.read_bytes()).hexdigest() != entry.get("sha256"):
        return None
    numbers = [entry.get("ms"), entry.get("psnr_db")]
    threads, level = entry.get("threads"), entry.get("level")
    if level not in ("basic", "extended", "all") or not isinstance(threads, int) or not 1 <= threads <= 64:
        return None
    if not all(isinstance(number, int | float) for number in numbers):
        return None
    ms, psnr = (float(number) for number in numbers if number is not None)
    return Choice(provider, file, threads, level, entry.get("fp16") is True, ms, psnr)


def _processor() -> str:
    """The processor by name."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        told = []
    named = next((line.partition(":")[2].strip() for line in told if line.startswith("model name")), "")
    return named or platform.processor() or platform.machine()
