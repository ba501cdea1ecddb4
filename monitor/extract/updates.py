"""What a page says of its live blog beside its text: JSON-LD's updates, and how its clock times are read.

`<time datetime>` and JSON-LD say the moment; "14:05" says it with the day and the offset that the page states.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from itertools import pairwise

from monitor.extract import ldjson
from monitor.extract.ldjson import Item
from monitor.extract.statements import Statements
from monitor.parse import dates
from monitor.parse.html import attribute, paragraphs

MAX_UPDATES = 1_000
LEAST = 3
"""So many entries make a live blog that does not call itself one."""
_MAX_TEXT = 20_000
_MAX_ALL = 400_000
_KINDS = {"LiveBlogPosting"}
_ZONE = re.compile(r"T\d\d:?\d\d\S*?(?:(Z)|([+-])(\d\d):?(\d\d))$")
_NAIVE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?$")
_CLOCK = re.compile(
    r"(?:^|(?<=\s))(?:午前|오전|上午)?(午後|오후|下午)? ?(\d{1,2})(?:[:.h]|[時时시] ?)([0-5]\d)(?!\d|[.:]\d)[分분]?"
    r"(?: ?([apAP])\.?[mM]\b)?"
)
# What may stand beside the hour in a line that is only a time: "14:05 Uhr", "18 Nov, 2:05 pm CET", "Обновлено в 14:05".
_MAX_CLOCK = 32


@dataclass(frozen=True, slots=True)
class Update:
    """An entry as JSON-LD has it. `texts`: its paragraphs."""

    headline: str
    texts: tuple[str, ...]
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of a page that may be a live blog. `stated`: it calls itself one; `zone`: the offset of its times;
    `start` and `end`: when it was published and last updated.
    """

    stated: bool
    updates: tuple[Update, ...]
    zone: tzinfo
    start: datetime | None
    end: datetime | None
    now: datetime


def signs(page: Statements, start: datetime | None, end: datetime | None, now: datetime) -> Signs | None:
    """Return what a page says of its live blog; None where nothing speaks for one."""
    item = page.article
    stated = not _KINDS.isdisjoint(ldjson.types(item)) or "liveBlogUpdate" in item
    if not stated:
        # Cards of other articles have a day; entries have an hour.
        hours = (":" in attribute(node, "datetime") for _, node in page.times)
        if len(page.times) < LEAST or sum(hours) < LEAST:
            return None
    zone = _zone(page)
    return Signs(stated, tuple(_updates(item, zone, now)) if stated else (), zone, start, end, now)


def _updates(item: Item, zone: tzinfo, now: datetime) -> Iterator[Update]:
    value = item.get("liveBlogUpdate")
    left = _MAX_ALL
    for each in (value if isinstance(value, list) else [value])[:MAX_UPDATES]:
        if not isinstance(each, dict):
            continue
        body = each.get("articleBody") or each.get("text")
        parts = paragraphs(body[: min(_MAX_TEXT, left)]) if isinstance(body, str) and left else ()
        texts = tuple(line.strip() for part in parts for line in part.split("\n") if line.strip())
        left = max(0, left - sum(map(len, texts)))
        headline = ldjson.string(each, "headline", 500) or ldjson.string(each, "name", 500)
        stated = (ldjson.string(each, name, 100) for name in ("datePublished", "dateCreated", "dateModified"))
        at = next((found for text in stated if (found := moment(text, zone, now))), None)
        if headline or texts:
            yield Update(headline, texts, at)


def _zone(page: Statements) -> tzinfo:
    """Return the offset that the page's times have most often at its first places; UTC where they say none."""
    stated = [ldjson.string(page.article, name, 100) for name in ("datePublished", "dateModified", "coverageStartTime")]
    stated += page.all("article:published_time", "article:modified_time")
    stated += [attribute(node, "datetime") for _, node in page.times[:10]]
    value = page.article.get("liveBlogUpdate")
    entries = value[:3] if isinstance(value, list) else ()
    stated += [ldjson.string(each, "datePublished", 100) for each in entries if isinstance(each, dict)]
    # "Z" is how programs write a moment: an offset says where the outlet is.
    return next((offset for text in stated if (offset := _offset(text)) is not None), UTC)


def _offset(text: str) -> tzinfo | None:
    found = _ZONE.search(text.strip())
    if not found or found[1] or int(found[3]) > 14 or int(found[4]) > 59:
        return None
    away = timedelta(hours=int(found[3]), minutes=int(found[4]))
    return timezone(-away if found[2] == "-" else away)


def moment(text: str, zone: tzinfo, now: datetime) -> datetime | None:
    """Return a stated time as aware UTC, by the page's offset where it has none of its own; None for a day alone."""
    text = text.strip()
    if ":" not in text:
        return None
    found = dates.parse(text, now=now + timedelta(days=1))
    if found is not None and _NAIVE.match(text):
        found = found.replace(tzinfo=zone).astimezone(UTC)
    return found if found is not None and found <= now + timedelta(days=1) else None


def clock(text: str) -> time | None:
    """Return the hour of a line that begins or is little more than one."""
    found = _CLOCK.search(text[:_MAX_CLOCK])
    if not found or (found.start() > 0 and len(text) > _MAX_CLOCK):
        return None
    noon, hours, minutes, half = found.groups()
    hour = int(hours) % 12 + 12 * (bool(noon) or half in {"p", "P"}) if noon or half else int(hours)
    return time(hour, int(minutes)) if hour < 24 else None


def is_clock(text: str) -> bool:
    """Say whether a line is only a time."""
    return len(text) <= _MAX_CLOCK and clock(text) is not None


def days(clocks: Sequence[time | None], known: Signs) -> list[datetime | None]:
    """Return the moments of clock times that stand one after the other, by the days the page was written on: the
    newest first or last, a day further where the clock leaps.
    """
    told = [each for each in clocks if each is not None]
    anchor = known.start or known.end
    if not told or anchor is None:
        return [None] * len(clocks)
    steps = list(pairwise(told))
    newest_first = sum(a > b for a, b in steps) > sum(a < b for a, b in steps)
    if newest_first and known.end is not None:
        anchor = known.end
    day = anchor.astimezone(known.zone).date()
    last = datetime.combine(day, told[0], known.zone)
    if newest_first and last > anchor + timedelta(hours=1):
        day -= timedelta(days=1)
    result: list[datetime | None] = []
    before: time | None = None
    for each in clocks:
        if each is None:
            result.append(None)
            continue
        # An hour's step back is an order not kept, a longer one is midnight.
        if before is not None and abs(_minutes(each) - _minutes(before)) > 720 and (each > before) == newest_first:
            day += timedelta(days=-1 if newest_first else 1)
        before = each
        found = datetime.combine(day, each, known.zone).astimezone(UTC)
        result.append(found if found <= known.now + timedelta(days=1) else None)
    return result


def _minutes(each: time) -> int:
    return each.hour * 60 + each.minute
