"""`monitor articles`: list and search what was read."""

from __future__ import annotations

from typing import Any

import click

from monitor.cli import listing
from monitor.cli.app import App, json_option, pass_app, print_json


@click.command()
@click.argument("query", required=False)
@listing.filters(rule=False)
@json_option
@pass_app
def articles(app: App, /, query: str | None, as_json: bool, **options: Any) -> None:
    """List stored articles, newest first; with QUERY only those it holds on, baseline ones too."""
    from monitor import trial

    wanted, store = listing.wanted(options), app.store()
    if query:
        rows = [row for row, _ in trial.articles(store, query, app.settings(addresses=False).entities, wanted)]
    else:
        rows = store.articles.rows(wanted)
    if as_json:
        print_json(rows)
        return
    listing.table(
        ("id", "time", "outlet", "hits", "title", "link"),
        [(row.id, listing.when(row.published or row.fetched_at), row.outlet_id, row.hits or "", listing.title(row),
          row.url) for row in rows],
        empty="0 articles. `monitor status` says what was read.",
    )  # fmt: skip
