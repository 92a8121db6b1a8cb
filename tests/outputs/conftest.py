"""Pictures and OpenGL contexts for the tests of outputs."""

import sys
from collections.abc import Iterator
from pathlib import Path

import moderngl
import numpy as np
import pytest

# So that the servers' helpers are found also when only this folder is tested.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from vj.core.types import U8
from vj.outputs.context import let_go, standalone


@pytest.fixture(scope="session")
def card() -> U8:
    """A test picture [24, 40, 3] that is different in every corner: red, green, blue, white; soft in between."""
    down, across = np.mgrid[0:1:24j, 0:1:40j]
    red = (1 - across) * (1 - down) + across * down
    green = across
    blue = down
    image = np.stack([red, green, blue], -1) * 200
    image[:6, :6], image[:6, -6:] = (255, 0, 0), (0, 255, 0)
    image[-6:, :6], image[-6:, -6:] = (0, 0, 255), (255, 255, 255)
    return image.astype(np.uint8)


@pytest.fixture
def context() -> Iterator[moderngl.Context]:
    """A standalone EGL context, free of errors before and after."""
    made = standalone()
    if made is None:
        pytest.skip("no OpenGL 3.3 without a screen (apt install libegl1 libgl1-mesa-dri)")
    assert made.error == "GL_NO_ERROR"
    yield made
    error = made.error
    let_go()
    made.release()
    assert error == "GL_NO_ERROR"
