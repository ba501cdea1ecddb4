"""When an article was published and updated, by what the page states, else by what it shows near the headline."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from monitor.extract import ldjson
from monitor.extract.statements import Statements
from monitor.extract.surroundings import Line, Surroundings, within
from monitor.parse import dates
from monitor.parse.html import attribute, text_of

_PUBLISHED = (
    "article:published_time", "og:published_time", "article:published", "og:article:published_time", "datepublished",
    "parsely-pub-date", "sailthru.date", "dc.date.issued", "dcterms.created", "dcterms.issued", "dc.date",
    "dcterms.date", "pubdate", "publishdate", "publish-date", "publish_date", "publication_date", "publication-date",
    "published_time", "published-date", "published_date", "published_at", "published", "w-published-date", "date",
    "cxenseparse:recs:publishtime", "citation_publication_date", "citation_online_date", "citation_date",
    "article.published", "article_date_original", "release_date", "datecreated", "uploaddate",
)  # fmt: skip
_UPDATED = (
    "article:modified_time", "og:updated_time", "og:modified_time", "article:modified", "datemodified",
    "dcterms.modified", "dc.date.modified", "last-modified", "last_modified", "lastmod", "revised", "updated",
    "article.updated", "article:updated_time",
)  # fmt: skip
_LATER = re.compile(
    r"updat|modif|aktualis|zuletzt|stand:|mis à jour|actualiz|aggiorn|oppdater|bijgewerkt|laatst|оновлен|обновл|更新|"
    r"revis|reviewed|edited|güncel|zaktualiz",
    re.IGNORECASE,
)
# What is said before a date of publication, and before no other.
_FIRST = re.compile(
    r"publi|post|veröff|erschienen|erstellt|geschrieben|written|created|released|опубл|added|geplaatst|udgivet|"
    r"julkaistu|pubblicato|公開|掲載|作成",
    re.IGNORECASE,
)
_KEYED = re.compile(r"publi|pub.?da(?:te|y)|created|issued|released?\b|posted|\bdate$", re.IGNORECASE)
_NOT_KEYED = re.compile(f"{_LATER.pattern}|review|expir|event|start|valid|birth|copyright|due", re.IGNORECASE)
_MARKED = '[class*="date" i], [class*="ublish"], [itemprop*="date" i]'
_MAX_MARKED = 12
_MAX_SHOWN = 150
# A line with hardly more than a day in it, this near the headline.
_MAX_DAY = 40
# More words than this before a date make a sentence or a caption.
_MAX_BEFORE = 40
_MAX_LABEL = 25
_FAR = timedelta(days=2)
_MAX_ABOVE = 2
_MAX_TIMES = 3
_MAX_DATES = 3
_PARTS = re.compile(r"[|•·⋅–—]\s")
_LETTERS = re.compile(r"[^\W\d_]{3}")
_IN_PATH = re.compile(
    r"/((?:19|20)\d{2})[/-](\d{1,2}|[a-z]{3,9})[/-](\d{1,2})(?=[/_.+-]|$)|[/_-]((?:19|20)\d{2})(\d{2})(\d{2})(?=[/_.-]|$)"
)
# Where English is written with the day first, whatever a template says of its language.
_DAY_FIRST = (
    ".uk", ".ie", ".au", ".nz", ".in", ".za", ".sg", ".my", ".hk", ".ng", ".ke", ".gh", ".pk", ".bd", ".lk", ".eu",
)  # fmt: skip
Found = tuple[datetime | None, datetime | None]


def read(page: Statements, around: Surroundings, tag: str, now: datetime) -> Found:
    """Return (published, updated) as aware UTC.

    `around`: the lines near the headline. `tag`: the page's language, which says how 3/4/2026 is read.
    """
    item = page.article
    month_first = tag.lower() in {"", "en", "en-us", "en_us"} and not page.host.endswith(_DAY_FIRST)
    published = _first(_stated(page), now, month_first=month_first)
    updated = _first(_changed(page), now, month_first=month_first)
    if published is None:
        published, shown_updated = _shown(page, around, now, month_first=month_first)
        updated = updated or shown_updated
    elif not ldjson.is_news(item) and not _is_timed(page, published, now):
        # Written anew with every change by some systems, kept from an older article by others: the day that readers see
        # is the true one, but where it is the update's without saying so.
        shown = _day_beside(around, published, now, month_first=month_first)
        if shown and (published - shown >= _FAR or (shown - published >= _FAR and not _is_near(shown, updated))):
            published = shown
    return published, updated


def _stated(page: Statements) -> Iterator[str]:
    """Yield what the page states as its date of publication, the surest first."""
    for name in ("datePublished", "dateCreated", "uploadDate"):
        yield ldjson.string(page.article, name, 100)
    yield from page.all(*_PUBLISHED)
    yield from _around(page, "datePublished")
    # Systems have hundreds of names for it.
    for name, values in page.metas.items():
        if len(values[0]) <= _MAX_DAY and _KEYED.search(name) and not _NOT_KEYED.search(name):
            yield values[0]


def _changed(page: Statements) -> Iterator[str]:
    yield ldjson.string(page.article, "dateModified", 100)
    yield from page.all(*_UPDATED)
    yield from _around(page, "dateModified")


def _around(page: Statements, name: str) -> Iterator[str]:
    """Yield a property of the pages that JSON-LD describes around the article."""
    return (ldjson.string(item, name, 100) for item in page.items if name in item and "WebPage" in ldjson.types(item))


def _first(texts: Iterable[str], now: datetime, *, month_first: bool) -> datetime | None:
    return next((found for text in texts if (found := dates.parse(text, now=now, month_first=month_first))), None)


def _shown(page: Statements, around: Surroundings, now: datetime, *, month_first: bool) -> Found:
    """Return (published, updated) as the page shows them near its headline, in its address or where it is marked."""
    updated: datetime | None = None
    in_path = _in_path(page.url, now)
    for text, label in itertools.chain(_labelled(around.after), _labelled(around.before, backward=True)):
        first, later = _told(text, label, now, month_first=month_first)
        updated = updated or later
        if first:
            first = in_path if in_path and _is_swapped(first, in_path) else first
            return _timed(page, first, now), updated
    if found := in_path:
        return _timed(page, found, now), updated
    if updated:
        return None, updated  # what stands farther off is less sure
    for _, node in sorted(page.times, key=lambda each: not each[0]):
        texts = (attribute(node, "datetime"), attribute(node, "content"), text_of(node)[:_MAX_SHOWN])
        if found := _first(texts, now, month_first=month_first):
            return found, updated
    for node in page.marked(_MARKED)[:_MAX_MARKED]:
        for text, label in _labelled(within(node)[:5]):
            first, later = _told(text, label, now, month_first=month_first)
            updated = updated or later
            if first:
                return first, updated
    return None, updated


def _told(text: str, label: str, now: datetime, *, month_first: bool) -> Found:
    """Return (published, updated) as one line says. `label`: the line before it, where that may be one."""
    first: datetime | None = None
    updated: datetime | None = None
    for _ in range(_MAX_DATES):
        found = dates.place(text, now=now, month_first=month_first)
        if not found:
            break
        moment, start, end = found
        said = label + " " + text[:start]
        text, label = text[end:], ""
        later, earlier = (
            max((each.start() for each in words.finditer(said)), default=-1) for words in (_LATER, _FIRST)
        )
        tail = text if not dates.place(text, now=now) else ""
        if later > earlier or (earlier < 0 and _LATER.search(tail)):
            updated = updated or moment
        elif earlier >= 0 or len(_PARTS.split(said)[-1]) <= _MAX_BEFORE:
            first = first or moment
    return first, updated


def _labelled(lines: Iterable[Line], *, backward: bool = False) -> Iterator[tuple[str, str]]:
    """Yield the short lines, of long ones the parts, each with the label that stands in the line before it."""
    before = ""
    waiting: list[str] = []
    for line in lines:
        texts = (line.text,) if len(line.text) <= _MAX_SHOWN else line.parts
        is_label = len(line.text) <= _MAX_LABEL and not line.text[-1:].isdigit()
        if backward:
            yield from ((text, line.text if is_label else "") for text in waiting)
            waiting = [text for text in texts if len(text) <= _MAX_SHOWN]
        else:
            yield from ((text, before) for text in texts if len(text) <= _MAX_SHOWN)
            before = line.text if is_label else ""
    yield from ((text, "") for text in waiting)


def _day_beside(around: Surroundings, stated: datetime, now: datetime, *, month_first: bool) -> datetime | None:
    """Return the first day that stands alone in a line under the headline or right above it, and is no update."""
    above = itertools.islice(_labelled(around.before, backward=True), _MAX_ABOVE)
    for text, label in itertools.chain(_labelled(around.near()), above):
        found = _told(text, label, now, month_first=month_first)[0] if len(text) <= _MAX_DAY else None
        if found:
            # 3/10 and 10/3 are one day, written by two customs.
            return None if _is_swapped(found, stated) and not _LETTERS.search(text) else found
    return None


def _is_swapped(one: datetime, other: datetime) -> bool:
    return (one.year, one.month, one.day) == (other.year, other.day, other.month)


def _is_near(one: datetime, other: datetime | None) -> bool:
    return other is not None and abs(one - other) < _FAR


def _is_timed(page: Statements, day: datetime, now: datetime) -> bool:
    """Say whether a `<time>` shows the day."""
    moments = (dates.parse(attribute(node, "datetime"), now=now) for _, node in page.times[:_MAX_TIMES])
    return any(_is_near(moment, day) for moment in moments if moment)


def _timed(page: Statements, day: datetime, now: datetime) -> datetime:
    """Return the `<time>` of a day shown without its hour, where there is one: the same day, by its own clock."""
    for _, node in page.times:
        found = dates.parse(attribute(node, "datetime"), now=now)
        if found and (day.hour, day.minute) == (0, 0) and abs((found - day).total_seconds() - 43_200) <= 86_400:
            return found
    return day


def _in_path(url: str, now: datetime) -> datetime | None:
    """Return the day in the address."""
    found = _IN_PATH.search(url.split("?", 1)[0])
    if not found:
        return None
    year, month, day = (part for part in found.groups() if part)
    try:
        number = int(month) if month.isdigit() else dates.MONTHS.get(month, 0)
        return dates.parse(datetime(int(year), number, int(day), tzinfo=UTC).isoformat(), now=now)
    except ValueError:
        return None
