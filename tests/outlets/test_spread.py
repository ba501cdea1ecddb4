"""What comes due at once goes out a part each second, the most urgent first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.model import Outlet, Source
from monitor.outlets import spread
from monitor.store.sqlite import SqliteStore
from monitor.views import Overdue

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def waiting(number: int, every: float, late: float) -> Overdue:
    due = NOW - timedelta(seconds=late)
    return Overdue(number, due, due - timedelta(seconds=every))


@pytest.mark.parametrize(
    ("count", "a_second"), [(1, 25), (7_500, 25), (10_000, 33.3), (60_000, 200), (100_000, 200), (0, 25)]
)
def test_all_are_asked_within_minutes_and_a_small_newsroom_at_once(count, a_second):
    assert spread.rate(count) == pytest.approx(a_second, abs=0.1)
    assert count / spread.rate(count) <= 501


def test_first_is_who_waits_longest_by_its_own_interval_and_of_equals_the_faster():
    rows = [
        waiting(1, 86_400, 3_600),
        waiting(2, 900, 3_600),
        waiting(3, 120, 3_600),
        waiting(4, 900, 10_000),
        waiting(5, 1_800, 7_200),
        Overdue(6, NOW - timedelta(hours=9)),
    ]
    rows += [waiting(number, 86_400.0, 60.0) for number in range(100, 130)]
    times = dict(spread.over(rows, NOW))
    assert set(times) == set(range(100, 130)) - set(range(100, 119))
    assert [one.id for one in sorted(rows, key=lambda one: spread._urgency(one, NOW))][:6] == [3, 4, 2, 5, 6, 1]
    assert sorted(times.values()) == [NOW + timedelta(seconds=rank / 25) for rank in range(25, 36)]


def test_a_thousand_due_at_once_are_leased_a_part_each_second(tmp_path):
    store = SqliteStore.open(tmp_path / "monitor.db")
    outlets = [Outlet(f"o{n}", sources=(Source(f"https://o{n}.example/feed"),)) for n in range(1_000)]
    with store.transaction():
        store.outlets.sync(outlets, NOW - timedelta(hours=1))
        store.outlets.put_off(spread.over(store.outlets.overdue(NOW), NOW))
    asked = []
    for second in range(50):
        with store.transaction():
            due = store.outlets.lease_due(NOW + timedelta(seconds=second + 1), limit=400, lease=300.0)
        asked.append(len(due))
    store.close()
    assert sum(asked) == 1_000
    # Those of this second and the first of the next; then 25 a second to the end.
    assert asked == [26] + [25] * 38 + [24] + [0] * 10


def test_what_is_in_hand_or_not_due_is_left_alone(tmp_path):
    store = SqliteStore.open(tmp_path / "monitor.db")
    with store.transaction():
        store.outlets.sync([Outlet("a", sources=(Source("https://a.example/1"), Source("https://a.example/2")))], NOW)
        (held,) = store.outlets.lease_due(NOW, limit=1, lease=300.0)
        (free,) = store.outlets.overdue(NOW + timedelta(hours=1))
        store.outlets.put_off([(held.id, NOW + timedelta(days=1)), (free.id, NOW + timedelta(hours=2))])
    times = {row.url[-1]: row.next_check_at for row in store.outlets.rows()}
    store.close()
    assert times == {"1": NOW + timedelta(seconds=300), "2": NOW + timedelta(hours=2)}
