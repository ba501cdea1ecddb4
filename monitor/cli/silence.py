"""`monitor silence`: what is not told for a time, by whom and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from monitor.cli import listing
from monitor.cli.app import App, json_option, note, one_line, pass_app, plain, print_json
from monitor.cli.changing import login_name, writing
from monitor.review import objects

_FORCE = "(--force silences it all the same)"


class For(click.ParamType[timedelta]):
    """`30m`, `4h`, `3d`."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        from monitor.silencing import length

        if isinstance(value, timedelta):
            return value
        try:
            return length(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.group()
def silence() -> None:
    """Silence hits for a time; list and end silences. Silenced hits are stored: `monitor hits --standing silenced`."""


@silence.command()
@click.argument("matchers")
@click.option("--for", "length", type=For(), required=True, metavar="DURATION", help="How long, such as 4h or 3d.")
@click.option("--from", "start", type=listing.When(), default=None, help="When it begins; without it, now.")
@click.option("--comment", required=True, help="Why; whoever looks for a missing alert reads it.")
@click.option("--author", default=None, metavar="NAME", help="Who says it; without it your login name.")
@click.option("--force", is_flag=True, help="Also what nothing has by name, or another silence covers.")
@json_option
@pass_app
def add(
    app: App, matchers: str, length: timedelta, start: datetime | None, comment: str, author: str | None, force: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Silence what MATCHERS hold on, such as 'rule=nato outlet=bbc*'. All of them must hold."""
    from monitor import silencing
    from monitor.model import Silence
    from monitor.notify.silences import parse

    now = datetime.now(UTC)
    begins = start or now
    try:
        found = parse(matchers)
        why = silencing.comment(comment)
        ends = silencing.ending(begins, length, now, listing.when)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    wanted = Silence(0, found, begins, ends, login_name() if author is None else author, why)
    settings = None if force else app.settings(addresses=False)
    doubts = silencing.unknown(found, settings.rules, settings.outlets) if settings else None
    try:
        with writing(app) as store:
            made = silencing.add(store, wanted, doubts, now, listing.when)
    except silencing.DoubtfulError as error:
        raise click.UsageError(f"{error} {_FORCE}") from None
    if as_json:
        print_json([{"id": made.id, "starts_at": plain(made.starts_at), "ends_at": plain(made.ends_at)}])
    else:
        click.echo(f"silence {made.id} until {listing.when(made.ends_at)}; to end it: monitor silence expire {made.id}")


@silence.command("list")
@click.option("--all", "every", is_flag=True, help="Those that have ended too.")
@json_option
@pass_app
def list_(app: App, every: bool, as_json: bool) -> None:
    """List silences, newest first."""
    from monitor.notify.silences import written

    now = datetime.now(UTC)
    store = app.store()
    rows = store.silences.rows() if every else store.silences.active(now)[::-1]
    if as_json:
        print_json(objects.silence(one, now) for one in rows)
        return
    listing.table(
        ("id", "state", "from", "until", "what", "author", "comment"),
        [
            (one.id, objects.state(one, now), listing.when(one.starts_at), listing.when(one.ends_at),
             one_line(written(one.matchers)), one_line(one.author), one_line(one.comment))
            for one in rows
        ],
        empty="Nothing is silenced.",
    )  # fmt: skip


@silence.command()
@click.argument("number", type=click.IntRange(1, 2**63 - 1), metavar="ID")
@pass_app
def expire(app: App, number: int) -> None:
    """End a silence now. What it silenced stays silenced; what comes is told."""
    with writing(app) as store, store.transaction():
        ended = store.silences.end(number, datetime.now(UTC))
    if not ended:
        raise click.ClickException(f"there is no silence {number} that lasts: `monitor silence list` shows those")
    note(f"silence {number} has ended")
