from __future__ import annotations

import gzip
import re
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.fetch import robots
from monitor.fetch.robots import Answer
from monitor.views import RobotsFile

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SITE = "https://a.example"
US = "news-monitor"


def allows(body, path, agent=US):
    body = body if isinstance(body, bytes) else body.encode()
    return robots.judge(body, [SITE + path], agent).allowed == (True,)


def general(*rules):
    """A file whose one group is everybody's."""
    return "\n".join(["User-agent: *", *rules])


# ---- groups

GROUPS = """\
User-agent: *
Disallow: /all

User-agent: otherbot
User-agent: News-Monitor   # that is us
Disallow: /both

User-agent: otherbot
Disallow: /other

user-AGENT:news-monitor/2.0
disALLOW:/again
"""


@pytest.mark.parametrize(
    ("agent", "path", "free"),
    [
        (US, "/all", True),
        (US, "/both", False),
        (US, "/again", False),
        (US, "/other", True),
        ("NEWS-MONITOR", "/both", False),
        ("otherbot", "/both", False),
        ("otherbot", "/other", False),
        ("otherbot", "/all", True),
        ("thirdbot", "/all", False),
        ("thirdbot", "/both", True),
    ],
)
def test_all_groups_that_name_us_are_one_and_replace_the_general_one(agent, path, free):
    assert allows(GROUPS, path, agent) is free


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("news-monitor", True), ("NEWS-Monitor", True), ("news-monitor/1.0", True), ("news-monitor (+mail)", True),
        ("\tnews-monitor\t", True), ("news", False), ("news-", False), ("monitor", False), ("news-monitor-image", False),
        ("news-monitor2", False), ("my-news-monitor", False), ("Mozilla/5.0 (news-monitor)", False), ("news*", False),
        ("", False),
    ],
)  # fmt: skip
def test_a_group_is_ours_by_the_whole_product_token_alone(name, ours):
    assert allows(f"User-agent: {name}\nDisallow: /", "/x") is not ours


@pytest.mark.parametrize("name", ["*", "* # everybody", "* all"])
def test_the_star_names_everybody(name):
    assert not allows(f"User-agent: {name}\nDisallow: /", "/x")


