"""`monitor demo`: runs the demonstration and tells what happened."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.app import clean, console, one_line

if TYPE_CHECKING:
    from monitor.demo.play import Outcome


@click.command()
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Where to leave it.")
def demo(keep: Path | None) -> None:
    """See the whole line work: two outlets, a mail server and a chat webhook, all on this machine.

    No network, no configuration. Exit code 0 only if what should hit did, what should not did not, and each
    message arrived once.
    """
    from monitor.demo.play import play

    folder = keep or Path(tempfile.mkdtemp(prefix="monitor-demo-"))
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty")
    with console(stderr=True).status("two passes over two outlets"):
        outcome = asyncio.run(play(folder.resolve()))
    _tell(outcome)
    if outcome.faults:
        for fault in outcome.faults:
            click.echo(clean(f"wrong: {fault}"), err=True)
        raise click.exceptions.Exit(1)


def _tell(outcome: Outcome) -> None:
    from monitor.match.receipt import marked

    first, second = outcome.first, outcome.second
    say = click.echo
    say("Two small outlets were started on this machine and read twice by the daemon's own parts.\n")
    say(f"First pass, the baseline: {first.articles} article stored, {first.held} would have hit, 0 alerts.")
    say(f"Second pass: {second.articles} new articles, {second.hits} hits, {second.sent} messages.\n")
    for article in outcome.articles:
        hits = [row.hit for row in outcome.hits if row.article.id == article.id]
        mark = " [headline and summary only: " + str(article.reason) + "]" if article.text == "feed" else ""
        say(clean(f"{article.outlet_id}: {one_line(article.title)}{mark}"))
        for hit in hits:
            held = " (baseline: stored, not told)" if hit.standing == "baseline" else ""
            say(clean(f"    {hit.rule_id}{held}: {one_line(marked(hit.evidence[0]))}"))
        if not hits:
            say("    no rule holds")
    if outcome.faults:
        return
    say("\nNothing hit on Belgorod: it stands in a teaser of another story. Nor on “senators” or the Italian “nato”.")
    say(f"\nOne story, two outlets, two rules: one message. {len(outcome.mails)} mails and {len(outcome.posts)} chat "
        "messages arrived, each once.")  # fmt: skip
    if outcome.mails:
        mail = max(outcome.mails, key=lambda one: len(one.as_bytes()))
        body = mail.get_body(("plain",))
        say("\nThe longer mail, as the mail server received it:\n")
        for name in ("From", "To", "Subject", "X-Monitor-Id"):
            say(clean(f"    {name}: {one_line(str(mail[name]))}"))
        say()
        for row in str(body.get_content() if body else "").splitlines():
            say(clean(f"    {row}"))
    say(f"\nThe database is {outcome.database}. Try next:\n")
    # Without an activated environment `monitor` alone is not found.
    program = "monitor" if shutil.which("monitor") else sys.argv[0]
    command = f"{program} --config {outcome.config}"
    for verb in ("hits", f"hits show {outcome.hits[-1].hit.id if outcome.hits else 1}", "status"):
        say(f"    {command} {verb}")
    say(f"\nThen your own: {program} init")
