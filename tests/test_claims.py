"""Committed results say when they were taken, and are not much older than the code that they speak of."""

import datetime
import re
from pathlib import Path

import pytest

from bench._measured import SOURCE, filled
from bench.claims import CLAIMS, RESULTS, ROOT, changed, stale, taken, written


def test_every_result_is_claimed_and_every_claim_has_one() -> None:
    assert {path.stem for path in RESULTS.glob("*.json")} == set(CLAIMS)


@pytest.mark.parametrize("name", sorted(CLAIMS))
def test_a_result_is_no_older_than_it_may_be(name: str) -> None:
    claim = CLAIMS[name]
    assert all((ROOT / path).exists() for path in claim.of)
    last = changed(claim.of)
    if last is None:
        pytest.skip("needs the history of the repository")
    day, processor = taken(name)
    assert processor
    assert not stale(day, last, claim.days), f"{name}.json was taken on {day}; what it speaks of changed on {last}"


def test_stale_is_later_by_more_than_allowed() -> None:
    day = datetime.date(2026, 3, 1)
    assert not stale(day, datetime.date(2026, 3, 4), 3)
    assert stale(day, datetime.date(2026, 3, 5), 3)
    assert not stale(day, datetime.date(2026, 2, 1), 0)


def test_the_page_has_the_table_of_now() -> None:
    page = (ROOT / "docs" / "measured.md").read_text(encoding="utf-8")
    assert written(page) == page, "run: python bench/claims.py docs/measured.md"


def test_a_figure_is_that_of_its_result_and_one_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"b, c": {"d": [1, 0.256]}, "words": "x"}', encoding="utf-8")
    assert filled("| F {a > b, c > d > 1 | ~.2f}; {a > b, c > d > 1 | .0%} |", tmp_path) == "| F .26; 26 % |"
    for gone in ("{a > b | .2f}", "{a > b, c > d > 7 | .2f}", "{a > words | .2f}"):
        with pytest.raises(LookupError):
            filled(gone, tmp_path)


def test_the_least_and_most_of_many_figures_and_what_is_between_them(tmp_path: Path) -> None:
    rows = '[{"of": "x", "n": 9, "a": 1}, {"of": "y", "n": 2, "a": 5}, {"of": "x", "n": 4, "a": 3}]'
    (tmp_path / "a.json").write_text(f'{{"rows": {rows}}}', encoding="utf-8")

    def told(way: str) -> str:
        return filled(f"{{{way} | .0f}}", tmp_path)

    assert told("most of a > rows > * > n") == "9"
    assert told("most of a > rows > 1: > * > n") == "4"
    assert told("least of a > rows > *of=x > n") == "4"
    assert told("a > rows > *of=x; n=4 > a") == "3"
    assert told("median of a > rows > * > n less a") == "1"
    for several in (
        "a > rows > * > n",
        "a > rows > *of=z > n",
        "most of a > rows > *of=z > n",
        "least of a > rows > *",
    ):
        with pytest.raises(LookupError):
            told(several)


def test_all_that_is_claimed_is_read_from_results() -> None:
    rows = SOURCE.read_text(encoding="utf-8").splitlines()[2:]
    assert not [row for row in rows if "{}" not in re.sub(r"{[^{}]*}", "{}", row).split(" | ")[1]]
