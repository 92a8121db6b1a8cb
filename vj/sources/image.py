"""A picture that stands still: whatever Pillow reads, and SVG by resvg, sharp at any size."""

import gzip
import io
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps

from vj.core.errors import MediaError
from vj.core.install import extra
from vj.core.layers import Layer, Size
from vj.core.types import U8
from vj.sources.contract import Still, pixels_for

VECTORS = (".svg", ".svgz")
#: Pixels of a file beyond which it is no picture for a wall but somebody's mistake.
MOST = 100_000_000


class Image:
    """The picture in the file of a layer's source."""

    def __init__(self, layer: Layer) -> None:
        path = Path(layer.source.path)
        # a worker of a render has it under another name
        vector = Path(layer.source.name).suffix.lower() in VECTORS
        self._from: _Vector | _Bitmap = _Vector(path) if vector else _Bitmap(path)
        self._drawn: tuple[Size, Still] | None = None

    def draw(self, layer: Layer, canvas: Size) -> Still:
        """Of exactly as many pixels as it covers while it stands; else of enough of them."""
        natural = self._from.natural
        wanted = pixels_for(layer, natural, canvas)
        if self._drawn is None or self._drawn[0] != wanted:
            self._drawn = wanted, Still(self._from.pixels(wanted), natural, self._from.clear)
        return self._drawn[1]

    def close(self) -> None:
        """Nothing is open."""


class _Bitmap:
    """Pixels of a file, made smaller and larger as light falls on them: with alpha multiplied in."""

    def __init__(self, path: Path) -> None:
        try:
            with Pillow.open(path) as opened:
                if opened.width * opened.height > MOST:
                    raise MediaError("the picture is too large", str(path), f"at most {MOST // 10**6} million pixels")
                picture: Any = ImageOps.exif_transpose(opened)
                self._picture: Any = picture.convert("RGBA").convert("RGBa")
        except MediaError:
            raise
        except Exception as error:  # Pillow's readers raise whatever a broken file makes them stumble over
            raise MediaError(f"the picture cannot be read: {_why(error)}", str(path), "save it as PNG") from error
        self.clear = self._picture.getextrema()[3] != (255, 255)
        self.natural = (float(self._picture.width), float(self._picture.height))

    def pixels(self, size: Size) -> U8:
        """[h, w, 4] of that size."""
        return _resized(self._picture, size)


class _Vector:
    """Lines and curves, drawn anew for each size."""

    clear = True

    def __init__(self, path: Path) -> None:
        try:
            import resvg_py
        except ImportError as error:
            raise MediaError("nothing here draws SVG", str(path), f"{extra('svg')}, or save it as PNG") from error
        self._draw: Any = resvg_py.svg_to_bytes
        self._path = path
        try:
            data = path.read_bytes()
            self._text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8", "replace")
            self._words = re.search(r"<text\b", self._text) is not None
        except (OSError, EOFError, zlib.error) as error:
            raise MediaError(f"the picture cannot be read: {_why(error)}", str(path), "is it there?") from error
        size = self._drawn({}).size
        self.natural = (float(size[0]), float(size[1]))

    def _drawn(self, how: dict[str, int]) -> Any:
        try:
            # fonts of the system take a tenth of a second to be found
            data = self._draw(svg_string=self._text, skip_system_fonts=not self._words, **how)
            return Pillow.open(io.BytesIO(bytes(data))).convert("RGBA")
        except Exception as error:
            raise MediaError(f"the SVG cannot be drawn: {_why(error)}", str(self._path), "save it as PNG") from error

    def pixels(self, size: Size) -> U8:
        """[h, w, 4] of that size, by the larger side of which it is drawn."""
        across, down = self.natural
        drawn = self._drawn({"width": size[0]} if size[0] / across >= size[1] / down else {"height": size[1]})
        return _resized(drawn.convert("RGBa"), size)


def _resized(picture: Any, size: Size) -> U8:
    """[h, w, 4] of a picture with alpha multiplied in."""
    resized = picture if picture.size == size else picture.resize(size, Pillow.Resampling.LANCZOS)
    pixels = np.array(resized, np.uint8)
    # the filter rings, and no light may be more than what is there to carry it
    np.minimum(pixels[..., :3], pixels[..., 3:], out=pixels[..., :3])
    return pixels


def _why(error: BaseException) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__
