"""Hits as an Atom feed: pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from monitor.safe import clean, one_line

if TYPE_CHECKING:
    from monitor.views import Filter, HitRow

# What XML 1.0 cannot hold, not even written as a number.
# When a feed without entries changed last.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def title(wanted: Filter, query: str) -> str:
    """Return what a feed is called: what was asked for."""
    named = {"rule": wanted.rule, "outlet": wanted.outlet, "story": wanted.story, "lang": wanted.language}
    said = [f"{name} {value}" for name, value in named.items() if value]
    return ", ".join(["hits", *said, *([query] if query else [])])


def feed(rows: Sequence[HitRow], title: str, now: datetime, here: str = "") -> str:
    """Return hits as an Atom feed (RFC 4287): one entry a hit, its id the same in every feed. `here`: its address."""
    # Of an empty feed always the same, or no reader would ever be told that nothing is new.
    updated = max((row.hit.found_at or now for row in rows), default=_NEVER)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"<id>tag:news-monitor.invalid,2026:hits/{quote(_clean(title), safe='')}</id>",
        f"<title>{_xml(title)}</title>",
        f"<updated>{_stamp(updated)}</updated>",
        "<generator>news-monitor</generator>",
        *([f'<link rel="self" href="{_xml(here)}"/>'] if here else []),
    ]
    for row in rows:
        lines += _entry(row, now)
    return "\n".join([*lines, "</feed>"])


def _entry(row: HitRow, now: datetime) -> list[str]:
    hit, article = row.hit, row.article
    found = hit.found_at or now
    # Numbers begin anew in another database, where the time is another.
    number = f"{hit.id}/{int(found.timestamp() * 1_000_000)}"
    lines = [
        "<entry>",
        f"<id>tag:news-monitor.invalid,2026:hit/{number}</id>",
        f"<title>{_xml(one_line(article.title) or article.url)}</title>",
        f"<updated>{_stamp(found)}</updated>",
        f"<author><name>{_xml(article.outlet_id)}</name></author>",
        f'<category term="{_xml(hit.rule_id)}"/>',
    ]
    if article.published:
        lines.append(f"<published>{_stamp(article.published)}</published>")
    if is_link(article.url):
        lines.append(f'<link rel="alternate" href="{_xml(article.url)}"/>')
    summary = hit.evidence[0].quote if hit.evidence else ""
    return [*lines, f"<summary>{_xml(one_line(summary))}</summary>", "</entry>"]


def is_link(url: str) -> bool:
    """Say whether an address is one that a browser may be sent to."""
    return url.lower().startswith(("http://", "https://")) and not re.search(r"[\s\x00-\x1f]", url)


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", clean(text))


def _xml(text: str) -> str:
    return escape(_clean(text))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
