"""`monitor hits mark`: what a hit was worth, so that `rules test` can say how precise a rule is."""

from __future__ import annotations

from datetime import UTC, datetime
from math import sqrt

import click

from monitor.cli.app import App, pass_app
from monitor.cli.changing import login_name, writing

# 95 %: of the normal distribution.
_Z = 1.959964


@click.command()
@click.argument("numbers", type=click.IntRange(1, 2**63 - 1), nargs=-1, required=True, metavar="ID...")
@click.option("--relevant", "mark", flag_value="relevant", help="It was worth the alert.")
@click.option("--noise", "mark", flag_value="noise", help="It was not.")
@click.option("--clear", "mark", flag_value="", help="Take back what was said.")
@click.option("--author", default=None, metavar="NAME", help="Who says it; without it your login name.")
@pass_app
def mark(app: App, numbers: tuple[int, ...], mark: str | None, author: str | None) -> None:
    """Say of hits that they were relevant or noise."""
    from monitor.views_alerts import Marked

    if mark is None:
        raise click.UsageError("one of --relevant, --noise and --clear")
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


def precision(relevant: int, noise: int) -> tuple[float, float, float]:
    """Return the share of relevant hits with its 95 % interval (Wilson, JASA 22, 1927). There must be one at least."""
    total = relevant + noise
    share = relevant / total
    middle = share + _Z * _Z / (2 * total)
    spread = _Z * sqrt(share * (1 - share) / total + _Z * _Z / (4 * total * total))
    scale = 1 + _Z * _Z / total
    return share, max((middle - spread) / scale, 0.0), min((middle + spread) / scale, 1.0)
