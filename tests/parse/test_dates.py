"""Dates as the press writes them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.parse import dates

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tue, 24 Nov 2026 08:15:00 GMT", "2026-11-24T08:15:00+00:00"),
        ("Tue, 24 Nov 2026 10:15:00 +0200", "2026-11-24T08:15:00+00:00"),
        ("24 Jul 2026 10:15:00 CEST", "2026-07-24T08:15:00+00:00"),
        ("2026-11-24T08:15:00Z", "2026-11-24T08:15:00+00:00"),
        ("2026-11-24T08:15:00.123+01:00", "2026-11-24T07:15:00.123000+00:00"),
        ("2026-11-24", "2026-11-24T00:00:00+00:00"),
        ("24 novembre 2026 08:15", "2026-11-24T08:15:00+00:00"),
        ("3 март 2026", "2026-03-03T00:00:00+00:00"),
    ],
)
def test_they_become_utc(text, expected):
    found = dates.parse(text, now=NOW)
    assert found is not None
    assert found.isoformat() == expected


@pytest.mark.parametrize(
    "text", ["", None, "yesterday-ish", "0001-01-01", "2031-01-01", "9" * 400, "1795507200", "1970-01-01"]
)
def test_what_no_article_can_have_is_none(text):
    assert dates.parse(text, now=NOW) is None
