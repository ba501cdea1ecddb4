"""When an article was published and updated, by what the page states, else by what it shows near the headline."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from monitor.extract import ldjson
from monitor.extract.statements import Statements
from monitor.extract.surroundings import Surroundings, within
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
_MARKED = "[class*=publish i], [class*=date i], [class*=posted i], [class*=timestamp i], [class*=byline i]"
_MAX_MARKED = 12
_MAX_SHOWN = 150
# A line with hardly more than a day in it, this near the headline.
_MAX_DAY = 40
_FAR = timedelta(days=2)
_IN_PATH = re.compile(
    r"/((?:19|20)\d{2})[/-](\d{1,2})[/-](\d{1,2})(?=[/_.-]|$)|[/_-]((?:19|20)\d{2})(\d{2})(\d{2})(?=[/_.-]|$)"
)


def read(page: Statements, around: Surroundings, tag: str, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return (published, updated) as aware UTC.

    `around`: the lines near the headline. `tag`: the page's language, which says how 3/4/2026 is read.
    """
    item = page.article
    month_first = tag.lower() in {"", "en", "en-us", "en_us"}
    stated = [ldjson.string(item, name, 100) for name in ("datePublished", "dateCreated", "uploadDate")]
    stated += page.all(*_PUBLISHED)
    around_it = [each for each in page.items if "WebPage" in ldjson.types(each)]
    stated += [ldjson.string(each, "datePublished", 100) for each in around_it]
    published = _first(stated, now, month_first=month_first)
    stated = [ldjson.string(item, "dateModified", 100), *page.all(*_UPDATED)]
    stated += [ldjson.string(each, "dateModified", 100) for each in around_it]
    updated = _first(stated, now, month_first=month_first)
    if published is None:
        published, shown_updated = _shown(page, around, now, month_first=month_first)
        updated = updated or shown_updated
    elif (updated is None or updated <= published) and not ldjson.is_news(item):
        # Written anew with every change by some systems: the day that readers see is the first one.
        shown = _day_beside(around, now, month_first=month_first)
        published = shown if shown and published - shown >= _FAR else published
    return published or _in_path(page.url, now), updated


def _first(texts: Iterable[str], now: datetime, *, month_first: bool) -> datetime | None:
    return next((found for text in texts if (found := dates.parse(text, now=now, month_first=month_first))), None)


def _shown(
    page: Statements, around: Surroundings, now: datetime, *, month_first: bool
) -> tuple[datetime | None, datetime | None]:
    """Return (published, updated) as the page shows them."""
    updated: datetime | None = None
    for line in itertools.chain(around.after, around.before):
        for text in (line.text, *line.parts) if len(line.text) > _MAX_SHOWN else (line.text,):
            found = dates.visible(text, now=now, month_first=month_first) if len(text) <= _MAX_SHOWN else None
            if found and not _LATER.search(text):
                return _timed(page, found, now), updated
            updated = updated or found
    for _, node in sorted(page.times, key=lambda each: not each[0]):
        texts = (attribute(node, "datetime"), attribute(node, "content"), text_of(node)[:_MAX_SHOWN])
        if found := _first(texts, now, month_first=month_first):
            return found, updated
    for node in page.document.css(_MARKED)[:_MAX_MARKED]:
        for line in within(node)[:5]:
            found = dates.visible(line.text, now=now, month_first=month_first) if len(line.text) <= _MAX_SHOWN else None
            if found and not _LATER.search(line.text):
                return found, updated
            updated = updated or found
    return None, updated


def _day_beside(around: Surroundings, now: datetime, *, month_first: bool) -> datetime | None:
    """Return the first day that stands alone in a line under the headline and is no update."""
    for line in around.near:
        if len(line.text) <= _MAX_DAY and not _LATER.search(line.text):
            found = dates.visible(line.text, now=now, month_first=month_first)
            if found:
                return found
    return None


def _timed(page: Statements, day: datetime, now: datetime) -> datetime:
    """Return the `<time>` of a day shown without its hour, where there is one: the same day, by its own clock."""
    for _, node in page.times:
        found = dates.parse(attribute(node, "datetime"), now=now)
        if found and (day.hour, day.minute) == (0, 0) and abs((found - day).total_seconds() - 43_200) <= 86_400:
            return found
    return day


def _in_path(url: str, now: datetime) -> datetime | None:
    """Return the day in the address: the last resort."""
    found = _IN_PATH.search(url.split("?", 1)[0])
    if not found:
        return None
    year, month, day = (int(part) for part in found.groups() if part)
    try:
        return dates.parse(datetime(year, month, day, tzinfo=UTC).isoformat(), now=now)
    except ValueError:
        return None
