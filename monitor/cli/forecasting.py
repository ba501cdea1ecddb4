"""What `rules test` says of a rule's future: messages a day, and how precise people found it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.app import App, clean
from monitor.cli.marking import precision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.forecast import Forecast, Seen
    from monitor.model import Rule

# Reasons that say something of what people would not get at once.
_WAITS = {
    "held_quiet": "held for quiet hours",
    "over_limit": "over their limit, in a digest",
    "over_budget": "over their budget, in a digest",
    "max_updates": "after the last update, in a digest",
    "digest": "in a digest",
    "same_story": "told with their story already",
    "below_spike": "kept, as the rule tells of spikes alone",
    "no_route": "taken by no route",
}


def made(
    app: App, rule: Rule, seen: Sequence[Seen], hits: int, since: datetime | None, until: datetime | None
) -> Forecast:
    """Replay a rule's newest hits, of so many, through the routes that are configured."""
    from monitor import wiring
    from monitor.forecast import forecast

    now = datetime.now(UTC)
    # What an outlet's first list held may be older than all that was asked for.
    newer = [one for one in seen if since is None or one.at >= since]
    began = app.store().upkeep.began() or now
    period = (max(began, since or began), min(until or now, now))
    settings = app.settings(addresses=False)
    with wiring.scratch() as store:
        return forecast(
            store,
            wiring.orders(settings, {}),
            rule,
            newer,
            settings.timezone,
            hits=hits - len(seen) + len(newer),
            period=period,
        )


def show(found: Forecast) -> None:
    """Print a forecast."""
    if not found.replayed:
        return
    days = found.days
    part = f", from the newest {found.replayed:,} of {found.hits:,} hits" if found.replayed < found.hits else ""
    click.echo(f"\nforecast for one channel, {days} day{'s' if days > 1 else ''}{part}")
    for name, counts in (("alerts", found.alerts), ("updates", found.updates), ("digests", found.digests)):
        click.echo(f"  {name:<8} {_a_day(counts, days)}")
    for reason, said in _WAITS.items():
        if found.reasons.get(reason):
            click.echo(f"  {found.reasons[reason]:,} {said}")


def _a_day(counts: Counter[str], days: int) -> str:
    if not counts:
        return "none"
    [(day, most)] = counts.most_common(1)
    return f"{_mean(counts, days)} a day, {most} at most ({clean(day)})"


def _mean(counts: Counter[str], days: int) -> str:
    mean = sum(counts.values()) / days
    return f"{mean:.1f}" if mean >= 0.1 else f"{mean:.2g}"


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


def show_marks(counts: dict[str, int]) -> None:
    """Print how precise people found a rule's hits, where anybody said."""
    relevant, noise = counts.get("relevant", 0), counts.get("noise", 0)
    if relevant + noise:
        share, low, high = precision(relevant, noise)
        click.echo(f"\nprecision {share:.0%} [{low:.0%}, {high:.0%}] by {relevant + noise} marked hits")
