"""The benchmark of imported networks compares like with like, and names the way that optimising would take."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.nets import imported
from bench.nets._imported_nets import QUICK, eager, make
from vj.generators.bundle.manifest import read_bundle
from vj.workshop.import_checkpoint import bundle
from vj.workshop.onnx.importer import Asked
from vj.workshop.optimize.ways import Way, opened, styles


@pytest.mark.parametrize("name", QUICK)
def test_torch_and_the_bundle_are_fed_and_show_the_same(tmp_path: Path, name: str) -> None:
    path = make(QUICK[name], tmp_path)
    bundle(str(path), tmp_path / "b", "net", Asked(half=True), lambda step, part=None: None)
    made = read_bundle(tmp_path / "b")
    assert "synthesizer.fp16.onnx" in made.files
    feeds = imported.even(styles(made, 1)[0])
    assert np.ptp(feeds["styles"], axis=1).max() == 0
    theirs, ours = eager(path)(feeds), opened(Way("fp32", made.folder / "synthesizer.onnx"))(feeds)
    assert theirs.std() > 0.05
    assert np.abs(theirs - ours).max() < 1e-3


def test_rows_hold_ratios_to_torch_on_as_many_threads_and_on_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that says how long each way takes, and a way that does not open."""
    now = [0.0]
    costs = {"slow": 8.0, "quick": 2.0, "two": 1.0}
    picture = np.linspace(-1, 1, 12, dtype=np.float32).reshape(1, 3, 2, 2)

    def open_fake(way: Way) -> imported.Run:
        if way.label == "broken":
            raise RuntimeError("no such thing\nat all")

        def run(feeds: imported.Feeds) -> np.ndarray:
            now[0] += costs[way.label]
            return picture + (0.02 if way.label == "quick" else 0.0)

        return run

    def torch_eager(feeds: imported.Feeds) -> np.ndarray:
        now[0] += 4.0
        return picture

    monkeypatch.setattr(imported, "opened", open_fake)
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    ways = [Way(label, Path("x"), threads=2 if label == "two" else 1) for label in ("slow", "quick", "broken", "two")]
    rows = {row["way"]: row for row in imported.timed(ways, torch_eager, [{}, {}], 5)}
    assert rows["broken"] == {"way": "broken", "reason": "no such thing"}
    assert rows["quick"]["ms"]["p50"] == 2000.0
    assert (rows["slow"]["eager_same"], rows["quick"]["eager_same"], rows["two"]["eager_best"]) == (0.5, 2.0, 4.0)
    assert rows["slow"]["psnr_db"] == 99.0
    assert 39 < rows["quick"]["psnr_db"] < 46  # clipped at white, so a little better than 40 dB
    assert "psnr_db" not in rows["torch eager fp32, 1 thread"]
    assert imported.chosen(list(rows.values()), ways) == ("two")
    rows["two"]["psnr_db"] = 44.0
    assert imported.chosen(list(rows.values()), ways) != "two"
    kept = imported.shortlist(list(rows.values()), ways)
    assert [way.label for way in kept] == ["slow"]


def test_a_busy_process_is_gone_afterwards_and_rates_are_plausible() -> None:
    with imported.spinning():
        pass
    work = imported.arithmetic(lambda feeds: torch.ones(4, 8) @ torch.ones(8, 16), {})
    assert work == 2 * 4 * 8 * 16
    row = {"way": "x", "threads": 1, "ms": {"p50": 2.0}}
    assert imported.shares(row, 3_000_000, {"fp32": {"1": 6.0}}) == {"share": {"fp32": 0.25}}
