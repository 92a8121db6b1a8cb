"""The contract of every kind of output, also of one that was added a minute ago."""

import socket
from pathlib import Path

import numpy as np
import pytest

from vj.core.errors import OutputError
from vj.outputs.sending.asked import asked
from vj.outputs.sending.child import far
from vj.outputs.sending.far import Far
from vj.outputs.sending.kinds import KINDS
from vj.outputs.sending.talk import ImpossibleError, Task

RATE = 48000
SENT = sorted(name for name, kind in KINDS.items() if kind.module)


def target(kind: str, folder: Path) -> str:
    """Something for it to be sent to."""
    what = KINDS[kind].target
    if what == "url":
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            return f"{kind}://127.0.0.1:{nobody.getsockname()[1]}/live/key"
    if what == "device":
        (folder / "device").touch()
    return f"{kind}:{'vj contract' if what == 'name' else folder / what}"


@pytest.mark.parametrize("kind", SENT)
def test_it_takes_pictures_of_any_size_and_sound_or_says_why_not(kind, tmp_path):
    wanted = asked(target(kind, tmp_path))
    try:
        end = far(Task(wanted, (64, 36), RATE if KINDS[kind].sound else 0, "", 0))
    except ImpossibleError as error:
        pytest.skip(str(error))
    except OutputError as error:
        if KINDS[kind].target == "url" and error.where:
            return  # nobody listens there
        raise
    assert isinstance(end, Far)
    assert end.told
    assert end.patience > 0.0
    for number, (height, width) in enumerate([(36, 64), (360, 640), (17, 33), (2, 998)]):
        end.picture(np.full((height, width, 4), 50 * number, np.uint8), number / 4)
        end.sound(np.zeros(RATE // 4, np.float32), number / 4)
        end.idle()
    assert end.watched >= -1
    end.close()
    if KINDS[kind].target == "folder":
        written = [file for file in (tmp_path / "folder").rglob("*") if file.is_file()]
        assert sum(file.stat().st_size for file in written) > 0


@pytest.mark.parametrize("kind", SENT)
def test_it_is_told_of_and_sends_at_a_rate_of_its_own(kind, tmp_path):
    wanted = asked(target(kind, tmp_path))
    assert wanted.title.startswith(KINDS[kind].title)
    assert 0.0 < wanted.rate <= 240.0
    assert asked(wanted.words()["to"]).target == wanted.target
