"""`monitor hits`: list, search and explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from monitor.cli import listing
from monitor.cli.app import App, clean, json_option, one_line, pass_app, plain, print_json

if TYPE_CHECKING:
    from monitor.views import HitRow


class ListOrShow(click.Group):
    """`hits show 7` is the command; `hits QUERY` lists, whatever the query begins with. `articles` is another one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in {*self.commands, "--help", "-h"}:
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=ListOrShow)
def hits() -> None:
    """List stored hits: `hits`, `hits 'summit -sport'`, `hits --rule nato --since yesterday`.

    `hits show ID` explains one. A word `show` itself is searched as `hits list show`.
    """


@hits.command("list")
@click.argument("query", required=False)
@listing.filters()
@json_option
@pass_app
def list_(app: App, /, query: str | None, as_json: bool, **options: Any) -> None:
    """List hits, newest first; with QUERY only those whose article it holds on."""
    from monitor import trial

    wanted, store = listing.wanted(options), app.store()
    rows = (
        list(trial.hits(store, query, app.settings(addresses=False).entities, wanted))
        if query
        else store.hits.rows(wanted)
    )
    if as_json:
        print_json(as_object(row) for row in rows)
        return
    listing.table(
        ("id", "time", "rule", "outlet", "title", "sentence"),
        [
            (row.hit.id, listing.when(row.hit.found_at), row.hit.rule_id, row.article.outlet_id,
             listing.title(row.article), row.hit.evidence[0].quote if row.hit.evidence else "")
            for row in rows
        ],
        empty="0 hits. `monitor status` says what was read.",
    )  # fmt: skip


@hits.command()
@click.argument("number", type=click.IntRange(1, 2**63 - 1), metavar="ID")
@json_option
@pass_app
def show(app: App, number: int, as_json: bool) -> None:
    """Explain one hit: its rule, the sentence with the words marked, the story's other outlets."""
    from monitor.match.receipt import receipt
    from monitor.views import Filter

    store = app.store()
    row = store.hits.get(number)
    if row is None:
        raise click.ClickException(f"there is no hit {number}: `monitor hits` lists those there are")
    others = [
        other for other in store.articles.rows(Filter(story=row.hit.story_id, limit=100)) if other.id != row.article.id
    ]  # fmt: skip
    if as_json:
        print_json([{**as_object(row), "story": [plain(other) for other in others]}])
        return
    article, hit = row.article, row.hit
    click.echo(f"{clean(listing.title(article))}\n{clean(article.url)}")
    published = f", published {listing.when(article.published)} UTC" if article.published else ""
    click.echo(f"{article.outlet_id}{published}, hit {listing.when(hit.found_at)} UTC, {hit.standing}")
    if hit.gone_at:
        click.echo(f"gone since {listing.when(hit.gone_at)} (version {hit.gone_revision} of the article)")
    click.echo(f"\nrule {hit.rule_id} (version {hit.rule_version or '-'}) held because of")
    for line in receipt(hit):
        click.echo(f"  {one_line(line)}" if not line.startswith(" ") else f"    {one_line(line)}")
    if article.reason:
        what = "beginning was" if article.text == "full" else "headline and summary were"
        click.echo(f"\nOnly the {what} read: {article.reason}")
    click.echo(f"\nstory {hit.story_id}" + ("" if others else ": no other article"))
    for other in others:
        click.echo(f"  {other.outlet_id}: {one_line(other.title)} {clean(other.url)}")


def as_object(row: HitRow) -> dict[str, Any]:
    """Return a hit for --json: flat, evidence with sentence and spans."""
    hit, article = row.hit, row.article
    return {
        "id": hit.id,
        "rule": hit.rule_id,
        "rule_version": hit.rule_version,
        "found_at": plain(hit.found_at),
        "standing": hit.standing,
        "version": hit.revision,
        "gone_at": plain(hit.gone_at),
        "gone_version": hit.gone_revision or None,
        "story": hit.story_id,
        "outlet": article.outlet_id,
        "article": article.id,
        "title": plain(article.title),
        "url": plain(article.url),
        "language": article.language,
        "published": plain(article.published),
        "text": article.text,
        "reason": article.reason,
        "evidence": [
            {
                "clause": piece.clause,
                "entity": piece.entity,
                "field": piece.field,
                "block": piece.block,
                "span": plain(piece.span),
                "surface": plain(piece.surface),
                "sentence": plain(piece.quote),
                "sentence_span": plain(piece.sentence),
                "mark": plain(piece.mark),
            }
            for piece in hit.evidence
        ],
    }
