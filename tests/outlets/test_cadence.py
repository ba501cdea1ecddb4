"""When a source is asked next."""

from __future__ import annotations

from datetime import UTC, datetime

from monitor.outlets.cadence import DAY, next_check

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def wait(**options):
    return (next_check(NOW, **{"every": 900.0, **options}) - NOW).total_seconds()


def test_jitter_only_shortens_so_that_cron_finds_it_due():
    waits = {wait(seed=f"https://{number}.example/") for number in range(200)}
    assert min(waits) > 760
    assert max(waits) < 880
    assert len(waits) > 150


def test_failures_wait_longer_up_to_a_day():
    assert wait(failures=3) > 4 * wait()
    assert wait(failures=400) <= DAY


def test_a_host_that_asks_for_patience_gets_it():
    assert wait(retry_after=7200) == 7200
    assert wait(ttl=3600) > 3000
    assert wait(ttl=60) == wait()
