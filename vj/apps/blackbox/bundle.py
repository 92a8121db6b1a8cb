"""Packs what a bug report should carry: text only, and nothing that says whose machine it is."""

import importlib.metadata
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vj import __version__
from vj.apps.assemble import parameters
from vj.apps.blackbox.diary import show_log
from vj.apps.blackbox.scrub import Scrub
from vj.core.errors import OutputError

#: Bytes of each log that are packed, its end.
MOST = 512 << 10
ABOUT = """What this is: a bundle of vj for a bug report. All of it is text; read it before you send it.

report.txt       what `vj doctor` says of the machine
versions.txt     the Python packages that are installed
show.log         what the last shows noticed, and what failed in them
crashes.log      where every thread stood when a show crashed or hung

There is no sound in it, no picture, and no file of yours. Replaced were names of people and machines, folders, files of
songs, films and setlists, addresses and tokens: look for <user>, <host>, <path>, <file>, <address>, <secret>.
"""


@dataclass(frozen=True)
class Packed:
    """What came of it: the file, what is in it with the bytes of each, and how many names were replaced."""

    path: Path
    entries: tuple[tuple[str, int], ...]
    replaced: int


def pack(path: Path, report: Callable[[], Iterator[str]], state: Path | None = None) -> Packed:
    """Write the bundle to `path`, a zip file, of the doctor's `report` and the logs in `state`. Raises OutputError."""
    folder = state or show_log().parent
    scrub = Scrub(roots={address.split("/")[1] for address in parameters()})
    texts = {"about.txt": ABOUT, "report.txt": scrub("\n".join(report()) + "\n"), "versions.txt": _versions()}
    for name in ("show.log", "show.before.log", "crashes.log", "crashes.before.log"):
        text = _end(folder / name)
        if text is not None:
            texts[name] = scrub(text)
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, text in texts.items():
                file.writestr(name, text)
    except OSError as error:
        raise OutputError(f"the bundle cannot be written: {error.strerror}", str(path), "name another file") from error
    sizes = tuple((name, len(text.encode())) for name, text in texts.items())
    return Packed(path, sizes, scrub.count)


def named() -> Path:
    """What a bundle is called that was given no name."""
    return Path(f"vj-{time.strftime('%Y%m%d-%H%M%S')}.zip")


def _versions() -> str:
    found = sorted({f"{each.metadata['Name']} {each.version}" for each in importlib.metadata.distributions()})
    return "\n".join((f"vj {__version__}", *found)) + "\n"


def _end(path: Path) -> str | None:
    """The end of a log; None where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(file.tell() - MOST, 0))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return None
