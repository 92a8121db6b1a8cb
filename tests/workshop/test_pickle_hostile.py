"""Hostile checkpoints: refused in a sentence or read as data; nothing is run and memory stays bounded."""

import gc
import os
import pickle
import pickletools
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import torch
from layouts.hostile import corpus, truncatable
from layouts.nvidia import write_snapshot
from layouts.opcodes import WEIGHT, beside, call, text
from layouts.tensorflow import write_networks

from vj.core.errors import CheckpointError
from vj.workshop._checkpoint import read_checkpoint

CORPUS = corpus()
#: What reading may take: this many times the file and this much on top.
TIMES, MORE = 4, 192 << 20
_HARM = (
    "os.",
    "subprocess.",
    "exec",
    "compile",
    "import",
    "ctypes.",
    "socket.",
    "shutil.",
    "pty.",
    "urllib.",
    "pickle.",
)


class Watch:
    """Notes what the interpreter reports while it is on: audit hooks cannot be taken away, so it can be switched."""

    def __init__(self) -> None:
        self.on = False
        self.seen: list[str] = []
        sys.addaudithook(self.hear)

    def hear(self, event: str, args: tuple[Any, ...]) -> None:
        if self.on and (event.startswith(_HARM) or (event == "open" and set(str(args[1])) & set("wax+"))):
            self.seen.append(f"{event} {args!r:.200}")


@pytest.fixture(scope="module")
def watch() -> Watch:
    return Watch()


@pytest.fixture
def watched(watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to work in; fails if anything was run, imported, written or left there."""
    warm = tmp_path / "warm.pkl"
    warm.write_bytes(beside(b"Va\n"))
    read_checkpoint(warm)
    warm.unlink()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    modules = set(sys.modules)
    watch.seen.clear()
    yield tmp_path
    assert watch.seen == []
    assert os.listdir(tmp_path / "work") == []
    assert set(sys.modules) == modules


def read(watch: Watch, path: Path) -> str | None:
    """Read it under watch; the refusal, or None."""
    watch.on = True
    try:
        read_checkpoint(path)
    except CheckpointError as error:
        return error.what
    finally:
        watch.on = False
    return None


def test_the_watch_sees_a_pickle_run(watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    watch.seen.clear()
    watch.on = True
    try:
        pickle.loads(beside(call("os", "system", text("touch canary"))))
    finally:
        watch.on = False
    assert any(event.startswith("os.system") for event in watch.seen)
    assert (tmp_path / "canary").exists()
    watch.seen.clear()


def test_the_corpus_is_large() -> None:
    assert len(CORPUS) >= 40
    assert len({raw for raw, _ in CORPUS.values()}) == len(CORPUS)


@pytest.mark.parametrize("title", CORPUS)
def test_a_hostile_file_is_refused_or_read_as_data(watch: Watch, watched: Path, title: str) -> None:
    raw, said = CORPUS[title]
    path = watched / "hostile.pkl"
    path.write_bytes(raw)
    if said is not None:
        watch.on = True
        try:
            with pytest.raises(CheckpointError, match=said) as caught:
                read_checkpoint(path)
        finally:
            watch.on = False
        assert caught.value.where == str(path)
        assert caught.value.hint
        assert caught.value.what.isprintable()
        assert len(caught.value.what) < 200
    else:
        assert read(watch, path) is None
        found = read_checkpoint(path)
        np.testing.assert_array_equal(found.tensors["weight"], WEIGHT)
        assert list(found.tensors) == ["weight"]


@pytest.mark.parametrize("title", CORPUS)
def test_memory_stays_bounded(watched: Path, title: str) -> None:
    path = watched / "hostile.pkl"
    path.write_bytes(CORPUS[title][0])
    gc.collect()
    tracemalloc.start()
    try:
        read(Watch.__new__(Watch), path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < TIMES * len(CORPUS[title][0]) + MORE


def test_a_pickle_cut_at_every_byte_is_refused(watch: Watch, watched: Path) -> None:
    raw = truncatable()
    path = watched / "cut.pkl"
    path.write_bytes(raw)
    assert read(watch, path) is None
    for end in range(1, len(raw)):
        path.write_bytes(raw[:end])
        assert read(watch, path) is not None, end


def samples(folder: Path) -> dict[str, Path]:
    """A small sound checkpoint of each kind."""
    tensors = {"mapping.fc0.weight": np.ones((2, 2), np.float32), "synthesis.b4.const": np.ones((2, 1, 1), np.float32)}
    torches = {name: torch.from_numpy(values) for name, values in tensors.items()}
    paths = {name: folder / name for name in ("zip.pt", "legacy.pt", "a.safetensors")}
    torch.save({"g_ema": torches}, paths["zip.pt"])
    torch.save({"g_ema": torches}, paths["legacy.pt"], _use_new_zipfile_serialization=False)
    safetensors.numpy.save_file(tensors, paths["a.safetensors"])
    paths["nvidia.pkl"] = write_snapshot(folder / "nvidia.pkl", {"z_dim": 4}, tensors)
    paths["tf.pkl"] = write_networks(folder / "tf.pkl", {}, {}, {}, {"4x4/Const/const": np.ones((1, 2), np.float32)})
    return paths


def test_a_snapshot_cut_at_every_instruction_is_refused(watch: Watch, watched: Path) -> None:
    raw = samples(watched)["nvidia.pkl"].read_bytes()
    path = watched / "cut.pkl"
    cuts = [at for _, _, at in pickletools.genops(raw) if at]
    assert len(cuts) > 200
    for end in cuts:
        path.write_bytes(raw[:end])
        assert read(watch, path) is not None, end


@pytest.mark.parametrize("kind", ["zip.pt", "legacy.pt", "a.safetensors", "nvidia.pkl", "tf.pkl"])
def test_flipped_bytes_are_refused_or_harmless(watch: Watch, watched: Path, kind: str) -> None:
    path = samples(watched)[kind]
    raw = path.read_bytes()
    rng = np.random.default_rng(11)
    refused = 0
    for _ in range(300):
        damaged = bytearray(raw)
        for at in rng.integers(0, len(raw), rng.integers(1, 4)):
            damaged[at] = rng.integers(256)
        path.write_bytes(damaged)
        refused += read(watch, path) is not None
    assert refused > 10
