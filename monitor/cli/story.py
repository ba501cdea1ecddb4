"""`monitor story`: list, show, merge, split."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from monitor.cli import formats, listing, timelines
from monitor.cli.app import App, json_option, note, pass_app, plain, print_json
from monitor.cli.changing import writing
from monitor.review import objects

if TYPE_CHECKING:
    from monitor.review.byhand import Done

_NUMBER = click.IntRange(1, 2**63 - 1)


@click.group()
def story() -> None:
    """List stories, show who had one first; merge and split them by hand."""


@story.command("list")
@click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True)
@formats.options("json", "ndjson", "csv")
@pass_app
def list_(app: App, limit: int, form: str | None) -> None:
    """List the stories of the newest hits, and how many outlets ran each."""
    rows = app.store().stories.newest(limit)
    if form:
        formats.print_rows(form, "stories", [plain(row) for row in rows], "")
        return
    listing.table(
        ("story", "last hit", "outlets", "articles", "hits", "title"),
        [(row.id, listing.when(row.last_hit_at), row.outlets, row.articles, row.hits, row.title) for row in rows],
        empty="0 stories with hits. `monitor status` says what was read.",
    )


@story.command()
@click.argument("story_id", metavar="ID")
@json_option
@pass_app
def show(app: App, story_id: str, as_json: bool) -> None:
    """Show how a story went: who was first, who copied it, who wrote anew, the agency, other languages."""
    from monitor.review.timeline import timeline

    found = timeline(app.store(), story_id)
    if found is None:
        raise click.ClickException(f"there is no story {story_id}: `monitor story list` shows the newest")
    if as_json:
        print_json([objects.story_shown(found)])
        return
    timelines.show(found, story_id)


@story.command()
@click.argument("old")
@click.argument("new")
@json_option
@pass_app
def merge(app: App, old: str, new: str, as_json: bool) -> None:
    """Merge story OLD into NEW. OLD stays a name of it, and what people were told is told no second time."""
    from monitor.review import byhand

    with writing(app) as store:
        done = byhand.merge(store, old, new, datetime.now(UTC))
    numbers = " ".join(map(str, done.articles))
    _say(done, as_json, f"story {done.old} is {done.new} now", f"monitor story split {numbers}")


@story.command()
@click.argument("numbers", type=_NUMBER, nargs=-1, required=True, metavar="ARTICLE_ID...")
@json_option
@pass_app
def split(app: App, numbers: tuple[int, ...], as_json: bool) -> None:
    """Make these articles of one story a story of their own."""
    from monitor.review import byhand

    with writing(app) as store:
        done = byhand.split(store, numbers, datetime.now(UTC))
    _say(done, as_json, f"story {done.old} without them; they are story {done.new}",
         f"monitor story merge {done.new} {done.old}")  # fmt: skip


def _say(done: Done, as_json: bool, what: str, undo: str) -> None:
    if as_json:
        print_json([{**plain(done), "undo": undo}])
        return
    count = len(done.articles)
    click.echo(f"{what} ({count} article{'s' if count != 1 else ''} moved)")
    if done.articles:
        note(f"to undo it: {undo}")
