"""`monitor outlets`: list, and ask each what it holds now; what adds to them stands in adding.py and exchange.py."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import adding, exchange, listing
from monitor.cli.app import App, clean, console, json_option, one_line, pass_app, print_json
from monitor.cli.hints import advice, age, ailing
from monitor.cli.ids import ids as completed
from monitor.review import objects

if TYPE_CHECKING:
    from monitor.enrol import Trial


@click.group()
def outlets() -> None:
    """List outlets, add some, ask each what it holds now."""


@outlets.command("list")
@json_option
@pass_app
def list_(app: App, as_json: bool) -> None:
    """List the configured outlets, how their sources fare, and when each is asked next and why then."""
    from monitor.store import opening

    settings = app.settings(addresses=False)
    # Before the first run there is no database; the configuration alone is listed.
    store = app.store() if opening.there(settings.place) else None
    rows = objects.sources(
        settings.outlets, store.outlets.rows() if store else (), store.health.ailments() if store else ()
    )
    if as_json:
        print_json(rows)
        return
    listing.table(
        ("id", "name", "language", "source", "articles", "last read", "next", "why", "trouble"),
        [
            (row["outlet"], row["name"], row["language"] or "", row["source"], row["articles"],
             listing.when(row["last_read"]), listing.when(row["next"]), row["plan"],
             _trouble(row))
            for row in rows
        ],
        empty="No outlets: `monitor outlets add HOMEPAGE` writes one into outlets.yaml.",
    )  # fmt: skip


def _trouble(row: dict[str, Any]) -> str:
    """Return what is wrong with an outlet, since when, and what to try; else how its source's last poll failed."""
    told = [f"since {listing.when(one.since)} {ailing(one)}" for one in row["troubles"]]
    return "; ".join(told) or (f"{row['reason']} {row['detail']}" if row["reason"] else "")


@outlets.command()
@click.argument("ids", nargs=-1, shell_complete=completed("outlets"))
@json_option
@pass_app
def check(app: App, ids: tuple[str, ...], as_json: bool) -> None:
    """Ask each outlet's sources now: what they hold, how fresh it is, what is wrong and what to do. Stores nothing.
    Exit code 1 where one cannot be read.
    """
    settings = app.settings(addresses=False)
    unknown = set(ids) - {outlet.id for outlet in settings.outlets}
    if unknown:
        raise click.UsageError(f"no such outlet: {', '.join(sorted(unknown))}; `monitor outlets list` lists them")
    chosen = [outlet for outlet in settings.outlets if not ids or outlet.id in ids]
    from monitor.checkup import ask_outlets

    total = sum(len(outlet.sources) for outlet in chosen)
    as_table = sys.stdout.isatty() and not as_json
    answers: list[Trial] = []
    with _progress(total) as advance:

        def told(found: Trial) -> None:
            answers.append(found)
            advance()
            if as_json:
                print_json([found])
            elif not as_table:
                click.echo(clean(one_line(describe(found, datetime.now(UTC)))))

        failed = asyncio.run(ask_outlets(settings, chosen, told))
    if as_table:
        _table(answers)
    if not as_json:
        click.echo(f"{total - failed} of {total} sources can be read", err=True)
    if failed:
        raise click.exceptions.Exit(1)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """Show a bar on stderr where that is a terminal; yield what moves it on by one."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    screen = console(stderr=True)
    columns = (TextColumn("asking"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("asking", total=total)
        yield lambda: bar.advance(task)


def _table(answers: Sequence[Trial]) -> None:
    """Print what was answered, what is wrong first."""
    now = datetime.now(UTC)
    rows = [(found, *advice(found, now)) for found in answers]
    rows.sort(key=lambda row: (not row[1], row[0].outlet))
    listing.table(
        ("id", "source", "links", "newest", "wrong", "what to do"),
        [
            (found.outlet, found.url, found.links or "", age(found.newest, now), wrong, todo)
            for found, wrong, todo in rows
        ],
        empty="No outlets: `monitor outlets add HOMEPAGE` writes one.",
    )


def describe(found: Trial, now: datetime) -> str:
    """Return one line about what a source answered."""
    wrong, todo = advice(found, now)
    newest = f", the newest of {listing.when(found.newest)}" if found.newest else ""
    holds = "" if found.reason else f"{found.links} links{newest}"
    return f"{found.outlet}: {found.url}: " + "; ".join(part for part in (holds, wrong, todo) if part)


outlets.add_command(adding.discover)
outlets.add_command(adding.add)
outlets.add_command(exchange.import_)
outlets.add_command(exchange.export)
