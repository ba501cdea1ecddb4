"""`monitor articles`: `articles show` one, with its versions; listing is articles.py."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import listing
from monitor.cli.app import App, clean, json_option, one_line, pass_app, print_json
from monitor.cli.articles import articles as list_
from monitor.cli.hits import ListOrShow
from monitor.review import objects

if TYPE_CHECKING:
    from monitor.model import Hit
    from monitor.review.changes import Paragraph
    from monitor.views import StoredArticle, Version


@click.group(cls=ListOrShow)
def articles() -> None:
    """List stored articles: `articles`, `articles 'summit -sport'`, `articles --outlet courier`.

    `articles show ID` prints one. A word `show` itself is searched as `articles list show`.
    """


articles.add_command(list_, "list")


@articles.command()
@click.argument("number", type=click.IntRange(1, 2**63 - 1), metavar="ID")
@click.option("--diff", is_flag=True, help="Mark what each version took out and put in.")
@json_option
@pass_app
def show(app: App, number: int, diff: bool, as_json: bool) -> None:
    """Print one article: its text, its story, its hits and in which version each stood."""
    store = app.store()
    found = store.articles.get(number)
    if found is None:
        raise click.ClickException(f"there is no article {number}: `monitor articles` lists those there are")
    versions, hits = store.articles.versions(number), store.hits.of(number)
    if as_json:
        print_json([objects.article_shown(found, versions, hits, diff=diff)])
        return
    _head(found, versions)
    for hit in hits:
        click.echo(f"hit {hit.id}, rule {hit.rule_id}: {_stood(hit)}")
    if not diff:
        _text(found)
    elif len(versions) == 1:
        click.echo("\nIt has one version: nothing changed since it was first read.")
    else:
        _changes(versions)


def _head(found: StoredArticle, versions: Sequence[Version]) -> None:
    article, row = found.article, found.row
    click.echo(f"{clean(listing.title(row))}\n{clean(article.url)}")
    said = [row.outlet_id, article.language or "language unknown", row.standing.value]
    said += [f"published {listing.when(article.published)}"] if article.published else ["undated"]
    said += [f"updated {listing.when(article.updated)}"] if article.updated else []
    said += [f"read {listing.when(row.fetched_at)}"]
    click.echo(", ".join(said))
    for name, value in (("by", ", ".join(article.authors)), ("section", article.section), ("agency", article.wire)):
        if value:
            click.echo(f"{name} {one_line(value)}")
    if row.reason:
        what = "beginning was" if row.text == "full" else "headline and summary were"
        click.echo(f"Only the {what} read: {row.reason}")
    click.echo(f"story {row.story_id}" if row.story_id else "in no story")
    if len(versions) > 1:
        ends = ", ".join(f"{one.revision} until {listing.when(one.until)}" for one in versions if one.until)
        click.echo(f"version {found.revision}; before it {ends}")


def _stood(hit: Hit) -> str:
    if hit.gone_at is None:
        return f"since version {hit.revision or 1}"
    last = max(hit.gone_revision - 1, hit.revision)
    stood = f"version {hit.revision}" if last == hit.revision else f"versions {hit.revision} to {last}"
    return f"in {stood}, gone since {listing.when(hit.gone_at)} (version {hit.gone_revision})"


def _text(found: StoredArticle) -> None:
    from monitor.model import OWN_ROLES

    article = found.article
    blocks = [block.text for block in article.blocks if block.role in OWN_ROLES]
    for text in ([article.standfirst] if article.standfirst else []) + blocks:
        click.echo(f"\n{clean(text)}")


def _changes(versions: Sequence[Version]) -> None:
    from monitor.review.changes import Change, changes

    for before, after in pairwise(versions):
        click.echo(f"\nversion {before.revision} to {after.revision}, read {listing.when(before.until)}")
        kept = 0
        for paragraph in changes(before, after):
            if all(piece.change is Change.SAME for piece in paragraph):
                kept += 1
                continue
            _kept(kept)
            kept = 0
            click.echo("\n" + _marked(paragraph))
        _kept(kept)


def _kept(count: int) -> None:
    if count:
        click.echo(f"\n… {count} paragraph{'s' if count > 1 else ''} as before")


def _marked(paragraph: Paragraph) -> str:
    from monitor.review.changes import Change

    if sys.stdout.isatty():
        styles: dict[Change, dict[str, Any]] = {
            Change.REMOVED: {"fg": "red", "strikethrough": True},
            Change.ADDED: {"fg": "green", "underline": True},
        }
        return "".join(click.style(clean(piece.text), **styles.get(piece.change, {})) for piece in paragraph)
    signs = {Change.REMOVED: ("[-", "-]"), Change.ADDED: ("{+", "+}"), Change.SAME: ("", "")}
    return "".join(clean(piece.text).join(signs[piece.change]) for piece in paragraph)
