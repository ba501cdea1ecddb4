"""`monitor db copy`: a whole archive into another database."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.app import json_option, note, one_line, print_json, working
from monitor.errors import StoreError
from monitor.place import Place, is_address

if TYPE_CHECKING:
    from monitor.store.copying import Copied

# `postgres:name` and `sqlite://name` are slips of the pen; nobody wants a file of that name.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_FORMS = "it is PATH, sqlite:PATH, postgresql://…, env:NAME or file:PATH"


def place_of(said: str, environ: Mapping[str, str]) -> Place:
    """Return the database that an argument names. Raises StoreError that quotes no address."""
    if said.startswith("env:"):
        name = said.removeprefix("env:")
        if not environ.get(name, "").strip():
            raise StoreError(f"the environment variable {name} is not set: it holds postgresql://user@host/name")
        return _held(environ[name].strip(), f"the environment variable {name}")
    if said.startswith("file:"):
        path = Path(said.removeprefix("file:"))
        try:
            return _held(path.read_text(encoding="utf-8").strip(), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"{path} cannot be read: {error}") from error
    if is_address(said):
        return Place(Path(), said)
    path_said = said.removeprefix("sqlite:")
    if not path_said or "://" in said or path_said.startswith("//") or (path_said == said and _SCHEME.match(said)):
        # Of an address that is none only what stands before its secrets is shown.
        raise StoreError(f"{said.partition(':')[0] or 'nothing'!r} names no database: {_FORMS}")
    return Place(Path(path_said))


def _held(said: str, where: str) -> Place:
    if is_address(said):
        return Place(Path(), said)
    raise StoreError(f"{where} holds no address of a database: it begins with postgresql://")


@click.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@json_option
def copy(source: str, target: str, as_json: bool) -> None:
    """Copy a whole archive into another database, of the other engine or of the same one. FROM is only read; TO must be
    empty. No daemon may run on either.

    \b
    FROM and TO are each one of
      PATH or sqlite:PATH    a file
      postgresql://…         a server's database
      env:NAME, file:PATH    what holds such an address

    An address on the command line is seen by everybody on the machine (ps): one with a password belongs in a variable
    or a file.

    What was killed or lost its connection goes on where it was when the same command is given again. At the end every
    row of both sides is compared; exit code 1 where they differ. Stop `monitor run` and `monitor work` first, and put
    the new database in `storage:` of monitor.yaml then.
    """  # noqa: D301 - click's mark, no backslash
    from monitor.store import copying

    old, new = place_of(source, os.environ), place_of(target, os.environ)
    with working("copying") as told:
        done = copying.copy(old, new, told)
    _show(done, as_json=as_json)
    if not done.whole:
        note(
            "the copy is not what the source is, and is not to be used: the source was written meanwhile, or a disk or "
            f"memory is at fault. Begin anew: {copying.emptying(new)}, and give the same command again"
        )
        raise click.exceptions.Exit(1)


def _show(done: Copied, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {"table": one.table, "rows": one.rows, "checksum": one.digest, "same": one.same,
             **({} if one.same else {"copied_rows": one.copied_rows, "copied_checksum": one.copied_digest})}
            for one in done.tables
        )  # fmt: skip
        return
    for one in done.tables:
        if one.rows or one.copied_rows:
            ending = "same" if one.same else f"NOT THE SAME: {one.copied_rows} rows, {one.copied_digest}"
            click.echo(one_line(f"{one.table:16} {one.rows:>10} {one.digest} {ending}"))
    if done.mended:
        note(f"{done.mended} rows had a NUL in a text, which PostgreSQL has no place for: U+FFFD stands there now")
    if done.whole:
        rows = sum(one.rows for one in done.tables)
        click.echo(f"{rows} rows copied{', from where it was' if done.resumed else ''}; all the same")
