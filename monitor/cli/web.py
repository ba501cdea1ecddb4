"""`monitor web`: the page."""

from __future__ import annotations

import os

import click

from monitor.cli.app import App, note, pass_app
from monitor.cli.tokens import token


@click.group(invoke_without_command=True)
@click.option("--port", type=click.IntRange(0, 65_535), default=9465, show_default=True, help="Where it listens.")
@pass_app
@click.pass_context
def web(ctx: click.Context, app: App, port: int) -> None:
    """Show hits, stories and outlets in a browser on this machine. Ctrl-C ends it.

    It may run while the daemon does. What it changes (marks, messages to be sent again) the daemon learns of at its
    next tick.
    """
    if ctx.invoked_subcommand is None:
        serve(app, port)


web.add_command(token)


def serve(app: App, port: int) -> None:
    """Serve the page until it is told to end."""
    import time
    from datetime import UTC, datetime

    from monitor.cli.changing import writing
    from monitor.settings.paths import config_folder, stamp, storage_path
    from monitor.web.access import Door, Sessions
    from monitor.web.api import Api
    from monitor.web.app import Screens, build
    from monitor.web.archive import Archive
    from monitor.web.configured import Configured
    from monitor.web.entry import Entry
    from monitor.web.forms import Forms
    from monitor.web.serve import server
    from monitor.web.tokens import Tokens, beside

    def now() -> datetime:
        return datetime.now(UTC)

    archive = Archive(app.store)
    known = Configured(lambda: app.settings(addresses=False), lambda: stamp(config_folder(app.config, os.environ)))
    sessions = Sessions(os.urandom(32), os.urandom)
    shown = Screens(archive, known, sessions, app.zone, now)
    forms = Forms(shown, sessions, Door(time.monotonic), None, lambda: writing(app), now)
    api = Api(archive, known, app.zone, now)
    tokens = Tokens(beside(storage_path(app.config, os.environ)))
    served = build(shown, forms, api, lambda inner: Entry(inner, sessions, None, tokens.known))
    note(f"http://127.0.0.1:{port}/")
    try:
        server(served, "127.0.0.1", port).run()
    finally:
        archive.close()
