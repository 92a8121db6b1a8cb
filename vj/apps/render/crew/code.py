"""Which vj this is, to the byte, and what it runs on: the same pictures come of the same only."""

import hashlib
import importlib.metadata
from functools import cache
from pathlib import Path

import vj
from vj.core.shelf import share

#: Packages that have a say in how pictures look.
_SAY = ("numpy", "scipy", "onnxruntime", "onnxruntime-gpu", "moderngl", "av")


@cache
def code() -> str:
    """SHA-256 over the sources, the shaders and the versions of what pictures are made with."""
    found = hashlib.sha256()
    for folder, kind in ((Path(vj.__file__).parent, "*.py"), (share("shaders"), "*.fs")):
        for path in sorted(folder.rglob(kind)):
            found.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    for name in _SAY:
        try:
            found.update(f"{name} {importlib.metadata.version(name)}\n".encode())
        except importlib.metadata.PackageNotFoundError:
            continue
    return found.hexdigest()
