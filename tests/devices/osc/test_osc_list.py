import pytest

from vj.apps import osc
from vj.apps.assemble import parameters
from vj.core.params import Param

TABLE = parameters()


def test_every_address_is_listed_once_with_its_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    osc.print_addresses(TABLE)
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows] == sorted(TABLE)
    assert all(len(row) == 4 and row[1] and row[3] for row in rows)


@pytest.mark.parametrize(
    ("param", "tag", "words"),
    [
        (Param(0.0, -24.0, 48.0, unit="dB"), "f", "-24..48 dB"),
        (Param(3, 0, 10), "i", "0..10"),
        (Param(False), "T", ""),
        (Param("off", choices=("off", "slow")), "s", "off slow"),
        (Param(0, kind="trigger"), "N", ""),
        (Param((), kind="mix"), "sf", "name weight ..."),
    ],
)
def test_the_row_of_a_kind(param: Param, tag: str, words: str) -> None:
    assert osc.describe({"/x": param}) == [("/x", tag, words, "")]
