"""A process that gives way does so to other sessions too, and never takes the session that it shares along."""

import subprocess
import sys
from pathlib import Path

import pytest

GROUP = Path("/proc/self/autogroup")
if not GROUP.exists():
    pytest.skip("sessions have no niceness here", allow_module_level=True)
SAYS = """
import os
from pathlib import Path
from vj.core.threads.niceness import give_way
def session():  # the first session of a machine has no niceness, and says nothing
    return (Path("/proc/self/autogroup").read_text().split() or ["none"])[-1]
print(session(), give_way({}), os.nice(0), session())
"""


def said(niceness: int, alone: bool, *before: str) -> list[str]:
    """Niceness of the session before, whether it gave way, niceness of the process and of the session after."""
    command = [*before, sys.executable, "-c", SAYS.format(niceness or "")]
    done = subprocess.run(command, capture_output=True, text=True, start_new_session=alone, check=True)
    return done.stdout.split()


def test_a_session_of_its_own_gives_way_with_it():
    assert said(19, True) == ["0", "True", "19", "19"]
    assert said(0, True, "nice", "-n", "10") == ["0", "True", "10", "10"]
    assert said(0, True) == ["0", "False", "0", "0"]


def test_one_that_is_shared_does_not():
    before, gave, nice, after = said(19, False)
    assert (gave, nice) == ("False", "19")
    assert after == before
