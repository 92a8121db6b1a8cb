"""What a driver says of a shader that does not compile, with the line of the file."""

import re
from pathlib import Path

from vj.core.errors import OutputError

#: `0:12(5): error ...` (Mesa), `0(12) : error ...` (NVIDIA) or `ERROR: 0:12: ...`.
_LINE = re.compile(r"\b0[:(](\d+)\)?(?:\(\d+\))?\s*:\s*(?:error\s*[\w]*:?\s*)?(.+)")


def complaint(path: Path, log: str) -> OutputError:
    """The driver's first complaint as an error that names file and line; that of a vertex shader names its file."""
    if log.lstrip().startswith("vertex_shader") or "vertex_shader\n" in log:
        path = path.with_suffix(".vs") if path.with_suffix(".vs").is_file() else path
    for line in log.splitlines():
        found = _LINE.search(line)
        if found and "warning" not in line.lower():
            return OutputError(f"the shader does not compile: {found.group(2)}", f"{path}:{found.group(1)}")
    lines = [line.strip() for line in log.splitlines() if line.strip(" =")] or ["the driver does not say why"]
    told = next((line for line in lines if "error" in line.lower() and line != lines[0]), lines[0])
    what = told.removeprefix("error:").strip()[:300]
    return OutputError(f"the shader does not compile: {what}", str(path), "check it with another driver")
