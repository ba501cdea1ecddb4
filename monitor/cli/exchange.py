"""`monitor outlets import` and `export`: lists of outlets from feed readers and spreadsheets, and for them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.app import App, note, one_line, pass_app
from monitor.errors import ConfigError, ReadError

if TYPE_CHECKING:
    from monitor.outlets.exchange import Import
    from monitor.settings.record import Settings


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="FILE")
@click.option("--dry-run", is_flag=True, help="Say what would be added, write nothing.")
@pass_app
def import_(app: App, file: Path, dry_run: bool) -> None:
    """Add the outlets of an OPML or CSV file to outlets.yaml. Folders become tags; feeds that share a home page become
    one outlet. Exit code 1 where something in it cannot be taken over; the rest is.
    """
    from monitor.settings.edit import add_outlets, writable

    settings = app.settings(addresses=False)
    path = writable(settings)
    found = _read(file, settings)
    for outlet in found.outlets:
        tags = f" [{', '.join(outlet.tags)}]" if outlet.tags else ""
        click.echo(one_line(f"{outlet.id}: {outlet.name}: {', '.join(one.url for one in outlet.sources)}{tags}"))
    if found.outlets and not dry_run:
        add_outlets(settings, found.outlets, os.environ)
    for refused in found.refused:
        note(one_line(f"{file}:{refused.line}: {refused.what}: {refused.why}"))
    done = f"{len(found.outlets)} outlets {'would be added' if dry_run else f'added to {path}'}"
    note(f"{done}, {found.known} sources are there already, {len(found.refused)} cannot be taken over")
    if found.outlets and not dry_run:
        note("what they list now is their baseline and alerts nobody; `monitor outlets check` asks them now")
    if found.refused:
        raise click.exceptions.Exit(1)


def _read(file: Path, settings: Settings) -> Import:
    from monitor.outlets import exchange, opml, table

    body = file.read_bytes()
    try:
        is_xml = body.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1] == b"<"
        rows = opml.read(body) if is_xml else table.read(body)
    except ReadError as error:
        raise ConfigError(f"nothing can be imported: {error.detail}", file=file) from error
    return exchange.imported(rows, settings.outlets)


@click.command()
@click.option("--format", "form", type=click.Choice(["opml", "csv"]), default="opml", show_default=True)
@pass_app
def export(app: App, form: str) -> None:
    """Print the outlets for a feed reader (OPML) or a spreadsheet (CSV). What is yours alone stays out of it:
    `private`, `ignore_robots`, selectors, access of subscriptions.
    """
    from monitor.outlets import opml, table

    outlets = app.settings(addresses=False).outlets
    text = table.write(outlets) if form == "csv" else opml.write(outlets)
    # As bytes: line ends stay what the format has.
    click.echo(text.encode("utf-8", "replace"), nl=False)
