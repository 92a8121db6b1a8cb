"""Whatever comes from outside may be anything: it is read, or refused in one sentence; nothing crashes, hangs or grows.

`make fuzz` throws a hundred thousand of each kind, `make fuzz-midi` and the like of one, with the same seeds; what they
found is mended, and has a test of its own. See servers/readers.py for what each kind is.
"""

import json
import os
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from servers.readers import READERS
from servers.watched import run

from bench._machine import machine

COUNT = int(os.environ.get("VJ_FUZZ", "300"))
KINDS = os.environ.get("VJ_FUZZ_KINDS", "").split() or list(READERS)
#: Where reports are kept, if anywhere.
OUT = os.environ.get("VJ_FUZZ_OUT")
SEEDS = (1, 20261129)
#: Megabytes by which a process may grow from its first tenth on, and that it may ever hold.
GROWTH, PEAK = 64.0, 1000
if find_spec("nvidia"):
    PEAK += 500  # torch brings CUDA's libraries along


def kept(file: Path, reports: dict[str, list[dict[str, object]]]) -> None:
    """Put the reports of these kinds in place of those that `file` has of them."""
    file.parent.mkdir(parents=True, exist_ok=True)
    before = json.loads(file.read_text()) if file.exists() else {}
    taken = machine()
    kinds = {kind: {"date": taken["date"], "commit": taken["commit"], "runs": runs} for kind, runs in reports.items()}
    told = {"what": "bent files and messages, each read or refused in a sentence", **taken}
    file.write_text(json.dumps(told | {"kinds": before.get("kinds", {}) | kinds}, indent=1) + "\n")


@pytest.mark.timeout(300 + COUNT * len(KINDS) // 20)
def test_whatever_comes_is_read_or_refused_in_a_sentence(tmp_path: Path) -> None:
    reports: dict[str, list[dict[str, object]]] = {}
    runs = [f"{kind}:{seed}" for kind in KINDS for seed in SEEDS]
    thrower = run("-m", "servers.throwing", COUNT // len(SEEDS), tmp_path, *runs, out=subprocess.PIPE)
    said, _ = thrower.communicate()
    case = (tmp_path / "case").read_text(errors="replace").strip()
    assert thrower.returncode == 0, f"it died, or hung, of kind, seed and case {case}"
    for line in said.splitlines():
        report = json.loads(line)
        reports.setdefault(report["kind"], []).append(report)
    if OUT:
        kept(Path(OUT) / "fuzz.json", reports)
    assert sorted(reports) == sorted(KINDS)
    for report in (each for found in reports.values() for each in found):
        assert not report["wrong"], report
        assert report["refused"], "nothing of it was bent far enough"
        assert report["read"], "nothing of it was whole enough"
        assert report["grown_mb"] < GROWTH, report
        assert report["peak_mb"] < PEAK, report
