"""A copy of the database while it is written to: one moment's state, checked before it has its name."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from monitor.errors import DamagedError, StoreError
from monitor.store.rows import translated
from monitor.store.sqlite import SqliteStore

# 8 MB a step, between which Ctrl-C is heard.
_PAGES = 2_000
_DATED = re.compile(r"monitor-\d{8}T\d{6}Z\.db")
COUNTED = ("articles", "bodies", "revisions", "hits", "stories", "placements", "alerts", "outbox", "links", "outlets")


def backup(source: Path, target: Path, told: Callable[[int, int], object] = lambda _left, _all: None) -> dict[str, int]:
    """Copy the database; return the rows of its tables. `told` hears of pages left and of all. `target` is never
    overwritten, and is there only when it is whole, checked and on the disk.

    Raises StoreError, DamagedError where the copy is not what it should be: the original is not either.
    """
    if target.exists():
        raise StoreError(f"{target} is there already: a backup overwrites nothing")
    # Is it ours, and of our version?
    SqliteStore.open_readonly(source).close()
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        counts = _copy(source, part, told)
        shutil.copymode(source, part)
        _publish(part, target)
    finally:
        for leftover in (part, *(part.with_name(part.name + end) for end in ("-wal", "-shm", "-journal"))):
            leftover.unlink(missing_ok=True)
    return counts


def dated(folder: Path, now: datetime) -> Path:
    """Return where a backup made at `now` (UTC) goes in a folder of such."""
    return folder / f"monitor-{now:%Y%m%dT%H%M%S}Z.db"


def thin(newest: Path, keep: int) -> list[Path]:
    """Remove the oldest of the dated backups beside `newest`, so that `keep` are left with it; return those removed."""
    # By name, and never the one just made: the clock may have been set back.
    others = [path for path in newest.parent.iterdir() if _DATED.fullmatch(path.name) and path.name != newest.name]
    gone = sorted(others)[: max(len(others) + 1 - keep, 0)]
    for path in gone:
        path.unlink()
    sync(newest.parent)
    return gone


def _copy(source: Path, part: Path, told: Callable[[int, int], object]) -> dict[str, int]:
    with (
        translated(source),
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", isolation_level=None, uri=True)) as original,
        closing(sqlite3.connect(part, isolation_level=None)) as copy,
    ):
        # One read transaction over all steps: without it, each commit of the daemon begins the copy anew.
        original.execute("BEGIN")
        counts = _counts(original)
        original.backup(copy, pages=_PAGES, progress=lambda _, left, whole: told(left, whole), sleep=0)
        # One file; it is a log beside it again as soon as it is opened for writing.
        copy.execute("PRAGMA journal_mode = DELETE")
        faults = [row[0] for row in copy.execute("PRAGMA integrity_check(10)") if row[0] != "ok"]
        faults += [
            f"a row of {row[0]} refers to nothing in {row[2]}" for row in copy.execute("PRAGMA foreign_key_check")
        ]
        if _counts(copy) != counts:
            faults.append("it has not the rows that the original has")
    if faults:
        raise DamagedError(f"the copy of {source} is damaged ({faults[0]}): no backup was made, see `monitor db check`")
    return counts


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in COUNTED}  # noqa: S608


def _publish(part: Path, target: Path) -> None:
    sync(part)
    try:
        # A rename would overwrite what came meanwhile.
        os.link(part, target)
    except FileExistsError:
        raise StoreError(f"{target} is there already: a backup overwrites nothing") from None
    except OSError:
        # A file system without hard links.
        part.rename(target)
    sync(target.parent)


def sync(path: Path) -> None:
    """Write a file or folder through to the disk."""
    fd = os.open(path, os.O_RDONLY)
    try:
        # Some network file systems have no such thing for folders.
        with suppress(OSError):
            os.fsync(fd)
    finally:
        os.close(fd)
