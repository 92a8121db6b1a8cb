"""Where a show stands, in one file, so that `vj live --resume` goes on from there."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import platformdirs

from vj.apps.keeping.sharing import locked
from vj.core.errors import VjError
from vj.core.written import is_file
from vj.outputs.sending.asked import Asked, read

FORMAT = 1


@dataclass(frozen=True)
class Session:
    """All that a show must know to go on. `memory` is the desk's; `device`, `display` and `song` are where sound came
    from and where the picture went, `venue` the file of its mapping, `outputs` the tables of what it went to besides; a
    name that is None was not chosen."""

    bundle: str = "worlds"
    director: str | None = None
    setlist: str | None = None
    seed: int = 1
    device: str | int | None = None
    display: str | int | None = None
    song: str | None = None
    venue: str | None = None
    memory: Mapping[str, Any] = field(default_factory=dict)
    outputs: Sequence[Mapping[str, Any]] = ()

    def text(self) -> str:
        """The file."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, ensure_ascii=False) + "\n"


def session_file() -> Path:
    """Where it lies."""
    return platformdirs.user_state_path("vj", appauthor=False) / "session.json"


def claim(path: Path) -> IO[bytes] | None:
    """What keeps the session in `path` ours until it is closed or the program ends; None where another show has it, so
    that two shows at once never write over each other."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held = path.with_name(f"{path.name}.lock").open("ab")
    except OSError:
        return None
    if locked(held):
        return held
    held.close()
    return None


def read_session(path: Path) -> tuple[Session | None, str]:
    """The session in `path`, and what is to be said: one that cannot be read is set aside, and there is none then."""
    try:
        return parse_session(path.read_text(encoding="utf-8"), path), ""
    except FileNotFoundError:
        return None, "there is no session to go on with: this is a new one"
    except (OSError, UnicodeDecodeError, VjError) as error:
        what = error.what if isinstance(error, VjError) else str(error)
        aside = set_aside(path, "broken")
        return None, f"the last session cannot be read ({what}): it is set aside as {aside}; this is a new one"


def last_session() -> tuple[Session | None, str]:
    """The session of the last show, if there is one to go on with, and what is to be said."""
    session, note = read_session(session_file())
    if session is not None and session.setlist and not is_file(Path(session.setlist)):
        return replace(session, setlist=None), f"the setlist {session.setlist} is gone: it goes on without"
    return session, note


def sent_to(session: Session, chosen: Sequence[Asked], first: bool = False) -> tuple[tuple[Asked, ...], str]:
    """The `chosen` outputs and those of the session besides, and what is to be said of those that make no sense; of one
    name that of the session counts where it goes `first`."""
    kept, broken = [], []
    for told in session.outputs:
        try:
            kept.append(read(told, "--resume"))
        except VjError as error:
            broken.append(f"an output is not begun again: {error.what}")
    before, after = (kept, chosen) if first else (chosen, kept)
    names = {one.name for one in before}
    return (*before, *(one for one in after if one.name not in names)), "; ".join(broken)


def parse_session(text: str, path: Path) -> Session:
    """The session in `text`; raises VjError."""
    try:
        document = json.loads(text)
        if not isinstance(document, dict) or document.pop("format", None) != FORMAT:
            raise VjError("it is no session of this version", str(path), "begin a new one: vj live")
        session = Session(**document)
        words = (session.bundle, session.director or "", session.setlist or "", session.song or "", session.venue or "")
        right = all(isinstance(word, str) for word in words) and isinstance(session.memory, dict)
        right &= all(name is None or isinstance(name, str | int) for name in (session.device, session.display))
        right &= isinstance(session.outputs, list | tuple) and all(isinstance(one, dict) for one in session.outputs)
        if not right or not isinstance(session.seed, int):
            raise VjError("it does not say what a session says", str(path), "begin a new one: vj live")
    except (ValueError, TypeError, RecursionError) as error:
        raise VjError(f"it is damaged: {error}", str(path), "begin a new one: vj live") from error
    return session


def set_aside(path: Path, why: str) -> str:
    """Move `path` to a name of its own, and tell it; what was aside for the same reason before is lost."""
    aside = path.with_name(f"{path.stem}.{why}{path.suffix}")
    try:
        path.replace(aside)
    except OSError:
        return str(path)
    return str(aside)
