"""Throws bent files at whatever reads them: `python -m servers.throwing COUNT FOLDER KIND:SEED...`.

In a process of its own, so that a crash or a hang of it is something that can be told. Prints a report of each kind and
seed, as JSON; the number of the case that is being read stands in FOLDER/case meanwhile.
"""

import faulthandler
import json
import os
import random
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from servers.bending import bent
from servers.readers import READERS
from servers.watched import megabytes, most_megabytes

from vj.core.errors import VjError

#: Seconds after which a case hangs: no right one takes a hundredth of it.
HANGS_S = 60.0
#: What a sentence may be long.
SENTENCE = 400
#: What is bent by words and lines too.
TEXTS = (".toml", ".fs", ".jsonl", ".txt")
#: Wrongs that are kept in a report.
KEPT = 12


def throw(kind: str, count: int, seed: int, folder: Path) -> dict[str, Any]:
    """Read so many bent files; what came of it."""
    own = folder / f"{kind}-{seed}"
    own.mkdir(parents=True)
    reader = READERS[kind](own)
    wrong: list[str] = []
    said = read = 0
    longest, before = (0.0, -1), megabytes()
    place = os.open(folder / "case", os.O_RDWR | os.O_CREAT)
    for n in range(count):
        luck = random.Random(f"{kind} {seed} {n}")
        name = luck.choice(list(reader.right))
        data = bent(reader.right[name], luck, Path(name).suffix in TEXTS)
        os.pwrite(place, f"{kind} {seed} {n:<60}".encode(), 0)
        faulthandler.dump_traceback_later(HANGS_S, exit=True)
        began = time.process_time()
        try:
            reader.read(name, data, luck)
            read += 1
        except VjError as error:
            said += 1
            if "\n" in error.what or not 0 < len(error.what) <= SENTENCE:
                wrong.append(f"case {n}: not one sentence: {error.what[:200]!r}")
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            frame = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(frame.filename).name}:{frame.lineno}"
            wrong.append(f"case {n}: {type(error).__name__} {str(error)[:120]!r} at {where}")
        longest = max(longest, (time.process_time() - began, n))
        if n == count // 10:
            before = megabytes()
    faulthandler.cancel_dump_traceback_later()
    peak = most_megabytes()
    return {
        "kind": kind, "seed": seed, "cases": count, "read": read, "refused": said, "wrong": len(wrong),
        "examples": wrong[:KEPT], "longest_s": round(longest[0], 3), "longest_case": longest[1],
        "grown_mb": round(megabytes() - before, 1), "peak_mb": round(peak),
    }  # fmt: skip


if __name__ == "__main__":
    times, where, *runs = sys.argv[1:]
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as reports:
        os.dup2(2, 1)  # whatever a library prints is no report
        for each in runs:
            what, _, first = each.partition(":")
            print(json.dumps(throw(what, int(times), int(first), Path(where))), file=reports, flush=True)
