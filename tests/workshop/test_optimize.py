"""What `vj models optimize` tries and keeps, torch's ways among them."""

import contextlib
import itertools
import os
import subprocess
import sys
import tomllib
import weakref
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
import pytest
from layouts.tiny import tiny

from vj.core.errors import BundleError
from vj.core.types import F32
from vj.generators import providers
from vj.generators.bundle import optimized
from vj.generators.bundle.manifest import Bundle
from vj.generators.bundle.opening import open_generator
from vj.generators.bundle.optimized import TORCH_CPU, read_choice, read_choices
from vj.generators.bundle.verify import sample
from vj.generators.onnx import Onnx
from vj.generators.providers import openvino
from vj.generators.torch import Torch
from vj.generators.torch._graph import Program
from vj.generators.torch.player import way
from vj.workshop.optimize import company, layers, ways
from vj.workshop.optimize import measure as optimize
from vj.workshop.optimize.ways import Way


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Nothing runs beside what is timed, but where a test is about that."""
    if not request.node.get_closest_marker("realtime"):
        monkeypatch.setattr(optimize, "company", lambda: contextlib.nullcontext(True))


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return tiny(tmp_path / "tiny")


def told(monkeypatch: pytest.MonkeyPatch, ms: dict[str, float], layered: Sequence[Way] = ()) -> None:
    """Let the ways called so take so long, and all others a second; `layered` are found layer by layer."""

    def timed(sessions: Sequence[Any], *_: object) -> dict[int, list[float]]:
        return {k: [ms.get(labels[k], 1000.0)] for k, _ in sessions}

    labels: list[str] = []
    usual = ways.ways

    def listed(*given: Any) -> list[Way]:
        found = usual(*given)
        labels[:] = [way.label for way in (*found, *layered)]
        return found

    monkeypatch.setattr(optimize, "layered", lambda *_: list(layered))

    monkeypatch.setattr(optimize, "ways", listed)
    monkeypatch.setattr(optimize, "_timed", timed)


def test_torch_is_tried_in_both_precisions(bundle: Bundle, tmp_path: Path) -> None:
    rows = optimize.measured(bundle, ways.ways(bundle), lambda step, part: None, 1)
    found = {row.way.label: row for row in rows}
    single, narrow = found["torch fp32, 1 thread"], found["torch bf16, 2 threads"]
    assert single.psnr_db > 90
    assert 40 < narrow.psnr_db < 80
    assert narrow.way.threads == 2
    assert all(row.ms < 1000 and not row.reason for row in (single, narrow))


def test_the_best_way_is_kept_and_opened(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, {"torch bf16, 1 thread": 1.0, "fp32, 1 thread, basic": 2.0})
    rows = optimize.optimize(bundle)
    assert rows[0].way.label == "torch bf16, 1 thread"
    first, second = read_choices(bundle)
    assert (first.runtime, first.provider, first.precision) == ("torch", TORCH_CPU, "bf16")
    assert (second.runtime, second.level) == ("onnx", "basic")
    assert second == read_choice(bundle)
    generator = open_generator(str(bundle.folder))
    assert isinstance(generator, Torch)
    assert generator.provider == "torch CPU, bf16, 1 thread"
    entries = tomllib.loads((bundle.folder / "optimized.toml").read_text())["choice"]
    assert [entry["runtime"] for entry in entries] == ["torch", "onnx"]
    assert "onnxruntime" not in entries[0]


def test_a_choice_layer_by_layer_is_kept_and_opened(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    file = bundle.folder / "synthesizer.onnx"
    letters = "s" + "n" * (len(Program(file, way("cpu", "fp32", False)).convolutions) - 1)
    found = Way("torch layer by layer, 2 threads", file, TORCH_CPU, 2, precision=f"layers {letters}")
    told(monkeypatch, {found.label: 1.0}, [found])
    assert optimize.optimize(bundle)[0].way == found
    assert read_choices(bundle)[0].precision == f"layers {letters}"
    generator = open_generator(str(bundle.folder))
    assert generator.provider == "torch CPU, layer by layer, 2 threads"
    text = (bundle.folder / "optimized.toml").read_text()
    (bundle.folder / "optimized.toml").write_text(text.replace(letters, letters + "n"))
    assert isinstance(open_generator(str(bundle.folder)), Onnx)


def test_a_later_choice_takes_the_place_of_both(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        told(patch, {"torch bf16, 1 thread": 1.0})
        optimize.optimize(bundle)
    told(monkeypatch, {"fp32, 1 thread": 1.0})
    optimize.optimize(bundle)
    (choice,) = read_choices(bundle)
    assert choice.runtime == "onnx"
    assert isinstance(open_generator(str(bundle.folder)), Onnx)


def test_what_looks_different_is_never_chosen_unless_it_is_allowed(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(monkeypatch, {"torch bf16, 1 thread": 1.0})
    rough = 1.0 + next(row.psnr_db for row in optimize.optimize(bundle) if row.way.label == "torch bf16, 1 thread")
    rows = optimize.optimize(bundle, least_psnr_db=rough)
    assert rows[0].way.precision == "fp32"
    assert not next(row for row in rows if row.way.label == "torch bf16, 1 thread").good
    assert optimize.optimize(bundle, least_psnr_db=rough - 2.0)[0].way.label == "torch bf16, 1 thread"


def test_other_machines_choices_stay(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, {"torch bf16, 1 thread": 1.0})
    with monkeypatch.context() as patch:
        patch.setattr(optimized, "_processor", lambda: "another")
        optimize.optimize(bundle)
    assert read_choices(bundle) == []
    optimize.optimize(bundle)
    assert len(read_choices(bundle)) == 2
    assert len(tomllib.loads((bundle.folder / "optimized.toml").read_text())["choice"]) == 4


def test_a_way_that_fails_says_why(bundle: Bundle, tmp_path: Path) -> None:
    damaged = tmp_path / "d.onnx"
    damaged.write_bytes(b"nothing")
    good = Way("fp32", bundle.folder / "synthesizer.onnx")
    bad = Way("torch", damaged, TORCH_CPU)
    rows = optimize.measured(bundle, [good, bad], lambda step, part: None, 1)
    assert rows[0].good
    assert "not a usable ONNX file" in rows[1].reason
    assert not rows[1].good


class Machine:
    """Ways that take what `ms` says, times what `load` says of the moment, on a clock of their own; none is a network.
    `most` is how many there were at once."""

    def __init__(
        self, ms: Mapping[str, float], load: Callable[[float], float], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.ms, self.load = ms, load
        self.now, self.most, self._open = 0.0, 0, weakref.WeakSet[Any]()
        monkeypatch.setattr(optimize, "time", SimpleNamespace(perf_counter=lambda: self.now))
        monkeypatch.setattr(optimize, "opened", self.opened)

    def opened(self, way: Way) -> Callable[[Any], F32]:
        def run(feed: Any) -> F32:
            self.now += self.ms[way.label] * self.load(self.now) / 1000.0
            return np.zeros((1, 3, 4, 4), np.float32)

        self._open.add(run)
        self.most = max(self.most, len(self._open))
        return run


def test_no_more_than_two_ways_are_in_memory_and_all_suffer_alike_from_what_the_machine_does(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets ever slower here, so that by the clock alone the first way would be the best."""
    taken = {"a": 30.0, "b": 28.0, "c": 24.0, "d": 40.0, "e": 20.0, "f": 21.0}
    machine = Machine(taken, lambda now: 1.0 + 0.1 * now, monkeypatch)
    candidates = [Way(label, bundle.folder / "synthesizer.onnx") for label in taken]
    rows = optimize.measured(bundle, candidates, lambda step, part: None, 25)
    assert machine.most == 2
    assert [row.way.label for row in optimize.ranked(rows)] == sorted(taken, key=lambda label: taken[label])
    for row in rows:
        assert row.ms / rows[0].ms == pytest.approx(taken[row.way.label] / taken["a"], rel=0.1)


