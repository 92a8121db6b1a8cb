"""What another machine must know to make the same of a performance: versions, and what the bundles were."""

import hashlib
import os
import platform
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

import platformdirs

from vj import __version__
from vj.core.errors import VjError
from vj.engine.performance import PALETTES
from vj.generators.bundle.manifest import MANIFEST, find_bundle, read_bundle

#: What computes the sound, the pictures and the film.
_PARTS = ("numpy", "scipy", "onnxruntime", "onnxruntime-gpu", "torch", "moderngl", "av", "aubio-ledfx")


def machine() -> dict[str, Any]:
    """Versions of all that computes, and what it runs on."""
    versions = {"vj": __version__, "python": platform.python_version()}
    for name in _PARTS:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {"versions": versions, "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"}


def bundle(name: str) -> dict[str, Any]:
    """Of the bundle `name`: what it says of itself, sha256 of its manifest and of every file that it lists. Nothing of
    what is not in a folder."""
    try:
        folder = find_bundle(name)
        manifest = read_bundle(folder, verify=False)
        said = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    except (VjError, OSError):
        return {}
    return {"kind": manifest.kind, "manifest": said, "files": dict(manifest.files)}


def own_palettes() -> Iterable[Path]:
    """Files of the performer's own palettes."""
    return sorted((platformdirs.user_config_path("vj") / PALETTES).glob("*.toml"))
