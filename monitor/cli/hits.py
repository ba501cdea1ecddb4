"""`monitor hits`: list, search and explain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import counting, formats, listing, marking, unknown
from monitor.cli.app import App, clean, json_option, one_line, pass_app, print_json
from monitor.review import objects

if TYPE_CHECKING:
    from monitor.ports import Store
    from monitor.views import HitRow
    from monitor.views_alerts import Marked

MOST_OF_A_STORY = 20
"""Articles of its timeline that stand above the hits of a story."""


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
@click.argument("query", required=False, default="")
@listing.filters(query=True, standing=True)
@click.option("--by", type=click.Choice(["day", "outlet", "rule", "story", "lang"]), help="Count them, with a chart.")
@formats.options("json", "ndjson", "csv", "feed")
@pass_app
def list_(app: App, /, query: str, form: str | None, by: str | None, opened: int | None, **options: Any) -> None:
    """List hits, newest first; with QUERY only those whose article it holds on."""
    from monitor import search

    wanted, store = listing.wanted(options), app.store()
    known = listing.entities(app, query) if query else ()
    if by:
        counting.show(app, store, wanted, query, known, by, form)
        return
    page = search.hits(store, wanted, query, known, after=options["after"], sort=search.Sort(options["sort"]))
    marks = store.marks.of([row.hit.id for row in page.rows]) if form in {"csv", "json", "ndjson"} else {}
    if opened:
        listing.open_link([row.article.url for row in page.rows], opened)
    elif form == "feed":
        from monitor.review import atom

        click.echo(atom.feed(page.rows, atom.title(wanted, query), datetime.now(UTC)))
    elif form == "csv":
        formats.print_csv([_as_cells(app, row, marks.get(row.hit.id)) for row in page.rows])
    elif form:
        formats.print_rows(form, "hits", [objects.hit(row, marks.get(row.hit.id)) for row in page.rows], page.next)
    else:
        if wanted.story and not options["after"]:
            _timeline(store, wanted.story)
        _print(page.rows)
    if not page.rows:
        unknown.tell(app, store, wanted)
    if form != "json" and not opened:
        listing.following(page.next, len(page.rows))


hits.add_command(marking.mark)


def _timeline(store: Store, story_id: str) -> None:
    from monitor.cli import timelines
    from monitor.review.timeline import timeline

    found = timeline(store, story_id)
    if found is not None:
        timelines.show(found, story_id, most=MOST_OF_A_STORY)
        click.echo()


def _print(rows: Sequence[HitRow]) -> None:
    listing.table(
        ("id", "time", "rule", "outlet", "title", "sentence"),
        [
            (row.hit.id, listing.when(row.hit.found_at), row.hit.rule_id, row.article.outlet_id,
             listing.title(row.article), listing.quoted(row.hit.evidence))
            for row in rows
        ],
        empty="0 hits. `monitor status` says what was read.",
    )  # fmt: skip


def _as_cells(app: App, row: HitRow, mark: Marked | None) -> dict[str, object]:
    hit, article = row.hit, row.article
    return {
        "id": hit.id,
        "found_at": hit.found_at.astimezone(app.zone) if hit.found_at else None,
        "rule": hit.rule_id,
        "outlet": article.outlet_id,
        "language": article.language,
        "story": hit.story_id,
        "standing": hit.standing,
        "mark": mark.mark if mark else "",
        "title": article.title,
        "sentence": hit.evidence[0].quote if hit.evidence else "",
        "url": article.url,
        "published": article.published.astimezone(app.zone) if article.published else None,
    }


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
    mark = store.marks.of([number]).get(number)
    if as_json:
        print_json([objects.hit_shown(row, mark, others)])
        return
    article, hit = row.article, row.hit
    click.echo(f"{clean(listing.title(article))}\n{clean(article.url)}")
    published = f", published {listing.when(article.published)}" if article.published else ""
    click.echo(f"{article.outlet_id}{published}, hit {listing.when(hit.found_at)}, {hit.standing}")
    if mark:
        click.echo(f"marked as {mark.mark} by {one_line(mark.author) or 'nobody named'}, {listing.when(mark.at)}")
    for one in store.alerts.decisions(hit_id=number)[::-1]:
        route = f" on route {one.route}" if one.route else ""
        click.echo(one_line(f"{listing.when(one.at)} {one.reason}{route} {one.detail}".rstrip()))
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
