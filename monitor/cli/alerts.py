"""`monitor alerts`: what was sent, failed or waits; one test message a channel."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import click

from monitor.cli import listing
from monitor.cli.app import App, clean, json_option, one_line, pass_app, print_json
from monitor.cli.preview import preview

if TYPE_CHECKING:
    from monitor.model import Channel, Delivery

STATES = ("pending", "leased", "sent", "dead")


@click.group()
def alerts() -> None:
    """See what was told, and try a channel."""


@alerts.command("list")
@listing.filters()
@click.option("--state", type=click.Choice(STATES), multiple=True, help="Only with a message in this state.")
@json_option
@pass_app
def list_(app: App, /, state: tuple[str, ...], as_json: bool, **options: object) -> None:
    """List alerts, newest first, with how each message fared."""
    rows = app.store().alerts.rows(listing.wanted(options), states=state)
    if as_json:
        print_json(rows)
        return
    listing.table(
        ("id", "time", "route", "rule", "story", "hits", "messages"),
        [
            (row.alert.id, listing.when(row.opened_at), row.alert.route, row.alert.rule_id, row.alert.story_id,
             row.hits, ", ".join(_fate(item.channel_id, item.state, item.attempts, item.detail) for item in row.outbox)
             or row.alert.state)
            for row in rows
        ],
        empty="0 alerts. `monitor status` says what was read.",
    )  # fmt: skip


def _fate(channel: str, state: str, attempts: int, detail: str) -> str:
    tries = f" after {attempts} attempts" if attempts > 1 else ""
    return f"{channel}: {state}{tries}" + (f" ({detail})" if detail and state != "sent" else "")


@alerts.command()
@click.argument("channel", required=False)
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


def _tell(channel: Channel, done: Delivery) -> None:
    how = "sent" if done.sent else f"{done.reason}: {one_line(done.detail)}"
    click.echo(clean(f"{channel.id}: {how}"), err=not done.sent)
