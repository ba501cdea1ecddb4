"""What the listing commands share: filters, times, tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

from monitor.cli.app import console, one_line

if TYPE_CHECKING:
    from monitor.views import ArticleRow, Filter

F = TypeVar("F", bound=Callable[..., Any])
_AGO = re.compile(r"(\d{1,5})\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class When(click.ParamType[datetime]):
    """`2026-11-24`, `2026-11-24T08:00`, `today`, `yesterday`, or `6h` for six hours ago. UTC where no zone is named."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        text, now = str(value).strip().lower(), datetime.now(UTC)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if text in {"today", "yesterday"}:
            return midnight - timedelta(days=text == "yesterday")
        try:
            if ago := _AGO.fullmatch(text):
                return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
            found = datetime.fromisoformat(str(value).strip())
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time: write 2026-11-24, 2026-11-24T08:00, yesterday or 6h", param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


def filters(*, rule: bool = True) -> Callable[[F], F]:
    """Add the options that narrow a listing."""

    def add(command: F) -> F:
        options = [
            click.option("--outlet", metavar="ID", help="Only this outlet."),
            click.option("--story", metavar="ID", help="Only this story."),
            click.option("--since", type=When(), help="Not before: a date, `yesterday`, or `6h` ago."),
            click.option("--until", type=When(), help="Not after."),
            click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True),
        ]
        if rule:
            options.insert(0, click.option("--rule", metavar="ID", help="Only this rule."))
        for option in reversed(options):
            command = option(command)
        return command

    return add


def wanted(options: dict[str, Any]) -> Filter:
    """Turn the options of `filters` into a Filter."""
    from monitor.views import Filter

    return Filter(**{name: options.get(name) for name in ("rule", "outlet", "story", "since", "until")},
                  limit=options["limit"])  # fmt: skip


def when(moment: datetime | None) -> str:
    """Return a time for a table, in UTC to the minute; "" for None."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if moment else ""


def title(row: ArticleRow) -> str:
    """Return an article's title for a table, marked where only its feed entry was read."""
    text = one_line(row.title) or row.url
    return f"{text} [headline and summary only]" if row.text == "feed" else text


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], empty: str) -> None:
    """Print rows under their names; `empty` where there are none. Text is cleaned, never read as markup."""
    from rich.table import Table
    from rich.text import Text

    if not rows:
        click.echo(empty)
        return
    found = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        found.add_column(name, overflow="fold", no_wrap=name in {"id", "time"})
    for row in rows:
        found.add_row(*(Text(one_line(str(cell))) for cell in row))
    console().print(found)
