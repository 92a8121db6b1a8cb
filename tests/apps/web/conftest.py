"""What every test of the page needs: a browser, one for each module."""

from collections.abc import Iterator
from typing import Any

import pytest
from servers.browser import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running
