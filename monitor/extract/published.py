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
_SAID = re.compile(
    r"\b(?:posted|published|publié|publicado|pubblicato|publicerad|publisert|publiceret|gepubliceerd|veröffentlicht|"
    r"erschienen|opublikowano|опубліковано|опубликовано)(?: on| am| le| el| il| op| den)?(?: the)?:? ",
    re.IGNORECASE,
)
_KEYED = re.compile(r"publi|pub.?da(?:te|y)|created|issued|released?\b|posted|\bdate$", re.IGNORECASE)
# Five of letters without their first are half as dear as five that ask for no case.
_MARKED = ", ".join(
    (
        '[class*="ublish"]',
        '[class*="date" i]',
        '[class*="osted"]',
        '[class*="imestamp"]',
        '[class*="yline"]',
        '[itemprop*="date" i]',
    )
)
_MAX_MARKED = 12
_MAX_SHOWN = 150
# A line with hardly more than a day in it, this near the headline.
_MAX_DAY = 40
# More words than this before a date make a sentence or a caption.
_MAX_BEFORE = 40
_MAX_LABEL = 25
_FAR = timedelta(days=2)
_MAX_ABOVE = 2
_MAX_SAID = 6
_MAX_DATES = 3
_PARTS = re.compile(r"[|•·⋅–—]\s")
_LETTERS = re.compile(r"[^\W\d_]{3}")
_IN_PATH = re.compile(
    r"/((?:19|20)\d{2})[/-](\d{1,2})[/-](\d{1,2})(?=[/_.+-]|$)|[/_-]((?:19|20)\d{2})(\d{2})(\d{2})(?=[/_.-]|$)"
)
Found = tuple[datetime | None, datetime | None]


def read(page: Statements, around: Surroundings, tag: str, now: datetime) -> Found:
    """Return (published, updated) as aware UTC.

    `around`: the lines near the headline. `tag`: the page's language, which says how 3/4/2026 is read.
    """
    item = page.article
    month_first = tag.lower() in {"", "en", "en-us", "en_us"}
    around_it = [each for each in page.items if "WebPage" in ldjson.types(each)]
    published = _first(_stated(page, around_it), now, month_first=month_first)
    stated = (
        *(ldjson.string(each, "dateModified", 100) for each in (item, *around_it[:1])),
        *page.all(*_UPDATED),
        *(ldjson.string(each, "dateModified", 100) for each in around_it[1:]),
    )
    updated = _first(stated, now, month_first=month_first)
    if published is None:
        published, shown_updated = _shown(page, around, now, month_first=month_first)
        updated = updated or shown_updated
    elif not ldjson.is_news(item):
        # Written anew with every change by some systems, kept from an older article by others: the day that readers see
        # is the true one, but where it is the update's without saying so.
        shown = _day_beside(around, published, now, month_first=month_first)
        if shown and (published - shown >= _FAR or (shown - published >= _FAR and not _is_near(shown, updated))):
            published = shown
    return published or _said(page, now, month_first=month_first), updated


def _stated(page: Statements, around_it: list[ldjson.Item]) -> Iterator[str]:
    """Yield what the page states as its date of publication, the surest first."""
    for name in ("datePublished", "dateCreated", "uploadDate"):
        yield ldjson.string(page.article, name, 100)
    yield from page.all(*_PUBLISHED)
    for item in around_it:
        yield ldjson.string(item, "datePublished", 100)
    # Systems have hundreds of names for it.
    for name, values in page.metas.items():
        if _KEYED.search(name) and not _LATER.search(name) and len(values[0]) <= _MAX_DAY:
            yield values[0]


def _first(texts: Iterable[str], now: datetime, *, month_first: bool) -> datetime | None:
    return next((found for text in texts if (found := dates.parse(text, now=now, month_first=month_first))), None)


def _shown(page: Statements, around: Surroundings, now: datetime, *, month_first: bool) -> Found:
    """Return (published, updated) as the page shows them near its headline, in its address or where it is marked."""
    updated: datetime | None = None
    for text, label in itertools.chain(_labelled(around.after), _labelled(around.before, backward=True)):
        first, later = _told(text, label, now, month_first=month_first)
        updated = updated or later
        if first:
            return _timed(page, first, now), updated
    if found := _in_path(page.url, now):
        return _timed(page, found, now), updated
    if updated:
        return None, updated  # what stands farther off is less sure
    for _, node in sorted(page.times, key=lambda each: not each[0]):
        texts = (attribute(node, "datetime"), attribute(node, "content"), text_of(node)[:_MAX_SHOWN])
        if found := _first(texts, now, month_first=month_first):
            return found, updated
    for node in page.document.css(_MARKED)[:_MAX_MARKED]:
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
    for text, label in itertools.chain(_labelled(around.near), above):
        found = _told(text, label, now, month_first=month_first)[0] if len(text) <= _MAX_DAY else None
        if found:
            # 3/10 and 10/3 are one day, written by two customs.
            same = (found.year, found.month, found.day) == (stated.year, stated.day, stated.month)
            return None if same and not _LETTERS.search(text) else found
    return None


def _is_near(one: datetime, other: datetime | None) -> bool:
    return other is not None and abs(one - other) < _FAR


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
    year, month, day = (int(part) for part in found.groups() if part)
    try:
        return dates.parse(datetime(year, month, day, tzinfo=UTC).isoformat(), now=now)
    except ValueError:
        return None


def _said(page: Statements, now: datetime, *, month_first: bool) -> datetime | None:
    """Return the one day that the page says anywhere to be that of its publication: the last resort.

    Comments have days too: where several are said it is none of them.
    """
    text = page.document.body.text(deep=True, separator=" ") if page.document.body is not None else ""
    days = set()
    for match in itertools.islice(_SAID.finditer(text), _MAX_SAID):
        if found := dates.place(text[match.end() : match.end() + _MAX_DAY], now=now, month_first=month_first):
            days.add(found[0])
    return days.pop() if len(days) == 1 else None
