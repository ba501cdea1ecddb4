from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.errors import Reason
from monitor.fetch import policy
from monitor.model import Page

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def page(status, body=b"x", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Page("https://a.example/", "https://a.example/", status, named, body, NOW)


def test_the_user_agent_names_product_version_and_contact():
    agent = policy.user_agent("1.2", "desk@example.org")
    assert agent == "news-monitor/1.2 (+desk@example.org)"
    assert policy.product(agent) == "news-monitor"
    assert policy.user_agent("1.2", "") == "news-monitor/1.2"
    assert policy.user_agent("1.2", "a)\r\nX: é (b") == "news-monitor/1.2 (+aX:  b)"


@pytest.mark.parametrize(
    ("status", "reason", "retry"),
    [
        (204, Reason.EMPTY, True), (300, Reason.REDIRECTS, True), (302, Reason.REDIRECTS, True),
        (400, Reason.CLIENT_ERROR, False), (401, Reason.UNAUTHORIZED, False), (402, Reason.PAYWALL, False),
        (403, Reason.FORBIDDEN, True), (404, Reason.NOT_FOUND, True), (410, Reason.NOT_FOUND, False),
        (418, Reason.CLIENT_ERROR, False), (429, Reason.RATE_LIMITED, True), (451, Reason.FORBIDDEN, False),
        (500, Reason.SERVER_ERROR, True), (503, Reason.SERVER_ERROR, True), (522, Reason.SERVER_ERROR, True),
        (100, Reason.PROTOCOL, False), (600, Reason.PROTOCOL, False), (999, Reason.PROTOCOL, False),
    ],
)  # fmt: skip
def test_what_a_status_means(status, reason, retry):
    verdict = policy.judge(page(status, b""))
    assert (verdict.reason, verdict.retry) == (reason, retry)
    assert str(status) in verdict.detail


def test_what_is_fine():
    for status in (200, 203, 206):
        assert policy.judge(page(status)) is None
    assert policy.judge(page(304, b"")) is None
    assert policy.judge(page(200, b"")).reason is Reason.EMPTY


def test_a_challenge_is_one_whatever_its_status():
    for status in (200, 403, 503):
        assert policy.judge(page(status, cf_mitigated="challenge")).reason is Reason.CHALLENGE


def test_only_answers_about_the_host_pause_it():
    assert policy.judge(page(429, retry_after="120")).retry_after == 120.0
    assert policy.judge(page(503, retry_after="120")).retry_after == 120.0
    assert policy.judge(page(404, retry_after="120")).retry_after is None
    assert policy.judge(page(500)).retry_after is None
    assert policy.judge(page(503)).retry_after == 30.0
    assert policy.judge(page(429)).retry_after == 60.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0), ("120", 120.0), (" 7 ", 7.0), ("99999999999999999999", 86_400.0),
        ("Tue, 24 Nov 2026 12:05:00 GMT", 300.0), ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("Tue, 24 Nov 2026 12:05:00 -0000", 300.0), ("Fri, 24 Nov 2028 12:05:00 GMT", 86_400.0),
        ("", None), ("soon", None), ("-5", None), ("1.5", None), ("٣", None), ("Tue, 99 Nov 2026 12:05:00 GMT", None),
        ("Tue, 24 Nov 99999 12:05:00 GMT", None), ("9" * 5_000, 86_400.0),
    ],
)  # fmt: skip
def test_retry_after(text, seconds):
    assert policy.retry_after({"retry-after": text}, NOW) == seconds


def test_a_page_is_read_again_later_and_later_and_then_given_up():
    waits = [policy.reread_at(n, Reason.TIMEOUT, True, NOW) for n in range(1, 6)]
    assert waits == [NOW + timedelta(minutes=m) for m in (5, 30, 180, 720)] + [None]
    assert policy.reread_at(1, Reason.TIMEOUT, False, NOW) is None


def test_every_reason_has_an_end_and_permanent_ones_end_at_once():
    for reason in set(Reason) - {Reason.NO_READER}:
        assert policy.reread_at(9, reason, True, NOW) is None
    # No reader process could be started: that is no fault of the page.
    assert policy.reread_at(99, Reason.NO_READER, True, NOW) == NOW + timedelta(minutes=1)
    for reason in (Reason.BLOCKED_ADDRESS, Reason.BAD_URL, Reason.TOO_LARGE, Reason.PAYWALL, Reason.HOSTILE):
        assert policy.reread_at(1, reason, True, NOW) is None


def test_waiting_for_a_held_host_uses_up_no_page():
    """A host may be held for a day; the attempts of its pages reach beyond that."""
    waits = [policy.reread_at(n, Reason.RATE_LIMITED, True, NOW) for n in range(1, 5)]
    assert sum((at - NOW for at in waits), timedelta()) > timedelta(seconds=policy.DAY)
    assert policy.reread_at(1, Reason.ROBOTS, True, NOW) > NOW + timedelta(hours=24)
