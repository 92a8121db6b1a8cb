"""A plug-in of pytest that keeps to the tests of a list: `-p bench._only`, with VJ_ONLY naming a file, a test a line.

A test keeps its name when its file moves to another folder or is split: `test_x.py::test_y[z]` is looked up as that, as
`test_y[z]` anywhere, then as `test_y` with any parameters. A file whose tests went from one a case to one for all is
told as `test_x.py::*`.
"""

import os
from pathlib import Path
from typing import Any


def words(test: str) -> tuple[str, str, str]:
    """File, name with parameters, bare name."""
    path, _, name = test.partition("::")
    return path.rsplit("/", 1)[-1], name, name.partition("[")[0]


def chosen(tests: list[str], wanted: list[str]) -> set[str]:
    """Those of `tests` that `wanted` speaks of."""
    whole = {words(test)[0] for test in wanted if test.endswith("::*")}
    exactly = {words(test)[:2] for test in wanted}
    by_case, by_name = {name for _, name in exactly}, {words(test)[2] for test in wanted}
    cases = {words(test)[1] for test in tests}
    gone = {name.partition("[")[0] for name in by_case - cases} & by_name
    kept = set()
    for test in tests:
        file, case, name = words(test)
        if file in whole or (file, case) in exactly or name in gone:
            kept.add(test)
    files = {words(test)[1] for test in kept}
    return kept | {test for test in tests if (case := words(test)[1]) in by_case and case not in files}


def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    """Let go of all others."""
    wanted = Path(os.environ["VJ_ONLY"]).read_text(encoding="utf-8").splitlines()
    kept = chosen([item.nodeid for item in items], wanted)
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in kept])
    items[:] = [item for item in items if item.nodeid in kept]
