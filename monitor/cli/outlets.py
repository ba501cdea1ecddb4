"""`monitor outlets`: list, and ask each what it holds now."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

import click

from monitor.cli import listing
from monitor.cli.app import App, clean, console, json_option, one_line, pass_app, print_json

if TYPE_CHECKING:
    from monitor.enrol import Trial


@click.group()
def outlets() -> None:
    """List outlets; ask each what it holds now."""


@outlets.command("list")
@json_option
@pass_app
def list_(app: App, as_json: bool) -> None:
    """List the configured outlets and how their sources fare."""
    settings = app.settings(addresses=False)
    # Before the first run there is no database; the configuration alone is listed.
    rows_known = app.store().outlets.rows() if settings.storage.exists() else []
    known = {(row.outlet_id, row.url): row for row in rows_known}
    rows = []
    for outlet in settings.outlets:
        for source in outlet.sources:
            row = known.get((outlet.id, source.url))
            rows.append(
                {
                    "outlet": outlet.id,
                    "name": outlet.name,
                    "language": outlet.language,
                    "source": source.url,
                    "kind": source.kind,
                    "articles": row.articles if row else 0,
                    "last_read": row.last_ok_at if row else None,
                    "failures": row.failures if row else 0,
                    "reason": row.reason if row else None,
                    "detail": row.detail if row else "",
                }
            )
    if as_json:
        print_json(rows)
        return
    listing.table(
        ("id", "name", "language", "source", "articles", "last read", "trouble"),
        [
            (row["outlet"], row["name"], row["language"] or "", row["source"], row["articles"],
             listing.when(row["last_read"]), f"{row['reason']} {row['detail']}" if row["reason"] else "")  # type: ignore[arg-type]
            for row in rows
        ],
        empty="No outlets: write some in outlets.yaml.",
    )  # fmt: skip


@outlets.command()
@click.argument("ids", nargs=-1)
@json_option
@pass_app
def check(app: App, ids: tuple[str, ...], as_json: bool) -> None:
    """Ask each outlet's sources now and say what they hold. Stores nothing. Exit code 1 where one cannot be read."""
    settings = app.settings(addresses=False)
    unknown = set(ids) - {outlet.id for outlet in settings.outlets}
    if unknown:
        raise click.UsageError(f"no such outlet: {', '.join(sorted(unknown))}; `monitor outlets list` lists them")
    chosen = [outlet for outlet in settings.outlets if not ids or outlet.id in ids]
    from monitor.checkup import ask_outlets

    total = sum(len(outlet.sources) for outlet in chosen)
    with console(stderr=True).status("asking") as status:
        asked = itertools.count(1)

        def told(found: Trial) -> None:
            if status.console.is_terminal:
                status.update(f"{next(asked)} of {total} sources asked")
            if as_json:
                print_json([found])
            else:
                click.echo(clean(one_line(describe(found))))

        failed = asyncio.run(ask_outlets(settings, chosen, told))
    if not as_json:
        click.echo(f"{total - failed} of {total} sources can be read", err=True)
    if failed:
        raise click.exceptions.Exit(1)


def describe(found: Trial) -> str:
    """Return one line about what a source answered."""
    if found.reason:
        return f"{found.outlet}: {found.url}: {found.reason} {found.detail}"
    newest = f", the newest of {listing.when(found.newest)} UTC" if found.newest else ""
    return f"{found.outlet}: {found.url}: {found.links} links{newest}"
