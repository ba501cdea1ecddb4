"""From a home page to what can be watched, over real HTTP on loopback."""

from __future__ import annotations

import gzip
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

import pytest

from monitor import discovery
from monitor.clock import SystemClock
from monitor.discovery import MAX_VISITS
from monitor.errors import Reason
from monitor.fetch.client import Client
from monitor.fetch.gate import Gate
from monitor.fetch.visit import Visitor
from monitor.reading import Reader
from monitor.store.ledger import StoreLedger
from tests import engines
from tests.web import Web

AGENT = "news-monitor/1.0 (+desk@example.org)"
READER = Reader([], [])


class Readers:
    """What the reader processes run, without the processes."""

    async def links(self, page, source):
        return READER.links(page, source)

    async def candidates(self, page):
        return READER.candidates(page)

    async def robots(self, body, urls, agent):
        return READER.robots(body, urls, agent)


@asynccontextmanager
async def guest(folder):
    ledger = StoreLedger(lambda: engines.opened(folder / "visits.db"))
    client = Client(agent=AGENT)
    try:
        yield Visitor(client, Readers(), ledger, SystemClock(), Gate(0.0), AGENT), ledger
    finally:
        await client.aclose()
        ledger.close()


@pytest.fixture
def look(tmp_path):
    async def look(url, *, private=True):
        async with guest(tmp_path) as (visitor, ledger):
            return await discovery.discover(visitor, Readers(), ledger, url, private=private)

    return look


@pytest.fixture
def web():
    with Web() as web:
        yield web


def feed(web, path, *names, days=0, title="T", date=True):
    """Publish a feed of articles of these names, the newest so many days old."""
    at = format_datetime(datetime.now(UTC) - timedelta(days=days)) if date else ""
    items = "".join(
        f"<item><title>{name}</title><link>{web.url}/{name}</link>{f'<pubDate>{at}</pubDate>' if at else ''}</item>"
        for name in names
    )
    web.pages[path] = f'<?xml version="1.0"?><rss><channel><title>{title}</title>{items}</channel></rss>'.encode()


def page(head="", body="", title="The Harbour Times"):
    return f'<!doctype html><html lang="en-GB"><head><title>{title}</title>{head}</head><body>{body}</body></html>'.encode()


def link(href, kind="application/rss+xml", title=""):
    return f'<link rel="alternate" type="{kind}" href="{escape(href)}" title="{escape(title)}">'


NAMES = [f"article-{n}" for n in range(8)]


async def test_a_declared_feed_is_found_and_nothing_is_guessed(look, web):
    web.pages["/"] = page(link("/all.xml", title="All"))
    feed(web, "/all.xml", *NAMES, title="Harbour")
    found = await look(web.url)
    assert (found.title, found.language, found.url) == ("The Harbour Times", "en", web.url)
    best = found.best
    assert (best.url, best.kind, best.entries, best.titled, best.dated) == (f"{web.url}/all.xml", "feed", 8, 1.0, 1.0)
    assert datetime.now(UTC) - best.newest < timedelta(minutes=1)
    assert web.asked == ["/robots.txt", "/", "/all.xml"]


async def test_a_feed_at_a_well_known_path_is_found(look, web):
    web.pages["/"] = page()
    feed(web, "/rss.xml", *NAMES)
    found = await look(web.url)
    assert found.best.url == f"{web.url}/rss.xml"
    assert found.best.why == "guessed: /rss.xml"
    assert [one.reason for one in found.found[1:]] == [Reason.NOT_FOUND] * (len(found.found) - 1)


async def test_the_feed_of_a_section_is_guessed_before_that_of_the_site(look, web):
    web.pages["/world"] = page()
    feed(web, "/world/feed", "a", "b")
    feed(web, "/feed", *NAMES)
    found = await look(f"{web.url}/world")
    assert found.best.url == f"{web.url}/world/feed"


async def test_the_address_of_a_feed_is_the_source_itself(look, web):
    feed(web, "/all.xml", *NAMES, title="Harbour")
    found = await look(f"{web.url}/all.xml")
    assert (found.best.url, found.title, found.url) == (f"{web.url}/all.xml", "Harbour", f"{web.url}/")
    assert web.asked == ["/robots.txt", "/all.xml"]


async def test_an_html_page_at_a_feeds_path_is_no_feed(look, web):
    web.pages["/"] = page()
    web.pages["/feed"] = page(body="<h1>Page not found</h1><a href='/our/rss/all'>RSS</a>")
    feed(web, "/our/rss/all", *NAMES)
    found = await look(web.url)
    by_url = {one.url: one for one in found.found}
    assert by_url[f"{web.url}/feed"].reason is Reason.NOT_A_FEED
    assert found.best is None or found.best.kind == "listing"
    assert "/our/rss/all" not in web.asked, "an error page is no page about feeds"


async def test_a_page_about_the_feeds_leads_to_them(look, web):
    web.pages["/"] = page(body='<a href="/rss">RSS</a>')
    web.pages["/rss"] = page(body='<a href="/world.xml" type="application/rss+xml">World</a>')
    feed(web, "/world.xml", *NAMES)
    assert (await look(web.url)).best.url == f"{web.url}/world.xml"


