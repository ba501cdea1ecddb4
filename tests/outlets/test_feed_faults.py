"""What feeds get wrong, fault by fault: links, titles, encodings, broken XML, dates."""

from __future__ import annotations

import gzip
import json
from datetime import datetime

import pytest

from monitor.errors import ReadError, Reason
from monitor.outlets.feed import read
from tests.outlets.feeds import LINK, NOW, SPACES, atom, only, page, rss

ONE = "https://a.example/one"


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("<link>https://a.example/?a=1&b=2</link>", "https://a.example/?a=1&b=2"),
        ("<link>https://a.example/?a=1&amp;b=2</link>", "https://a.example/?a=1&b=2"),
        ("<link>https://a.example/?a=1&copy=2&lt=3</link>", "https://a.example/?a=1&copy=2&lt=3"),
        ("<link><![CDATA[https://a.example/?a=1&b=2]]></link>", "https://a.example/?a=1&b=2"),
        ("<link>\n  https://a.example/one\n</link>", ONE),
        ("<link>one</link>", "https://a.example/news/one"),
        ("<link>//b.example/one</link>", "https://b.example/one"),
        ('<link xml:base="https://b.example/x/">one</link>', "https://b.example/x/one"),
        ("<link/><guid>https://a.example/one</guid>", ONE),
        ('<guid isPermaLink="true">https://a.example/one</guid>', ONE),
        ('<guid isPermaLink="TRUE">/one</guid>', ONE),
        ("<guid>/one</guid>", ONE),
        (f'{LINK}<guid isPermaLink="true">https://a.example/two</guid>', ONE),
        ("<link>javascript:alert(1)</link><guid>https://a.example/one</guid>", ONE),
        ('<atom:link rel="self" href="/self"/><link>/one</link>', ONE),
        ('<link>/one</link><atom:link href="/two"/>', ONE),
        ('<atom:link xml:base="https://b.example/" href="/two"/><link>/one</link>', ONE),
        ('<enclosure url="https://a.example/x.mp3"/><link>/one</link>', ONE),
        (f"<link>https://t.example/~r/x</link><feedburner:origLink>{ONE}</feedburner:origLink>", ONE),
        ("<link>https://t.example/~r/x</link><feedburner:origLink></feedburner:origLink>", "https://t.example/~r/x"),
        (f'{LINK}<source url="https://b.example/feed"><link>https://b.example/</link></source>', ONE),
        ("<link>https://a.example/caf\u00e9</link>", "https://a.example/caf%C3%A9"),
    ],
)
def test_a_link_of_rss_leads_where_it_says(item, expected):
    assert only(rss(item)).url == expected


@pytest.mark.parametrize(
    ("entry", "more", "expected"),
    [
        ('<link href="/one"/>', "", ONE),
        (
            '<link rel="enclosure" href="/a.mp3"/><link rel="self" href="/s"/><link rel="alternate" href="/one"/>',
            "",
            ONE,
        ),
        ('<link type="application/json" href="/j"/><link type="text/html" href="/one"/>', "", ONE),
        ('<link type="text/html" href="/one"/><link type="text/html" hreflang="fr" href="/un"/>', "", ONE),
        ('<link rel="http://www.iana.org/assignments/relation/alternate" href="/one"/>', "", ONE),
        ('<link href="one"/>', ' xml:base="https://b.example/x/"', "https://b.example/x/one"),
        ('<link xml:base="y/" href="one"/>', ' xml:base="https://b.example/x/"', "https://b.example/x/y/one"),
        ('<link rel="self" href="/s"/><id>https://a.example/one</id>', "", ONE),
        ('<link href="/one"/><source><link href="https://b.example/"/><title>Other</title></source>', "", ONE),
    ],
)
def test_a_link_of_atom_is_the_page_among_its_links(entry, more, expected):
    assert only(atom(entry, more)).url == expected


def test_bases_nest_from_the_feed_to_the_entry():
    text = atom('<link href="one"/>', ' xml:base="/a/"').replace("<entry>", '<entry xml:base="b/">')
    assert only(text).url == "https://a.example/a/b/one"


