"""Hostile checkpoints: refused in a sentence or read as data; nothing is run and memory stays bounded."""

import gzip
import os
import pickle
import pickletools
import re
import subprocess
import sys
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
from vj.workshop.checkpoint.reader import Checkpoint, read_checkpoint

CORPUS = corpus()
ROOT = Path(__file__).resolve().parents[3]
#: What reading any of them may take.
MOST_MB = 256
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
        self.found: Checkpoint | None = None
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
    watch.seen.clear()
    yield tmp_path
    assert watch.seen == []
    assert os.listdir(tmp_path / "work") == []


def read(watch: Watch, path: Path) -> str | None:
    """Read it under watch; what is said when it is refused, else None, and what was found is kept by the watch."""
    modules = set(sys.modules)
    refused = None
    watch.on = True
    try:
        watch.found = read_checkpoint(path)
    except CheckpointError as error:
        refused = error
    finally:
        watch.on = False
    assert set(sys.modules) == modules
    if refused is None:
        return None
    assert refused.where == str(path)
    assert refused.hint
    assert refused.what.isprintable()
    assert len(refused.what) < 200
    return refused.what


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
    refused = read(watch, path)
    if said is not None:
        assert refused is not None
        assert re.search(said, refused), refused
    else:
        assert refused is None
        assert watch.found is not None
        np.testing.assert_array_equal(watch.found.tensors["weight"], WEIGHT)
        assert list(watch.found.tensors) == ["weight"]


def test_memory_stays_bounded(tmp_path: Path) -> None:
    for number, (raw, _) in enumerate(CORPUS.values()):
        (tmp_path / f"{number:03}.pkl").write_bytes(raw)
    child = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "layouts" / "peak.py"), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    start, *peaks = (int(line) for line in child.stdout.split())
    assert len(peaks) == len(CORPUS)
    grown = {title: (peak - start) >> 20 for title, peak in zip(CORPUS, peaks, strict=True)}
    assert max(grown.values()) < MOST_MB, next(title for title, size in grown.items() if size >= MOST_MB)


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
    np.savez(folder / "plain.npz", **tensors)
    np.savez_compressed(folder / "deflated.npz", **tensors)
    np.save(folder / "table.npy", tensors, allow_pickle=True)
    (folder / "packed.pkl.gz").write_bytes(gzip.compress(paths["nvidia.pkl"].read_bytes()))
    paths |= {name: folder / name for name in ("plain.npz", "deflated.npz", "table.npy", "packed.pkl.gz")}
    paths["tf.pkl"] = write_networks(folder / "tf.pkl", {}, {}, {}, {"4x4/Const/const": np.ones((1, 2), np.float32)})
    return paths


def test_a_snapshot_cut_between_instructions_is_refused(watch: Watch, watched: Path) -> None:
    raw = samples(watched)["nvidia.pkl"].read_bytes()
    path = watched / "cut.pkl"
    cuts = [at for _, _, at in pickletools.genops(raw) if at][::3]
    assert len(cuts) > 100
    for end in cuts:
        path.write_bytes(raw[:end])
        assert read(watch, path) is not None, end


@pytest.mark.parametrize(
    "kind",
    [
        *("zip.pt", "legacy.pt", "a.safetensors", "nvidia.pkl", "tf.pkl"),
        *("plain.npz", "deflated.npz", "table.npy", "packed.pkl.gz"),
    ],
)
def test_flipped_bytes_are_refused_or_harmless(watch: Watch, watched: Path, kind: str) -> None:
    path = samples(watched)[kind]
    raw = path.read_bytes()
    rng = np.random.default_rng(11)
    refused = 0
    for _ in range(150):
        damaged = bytearray(raw)
        for at in rng.integers(0, len(raw), rng.integers(1, 4)):
            damaged[at] = rng.integers(256)
        path.write_bytes(damaged)
        refused += read(watch, path) is not None
    assert refused > 10
