"""Pictures of a film, or of a folder, as training wants them: one size, evenly chosen, kept in one file.

Decoding streams, and the file is mapped and not read, so memory does not grow with the film.
"""

import json
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from PIL import Image, ImageOps, UnidentifiedImageError

from vj.core.errors import VjError
from vj.core.types import U8

Size = tuple[int, int]
#: Pixels of a picture where no size is asked for: those of 200x100.
AREA = 20_000
#: Sides of a picture, at the least and at the most.
_LEAST_PX = 32
_MOST_PX = 1024
#: A training wants at least so many pictures.
_LEAST_PICTURES = 16
#: Levels of 255 by which they differ from their mean, at the least.
_LEAST_SPREAD = 0.5
#: Pictures whose mean is less than this, of 255, are black.
_BLACK = 4.0
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
_HINT = "give a film that FFmpeg decodes, or a folder of pictures"


def kept(source: Path, folder: Path, size: Size | None, most: int, say: Callable[[str], None]) -> U8:
    """[N, height, width, 3] at most `most` pictures of `source`, in order, decoded once and then kept in `folder`.

    `size` is (width, height), or None for the film's own shape at about AREA pixels. Raises VjError for what is
    neither film nor folder of pictures, and for too few pictures, black ones and such as are all alike.
    """
    if not source.exists():
        raise VjError("there is no such film or folder", str(source), "check the path")
    file, facts = folder / "frames.npy", folder / "frames.json"
    wanted = size or usual_size(source)
    if not all(_LEAST_PX <= side <= _MOST_PX for side in wanted):
        what = f"{wanted[0]}x{wanted[1]} is no size to train at"
        raise VjError(what, "--size", f"sides of {_LEAST_PX} to {_MOST_PX} pixels")
    told = {"source": str(source.resolve()), "size": list(wanted), "most": most}
    told["changed"] = str(source.stat().st_mtime_ns)
    if not (file.is_file() and facts.is_file() and json.loads(facts.read_text(encoding="utf-8")) == told):
        folder.mkdir(parents=True, exist_ok=True)
        facts.unlink(missing_ok=True)
        count = _write(source, file.with_suffix(".raw"), wanted, most, say)
        raw = np.memmap(file.with_suffix(".raw"), np.uint8, "r", shape=(count, wanted[1], wanted[0], 3))
        _check(raw, source)
        np.save(file, raw)
        file.with_suffix(".raw").unlink()
        facts.write_text(json.dumps(told, indent=1), encoding="utf-8")
    images: U8 = np.load(file, mmap_mode="r")
    return images


def usual_size(source: Path) -> Size:
    """(width, height) in the shape of the first picture of `source`, about AREA pixels, both even."""
    first = next(pictures(source, 1, None), None)
    if first is None:
        raise VjError("there is no picture in it", str(source), _HINT)
    ratio = min(max(first.shape[1] / first.shape[0], 0.1), 10.0)
    width = max(round((AREA * ratio) ** 0.5 / 2) * 2, _LEAST_PX)
    return width, max(round(width / ratio / 2) * 2, _LEAST_PX)


def pictures(source: Path, most: int, size: Size | None) -> Iterator[U8]:
    """At most `most` pictures [h, w, 3] of `source`, evenly chosen, in order; filled into `size` where one is given."""
    if source.is_dir():
        files = sorted((p for p in source.iterdir() if p.suffix.lower() in _PICTURES), key=_numbered)
        chosen = (files[k] for k in evenly(len(files), most))
        return (_picture(file, size) for file in chosen)
    return _film(source, most, size)


def evenly(count: int, most: int) -> list[int]:
    """At most `most` of the numbers 0 to count - 1, evenly spread."""
    if count <= most:
        return list(range(count))
    return [(2 * k + 1) * count // (2 * most) for k in range(most)]


def _numbered(file: Path) -> list[tuple[int, str]]:
    """Sorts image_2 before image_10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", file.name)]


def _picture(file: Path, size: Size | None) -> U8:
    try:
        with Image.open(file) as opened:
            image = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise VjError(f"{file.name} is no picture: {error}", str(file), "take it away, or save it again") from None
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
    return _filled(frame, size, Fraction(1))


def _film(path: Path, most: int, size: Size | None) -> Iterator[U8]:
    """Frames of a film; where its key frames are enough, only they are decoded."""
    try:
        frames, keys = (1, 0) if most == 1 else _counted(path)
        with av.open(str(path)) as film:
            stream = film.streams.video[0]
            stream.thread_type = "AUTO"
            if keys >= most:
                stream.codec_context.skip_frame = "NONKEY"
                frames = keys
            due = iter(evenly(frames, most))
            wanted = next(due, None)
            for number, frame in enumerate(film.decode(stream)):
                if number == wanted:
                    yield _filled(frame, size, stream.sample_aspect_ratio or Fraction(1))
                    wanted = next(due, None)
                if wanted is None:
                    return
    except (av.FFmpegError, IndexError, ValueError) as error:
        reason = "it has no picture" if isinstance(error, IndexError) else str(error)
        raise VjError(f"cannot read the film: {reason}", str(path), _HINT) from None


def _counted(path: Path) -> tuple[int, int]:
    """Frames and key frames, by their packets: nothing is decoded."""
    container: InputContainer
    with av.open(str(path)) as container:
        packets = [packet.is_keyframe for packet in container.demux(container.streams.video[0]) if packet.size]
    return len(packets), sum(packets)


def _filled(frame: av.VideoFrame, size: Size | None, pixel: Fraction) -> U8:
    """The frame upright and with square pixels, its middle cut to the shape of `size`."""
    quarters = round(frame.rotation / 90) % 4
    shown = frame.width * float(pixel or 1), float(frame.height)
    target = size if size is None or quarters % 2 == 0 else (size[1], size[0])
    grow = max(target[0] / shown[0], target[1] / shown[1]) if target else 1.0
    width, height = (max(round(side * grow), 1) for side in shown)
    image = frame.reformat(width, height, "rgb24", interpolation="AREA" if grow < 1 else "BICUBIC").to_ndarray()
    if target:
        left, top = (width - target[0]) // 2, (height - target[1]) // 2
        image = image[top : top + target[1], left : left + target[0]]
    return np.ascontiguousarray(np.rot90(image, quarters)).astype(np.uint8, copy=False)


def _write(source: Path, file: Path, size: Size, most: int, say: Callable[[str], None]) -> int:
    """Write the pictures one after the other, without black ones; how many."""
    count = black = 0
    with file.open("wb") as opened:
        for image in pictures(source, most, size):
            if image.mean() < _BLACK and image.max() < 8 * _BLACK:
                black += 1
                continue
            opened.write(image.tobytes())
            count += 1
            if count % 100 == 0:
                say(f"reading {count} pictures")
    if count < _LEAST_PICTURES:
        file.unlink()
        what = f"there are only {count} pictures in it" + (f", and {black} black ones" if black else "")
        raise VjError(what, str(source), f"{_LEAST_PICTURES} are the least; some hundreds are better")
    return count


def _check(images: U8, source: Path) -> None:
    """Raise VjError where all pictures are the same."""
    some = images[evenly(len(images), 64)].astype(np.float32)
    if float(np.abs(some - some.mean(0)).mean()) < _LEAST_SPREAD:
        raise VjError("all its pictures are the same", str(source), "give a film in which something moves")
