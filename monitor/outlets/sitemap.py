"""Sitemaps: news sitemaps, plain ones, indexes of them, and text files of one URL a line (sitemaps.org, Google News).

The file is streamed, so that its size costs time and no memory. What is not well-formed is mended once (an "&" alone, a
prefix that nobody declared) and then read past its faults, up to the last entry that is complete. A plain sitemap says
when a page was last changed, never when it was published: `lastmod` becomes `updated`, and orders the entries.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from monitor.errors import ReadError, Reason
from monitor.model import Entry, Feed, Page
from monitor.outlets import feed
from monitor.parse import bytes as raw
from monitor.parse import dates, html, language, urls, xml

MAX_ENTRIES = 1_000
MAX_SITEMAPS = 200
# sitemaps.org allows 50,000 URLs a file: 10 MB with every element that it names.
MAX_SIZE = 10_000_000
MAX_URLS = 60_000
# 50,000 entries of 15 elements each.
MAX_SIGNS = 1_500_000
# Dates that are in none of the ISO forms cost up to .3 ms each; of those that differ so many are looked at.
MAX_ODD_DATES = 2_000

_NAMES = ("url", "sitemap")
_NAMED = frozenset({"loc", "lastmod", "publication_date", "title", "language", "name"})
_WITHIN = frozenset({"news", "publication"})
# The last entry that is complete, whatever its prefix.
_CLOSED = re.compile(rb"</(?:[\w.-]{1,30}:)?(?:url|sitemap)\s{0,9}>", re.IGNORECASE)
_YEAR = re.compile(r"\d{4}(?:-\d{2})?")
_OLDEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Row:
    """An entry as it stands in the file. `moment`: what it is ordered by."""

    loc: str
    moment: datetime | None
    published: datetime | None = None
    updated: datetime | None = None
    title: str = ""


@dataclass(slots=True)
class _Read:
    """What was read of a file, in its order. `whole`: nothing was wrong with it."""

    pages: list[_Row]
    maps: list[_Row]
    about: dict[str, str]
    fault: str = ""

    def __len__(self) -> int:
        return len(self.pages) + len(self.maps)


def read(page: Page) -> Feed:
    """Parse a sitemap: the newest 1,000 of its entries, newest first where they are dated, and the sitemaps of an index
    likewise. A feed in its place is read as one. Raises ReadError (EMPTY, NOT_A_FEED, HOSTILE, TOO_LARGE, …).
    """
    packed = raw.inflate(page, cap=MAX_SIZE)
    if packed.startswith(raw.GZIP):
        # A .gz file that the server packed once more to send it.
        packed = raw.inflate(replace(page, headers={}, body=packed), cap=MAX_SIZE)
    body = raw.utf8(packed, page.headers.get("content-type", "")).strip()
    if not body:
        raise ReadError(Reason.EMPTY, "the answer has no body")
    if not body.startswith(b"<"):
        return _feed(_lines(body, page), page)
    kind = xml.root(body)
    if kind in {"rss", "rdf", "feed"}:
        return feed.read(page)
    if kind not in {"urlset", "sitemapindex"}:
        what = "an HTML page" if kind == "html" else f"XML, but no sitemap: <{kind[:50]}>" if kind else "no XML"
        raise ReadError(Reason.NOT_A_FEED, what)
    if b"<!ENTITY" in body:
        raise ReadError(Reason.HOSTILE, "it declares entities")
    if body.count(b"<") > MAX_SIGNS:
        raise ReadError(Reason.HOSTILE, f"more than {MAX_SIGNS} '<'")
    return _feed(_entries(body, page), page)


def _entries(body: bytes, page: Page) -> _Read:
    """Read XML as it is or, where that ends before its end, mended: whichever gives more."""
    date = _Dates(page.fetched_at)
    strict = _parsed(body, date, recover=False)
    if not strict.fault:
        return strict
    body = xml.mended(body)
    last = max((match.end() for match in _CLOSED.finditer(body)), default=0)
    found = max(_parsed(body[:last], date, recover=True), strict, key=len)
    if not found:
        raise ReadError(Reason.NOT_A_FEED, f"not well-formed, and no entry is complete: {strict.fault}")
    return found


def _parsed(body: bytes, date: _Dates, *, recover: bool) -> _Read:
    found = _Read([], [], {})
    try:
        for element in xml.elements(body, _NAMES, recover=recover):
            fields = _fields(element, {})
            (found.maps if xml.name(element)[1] == "sitemap" else found.pages).append(_row(fields, date))
            for name in ("name", "language"):
                if fields.get(name):
                    found.about.setdefault(name, fields[name])
            if len(found) > MAX_URLS:
                raise ReadError(Reason.HOSTILE, f"more than {MAX_URLS} entries")
    except xml.BrokenError as error:
        found.fault = str(error)
    return found


def _fields(element: xml.Element, found: dict[str, str]) -> dict[str, str]:
    """Add what an entry says of itself, the first value of each name; what images and videos say is not asked."""
    for child in element:
        space, name = xml.name(child)
        if name in _WITHIN:
            _fields(child, found)
        elif name in _NAMED and "image" not in space and "video" not in space and (text := child.text):
            found.setdefault(name, text.strip())
    return found


def _row(fields: dict[str, str], date: _Dates) -> _Row:
    published, updated = date(fields.get("publication_date", "")), date(fields.get("lastmod", ""))
    return _Row(fields.get("loc", ""), published or updated, published, updated, fields.get("title", ""))


class _Dates:
    """Dates as `parse.dates` reads them, each spelling once, and no more odd ones than a file may have."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._known: dict[str, datetime | None] = {"": None}
        self._odd = 0

    def __call__(self, text: str) -> datetime | None:
        if text not in self._known:
            self._known[text] = self._parse(text)
        return self._known[text]

    def _parse(self, text: str) -> datetime | None:
        # W3C's shortest forms: a year, a year and a month.
        if _YEAR.fullmatch(text):
            text += "-01-01"[: 10 - len(text)]
        try:
            datetime.fromisoformat(text)
        except ValueError:
            self._odd += 1
            if self._odd > MAX_ODD_DATES:
                return None
        return dates.parse(text, now=self._now)


