"""`monitor run` and `run --once`: starts the daemon, shows what it does."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import TYPE_CHECKING

import click

from monitor.cli.app import App, console, note, one_line, pass_app, print_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.logs import Form
    from monitor.settings.record import Settings
    from monitor.works import Tally

log = logging.getLogger("monitor")


@click.command()
@click.option("--once", is_flag=True, help="Do everything that is due now, waiting groups included, then stop.")
@click.option("--verbose", "-v", is_flag=True, help="One line for every page read and message sent.")
@click.option("--json", "as_json", is_flag=True, help="With --once: the summary as one JSON object.")
@click.option(
    "--log-format",
    type=click.Choice(["auto", "text", "json"]),
    default="auto",
    envvar="MONITOR_LOG_FORMAT",
    show_envvar=True,
    help="What the log on stderr is; auto: text on a terminal, else one JSON object a line.",
)
@pass_app
def run(app: App, once: bool, verbose: bool, as_json: bool, log_format: Form) -> None:
    """Run the daemon until SIGTERM or Ctrl-C, which end it within 20 seconds."""
    settings, reread = started(app, log_format)
    from monitor import daemon

    # Without --json the console channel prints where results go; with it, stdout is one JSON object.
    out = sys.stderr if as_json else sys.stdout
    if not once:
        asyncio.run(daemon.run(settings, told=lines if verbose else None, out=out, reread=reread))
        return
    if not settings.outlets:
        note(f"No outlet is configured in {settings.directory}: nothing to read.")
    with console(stderr=True).status("starting") as status:
        shows = status.console.is_terminal and not verbose
        counts = {"poll": 0, "read": 0, "send": 0}

        def told(kind: str, record: object) -> None:
            counts[kind] += 1
            if shows:
                status.update(f"{counts['poll']} sources asked, {counts['read']} pages read, {counts['send']} sent")
            if verbose:
                lines(kind, record)

        tally = asyncio.run(daemon.run_once(settings, told=told, out=out))
    if as_json:
        print_json([summary(tally, len(settings.outlets))])
    else:
        click.echo(sentence(tally, len(settings.outlets)))
        for url, why in tally.failed.items():
            click.echo(one_line(f"  not read: {url} ({why})"))
    if tally.stopped:
        raise click.ClickException("stopped before everything due was done; the next run goes on from there")
    if tally.starved:
        raise click.ClickException("the disk is nearly full: not all was read; make room, see `monitor status`")
    if tally.faults:
        raise click.ClickException(f"{tally.faults} pieces of work failed, see above; the next run tries them again")


def started(app: App, log_format: Form) -> tuple[Settings, Callable[[Settings], Settings]]:
    """Load the configuration, begin to log, and say what is doubtful; return it and what loads it anew beside it."""
    from monitor.settings.apart import Reading

    # It takes as long as loading the daemon does.
    reading = Reading(app.config)
    from monitor import daemon, logs  # noqa: F401 - loaded meanwhile

    def reread(before: Settings) -> Settings:
        settings = Reading(app.config).settings(before)
        logs.hide(settings)
        return settings

    settings = reading.settings()
    logs.hide(settings)
    # What is wrong with the configuration is said to whoever typed the command, in plain words.
    logs.configure(log_format, sys.stderr)
    for warning in settings.warnings:
        log.warning("%s", warning)
    return settings, reread


def lines(kind: str, record: object) -> None:
    """Log a thing the daemon did."""
    log.info("%s", describe(kind, record))


def describe(kind: str, record: object) -> str:
    """Return one line about a thing the daemon did."""
    from monitor.intake import Read
    from monitor.model import Delivery
    from monitor.pipeline import Polled
    from monitor.views_alerts import OutboxRow

    match record:
        case Polled(source=source, links=links, reason=reason, detail=detail):
            return f"polled {source.url}: " + (f"{reason}: {detail}" if reason else f"{len(links)} new")
        case Read(link=link, text=text, reason=reason, hits=hits):
            how = f"{text or 'not read'}" + (f" ({reason})" if reason else "")
            return f"read {link.url}: {how}, {hits} hits"
        case (OutboxRow() as row, Delivery() as delivery):
            return f"sent {row.id[:12]} to {row.channel_id}: {delivery.reason} {delivery.detail}"
    return kind


def summary(tally: Tally, configured: int) -> dict[str, object]:
    """Return the numbers of a pass."""
    return {
        "outlets": configured,
        "outlets_due": len(tally.outlets),
        "outlets_read": sum(tally.outlets.values()),
        "sources_failed": tally.failed,
        "links": tally.links,
        "articles_full": tally.full,
        "articles_from_feed": tally.partial,
        "unread": tally.unread,
        "baseline_articles": tally.baseline,
        "hits": tally.hits,
        "held": tally.held,
        "sent": tally.sent,
        "undelivered": tally.undelivered,
    }


def sentence(tally: Tally, configured: int) -> str:
    """Return "2 hits; 42 of 43 outlets read" and what else happened, so that silence can be told from failure."""
    due, read = len(tally.outlets), sum(tally.outlets.values())
    parts = [f"{_count(tally.hits, 'hit')}; {read} of {_count(due, 'outlet')} read"]
    if due < configured:
        parts[0] += f" ({configured - due} not due yet)"
    articles = _count(tally.articles, "article")
    parts.append(articles + (f" ({tally.partial} as headline and summary only)" if tally.partial else ""))
    if tally.unread:
        parts.append(f"{tally.unread} pages not read")
    if tally.baseline:
        parts.append(f"baseline: {_count(tally.baseline, 'article')}, {tally.held} would have hit")
    elif tally.held:
        parts.append(f"{tally.held} held: no route takes them")
    parts.append(f"{_count(tally.sent, 'message')} sent" + (f", {tally.undelivered} not" if tally.undelivered else ""))
    return "; ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
