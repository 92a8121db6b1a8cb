"""Nothing goes out of the house of a show: what reports by default in the libraries below is not asked to."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

#: Imports the library, and says how many threads of the library were begun by its import.
PROGRAM = """
import os, sys
import numpy
import vj.core.types
tasks = lambda: len(os.listdir("/proc/self/task"))
before = tasks()
import vj.generators.providers
print(tasks() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted in /proc")
def test_the_runtime_of_networks_neither_reports_nor_leaves_a_trace(tmp_path: Path) -> None:
    hushed = ("CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS")  # any of them would hide what users get
    plain = {name: value for name, value in os.environ.items() if name not in hushed and not name.startswith("XDG_")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**plain, "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "0", "a thread that reports"
    assert not (tmp_path / ".cache" / "Microsoft").exists(), "an id of this device"
