"""The folder of a performance that is being recorded: what is copied into it, and the files that grow."""

import errno
import json
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vj.core.errors import OutputError
from vj.engine.performance import LOG, LOOKS, MEDIA, PALETTES, PRESETS, SETLIST, SOUND, STATE
from vj.outputs.performance.paper import Paper, sync_folder

#: Bytes of the file that says how far it came: written over in place, which a full disk allows.
STATE_BYTES = 4096


@dataclass(frozen=True)
class Attached:
    """What a replay needs besides log and sound."""

    setlist: Path | None = None
    looks: tuple[Path, ...] = ()
    presets: Path | None = None
    palettes: tuple[Path, ...] = ()
    media: Path | None = None

    def copies(self) -> list[tuple[Path, Path]]:
        """(file, where it goes in the folder)."""
        presets = self.presets.glob("*/*.toml") if self.presets is not None else ()
        media = [path for path in self.media.rglob("*") if path.is_file()] if self.media is not None else []
        return [
            *([(self.setlist, Path(SETLIST))] if self.setlist is not None else []),
            *((look, Path(LOOKS) / look.name) for look in self.looks),
            *((preset, Path(PRESETS) / preset.parent.name / preset.name) for preset in presets),
            *((palette, Path(PALETTES) / palette.name) for palette in self.palettes),
            *((path, Path(MEDIA) / path.relative_to(self.media)) for path in media if self.media is not None),
        ]


class Folder:
    """`log` is open from the beginning, `sound` when there is some. Raises OutputError if the folder cannot be made, or
    holds a performance already."""

    def __init__(self, path: Path, attached: Attached) -> None:
        self.path = path
        self.sound: Paper | None = None
        self._saying = threading.Lock()
        try:
            path.mkdir(parents=True, exist_ok=True)
            self.log = Paper(path / LOG)
            for file, place in attached.copies():
                (path / place).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, path / place)
            self._state = Paper(path / STATE)
            self._state.put(b" " * STATE_BYTES)
            self._state.push()
        except OSError as error:
            raise OutputError("the performance cannot be written", str(path), f"name a new folder: {error}") from error
        sync_folder(path)

    def open_sound(self) -> Paper:
        """The file of the sound, which begins now."""
        self.sound = Paper(self.path / SOUND)
        sync_folder(self.path)
        return self.sound

    def push(self) -> None:
        """Hand all that waits to the system; OSError where it does not take it, or where nobody will ever find it."""
        if not (self.path / LOG).exists():
            raise FileNotFoundError(errno.ENOENT, "its folder was taken away")
        for paper in filter(None, (self.sound, self.log)):
            paper.push()

    def sync(self) -> None:
        """Have it on the disk, the sound before what tells of it."""
        for paper in filter(None, (self.sound, self.log, self._state)):
            paper.sync()

    @property
    def waiting(self) -> int:
        """Bytes that the system has not taken."""
        return self.log.waiting + (self.sound.waiting if self.sound else 0)

    def say(self, state: dict[str, Any]) -> None:
        """Write how far it came."""
        text = json.dumps(state)[: STATE_BYTES - 1] + "\n"
        with self._saying:
            self._state.patch(0, text.ljust(STATE_BYTES).encode()[:STATE_BYTES])

    def close(self) -> None:
        """Let go of the files."""
        for paper in filter(None, (self.sound, self.log, self._state)):
            paper.close()
