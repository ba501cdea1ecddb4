"""`monitor inspect`: what the parsers see in a file or URL, one JSON object a line."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from monitor.cli.app import App, note, pass_app, print_json

if TYPE_CHECKING:
    from monitor.model import Page

T = TypeVar("T")


@click.group()
def inspect() -> None:
    """See what the parsers see. Files stay on this machine; URLs are fetched as the daemon would."""


@inspect.command()
@click.argument("places", nargs=-1, required=True, metavar="FILE-or-URL...")
@click.option("--url", default="", help="Where a file came from, to resolve its links.")
@pass_app
def article(app: App, places: tuple[str, ...], url: str) -> None:
    """Show the article of each page: title, dates, blocks with their roles."""
    from monitor.extract.article import extract

    _each(app, places, url, extract)


@inspect.command()
@click.argument("places", nargs=-1, required=True, metavar="FILE-or-URL...")
@click.option("--url", default="", help="Where a file came from, to resolve its links.")
@pass_app
def feed(app: App, places: tuple[str, ...], url: str) -> None:
    """Show the entries of each feed."""
    from monitor.outlets.feed import read

    _each(app, places, url, read)


def _each(app: App, places: tuple[str, ...], url: str, parse: Callable[[Page], T]) -> None:
    from monitor.errors import FetchError, ReadError

    failed = 0
    for place in places:
        try:
            page = _load(app, place, url)
            print_json([{"place": place, **_fields(parse(page))}])
        except (FetchError, ReadError) as error:
            failed += 1
            print_json([{"place": place, "reason": error.reason, "detail": error.detail}])
        except OSError as error:
            failed += 1
            note(f"{place}: {error.strerror}")
    if failed:
        raise click.exceptions.Exit(1)


def _fields(record: object) -> dict[str, object]:
    import dataclasses

    assert dataclasses.is_dataclass(record)
    return {item.name: getattr(record, item.name) for item in dataclasses.fields(record)}


def _load(app: App, place: str, url: str) -> Page:
    from monitor.model import Page

    if place.startswith(("http://", "https://")):
        from monitor.checkup import fetch

        return asyncio.run(fetch(app.settings(addresses=False), place))
    path = Path(place)
    kind = mimetypes.guess_type(path.name)[0] or "text/html"
    where = url or path.resolve().as_uri().replace("file://", "http://file.invalid")
    return Page(where, where, 200, {"content-type": kind}, path.read_bytes(), datetime.now(UTC))
