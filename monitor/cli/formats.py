"""What a search prints beside tables: one JSON document, JSON lines, CSV for spreadsheets."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click

from monitor.cli.app import one_line, plain, print_json

F = TypeVar("F", bound=Callable[..., Any])
# Spreadsheets run what begins so, some the full-width forms too (OWASP, "CSV Injection"), behind spaces and quotes.
_FORMULA = re.compile(r"['\"\s]*[=+\-@|%\uff1d\uff0b\uff0d\uff20\t\r\n]")


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
