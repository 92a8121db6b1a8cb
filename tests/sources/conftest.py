"""Films to be read, written here frame by frame."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from vj.core.types import U8

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path) -> Write:
    """`write(name, pictures, codec, form, rate)`: a film of pictures [h, w, 3 or 4]."""

    def write(name: str, pictures: list[U8], codec: str, form: str, rate: int = 25, **options: str) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w") as film:
            stream = film.add_stream(codec, rate=Fraction(rate), options=options)
            stream.height, stream.width = pictures[0].shape[:2]
            stream.pix_fmt = form
            for picture in pictures:
                frame = av.VideoFrame.from_ndarray(picture, format="rgba" if picture.shape[2] == 4 else "rgb24")
                for packet in stream.encode(frame):
                    film.mux(packet)
            for packet in stream.encode():
                film.mux(packet)
        return path

    return write


@pytest.fixture(scope="session")
def greys() -> list[U8]:
    """Forty pictures [48, 64, 3], each a little lighter than the one before."""
    return [np.full((48, 64, 3), 20 + 5 * n, np.uint8) for n in range(40)]
