"""The files that layers showed go with a performance, so that it can be played again elsewhere."""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from vj.engine.performance import MEDIA


def keep_shown(folder: Path, files: Mapping[str, str]) -> str:
    """Put `files`, name -> path, into the performance in `folder`; what could not be, in a line, or nothing.

    Where the disk is the same they are linked, and cost nothing.
    """
    missed = []
    for name, path in files.items():
        place = folder / MEDIA / name
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.exists():
                with suppress(OSError):
                    os.link(path, place)
                    continue
                shutil.copyfile(path, place)
        except OSError:
            missed.append(name)
    return f"not kept with the performance: {', '.join(missed)}" if missed else ""
