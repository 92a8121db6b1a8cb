"""Spare and wall are begun again after they died: soon, and later each time, but not for what was long ago."""

import pytest

from vj.apps.guard.company import AGAIN_S, WELL_S, Backoff


def test_one_that_dies_at_once_is_waited_for_longer_each_time():
    backoff, now = Backoff(), 100.0
    for wait in (*AGAIN_S, AGAIN_S[-1]):
        backoff.begun(now)
        now += 0.5
        assert backoff.died(now) - now == pytest.approx(wait)
        now += wait


def test_deaths_of_an_evening_are_no_reason_to_wait():
    backoff, now = Backoff(), 100.0
    for _ in range(10):
        backoff.begun(now)
        now += WELL_S
        assert backoff.died(now) - now == pytest.approx(AGAIN_S[0])
