from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.errors import Reason
from monitor.fetch import policy
from monitor.headers import Headers
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


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {"cf-mitigated": "challenge"}), (403, {"cf-mitigated": "Challenge "}), (503, {"cf-mitigated": "challenge"}),
        (429, {"x-vercel-mitigated": "challenge"}), (202, {"x-amzn-waf-action": "challenge"}),
        (405, {"x-amzn-waf-action": "captcha"}), (403, {"x-datadome": "protected"}), (403, {"server": "DDoS-Guard"}),
    ],
)  # fmt: skip
def test_a_wall_is_known_by_its_headers(status, headers):
    verdict = policy.judge(Page("https://a.example/", "https://a.example/", status, headers, b"<html>", NOW))
    assert (verdict.reason, verdict.retry) == (Reason.CHALLENGE, True)
    assert next(iter(headers)) in verdict.detail


@pytest.mark.parametrize(
    ("status", "headers", "reason"),
    [
        (200, {"x-datadome": "protected", "server": "ddos-guard"}, None),
        (404, {"x-datadome": "protected"}, Reason.NOT_FOUND),
        (403, {"server": "cloudflare"}, Reason.FORBIDDEN),
        (403, {"cf-mitigated": "", "x-amzn-waf-action": "block", "x-vercel-mitigated": "deny"}, Reason.FORBIDDEN),
        (200, {"server": "AmazonS3", "x-amzn-waf-action": "count"}, None),
    ],
)
def test_who_stands_behind_a_wall_is_not_challenged_by_that_alone(status, headers, reason):
    verdict = policy.judge(Page("https://a.example/", "https://a.example/", status, headers, b"<html>", NOW))
    assert (verdict and verdict.reason) is reason


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
        ("Tue, 24 Nov 99999 12:05:00 GMT", None), ("9" * 5_000, 86_400.0), ("Tuesday, 24-Nov-26 12:05:00 GMT", 300.0),
        ("Tue Nov 24 12:05:00 2026", 300.0), ("Tue, 24 Nov 2026 13:05:00 +0100", 300.0), ("120, 60", None),
    ],
)  # fmt: skip
def test_retry_after(text, seconds):
    assert policy.retry_after({"retry-after": text}, NOW) == seconds


def test_a_date_is_read_by_the_clock_of_the_server_that_names_it():
    headers = {"retry-after": "Tue, 24 Nov 2026 15:05:00 GMT", "date": "Tue, 24 Nov 2026 15:00:00 GMT"}
    assert policy.retry_after(headers, NOW) == 300.0
    assert policy.retry_after({**headers, "date": "nonsense"}, NOW) == 3 * 3_600.0 + 300.0


# ---- freshness

DATE = "Tue, 24 Nov 2026 09:00:00 GMT"  # three hours behind ours


@pytest.mark.parametrize(
    ("control", "more", "seconds"),
    [
        ("max-age=300", {}, 300.0),
        ("public, MAX-AGE = 300, must-revalidate", {}, 300.0),
        ('max-age="300"', {}, 300.0),
        ("max-age=0", {}, 0.0),
        ("max-age=99999999999999999999999", {}, 86_400.0),
        ("max-age=31536000, immutable", {"age": "100000"}, 86_400.0),
        ("max-age=300", {"age": "100"}, 200.0),
        ("max-age=300", {"age": "4000"}, 0.0),
        ("max-age=300", {"age": "-1"}, 300.0),
        ("max-age=300", {"age": "soon"}, 300.0),
        ("s-maxage=600", {}, 600.0),
        ("max-age=60, s-maxage=600", {}, 60.0),
        ("max-age=60, max-age=30", {}, 30.0),
        # what cannot be read is not fresh
        ("max-age=soon", {}, 0.0),
        ("max-age=", {}, 0.0),
        ("max-age", {}, 0.0),
        ("max-age=-60", {}, 0.0),
        ("max-age=1.5", {}, 0.0),
        ("no-cache", {}, 0.0),
        ("no-store, max-age=300", {}, 0.0),
        ("No-Cache, max-age=300", {}, 0.0),
        ('no-cache="set-cookie", max-age=300', {}, 300.0),
        ('private="x, max-age=1", max-age=300', {}, 300.0),
        # nothing is said
        ("", {}, None),
        ("public", {}, None),
        ("must-revalidate, proxy-revalidate", {}, None),
        (", ,=;", {}, None),
        ("x-max-age=300", {}, None),
        # Expires, which max-age overrules
        ("", {"expires": "Tue, 24 Nov 2026 12:05:00 GMT"}, 300.0),
        ("", {"expires": "Tue, 24 Nov 2026 12:05:00 GMT", "age": "100"}, 200.0),
        ("", {"expires": "Tue, 24 Nov 2026 11:00:00 GMT"}, 0.0),
        ("", {"expires": "Thu, 19 Nov 1981 08:52:00 GMT"}, 0.0),
        ("", {"expires": "Fri, 24 Nov 2028 12:05:00 GMT"}, 86_400.0),
        ("", {"expires": "0"}, 0.0),
        ("", {"expires": "-1"}, 0.0),
        ("", {"expires": ""}, 0.0),
        ("", {"expires": "tomorrow"}, 0.0),
        ("max-age=60", {"expires": "0"}, 60.0),
        ("public", {"expires": "Tue, 24 Nov 2026 12:05:00 GMT"}, 300.0),
        # by the server's own clock
        ("", {"expires": "Tue, 24 Nov 2026 09:05:00 GMT", "date": DATE}, 300.0),
        ("", {"expires": "Tue, 24 Nov 2026 12:05:00 GMT", "date": DATE}, 11_100.0),
        ("", {"expires": "Tue, 24 Nov 2026 12:05:00 GMT", "date": "nonsense"}, 300.0),
        ("", {"expires": DATE, "date": DATE}, 0.0),
        ("max-age=60", {"date": DATE}, 60.0),
    ],
)
def test_how_long_an_answer_is_fresh(control, more, seconds):
    assert policy.freshness({"cache-control": control, **more}, NOW) == seconds


