"""What `rules test` says of a rule's future: messages a day, and how precise people found it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.app import App, clean
from monitor.review.precision import told

if TYPE_CHECKING:
    from monitor.forecast import Forecast
    from monitor.model import Rule
    from monitor.trial import Tally


def made(app: App, rule: Rule, tally: Tally, since: datetime | None, until: datetime | None) -> Forecast:
    """Replay a rule's newest hits through the routes that are configured."""
    from monitor.settings.orders import orders
    from monitor.store.scratch import scratch
    from monitor.trial import foretold, period

    settings = app.settings(addresses=False)
    within = period(app.store().upkeep.began(), since, until, datetime.now(UTC))
    with scratch() as empty:
        return foretold(empty, orders(settings, {}), rule, tally, settings.timezone, within, since=since)


def show(found: Forecast) -> None:
    """Print a forecast."""
    from monitor import forecast

    if not found.replayed:
        return
    click.echo(f"\nforecast {forecast.title(found)}")
    for name, said in forecast.means(found):
        click.echo(f"  {name:<8} {clean(said)}")
    for said in forecast.waits(found):
        click.echo(f"  {said}")


def as_object(found: Forecast) -> dict[str, Any]:
    """Return a forecast for --json."""
    return {
        "days": found.days,
        "replayed": found.replayed,
        "alerts": dict(found.alerts),
        "updates": dict(found.updates),
        "digests": dict(found.digests),
        "reasons": found.reasons,
    }


def show_marks(counts: Mapping[str, int]) -> None:
    """Print how precise people found a rule's hits, where anybody said."""
    if said := told(counts):
        click.echo(f"\nprecision {said}")
