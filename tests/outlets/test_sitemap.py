"""Sitemaps of every kind, whole, broken and hostile."""

from __future__ import annotations

import gzip
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import ReadError, Reason
from monitor.model import Page
from monitor.outlets import sitemap
from monitor.outlets.sitemap import MAX_URLS, read

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
URL = "https://a.example/sitemap.xml"
SITEMAPS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
GOOGLE = "http://www.google.com/schemas/sitemap"


def page(body, **headers):
    body = body if isinstance(body, bytes) else body.encode()
    return Page(URL, URL, 200, {"content-type": "application/xml", **headers}, body, NOW)


def urlset(*entries, spaces=SITEMAPS):
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset {spaces}>{"".join(entries)}</urlset>'


def url(loc, lastmod="", more=""):
    return f"<url><loc>{loc}</loc>{f'<lastmod>{lastmod}</lastmod>' if lastmod else ''}{more}</url>"


def paths(feed):
    return [entry.url.removeprefix("https://a.example") for entry in feed.entries]


def reason(body, **headers):
    with pytest.raises(ReadError) as caught:
        read(page(body, **headers))
    return caught.value.reason


NEWS = urlset(
    "<url><loc>https://a.example/one</loc><lastmod>2026-11-24T09:00:00+01:00</lastmod><news:news><news:publication>"
    "<news:name>Harbour Times</news:name><news:language>en-gb</news:language></news:publication>"
    "<news:publication_date>2026-11-24T07:30Z</news:publication_date><news:title>Cranes &amp; ships</news:title>"
    "</news:news><image:image><image:loc>https://a.example/one.jpg</image:loc><image:title>A crane</image:title>"
    "</image:image></url>",
    spaces=f'{SITEMAPS} xmlns:news="{GOOGLE}-news/0.9" xmlns:image="{GOOGLE}-image/1.1"',
)
INDEX = (
    f"<sitemapindex {SITEMAPS}><sitemap><loc>/old.xml</loc><lastmod>2026-11-01</lastmod></sitemap>"
    "<sitemap><loc>undated.xml</loc></sitemap><sitemap><loc>https://a.example/new.xml.gz</loc>"
    f"<lastmod>2026-11-24T10:00:00Z</lastmod></sitemap><sitemap><loc>{URL}</loc></sitemap></sitemapindex>"
)


def test_a_news_sitemap_gives_titles_dates_and_the_language():
    feed = read(page(NEWS))
    (entry,) = feed.entries
    assert (entry.url, entry.title) == ("https://a.example/one", "Cranes & ships")
    assert entry.published == datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
    assert entry.updated == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert (feed.title, feed.language, feed.dropped, feed.sitemaps) == ("Harbour Times", "en", 0, ())


def test_when_a_page_was_changed_is_not_when_it_was_published():
    feed = read(page(urlset(url("/a", "2026-11-20"), url("/none"), url("/b", "2026-11-22"), url("/also-none"))))
    assert paths(feed) == ["/b", "/a", "/none", "/also-none"]
    assert feed.entries[0].updated == datetime(2026, 11, 22, tzinfo=UTC)
    assert {entry.published for entry in feed.entries} == {None}


def test_an_index_names_its_sitemaps_newest_first_and_never_itself():
    feed = read(page(INDEX))
    assert feed.entries == ()
    assert feed.sitemaps == (
        "https://a.example/new.xml.gz",
        "https://a.example/old.xml",
        "https://a.example/undated.xml",
    )


def test_of_a_long_index_the_newest_two_hundred_are_named():
    maps = [f"<sitemap><loc>/{n}.xml</loc><lastmod>{2000 + n % 27}-01-01</lastmod></sitemap>" for n in range(300)]
    feed = read(page(f"<sitemapindex>{''.join(maps)}</sitemapindex>"))
    assert (len(feed.sitemaps), feed.dropped) == (200, 100)
    assert feed.sitemaps[0] == "https://a.example/26.xml"


def test_of_fifty_thousand_the_newest_thousand_are_kept():
    entries = [url(f"/{n}", f"{2000 + n % 25}-0{1 + n % 9}-{1 + n % 28:02d}") for n in range(49_000)]
    entries += [url(f"/new-{n}", f"2026-11-{1 + n % 20:02d}") for n in range(1_000)]
    feed = read(page(urlset(*entries)))
    assert (len(feed.entries), feed.dropped) == (1_000, 49_000)
    assert all(entry.url.startswith("https://a.example/new-") for entry in feed.entries)


def test_without_dates_the_first_thousand_are_kept_in_their_order():
    feed = read(page(urlset(*(url(f"/{n}") for n in range(1_500)), url("/0"))))
    assert paths(feed) == [f"/{n}" for n in range(1_000)]


