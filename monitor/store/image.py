"""The tables as they stand after every step of the schema, read off an empty SQLite database in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter

from monitor.store import schema

# What the steps call on rows that an empty database has none of.
_CALLED = (
    "monitor_title_key", "monitor_key", "monitor_exact", "monitor_mark", "monitor_micros", "monitor_pack",
    "monitor_pack_text", "monitor_searchable", "monitor_own",
)  # fmt: skip
_OURS = """
SELECT type, name, sql FROM sqlite_master
WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'articles\\_fts%' ESCAPE '\\'
ORDER BY rowid
"""
NUMBERED = ("robots", "digest_items")
"""Their rows have no key that says in which order they came, but for SQLite's rowid."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table's columns, and those of its key, by which rows have an order. `number`: the column that the database
    fills by itself with the next number; "" for none. `lasting`: no number is given twice, though its row is gone.
    `floats`: it has columns of such. `held`: what a new database has in it.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    number: str = ""
    lasting: bool = False
    floats: bool = False
    held: tuple[tuple[object, ...], ...] = ()


@contextmanager
def _made() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for name in _CALLED:
            connection.create_function(name, -1, lambda *_: None)
        for _, step in schema.MIGRATIONS:
            step(connection.execute)
        yield connection


def statements() -> list[tuple[str, str, str]]:
    """Return what makes everything but the full-text index: (table, index or view, its name, statement)."""
    with _made() as connection:
        return connection.execute(_OURS).fetchall()


@cache
def tables() -> tuple[Table, ...]:
    """Return the tables, those first that others refer to."""
    with _made() as connection:
        found = {name: (statement, _refers(connection, name)) for kind, name, statement in connection.execute(_OURS)
                 .fetchall() if kind == "table"}  # fmt: skip
        # A story may refer to another one.
        order = TopologicalSorter({name: refers - {name} for name, (_, refers) in found.items()}).static_order()
        return tuple(_table(connection, name, found[name][0]) for name in order)


def _refers(connection: sqlite3.Connection, name: str) -> set[str]:
    return {row[2] for row in connection.execute(f"PRAGMA foreign_key_list({name})")}


def _table(connection: sqlite3.Connection, name: str, statement: str) -> Table:
    about = connection.execute(f"PRAGMA table_info({name})").fetchall()
    columns = tuple(row[1] for row in about)
    keys = sorted((row for row in about if row[5]), key=lambda row: int(row[5]))
    number = keys[0][1] if len(keys) == 1 and keys[0][2] == "INTEGER" else ""
    key = tuple(row[1] for row in keys)
    if name in NUMBERED:
        number, key, columns = "rowid", ("rowid",), ("rowid", *columns)
    return Table(
        name, columns, key, number,
        lasting="AUTOINCREMENT" in statement,
        floats=any(row[2] == "REAL" for row in about),
        held=tuple(connection.execute(f"SELECT {', '.join(columns)} FROM {name}").fetchall()),  # noqa: S608 - our names
    )  # fmt: skip
