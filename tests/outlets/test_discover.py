"""What pages, robots.txt and habit name as sources."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import ReadError, Reason
from monitor.model import Candidates, Feed, Page
from monitor.outlets import discover
from monitor.outlets.discover import Tier, candidates, same_site, sitemaps_of, tier, well_known
from monitor.outlets.kinds import KINDS

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
URL = "https://www.harbour.example/"


@pytest.fixture
def kinds(monkeypatch):
    for kind in ("sitemap", "listing"):
        monkeypatch.setitem(KINDS, kind, lambda page, _: Feed())


def page(body, url=URL, kind="text/html", **headers):
    body = body.encode() if isinstance(body, str) else body
    return Page(url, url, 200, {"content-type": kind, **headers}, body, NOW)


def html(head="", body="", attributes=""):
    return page(f"<!doctype html><html {attributes}><head>{head}</head><body>{body}</body></html>")


def found(head="", body=""):
    return [(one.url.removeprefix(URL), one.kind, one.title) for one in candidates(html(head, body)).found]


@pytest.mark.parametrize(
    ("kind", "there"),
    [
        ("application/rss+xml", True),
        ("application/atom+xml; charset=utf-8", True),
        ("APPLICATION/RSS+XML", True),
        ("application/feed+json", True),
        ("application/json", True),
        ("text/xml", True),
        ("application/rdf+xml", True),
        ("text/html", False),
        ("application/json+oembed", False),
        ("", False),
    ],
)
def test_a_declared_feed_is_known_by_its_type(kind, there):
    assert bool(found(f'<link rel="alternate" type="{kind}" href="/x">')) is there


def test_declared_feeds_come_first_and_in_their_order():
    head = (
        '<link rel="alternate" hreflang="de" href="/de">'
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">'
        '<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed/">'
        '<link rel="alternate" type="application/rss+xml" href="https://feeds.elsewhere.example/h">'
        '<link rel="ALTERNATE" type="application/rss+xml" title=" All  news " href="feed/">'
        '<link rel="feed" href="/b.xml"><link rel="alternate" type="application/rss+xml" href="feed/?utm_source=x">'
    )
    body = '<a href="/sport/rss.xml">Sport</a><a href="/about">About</a><a href="javascript:rss()">RSS</a>'
    assert found(head, body) == [
        ("feed/", "feed", "All news"),
        ("b.xml", "feed", ""),
        ("sport/rss.xml", "feed", "Sport"),
        ("https://feeds.elsewhere.example/h", "feed", ""),
        ("comments/feed/", "feed", "Comments"),
    ]


@pytest.mark.parametrize(
    "path",
    ["/rss", "/rss/all", "/feed", "/feeds/news.xml", "/x.rss", "/x.atom", "/index.xml", "/?feed=rss2", "/rss_full.xml",
     "/news/feed.json", "/a?format=xml"],
)  # fmt: skip
def test_links_that_look_like_feeds_are_candidates(path):
    assert found(body=f'<a href="{path}">x</a>') == [(path[1:], "feed", "x")]


@pytest.mark.parametrize("path", ["/2026/feeding-the-gulls", "/rssi", "/atomic", "/feedback", "/x.xml.html", "/"])
def test_links_to_articles_are_none(path):
    assert found(body=f'<a href="{path}">x</a>') == []


def test_a_page_is_no_candidate_of_its_own():
    said = candidates(page('<html><a href="/rss">RSS</a><a href="/rss/world">World</a></html>', f"{URL}rss"))
    assert [one.url for one in said.found] == [f"{URL}rss/world"]


def test_a_page_in_a_base_is_read_from_there():
    assert found('<base href="https://www.harbour.example/en/"><link rel="feed" href="all.xml">')[0][0] == "en/all.xml"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://harbour.example/feed", Tier.DECLARED),
        ("https://feeds.harbour.example/all", Tier.DECLARED),
        ("https://other.example/feed", Tier.ELSEWHERE),
        ("https://harbour.example/comments/feed", Tier.ASIDE),
        ("https://harbour.example/commentisfree/rss", Tier.DECLARED),
        ("https://harbour.example/2026/11/the-gulls-of-the-old-pier/feed/", Tier.ASIDE),
        ("https://harbour.example/news/world-news/feed/", Tier.DECLARED),
    ],
)
def test_what_is_hardly_the_outlets_list_is_tried_last(url, expected):
    assert tier(discover.Candidate(url), URL) is expected


def test_a_site_is_a_host_and_those_below_it():
    assert same_site("https://www.a.example/", "http://a.example:8080/x")
    assert same_site("https://feeds.a.example/", "https://www.a.example")
    assert not same_site("https://nota.example/", "https://a.example")
    assert not same_site("", "")


def test_what_a_site_calls_itself():
    def title(head, url=URL):
        return candidates(page(f"<html><head>{head}</head></html>", url)).title

    assert title('<title>x</title><meta property="og:site_name" content="The  Harbour">') == "The Harbour"
    assert title("<title>News, sport and weather | The Harbour</title>") == "The Harbour"
    assert title("<title>Home - Quay</title>") == "Quay"
    assert title("<title>Правда - новини дня</title>", "https://pravda.example/") == "Правда"
    assert title("") == ""


def test_which_language_a_page_is_in():
    assert candidates(html(attributes='lang="uk-UA"')).language == "uk"
    assert candidates(html('<meta property="og:locale" content="de_DE">')).language == "de"
    assert candidates(html(attributes='lang="nonsense!"')).language is None


def test_a_feed_is_known_by_what_it_is_whatever_it_is_called():
    rss = b"<rss><channel><title>H</title><language>fr</language><item><link>https://a.example/1</link></item></channel></rss>"
    assert candidates(page(rss)) == Candidates("feed", "H", "fr")
    assert candidates(page(b'{"title": "J", "items": []}')).kind == "feed"


@pytest.mark.parametrize(
    ("body", "reason"), [(b"", Reason.EMPTY), (b"%PDF-1.7", Reason.WRONG_TYPE), (b"<div>" * 60_000, Reason.HOSTILE)]
)
def test_what_is_neither_page_nor_source_is_refused_by_name(body, reason, monkeypatch):
    monkeypatch.delitem(KINDS, "sitemap", raising=False)
    with pytest.raises(ReadError) as error:
        candidates(page(body))
    assert error.value.reason is reason


def test_a_page_names_sixty_candidates_at_most():
    many = "".join(f'<a href="/rss/{n}">x</a>' for n in range(500))
    assert len(found(body=many)) == discover.MAX_FOUND


def test_sitemap_lines_of_a_robots_txt(kinds):
    body = (
        b"\xef\xbb\xbfSITEMAP: https://a.example/one.xml\r\nUser-agent: *\r\nDisallow: /sitemap: x\r\n"
        b"  Sitemap :https://a.example/news.xml # the newest\r\nSitemap: /relative.xml\r\n"
        b"Sitemap: https://a.example/one.xml\r\n# Sitemap: https://a.example/no.xml\r\nsitemap: javascript:1\r\n"
    )
    assert [one.url for one in sitemaps_of(body)] == ["https://a.example/news.xml", "https://a.example/one.xml"]
    as_page = page(body, "https://a.example/robots.txt", "text/plain")
    assert candidates(as_page).found == sitemaps_of(body)


def test_well_known_places_stand_at_the_root_and_below_a_section(kinds):
    places = [one.url for one in well_known("https://a.example/world/?page=2#x")]
    assert places[:2] == ["https://a.example/world/feed", "https://a.example/world/rss"]
    assert "https://a.example/rss.xml" in places
    assert "https://a.example/news-sitemap.xml" in places
    assert len(places) == len(set(places))
    assert not any("index.html/feed" in one.url for one in well_known("https://a.example/index.html"))
    assert well_known("no address") == ()


@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_but_a_read_error(data):
    for body in (data, b"<html><head><link rel=alternate type=text/xml href=" + data):
        try:
            found = candidates(page(body))
        except ReadError:
            continue
        assert isinstance(found, Candidates)
    sitemaps_of(data)
    well_known(data.decode("latin-1"))
