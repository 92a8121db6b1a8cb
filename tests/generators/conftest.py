"""What tests of shaders share: OpenGL without a screen."""

from collections.abc import Iterator

import moderngl
import pytest

from vj.generators.gl.context import let_go, standalone


@pytest.fixture(scope="module")
def context() -> Iterator[moderngl.Context]:
    made = standalone()
    if made is None:
        pytest.skip("no OpenGL 3.3 without a screen")
    yield made
    let_go()
    made.release()
