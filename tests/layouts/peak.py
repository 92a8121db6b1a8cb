"""Reads every file of a folder and prints the most memory held until then, in bytes. Run by a test as a child.

python peak.py FOLDER
"""

import contextlib
import resource
import sys
from pathlib import Path

from vj.core.errors import CheckpointError
from vj.workshop.checkpoint.reader import read_checkpoint


def main() -> None:
    """Print the peak at the start and after each file."""
    sys.stdout.write(f"{_peak()}\n")
    for path in sorted(Path(sys.argv[1]).iterdir()):
        with contextlib.suppress(CheckpointError):
            read_checkpoint(path)
        sys.stdout.write(f"{_peak()}\n")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