@pytest.mark.parametrize(
    ("lines", "free"),
    [
        # What no robot knows, and what is the whole site's, ends no list of agents.
        ("User-agent: news-monitor\nColour: red\nUser-agent: b\nDisallow: /", False),
        ("User-agent: news-monitor\nSitemap: https://a.example/s\nUser-agent: b\nDisallow: /", False),
        ("User-agent: news-monitor\n\n\nUser-agent: b\nDisallow: /", False),
        # Crawl-delay does: else what is said to the banned robot would be said to all.
        ("User-agent: *\nCrawl-delay: 5\n\nUser-agent: badbot\nDisallow: /", True),
        ("User-agent: *\nDisallow:\n\nUser-agent: badbot\nDisallow: /", True),
        # A blank line ends no group.
        ("User-agent: news-monitor\n\nDisallow: /", False),
        # A group without rules is ours all the same.
        ("User-agent: *\nDisallow: /\n\nUser-agent: news-monitor\nDisallow:", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: news-monitor", True),
        # Rules before any agent are nobody's.
        ("Disallow: /\nUser-agent: b\nDisallow: /", True),
        ("Disallow: /", True),
    ],
)
def test_where_a_group_begins_and_ends(lines, free):
    assert allows(lines, "/x") is free


# ---- rules


@pytest.mark.parametrize(
    ("rules", "path", "free"),
    [
        # RFC 9309 2.2.2 and 5.2: the longest match decides, whatever the order; of two alike, the allowing one.
        (("Allow: /shop/open/", "Disallow: /shop/"), "/shop/open/x", True),
        (("Disallow: /shop/", "Allow: /shop/open/"), "/shop/open/x", True),
        (("Disallow: /shop/", "Allow: /shop/open/"), "/shop/shut", False),
        (("Allow: /shop/open/page.html", "Disallow: /shop/open/"), "/shop/open/page.html", True),
        (("Allow: /shop/open/page.html", "Disallow: /shop/open/"), "/shop/open/page", False),
        (("Disallow: /a", "Allow: /a"), "/a", True),
        (("Disallow: /*.gif$",), "/pictures/1.gif", False),
        (("Disallow: /*.gif$",), "/pictures/1.gif?size=2", True),
        (("Disallow: *.gif$", "Disallow: /example/", "Allow: /open/"), "/open/1", True),
        (("Disallow: *.gif$", "Disallow: /example/", "Allow: /open/"), "/1.gif", False),
        # prefixes, and case that counts
        (("Disallow: /fish",), "/fishheads/1", False),
        (("Disallow: /fish",), "/Fish", True),
        (("Disallow: /fish/",), "/fish", True),
        (("disallow: /",), "/", False),
        (("Disallow: /",), "", False),
        (("Disallow: /?",), "?x=1", False),
        # wildcards
        (("Disallow: /*",), "/x", False),
        (("Disallow: /fish*",), "/fish", False),
        (("Disallow: /*.php",), "/x.php5", False),
        (("Disallow: /*.php",), "/x.PHP", True),
        (("Disallow: /a*b*c",), "/axxbxxc", False),
        (("Disallow: /a*b*c",), "/axxcxxb", True),
        (("Disallow: /a**c",), "/abc", False),
        (("Disallow: /*/private/",), "/x/private/1", False),
        (("Disallow: /*/private/",), "/private/1", True),
        (("Disallow: /a*$",), "/abc", False),
        # the end, and a "$" that is none
        (("Disallow: /a$",), "/a", False),
        (("Disallow: /a$",), "/ab", True),
        (("Disallow: /a$b",), "/a$bc", False),
        (("Disallow: /$",), "/", False),
        (("Disallow: /$",), "/x", True),
        (("Disallow: /*b$",), "/abab", False),
        (("Disallow: /ab*ab$",), "/ab", True),
        (("Disallow: /", "Allow: /$"), "/", True),
        # Every octet counts once: "?" and "&" do not make a rule longer, nor does "$" make it shorter.
        (("Disallow: /*?s=", "Allow: /blog/"), "/blog/?s=1", True),
        (("Disallow: /*&page=", "Allow: /stories/"), "/stories/?a=1&page=2", True),
        (("Disallow: /a*", "Allow: /a$"), "/a", True),
        (("Allow: /index.html", "Disallow: /"), "/", False),
        # no path: nothing is said
        (("Disallow:",), "/x", True),
        (("Disallow: # all",), "/x", True),
        (("Disallow: /x # the rest is a comment",), "/x", False),
        (("Disallow: /a#b",), "/a", False),
        (("Disallow: x",), "/x", True),
        (("Disallow: https://a.example/x",), "/x", True),
        # what people write
        (("Disallow /x",), "/x", False),
        (("Dissallow: /x",), "/x", False),
        (("Disallow : /x",), "/x", False),
        (("\t Disallow:\t/x \t",), "/x", False),
        (("Disallow:\u00a0/x",), "/x", False),
        (("Disallowed: /x",), "/x", True),
        (("Noindex: /x",), "/x", True),
        (("<p>Disallow: /x</p>",), "/x", True),
    ],
)  # fmt: skip
def test_the_rule_that_decides(rules, path, free):
    assert allows(general(*rules), path) is free


@pytest.mark.parametrize(
    ("rule", "path", "matches"),
    [
        # RFC 9309 2.2.2: what both spell is compared, not how.
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz", True),
        ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar", True),
        ("/foo/bar?baz=https%3A%2F%2Ffoo.bar", "/foo/bar?baz=https://foo.bar", True),
        ("/foo/bar/\u30c4", "/foo/bar/%E3%83%84", True),
        ("/foo/bar/%E3%83%84", "/foo/bar/\u30c4", True),
        ("/foo/bar/%e3%83%84", "/foo/bar/%E3%83%84", True),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz", True),
        ("/foo/bar/baz", "/foo/bar/%62%61%7a", True),
        ("/suche/ärger", "/suche/%C3%A4rger", True),
        ("/мир", "/%d0%bc%d0%b8%d1%80", True),
        ("/суд", "/%d0%bc%d0%b8%d1%80", False),
        ("/a b", "/a%20b", True),
        ("/a~b", "/a%7Eb", True),
        ("/(a)", "/%28a%29", True),
        ("/a:b@c", "/a%3Ab%40c", True),
        # An escape is no star, no end and no part of a path; a star in an address is only a star.
        ("/a%2Ab", "/axb", False),
        ("/a%2Ab", "/a*b", True),
        ("/a%2ab", "/a%2Ab", True),
        ("/a*b", "/a*b", True),
        ("/a%24", "/a$b", True),
        ("/a%24", "/a", False),
        ("/a%2Fb", "/a/b", False),
        ("/a/b", "/a%2fb", False),
        ("/a%3Fb", "/a?b", False),
        ("/a?b", "/a%3Fb", False),
        # broken escapes are the octets they are
        ("/100%", "/100%25", True),
        ("/100%", "/100%", True),
        ("/a%zz", "/a%25zz", True),
        ("/a%2", "/a%25", False),
        ("/%", "/x", False),
    ],
)
def test_percent_encoding(rule, path, matches):
    assert allows(general(f"Disallow: {rule}"), path) is not matches
    assert allows(general("Disallow: /", f"Allow: {rule}"), path) is matches


def test_octets_that_are_no_utf_8_are_octets():
    assert not allows(b"User-agent: *\nDisallow: /\xe4rger", "/%E4rger/1")
    assert allows(b"User-agent: *\nDisallow: /\xe4rger", "/%C3%A4rger/1")


def test_the_file_itself_is_always_allowed():
    assert allows(general("Disallow: /"), "/robots.txt")
    assert allows(general("Disallow: /"), "/robots.txt?x=1")
    assert not allows(general("Disallow: /"), "/robots.txt.bak")
    assert not allows(general("Disallow: /"), "/x/robots.txt")


def test_fragments_are_never_sent_and_so_match_nothing():
    assert not allows(general("Disallow: /a$"), "/a#b")


def test_many_addresses_are_answered_in_their_order():
    asked = [f"{SITE}/{n}/x" for n in range(20)]
    verdict = robots.judge(general("Disallow: /1").encode(), asked, US)
    assert verdict.allowed == tuple(not url.startswith(f"{SITE}/1") for url in asked)


# ---- against a matcher written from the RFC alone


def octets(text):
    """Return a path as the octets RFC 9309 compares, one string each: decoded where visible, else escaped."""
    found, query = [], False
    for part in re.findall(rb"%[0-9A-Fa-f]{2}|.", text.encode(), re.DOTALL):
        value = int(part[1:], 16) if len(part) == 3 else part[0]
        char = chr(value)
        escaped = not 0x20 < value < 0x7F or char == "%" or (len(part) == 3 and char in "/?" and not query)
        found.append(f"%{value:02X}" if escaped else char)
        query = query or part == b"?"
    return found


def longest(rules, path):
    """Return whether the longest of (allows, pattern) that matches a path allows it."""
    best = (0, True)
    asked = "".join(octets(path))
    for free, pattern in rules:
        end = pattern.endswith("$")
        expression, length, query = "", int(end), ""
        for piece in re.split(r"(\*)", pattern.removesuffix("$")):
            spelled = ["*"] if piece == "*" else octets(query + piece)[len(query) :]
            expression += ".*" if piece == "*" else re.escape("".join(spelled))
            length += sum(map(len, spelled))
            query = "?" if query or "?" in piece else ""
        if re.match(expression + ("$" if end else ""), asked):
            best = max(best, (length, free))
    return best[1]


PATHS = st.lists(st.sampled_from(["a", "b", "/", "?", "&", "=", "%2F", "%61", "%3f", "ä", "%C3%A4", "%"]), max_size=8)
PIECES = st.lists(st.sampled_from(["a", "b", "/", "?", "&", "*", "*", "%2F", "%62", "ä", "%2a", "$"]), max_size=6)


@given(
    rules=st.lists(st.tuples(st.booleans(), PIECES.map(lambda parts: "/" + "".join(parts))), max_size=6),
    path=PATHS.map(lambda parts: "/" + "".join(parts)),
)
def test_protego_behind_our_spelling_agrees_with_the_rfc(rules, path):
    lines = [f"{'Allow' if free else 'Disallow'}: {pattern}" for free, pattern in rules]
    assert allows(general(*lines), path) is longest(rules, path)


# ---- Crawl-delay


@pytest.mark.parametrize(
    ("lines", "delay"),
    [
        ("User-agent: *\nCrawl-delay: 10", 10.0),
        ("User-agent: *\ncrawl-delay:0.5\nDisallow: /x", 0.5),
        ("User-agent: *\nCrawldelay: 10", 10.0),
        ("User-agent: *\nCrawl-delay: 3600", 60.0),
        ("User-agent: *\nCrawl-delay: 1e300", 60.0),
        ("User-agent: *\nCrawl-delay: 0", None),
        ("User-agent: *\nCrawl-delay: -5", None),
        ("User-agent: *\nCrawl-delay: inf", None),
        ("User-agent: *\nCrawl-delay: nan", None),
        ("User-agent: *\nCrawl-delay: soon", None),
        ("User-agent: *\nCrawl-delay:", None),
        ("User-agent: otherbot\nCrawl-delay: 10", None),
        ("User-agent: *\nCrawl-delay: 10\n\nUser-agent: news-monitor\nDisallow: /x", None),
        ("User-agent: *\nCrawl-delay: 10\n\nUser-agent: news-monitor\nCrawl-delay: 3", 3.0),
        ("Crawl-delay: 10", None),
        ("", None),
    ],
)
def test_crawl_delay_is_that_of_our_group_and_a_minute_at_most(lines, delay):
    assert robots.judge(lines.encode(), [SITE], US).delay == delay


# ---- files as they come

FILE = b"User-agent: *\nDisallow: /private\n"


@pytest.mark.parametrize(
    "body",
    [
        FILE,
        FILE.rstrip(),
        b"\xef\xbb\xbf" + FILE,
        FILE.replace(b"\n", b"\r\n"),
        FILE.replace(b"\n", b"\r"),
        FILE.replace(b"\n", b"\r\r\n\n"),
        FILE.replace(b"/", b"\x00/"),
        FILE.decode().encode("utf-16"),
        "\ufeff".encode("utf-16-be") + FILE.decode().encode("utf-16-be"),
        b"<html><body><pre>\n" + FILE + b"</pre>",
        b"\xff\xfe\xfd\n" + FILE,
        FILE + b"# filler " * 100_000,
        b"# filler\n" * 50_000 + FILE,
        b"User-agent: *\n" + b"Disallow: /filler/%d\n" * 20_000 + FILE,
    ],
)
def test_rules_are_found_in_whatever_they_come(body):
    assert not allows(body, "/private/x")
    assert allows(body, "/x")


def test_a_robot_that_is_named_ten_thousand_times_has_each_rule_once():
    """20,000 rules for each of 20,000 namings would be 4 GB."""
    body = b"User-agent: *\n" * 18_000 + b"Disallow: /private\n" * 12_000
    assert len(robots._group(body.decode(), US)) == 12_000
    assert not allows(body, "/private")


def test_what_stands_beyond_the_cap_is_not_read_and_a_cut_line_is_dropped():
    """Cut in its middle, `Disallow: /private` would be `Disallow: /` at one place."""
    start = b"User-agent: *\nDisallow: /early\n"
    for room in range(24):
        filler = b"#" * (robots.MAX_BYTES - len(start) - 1 - room) + b"\n"
        body = start + filler + b"Disallow: /private\nDisallow: /late\n"
        assert not allows(body, "/early")
        assert allows(body, "/x")
        assert allows(body, "/private") is (room < len(b"Disallow: /private\n"))
        assert allows(body, "/late")


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_a_packed_body_is_unpacked_up_to_the_cap(pack):
    assert not allows(pack(FILE), "/private/x")
    assert not allows(pack(FILE + b"# " + b"x" * 50_000_000), "/private/x")


@pytest.mark.parametrize(
    "body",
    [b"", b"\x1f\x8bnot gzip", b"\x00\xff" * 500, b"<html><body>Not found</body></html>", b"Disallow: /", b"x" * 600_000],
)  # fmt: skip
def test_what_holds_no_rule_for_us_allows(body):
    assert allows(body, "/")
    assert allows(body, "/x")


@given(st.binary(max_size=200), st.text(max_size=40))
def test_no_bytes_and_no_address_raise(noise, address):
    for body in (noise, b"User-agent: *\nDisallow: " + noise + b"\nCrawl-delay: " + noise):
        verdict = robots.judge(body, [address, f"{SITE}/{address}"], US)
        assert len(verdict.allowed) == 2
        assert verdict.delay is None or 0 < verdict.delay <= robots.MAX_DELAY


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