def test_links_are_relative_to_where_the_feed_was_found_not_to_its_content_location():
    """RFC 7231, appendix B: Content-Location no longer changes the base."""
    assert only(rss("<link>one</link>"), **{"content-location": "http://10.0.0.1/"}).url == "https://a.example/news/one"


@pytest.mark.parametrize(
    "item", ["", "<guid isPermaLink='false'>/one</guid>", "<guid>tag:a,2026:1</guid>", "<guid>a b</guid>"]
)
def test_an_item_that_leads_nowhere_is_dropped_and_counted(item):
    feed = read(page(rss(f"<title>T</title>{item}")))
    assert (feed.entries, feed.dropped) == ((), 1)


def test_two_articles_with_one_guid_are_both_kept():
    both = "<link>/one</link><guid>g</guid></item><item><link>/two</link><guid>g</guid>"
    assert [entry.url for entry in read(page(rss(both))).entries] == [ONE, "https://a.example/two"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("AT&T & co", "AT&T & co"),
        ("AT&amp;T", "AT&T"),
        ("AT&amp;amp;T", "AT&T"),
        ("Caf&eacute; &nbsp;x", "Café x"),
        ("A &unknown; B", "A &unknown; B"),
        ("a <b>bold</b> move by <i>N</i>ATO", "a bold move by NATO"),
        ("a &lt;b&gt;bold&lt;/b&gt; move", "a bold move"),
        ("<![CDATA[a <b>bold</b> & <br> move]]>", "a bold & move"),
        ("5 &lt; 6 > 4", "5 < 6 > 4"),
        ("two\n   lines\t here", "two lines here"),
        ("&#8216;quoted&#x2019; &#146;", "‘quoted’ ’"),
        ("bell \u0007 and \u202eback", "bell and back"),
        ("&#27;[2J&#x202E;x", "[2Jx"),
        ("<script>alert(1)</script>Cranes", "Cranes"),
    ],
)
def test_a_title_is_text_with_markup_and_references_read_once(title, expected):
    assert only(rss(f"<title>{title}</title>{LINK}")).title == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (
            '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A <b>N</b>ATO &lt; x</div></title>',
            "A NATO < x",
        ),
        (
            '<title type="xhtml" xmlns:h="http://www.w3.org/1999/xhtml"><h:div>A <h:b>N</h:b>ATO</h:div></title>',
            "A NATO",
        ),
        ('<title type="html">Cr&lt;i&gt;a&lt;/i&gt;nes &amp;amp; co</title>', "Cranes & co"),
        ('<title type="text">Use &lt;div&gt; &amp;amp; co</title>', "Use <div> &amp; co"),
        ('<title mode="base64" type="text/html">PGI+Q3JhbmVzPC9iPg==</title>', "Cranes"),
        ('<title mode="base64">!!!</title>', ""),
        ('<title mode="escaped" type="text/html">&lt;b&gt;Cranes&lt;/b&gt;</title>', "Cranes"),
    ],
)
def test_a_title_of_atom_is_what_its_type_says(title, expected):
    assert only(atom(f'{title}<link href="/one"/>')).title == expected


@pytest.mark.parametrize(
    "item",
    [
        "<media:title>A picture</media:title><title>Cranes</title>",
        "<title>Cranes</title><media:title>A picture</media:title>",
        "<media:content><media:title>A picture</media:title></media:content><title>Cranes</title>",
        "<dc:title>Dublin</dc:title><title>Cranes</title>",
        "<image><title>A picture</title></image><title>Cranes</title>",
        "<title/><title>Cranes</title>",
    ],
)
def test_the_title_is_the_items_own(item):
    assert only(rss(f"{item}{LINK}")).title == "Cranes"


