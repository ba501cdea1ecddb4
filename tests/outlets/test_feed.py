"""Feeds of every dialect, well-formed and not."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import ReadError, Reason
from monitor.model import Page
from monitor.outlets.feed import read

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def page(body, kind="application/xml"):
    body = body if isinstance(body, bytes) else body.encode()
    return Page("https://a.example/feed", "https://a.example/feed", 200, {"content-type": kind}, body, NOW)


RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Harbour</title><language>en-GB</language>
<ttl>30</ttl><item><title>Cranes &amp;amp; &lt;b&gt;ships&lt;/b&gt;</title><link>/one</link>
<pubDate>Tue, 24 Nov 2026 08:00:00 GMT</pubDate><description><![CDATA[<p>First &amp; last</p>]]></description>
<guid isPermaLink="false">g1</guid><dc:creator>Ada Quay</dc:creator>
<content:encoded><![CDATA[<p>One.</p><p>Two.</p>]]></content:encoded></item></channel></rss>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>H</title></channel>
<item rdf:about="https://a.example/one"><title>Cranes</title><link>https://a.example/one</link>
<dc:date>2026-11-24T08:00:00Z</dc:date></item></rdf:RDF>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>H</title><entry>
<title type="html">Cr&lt;i&gt;a&lt;/i&gt;nes</title><link rel="edit" href="/e"/><link href="one"/>
<id>tag:1</id><updated>2026-11-24T08:00:00Z</updated><summary>S</summary><author><name>Ada</name></author>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One &lt; two.</p></div></content></entry></feed>"""
JSON = """{"version": "https://jsonfeed.org/version/1.1", "title": "H", "items": [{"id": "1",
 "url": "https://a.example/one", "title": "Cranes", "content_html": "<p>One.</p>",
 "date_published": "2026-11-24T08:00:00Z", "authors": [{"name": "Ada"}]}]}"""


@pytest.mark.parametrize("text", [RSS, RDF, ATOM, JSON], ids=["rss", "rdf", "atom", "json"])
def test_every_dialect_gives_the_same_entry(text):
    (entry,) = read(page(text)).entries
    assert entry.url == "https://a.example/one"
    assert entry.title.startswith("Cranes")
    assert entry.published == datetime(2026, 11, 24, 8, tzinfo=UTC)


def test_rss_fields_are_text_with_markup_read_once():
    feed = read(page(RSS))
    (entry,) = feed.entries
    assert (feed.title, feed.language, feed.ttl) == ("Harbour", "en", 1800)
    assert entry.title == "Cranes &amp; ships" or entry.title == "Cranes & ships"
    assert (entry.summary, entry.guid, entry.author) == ("First & last", "g1", "Ada Quay")
    assert entry.content == "One.\n\nTwo."


def test_what_is_not_well_formed_is_mended():
    broken = RSS.replace("&amp;amp;", "&").replace("<channel>", "<channel><p>")
    (entry,) = read(page(broken)).entries
    assert entry.url == "https://a.example/one"
    assert "ships" in entry.title


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.EMPTY),
        (b"<!doctype html><html><body>Hi</body></html>", Reason.NOT_A_FEED),
        (b"{}", Reason.NOT_A_FEED),
        (b"{" * 100_000, Reason.NOT_A_FEED),
        (b"/etc/passwd", Reason.NOT_A_FEED),
        (b"<rss>" + b"<a>" * 6_000, Reason.HOSTILE),
    ],
)
def test_what_is_no_feed_is_refused_with_its_reason(body, reason):
    with pytest.raises(ReadError) as caught:
        read(page(body))
    assert caught.value.reason is reason


def test_entities_are_never_expanded(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("swordfish")
    bomb = f'<!DOCTYPE r [<!ENTITY x SYSTEM "{secret.as_uri()}">]>' + RSS.split("?>", 1)[1].replace("/one", "/&x;")
    assert "swordfish" not in repr(read(page(bomb)))


def test_dates_outside_reason_and_dead_links_are_dropped():
    text = RSS.replace("2026 08:00", "1795 08:00").replace("</item>", "</item><item><title>no link</title></item>")
    feed = read(page(text))
    assert feed.entries[0].published is None
    assert feed.dropped == 1


CDF = """<?xml version="1.0"?><!DOCTYPE CHANNEL SYSTEM "x.dtd"><CHANNEL HREF="https://a.example/" BASE="/x/">
<TITLE>H</TITLE><ITEM HREF="one" LASTMOD="2026-11-24T08:00:00Z"><TITLE>Cranes</TITLE><ABSTRACT>S</ABSTRACT></ITEM></CHANNEL>"""
BROKEN = """<!DOCTYPE rss [<!ENTITY h "Har&#98;our"> <!ENTITY % p SYSTEM "x">]><rss version="0.91"><channel><title>&h; & &eacute;
</title><skipHours><hour>3</hour></skipHours><item><title>Cranes <b>x</title><link>/one?a=1&b=2</link><media:title>&nbsp;
</media:title><pubDate>24 novembre 2026 08:15 CEST</pubDate></item><item><![CDATA[<p>]]></item></channel></rss>"""
BASE64 = """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title mode="base64">Q3JhbmVz</title>
<link rel="alternate" type="text/html" href="/one"/><modified>1795507200</modified></entry></feed>"""
PIECES = [b"&", b"<", b">", b"]]>", b"<![CDATA[", b"<!--", b"&#x110000;", b"&#0;", b"\xff\xfe", b"\x00", b"\xe9", b"=",
          b"<?xml version='1.0' encoding='utf-16'?>", b"<!DOCTYPE r [<!ENTITY a '", b"&a;", b"xml:base='http://['",
          b"href='http://a:b'", b"<x:y>", b"9" * 30, b"{", b"[", b'"', b"\xf0\x9f\x98\x80", b"</item>", b"<entry>"]  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_a_mangled_feed_is_read_or_refused(data):
    body = data.draw(st.sampled_from([RSS, ATOM, RDF, JSON, CDF, BROKEN, BASE64])).encode()
    for _ in range(data.draw(st.integers(1, 3))):
        at, size = data.draw(st.integers(0, len(body))), data.draw(st.integers(0, 40))
        body = body[:at] + data.draw(st.sampled_from(PIECES) | st.binary(max_size=20)) + body[at + size :]
    kind = data.draw(st.sampled_from(["", "text/xml", "text/xml; charset=utf-7", "text/html; charset=koi8-r"]))
    with suppress(ReadError):
        feed = read(page(body, kind))
        assert all(entry.url.startswith(("http://", "https://")) for entry in feed.entries)
        assert all(0 <= hour < 168 for hour in feed.quiet)