def test_a_way_that_does_not_open_again_is_told_and_the_others_go_on(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, count = Machine({"a": 3.0, "b": 1.0, "c": 2.0}, lambda now: 1.0, monkeypatch), Counter[str]()

    def opened(way: Way) -> Callable[[Any], F32]:
        count[way.label] += 1
        if way.label == "b" and count["b"] == 2:
            raise RuntimeError("out of memory\nand more")
        return machine.opened(way)

    monkeypatch.setattr(optimize, "opened", opened)
    candidates = [Way(label, bundle.folder / "synthesizer.onnx") for label in "abc"]
    rows = optimize.ranked(optimize.measured(bundle, candidates, lambda step, part: None, 3))
    assert [(row.way.label, row.reason) for row in rows] == [("c", ""), ("a", ""), ("b", "out of memory")]


def test_what_is_best_for_each_layer_is_given_up_after_a_while_and_told(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = bundle.folder / "synthesizer.onnx"
    hours = itertools.count(0.0, 60.0)
    with pytest.raises(TimeoutError, match="not known after 15 minutes"):
        layers.by_layer(file, ways.styles(bundle, 1), 45.0, clock=lambda: next(hours))
    assert next(hours) < 60.0 * 20, "at the first look after that"
    told(monkeypatch, {"fp32, 1 thread, basic": 1.0})
    monkeypatch.setattr(optimize, "layered", ways.layered)
    monkeypatch.setattr(layers, "LIMIT_S", -1.0)
    rows = optimize.optimize(bundle)
    assert rows[0].way.label == "fp32, 1 thread, basic"
    assert [row.way.label for row in rows if "not known" in row.reason] == ["torch layer by layer"]
    assert read_choice(bundle) is not None


def test_openvino_is_tried_where_it_is_listed(bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = [providers.OPENVINO, providers.CPU]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: listed)
    assert "OpenVINO, fp32" in [way.label for way in ways.ways(bundle)]
    assert optimized.key(bundle, providers.OPENVINO)["device"] == optimized._processor()


def test_nothing_that_runs_is_an_error(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimize, "ways", lambda *_: [Way("gone", bundle.folder / "gone.onnx")])
    with pytest.raises(BundleError, match="does not run"):
        optimize.optimize(bundle)


def test_openvino_plays_what_onnx_runtime_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chosen, opened and drawn; told by name; and gone, the best of ONNX Runtime is played."""
    pytest.importorskip("openvino")
    bundle = tiny(tmp_path / "tiny", free=False)
    usual = open_generator(str(bundle.folder), threads=1)
    told(monkeypatch, {"OpenVINO fp32, 1 thread": 1.0, "fp32, 1 thread, basic": 2.0})
    rows = optimize.optimize(bundle)
    assert rows[0].way.label == "OpenVINO fp32, 1 thread"
    assert rows[0].psnr_db > 90
    generator = open_generator(str(bundle.folder))
    assert generator.provider == "OpenVINO CPU, fp32, 1 thread, optimized"
    latent = sample(generator.spec, 3)
    apart = generator.generate([latent] * 2).astype(int) - usual.generate([latent] * 2)
    assert abs(apart).max() <= 1
    first, second = read_choices(bundle)
    assert (first.provider, second.level) == (openvino.NAME, "basic")
    monkeypatch.setattr(openvino, "version", lambda: "")
    assert read_choices(bundle) == [second]
    assert open_generator(str(bundle.folder)).provider == "CPUExecutionProvider, 1 thread, optimized"


def test_openvino_is_not_asked_for_free_sizes(bundle: Bundle) -> None:
    pytest.importorskip("openvino")
    with pytest.raises(BundleError, match="free sizes"):
        openvino.Compiled(bundle.folder / "synthesizer.onnx", 1)


@pytest.mark.realtime
def test_ways_are_timed_beside_a_show() -> None:
    """The company hears and draws while it is there, and is gone afterwards."""
    with company.company() as beside:
        assert beside
    with company.company() as beside, pytest.raises(KeyError):
        raise KeyError


def test_threads_of_torch_sleep_while_they_wait() -> None:
    """What OpenMP says of itself once torch is loaded by the runtime."""
    code = "import vj.generators.torch.player"
    kept = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, "OMP_DISPLAY_ENV": "true"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in done.stderr
