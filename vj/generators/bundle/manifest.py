"""A generator bundle: a folder whose `bundle.toml` says all that must be known before its networks are opened."""

import hashlib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import platformdirs

from vj.core.errors import BundleError, nearest
from vj.core.shelf import share
from vj.core.types import LatentSpec, thirds
from vj.core.written import is_file, parse_toml, path_of

MANIFEST = "bundle.toml"
CLASSES = "classes.txt"
#: What the classes are, for performers: `name: words` a line. A bundle need not have it.
CLASS_WORDS = "words.txt"
DIRECTIONS = "directions.safetensors"
#: The same as shaders, which any card with OpenGL plays. A bundle need not have them.
SHADERS = "shaders.zip"
#: What may be asked to play a bundle that has both.
RUNTIMES = ("glsl", "onnx")
#: The variable of the environment where a process and those it starts look up which.
RUNTIME = "VJ_RUNTIME"
#: Radians of a turn of coarse, middle and fine styles where a bundle does not say; measured on `worlds`.
TURN_ANGLES = (0.45, 0.75, 1.15)
#: Endings of shaders, which a performer may write on while they play.
_EDITED = (".fs", ".frag", ".glsl", ".vs")
#: Keys every manifest has, and what they hold.
_REQUIRED: Mapping[str, type] = {
    "kind": str,
    "name": str,
    "licence": str,
    "resolution": list,
    "psi": list,
    "shapes": dict,
    "groups": dict,
    "files": dict,
}


@dataclass(frozen=True)
class Bundle:
    """What `bundle.toml` declares.

    kind        the runtime on the shelf of generators that can play it ("onnx")
    resolution  native (width, height) in pixels
    shapes      sizes: "z" Z, "w" W, "layers" L, "classes" C
    groups      style group -> half-open range of style layers, from coarse to fine
    psi         the useful truncation range
    turn        style group -> mean OKLab distance between pictures that differ in that group only, where measured
    turn_angle  style group -> radians of z that make one turn, near by; see LatentSpec
    latent      statistics of z and w, as the workshop wrote them
    """

    folder: Path
    kind: str
    name: str
    licence: str
    resolution: tuple[int, int]
    shapes: Mapping[str, int]
    groups: Mapping[str, tuple[int, int]]
    classes: tuple[str, ...]
    psi: tuple[float, float]
    directions: tuple[str, ...] = ()
    turn: Mapping[str, float] = field(default_factory=dict)
    turn_angle: Mapping[str, float] = field(default_factory=dict)
    latent: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def spec(self) -> LatentSpec:
        """How a walker may steer it."""
        spans = tuple(stop - start for start, stop in self.groups.values())
        usual = (TURN_ANGLES[third] for third in thirds(len(spans)))
        turns = tuple(float(self.turn_angle.get(name, angle)) for name, angle in zip(self.groups, usual, strict=True))
        return LatentSpec(tuple(self.groups), spans, self.shapes["z"], self.classes, self.directions, self.psi, turns)

    @property
    def layer_groups(self) -> tuple[int, ...]:
        """[L] number of the style group that steers each layer."""
        return tuple(g for g, (start, stop) in enumerate(self.groups.values()) for _ in range(start, stop))

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that change whenever a file of the bundle does."""
        return hashlib.sha256("".join(sorted(self.files.values())).encode()).hexdigest()[:12]


def homes() -> tuple[Path, ...]:
    """Folders searched for bundles: the shipped ones first, then the user's own."""
    return share("models"), platformdirs.user_data_path("vj", appauthor=False) / "models"


def bundle_names() -> list[str]:
    """Names of all bundles that can be found, sorted."""
    return sorted({path.parent.name for home in homes() for path in home.glob(f"*/{MANIFEST}")})


def graphs_of(bundle: Bundle) -> Bundle:
    """`bundle`, which has networks; BundleError for one of another kind."""
    if bundle.kind != "onnx":
        raise BundleError(f"{bundle.name} has no network: it is a {bundle.kind}", str(bundle.folder), "name another")
    return bundle


def find_bundle(name_or_path: str | Path) -> Path:
    """The folder of a bundle given by name or by path; raises BundleError with the nearest known name."""
    for folder in (*(home / str(name_or_path) for home in homes()), path_of(name_or_path)):
        if is_file(folder / MANIFEST):
            return folder
    raise BundleError(
        f"there is no bundle {str(name_or_path)!r}",
        where=", ".join(str(home) for home in homes()),
        hint=nearest(str(name_or_path), bundle_names()),
    )


