"""Takes out of a text who somebody is: names of people, machines, folders, files and networks."""

import getpass
import os
import re
import socket
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

#: Where the part of a path begins that is the program's own, and tells nothing of whose machine it is.
_OURS = ("/vj/", "/site-packages/", "/lib/python3", "/dev/snd/", "/dev/dri/", "/usr/lib/")
#: Files of songs, films and evenings by their ends; before those there may be blanks.
_FILES = "wav|aiff?|flac|mp3|ogg|opus|m4a|aac|wma|alac|mp4|mov|mkv|webm|avi|gif|png|jpe?g|webp|exr|mid|toml|jsonl|csv"
_PATH = re.compile(r"(?<![\w.])(?:[A-Za-z]:)?(?:[/\\][^/\\\s:'\"<>|*?]+){2,}[/\\]?")
#: Where an error says that something is, up to the end of its line.
_WHERE = re.compile(r"(?m)(?<=  where: )(?:[A-Za-z]:)?[/\\~].*$")
#: Folders in which people keep things: no address of a parameter begins so.
_FOLDERS = {"home", "Users", "media", "mnt", "Volumes", "tmp", "var", "root", "private", "run"}
#: A path from there may have blanks in it: it goes to the last folder that its line has, and one word on.
_KEPT = re.compile(
    rf"(?<![\w.<])(?:[A-Za-z]:)?[/\\](?:<home>|{'|'.join(sorted(_FOLDERS))})[/\\](?:[^\n:'\"<>|*?]*[/\\])?[^/\\\s:'\"<>|*?]*"
    rf"(?:[^/\\\n:'\"<>|*?]*?\.(?:{_FILES})\b)?",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"(?P<q>['\"])(?:[A-Za-z]:)?[/\\~][^'\"\n]*(?P=q)")
_FILE = re.compile(rf"(?<![:\w])[\w(\[][^\n'\":;,/\\|<>=]*?\.(?:{_FILES})\b", re.IGNORECASE)
_SHOWN = re.compile(r"\b(?:show|crashes|report|bundle|pyproject|setlist|performance|default)\.\w+\b")
_ADDRESS = re.compile(
    r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b|\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}\b"
    r"|\bfe80::[0-9a-f:]+",
    re.IGNORECASE,
)
_MAIL = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")
_TOKEN = re.compile(r"\b(token|password|secret|key)([ =:]+)\S+", re.IGNORECASE)
_LOOPBACK = ("127.0.0.1", "0.0.0.0")


class Scrub:
    """Knows who is here: `names` and what they are replaced by; `count` is how often anything was. What begins with one
    of `roots`, such as "fx", is the address of a parameter and no path."""

    def __init__(
        self,
        names: Iterable[tuple[str, str]] | None = None,
        home: Path | None = None,
        roots: Collection[str] = (),
    ) -> None:
        self.count = 0
        self._roots = set(roots) - _FOLDERS
        self._home = str(home or Path.home())
        found = sorted(set(names or here()), key=lambda each: -len(each[0]))
        self._names = [
            (re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", re.IGNORECASE), word)
            for name, word in found
            if len(name) >= 3
        ]

    def __call__(self, text: str) -> str:
        """`text` without them."""
        text = self._each(_WHERE, lambda m: self._path(m[0]), text)
        text = self._each(_QUOTED, lambda m: f"{m['q']}{self._path(m[0][1:-1])}{m['q']}", text)
        if len(self._home) > 3:
            text = self._each(re.compile(re.escape(self._home)), lambda m: "/<home>", text)
        text = self._each(_KEPT, lambda m: self._path(m[0]), text)
        text = self._each(_PATH, lambda m: self._path(m[0]), text)
        text = self._each(_MAIL, lambda m: "<mail>", text)
        text = self._each(_ADDRESS, lambda m: m[0] if m[0] in _LOOPBACK else "<address>", text)
        text = self._each(_TOKEN, lambda m: f"{m[1]}{m[2]}<secret>", text)
        text = self._each(_FILE, lambda m: m[0] if _SHOWN.fullmatch(m[0]) else "<file>", text)
        for pattern, word in self._names:
            text = self._each(pattern, lambda m, word=word: word, text)  # type: ignore[misc]
        return text

    def _each(self, pattern: "re.Pattern[str]", word: "Callable[[re.Match[str]], str]", text: str) -> str:
        def told(match: "re.Match[str]") -> str:
            made = word(match)
            self.count += made != match[0]
            return made

        return pattern.sub(told, text)

    def _path(self, path: str) -> str:
        """What of a path is told: the part that is the program's own."""
        plain = path.replace("\\", "/")
        if path.startswith("/") and path.split("/")[1] in self._roots:
            return path
        for mark in _OURS:
            at = plain.rfind(mark)
            if at >= 0:
                return f"<path>{plain[at:]}" if at else plain
        return "<path>"


def here() -> Iterator[tuple[str, str]]:
    """Names of who uses this machine and of the machine itself."""
    try:
        user = getpass.getuser()
        yield user, "<user>"
        import pwd

        full = pwd.getpwnam(user).pw_gecos.split(",")[0]
        yield full, "<user>"
        for name in full.split():
            yield name, "<user>"
    except (ImportError, KeyError, OSError):
        pass
    for variable in ("USER", "LOGNAME", "USERNAME", "SUDO_USER"):
        yield os.environ.get(variable, ""), "<user>"
    yield Path.home().name, "<user>"
    for name in (socket.gethostname(), socket.getfqdn()):
        for each in {name, name.split(".")[0]} - {"localhost"}:
            yield each, "<host>"
