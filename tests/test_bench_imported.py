"""The benchmark of imported networks compares like with like, and names the way that optimising would take."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.nets import _imported_turns, imported
from bench.nets._imported_nets import QUICK, eager, make
from bench.nets._imported_turns import Feeds, Run
from vj.generators.bundle.manifest import read_bundle
from vj.workshop.import_checkpoint import bundle
from vj.workshop.onnx.importer import Asked
from vj.workshop.optimize.ways import Way, opened, styles

#: torch takes longer to export a network than all else here; that exports come in whole is seen elsewhere.
EXPORTED = [pytest.param(name, marks=pytest.mark.slow) for name, net in QUICK.items() if net.family == "exported"]


@pytest.mark.parametrize("name", [*(name for name, net in QUICK.items() if net.family != "exported"), *EXPORTED])
def test_torch_and_the_bundle_are_fed_and_show_the_same(tmp_path: Path, name: str) -> None:
    path = make(QUICK[name], tmp_path)
    bundle(str(path), tmp_path / "b", "net", Asked(half=path.suffix != ".onnx"), lambda step, part=None: None)
    made = read_bundle(tmp_path / "b")
    assert "synthesizer.fp16.onnx" in made.files or path.suffix == ".onnx"
    feeds = imported.even(styles(made, 1)[0])
    assert np.ptp(feeds["styles"], axis=1).max() == 0
    theirs, ours = eager(path)(feeds), opened(Way("fp32", made.folder / "synthesizer.onnx"))(feeds)
    assert theirs.std() > 0.05
    assert np.abs(theirs - ours).max() < 1e-3


def test_rows_hold_ratios_to_torch_on_as_many_threads_and_on_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that says how long each way takes, and a way that does not open; never are two ways open at once."""
    now, threads, alive = [0.0], [1], list[str]()
    costs = {"slow": 8.0, "quick": 2.0, "two": 1.0, "last": 1.9}
    picture = np.linspace(-1, 1, 12, dtype=np.float32).reshape(1, 3, 2, 2)

    class Fake:
        def __init__(self, label: str) -> None:
            assert not alive
            self.label = label
            alive.append(label)

        def __del__(self) -> None:
            alive.remove(self.label)

        def __call__(self, feeds: Feeds) -> np.ndarray:
            now[0] += costs[self.label]
            return picture + (0.02 if self.label == "quick" else 0.0)

    def open_fake(way: Way) -> Run:
        if way.label == "broken":
            raise RuntimeError("no such thing\nat all")
        return Fake(way.label)

    def torch_eager(feeds: Feeds) -> np.ndarray:
        now[0] += 4.0 if threads[0] == 1 else 3.0
        return picture

    monkeypatch.setattr(_imported_turns, "opened", open_fake)
    monkeypatch.setattr(_imported_turns, "LEAST_DB", 39.0)
    monkeypatch.setattr(_imported_turns, "_SECONDS", 1e9)
    monkeypatch.setattr(torch, "set_num_threads", lambda count: threads.__setitem__(0, count))
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    labels = ("slow", "quick", "broken", "two", "last")
    ways = [Way(label, Path("x"), threads=2 if label == "two" else 1) for label in labels]
    turns = _imported_turns.Turns(torch_eager, [{}, {}], 20)
    rows = {row["way"]: row for row in (*turns.alone(), *map(turns.row, ways))}
    assert rows["broken"] == {"way": "broken", "reason": "no such thing"}
    assert rows["quick"]["ms"]["p50"] == 2000.0
    assert (rows["slow"]["eager_same"], rows["slow"]["eager_best"]) == (0.5, 0.38)
    assert (rows["quick"]["eager_same"], rows["quick"]["eager_best"]) == (2.0, 1.5)
    assert (rows["two"]["eager_same"], rows["two"]["eager_best"]) == (3.0, 3.0)
    assert [rows[label]["ms"]["pictures"] for label in ("slow", "quick", "two", "last")] == [20, 20, 20, 3]
    assert rows["slow"]["psnr_db"] == 99.0
    assert 39 < rows["quick"]["psnr_db"] < 46  # clipped at white, so a little better than 40 dB
    assert (rows["torch eager fp32, 1 thread"]["eager_best"], rows["torch eager fp32, 2 threads"]["eager_best"]) == (
        0.75, 1.0,
    )  # fmt: skip
    assert imported.chosen(list(rows.values()), ways) == "two"
    rows["two"]["psnr_db"] = 44.0
    assert imported.chosen(list(rows.values()), ways) != "two"
    kept = imported.shortlist(list(rows.values()), ways)
    assert [way.label for way in kept] == ["slow", "last"]


def test_one_network_is_put_into_what_was_measured_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each says when it was taken; those that were not asked for stay."""
    out = tmp_path / "imported.json"
    old = {"machine": {"date": "2026-01-01"}, "networks": {"other": {"chosen": "x"}, list(QUICK)[1]: {"chosen": "old"}}}
    out.write_text(json.dumps(old))
    done = subprocess.CompletedProcess([], 0, stdout='{"chosen": "new"}\n')
    real = subprocess.run
    told = lambda command, **more: done if "--child" in command else real(command, **more)  # noqa: E731
    monkeypatch.setattr(subprocess, "run", told)
    monkeypatch.setattr(sys, "argv", ["imported", "--quick", "--out", str(out), "--net", list(QUICK)[1].lower()])
    imported.main()
    found = json.loads(out.read_text())
    assert found["machine"] == old["machine"]
    assert found["networks"]["other"] == {"chosen": "x"}
    fresh = found["networks"][list(QUICK)[1]]
    assert fresh["chosen"] == "new"
    assert {"date", "commit", "load_before"} <= set(fresh["machine"])
    monkeypatch.setattr(sys, "argv", ["imported", "--quick", "--net", "nobody"])
    with pytest.raises(SystemExit):
        imported.main()


def test_a_busy_process_is_gone_afterwards_and_rates_are_plausible() -> None:
    with imported.spinning():
        pass
    work = imported.arithmetic(lambda feeds: torch.ones(4, 8) @ torch.ones(8, 16), {})
    assert work == 2 * 4 * 8 * 16
    row = {"way": "x", "threads": 1, "ms": {"p50": 2.0}}
    assert imported.shares(row, 3_000_000, {"fp32": {"1": 6.0}}) == {"share": {"fp32": 0.25}}
