"""Runs a foreign network in a child process with bounded memory and time, so that a bad one harms nobody.

As a program: python -m vj.workshop.onnx._trial MODEL FEEDS.npz RESULTS.npz
"""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from vj.core.errors import BundleError

Arrays = Mapping[str, NDArray[Any]]
#: Part of the machine's memory that a trial may take, and seconds.
_MEMORY, _SECONDS = 0.75, 180
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
        _keep(folder / "feeds.npz", asked)
        command = [sys.executable, "-m", __name__, *(str(folder / n) for n in ("model.onnx", "feeds.npz", "out.npz"))]
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


def _keep(file: Path, arrays: Arrays) -> None:
    """Write `arrays` as an .npz."""
    with zipfile.ZipFile(file, "w") as kept:
        for name, array in arrays.items():
            with kept.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.ascontiguousarray(array), allow_pickle=False)


def _reason(done: "subprocess.CompletedProcess[str]") -> str:
    if done.returncode < 0:
        return f"it was ended by signal {-done.returncode}; it may want more memory than there is"
    lines = done.stderr.strip().splitlines()
    try:
        told: str = json.loads(lines[-1])["reason"]
    except (IndexError, KeyError, TypeError, ValueError):
        told = lines[-1] if lines else f"exit code {done.returncode}"
    return told[:300]


def _bound_memory() -> None:
    """Ask the system to refuse this process more than its part of the memory, where it can."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    most = int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * _MEMORY)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main(model: str, feeds: str, results: str) -> int:
    """Run `model` on every feed; a reason goes to stderr as one line of JSON."""
    import onnxruntime as ort

    from vj.generators import providers

    failures: tuple[type[Exception], ...] = (*providers.ERRORS, MemoryError)
    _bound_memory()
    how = ort.SessionOptions()
    how.intra_op_num_threads = how.inter_op_num_threads = 1
    how.log_severity_level = 4
    try:
        session = ort.InferenceSession(model, how, providers=[providers.CPU])
        names = [output.name for output in session.get_outputs()]
        found = {}
        with np.load(feeds, allow_pickle=False) as given:
            for k in sorted({int(key.partition("/")[0]) for key in given.files}):
                feed = {key.partition("/")[2]: given[key] for key in given.files if key.startswith(f"{k}/")}
                found.update({f"{k}/{n}": a for n, a in zip(names, session.run(None, feed), strict=True)})
        _keep(Path(results), {key: value for key, value in found.items() if isinstance(value, np.ndarray)})
    except failures as error:
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        sys.stderr.write("\n" + json.dumps({"reason": reason}) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
