"""An ISF file, Shadertoy's `mainImage`, or a folder of them becomes a bundle that is ready to be played."""

import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit

from vj.core.errors import BundleError, VjError
from vj.core.isf.source import Source
from vj.core.written import is_file
from vj.generators.bundle.manifest import MANIFEST, read_bundle
from vj.generators.bundle.opening import open_generator
from vj.generators.shader.knobs import GROUPS, Z
from vj.generators.shader.playing import located
from vj.generators.shader.process import Process
from vj.generators.shader.recipe import KIND, SUFFIXES, Cast
from vj.workshop.isf.measuring import Measured, measured
from vj.workshop.manifest import sha256
from vj.workshop.progress import Say, quiet
from vj.workshop.sheets import drawing

#: What a bundle's pictures are until there is time for larger ones.
RESOLUTION = (384, 216)
#: What it is measured at.
SMALL = (160, 90)
#: Faders that a show has for directions.
_FADERS = 8
_SAMPLES = 3
_FRAGMENTS = tuple(suffix for suffix in SUFFIXES if suffix != ".vs")


@dataclass
class Found:
    """The files of a bundle: a class each by name, the transition if there is one, `notes` on what was left out."""

    classes: dict[str, Path]
    transition: Path | None
    notes: list[str]

    def leave(self, label: str, error: VjError) -> None:
        """Go on without a class; raises `error` where there is no other."""
        file = self.classes.pop(label)
        self.notes.append(_left_out(file, error))
        if not self.classes:
            raise error


def _left_out(file: Path, error: VjError) -> str:
    where = f" ({error.where})" if error.where else ""
    return f"left out {file.name}: {error.what.removeprefix(f'{file.name}: ')}{where}"


def is_shader(path: Path) -> bool:
    """Whether `path` is a shader, or a folder that has some in it and is no bundle."""
    if path.is_dir():
        return not (path / MANIFEST).is_file() and any(file.suffix in _FRAGMENTS for file in path.iterdir())
    return path.suffix in _FRAGMENTS and path.is_file()


def write(path: Path, folder: Path, name: str, licence: str = "", link: bool = False, say: Say = quiet) -> None:
    """Write the bundle of the shader, or the folder of them, at `path` into `folder`.

    With `link` the bundle's files are links to those, so that whoever edits them sees the change at once. Of a folder,
    files that do not compile, draw nothing or do not end are left out, and noted. Raises VjError naming the file where
    no other is left.
    """
    found = gathered(path)
    told: dict[str, Measured] = {}
    count = len(found.classes)
    for done, (label, file) in enumerate(tuple(found.classes.items())):
        say(f"looking at {label}", done / count)
        try:
            copies, notes = _copied(file, folder, link)
            told[label] = measured(Cast(folder / file.name, False, {}), file)
            found.notes += notes
        except VjError as error:
            for copy in copies:
                copy.unlink()
            found.leave(label, error)
    if found.transition:
        _carry(found, folder, link)
    sources = [Source.read(file) for file in found.classes.values()]
    facts = _facts(folder, name, licence or _licence(sources), path, found, told)
    _write(folder, facts)
    with closing(open_generator(str(folder), SMALL)) as generator:
        generator.usual = SMALL
        moved = drawing.turn_angles(generator, _SAMPLES, 4, say)
    facts["turn"] = {group: pair[0] for group, pair in moved.items()}
    facts["turn_angle"] = {group: pair[1] for group, pair in moved.items()}
    _write(folder, facts)
    say("drawing the poster", 1.0)
    poster(folder)


def gathered(path: Path) -> Found:
    """What is at `path`, what cannot be read left out. Raises VjError where there is nothing to draw."""
    files = sorted(f for f in path.iterdir() if f.suffix in _FRAGMENTS) if path.is_dir() else [path]
    found = Found({}, None, [])
    last: VjError = BundleError("there is no shader to draw with", str(path), "a transition needs two others beside it")
    for file in files:
        try:
            names = {entry["NAME"] for entry in Source.read(file).inputs}
        except VjError as error:
            found.notes.append(_left_out(file, error))
            last = error
            continue
        if len(files) == 1 or not {"startImage", "endImage", "progress"} <= names:
            found.classes[_label(file, found.classes)] = file
        elif found.transition is None:
            found.transition = file
        else:
            found.notes.append(f"left out {file.name}: {found.transition.name} is the transition")
    if not found.classes:
        raise last
    return found


