"""What a reader process makes of a page: links, articles, and articles from feed entries where a page fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.errors import Reason
from monitor.model import Failure, Link, Memory, Page, Reading, Rule, TextKind
from monitor.parse.digest import digest
from monitor.reading import MAX_FEED_TEXT, Lister, Reader
from monitor.views import DueSource
from tests.web import article

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
URL = "https://a.example/story"
SOURCE = DueSource(1, "a", "https://a.example/feed", "feed", NOW)
READER = Reader([Rule("nato", "NATO")], [])
STORY = article("Harbour", "The harbour was quiet on Tuesday, and NATO was not mentioned by anybody on the quay. " * 3)


def page(body, status=200, kind="text/html; charset=utf-8"):
    return Page(URL, URL, status, {"content-type": kind}, body, NOW)


def link(**fields):
    return Link(**{"outlet": "a", "source": SOURCE.url, "url": URL, "canonical": URL, **fields})


def feed(*items):
    return page(f"<rss><channel>{''.join(items)}</channel></rss>".encode(), kind="application/rss+xml")


def item(path, minutes=None, text=""):
    date = f"<pubDate>{(NOW - timedelta(minutes=minutes)).isoformat()}</pubDate>" if minutes is not None else ""
    return f"<item><title>{path}</title><link>https://a.example/{path}</link>{date}<description>{text}</description></item>"


def test_links_come_newest_first_each_once():
    found = READER.links(feed(item("old", 90), item("new", 5), item("new?utm_source=rss", 5), item("mid", 30)), SOURCE)
    assert [one.title for one in found.links] == ["new", "mid", "old"]
    assert found.links[0].canonical == "https://a.example/new"


def test_without_dates_the_order_of_the_feed_stays():
    found = READER.links(feed(item("b"), item("a", 1), item("c")), SOURCE)
    assert [one.title for one in found.links] == ["b", "a", "c"]


def test_a_feed_of_full_texts_stays_within_a_reply():
    content = "<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'>" + "word " * 15_000
    items = [item(str(n)).replace("</item>", content + "</content:encoded></item>") for n in range(60)]
    found = READER.links(feed(*items), SOURCE)
    assert len(found.links) == 60
    assert sum(len(one.content) for one in found.links) <= MAX_FEED_TEXT


def test_what_is_no_feed_is_a_failure():
    found = READER.links(page(b"<html><body>Hello</body></html>"), SOURCE)
    assert isinstance(found, Failure)
    assert found.reason is Reason.NOT_A_FEED


def test_links_teach_their_titles_and_pages_what_stands_on_them():
    title = "Ministers keep a small staff for the winter"
    assert READER.links(feed(item("short"), item(title)), SOURCE).titles == (digest(title),)
    reading = READER.article(page(STORY), link(title=title), "en")
    assert isinstance(reading, Reading)
    (((key, *blocks),), titles) = reading.gain.articles, reading.gain.titles
    assert (key, titles) == (digest(URL), (digest(title),))
    assert set(blocks) == {digest(block.text) for block in reading.article.blocks}
    # A page with a second paragraph that others have: the reader is told so and leaves it out.
    notice = "Harbour Times has reported from the coast since 1911, and is read by sailors of eleven nations."
    known = Memory(((1, 11, 12, 13, digest(notice)), (2, 21, 22, 23, digest(notice))))
    whole = page(
        article("Harbour", *[f"Ship {n} came in on Tuesday, and the pilot of ship {n} left." for n in "1234"], notice)
    )
    with_notice, without = READER.article(whole, link(), "en"), READER.article(whole, link(), "en", known=known)
    assert isinstance(with_notice, Reading)
    assert isinstance(without, Reading)
    assert notice in with_notice.article.body
    assert notice not in without.article.body


def test_a_page_becomes_an_article_with_its_hits():
    reading = READER.article(page(STORY), link(title="Feed title"), "en")
    assert isinstance(reading, Reading)
    assert (reading.article.title, reading.article.text, reading.article.outlet) == ("Harbour", TextKind.FULL, "a")
    assert [hit.rule_id for hit in reading.hits] == ["nato"]
    assert reading.traits.sketch
    assert reading.rules_version


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        (b"%PDF-1.7", "application/pdf", Reason.WRONG_TYPE),
        (b"<div>" * 6_000, "text/html", Reason.HOSTILE),
        (b"", "text/html", Reason.EMPTY),
    ],
)
def test_a_page_that_cannot_be_read_is_read_from_its_feed_entry(body, kind, reason):
    entry = link(title="NATO meets", summary="In short.", content="First.\n\nSecond.", author="Ada")
    reading = READER.article(page(body, kind=kind), entry, "en")
    assert isinstance(reading, Reading)
    found = reading.article
    assert (found.text, found.reason, found.title, found.standfirst) == (
        TextKind.FEED,
        reason,
        "NATO meets",
        "In short.",
    )
    assert [block.text for block in found.blocks] == ["First.", "Second."]
    assert found.authors == ("Ada",)
    assert [hit.rule_id for hit in reading.hits] == ["nato"]


def test_a_summary_that_the_content_repeats_is_not_said_twice():
    entry = link(title="T", summary="First words of…", content="First words of it all.")
    reading = READER.entry(entry, Failure(Reason.FORBIDDEN), "en")
    assert isinstance(reading, Reading)
    assert reading.article.standfirst == ""


def test_without_a_page_and_without_an_entry_the_failure_stands():
    assert READER.entry(link(), Failure(Reason.TIMEOUT, "slow"), "en") == Failure(Reason.TIMEOUT, "slow")


def test_robots():
    assert READER.robots(b"User-agent: *\nDisallow: /x", [URL, "https://a.example/x/y"], "monitor").allowed == (
        True,
        False,
    )


def test_of_a_stub_and_a_feed_entry_the_longer_text_is_taken():
    tier = b'<meta property="article:content_tier" content="locked"></head>'
    lead = "The harbour was quiet on Tuesday, and a paywall hides what else the pilots of its ships have told us."
    stub = page(article("A quiet Tuesday in the harbour", lead).replace(b"</head>", tier))
    for content, text in (("", TextKind.FULL), ("The harbour was quiet.", TextKind.FULL), (lead * 4, TextKind.FEED)):
        reading = READER.article(stub, link(title="A quiet Tuesday in the harbour", content=content), "en")
        assert isinstance(reading, Reading)
        assert (reading.article.text, reading.article.reason) == (text, Reason.PAYWALL)
        assert reading.article.body == (content if text is TextKind.FEED else lead)


def test_a_page_of_one_endless_paragraph_keeps_its_beginning():
    reading = READER.article(page(article("Harbour", "NATO met in the harbour on Tuesday. " * 40_000)), link(), "en")
    assert isinstance(reading, Reading)
    assert 199_000 < len(reading.article.body) <= 200_000
    assert reading.hits


CHALLENGED = "<script>window._cf_chl_opt = {}</script><p>One moment, please.</p>"


def test_a_wall_in_place_of_a_home_page_is_named_and_a_front_page_is_none():
    said = READER.candidates(page(f"<html><title>Just a moment...</title><body>{CHALLENGED}</body></html>".encode()))
    assert said.reason is Reason.CHALLENGE
    links = "".join(f'<a href="/{n}">Story {n}</a>' for n in range(20))
    front = READER.candidates(page(f"<html><title>The Quay</title><body>{CHALLENGED}{links}</body></html>".encode()))
    assert (front.title, front.found) == ("The Quay", ())


def test_what_is_no_page_at_all_is_a_failure():
    assert READER.candidates(page(b"")).reason is Reason.EMPTY
    assert READER.candidates(page(b"<div>" * 60_000)).reason is Reason.HOSTILE


def test_a_reader_of_lists_loads_no_languages(monkeypatch):
    monkeypatch.setattr("monitor.parse.language.load", lambda: pytest.fail("loaded"))
    lister = Lister([], [])
    lister.warm()
    assert len(lister.links(feed(item("a")), SOURCE).links) == 1
