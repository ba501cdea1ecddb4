"""What the listing commands share: filters, times, tables."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, TypeVar

import click

from monitor.cli.app import App, clean, console, note, one_line
from monitor.cli.ids import ids

if TYPE_CHECKING:
    from rich.text import Text

    from monitor.model import Entity, Evidence
    from monitor.views import ArticleRow, Filter

F = TypeVar("F", bound=Callable[..., Any])


class When(click.ParamType[datetime]):
    """`2026-11-24`, `2026-11-24T08:00`, `today`, `yesterday`, or `6h` for six hours ago, in the zone of monitor.yaml
    where none is named. `end`: a day stands for its last moment, not its first.
    """

    name = "time"

    def __init__(self, *, end: bool = False) -> None:
        self._end = end

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        from monitor.review.times import moment, strange

        found = moment(str(value), datetime.now(UTC), _zone(ctx), end=self._end)
        if found is None:
            self.fail(strange(str(value)), param, ctx)
        return found


def _zone(ctx: click.Context | None) -> tzinfo:
    app = ctx.find_object(App) if ctx else None
    return app.zone if app else UTC


STANDINGS = ("live", "late", "baseline", "backfill", "shadow", "silenced")


def filters(*, query: bool = False, standing: bool = False) -> Callable[[F], F]:
    """Add the options that narrow a listing; `query`: those of a search too; `standing`: of hits."""

    def add(command: F) -> F:
        options = [
            click.option("--rule", metavar="ID", shell_complete=ids("rules"), help="Only this rule."),
            click.option("--outlet", metavar="ID", shell_complete=ids("outlets"), help="Only this outlet."),
            click.option("--story", metavar="ID", help="Only this story."),
            click.option("--since", type=When(), help="Not before: a date, `yesterday`, or `6h` ago."),
            click.option("--until", type=When(end=True), help="Not after: a day is meant to its end."),
            click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True),
        ]
        if standing:
            said = "Only hits that stand so, as `silenced`."
            options[3:3] = [click.option("--standing", type=click.Choice(STANDINGS), help=said)]
        if query:
            options[3:3] = [click.option("--lang", metavar="CODE", help="Only this language, such as en.")]
            options += [
                click.option(
                    "--after", metavar="CURSOR", default="", help="The next page, by what the last one named."
                ),
                click.option("--sort", type=click.Choice(["newest", "relevance"]), default="newest", show_default=True),
                click.option("--open", "opened", type=click.IntRange(1), metavar="N", help="Open the N-th link."),
            ]
        for option in reversed(options):
            command = option(command)
        return command

    return add


def wanted(options: dict[str, Any]) -> Filter:
    """Turn the options of `filters` into a Filter."""
    from monitor.views import Filter

    return Filter(**{name: options.get(name) for name in ("rule", "outlet", "story", "since", "until")},
                  language=options.get("lang"), limit=options["limit"], standing=options.get("standing"))  # fmt: skip


def entities(app: App, query: str) -> Sequence[Entity]:
    """Return the configured entities where a query names one: reading them takes longer than most searches.

    Raises QueryError.
    """
    from monitor.query import entities_in, parse

    return app.settings(addresses=False).entities if entities_in(parse(query)) else ()


def open_link(links: Sequence[str], number: int) -> None:
    """Open the link of the so manieth row in the browser: nothing but a page of the web."""
    import webbrowser

    from monitor.review.atom import is_link

    if number > len(links):
        raise click.UsageError(f"--open {number}: there are {len(links)}")
    link = links[number - 1]
    if not is_link(link):
        raise click.ClickException(f"{clean(link)} is no page of the web: it is not opened")
    note(f"opens {link}")
    if not webbrowser.open(link):
        raise click.ClickException("there is no browser to open it in: set BROWSER")


def following(page: str, shown: int) -> None:
    """Say on stderr how to go on."""
    if page:
        note(f"{shown} shown, there are more: add --after {page}")


def when(moment: datetime | None) -> str:
    """Return a time for a table, in the zone of monitor.yaml to the minute; "" for None."""
    ctx = click.get_current_context(silent=True)
    return moment.astimezone(_zone(ctx)).strftime("%Y-%m-%d %H:%M") if moment else ""


def quoted(evidence: Sequence[Evidence]) -> Text:
    """Return the first sentence with its words marked: bold on a terminal, in brackets elsewhere."""
    from rich.text import Text

    quote = evidence[0].quote if evidence else ""
    marks = sorted({piece.mark for piece in evidence if piece.quote == quote and piece.mark[0] < piece.mark[1]})
    bracket, found, at = "" if sys.stdout.isatty() else "[]", Text(), 0
    for start, end in marks:
        if start >= at:
            found.append(_spaced(quote[at:start]) + bracket[:1])
            found.append(_spaced(quote[start:end]), style="bold").append(bracket[1:])
            at = end
    return found.append(_spaced(quote[at:]))


def _spaced(text: str) -> str:
    return re.sub(r"\s+", " ", clean(text))


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
        found.add_row(*(cell if isinstance(cell, Text) else Text(one_line(str(cell))) for cell in row))
    console().print(found)
