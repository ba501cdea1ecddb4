"""`monitor reload`: have the daemon take up a changed configuration, and wait for its answer."""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from monitor.cli.app import App, one_line, pass_app

if TYPE_CHECKING:
    from monitor.views import EventRow

# A hundred thousand rules take half a minute.
PATIENCE = 120.0
_LOOK = 0.1


@click.command()
@pass_app
def reload(app: App) -> None:
    """Put the changed configuration in force: all of it or, where it has a fault, nothing. It ends when the daemon has
    answered.
    """
    from monitor.settings.paths import storage_path
    from monitor.store.lock import holder

    # Its faults are told here, file by file and line by line, without asking the daemon.
    app.settings(addresses=False)
    number = holder(storage_path(app.config, os.environ))
    if not number:
        raise click.ClickException("no daemon runs on this database: `monitor run` starts one")
    asked = datetime.now(UTC)
    try:
        os.kill(number, signal.SIGHUP)
    except PermissionError:
        raise click.ClickException(f"process {number} is another user's: reload as that user") from None
    answer = _answer(app, asked)
    if answer is None:
        raise click.ClickException(f"process {number} has not answered within {PATIENCE:.0f} s: see its log")
    if answer.kind != "reload":
        raise click.ClickException(one_line(f"the old configuration stays in force: {answer.detail}"))
    click.echo(one_line(answer.detail))


def _answer(app: App, asked: datetime) -> EventRow | None:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        store = app.store()
        try:
            found = [event for kind in ("reload", "reload_failed") for event in store.upkeep.events(kind=kind, limit=1)]
        finally:
            store.close()
        newer = [event for event in found if event.at >= asked]
        if newer:
            return max(newer, key=lambda event: event.id)
        time.sleep(_LOOK)
    return None
