"""Runs a foreign network and keeps what it gives; imports little, for it is started for every trial.

As a program: python -m vj.workshop.onnx._trial_child MODEL FEEDS.npz RESULTS.npz
"""

import json
import os
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Part of the machine's memory that a trial may take.
_MEMORY = 0.75


def keep(file: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write `arrays` as an .npz."""
    with zipfile.ZipFile(file, "w") as kept:
        for name, array in arrays.items():
            with kept.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.ascontiguousarray(array), allow_pickle=False)


def _bound_memory() -> None:
    """Ask the system to refuse this process more than its part of the memory, where it can."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    most = int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * _MEMORY)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _tell(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    """Whatever ends this process goes to stderr as one line of JSON."""
    reason = str(error).strip().split("\n")[0] or kind.__name__
    sys.stderr.write("\n" + json.dumps({"reason": reason}) + "\n")


def main(model: str, feeds: str, results: str) -> None:
    """Run `model` on every feed."""
    sys.excepthook = _tell
    import onnxruntime as ort

    _bound_memory()
    how = ort.SessionOptions()
    how.intra_op_num_threads = how.inter_op_num_threads = 1
    how.log_severity_level = 4
    session = ort.InferenceSession(model, how, providers=["CPUExecutionProvider"], enable_fallback=0)
    names = [output.name for output in session.get_outputs()]
    found = {}
    with np.load(feeds, allow_pickle=False) as given:
        for k in sorted({int(key.partition("/")[0]) for key in given.files}):
            feed = {key.partition("/")[2]: given[key] for key in given.files if key.startswith(f"{k}/")}
            found.update({f"{k}/{n}": a for n, a in zip(names, session.run(None, feed), strict=True)})
    keep(Path(results), {key: value for key, value in found.items() if isinstance(value, np.ndarray)})


if __name__ == "__main__":
    main(*sys.argv[1:])