def test_the_longer_of_two_contents_is_the_text_and_authors_are_listed_once():
    item = (
        f"{LINK}<content:encoded>cap</content:encoded><content:encoded>&lt;p&gt;The text.&lt;/p&gt;</content:encoded>"
        "<author>desk@a.example (Ada Quay)</author><dc:creator>Ada Quay</dc:creator><dc:creator>Bo</dc:creator>"
    )
    entry = only(rss(item))
    assert (entry.content, entry.author) == ("The text.", "Ada Quay")
    entry = only(rss(f"{LINK}<dc:creator>Ada</dc:creator><dc:creator>Bo</dc:creator><dc:creator>Ada</dc:creator>"))
    assert entry.author == "Ada, Bo"


TITLE = "Ørsted – “Łódź”"
CYRILLIC = "Порт открыт, сегодня"


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (rss(f"<title>{TITLE}</title>{LINK}").encode("utf-8-sig"), "text/xml", TITLE),
        (rss(f"<title>{TITLE}</title>{LINK}").encode("utf-16"), "text/xml", TITLE),
        (rss(f"<title>{CYRILLIC}</title>{LINK}", head='<?xml version="1.0" encoding="windows-1251"?>').encode("cp1251"),
         "text/xml", CYRILLIC),
        (rss(f"<title>{CYRILLIC}</title>{LINK}").encode("koi8-r"), "text/xml; charset=koi8-r", CYRILLIC),
        (rss(f"<title>{CYRILLIC}</title>{LINK}", head='<?xml version="1.0" encoding="iso-8859-1"?>').encode(),
         "text/xml", CYRILLIC),
        (rss(f"<title>{CYRILLIC}</title>{LINK}").encode(), "text/xml; charset=iso-8859-1", CYRILLIC),
        (rss(f"<title>Caf\u00e9 \u201cX\u201d</title>{LINK}", head='<?xml version="1.0" encoding="utf-8"?>').encode("cp1252"),
         "text/xml", "Café “X”"),
        (rss(f"<title>Łódź @</title>{LINK}").encode().replace(b"@", b"\x93x\x94"), "text/xml", "Łódź “x”"),
        (rss(f"<title>Caf\u00e9 \u2019</title>{LINK}", head='<?xml version="1.0" encoding="iso-8859-1"?>').encode("cp1252"),
         "text/xml", "Café ’"),
        (rss(f"<title>한국</title>{LINK}", head='<?xml version="1.0" encoding="euc-kr"?>').encode("euc-kr"), "text/xml", "한국"),
        (rss(f"<title>{CYRILLIC}</title>{LINK}", head='<?xml version="1.0" encoding="hex"?>').encode(), "text/xml", CYRILLIC),
    ],
    ids=["bom", "utf-16", "cp1251", "koi8-r by header", "utf-8 that says latin-1", "utf-8 whose header says latin-1",
         "cp1252 that says utf-8", "utf-8 with some cp1252", "cp1252 that says latin-1", "euc-kr", "no such encoding"],
)  # fmt: skip
def test_the_text_is_read_by_the_encoding_that_it_is_in(body, kind, expected):
    assert only(body, kind).title == expected


def test_cyrillic_that_calls_itself_utf8_is_detected():
    words = "Правительство обсудило строительство нового порта на побережье. " * 20
    text = rss(
        f"<title>{CYRILLIC}</title>{LINK}<description>{words}</description>",
        head='<?xml version="1.0" encoding="utf-8"?>',
    )
    assert only(text.encode("cp1251")).title.startswith("Порт")


