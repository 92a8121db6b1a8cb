"""Debian's packages, fetched and unpacked beside each other without being installed."""

import subprocess
import tempfile
from pathlib import Path


def unpacked(package: str, folder: Path) -> Path | None:
    """Where a package lies below the folder: fetched now if it has to be, None where it cannot be had."""
    there = folder / package
    if there.is_dir():
        return there
    with tempfile.TemporaryDirectory() as fetched:
        got = subprocess.run(["apt-get", "download", "-qq", package], cwd=fetched, capture_output=True)
        files = list(Path(fetched).glob("*.deb"))
        if got.returncode or not files:
            return None
        partial = folder / f".{package}"
        subprocess.run(["dpkg-deb", "-x", files[0], partial], check=True)
        partial.rename(there)
    return there
