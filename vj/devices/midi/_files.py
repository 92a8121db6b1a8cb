"""The mapping files of a running show: read at the start, and again whenever one of them changes."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from vj.core.errors import ControlError
from vj.core.params import AnyParam
from vj.devices.midi._book import names
from vj.devices.midi._entry import Control
from vj.devices.midi.mapping import DeviceMap, map_for, normalised, read_map, read_maps

_Stamp = tuple[int, int, int]


class MapFiles:
    """The factory's maps and those in the user's `folder`, None for no such folder.

    Raises ControlError for a mistake at first; of a file that is broken later the last good map stays, and `notice`
    says what is wrong with it.
    """

    def __init__(self, table: Mapping[str, AnyParam], folder: Path | None) -> None:
        self._table = table
        self._folder = folder
        self._factory, _ = read_maps(table, None)
        self._stamps = self._look()
        self._own = {path: read_map(path, table) for path in self._stamps}
        self.notice = ""

    def of(self, port: str) -> DeviceMap:
        """The map of the device at `port`."""
        return map_for(port, self._table, self._factory, [self._own[path] for path in sorted(self._own)])

    def file_of(self, port: str) -> Path | None:
        """The user's file of the device at `port`, the last that speaks of it; None if there is none."""
        name = normalised(port).casefold()
        return next(
            (path for path in sorted(self._own, reverse=True) if self._own[path].match.casefold() in name), None
        )

    def binds(self, port: str, control: Control) -> bool:
        """Whether `control` of the device at `port` would still be bound if the user's files did not name it."""
        own = [
            replace(file, entries=tuple(entry for entry in file.entries if entry.control != control), silent=())
            for file in self._own.values()
        ]
        return bool(names(control, map_for(port, self._table, self._factory, own).entries))

    def refresh(self) -> bool:
        """Read again what was written since the last look. Whether anything was; a map may have changed then."""
        stamps = self._look()
        if stamps == self._stamps:
            return False
        before, self._stamps = self._stamps, stamps
        for path in [path for path in self._own if path not in stamps]:
            del self._own[path]
            self.notice = f"{path.name} is gone, and its bindings with it"
        for path in [path for path, stamp in stamps.items() if before.get(path) != stamp]:
            try:
                self._own[path] = read_map(path, self._table)
                self.notice = f"{path.name} has changed: its bindings hold from now on"
            except ControlError as error:
                kept = "the bindings before hold on" if path in self._own else "it binds nothing yet"
                self.notice = f"{path.name} is broken, {kept}: {error.what} ({error.where})"
        return True

    def _look(self) -> dict[Path, _Stamp]:
        """What tells one version of each of the user's files from another."""
        found: dict[Path, _Stamp] = {}
        for path in sorted(self._folder.glob("*.toml")) if self._folder is not None else ():
            try:
                stat = path.stat()
            except OSError:  # gone between the two, as files are when they are replaced
                continue
            found[path] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        return found
