"""`monitor inspect`: what the parsers see in a file or URL."""

from __future__ import annotations

import asyncio
import mimetypes
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from monitor.cli import listing
from monitor.cli.app import App, json_option, note, one_line, pass_app, print_json
from monitor.cli.ids import ids

if TYPE_CHECKING:
    from monitor.extract.article import Explained
    from monitor.model import Article, Failure, Feed, Page

T = TypeVar("T")


@click.group()
def inspect() -> None:
    """See what the parsers see. Files stay on this machine; URLs are fetched as the daemon would."""


@inspect.command()
@click.argument("places", nargs=-1, required=True, metavar="FILE-or-URL...")
@click.option("--url", default="", help="Where a file came from, to resolve its links.")
@click.option(
    "--outlet",
    metavar="ID",
    shell_complete=ids("outlets"),
    help="Read it as this outlet's, with its language and selectors.",
)
@click.option("--explain", "why", is_flag=True, help="Say of every piece of text why it was kept or left out.")
@json_option
@pass_app
def article(app: App, places: tuple[str, ...], url: str, outlet: str | None, why: bool, as_json: bool) -> None:
    """Show the article of each page: title, dates, blocks with their roles. A table on a terminal, else JSON."""
    from monitor.errors import ConfigError
    from monitor.extract.article import Hints, explain, extract
    from monitor.parse.language import keep_in
    from monitor.settings.paths import caches, storage_path

    with suppress(ConfigError):
        keep_in(caches(storage_path(app.config, os.environ)))
    hints = Hints()
    if outlet is not None:
        known = {one.id: one for one in app.settings(addresses=False).outlets}
        if outlet not in known:
            raise click.UsageError(f"no such outlet: {outlet}; `monitor outlets list` lists them")
        hints = Hints(outlet, known[outlet].language, selectors=known[outlet].selectors)
    table = sys.stdout.isatty() and not as_json
    if why:
        _each(app, places, url, lambda page: explain(page, hints=hints), _print_told if table else _print_json)
    else:
        _each(app, places, url, lambda page: extract(page, hints=hints), _print_article if table else _print_json)


@inspect.command()
@click.argument("places", nargs=-1, required=True, metavar="FILE-or-URL...")
@click.option("--url", default="", help="Where a file came from, to resolve its links.")
@pass_app
def feed(app: App, places: tuple[str, ...], url: str) -> None:
    """Show the entries of each feed."""
    from monitor.outlets.feed import read

    _each(app, places, url, read, _print_json)


@inspect.command()
@click.argument("places", nargs=-1, required=True, metavar="FILE-or-URL...")
@click.option("--url", default="", help="Where a file came from, to resolve its links.")
@json_option
@pass_app
def sitemap(app: App, places: tuple[str, ...], url: str, as_json: bool) -> None:
    """Show what each sitemap or index lists, the newest first. A table on a terminal, else JSON."""
    from monitor.outlets.sitemap import read

    _each(app, places, url, read, _print_feed if sys.stdout.isatty() and not as_json else _print_json)


@inspect.command()
@click.argument("places", nargs=-1, required=True, metavar="FILE-or-URL...")
@click.option("--url", default="", help="Where a file came from: what its links are compared with.")
@click.option("--selector", default="", help="CSS selector of the links; without it, those that look like articles.")
@json_option
@pass_app
def links(app: App, places: tuple[str, ...], url: str, selector: str, as_json: bool) -> None:
    """Show the articles that each listing page links to. A table on a terminal, else JSON."""
    from monitor.outlets.listing import read
    from monitor.parse.html import check_selector

    try:
        check_selector(selector or "a")
    except ValueError as error:
        raise click.BadParameter(f"not {error}", param_hint="--selector") from None
    show = _print_feed if sys.stdout.isatty() and not as_json else _print_json
    _each(app, places, url, lambda page: read(page, selector), show)


def _each(
    app: App, places: tuple[str, ...], url: str, parse: Callable[[Page], T], show: Callable[[str, T], None]
) -> None:
    from monitor.errors import FetchError, ReadError

    failed = 0
    for place in places:
        try:
            page = load_page(app, place, url)
            show(place, parse(page))
        except (FetchError, ReadError) as error:
            failed += 1
            print_json([{"place": place, "reason": error.reason, "detail": error.detail}])
        except OSError as error:
            failed += 1
            note(f"{place}: {error.strerror}")
    if failed:
        raise click.exceptions.Exit(1)


def _print_json(place: str, record: object) -> None:
    print_json([{"place": place, **_fields(record)}])


def _print_feed(place: str, feed: Feed) -> None:
    _print_fields(place, feed)
    rows = [(listing.when(one.published or one.updated), one.title, one.url) for one in feed.entries]
    listing.table(("time", "title", "url"), rows, empty="No entries.")


def _print_article(place: str, article: Article) -> None:
    _print_fields(place, article)
    timed = any(block.at for block in article.blocks)
    rows = [(block.role, listing.when(block.at), block.text)[:: 1 if timed else 2] for block in article.blocks]
    listing.table(("role", "time", "text") if timed else ("role", "text"), rows, empty="No text.")


def _print_told(place: str, explained: Explained) -> None:
    _print_fields(place, explained.article)
    if explained.nothing:
        click.echo(f"selectors that found nothing, so that the choice is automatic: {', '.join(explained.nothing)}\n")
    rows = [
        (
            one.role or "-",
            one.why,
            f"{one.score:.1f}",
            _cut(one.text),
            ", ".join(f"{n} {x:+.1f}" for n, x in one.because),
        )
        for one in explained.told
    ]
    listing.table(("role", "why", "score", "text", "because of"), rows, empty="No text.")


def _print_fields(place: str, record: Article | Failure | Feed) -> None:
    """Print what a record says, but for its blocks and entries."""
    for name, value in {"place": place, **_fields(record)}.items():
        if name not in {"blocks", "entries"} and value not in ("", (), None, False):
            click.echo(f"{name}: {one_line(', '.join(value) if isinstance(value, tuple) else str(value))}")
    click.echo()


def _cut(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"


def _fields(record: object) -> dict[str, object]:
    import dataclasses

    assert dataclasses.is_dataclass(record)
    return {item.name: getattr(record, item.name) for item in dataclasses.fields(record)}


def load_page(app: App, place: str, url: str) -> Page:
    """Return a file as a page, or the page at a URL. Raises FetchError and OSError."""
    from monitor.model import Page

    if place.startswith(("http://", "https://")):
        from monitor.checkup import fetch

        return asyncio.run(fetch(app.settings(addresses=False), place))
    path = Path(place)
    kind = mimetypes.guess_type(path.name)[0] or "text/html"
    where = url or path.resolve().as_uri().replace("file://", "http://file.invalid")
    return Page(where, where, 200, {"content-type": kind}, path.read_bytes(), datetime.now(UTC))
