"""What a search prints beside tables: one JSON document, JSON lines, CSV for spreadsheets, an Atom feed."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import click

from monitor.cli.app import clean, one_line, plain, print_json

if TYPE_CHECKING:
    from monitor.views import HitRow

F = TypeVar("F", bound=Callable[..., Any])
# Spreadsheets run what begins so, some the full-width forms too (OWASP, "CSV Injection"), behind spaces and quotes.
_FORMULA = re.compile(r"['\"\s]*[=+\-@|%\uff1d\uff0b\uff0d\uff20\t\r\n]")
# What XML 1.0 cannot hold, not even written as a number.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def options(*names: str) -> Callable[[F], F]:
    """Add `--json` and its like, at most one of which may be given; the command gets `form`, "" for a table."""
    helps = {
        "json": "One JSON document, with the cursor of the next page.",
        "ndjson": "One JSON object a line.",
        "csv": "CSV for a spreadsheet.",
        "feed": "An Atom feed.",
    }

    def add(command: F) -> F:
        for name in reversed(names):
            command = click.option(f"--{name}", "form", flag_value=name, help=helps[name])(command)
        return command

    return add


def print_page(name: str, rows: Iterable[Mapping[str, object]], following: str) -> None:
    """Print a page as one JSON document: the rows under their name, and the cursor of the next page or null."""
    click.echo(json.dumps({name: plain(list(rows)), "next": following or None}, ensure_ascii=False, default=str))


def print_counts(by: str, rows: Sequence[Mapping[str, object]], total: int) -> None:
    """Print counts as one JSON document."""
    click.echo(json.dumps({"by": by, "counts": plain(list(rows)), "hits": total}, ensure_ascii=False))


def print_rows(form: str, name: str, rows: Sequence[Mapping[str, object]], following: str) -> None:
    """Print rows as `json`, `ndjson` or `csv`."""
    if form == "json":
        print_page(name, rows, following)
    elif form == "ndjson":
        print_json(rows)
    else:
        print_csv(rows)


def print_csv(rows: Sequence[Mapping[str, object]]) -> None:
    """Print rows with their names above. No cell is a formula: one that would be has a ' before it."""
    writer = csv.writer(sys.stdout, lineterminator="\r\n")
    if rows:
        writer.writerow(list(rows[0]))
    for row in rows:
        writer.writerow([cell(value) for value in row.values()])


def cell(value: object) -> str:
    """Return a value as a spreadsheet takes it for text, or for a number that it is."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    text = str(value)
    return f"'{one_line(text)}" if _FORMULA.match(text) else one_line(text)


def feed(rows: Sequence[HitRow], title: str, now: datetime) -> str:
    """Return hits as an Atom feed (RFC 4287): one entry a hit, its id the same in every feed."""
    updated = max((row.hit.found_at or now for row in rows), default=now)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"<id>tag:news-monitor.invalid,2026:hits/{quote(_clean(title), safe='')}</id>",
        f"<title>{_xml(title)}</title>",
        f"<updated>{_stamp(updated)}</updated>",
        "<generator>news-monitor</generator>",
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
