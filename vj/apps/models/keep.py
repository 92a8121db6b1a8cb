"""Where the user's bundles are kept: put there whole or not at all, and taken away."""

import os
import re
import shutil
import tempfile
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

from vj.core.errors import BundleError, nearest
from vj.core.shelf import names
from vj.core.written import parse_toml
from vj.generators.bundle.manifest import MANIFEST, find_bundle, homes, read_bundle
from vj.generators.bundle.verify import findings

#: Unfinished imports lie here, beside the bundles, where no search for bundles looks.
_PARTIAL = ".partial"
#: What is left of an import that was killed is swept away by the next one, after so many seconds.
_STALE = 6 * 3600.0
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LONGEST = 64
#: Suffixes behind which the name of a file has another.
_PACKED = (".gz", ".bz2", ".xz")
#: Files that are copied with a bundle besides those it has checksums of.
_BESIDE = (MANIFEST, "README.md", "poster.png")


def bundle_name(asked: str | None, path: Path) -> str:
    """The name of a new bundle: what was asked for, put right where it need be, or made of the file's own.

    Raises BundleError, which offers a name, for one that is taken, that leads out of the folder or has nothing to keep.
    """
    fallback = path.name if path.is_dir() else path.with_suffix("").stem if path.suffix in _PACKED else path.stem
    name = _slug(fallback if asked is None else asked)
    if asked is None:
        name = name or "unnamed"
    elif not name or asked.startswith((".", "/", "\\")) or ".." in asked:
        hint = f"--name {name or _slug(fallback) or 'mine'}: small letters a-z, digits, - and _, at most {_LONGEST}"
        raise BundleError(f"{asked!r} is no name for a bundle", "--name", hint)
    shipped = {folder.parent.name for folder in homes()[0].glob(f"*/{MANIFEST}")}
    if name in shipped or name in names("generators"):
        raise BundleError(f"{name!r} is the name of a generator that comes with vj", "--name", f"--name {name}-2")
    return name


def _slug(words: str) -> str:
    """`words` as the name of a bundle: small, without accents, - for whatever no name has; "" where nothing is left."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_-]+", "-", plain).strip("-_")[:_LONGEST].rstrip("-_")


def keep(name: str, make: Callable[[Path], None], force: bool = False) -> Path:
    """The folder of the user's bundle `name`, which `make` writes; nothing is left of it where `make` fails.

    Raises BundleError where there is such a bundle already, unless `force`.
    """
    home = homes()[1]
    target = free(name, force)
    partial = home / _PARTIAL
    try:
        partial.mkdir(parents=True, exist_ok=True)
        _sweep(partial)
        place = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=partial))
    except OSError as error:
        raise BundleError(f"the folder of bundles cannot be written: {error.strerror}", str(home), "") from error
    fresh = place / name
    try:
        fresh.mkdir()
        make(fresh)
        read_bundle(fresh)
        if target.exists():
            target.rename(place / "old")
        try:
            fresh.rename(target)
        except OSError:
            if (place / "old").exists():
                (place / "old").rename(target)
            raise
    except OSError as error:
        raise BundleError(f"the bundle cannot be written: {error.strerror}", str(place), "is the disk full?") from error
    finally:
        shutil.rmtree(place, ignore_errors=True)
        if partial.is_dir() and not any(partial.iterdir()):
            partial.rmdir()
    return target


def free(name: str, force: bool = False) -> Path:
    """Where the bundle `name` would be kept; raises BundleError where there is one already, unless `force`."""
    target = homes()[1] / name
    if target.exists() and not force:
        raise BundleError(f"there is a bundle {name!r} already", str(target), "give --name, or --force to replace it")
    return target


def check(folder: Path, tick: Callable[[str], None] = lambda step: None) -> None:
    """Raise BundleError with the first thing that is wrong with the bundle in `folder`; `tick` is told each finding."""
    tick("trying it out")
    for finding in findings(folder):
        tick(f"trying it out: {finding.text}")
        if finding.fault:
            raise BundleError(
                f"it would not play: {finding.text}", folder.name, "correct the options, or export it again"
            )


def notes(folder: Path) -> list[str]:
    """What the import of the bundle in `folder` took for granted, a sentence each."""
    source = parse_toml((folder / MANIFEST).read_text(encoding="utf-8")).get("source", {})
    return [str(note) for note in source.get("notes", ())]


def copy_bundle(source: Path, folder: Path) -> None:
    """Copy the files of the bundle at `source` that its manifest names, once their checksums are right."""
    bundle = read_bundle(source)
    for name in (*bundle.files, *_BESIDE):
        inside = (source / name).resolve().is_relative_to(source.resolve())
        if not inside or Path(name).name != name:
            raise BundleError(f"{MANIFEST} names a file outside its folder: {name!r}", str(source), "mend the bundle")
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)


def remove(name: str) -> Path:
    """Remove the user's bundle `name` and say where it was; raises BundleError for a shipped or unknown one."""
    folder = own_bundle(name)
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise BundleError(f"the bundle cannot be removed: {error.strerror}", str(folder), "who owns it?") from error
    return folder


def own_bundle(name: str) -> Path:
    """The folder of the user's bundle `name`; raises BundleError for a shipped one, a path, and an unknown name."""
    home = homes()[1]
    if _NAME.fullmatch(name) and (home / name / MANIFEST).is_file():
        return home / name
    if (homes()[0] / name / MANIFEST).is_file():
        raise BundleError(f"{name!r} comes with vj and stays", str(find_bundle(name)), "only your own can be removed")
    mine = [folder.parent.name for folder in home.glob(f"*/{MANIFEST}")]
    raise BundleError(f"there is no bundle {name!r} of yours", str(home), nearest(name, mine))


def _sweep(partial: Path) -> None:
    """Remove what killed imports left."""
    for left in partial.iterdir():
        if time.time() - os.stat(left).st_mtime > _STALE:
            shutil.rmtree(left, ignore_errors=True)
