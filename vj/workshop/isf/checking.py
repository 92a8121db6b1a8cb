"""What becomes of a folder of shaders: each is compiled, drawn and listened with, and told in a line."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vj.core.errors import BundleError, VjError
from vj.core.isf.source import Source
from vj.core.types import F32, U8
from vj.generators.shader import sound
from vj.generators.shader.moving import Moving
from vj.generators.shader.process import Process
from vj.generators.shader.recipe import SUFFIXES, Cast
from vj.workshop.isf.measuring import drawn, opacity, tries

#: What a file can be: all that `works` is drawn, and with sound moves.
KINDS = ("draws", "still", "black", "refused")
#: What is heard where nothing is.
DEAF: tuple[F32, F32] = (np.zeros(2048, np.float32), np.zeros(1025, np.float32))


@dataclass(frozen=True)
class Verdict:
    """`kind` is one of KINDS; `role` what the file is, and `why` what was said of one that does not draw."""

    file: Path
    kind: str
    role: str = ""
    why: str = ""

    @property
    def works(self) -> bool:
        """Whether it can be played."""
        return self.kind == "draws"


def shaders(folder: Path) -> list[Path]:
    """All shader files in a folder and its folders, in their order; the file itself where it is one."""
    if folder.is_file():
        return [folder]
    found = (file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES and file.suffix.lower() != ".vs")
    return sorted(file for file in found if file.is_file())


def checked(files: Sequence[Path]) -> Iterator[Verdict]:
    """A verdict for each of `files`, in their order; several are looked at together, each in a process of its own."""
    with ThreadPoolExecutor(min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2, 8)) as pool:
        yield from pool.map(_verdict, files)


def _verdict(file: Path) -> Verdict:
    try:
        return _looked_at(file)
    except VjError as error:
        return Verdict(file, "refused", "", f"{error.what} ({error.where})" if error.where else error.what)


def _looked_at(file: Path) -> Verdict:
    """Raises VjError for what cannot be read, does not compile or does not end."""
    source = Source.read(file)
    moving = Moving(Cast(file, False, {}))
    role = _role(source, moving)
    with closing(Process([file], None)) as process:
        try:
            opaque = opacity(process, moving, file)
        except BundleError as error:
            if process.over:
                raise
            return Verdict(file, "black", role, error.what)
        if moving.listens and not _hears(process, moving, opaque):
            return Verdict(file, "still", role, "it looks at sound, and does not move with it")
    return Verdict(file, "draws", role)


def _hears(process: Process, moving: Moving, opaque: bool) -> bool:
    """Whether sound makes a difference to it."""
    for values in tries(moving):
        loud, deaf = (_heard(process, values, opaque, heard) for heard in (sound.sample(), DEAF))
        if (loud != deaf).any():
            return True
    return False


def _heard(process: Process, values: dict[str, object], opaque: bool, heard: tuple[F32, F32]) -> U8:
    return drawn(process, values, {"opaque": opaque}, 5.0, process.remembers[0], heard=heard)


def _role(source: Source, moving: Moving) -> str:
    names = {entry["NAME"] for entry in source.inputs}
    if {"startImage", "endImage", "progress"} <= names:
        return "transition"
    if any(entry["TYPE"] == "image" for entry in source.inputs):
        return "filter"
    return "audio" if moving.listens else "toy" if source.toy else "generator"
