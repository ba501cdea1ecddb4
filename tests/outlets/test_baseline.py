"""What is new in a first poll, and what the outlet already held."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.model import Link, Outlet
from monitor.outlets.baseline import split
from monitor.views import DueSource

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
OLD, FRESH, UNDATED = (
    Link("a", "feed", f"https://a.example/{name}", canonical=name, published=date)
    for name, date in (("old", NOW - timedelta(hours=1)), ("fresh", NOW + timedelta(minutes=1)), ("undated", None))
)
LINKS = [FRESH, OLD, UNDATED]


@pytest.mark.parametrize(
    ("baseline", "read_at", "alert", "new"),
    [
        (False, NOW, False, LINKS),
        (True, None, False, []),
        (True, None, True, LINKS),
        (True, NOW, False, [FRESH]),
    ],
    ids=["known source", "new outlet", "baseline: alert", "second feed"],
)
def test_split(baseline, read_at, alert, new):
    source = DueSource(1, "a", "feed", "feed", NOW, baseline=baseline, outlet_ok_at=read_at)
    found, old = split(LINKS, source, Outlet("a", alert_baseline=alert))
    assert found == new
    assert old == [link for link in LINKS if link not in new]
