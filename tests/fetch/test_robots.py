from __future__ import annotations

import gzip
import zlib
from datetime import UTC, datetime, timedelta

import pytest

from monitor.fetch import robots
from monitor.fetch.robots import Answer
from monitor.views import RobotsFile

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SITE = "https://a.example"
FILE = b"""\xef\xbb\xbf# about robots
User-agent: *
Disallow: /private
Allow: /private/press
Disallow: /*.pdf$
Disallow: /suche/\xc3\xa4rger
Disallow: /%D0%BC%D0%B8%D1%80

User-agent: badbot
User-agent: News-Monitor
Disallow: /only-ours
"""


def allows(path, agent="otherbot", body=FILE):
    return robots.judge(body, [SITE + path], agent).allowed == (True,)


def test_the_longest_rule_decides_and_wildcards_count():
    assert allows("/news")
    assert not allows("/private/x")
    assert allows("/private/press/1")
    assert not allows("/a/b.pdf")
    assert allows("/a/b.pdf?x=1")


def test_a_group_of_our_own_replaces_the_general_one():
    assert not allows("/only-ours", "news-monitor")
    assert allows("/private/x", "news-monitor")
    assert allows("/only-ours")


def test_non_ascii_paths_match_in_either_spelling():
    for path in ("/suche/ärger", "/suche/%C3%A4rger", "/мир", "/%D0%BC%D0%B8%D1%80", "/%d0%bc%d0%b8%d1%80"):
        assert not allows(path), path
    assert allows("/suche/freude")


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_a_packed_body_is_unpacked_up_to_the_cap(pack):
    assert not allows("/private/x", body=pack(FILE))
    assert not allows("/private/x", body=pack(FILE + b"# " + b"x" * 50_000_000))


@pytest.mark.parametrize(
    "body",
    [b"", b"\x1f\x8bnot gzip", b"\x00\xff" * 500, b"<html><body>Not found</body></html>", b"Disallow: /", b"x" * 600_000],
)  # fmt: skip
def test_what_holds_no_rule_for_us_allows(body):
    assert robots.judge(body, [SITE + "/", SITE + "/x"], "news-monitor").allowed == (True, True)


def test_what_a_status_means():
    meant = {status: robots.standing(status) for status in (200, 204, 300, 401, 403, 404, 410, 429, 500, 503, 0)}
    assert {status for status, answer in meant.items() if answer is Answer.ASK} == {200, 204}
    assert {status for status, answer in meant.items() if answer is Answer.REFUSE} == {429, 500, 503, 0}


def test_how_long_a_file_holds():
    good, bad = RobotsFile(SITE, 200, b"", NOW), RobotsFile(SITE, 503, b"", NOW)
    assert robots.fresh(good, NOW + timedelta(hours=23))
    assert not robots.fresh(good, NOW + timedelta(hours=24))
    assert robots.fresh(bad, NOW + timedelta(minutes=59))
    assert not robots.fresh(bad, NOW + timedelta(hours=1))
    assert not robots.fresh(good, NOW - timedelta(hours=1))
    assert robots.usable_stale(good, NOW + timedelta(days=6))
    assert not robots.usable_stale(good, NOW + timedelta(days=8))
    assert not robots.usable_stale(bad, NOW)


def test_where_the_file_is():
    assert robots.url_for("https://a.example:8443/x/y?z#f") == "https://a.example:8443/robots.txt"
    assert robots.url_for("no url") == ""
