"""Polls that start late slow the slowest outlets down, step by step, and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.outlets import cadence
from monitor.outlets.load import CALM, LEVELS, Load, Strain, judge, percentile, strain

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATE, EASY, BETWEEN = [0.1] * 90 + [9.0] * 10, [0.1] * 100, [0.1] * 90 + [3.0] * 10


def after(*minutes) -> Load:
    load = Load()
    for lags in minutes:
        load = judge(load, lags, full=False)
    return load


@pytest.mark.parametrize(
    ("minutes", "level"),
    [
        ([], 0),
        ([LATE, LATE], 0),
        ([LATE] * 3, 1),
        ([LATE, LATE, EASY, LATE, LATE], 0),
        ([LATE, LATE, BETWEEN, LATE], 0),
        ([LATE] * 5, 1),
        ([LATE] * 6, 2),
        ([LATE] * 100, len(LEVELS) - 1),
        ([LATE] * 3 + [EASY] * 4, 1),
        ([LATE] * 3 + [EASY] * 5, 0),
        ([LATE] * 3 + [BETWEEN] * 50, 1),
        ([LATE] * 6 + [EASY] * 100, 0),
        ([[99.0] * 5] * 9, 0),
    ],
)
def test_levels_rise_by_late_minutes_and_fall_by_easy_ones(minutes, level):
    assert after(*minutes).level == level


def test_a_minute_in_which_nothing_could_start_is_late():
    load = Load()
    for _ in range(3):
        load = judge(load, [], full=True)
    assert load.level == 1
    assert judge(Load(1, ease=4), EASY, full=True).level == 0


def test_percentiles():
    assert (percentile([]), percentile([3.0]), percentile(list(range(100)))) == (0.0, 3.0, 95)


def test_the_slowest_are_slowed_first_and_a_third_of_the_load_is_left_at_the_last_level():
    # 10 outlets asked every 2 minutes, 100 every 15, 500 every day: polls a day 7200, 9600, 500.
    intervals = [120.0] * 72 + [900.0] * 96 + [86_400.0] * 5
    loads = []
    for level in range(len(LEVELS)):
        found = strain(level, intervals)
        loads.append(sum(1 / found.stretch(one) for one in intervals) / len(intervals))
    assert loads == sorted(loads, reverse=True)
    assert (loads[0], strain(0, intervals)) == (1.0, CALM)
    assert strain(1, intervals).stretch(120.0) == 1.0
    assert strain(1, intervals).stretch(900.0) == 1.5
    assert loads[-1] < 0.35
    assert strain(3, []) == CALM


def test_outlets_of_one_interval_are_slowed_all_alike():
    assert {strain(1, [900.0] * 50).stretch(one) for one in (900.0, 1_800.0)} == {1.5}


def test_a_stretched_interval_says_so_and_has_a_bound():
    slow = Strain(900.0, 2.0)
    plain, stretched = (cadence.next_check(NOW, every=900.0, seed="a", strain=one) for one in (CALM, slow))
    assert (stretched.at - NOW) / (plain.at - NOW) == pytest.approx(2.0)
    assert stretched.why == "every 15m, as set; 2 times that while this machine is late"
    assert cadence.next_check(NOW, every=600.0, seed="a", strain=slow).why == "every 10m, as set"
    assert cadence.next_check(NOW, due=cadence.DAY, strain=slow).at - NOW <= timedelta(days=1)
