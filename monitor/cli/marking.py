"""`monitor hits mark`: what a hit was worth, so that `rules test` can say how precise a rule is."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from monitor.cli.app import App, pass_app
from monitor.cli.changing import login_name, writing

MARKS = ("relevant", "noise")
_ID = click.IntRange(1, 2**63 - 1)


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="ID... relevant|noise")
@click.option("--clear", is_flag=True, help="Take back what was said of these; ids alone.")
@click.option("--author", default=None, metavar="NAME", help="Who says it; without it your login name.")
@pass_app
def mark(app: App, words: tuple[str, ...], clear: bool, author: str | None) -> None:
    """Say of hits that they were relevant (worth the alert) or noise."""
    from monitor.views_alerts import Marked

    mark, ids = ("", words) if clear else (words[-1], words[:-1])
    if not ids or mark not in {"", *MARKS}:
        raise click.UsageError("ids of hits, then relevant or noise, such as `hits mark 7 8 noise`; or ids and --clear")
    numbers = [int(_ID(one)) for one in ids]
    said = Marked(mark, login_name() if author is None else author, datetime.now(UTC))
    with writing(app) as store:
        unknown = [number for number in numbers if store.hits.get(number) is None]
        if unknown:
            raise click.ClickException(f"there is no hit {unknown[0]}: `monitor hits` lists those there are")
        with store.transaction():
            for number in numbers:
                if mark:
                    store.marks.put(number, said)
                else:
                    store.marks.clear(number)
    many = f"{len(numbers)} hits" if len(numbers) > 1 else f"hit {numbers[0]}"
    click.echo(f"{many}: {mark or 'nothing is said any more'}")
