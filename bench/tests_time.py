"""What was tested at an earlier commit, then and now, in one run: `python bench/tests_time.py [--out F.json]`

The earlier commit runs its own tests as its `make test` did, one after the other; this one runs those of today's that
were there then, wherever their files are now and also where they have become slow tests, as `make test` does: what is
independent side by side, what needs real time by itself. Collecting is part of both. What is compared is wall time,
so the machine should have nothing else to do. A quarter of an hour on two cores.
"""

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from bench._builds import REPOSITORY, checkout
from bench._machine import arguments, machine, write
from bench._only import chosen, words

# 4,298 tests, before the packages had rooms.
BASE = "7f15b32"
# Tests of these files were one for each module, and are one for all: both run whole.
WHOLE = ("test_floors.py", "test_docs.py")
TOGETHER = ("-n", "auto", "--maxprocesses", "4", "--dist", "worksteal")


def pytest(build: Path, log: Path, *given: str, only: Path | None = None) -> dict[str, Any]:
    """Seconds and what became of the tests of `build`."""
    environment = {**os.environ, "PYTHONPATH": str(build), "OMP_NUM_THREADS": "1"}
    if only:
        environment["VJ_ONLY"] = str(only)
        given = ("-p", "bench._only", *given)
    begun = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", f"--junitxml={log}", *given],
        cwd=build,
        env=environment,
        stdout=sys.stderr,
        check=False,
    ).returncode
    if ended not in (0, 1):
        raise RuntimeError(f"pytest ended with {ended} in {build}")
    return {"seconds": round(time.monotonic() - begun, 1), **outcomes(log)}


def outcomes(log: Path) -> dict[str, Any]:
    """How many tests there were, and the names of those that failed."""
    cases = list(ET.parse(log).getroot().iter("testcase"))
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    return {
        "tests": len(cases),
        "skipped": sum(case.find("skipped") is not None for case in cases),
        "failed": sorted(str(case.get("name")) for case in failed),
    }


def collected(build: Path, *given: str) -> list[str]:
    """The tests of `build` by name."""
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", *given],
        cwd=build,
        env={**os.environ, "PYTHONPATH": str(build)},
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in told.stdout.splitlines() if "::" in line]


def main() -> int:
    """Run both, print and keep the result."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--base", default=BASE, help="the commit to compare with")
    given = parser.parse_args()
    result: dict[str, Any] = {"measured": machine(), "base": given.base}
    with checkout(given.base) as base, tempfile.TemporaryDirectory() as folder:
        wanted, log = Path(folder) / "wanted", Path(folder) / "log.xml"
        then = collected(base, "-m", "not slow")
        wanted.write_text("\n".join([*then, *(f"{file}::*" for file in WHOLE)]), encoding="utf-8")
        now = chosen(collected(REPOSITORY), wanted.read_text(encoding="utf-8").splitlines())
        names = {words(test)[2] for test in now}
        result["gone"] = sorted({words(t)[2] for t in then if words(t)[2] not in names and words(t)[0] not in WHOLE})
        result["then"] = pytest(base, log, "-m", "not slow")
        result["now"] = {
            "side by side": pytest(REPOSITORY, log, "-m", "not realtime", *TOGETHER, only=wanted),
            "in real time": pytest(REPOSITORY, log, "-m", "realtime", only=wanted),
        }
    seconds = sum(part["seconds"] for part in result["now"].values())
    result["now"]["seconds"] = round(seconds, 1)
    result["ratio"] = round(seconds / result["then"]["seconds"], 3)
    write(result, given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
