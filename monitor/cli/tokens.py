"""`monitor web token`: who may ask the page's API where a password is set."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from monitor.cli import listing
from monitor.cli.app import App, json_option, note, pass_app, print_json

if TYPE_CHECKING:
    from monitor.web.tokens import Tokens


@click.group()
def token() -> None:
    """Let programs read /api/ and /hits.atom without the password: make, list and revoke their tokens."""


def _tokens(app: App) -> Tokens:
    from monitor.settings.paths import storage_path
    from monitor.web.tokens import Tokens, beside

    return Tokens(beside(storage_path(app.config, os.environ)))


@token.command()
@click.argument("name")
@pass_app
def create(app: App, name: str) -> None:
    """Make a token and print it, this once. NAME says who has it, such as `newsletter`."""
    try:
        made = _tokens(app).create(name, datetime.now(UTC), os.urandom)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    click.echo(made)
    note("It is shown this once. Send it as `Authorization: Bearer TOKEN`.")


@token.command("list")
@json_option
@pass_app
def list_(app: App, as_json: bool) -> None:
    """List the tokens by name; what they are is not kept."""
    try:
        known = _tokens(app).all()
    except ValueError as error:
        raise click.ClickException(f"the file of tokens cannot be read: {error}") from None
    if as_json:
        print_json({"name": one.name, "created_at": one.created_at} for one in known)
        return
    listing.table(
        ("name", "since"), [(one.name, listing.when(one.created_at)) for one in known],
        empty="No tokens: `monitor web token create NAME` makes one.",
    )  # fmt: skip


@token.command()
@click.argument("name")
@pass_app
def revoke(app: App, name: str) -> None:
    """End a token: what carries it gets no answer from now on, from a running page either."""
    try:
        done = _tokens(app).revoke(name)
    except ValueError as error:
        raise click.ClickException(f"the file of tokens cannot be read: {error}") from None
    if not done:
        raise click.ClickException(f"there is no token {name!r}: `monitor web token list` shows those there are")
    note(f"token {name} is revoked")
