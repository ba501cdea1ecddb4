"""Items that a list held already are taken out of it, and nothing else is."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Failure, Page
from monitor.outlets.thin import MAX_ITEMS, thin
from monitor.reading import Reader
from monitor.views import DueSource

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
READER = Reader([], [])
PLACE = "https://a.example/feed.xml"


def rss(*items: str, built: str = "Tue") -> bytes:
    head = f'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><lastBuildDate>{built}</lastBuildDate>'
    return (head + "".join(items) + "</channel></rss>").encode()


def item(number: int, more: str = "") -> str:
    return f"<item><title>Title {number}</title><link>https://a.example/{number}</link>{more}</item>"


def poll(body, seen=b"", *, kind="feed", url=PLACE, headers=None):
    page = Page(url, url, 200, headers or {}, body, NOW)
    return READER.links(page, DueSource(1, "a", url, kind, NOW, seen=seen))


def listed(links):
    return [link.url.rsplit("/", 1)[1] for link in links.links]


def test_only_what_is_new_or_changed_is_read():
    first = poll(rss(item(3), item(2), item(1)))
    assert (listed(first), first.same, len(first.seen)) == (["3", "2", "1"], 0, 24)
    second = poll(rss(item(4), item(3, "<category>x</category>"), item(2), item(1), built="Wed"), first.seen)
    assert (listed(second), second.same) == (["4", "3"], 2)
    third = poll(rss(item(4), item(3, "<category>x</category>"), built="Thu"), second.seen)
    assert (listed(third), third.same) == ([], 2)


def test_packed_feeds_are_cut_too():
    seen = poll(rss(item(1))).seen
    again = poll(gzip.compress(rss(item(2), item(1))), seen, headers={"Content-Encoding": "gzip"})
    assert (listed(again), again.same) == (["2"], 1)


def test_atom_and_sitemaps_are_cut_too():
    entry = "<entry><title>T{0}</title><link href='https://a.example/{0}'/><id>{0}</id></entry>"
    atom = "<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title>{}</feed>"
    seen = poll(atom.format(entry.format(1)).encode()).seen
    assert listed(poll(atom.format(entry.format(2) + entry.format(1)).encode(), seen)) == ["2"]
    url = "<url><loc>https://a.example/{0}</loc><lastmod>2026-11-24</lastmod></url>"
    site = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{}</urlset>"
    seen = poll(site.format(url.format(1)).encode(), kind="sitemap").seen
    again = poll(site.format(url.format(1) + url.format(2)).encode(), seen, kind="sitemap")
    assert (listed(again), again.same) == (["2"], 1)


def test_a_picture_of_the_feed_is_no_item():
    image = "<image><url>https://a.example/logo.png</url></image>"
    seen = poll(rss(image, item(1))).seen
    again = poll(rss(image, item(2), item(1)), seen)
    assert (listed(again), again.same) == (["2"], 1)


def test_another_place_or_encoding_is_another_list():
    body = rss("<item><title>Relative</title><link>/1</link></item>")
    seen = poll(body).seen
    assert poll(body, seen).same == 1
    assert poll(body, seen, url="https://b.example/feed.xml").same == 0
    other = body.replace(b'version="1.0"', b'version="1.0" encoding="windows-1251"')
    assert poll(other, seen).same == 0


@pytest.mark.parametrize(
    "body",
    [
        b"no list",
        b"",
        rss(),
        rss("<item><title>open</title>"),
        rss("<item><description><![CDATA[ </item><item> ]]></description><link>https://a.example/1</link></item>"),
        rss("<item><!-- </item><item> --><link>https://a.example/1</link></item>"),
        rss("<item><item><link>https://a.example/1</link></item></item>"),
        rss("</item>", item(1)),
        rss(item(1), "<item/>"),
        rss(*(item(number) for number in range(MAX_ITEMS + 1))),
    ],
    ids=range(10),
)
def test_what_is_not_plainly_cut_into_items_is_read_whole(body):
    cut = thin(body, b"", PLACE)
    assert (cut.body, cut.same, cut.seen) == (body, 0, b"")


def test_what_cannot_be_read_without_its_known_items_is_read_with_them():
    # Its end is missing: whole it is mended, and with nothing in it it is no feed.
    body = rss(item(1), item(2))[: -len("</channel></rss>")]
    first = poll(body)
    assert sorted(listed(first)) == ["1", "2"]
    again = poll(body, first.seen)
    assert isinstance(again, Failure) or set(listed(again)) <= {"1", "2"}


ITEMS = st.lists(st.sampled_from([item(1), item(2), item(2, "<a/>"), item(3), " ", "<image><url>x</url></image>"]))


@given(ITEMS, ITEMS)
def test_with_what_was_known_nothing_is_lost_and_nothing_is_read_twice(before, now):
    first, whole = poll(rss(*before)), poll(rss(*now))
    if isinstance(first, Failure) or isinstance(whole, Failure):
        return
    again = poll(rss(*now), first.seen)
    known = {link.url for link in first.links}
    assert {link.url for link in whole.links} <= {link.url for link in again.links} | known


@given(st.binary(max_size=300), st.binary(max_size=64))
def test_no_bytes_break_it(body, known):
    cut = thin(body, known, PLACE)
    assert len(cut.body) <= len(body)


@pytest.mark.parametrize("size", [100_000])
def test_a_hostile_file_is_cut_in_a_moment(size):
    for body in (b"<item>" * size, b"</item>" * size, b"<item></item>" * size, b"<url><![CDATA[" * size):
        assert thin(body, b"x" * 80_000, PLACE).same == 0
