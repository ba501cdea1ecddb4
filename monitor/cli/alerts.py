"""`monitor alerts`: what was sent, failed or waits; one test message a channel."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import click

from monitor.cli import listing, unknown
from monitor.cli.app import App, clean, json_option, one_line, pass_app, print_json
from monitor.cli.ids import ids
from monitor.cli.preview import preview
from monitor.cli.routing import routes
from monitor.review import objects

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.model import Channel, Delivery
    from monitor.views_alerts import AlertRow

STATES = ("pending", "leased", "sent", "dead", "unknown")


class Reason(click.ParamType[str]):
    """`first`, `held_quiet`: a reason of an alert."""

    name = "word"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from monitor.errors import AlertReason

        if value not in {*AlertReason}:
            self.fail(f"{value!r} is none of {', '.join(AlertReason)}", param, ctx)
        return str(value)


@click.group()
def alerts() -> None:
    """See what was told, and try a channel."""


@alerts.command("list")
@listing.filters()
@click.option("--state", type=click.Choice(STATES), multiple=True, help="Only with a message in this state.")
@click.option("--reason", type=Reason(), default=None, help="Only those last told, or waiting, for this reason.")
@click.option("--held", is_flag=True, help="Only those that wait although they were due.")
@json_option
@pass_app
def list_(
    app: App, /, state: tuple[str, ...], reason: str | None, held: bool, as_json: bool, **options: object
) -> None:
    """List alerts, newest first, with how each message fared."""
    store, wanted = app.store(), listing.wanted(options)
    rows = store.alerts.rows(wanted, states=state, reason=reason, held=held)
    if not rows:
        unknown.tell(app, store, wanted)
    if as_json:
        print_json(rows)
        return
    listing.table(
        ("id", "time", "route", "rule", "story", "hits", "reason", "messages"),
        [
            (row.alert.id, listing.when(row.opened_at), row.alert.route, row.alert.rule_id, row.alert.story_id,
             row.hits, _reason(row), ", ".join(
                 _fate(item.channel_id, item.state, item.attempts, item.detail) for item in row.outbox
             ) or row.alert.state)
            for row in rows
        ],
        empty="0 alerts. `monitor status` says what was read.",
    )  # fmt: skip


def _reason(row: AlertRow) -> str:
    """Say why an alert is told, or why it waits and until when."""
    alert = row.alert
    if alert.state != "open":
        return alert.reason
    return f"{alert.hold or alert.reason}, until {listing.when(alert.due_at)}"


def _fate(channel: str, state: str, attempts: int, detail: str) -> str:
    tries = f" after {attempts} attempts" if attempts > 1 else ""
    return f"{channel}: {state}{tries}" + (f" ({detail})" if detail and state != "sent" else "")


@alerts.command()
@click.argument("number", type=click.IntRange(1, 2**63 - 1), metavar="ID")
@json_option
@pass_app
def show(app: App, number: int, as_json: bool) -> None:
    """Explain one alert: what was decided and when, its hits, its messages."""
    store = app.store()
    row = store.alerts.get(number)
    if row is None:
        raise click.ClickException(f"there is no alert {number}: `monitor alerts list` lists those there are")
    decided = store.alerts.decisions(alert_id=number, limit=1_000)[::-1]
    told = [store.hits.get(hit) for hit in store.alerts.hits(number)]
    if as_json:
        print_json([objects.alert_shown(row, decided, [one.hit.id for one in told if one])])
        return
    alert = row.alert
    click.echo(f"rule {alert.rule_id} on route {alert.route}, story {alert.story_id}: {alert.state}, {_reason(row)}")
    click.echo("\ndecided")
    for one in decided:
        of = f" hit {one.hit_id}" if one.hit_id else ""
        click.echo(one_line(f"  {listing.when(one.at)} {one.reason}{of} {one.detail}".rstrip()))
    click.echo("\nhits")
    for found in told:
        if found:
            click.echo(one_line(f"  {found.hit.id} {found.article.outlet_id}: {listing.title(found.article)}"))
    click.echo("\nmessages" if row.outbox else "\nno message yet")
    for item in row.outbox:
        fate = _fate(item.channel_id, item.state, item.attempts, item.detail)
        click.echo(one_line(f"  {item.id} {listing.when(item.created_at)} {item.message.kind}, {fate}"))


@alerts.command()
@click.option("--since", type=listing.When(), default="24h", show_default=True, help="Not before.")
@json_option
@pass_app
def reasons(app: App, since: datetime, as_json: bool) -> None:
    """Count what was decided of hits and alerts, by reason."""
    counted = app.store().alerts.reasons(since)
    if as_json:
        print_json([counted])
        return
    rows = sorted(counted.items(), key=lambda item: -item[1])
    listing.table(("reason", "how often"), rows, empty="Nothing was decided.")


@alerts.command()
@click.argument("messages", nargs=-1, metavar="[MESSAGE_ID...]")
@click.option("--channel", metavar="ID", shell_complete=ids("channels"), default=None, help="All of this channel.")
@click.option("--all", "every", is_flag=True, help="All there are.")
@pass_app
def retry(app: App, messages: tuple[str, ...], channel: str | None, every: bool) -> None:
    """Send given-up messages again, those too that may have arrived: these, a channel's, or all."""
    from datetime import UTC, datetime

    from monitor.cli.changing import writing

    if sum((bool(messages), channel is not None, every)) != 1:
        raise click.UsageError("ids of messages, --channel or --all; `monitor alerts list --state dead` shows them")
    with writing(app) as store, store.transaction():
        count = store.outbox.retry(messages, channel, datetime.now(UTC))
    click.echo(f"{count} message{'s are' if count != 1 else ' is'} due again")
    if messages and count < len({*messages}):
        raise click.ClickException("the others are not there, not given up, or have lost their text")
    if channel is not None and not count:
        _check_channel(app, channel)


def _check_channel(app: App, channel: str) -> None:
    known = [one.id for one in app.settings(addresses=False).channels]
    if channel not in known:
        raise click.ClickException(unknown.said("channel", channel, known))


@alerts.command()
@click.argument("channel", required=False, shell_complete=ids("channels"))
@pass_app
def test(app: App, channel: str | None) -> None:
    """Send one test message to CHANNEL, or to every channel. Exit code 1 where one did not take it."""
    from datetime import UTC, datetime

    from monitor.checkup import try_channels

    settings = app.settings()
    chosen = [item for item in settings.channels if channel in {None, item.id}]
    if not chosen:
        known = ", ".join(item.id for item in settings.channels) or "none is configured"
        raise click.UsageError(f"there is no channel {channel!r}; channels: {known}")
    if asyncio.run(try_channels(settings, chosen, datetime.now(UTC), sys.stdout, _tell)):
        raise click.exceptions.Exit(1)


alerts.add_command(preview)
alerts.add_command(routes)


def _tell(channel: Channel, done: Delivery) -> None:
    how = "sent" if done.sent else f"{done.reason}: {one_line(done.detail)}"
    click.echo(clean(f"{channel.id}: {how}"), err=not done.sent)