DATES = [
    ("2026", "2026-01-01T00:00"),
    ("2026-10", "2026-10-01T00:00"),
    ("2026-10-05", "2026-10-05T00:00"),
    ("2026-10-05T10:20Z", "2026-10-05T10:20"),
    ("2026-10-05T10:20+05:30", "2026-10-05T04:50"),
    ("2026-10-05T10:20:30-03:00", "2026-10-05T13:20:30"),
    ("2026-10-05T10:20:30.45Z", "2026-10-05T10:20:30.450000"),
    ("2026-10-05 10:20:30", "2026-10-05T10:20:30"),
    ("Mon, 05 Oct 2026 10:20:30 GMT", "2026-10-05T10:20:30"),
    ("0000-00-00", None),
    ("2026-02-30", None),
    ("9999-12-31", None),
    ("1970-01-01T00:00:00Z", None),
    ("2027-01-01", None),
    ("yesterday", None),
    ("1764000000", None),
]


@pytest.mark.parametrize(("text", "expected"), DATES)
def test_dates_are_read_in_every_form_and_nonsense_in_none(text, expected):
    (entry,) = read(page(urlset(url("/a", text)))).entries
    assert entry.updated == (datetime.fromisoformat(expected).replace(tzinfo=UTC) if expected else None)


def test_odd_dates_are_looked_at_as_far_as_is_cheap(monkeypatch):
    monkeypatch.setattr(sitemap, "MAX_ODD_DATES", 200)
    entries = [url(f"/{n}", f"Mon, 05 Oct {1996 + n % 30} 10:{n % 60:02d}:{n // 60 % 60:02d} GMT") for n in range(500)]
    assert sum(entry.updated is not None for entry in read(page(urlset(*entries))).entries) == 200


FORMS = {
    "no namespace": urlset(url("/a"), spaces=""),
    "a wrong namespace": urlset(url("/a"), spaces='xmlns="http://x.example/"'),
    "upper case": "<URLSET><URL><LOC>/a</LOC></URL></URLSET>",
    "a prefix": f"<s:urlset {SITEMAPS.replace('xmlns', 'xmlns:s')}><s:url><s:loc>/a</s:loc></s:url></s:urlset>",
    "a prefix that nobody declared": "<s:urlset><s:url><s:loc>/a</s:loc></s:url></s:urlset>",
    "a mark": b"\xef\xbb\xbf" + urlset(url("/a")).encode(),
    "a mark and space": b"\xef\xbb\xbf\n\n  " + urlset(url("/a")).encode(),
    "UTF-16": urlset(url("/a")).replace("UTF-8", "UTF-16").encode("utf-16"),
    "Windows-1251 that says UTF-8": urlset(url("/a"), "<!-- Порт -->").encode("cp1251"),
    "white space": urlset(url("\n   /a\n  ")),
    "CDATA": urlset(url("<![CDATA[/a]]>")),
    "a comment and a stylesheet": f"<?xml-stylesheet href='x'?><!-- {'x' * 9_000} -->{urlset(url('/a'))[38:]}",
    "a harmless DOCTYPE": f"<!DOCTYPE urlset>{urlset(url('/a'))[38:]}",
    "a picture first": urlset(
        "<url><image:image><image:loc>/b.jpg</image:loc></image:image><image:loc>/c.jpg</image:loc><loc>/a</loc></url>"
    ),
    "cut within an entry": urlset(url("/a"), url("/bcdef")).partition("def")[0],
    "cut within a closing tag": urlset(url("/a"), url("/b")).rpartition("l></urlset")[0],
    "no end": urlset(url("/a"))[:-9],
    "control characters": urlset(url("/a"), url("/\x01\x02")[:20]),
    "a tag closed twice": urlset(url("/a", more="</priority>")),
    "a URL of another kind": urlset(url("/a"), url("mailto:a@a.example"), url(""), "<url/>"),
    "a text file": "\ufeffhttps://a.example/a\r\n\r\n",
}


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS)
def test_the_entry_is_found_whatever_the_form(body):
    assert paths(read(page(body))) == ["/a"]


def test_an_ampersand_that_stands_for_itself_is_part_of_the_address():
    feed = read(page(urlset(url("/a?x=1&y=2&amp;z=3"), url("/b", more="<title>Ships & cranes &eacute;</title>"))))
    assert paths(feed) == ["/a?x=1&y=2&z=3", "/b"]
    assert feed.entries[1].title == "Ships & cranes é"


FAULTS = ["<x>< </x>", "<x>a & b</x>", "\x02", "<n:x/>", "<x y=1/>", "<x y='1' y='2'/>", "&nbsp;", "&#0;"]


