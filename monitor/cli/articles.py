"""`monitor articles`: list and search what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from monitor.cli import formats, listing, unknown
from monitor.cli.app import App, pass_app
from monitor.review import objects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.search import Found


@click.command()
@click.argument("query", required=False, default="")
@listing.filters(query=True)
@formats.options("json", "ndjson", "csv")
@pass_app
def articles(app: App, /, query: str, form: str | None, opened: int | None, **options: Any) -> None:
    """List stored articles, newest first; with QUERY only those it holds on, baseline ones too."""
    from monitor import search

    wanted, store = listing.wanted(options), app.store()
    known = listing.entities(app, query) if query else ()
    page = search.articles(store, wanted, query, known, after=options["after"], sort=search.Sort(options["sort"]))
    if opened:
        listing.open_link([found.row.url for found in page.rows], opened)
        return
    if form == "csv":
        formats.print_csv([_as_cells(app, found) for found in page.rows])
    elif form:
        formats.print_rows(form, "articles", [objects.article(found.row, found.hit) for found in page.rows], page.next)
    else:
        _print(page.rows, searched=bool(query))
    if not page.rows:
        unknown.tell(app, store, wanted)
    if form != "json":
        listing.following(page.next, len(page.rows))


def _print(rows: Sequence[Found], *, searched: bool) -> None:
    listing.table(
        ("id", "time", "outlet", "hits", "title", *(["sentence"] if searched else []), "link"),
        [
            (found.row.id, listing.when(found.row.published or found.row.fetched_at), found.row.outlet_id,
             found.row.hits or "", listing.title(found.row),
             *([listing.quoted(found.hit.evidence if found.hit else ())] if searched else []), found.row.url)
            for found in rows
        ],
        empty="0 articles. `monitor status` says what was read.",
    )  # fmt: skip


def _sentence(found: Found) -> str:
    return found.hit.evidence[0].quote if found.hit and found.hit.evidence else ""


def _as_cells(app: App, found: Found) -> dict[str, object]:
    row = found.row
    return {
        "id": row.id,
        "fetched_at": row.fetched_at.astimezone(app.zone),
        "outlet": row.outlet_id,
        "language": row.language,
        "story": row.story_id,
        "hits": row.hits,
        "title": row.title,
        "sentence": _sentence(found),
        "url": row.url,
        "published": row.published.astimezone(app.zone) if row.published else None,
    }