async def test_of_two_feeds_with_the_same_links_the_one_that_says_more_is_kept(look, web):
    web.pages["/"] = page(link("/undated.xml") + link("/all.xml") + link("/sport.xml") + link("/other.xml"))
    feed(web, "/undated.xml", *NAMES, date=False)
    feed(web, "/all.xml", *NAMES)
    feed(web, "/sport.xml", *NAMES[:3])
    feed(web, "/other.xml", "quite", "another")
    found = await look(web.url)
    assert [one.url.rpartition("/")[2] for one in found.found if one.good] == ["all.xml"]
    same = {one.url.rpartition("/")[2] for one in found.found if one.same_as == f"{web.url}/all.xml"}
    assert same == {"undated.xml", "sport.xml"}
    assert "/other.xml" not in web.asked, "three that can be watched are enough"


async def test_comments_and_feeds_of_one_article_come_last(look, web):
    web.pages["/"] = page(link("/comments/feed", title="Comments") + link("/2026/11/a-long-headline-of-words/feed/"))
    feed(web, "/comments/feed", *NAMES)
    feed(web, "/2026/11/a-long-headline-of-words/feed/", *NAMES)
    feed(web, "/feed.xml", "a", "b")
    found = await look(web.url)
    assert found.best.url == f"{web.url}/feed.xml"
    assert "/comments/feed" not in web.asked


async def test_comments_alone_are_not_watched(look, web):
    web.pages["/"] = page(link("/comments/feed"))
    feed(web, "/comments/feed", *NAMES)
    found = await look(web.url)
    assert found.best is None or found.best.kind == "listing"
    assert "comments, or the feed of one article" in {one.verdict for one in found.found}


async def test_a_feed_that_nobody_keeps_any_more_is_not_watched(look, web):
    web.pages["/"] = page(link("/old.xml"))
    feed(web, "/old.xml", *NAMES, days=400)
    feed(web, "/atom.xml", *NAMES)
    found = await look(web.url)
    assert found.best.url == f"{web.url}/atom.xml"
    assert any(one.verdict.startswith("nothing new since 20") for one in found.found)


async def test_a_candidate_that_redirects_is_known_by_where_it_leads(look, web):
    web.pages["/"] = page(link("/short") + link("/all.xml"))
    web.moves["/short"] = f"{web.url}/all.xml"
    feed(web, "/all.xml", *NAMES)
    found = await look(web.url)
    assert [(one.url, one.good) for one in found.found] == [(f"{web.url}/all.xml", True)]
    assert web.asked.count("/all.xml") == 1
    web.pages["/"] = page(link("/all.xml") + link("/short"))
    found = await look(web.url)
    assert [(one.url, one.same_as) for one in found.found[1:]] == [(f"{web.url}/short", f"{web.url}/all.xml")]


async def test_a_home_page_is_where_its_address_leads(look, web):
    web.moves["/"] = f"{web.url}/en/"
    web.pages["/en/"] = page('<link rel="feed" href="all.xml">')
    feed(web, "/en/all.xml", *NAMES)
    found = await look(web.url)
    assert (found.url, found.best.url) == (f"{web.url}/en/", f"{web.url}/en/all.xml")


async def test_robots_txt_keeps_candidates_from_being_asked(look, web):
    web.pages["/"] = page(link("/closed/all.xml"))
    web.pages["/robots.txt"] = b"User-agent: *\nDisallow: /closed\n"
    feed(web, "/closed/all.xml", *NAMES)
    feed(web, "/feed", "a", "b")
    found = await look(web.url)
    assert found.best.url == f"{web.url}/feed"
    assert "/closed/all.xml" not in web.asked
    assert Reason.ROBOTS in {one.reason for one in found.found}


async def test_a_home_page_that_is_refused_may_have_a_feed_all_the_same(look, web):
    web.pages["/"] = (403, "text/html", b"<h1>Forbidden</h1>")
    feed(web, "/rss", *NAMES)
    found = await look(web.url)
    assert (found.reason, found.detail) == (Reason.FORBIDDEN, "HTTP 403")
    assert found.best.url == f"{web.url}/rss"


async def test_a_site_that_refuses_everything_says_so(look, web):
    for path in ("/", "/feed", "/rss", "/sitemap.xml"):
        web.pages[path] = (403, "text/html", b"no")
    found = await look(web.url)
    assert (found.reason, found.best) == (Reason.FORBIDDEN, None)
    assert Reason.FORBIDDEN in {one.reason for one in found.found}


async def test_a_site_that_asks_for_a_pause_is_left_alone(look, web):
    web.pages["/"] = page(link("/a.xml") + link("/b.xml"))
    web.pages["/a.xml"] = (429, "text/html", b"slow down")
    found = await look(web.url)
    assert web.asked == ["/robots.txt", "/", "/a.xml"]
    assert (found.visits, [one.kind for one in found.found].count("feed")) == (2, 1)


