"""Runs a foreign network in a child process with bounded memory and time, so that a bad one harms nobody."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from vj.core.errors import BundleError
from vj.workshop.onnx import _trial_child

Arrays = Mapping[str, NDArray[Any]]
#: Seconds that a trial may take.
_SECONDS = 180
#: Serialised models are at most this long; more has its weights beside it.
_WHOLE = 1_500_000_000


def save(model: onnx.ModelProto, file: Path) -> None:
    """Write `model`; the weights of a large one go into a file beside it, `NAME.data`."""
    if model.ByteSize() < _WHOLE:
        file.write_bytes(model.SerializeToString(deterministic=True))
        return
    onnx.save_model(model, file, save_as_external_data=True, location=f"{file.stem}.data", size_threshold=1024)


def trial(model: onnx.ModelProto, feeds: Sequence[Arrays], name: str) -> list[dict[str, NDArray[Any]]]:
    """Every output of `model` for each of `feeds`; raises BundleError with the reason, calling the network `name`."""
    with tempfile.TemporaryDirectory(prefix="vj-trial-") as place:
        folder = Path(place)
        save(model, folder / "model.onnx")
        asked = {f"{k}/{key}": array for k, feed in enumerate(feeds) for key, array in feed.items()}
        _trial_child.keep(folder / "feeds.npz", asked)
        command = [
            sys.executable,
            "-m",
            _trial_child.__name__,
            *(str(folder / n) for n in ("model.onnx", "feeds.npz", "out.npz")),
        ]
        here = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=_SECONDS, text=True, env={**os.environ, "PYTHONPATH": here}
            )
        except subprocess.TimeoutExpired:
            raise BundleError(f"{name} took more than {_SECONDS} s", name, "is it a decoder of one picture?") from None
        if done.returncode:
            raise BundleError(f"{name} does not run: {_reason(done)}", name, "does it run where it was exported?")
        found: list[dict[str, NDArray[Any]]] = [{} for _ in feeds]
        with np.load(folder / "out.npz", allow_pickle=False) as results:
            for key in results.files:
                k, _, output = key.partition("/")
                found[int(k)][output] = results[key]
        return found


def _reason(done: "subprocess.CompletedProcess[str]") -> str:
    if done.returncode < 0:
        return f"it was ended by signal {-done.returncode}; it may want more memory than there is"
    lines = done.stderr.strip().splitlines()
    try:
        told: str = json.loads(lines[-1])["reason"]
    except (IndexError, KeyError, TypeError, ValueError):
        told = lines[-1] if lines else f"exit code {done.returncode}"
    return told[:300]
