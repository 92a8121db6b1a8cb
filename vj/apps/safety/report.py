"""What was found in a film, in words, as JSON and as a picture."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vj import __version__
from vj.apps.safety.film import FLASHES, HELD, RED, STRIPES, Looked
from vj.apps.sheet import Sheet
from vj.core.flash.meter import AREA

NO_TEST = "A help, not a certified test."
#: What of the picture each lane shows, its name and its colour.
_LANES = (
    (FLASHES, "too many", "#ffce60"),
    (HELD, "held too long", "#ff9d5c"),
    (RED, "red", "#ff5c48"),
    (STRIPES, "stripes", "#60c8ff"),
)
#: Faults that are told one by one.
_TOLD = 20


def words(looked: Looked) -> Iterator[str]:
    """The report, line by line."""
    faults = looked.faults()
    most = max((reading.flashes for reading in looked.readings), default=0)
    frames = len(looked.times)
    yield f"{looked.path.name}: {_clock(looked.seconds)}, {frames} frames, at most {most} flashes a second."
    for fault in faults[:_TOLD]:
        pairs = "" if fault.what == STRIPES else f", {fault.flashes} a second"
        span, share = f"{_clock(fault.start)} to {_clock(fault.end)}", f"{100 * fault.share:.0f} % of the picture"
        yield f"  {span}  {fault.what}{pairs}, {share}"
    if len(faults) > _TOLD:
        yield f"  and {len(faults) - _TOLD} more"
    verdict = "It fails" if faults else "It passes"
    yield f"{verdict} WCAG 2.2, BT.1702-3 and the extended rule, as far as this can tell. {NO_TEST}"


def document(looked: Looked) -> dict[str, Any]:
    """All of it, for a file."""
    shares = looked.shares()
    seconds = np.floor(np.array(looked.times)).astype(int)
    return {
        "format": 1,
        "by": f"vj {__version__}",
        "note": NO_TEST,
        "film": looked.path.name,
        "seconds": round(looked.seconds, 3),
        "frames": len(looked.times),
        "area": AREA,
        "passes": not looked.faults(),
        "faults": [
            {
                "what": fault.what,
                "from": round(fault.start, 3),
                "to": round(fault.end, 3),
                "share": round(fault.share, 3),
                "flashes": fault.flashes,
            }
            for fault in looked.faults()
        ],
        "every_second": [
            {
                "second": int(second),
                "light": round(float(np.array(looked.light)[seconds == second].mean()), 4),
                "flashes": max(r.flashes for r, at in zip(looked.readings, seconds, strict=True) if at == second),
                **{what: round(float(share[seconds == second].max()), 3) for what, share in shares.items()},
            }
            for second in np.unique(seconds)
        ],
    }


def write(looked: Looked, path: Path) -> None:
    """Write the report as JSON."""
    path.write_text(json.dumps(document(looked), indent=1) + "\n", encoding="utf-8")


def picture(looked: Looked) -> Image.Image:
    """The film as lanes: its light, its flashes a second, and what share of the picture each fault has."""
    faults = looked.faults()
    verdict = f"fails in {len(faults)} places" if faults else "passes"
    sheet = Sheet(looked.path.name, f"{verdict}   {NO_TEST}", looked.seconds)
    rate = (len(looked.times) - 1) / looked.seconds if looked.seconds else 1.0
    sheet.area("light", np.array(looked.light), rate, "#d7dde8", 64)
    flashes = np.array([float(r.flashes) for r in looked.readings])
    allowed = np.full(len(flashes), 3.0)
    sheet.lines("flashes", [("allowed", allowed, "#7d8796"), ("a second", flashes, "#ffffff")], rate, 84, "/s", 10.0)
    shares, limit = looked.shares(), np.full(len(flashes), AREA)
    for what, name, colour in _LANES:
        curves = [("allowed", limit, "#7d8796"), ("share", shares[what], colour)]
        sheet.lines(name, curves, rate, 56, "of the picture", 1.0)
    return sheet.finish()


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{seconds % 60:04.1f}"
