"""What every committed result speaks of, when and on what it was taken, and how old it may be.

python bench/claims.py [docs/measured.md]     # prints the tables, or writes them between the marks of that page

The first has what was measured, its figures where `measured.in.md` leaves places; the second has every result.

A result is stale once the code that it speaks of has changed later than it was taken, by more days than it may be.
"""

import datetime
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench._measured import measured

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"
FIGURES = ("<!-- figures: made by bench/claims.py of bench/measured.in.md -->", "<!-- end of figures -->")
MARKS = ("<!-- results: made by bench/claims.py -->", "<!-- end of results -->")


@dataclass(frozen=True, slots=True)
class Claim:
    """Paths of the code that a result speaks of, and the days that it may be older than they are."""

    of: tuple[str, ...]
    days: int


_HEARING = ("vj/features", "vj/core/sound")
_SHOWING = ("vj/outputs", "shaders")
CLAIMS = {
    "beat": Claim(("vj/features/beat", "vj/features/tempo.py"), 14),
    "changes": Claim(("vj/outputs/finish", "shaders"), 14),
    "chaos": Claim(("vj/apps/guard", "vj/apps/live"), 14),
    "chain": Claim(_SHOWING, 14),
    "click": Claim(("vj/features/beat", "vj/engine/onward.py", "vj/apps/live"), 14),
    "clocks": Claim(("vj/devices/link", "vj/devices/midi/clock_out.py", "vj/features/beat/leader.py"), 14),
    "display": Claim(_SHOWING, 14),
    "drums": Claim(("vj/features/drums", "vj/features/bands.py", "vj/features/onset.py"), 14),
    "flashes": Claim(("vj/core/flash", "vj/engine/finish", "setlists/looks", "shaders"), 14),
    "fuzz": Claim(
        ("vj/devices/midi", "vj/engine/cues", "vj/generators/bundle", "vj/outputs/performance", "vj/core/isf"), 14
    ),
    "generated": Claim(("vj/workshop/worlds", "vj/workshop/dream"), 14),
    "generators": Claim(("vj/generators",), 14),
    "governor": Claim(("vj/engine/governor.py",), 14),
    "governor-song": Claim(("vj/engine/governor.py",), 14),
    "growth": Claim(("vj/apps/render", "vj/outputs/finish", "vj/engine/desk.py"), 14),
    "guard": Claim(("vj/apps/guard", "vj/apps/spare", "vj/apps/ahead"), 14),
    "hearing": Claim(_HEARING, 14),
    "hearing_cost": Claim(_HEARING, 14),
    "imported": Claim(("vj/generators", "vj/workshop/optimize"), 14),
    "levels": Claim(("vj/engine/governor.py", "vj/outputs/finish"), 14),
    "live": Claim(("vj/apps/live", *_SHOWING), 14),
    "look": Claim(("vj/directors", "vj/engine", "setlists/looks"), 14),
    "look-tempi": Claim(("vj/directors", "vj/engine", "setlists/looks"), 14),
    "page": Claim(("vj/apps/web/page",), 14),
    "phrases": Claim(("vj/features/sections", "vj/features/phrase.py"), 14),
    "ratio": Claim(("vj/apps/render", "vj/outputs", "shaders"), 14),
    "ratio-start": Claim(("vj/apps/live", "vj/outputs", "vj/generators", "shaders"), 14),
    "rehearsal": Claim(("vj/apps/rehearsal",), 14),
    "render": Claim(("vj/apps/render", "vj/outputs/video"), 14),
    "scale": Claim(("vj/apps/render/crew", "vj/apps/render/workers.py"), 14),
    "sections": Claim(("vj/features/sections", "vj/features/state.py"), 14),
    "surface": Claim(("vj/apps/web", "vj/devices/osc", "vj/apps/live/loop.py"), 14),
    "soak": Claim(("vj/apps/live", "vj/generators", "vj/outputs"), 14),
    "swap": Claim(("vj/engine", "vj/generators"), 14),
    "sync": Claim(("vj/apps/render", "vj/outputs/video"), 14),
    "taps": Claim(("vj/features/beat", "vj/features/tempo.py"), 14),
    "versus": Claim(("vj/generators", "vj/apps/render"), 14),
    "walks": Claim(("vj/engine/walker.py",), 14),
    "alike": Claim(("vj/workshop/worlds", "vj/generators/glsl"), 14),
}
#: Claims of results that are still to be taken; each counts once its file is there.
AWAITED = {
    "finished": Claim(("vj/outputs/finish", "shaders"), 14),
    "layers": Claim(("vj/outputs/finish/layers.py", "vj/sources"), 14),
    "mapping": Claim(("vj/outputs/mapping", "vj/core/mapping", "vj/core/dmx"), 14),
    "shaders": Claim(("vj/generators/shader", "vj/core/isf", "models/currents"), 14),
    "tests_time": Claim(("tests",), 14),
    "walls": Claim(("vj/outputs/sending", "vj/apps/sending"), 14),
}
CLAIMS |= {name: claim for name, claim in AWAITED.items() if (RESULTS / f"{name}.json").is_file()}


def _first(result: Any, key: str) -> str:
    """The first text that is called `key`, however deep; empty if there is none."""
    if not isinstance(result, dict):
        return ""
    if isinstance(result.get(key), str):
        return str(result[key])
    return next((found for value in result.values() if (found := _first(value, key))), "")


def _result(name: str) -> Any:
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def taken(name: str) -> tuple[datetime.date, str]:
    """When a result was taken, and on which processor; ValueError where it does not say when."""
    result = _result(name)
    processor = _first(result, "processor") or _first(result, "cpu")
    return datetime.date.fromisoformat(_first(result, "date")[:10]), processor.split(",")[0]


def commit(name: str) -> str:
    """What a result was taken at; of one from before that was kept, the commit that it came with."""
    result = _result(name)
    return _first(result, "commit").removesuffix("-dirty") or f"came with {_first(result, 'came_with')}"


def changed(paths: tuple[str, ...]) -> datetime.date | None:
    """When the code was last changed; None where nobody knows, as in a folder without its history."""
    asked = subprocess.run(
        ["git", "log", "-1", "--format=%cs", "--", *paths], cwd=ROOT, capture_output=True, text=True, check=False
    )
    day = asked.stdout.strip()
    return datetime.date.fromisoformat(day) if day else None


def stale(taken: datetime.date, changed: datetime.date, days: int) -> bool:
    """Whether a result is older than it may be."""
    return (changed - taken).days > days


def table() -> str:
    """Every result with what it speaks of."""
    rows = ["| result | taken | at | on | speaks of | may be older by |", "| --- | --- | --- | --- | --- | --- |"]
    for name, claim in sorted(CLAIMS.items()):
        day, processor = taken(name)
        of = ", ".join(f"`{path}`" for path in claim.of)
        cells = (f"[{name}](../bench/results/{name}.json)", day, commit(name), processor, of, f"{claim.days} days")
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(rows)


def written(page: str) -> str:
    """`page` with the tables of now between their marks."""
    for (begin, end), text in ((FIGURES, measured(RESULTS)), (MARKS, table())):
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}\n{text}\n{end}{after}"
    return page


def main(argv: list[str]) -> None:
    """Print the table or write it."""
    if not argv:
        print(measured(RESULTS), table(), sep="\n\n")
        return
    page = Path(argv[0])
    page.write_text(written(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