async def test_a_consent_wall_in_place_of_the_home_page_is_named(look, web):
    web.pages["/"] = page(
        title="Your privacy", body="<h1>Your privacy</h1><p>We use cookies and ask for your consent.</p>"
        "<p>Cookies and consent: accept the cookies, or manage your privacy.</p><a href='/terms'>Terms</a>"
    )  # fmt: skip
    found = await look(web.url)
    assert (found.reason, found.best) == (Reason.CONSENT, None)


async def test_a_page_with_500_candidates_costs_no_more_visits_than_any(look, web):
    web.pages["/"] = page("".join(link(f"/feeds/{n}.xml") for n in range(500)))
    found = await look(web.url)
    assert found.best is None
    assert found.visits == MAX_VISITS == len(web.asked) - 1


async def test_an_address_in_our_network_is_not_asked_without_leave(look, web):
    found = await look(web.url, private=False)
    assert (found.reason, found.best, web.asked) == (Reason.BLOCKED_ADDRESS, None, [])


async def test_leave_for_one_private_host_opens_no_other(look, web):
    with Web() as other:
        feed(other, "/feed.xml", *NAMES)
        web.pages["/"] = page(link(f"{other.url}/feed.xml"))
        found = await look(web.url)
        assert other.asked == []
    refused = next(one for one in found.found if one.url.startswith(other.url))
    # Its port is named by nobody.
    assert refused.reason is Reason.BAD_URL


async def test_a_host_without_scheme_is_tried_by_https_then_http(look, web):
    web.pages["/"] = page(link("/all.xml"))
    feed(web, "/all.xml", *NAMES)
    found = await look(web.url.removeprefix("http://"))
    assert found.best.url == f"{web.url}/all.xml"


async def test_a_json_feed_is_found(look, web):
    web.pages["/"] = page(link("/feed.json", "application/feed+json"))
    items = [{"id": str(n), "url": f"{web.url}/{n}", "title": f"T{n}"} for n in range(5)]
    web.pages["/feed.json"] = (200, "application/feed+json", json.dumps({"title": "J", "items": items}).encode())
    assert (await look(web.url)).best.entries == 5


# ---- sitemaps and listings


def sitemap(web, *names, root="urlset", item="url"):
    today = datetime.now(UTC).date().isoformat()
    rows = "".join(f"<{item}><loc>{web.url}/{name}</loc><lastmod>{today}</lastmod></{item}>" for name in names)
    return f'<?xml version="1.0"?><{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</{root}>'.encode()


@pytest.mark.parametrize("packed", [False, True])
async def test_a_sitemap_that_only_robots_txt_names_is_found(look, web, packed):
    web.pages["/"] = page()
    text = (
        f"User-agent: *\nDisallow: /admin\n\nSitemap: {web.url}/maps/all.xml\nsitemap:{web.url}/maps/news.xml # new\n"
    )
    web.pages["/robots.txt"] = gzip.compress(text.encode()) if packed else text.encode()
    web.pages["/maps/all.xml"] = sitemap(web, "archive")
    web.pages["/maps/news.xml"] = sitemap(web, *NAMES)
    found = await look(web.url)
    assert (found.best.url, found.best.kind, found.best.entries) == (f"{web.url}/maps/news.xml", "sitemap", 8)
    assert found.best.why == "named in robots.txt"
    assert web.asked[2] == "/maps/news.xml", "that of news comes first"


async def test_beside_a_feed_only_a_sitemap_of_news_is_asked(look, web):
    web.pages["/"] = page(link("/all.xml"))
    feed(web, "/all.xml", *NAMES)
    web.pages["/robots.txt"] = f"Sitemap: {web.url}/sitemap.xml\nSitemap: {web.url}/news-sitemap.xml\n".encode()
    web.pages["/news-sitemap.xml"] = sitemap(web, *NAMES, "more")
    found = await look(web.url)
    assert web.asked == ["/robots.txt", "/", "/all.xml", "/news-sitemap.xml"]
    assert [one.kind for one in found.found] == ["feed", "sitemap"]


async def test_an_index_is_judged_by_the_newest_of_its_sitemaps(look, web):
    web.pages["/"] = page()
    web.pages["/sitemap.xml"] = sitemap(web, "maps/1.xml", "maps/2.xml", root="sitemapindex", item="sitemap")
    web.pages["/maps/1.xml"] = sitemap(web, *NAMES)
    found = await look(web.url)
    assert (found.best.url, found.best.entries) == (f"{web.url}/sitemap.xml", 8)


async def test_a_page_without_feed_and_sitemap_is_watched_itself(look, web):
    teasers = "".join(
        f'<article><h2><a href="/2026/11/24/story-about-the-harbour-{n}">Harbour story number {n} of the day</a></h2>'
        f"<p>What happened at pier {n}.</p></article>"
        for n in range(12)
    )
    web.pages["/"] = page(body=f"<main>{teasers}</main>")
    found = await look(web.url)
    assert (found.best.kind, found.best.url, found.best.entries) == ("listing", web.url, 12)
