"""The contract of every output, also of one that was added a minute ago."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from servers.xvfb import xvfb

from vj.core.params import declared
from vj.core.shelf import load, names
from vj.core.types import Frame

pytestmark = pytest.mark.gl
SHAPES = [(192, 344, 3), (1, 1, 3), (33, 17, 3), (2, 999, 3)]


def made(name: str, folder: Path) -> Any:
    """An output of the shelf with something sensible for each argument that it insists on."""
    output = load("outputs", name)
    known = {"path": folder / "film.mp4", "size": (64, 36), "fps": 30}
    needed = {
        argument: known[argument]
        for argument, about in inspect.signature(output).parameters.items()
        if about.default is inspect.Parameter.empty or argument in ("size",)
    }
    return output(**needed)


@pytest.fixture(scope="module")
def screen() -> Iterator[None]:
    with xvfb(320, 200):
        yield


@pytest.mark.parametrize("name", names("outputs"))
def test_an_output_takes_any_size_and_closes_twice(name, tmp_path, screen):
    with made(name, tmp_path) as output:
        for index, shape in enumerate(SHAPES):
            output.write(Frame(np.full(shape, 40 * index, np.uint8), index / 30, index))
    output.close()
    output.close()


@pytest.mark.parametrize("name", names("outputs"))
def test_an_output_is_documented_and_so_are_its_parameters(name):
    output = load("outputs", name)
    assert output.__doc__
    assert output.write.__doc__
    for param in declared(output).values():
        assert param.doc
