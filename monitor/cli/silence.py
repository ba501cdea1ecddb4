"""`monitor silence`: what is not told for a time, by whom and why."""

from __future__ import annotations

import difflib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from monitor.cli import listing
from monitor.cli.app import App, json_option, note, one_line, pass_app, plain, print_json
from monitor.cli.changing import login_name, writing
from monitor.review import objects

if TYPE_CHECKING:
    from monitor.ports import Store

_WILD = frozenset("*?[")
_FORCE = "(--force silences it all the same)"


class For(click.ParamType[timedelta]):
    """`30m`, `4h`, `3d`."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        from monitor.settings.amounts import seconds

        if isinstance(value, timedelta):
            return value
        try:
            found = seconds(str(value))
        except ValueError as error:
            self.fail(f"{value!r}: expected {error}", param, ctx)
        if found <= 0:
            self.fail("a silence lasts longer than nothing", param, ctx)
        return timedelta(seconds=found)


@click.group()
def silence() -> None:
    """Silence hits for a time; list and end silences. Silenced hits are stored: `monitor hits --standing silenced`."""


@silence.command()
@click.argument("matchers")
@click.option("--for", "length", type=For(), required=True, metavar="DURATION", help="How long, such as 4h or 3d.")
@click.option("--from", "start", type=listing.When(), default=None, help="When it begins; without it, now.")
@click.option("--comment", required=True, help="Why; whoever looks for a missing alert reads it.")
@click.option("--author", default=None, metavar="NAME", help="Who says it; without it your login name.")
@click.option("--force", is_flag=True, help="Also where no rule, outlet or tag of that name is configured.")
@json_option
@pass_app
def add(
    app: App, matchers: str, length: timedelta, start: datetime | None, comment: str, author: str | None, force: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Silence what MATCHERS hold on, such as 'rule=nato outlet=bbc*'. All of them must hold."""
    from monitor.model import Silence
    from monitor.notify.silences import parse

    try:
        found = parse(matchers)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if not comment.strip():
        raise click.UsageError("--comment says why")
    now = datetime.now(UTC)
    begins = start or now
    if begins + length <= now:
        raise click.UsageError(
            f"it would have ended at {listing.when(begins + length)}: nothing that was told is taken back"
        )
    if not force:
        _check_names(app, found)
    made = Silence(0, found, begins, begins + length, login_name() if author is None else author, comment)
    with writing(app) as store:
        if not force:
            _check_stories(store, found)
        with store.transaction():
            number = store.silences.add(made, now)
    if as_json:
        print_json([{"id": number, "starts_at": plain(made.starts_at), "ends_at": plain(made.ends_at)}])
    else:
        click.echo(f"silence {number} until {listing.when(made.ends_at)}; to end it: monitor silence expire {number}")


def _check_names(app: App, matchers: tuple[tuple[str, str], ...]) -> None:
    """Refuse a name without wildcard that nothing configured has: it would silence nothing."""
    settings = app.settings(addresses=False)
    known = {
        "rule": {rule.id for rule in settings.rules},
        "tag": {tag for rule in settings.rules for tag in rule.tags},
        "outlet": {outlet.id for outlet in settings.outlets},
        "outlet_tag": {tag for outlet in settings.outlets for tag in outlet.tags},
        "severity": {"low", "normal", "high"},
    }
    for key, pattern in matchers:
        names = known.get(key)
        if names is None or set(pattern) & _WILD or pattern in names:
            continue
        near = difflib.get_close_matches(pattern, names, 1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        raise click.UsageError(f"there is no {key.replace('_', ' ')} {pattern!r}{meant} {_FORCE}")


def _check_stories(store: Store, matchers: tuple[tuple[str, str], ...]) -> None:
    for key, pattern in matchers:
        if key == "story" and not set(pattern) & _WILD and not store.stories.known(pattern):
            raise click.UsageError(
                f"there is no story {one_line(pattern)}: `monitor story list` shows the newest {_FORCE}"
            )


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
