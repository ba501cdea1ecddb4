"""`monitor web`: the page."""

from __future__ import annotations

import ipaddress
import os

import click

from monitor.cli.app import App, note, pass_app


@click.command()
@click.option("--port", type=click.IntRange(0, 65_535), default=9465, show_default=True, help="0: any that is free.")
@pass_app
def web(app: App, port: int) -> None:
    """Show hits, stories and outlets in a browser on this machine. Ctrl-C ends it.

    It may run while the daemon does, and reads only.
    """
    from datetime import UTC, datetime

    from monitor.settings.paths import config_folder, stamp
    from monitor.web.app import Screens, build
    from monitor.web.archive import Archive
    from monitor.web.configured import Configured
    from monitor.web.serve import server

    archive = Archive(app.store)
    known = Configured(lambda: app.settings(addresses=False), lambda: stamp(config_folder(app.config, os.environ)))
    shown = Screens(archive, known, app.zone, lambda: datetime.now(UTC))
    host = ipaddress.IPv4Address("127.0.0.1")
    note(f"http://{host}:{port}/")
    try:
        server(build(shown), str(host), port).run()
    finally:
        archive.close()