@pytest.mark.parametrize("fault", FAULTS)
def test_what_stands_after_a_fault_is_read_too(fault):
    feed = read(page(urlset(url("/a"), url("<![CDATA[/b?c=1&d]]>", more=fault), url("/e"), url("/f"))))
    assert paths(feed) == ["/a", "/b?c=1&d", "/e", "/f"]


@pytest.mark.parametrize("layers", [1, 2])
def test_a_packed_file_is_unpacked_whether_a_header_says_so_or_not(layers):
    body = gzip.compress(urlset(url("/a")).encode())
    assert paths(read(page(body))) == ["/a"]
    twice = gzip.compress(body) if layers == 2 else body
    assert paths(read(page(twice, **{"content-encoding": "gzip"}))) == ["/a"]


def test_a_packed_bomb_stops_at_the_cap():
    bomb = gzip.compress(b"<a/>" * 10_000_000)
    assert reason(bomb) is Reason.TOO_LARGE
    assert reason(gzip.compress(bomb), **{"content-encoding": "gzip"}) is Reason.TOO_LARGE


def test_an_empty_sitemap_is_one():
    assert read(page(urlset())).entries == ()
    assert read(page("<sitemapindex/>")).sitemaps == ()


def test_a_feed_in_the_place_of_a_sitemap_is_read():
    body = "<rss><channel><item><title>Cranes</title><link>/a</link></item></channel></rss>"
    assert paths(read(page(body))) == ["/a"]


REFUSED = [
    (b"", Reason.EMPTY),
    (b"\xef\xbb\xbf \n", Reason.EMPTY),
    (b"<!doctype html><html><body><urlset></body></html>", Reason.NOT_A_FEED),
    (b"<!DOCTYPE html><html><body>", Reason.NOT_A_FEED),
    (b"<Error><Code>NoSuchKey</Code></Error>", Reason.NOT_A_FEED),
    (b'{"url": "https://a.example/"}', Reason.NOT_A_FEED),
    (b"/etc/passwd\n/etc/hosts", Reason.NOT_A_FEED),
    (b"Not here\nhttps://a.example/", None),
    (b"<urlset><url><loc>/a", Reason.NOT_A_FEED),
]


@pytest.mark.parametrize(("body", "expected"), REFUSED)
def test_what_is_no_sitemap_is_refused_with_its_reason(body, expected):
    if expected is None:
        assert paths(read(page(body))) == ["/"]
    else:
        assert reason(body) is expected


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
NAMES = " ".join(f"a{n}=''" for n in range(100_000))
BOMBS = {
    "tags nested": "<urlset>" + "<a>" * 330_000,
    "entries nested": "<urlset>" + "<url>" * 200_000,
    "attributes": f"<urlset><url {NAMES}><loc>/a</loc></url></urlset>",
    "a million entries": "<urlset>" + "<url/>" * 1_000_000 + "</urlset>",
    "a million lines": "http://a/\n" * 1_000_000,
    "a million of nothing": "<urlset>" + "<a/>" * 1_000_000,
    "laughs": f"<!DOCTYPE u [<!ENTITY l0 'ha'>{LAUGHS}]><urlset><url><loc>/&l11;</loc></url></urlset>",
    "ampersands": "<urlset><url><loc>/a" + "&a" * 2_000_000,
}


@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_or_gives_nothing(body):
    with suppress(ReadError):
        assert len(read(page(body)).entries) <= 1


def test_a_long_file_past_its_due_is_refused():
    assert reason("<urlset>" + "<a/>" * 1_600_000 + "</urlset>") is Reason.HOSTILE
    assert reason("<urlset>" + "<url/>" * (MAX_URLS + 1) + "</urlset>") is Reason.HOSTILE


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_never_read(tmp_path, encoding):
    secret = tmp_path / "secret"
    secret.write_text("/swordfish")
    body = f'<!DOCTYPE u [<!ENTITY x SYSTEM "{secret.as_uri()}">]>{urlset(url("&x;"))[38:]}'
    assert reason(body.encode(encoding)) is Reason.HOSTILE
    outside = f'<!DOCTYPE u SYSTEM "{secret.as_uri()}">{urlset(url("/a"), url("&x;"))[38:]}'
    assert "swordfish" not in repr(read(page(outside.encode(encoding))))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_mangled_sitemap_is_read_or_refused(data):
    base = data.draw(st.sampled_from([NEWS.encode(), INDEX.encode(), b"https://a.example/a\n" * 3, b""]))
    at, size = data.draw(st.integers(0, len(base))), data.draw(st.integers(0, 40))
    body = base[:at] + data.draw(st.binary(max_size=30)) + base[at + size :]
    with suppress(ReadError):
        read(page(body))
