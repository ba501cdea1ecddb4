"""`monitor db`: back up, check, prune, export, forget."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from monitor.cli.app import App, json_option, note, one_line, pass_app, print_json, working
from monitor.cli.db_copy import copy as copy_command
from monitor.errors import StoreError

if TYPE_CHECKING:
    from monitor.ports import Store
    from monitor.store.tables import SqlStore

# Between two transactions the daemon must find the lock free: SQLite does not queue, who waits looks again after 1 to
# 25 ms. Without a gap it waited 543 ms (95th percentile) beside `db prune`.
_GAP = 0.02


@click.group()
def db() -> None:
    """Back up, check, prune and export the database; forget articles; copy it to another engine. All of it while the
    daemon runs, but for `copy`.
    """


db.add_command(copy_command)


@contextmanager
def _writing(app: App) -> Iterator[SqlStore]:
    """Open the database for writing beside the daemon; it must be there."""
    from monitor.store import opening

    with opening.writing(app.place()) as store:
        yield store


@db.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--keep", type=click.IntRange(min=1), help="PATH is a folder: of the copies in it the newest N stay.")
@pass_app
def backup(app: App, path: Path, keep: int | None) -> None:
    """Write a checked copy of the database to PATH, which must not be there yet. To restore, put it in the place of the
    database while no daemon runs, and remove the files that end in -wal and -shm there.

    With --keep, PATH is a folder, in which the copy is named by the time; older ones go when the new one is whole.
    """
    from monitor.store import opening
    from monitor.store.backup import backup as copy
    from monitor.store.backup import dated, thin
    from monitor.store.forget import drop_copies, note_copy

    if keep is not None:
        if not path.is_dir():
            raise StoreError(f"{path} is no folder: --keep wants one")
        path = dated(path, datetime.now(UTC))
    with working("copying") as told:
        # It is checked when no page is left, which takes as long again.
        counts = copy(
            opening.file(app.place()),
            path,
            lambda left, whole: told(f"copying: {left} of {whole} pages left" if left else "checking"),
        )
    with _writing(app) as store:
        note_copy(store, path, "backup", datetime.now(UTC))
        gone = thin(path, keep) if keep is not None else []
        drop_copies(store, gone)
    for old in gone:
        click.echo(f"{old}: removed")
    click.echo(f"{path}: {counts['articles']} articles, {counts['hits']} hits, {counts['stories']} stories; checked")


@db.command()
@click.option("--quick", is_flag=True, help="Of the texts unpack one in twenty.")
@json_option
@pass_app
def check(app: App, quick: bool, as_json: bool) -> None:
    """Look whether the database is whole. It is only read; exit code 1 with what to do where it is not."""
    from monitor.store.check import check as examine
    from monitor.store.opening import title

    place, wrong = app.place(), 0
    with working("checking"):
        for fault in examine(place, quick=quick):
            wrong += 1
            if as_json:
                print_json([{"fault": fault}])
            else:
                click.echo(one_line(fault))
    if wrong:
        raise click.exceptions.Exit(1)
    if not as_json:
        click.echo(f"{title(place)}: whole")


@db.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@json_option
@pass_app
def prune(app: App, dry_run: bool, as_json: bool) -> None:
    """Take out what has had its time by `keep`, as the daemon does hourly, and give the room back."""
    from monitor import upkeep
    from monitor.wiring import policy

    rules, now = policy(app.settings(addresses=False)), datetime.now(UTC)
    if dry_run:
        with working("looking"):
            gone = _sweep(app.store(), rules, now, dry=True)
    else:
        with working("taking articles out") as told, _writing(app) as store:
            gone = _sweep(store, rules, now, dry=False)
            told("giving the room back")
            for work in upkeep.settle(store) if gone else ():
                with store.transaction():
                    work()
                time.sleep(_GAP)
    if as_json:
        print_json([{"articles": gone.total(), "outlets": dict(gone), "dry_run": dry_run}])
        return
    for outlet, number in sorted(gone.items()):
        click.echo(one_line(f"{outlet}: {number}"))
    click.echo(f"{gone.total()} articles {'would go' if dry_run else 'are gone'}")


def _sweep(store: Store, rules: object, now: datetime, *, dry: bool) -> Counter[str]:
    from contextlib import nullcontext

    from monitor.upkeep import Pace, Policy, sweep

    assert isinstance(rules, Policy)
    pace = Pace(time.monotonic)
    gone: Counter[str] = Counter()
    after, ended = 0, False
    while not ended:
        with pace.step() as most, nullcontext() if dry else store.transaction():
            done = sweep(store, rules, after, now, most=most, dry=dry)
        if not dry:
            time.sleep(_GAP)
        gone.update(done.gone)
        after, ended = done.after, done.ended
    return gone


@db.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@pass_app
def export(app: App, file: Path | None) -> None:
    """Write everything as lines of JSON to FILE, which must not be there yet, or to the terminal."""
    from monitor.store.forget import note_copy

    if file is None:
        for text in _lines(app):
            sys.stdout.write(text)
        return
    if file.exists():
        raise StoreError(f"{file} is there already: an export overwrites nothing")
    # What only its owner may read, since the database may be.
    with (
        _writing(app) as store,
        os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out,
    ):
        note_copy(store, file, "export", datetime.now(UTC))
        with working("writing"):
            number = _copy(_lines(app), out)
    note(f"{file}: {number} lines")


def _copy(lines: Iterator[str], out: TextIO) -> int:
    number = 0
    for text in lines:
        out.write(text)
        number += 1
    out.flush()
    os.fsync(out.fileno())
    return number


def _lines(app: App) -> Iterator[str]:
    from monitor.store.export import lines, write
    from monitor.store.opening import open_readonly

    with closing(open_readonly(app.place())) as store:
        for line in lines(store):
            yield write(line)


@db.command()
@click.argument("what", metavar="URL|QUERY")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@pass_app
def forget(app: App, what: str, yes: bool) -> None:
    """Take articles out for good: an address, or all that a query holds on. Text, index, older versions, hits, texts
    of messages, and what `db export` wrote of them go; links stay as digests, so that nothing is read anew. Backups
    that hold them still are named.
    """
    from monitor.store import forget as forgetting

    with _writing(app) as store:
        is_url = "://" in what
        with working("looking for it"):
            articles = forgetting.by_address(store, what) if is_url else _holding(app, store, what)
            found = forgetting.find(store, articles, what if is_url else "")
        if not found.articles and not found.links:
            raise StoreError("nothing of that is here")
        _show(store, found.articles)
        click.echo(f"{len(found.articles)} articles, {len(found.links)} links")
        if not yes:
            click.confirm("Forget them for good?", abort=True)
        with working("forgetting"):
            done = forgetting.forget(store, found, datetime.now(UTC), note)
    click.echo(f"{done.articles} articles, {done.hits} hits and {done.links} links are forgotten")
    for path in done.exports:
        click.echo(one_line(f"the export {path} was rewritten without them"))
    for path in done.backups:
        click.echo(one_line(f"the backup {path} holds them still: remove it, or restore it, forget again, and back up"))
    for fault in done.faults:
        note(fault)
    if done.faults:
        raise click.exceptions.Exit(1)


def _holding(app: App, store: Store, query: str) -> list[int]:
    from monitor import search
    from monitor.views import Filter

    entities = app.settings(addresses=False).entities
    found = search.articles(store, Filter(limit=10**9), query, entities)
    return sorted({one.row.id for one in found.rows})


def _show(store: Store, articles: Sequence[int]) -> None:
    for number in articles[:20]:
        stored = store.articles.get(number)
        if stored is not None:
            click.echo(one_line(f"  {number} {stored.row.outlet_id}: {stored.article.title} {stored.article.url}"))
    if len(articles) > 20:
        click.echo(f"  and {len(articles) - 20} more")
