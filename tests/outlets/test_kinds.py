"""Every kind of source through a real reader process, from the bytes to the links that the daemon gets."""

from __future__ import annotations

import gzip
import sys
from datetime import UTC, datetime

import pytest

from monitor.errors import Reason
from monitor.model import Failure, Links, Page
from monitor.outlets.kinds import KINDS
from monitor.pool import Pool
from monitor.views import DueSource

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BODIES = {
    "feed": b"<rss><channel><item><title>Fog over the quay</title><link>/2026/11/24/fog</link></item></channel></rss>",
    "sitemap": gzip.compress(
        b"<urlset><url><loc>/2026/11/24/fog</loc><news><title>Fog over the quay</title></news></url></urlset>"
    ),
    "listing": b"<h2><a href='/2026/11/24/fog'>Fog over the quay</a></h2><p><a href='/ice' class=x>Ice</a></p>",
}
INDEX = (
    b"<sitemapindex><sitemap><loc>/old.xml</loc><lastmod>2026-11-01</lastmod></sitemap>"
    b"<sitemap><loc>/new.xml</loc><lastmod>2026-11-24</lastmod></sitemap></sitemapindex>"
)


def source(kind, links=""):
    return DueSource(1, "a", f"https://a.example/{kind}", kind, NOW, links=links)


def page(kind, body):
    url = f"https://a.example/{kind}"
    return Page(url, url, 200, {}, body, NOW)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_every_kind_gives_its_links_through_a_reader_process():
    pool = await Pool.start((), (), size=1)
    try:
        found = {kind: await pool.links(page(kind, body), source(kind)) for kind, body in BODIES.items()}
        chosen = await pool.links(page("listing", BODIES["listing"]), source("listing", ".x"))
        nothing = await pool.links(page("listing", BODIES["listing"]), source("listing", ".none"))
        index = await pool.links(page("sitemap", INDEX), source("sitemap"))
    finally:
        await pool.aclose()
    assert set(BODIES) == set(KINDS)
    for kind, links in found.items():
        assert isinstance(links, Links), (kind, links)
        assert [(one.url, one.title) for one in links.links] == [
            ("https://a.example/2026/11/24/fog", "Fog over the quay")
        ]
    assert [one.url for one in chosen.links] == ["https://a.example/ice"]
    assert isinstance(nothing, Failure)
    assert nothing.reason is Reason.NOT_A_FEED
    assert index.sitemaps == ("https://a.example/new.xml", "https://a.example/old.xml")
    assert index.links == ()