def _carry(found: Found, folder: Path, link: bool) -> None:
    """Put the transition into `folder`, if it can be drawn with."""
    assert found.transition is not None
    copies, notes = _copied(found.transition, folder, link)
    first = next(iter(found.classes.values()))
    try:
        Process([folder / first.name], folder / found.transition.name).close()
        found.notes += notes
    except VjError as error:
        for copy in copies:
            copy.unlink()
        found.notes.append(_left_out(found.transition, error))
        found.transition = None


def _label(file: Path, taken: Mapping[str, Path]) -> str:
    """A class name of a file's name, unlike the others."""
    plain = " ".join("".join(c if c.isalnum() else " " for c in file.stem).lower().split()) or "shader"
    label, number = plain, 2
    while label in taken:
        label, number = f"{plain} {number}", number + 1
    return label


def _copied(file: Path, folder: Path, link: bool) -> tuple[list[Path], list[str]]:
    """Put a shader, its vertex shader and its pictures into `folder`: what was put there, and what there is to say."""
    source = Source.read(file)
    wanted, notes = [file, *([file.with_suffix(".vs")] if source.vertex else [])], []
    for name, paths in source.imported:
        there = [located(file, one) for one in paths]
        wanted += [one for one in there if is_file(one)]
        notes += [f"{file.name} lacks {one.name}, which it calls {name}" for one in there if not is_file(one)]
    copies = []
    for one in wanted:
        copy = folder / one.name
        if copy.exists():
            continue
        copies.append(copy)
        if link:
            os.symlink(one.resolve(), copy)
        else:
            shutil.copyfile(one, copy)
    return copies, notes


def _facts(
    folder: Path,
    name: str,
    licence: str,
    path: Path,
    found: Found,
    told: Mapping[str, Measured],
) -> dict[str, Any]:
    """All of the manifest but turns."""
    strong: dict[str, float] = {}
    for one in told.values():
        for key, effect in one.effects.items():
            strong[key] = max(strong.get(key, 0.0), effect)
    directions = sorted(strong, key=lambda key: -strong[key])[:_FADERS]
    classes = {
        label: {"file": found.classes[label].name, "opaque": one.opaque, **one.groups} for label, one in told.items()
    }
    files = sorted(file.name for file in folder.iterdir() if file.name != MANIFEST)
    return {
        "kind": KIND,
        "name": name,
        "licence": licence,
        "resolution": list(RESOLUTION),
        "psi": [0.0, 1.4],
        "classes": list(told),
        "directions": directions,
        "shapes": {"z": Z, "w": Z, "layers": len(GROUPS), "classes": len(told)},
        "groups": {group: [k, k + 1] for k, group in enumerate(GROUPS)},
        "source": {"file": path.name, "notes": found.notes},
        "shader": {
            **({"transition": found.transition.name} if found.transition else {}),
            "remembers": any(one.remembers for one in told.values()),
            "classes": classes,
        },
        "files": {file: sha256(folder / file) for file in files},
    }


def _licence(sources: Iterable[Source]) -> str:
    """What the headers say of whose they are."""
    credits = {str((source.header or {}).get("CREDIT", "")).strip() for source in sources} - {""}
    return f"as its authors say: {'; '.join(sorted(credits))}" if credits else "unknown"


def _write(folder: Path, facts: Mapping[str, Any]) -> None:
    text = f"# Written by: vj models import\n{tomlkit.dumps(facts)}"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def poster(folder: Path) -> None:
    """Write `poster.png`: each class once with its name, at most sixteen."""
    classes = read_bundle(folder).classes[:16]
    with closing(open_generator(str(folder))) as generator:
        pictures = [next(iter(drawing.seeds(generator, name, 1, 0.6))) for name in classes]
    pictures = drawing.named(pictures, list(classes)) if len(classes) > 1 else pictures
    across = len(pictures) if len(pictures) <= 5 else min((4, 3, 5), key=lambda count: -len(pictures) % count)
    pictures += [pictures[0] * 0] * (-len(pictures) % across)
    rows = [pictures[k : k + across] for k in range(0, len(pictures), across)]
    drawing.poster(rows).save(folder / "poster.png", optimize=True)
