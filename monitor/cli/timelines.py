"""How a story went, for people: who was first, who copied, who wrote anew, the agency."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from monitor.cli import listing
from monitor.cli.app import clean, one_line

if TYPE_CHECKING:
    from monitor.review.timeline import Entry, Timeline


def show(found: Timeline, asked: str, *, most: int | None = None) -> None:
    """Print a timeline; `asked`: the id that it was asked for by, `most`: so many articles of it."""
    renamed = "" if found.id == asked else f", once {one_line(asked)}"
    outlets = len({one.article.outlet_id for one in found.entries})
    articles = len(found.entries)
    click.echo(
        f"story {found.id}{renamed}: {articles} article{'s' if articles != 1 else ''} "
        f"of {outlets} outlet{'s' if outlets != 1 else ''}"
    )
    if found.agencies:
        click.echo(f"agency {one_line(', '.join(found.agencies))}")
    outlet_of = {one.article.id: one.article.outlet_id for one in found.entries}
    listing.table(
        ("id", "time", "after", "outlet", "what", "title", "link"),
        [
            (one.article.id, listing.when(one.at), _after(one.at - found.entries[0].at), one.article.outlet_id,
             _what(one, outlet_of), listing.title(one.article), one.article.url)
            for one in found.entries[:most]
        ],
        empty="It has no article any more.",
    )  # fmt: skip
    if most is not None and articles > most:
        click.echo(f"and {articles - most} more: `monitor story show {found.id}`")
    for other in found.related:
        told = f"{other.first.language or '?'}, {one_line(other.first.title)}" if other.first else "no article any more"
        click.echo(f"the same in another language: {other.story_id} ({told}; {one_line(other.why)})")


def _after(gap: timedelta) -> str:
    minutes = int(gap.total_seconds()) // 60
    if minutes < 60:
        return f"+{minutes} min" if minutes else ""
    return f"+{minutes // 60} h {minutes % 60:02} min" if minutes < 2_880 else f"+{minutes // 1_440} d"


def _what(one: Entry, outlet_of: dict[int, str]) -> str:
    if one.copy_of:
        return f"copy of {outlet_of[one.copy_of]} {one.copy_of}"
    said = {"first": "first", "anew": "written anew", "by_hand": "put here by hand"}[one.part.value]
    return f"{said} ({clean(one.wire)})" if one.wire else said