def _lines(body: bytes, page: Page) -> _Read:
    """Read a text file of one URL a line."""
    lines = [line for line in body.decode("utf-8", "replace").split("\n") if line.strip()]
    named = [line.strip() for line in lines if line.lstrip()[:8].lower().startswith(("http://", "https://"))]
    if 2 * len(named) < len(lines):
        raise ReadError(Reason.NOT_A_FEED, f"neither XML nor a list of URLs ({raw.mime(page) or 'no content type'})")
    if len(named) > MAX_URLS:
        raise ReadError(Reason.HOSTILE, f"more than {MAX_URLS} entries")
    return _Read([_Row(line, None) for line in named], [], {})


def _feed(found: _Read, page: Page) -> Feed:
    pages, lost_pages = _newest(found.pages, page, MAX_ENTRIES)
    maps, lost_maps = _newest(found.maps, page, MAX_SITEMAPS)
    return Feed(
        entries=tuple(
            Entry(url, html.plain(row.title, 2_000), row.published, updated=row.updated) for url, row in pages.items()
        ),
        title=html.plain(found.about.get("name", ""), 500),
        language=language.primary(found.about.get("language")),
        dropped=lost_pages + lost_maps,
        sitemaps=tuple(maps),
    )


def _newest(rows: Sequence[_Row], page: Page, most: int) -> tuple[dict[str, _Row], int]:
    """Return the newest by their URLs, those without a date last in the order of the file, and how many are left out;
    one that is listed again, or is the file itself, is not counted.
    """
    kept: dict[str, _Row] = {}
    dropped = 0
    for row in sorted(rows, key=lambda row: row.moment or _OLDEST, reverse=True):
        url = urls.absolute(page.url, row.loc) if row.loc and len(kept) < most else None
        if url is None:
            dropped += 1
        elif url not in (page.url, page.requested_url):
            kept.setdefault(url, row)
    return kept, dropped
