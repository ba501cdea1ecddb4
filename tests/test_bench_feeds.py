"""The benchmark of feeds counts agreement rightly, and its made-up feeds are read whole."""

from __future__ import annotations

import pytest

from monitor.outlets.feed import read
from tests.bench._clients import _ours
from tests.bench._feed_samples import samples
from tests.bench._feeds import agreement
from tests.outlets.feeds import LINK, page, rss
from tests.web import Web


def test_agreement_is_counted_by_field_and_what_differs_is_named(tmp_path):
    # feedparser takes the title of a picture where an item has none.
    same = rss(f"<title>Cranes &amp; co</title>{LINK}<pubDate>Tue, 24 Nov 2026 08:00:00 GMT</pubDate>")
    (tmp_path / "same.xml").write_text("<!--\nHeader: Content-type: text/xml\n-->\n" + same.split("?>", 1)[1])
    (tmp_path / "other.xml").write_text(rss(f"<media:title>A picture</media:title>{LINK}"))
    (tmp_path / "none.xml").write_text("<html></html>")
    (tally,) = agreement(tmp_path).values()
    assert tally.total == {"files": 2, "refused": 1, "entries": 2, "title": 2, "link": 2, "date": 1, "feed title": 2}
    assert tally.agreed == {"entries": 2, "title": 1, "link": 2, "date": 1, "feed title": 2}
    assert [(name, what) for name, what, *_ in tally.others] == [("other.xml", "title")]


@pytest.mark.parametrize(("kind", "count"), [("RSS, 40 items", 40), ("Atom, full texts", 60), ("RDF", 40)])
def test_the_feeds_that_are_timed_have_all_that_feeds_have(kind, count):
    first, second = samples()[kind][:2]
    entries = read(page(first)).entries
    assert len(entries) == count
    assert all(entry.title and entry.published and (entry.summary or entry.content) for entry in entries)
    assert not {entry.url for entry in entries} & {entry.url for entry in read(page(second)).entries}


async def test_our_client_may_ask_the_server_of_the_benchmark():
    with Web() as web:
        web.pages["/"] = b"0123456789"
        async with _ours() as get:
            assert await get(f"{web.url}/") == 10