def test_an_answer_without_headers_says_nothing_of_its_age():
    assert policy.freshness({}, NOW) is None
    assert policy.freshness({"age": "5", "date": DATE}, NOW) is None


WORDS = st.lists(
    st.sampled_from(
        [
            "max-age",
            "s-maxage",
            "no-cache",
            "no-store",
            "must-revalidate",
            "=",
            '"',
            ",",
            " ",
            "-",
            "60",
            "9" * 30,
            "x",
            "0",
        ]
    ),
    max_size=12,
).map("".join)
MOMENTS = st.datetimes(datetime(1971, 1, 2), datetime(9998, 12, 30)).map(  # noqa: DTZ001
    lambda at: format_datetime(at.replace(tzinfo=UTC), usegmt=True)
)
VALUES = st.one_of(WORDS, MOMENTS, st.text(max_size=30), st.integers(-10, 10**30).map(str))
NAMES = st.sampled_from(["cache-control", "age", "expires", "date", "retry-after", "etag", "last-modified"])


# The first draw of a text builds Hypothesis's tables of Unicode, which a busy machine takes seconds for.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(NAMES, VALUES))
def test_no_header_raises_and_every_answer_is_within_a_day(headers):
    for seconds in (policy.freshness(headers, NOW), policy.retry_after(headers, NOW)):
        assert seconds is None or 0.0 <= seconds <= policy.DAY
    assert policy.freshness(Headers(headers), NOW) == policy.freshness(headers, NOW)
    if not headers.keys() & {"cache-control", "expires"}:
        assert policy.freshness(headers, NOW) is None


@given(life=st.integers(0, 10**6), age=st.integers(0, 10**6))
def test_freshness_is_what_is_left_of_a_life(life, age):
    headers = {"cache-control": f"public, max-age={life}", "age": str(age)}
    assert policy.freshness(headers, NOW) == min(max(life - age, 0.0), policy.DAY)


# ---- validators


@pytest.mark.parametrize("etag", ['"7"', 'W/"7"', "7", '"a""b"', '"ä"', '"a b"', "W/7", '""'])
def test_validators_are_kept_as_they_came(etag):
    assert policy.validators({"etag": etag, "last-modified": "then"}) == (etag, "then")
    assert policy.validators({"etag": etag}) == (etag, "")
    assert policy.validators({"last-modified": "then"}) == ("", "then")
    assert policy.validators({}) == ("", "")


def test_the_etag_of_an_answer_that_expires_at_nought_is_not_believed():
    assert policy.validators({"etag": '"7"', "last-modified": "then", "expires": " 0 "}) == ("", "then")
    for other in ("Thu, 01 Jan 1970 00:00:00 GMT", "-1", "00"):
        assert policy.validators({"etag": '"7"', "expires": other}) == ('"7"', "")


# ---- trying again


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