PLAIN = rss(f"<title>Cranes</title>{LINK}<pubDate>Tue, 24 Nov 2026 08:00:00 GMT</pubDate>")
RDF = f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" {SPACES}>
<channel rdf:about="/"><title>H</title></channel><item rdf:about="{ONE}"><title>Cranes</title><link>{ONE}</link></item></rdf:RDF>"""
CDF = f'<CHANNEL HREF="https://a.example/"><TITLE>H</TITLE><ITEM HREF="{ONE}"><TITLE>Cranes</TITLE></ITEM></CHANNEL>'
DTD = '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/rss-0.91.dtd">'
BARE = PLAIN.split("?>", 1)[1]


@pytest.mark.parametrize(
    "body",
    [
        "\n\n  " + PLAIN,
        "<br />\n<b>Warning</b>: include()\n" + PLAIN,
        PLAIN + "<!-- served in 3 ms --><script>x</script>",
        PLAIN + PLAIN,
        PLAIN[: PLAIN.index("</channel>")],
        PLAIN.replace("</item>", "</item><item><title>Half</title><link>https://a.exa").split("a.exa</")[0] + "a.exa",
        PLAIN.upper().replace("CRANES", "Cranes").replace("HTTPS://A.EXAMPLE/ONE", ONE),
        atom(f'<title>Cranes</title><link href="{ONE}"/>').replace(' xmlns="http://www.w3.org/2005/Atom"', ""),
        atom(f'<title>Cranes</title><link href="{ONE}"/>').replace("2005/Atom", "2005/atom"),
        RDF,
        CDF,
        "<?xml version='1.0'?>" + DTD + BARE,
        DTD + BARE.replace("Cranes", "&Crn;").replace("&Crn;", "Cranes"),
        '<!DOCTYPE rss [<!ENTITY c "Cranes"> <!ENTITY nbsp "&#160;">]>' + BARE.replace("Cranes", "&c;&nbsp;"),
        PLAIN.replace(SPACES, ""),
        BARE.replace(SPACES, "").replace("<title>Cranes", "<dc:creator>A</dc:creator><itunes:x/><title>Cranes"),
        PLAIN.replace("Cranes", "Cra\x00nes\x0b"),
        PLAIN.replace("<title>Cranes</title>", "<title>Cranes</title><description>a<br>b<p>c</description>"),
        PLAIN.replace("<item>", "<item foo=bar>"),
        PLAIN.replace("</channel></rss>", "</rss>"),
        PLAIN.replace("<channel>", "<channel><items>").replace("</channel>", "</items></channel>"),
    ],
    ids=["leading lines", "leading junk", "trailing junk", "twice", "cut after an item", "cut in an item", "upper case",
         "no namespace", "misspelt namespace", "rdf", "cdf", "doctype", "doctype alone", "own entities", "no namespaces",
         "undeclared prefixes", "control characters", "raw html", "attribute without quotes", "channel not closed", "items"],
)  # fmt: skip
def test_a_broken_feed_gives_the_entry_that_it_holds(body):
    feed = read(page(body))
    assert [(entry.title.replace("\ufffd", ""), entry.url) for entry in feed.entries] == [("Cranes", ONE)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", Reason.EMPTY),
        (b"\xef\xbb\xbf \n\x00", Reason.EMPTY),
        ("<!doctype html><title>x</title><body>Hi", Reason.NOT_A_FEED),
        ("<html><head></head><body><p>Hi</p></body></html>", Reason.NOT_A_FEED),
        ('{"a": 1}', Reason.NOT_A_FEED),
        ('{"items": {"a": 1}}', Reason.NOT_A_FEED),
        ('{"items": [', Reason.NOT_A_FEED),
        ("[1, 2]", Reason.NOT_A_FEED),
        ("<opml><body/></opml>", Reason.NOT_A_FEED),
        ("<urlset><url><loc>https://a.example/</loc></url></urlset>", Reason.NOT_A_FEED),
        ("<rss", Reason.NOT_A_FEED),
        ("file:///etc/passwd", Reason.NOT_A_FEED),
        (b"%PDF-1.7 \xff\xfe\x00", Reason.NOT_A_FEED),
    ],
)
def test_what_is_no_feed_says_so(body, reason):
    with pytest.raises(ReadError) as caught:
        read(page(body))
    assert caught.value.reason is reason


def test_a_feed_without_items_is_a_feed():
    assert read(page("<rss><channel><title>Quiet</title></channel></rss>")).title == "Quiet"


def test_a_body_packed_twice_is_refused():
    once = gzip.compress(PLAIN.encode())
    assert only(once, **{"content-encoding": "gzip"}).title == "Cranes"
    with pytest.raises(ReadError) as caught:
        read(page(gzip.compress(once), **{"content-encoding": "gzip, gzip"}))
    assert caught.value.reason is Reason.ENCODING
    with pytest.raises(ReadError) as caught:
        read(page(gzip.compress(once), **{"content-encoding": "gzip"}))
    assert caught.value.reason is Reason.NOT_A_FEED


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Tue, 24 Nov 2026 08:00:00 GMT", "2026-11-24T08:00"),
        ("Tue, 24 Nov 2026 08:00:00 +0100", "2026-11-24T07:00"),
        ("Tue, 24 Nov 2026 08:00:00 +01:00", "2026-11-24T07:00"),
        ("Tue, 24 Nov 2026 08:00:00 GMT+01:30", "2026-11-24T06:30"),
        ("Tuesday, 24 November 2026 08:00 EST", "2026-11-24T13:00"),
        ("Fri, 24 Jul 2026 08:00:00 CEST", "2026-07-24T06:00"),
        ("Fri, 24 Jul 2026 08:00:00 PT", "2026-07-24T15:00"),
        ("Fri, 24 Jul 2026 08:00:00 AEST", "2026-07-23T22:00"),
        ("24 Nov 26 08:00:00 GMT", "2026-11-24T08:00"),
        ("Tue Nov 24 08:00:00 2026", "2026-11-24T08:00"),
        ("2026-11-24T08:00:00+02:00", "2026-11-24T06:00"),
        ("2026-11-24T08:00Z", "2026-11-24T08:00"),
        ("2026-11-24 08:00:00 +0200", "2026-11-24T06:00"),
        ("20261124T080000Z", "2026-11-24T08:00"),
        ("2026-11-24", "2026-11-24T00:00"),
        ("11/22/2026", "2026-11-22T00:00"),
        ("mar., 24 novembre 2026 08:00:00 +0100", "2026-11-24T07:00"),
        ("24. März 2026 08:00", "2026-03-24T08:00"),
        ("Вт, 24 ноября 2026 08:00:00 +0300", "2026-11-24T05:00"),
        ("Κυρ, 12 Ιούλ 2026 12:00:00 EET", "2026-07-12T10:00"),
        ("1795507200", "2026-11-24T08:00"),
        ("1795507200123", "2026-11-24T08:00"),
        ("2026-11-25T08:00:00Z", "2026-11-25T08:00"),
        ("2026-12-24T08:00:00Z", ""),
        ("31 Feb 2026 08:00:00 GMT", ""),
        ("0000-00-00T00:00:00Z", ""),
        ("0001-01-01T00:00:00+14:00", ""),
        ("9999-12-31T23:59:59-12:00", ""),
        ("Sat, 24 Nov 1795 08:00:00 GMT", ""),
        ("99999-01-01", ""),
        ("12345", ""),
        ("yesterday", ""),
    ],
)
def test_dates_are_read_or_unknown(written, expected):
    found = only(rss(f"{LINK}<pubDate>{written}</pubDate>")).published
    assert found == (datetime.fromisoformat(f"{expected}+00:00") if expected else None)


@pytest.mark.parametrize(
    ("item", "published", "updated"),
    [
        ("<dc:date>2026-11-24T08:00:00Z</dc:date>", 8, None),
        ("<dc:date>2026-11-24T07:00:00Z</dc:date><pubDate>Tue, 24 Nov 2026 08:00:00 GMT</pubDate>", 8, None),
        ("<atom:updated>2026-11-24T09:00:00Z</atom:updated>", 9, 9),
        ("<pubDate>nonsense</pubDate><atom:updated>2026-11-24T09:00:00Z</atom:updated>", 9, 9),
        (
            "<atom:published>2026-11-24T08:00:00Z</atom:published><atom:updated>2026-11-24T09:00:00Z</atom:updated>",
            8,
            9,
        ),
        ("<pubDate/>", None, None),
    ],
)
def test_an_item_was_published_when_it_says_or_else_updated(item, published, updated):
    entry = only(rss(LINK + item))
    assert (entry.published and entry.published.hour, entry.updated and entry.updated.hour) == (published, updated)


@pytest.mark.parametrize(
    ("about", "ttl"),
    [
        ("<ttl>30</ttl>", 1_800),
        ("<ttl> 30 </ttl><sy:updatePeriod>daily</sy:updatePeriod>", 1_800),
        ("<ttl>0</ttl>", None),
        ("<ttl>-5</ttl>", None),
        ("<ttl>soon</ttl>", None),
        ("<ttl>²</ttl>", None),
        ("<ttl>999999999999</ttl>", None),
        ("<sy:updatePeriod>hourly</sy:updatePeriod>", 3_600),
        ("<sy:updatePeriod> Daily\n</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", 21_600),
        ("<sy:updatePeriod>weekly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", 604_800),
        ("<sy:updatePeriod>sometimes</sy:updatePeriod>", None),
        ("<sy:updateFrequency>4</sy:updateFrequency>", None),
    ],
)
def test_a_feed_says_how_often_it_wants_to_be_asked(about, ttl):
    assert read(page(rss(LINK, about))).ttl == ttl


@pytest.mark.parametrize(
    ("about", "quiet"),
    [
        (
            "<skipHours><hour>0</hour><hour>23</hour></skipHours>",
            {24 * day + hour for day in range(7) for hour in (0, 23)},
        ),
        ("<skipHours><hour>24</hour><hour>25</hour><hour>x</hour></skipHours>", {24 * day for day in range(7)}),
        ("<skipDays><day>Sunday</day></skipDays>", set(range(144, 168))),
        ("<skipDays><day>monday</day></skipDays><skipHours><hour> 25 </hour></skipHours>", set(range(24))),
        ("<skipHours>" + "".join(f"<hour>{hour}</hour>" for hour in range(24)) + "</skipHours>", set()),
        ("<skipHours/>", set()),
    ],
)
def test_hours_and_days_to_be_left_out_are_hours_of_the_week(about, quiet):
    assert set(read(page(rss(LINK, about))).quiet) == quiet


JSON_ITEM = {"id": "1", "url": ONE, "title": "Cranes", "date_published": "2026-11-24T08:00:00Z"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ("Cranes", ONE, "", "")),
        ({"id": 7}, ("Cranes", ONE, "", "")),
        ({"url": None, "id": ONE}, ("Cranes", ONE, "", "")),
        ({"url": ["x"], "external_url": ONE}, ("Cranes", ONE, "", "")),
        ({"title": None}, ("", ONE, "", "")),
        ({"title": {"a": 1}}, ("", ONE, "", "")),
        ({"title": True}, ("", ONE, "", "")),
        ({"author": {"name": "Ada"}}, ("Cranes", ONE, "Ada", "")),
        ({"authors": [{"name": "Ada"}, 3, {"name": None}, {"name": "Bo"}]}, ("Cranes", ONE, "Ada, Bo", "")),
        ({"authors": "Ada"}, ("Cranes", ONE, "", "")),
        ({"content_text": "5 <b 6"}, ("Cranes", ONE, "", "5 <b 6")),
        ({"content_html": "<p>One.</p><p>Two.</p>", "content_text": "x"}, ("Cranes", ONE, "", "One.\n\nTwo.")),
        ({"date_published": 3, "date_modified": []}, ("Cranes", ONE, "", "")),
        ({"id": 10**30}, ("Cranes", ONE, "", "")),
        ({"id": 1e300, "title": float("nan")}, ("", ONE, "", "")),
    ],
)
def test_json_feed_is_read_whatever_its_fields_are(change, expected):
    entry = only(json.dumps({"title": 3, "items": [{**JSON_ITEM, **change}]}), "application/feed+json")
    assert (entry.title, entry.url, entry.author, entry.content) == expected
    assert entry.published is None or entry.published < NOW


def test_json_items_that_are_none_are_dropped_and_counted():
    feed = read(page(json.dumps({"items": [1, None, [], {}, {"title": "x"}, JSON_ITEM], "language": 5})))
    assert (len(feed.entries), feed.dropped, feed.language) == (1, 5, None)
