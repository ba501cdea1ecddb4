"""`monitor web`: the page."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.app import App, note, pass_app
from monitor.cli.tokens import token

if TYPE_CHECKING:
    from monitor.settings.record import Page
    from monitor.web.archive import Archive

# Where it listens, unless it is said otherwise.
HOST, PORT = "127.0.0.1", 9465


@click.group(invoke_without_command=True)
@click.option("--listen", metavar="ADDRESS:PORT", help="Where it listens, before what monitor.yaml says (web.listen).")
@click.option("--port", type=click.IntRange(0, 65_535), help=f"The same, for the port alone.  [default: {PORT}]")
@click.pass_context
def web(ctx: click.Context, listen: str | None, port: int | None) -> None:
    """Show hits, stories and outlets in a browser. Ctrl-C ends it.

    It may run while the daemon does, which serves the same page where monitor.yaml says `web.listen`. What it changes
    (marks, messages to be sent again) the daemon learns of at its next tick.
    """
    if ctx.invoked_subcommand is None:
        app = ctx.ensure_object(App)
        _serve(app, _page(app, listen, port))


def _page(app: App, listen: str | None, port: int | None) -> Page:
    """Return what monitor.yaml says of the page, with the options before it. Raises ConfigError."""
    from monitor.settings import amounts, page

    said = page.of(app.config, os.environ)
    try:
        host, number = (amounts.listen(listen) if listen else said.listen) or (HOST, PORT)
    except ValueError as error:
        raise click.BadParameter(f"expected {error}", param_hint="--listen") from error
    found = replace(said, listen=(host, number if port is None else port))
    if fault := page.exposed(found):
        raise fault
    return found


def _serve(app: App, said: Page) -> None:
    from monitor import heap
    from monitor.settings.describe import address
    from monitor.web.archive import Archive
    from monitor.web.serve import bound, place, server

    assert said.listen is not None
    # 77 MB in place of 86 after some hundred screens of a million articles.
    heap.share()
    heap.keep_apart()
    archive = Archive(app.store)
    served = _application(app, archive, said)
    try:
        listener = bound(*said.listen)
    except OSError as error:
        hint = "Another program, or the daemon's own page, may be there: --port names another"
        raise click.ClickException(f"{address(*said.listen)}: {error.strerror or error}. {hint}") from error
    note(f"http://{place(listener)}/")
    try:
        with listener, suppress(KeyboardInterrupt):
            server(served, said.proxies).run([listener])
    finally:
        archive.close()


def _application(app: App, archive: Archive, said: Page) -> Any:
    import threading
    import time
    from datetime import UTC, datetime

    from monitor.cli.changing import writing
    from monitor.settings.paths import config_folder, stamp, storage_path
    from monitor.web.assembly import World, page
    from monitor.web.configured import Configured
    from monitor.web.kept import Kept
    from monitor.web.tokens import Tokens, beside

    kept = Kept(said.password_file, os.urandom)
    # What is wrong with it is said to who starts this, not only to who comes.
    kept.password()
    known = Configured(lambda: app.settings(addresses=False), lambda: stamp(config_folder(app.config, os.environ)))
    threading.Thread(target=known.read, name="configuration", daemon=True).start()
    world = World(lambda: datetime.now(UTC), time.monotonic, os.urandom)
    tokens = Tokens(beside(storage_path(app.config, os.environ)))
    return page(archive, known, kept, tokens, lambda: writing(app), world, app.zone, said.names)


@web.command()
@click.option("--file", "path", type=click.Path(path_type=Path, dir_okay=False), help="Where it is written.")
@pass_app
def password(app: App, path: Path | None) -> None:
    """Set the password of the page; whoever is logged in has to log in again.

    It is asked for twice, or read as one line of standard input where that is no terminal. What is written, for its
    owner alone, is not the password but a hash of it (scrypt); run this as the user that monitor runs as.
    """
    from monitor.settings import page
    from monitor.settings.begin import SECRETS
    from monitor.settings.paths import config_folder
    from monitor.web import access
    from monitor.web.kept import write

    folder = config_folder(app.config, os.environ).absolute()
    said = page.of(app.config, os.environ, checked=False).password_file
    path = path.absolute() if path else said or folder / SECRETS / "web-password"
    given = _asked()
    if fault := access.unfit(given):
        raise click.ClickException(fault)
    write(path, access.write(access.made(given, os.urandom)))
    if path == said:
        note(f"written to {path}; all sessions have ended")
        return
    shown = path.relative_to(folder) if path.is_relative_to(folder) else path
    note(f"written to {path}; for it to be asked for, write in {folder / 'monitor.yaml'}:")
    click.echo(f"web:\n  password_file: {shown}")


def _asked() -> str:
    """Return what somebody types, or the first line of standard input."""
    if sys.stdin.isatty():
        given: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return given
    return sys.stdin.readline().rstrip("\r\n")


web.add_command(token)
