"""Feeds of every dialect: RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0, CDF, JSON Feed.

Strict lxml first (feed_xml.py); what is not well-formed is mended, and what cannot be mended goes to feedparser
(feed_fallback.py). Names, links and dates are read the same way for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from heapq import nlargest

from monitor.errors import ReadError, Reason
from monitor.model import Entry, Feed, Page
from monitor.outlets import feed_fallback, feed_json, feed_xml
from monitor.outlets.feed_items import Fields, Parsed
from monitor.parse import bytes as raw
from monitor.parse import dates, html, language, urls

MAX_ENTRIES = 1_000
MAX_SUMMARY = 5_000
MAX_CONTENT = 100_000
MAX_GUID = 1_000
_OLDEST = datetime.min.replace(tzinfo=UTC)
# RSS: "ada@example.org (Ada Quay)".
_MAILBOX = re.compile(r"\S{1,100}@\S{1,100} \((.{1,200})\)")


def read(page: Page) -> Feed:
    """Parse a raw page into a feed, entries in file order. Raises ReadError (EMPTY, NOT_A_FEED, HOSTILE, …)."""
    return _feed(parse(page), page)


def parse(page: Page) -> Parsed:
    """Read a raw page into its items as they are, those without a link too. Raises ReadError."""
    body = raw.inflate(page)
    start = body[:4_096].lstrip(b"\xef\xbb\xbf \t\r\n\x00")[:1]
    if not start and not body.strip(b"\xef\xbb\xbf \t\r\n\x00"):
        raise ReadError(Reason.EMPTY, "the answer has no body")
    if start == b"{":
        return feed_json.parse(body, page)
    raw.prescan_xml(body)
    return feed_xml.parse(body, page) or feed_fallback.parse(body, page)


def link(base: str, fields: Fields) -> str | None:
    """Return where an item leads: what stood behind a tracker, its link, or a guid that is not said to be none."""
    if given := fields.get("base"):
        base = urls.absolute(base, given) or base
    if (given := fields.get("origlink")) and (found := urls.absolute(base, given)):
        return found
    if given := fields.get("link"):
        own = fields.get("linkbase")
        if found := urls.absolute((urls.absolute(base, own) or base) if own else base, given):
            return found
    guid = fields.get("guid", "").strip()
    # isPermaLink is true where it is not said, and a guid need not be a whole URL: a 404 tells less than an item lost.
    if not guid or fields.get("permalink") == "false" or len(guid.split(None, 1)) > 1:
        return None
    return urls.absolute(base, guid)


def title(fields: Fields) -> str:
    """Return an item's title as text."""
    return html.plain(fields.get("title", ""), 2_000)


def published(fields: Fields, now: datetime) -> datetime | None:
    """Return when an item says it was published, or else updated; aware UTC."""
    return _moment(fields.get("published"), now) or _moment(fields.get("updated"), now)


def _moment(text: str | None, now: datetime) -> datetime | None:
    if text and len(text) < 20 and (number := text.strip()).isdecimal():
        # A Unix time, in seconds or milliseconds; feedparser reads the year 1795 in it.
        seconds = int(number) // {10: 1, 13: 1_000}.get(len(number), 10**20)
        return dates.parse(datetime.fromtimestamp(seconds, UTC).isoformat(), now=now)
    return dates.parse(text, now=now)


def _feed(parsed: Parsed, page: Page) -> Feed:
    kept, dropped = _newest(parsed.items, page.fetched_at)
    entries = [entry for base, fields in kept if (entry := _entry(base, fields, page.fetched_at))]
    about = parsed.about
    return Feed(
        entries=tuple(entries),
        title=html.plain(about.get("title", ""), 500),
        language=language.primary(about.get("language")),
        url=urls.absolute(page.url, about.get("link", "")) or "",
        ttl=parsed.ttl,
        dropped=dropped + len(kept) - len(entries),
        quiet=parsed.quiet,
    )


def _newest(items: Iterable[tuple[str, Fields]], now: datetime) -> tuple[list[tuple[str, Fields]], int]:
    """Return the newest MAX_ENTRIES items in file order, and how many are left out. Of 100,000 no more are held than
    twice as many as are kept.
    """
    held: list[tuple[str, Fields]] = []
    dropped = 0
    for item in items:
        if not item[1]:
            dropped += 1
            continue
        held.append(item)
        if len(held) == 2 * MAX_ENTRIES:
            held = _best(held, now)
            dropped += MAX_ENTRIES
    if len(held) > MAX_ENTRIES:
        dropped += len(held) - MAX_ENTRIES
        held = _best(held, now)
    return held, dropped


def _best(held: list[tuple[str, Fields]], now: datetime) -> list[tuple[str, Fields]]:
    """Return the newest, those without a date after all others; of equals the first, as feeds begin with the newest."""
    # In the usual forms alone: 100,000 dates that only dateutil reads, or does not, would take 10 s.
    when = [dates.usual(fields.get("published") or fields.get("updated"), now=now) or _OLDEST for _, fields in held]
    newest = nlargest(MAX_ENTRIES, range(len(held)), key=lambda index: (when[index], -index))
    return [held[index] for index in sorted(newest)]


def _entry(base: str, fields: Fields, now: datetime) -> Entry | None:
    url = link(base, fields)
    if url is None:
        return None
    get = fields.get
    updated = _moment(get("updated"), now)
    content = get("content", "")
    return Entry(
        url=url,
        title=title(fields),
        published=_moment(get("published"), now) or updated,
        guid=get("guid", "").strip()[:MAX_GUID],
        summary=html.plain(get("summary", ""), 4 * MAX_SUMMARY)[:MAX_SUMMARY],
        author=_author(get("author", "")),
        content="\n\n".join(html.paragraphs(content))[:MAX_CONTENT] if content else "",
        updated=updated,
    )


def _author(markup: str) -> str:
    name = html.plain(markup, 500)
    mailbox = _MAILBOX.fullmatch(name) if "@" in name else None
    return mailbox[1] if mailbox else name
