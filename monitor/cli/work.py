"""`monitor work`: a worker of several on one PostgreSQL database."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from typing import TYPE_CHECKING

import click

from monitor.cli.app import App, pass_app

if TYPE_CHECKING:
    from monitor.logs import Form


ROLES = ("poll", "read", "tell")


@click.command()
@click.option(
    "--roles", default="poll,read,tell", show_default=True, help="What it does, with commas: poll, read, tell."
)
@click.option(
    "--concurrency", type=click.IntRange(1, 2_000), help="Jobs in hand at once: hosts, channels.  [default: 400 and 20]"
)
@click.option("--verbose", "-v", is_flag=True, help="One line for every page read and message sent.")
@click.option(
    "--log-format", type=click.Choice(["auto", "text", "json"]), default="auto", envvar="MONITOR_LOG_FORMAT",
    show_envvar=True, help="What the log on stderr is; auto: text on a terminal, else one JSON object a line.",
)  # fmt: skip
@pass_app
def work(app: App, roles: str, concurrency: int | None, verbose: bool, log_format: Form) -> None:
    """Work beside `monitor run` on a PostgreSQL database (storage.url_env), on any number of machines, until SIGTERM or
    Ctrl-C, which end it within 20 seconds.
    """
    from monitor.cli.run import lines, started

    settings, reread = started(app, log_format)
    from monitor import daemon

    wanted = {role.strip() for role in roles.split(",")} - {""}
    if not wanted or wanted - set(ROLES):
        raise click.BadParameter(f"{roles!r}: roles are {', '.join(ROLES)}, with commas", param_hint="--roles")
    name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
    told = lines if verbose else None
    asyncio.run(daemon.work(settings, name, reread, roles=wanted, slots=concurrency or 0, told=told))