def read_bundle(folder: str | Path, verify: bool = True) -> Bundle:
    """Read and check the bundle in `folder`; `verify` compares the sha256 of each of its files.

    Raises BundleError for a missing or wrong key, a missing file and a checksum that differs.
    """
    path = Path(folder) / MANIFEST
    manifest = _manifest(path)
    if verify:
        _verify(path, manifest["files"], _EDITED if manifest["kind"] == "shader" else ())
    shapes = {key: _positive(path, f"shapes.{key}", manifest["shapes"].get(key)) for key in ("z", "w", "layers")}
    classes = _classes(path, manifest)
    if "classes" in manifest["shapes"] and manifest["shapes"]["classes"] != len(classes):
        raise _wrong(path, "shapes.classes", f"{len(classes)}, the number of class names")
    return Bundle(
        folder=path.parent,
        kind=manifest["kind"],
        name=manifest["name"],
        licence=manifest["licence"],
        resolution=_resolution(path, manifest["resolution"]),
        shapes={**shapes, "classes": len(classes)},
        groups=_groups(path, manifest["groups"], shapes["layers"]),
        classes=classes,
        psi=_range(path, manifest["psi"]),
        directions=tuple(manifest.get("directions", ())),
        turn=manifest.get("turn", {}),
        turn_angle=manifest.get("turn_angle", {}),
        latent=manifest.get("latent", {}),
        files=manifest["files"],
    )


def _manifest(path: Path) -> dict[str, Any]:
    """The manifest with its required keys present and of the right type."""
    try:
        manifest = parse_toml(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BundleError(f"a bundle needs a {MANIFEST}", str(path.parent), "give the folder of a bundle") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BundleError(f"{MANIFEST} is damaged: {error}", str(path), "copy the bundle again") from error
    for key, kind in _REQUIRED.items():
        if key not in manifest:
            raise BundleError(f"{MANIFEST} has no {key!r}", str(path), f"add {key} = ...; models/worlds shows one")
        if not isinstance(manifest[key], kind):
            raise _wrong(path, key, f"a TOML {_TOML[kind]}")
    return manifest


_TOML: Mapping[type, str] = {str: "string", list: "array", dict: "table"}


def digest_of(file: Path) -> str:
    """SHA-256 of a file, which is never in memory as a whole."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _verify(path: Path, files: Mapping[str, Any], edited: tuple[str, ...] = ()) -> None:
    """Every listed file is there and unchanged, but for those that are there to be `edited`, by their endings."""
    for name, expected in files.items():
        file = path.parent / name
        if not is_file(file):
            raise BundleError(f"the bundle lacks {name}", str(path.parent), "copy the bundle again, all files of it")
        if file.suffix in edited:
            continue
        found = digest_of(file)
        if found != expected:
            raise BundleError(
                f"{name} is not the file the bundle was made with (sha256 {found[:12]}, not {str(expected)[:12]})",
                str(file),
                f"copy the bundle again, or write the new checksum into {MANIFEST} if you changed {name} on purpose",
            )


def _classes(path: Path, manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Class names from the manifest, or from classes.txt with one name a line."""
    file = path.parent / CLASSES
    listed = manifest.get("classes")
    if not isinstance(listed, list | None):
        raise _wrong(path, "classes", "a list of names")
    if listed is None and file.is_file():
        try:
            listed = file.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise BundleError(f"{CLASSES} is damaged: {error}", str(file), "copy the bundle again") from error
    names = tuple(str(name).strip() for name in listed or () if str(name).strip())
    if not names:
        raise BundleError("the bundle names no class", str(path), f"list them in {CLASSES}, one a line")
    return names


def class_words(folder: Path) -> dict[str, str]:
    """Class -> what it is, as far as the bundle in `folder` says so."""
    try:
        lines = (folder / CLASS_WORDS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    return {name.strip(): words.strip() for name, _, words in (line.partition(":") for line in lines)}


def _groups(path: Path, groups: Mapping[str, Any], layers: int) -> dict[str, tuple[int, int]]:
    """The style groups, which must cover layers 0..L in order and without a gap."""
    spans: dict[str, tuple[int, int]] = {}
    at = 0
    for name, span in groups.items():
        whole = isinstance(span, list) and len(span) == 2 and all(type(end) is int for end in span)
        if not (whole and span[0] == at and at < cast(int, span[1]) <= layers):
            raise _wrong(path, f"groups.{name}", f"[first, end) and begin at layer {at}, within {layers} layers")
        spans[name] = (at, span[1])
        at = span[1]
    if at != layers:
        raise _wrong(path, "groups", f"spread over all {layers} layers; it ends at {at}")
    return spans


def _resolution(path: Path, value: list[Any]) -> tuple[int, int]:
    if len(value) != 2:
        raise _wrong(path, "resolution", "[width, height]")
    return _positive(path, "resolution", value[0]), _positive(path, "resolution", value[1])


def _range(path: Path, value: list[Any]) -> tuple[float, float]:
    if (
        len(value) != 2
        or not all(isinstance(v, int | float) and math.isfinite(v) for v in value)
        or value[0] > value[1]
    ):
        raise _wrong(path, "psi", "[lowest, highest]")
    return float(value[0]), float(value[1])


def _positive(path: Path, key: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise _wrong(path, key, f"a whole number above 0, not {value!r}")
    return value


def _wrong(path: Path, key: str, must: str) -> BundleError:
    return BundleError(f"{key} in {MANIFEST} must be {must}", str(path), "correct it; models/worlds shows one")
