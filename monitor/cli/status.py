"""`monitor status`: what is read, waiting and failing, and what happened in the last day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from monitor.cli import listing
from monitor.cli.app import App, json_option, note, one_line, pass_app, print_json
from monitor.cli.hints import ailing

if TYPE_CHECKING:
    from monitor.condition import Report


@click.command()
@click.option("--max-age", type=float, metavar="SECONDS", help="Exit code 1 unless the daemon gave a sign since then.")
@json_option
@pass_app
def status(app: App, max_age: float | None, as_json: bool) -> None:
    """Say what is read, waiting and failing, and what happened in the last 24 hours."""
    from monitor import condition

    report = condition.examine(app.store(), datetime.now(UTC))
    why = condition.verdict(report, max_age) if max_age is not None else ""
    if as_json:
        print_json([
            {"totals": report.totals, "age": report.age, "failing": report.failing, "events": report.events,
             "starved": report.starved, "troubles": report.troubles, "reasons": report.reasons,
             "daemon": report.daemon, "queues": report.queues, "reload": report.reload, "verdict": why,
             "workers": {name: json.loads(said) for name, said in report.workers.items()}}
        ])  # fmt: skip
    else:
        _print(report)
    if why:
        note(why)
        raise click.exceptions.Exit(1)


def _print(report: Report) -> None:
    totals = report.totals
    click.echo(f"{totals.outlets_read} of {totals.outlets} outlets read, {totals.outlets_failing} failing")
    click.echo(f"{totals.articles} articles, {totals.hits} hits")
    click.echo(f"{totals.links_waiting} pages wait to be read, {totals.links_failed} could not be read")
    click.echo(
        f"alerts that collect: {totals.alerts_open}, messages that wait: {totals.outbox_waiting}, "
        f"given up: {totals.outbox_dead}"
    )
    if report.reasons:
        said = ", ".join(f"{reason} {count:,}" for reason, count in sorted(report.reasons.items()))
        click.echo(f"hits and alerts in the last 24 hours: {said}")
    if report.starved:
        click.echo(one_line(f"since {listing.when(report.starved.at)} UTC {report.starved.detail}"))
    done = totals.last_pass
    click.echo(f"last sign of the daemon: {listing.when(done.finished_at)}" if done else "no pass yet")
    for line in (*_daemon(report), *_workers(report), *_queues(report)):
        click.echo(one_line(line))
    for one in report.troubles[:20]:
        click.echo(one_line(f"  since {listing.when(one.since)} {one.outlet_id} {ailing(one)}"))
    if len(report.troubles) > 20:
        click.echo(f"  and {len(report.troubles) - 20} more in trouble: `monitor outlets list`")
    for row in report.failing[:20]:
        since = f", last read {listing.when(row.last_ok_at)}" if row.last_ok_at else ", never read"
        told = one_line(f"{row.outlet_id} {row.url}: {row.reason} {row.detail} ({row.failures} times{since})")
        click.echo(f"  {told}")
    if report.events:
        click.echo("in the last 24 hours:")
    for event in report.events[:20]:
        told = one_line(f"{event.outlet_id} {event.kind}: {event.detail}")
        click.echo(f"  {listing.when(event.at)} {told}")
    if len(report.events) > 20:
        click.echo(f"  and {len(report.events) - 20} more: `monitor status --json`")


def _daemon(report: Report) -> Iterator[str]:
    """Yield what the process says of itself."""
    one = report.daemon
    if one is None:
        return
    since = f"monitor {one.version}, process {one.pid}, started {listing.when(one.started_at)}"
    if one.ended:
        yield f"no daemon runs; the last was {since}"
    else:
        hand = ", ".join(f"{count} {name}" for name, count in one.in_hand)
        served = f"; http://{one.address}/healthz" if one.address else ""
        page = f"; the page: http://{one.page}/" if one.page else ""
        yield f"{since}: {one.outlets} outlets, {one.rules} rules; in hand: {hand}{served}{page}"
        for at, route in one.digests[:1]:
            yield f"next digest: {listing.when(at)} on the route {route}"
    if (last := report.reload) is not None:
        failed = "could not be used, the one before is in force: " if last.kind == "reload_failed" else ""
        yield f"configuration of {listing.when(last.at)} {failed}{last.detail}"
    for at, error in one.errors:
        yield f"error {listing.when(at)} {error}"


def _workers(report: Report) -> Iterator[str]:
    """Yield who works beside it."""
    for name, said in report.workers.items():
        one = json.loads(said)
        done = ", ".join(f"{one.get(what, 0)} {what}" for what in ("polls", "reads", "sends"))
        yield f"worker {name} ({', '.join(one.get('roles', ()))}): {done}"


def _queues(report: Report) -> Iterator[str]:
    """Yield what waits."""
    waits = report.queues
    if waits is None:
        return
    due = f"{waits.sources_due} sources are due" + (
        f", {waits.sources_overdue} of them for more than a minute" if waits.sources_overdue else ""
    )
    if waits.next_poll and not waits.sources_due:
        due += f", the next one {listing.when(waits.next_poll)}"
    yield f"{due}; {waits.links_due} pages may be read now, {waits.outbox_due} messages sent"
    if waits.digest_items:
        yield f"{waits.digest_items} alerts wait for a digest"
