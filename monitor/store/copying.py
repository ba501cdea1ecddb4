"""A whole archive from one database into another, of whatever engine: the rows of every table, in order of their keys.

Batches are committed with how far they came, so that a copy that was killed goes on. Full text is made anew from the
texts: an index cannot be copied from one engine to another. At the end both sides are read and compared.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from monitor.errors import DamagedError, StoreError
from monitor.place import Place
from monitor.store import opening
from monitor.store.codec import unpack_body
from monitor.store.fulltext import words
from monitor.store.image import Table, tables
from monitor.store.rows import INDEX, Row, Sql, Value, speakable
from monitor.store.side import NOTES, Side, SqliteSide

# Rows a transaction: some megabytes of texts, which a server takes in 50 to 200 ms.
BATCH = 2_000
# Of unpacked texts, ten times as large, fewer.
_TEXTS_AT_ONCE = 500
# Whose turn it is and who is at work ends with those who said so.
LEFT_OUT = ("turns", "workers")
_SUM = 1 << 128
_TEXTS = """
SELECT a.id, a.title, b.dictionary, b.data FROM articles a JOIN bodies b ON b.article_id = a.id
WHERE a.id > ? ORDER BY a.id LIMIT ?
"""
_NOTE = f"""
INSERT INTO {NOTES} (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""  # noqa: S608 - a constant

Told = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Compared:
    """A table on both sides: its rows, and the sum of the digests of all rows in hex."""

    table: str
    rows: int
    digest: str
    copied_rows: int
    copied_digest: str

    @property
    def same(self) -> bool:
        """Say whether the copy has what the source has."""
        return (self.rows, self.digest) == (self.copied_rows, self.copied_digest)


@dataclass(frozen=True, slots=True)
class Copied:
    """How it went. `resumed`: one that had been begun went on; `mended`: how many rows had a NUL in a text, for which
    PostgreSQL has no place: U+FFFD stands there now.
    """

    tables: tuple[Compared, ...]
    resumed: bool
    mended: int

    @property
    def whole(self) -> bool:
        """Say whether both sides are the same."""
        return all(one.same for one in self.tables)


def copy(source: Place, target: Place, told: Told = lambda _: None) -> Copied:
    """Copy an archive. The source is only read, as of one moment; the target is empty, or what an earlier copy of the
    same source has begun. A target that is not the same in the end is opened by nobody.

    Raises BusyError where a daemon runs on one of them, DamagedError, StoreError.
    """
    if _identity(source) == _identity(target):
        raise StoreError(f"{opening.title(source)} is both the source and the target")
    plain = bool(source.address or target.address)
    with closing((old := _side(source, fills=False)).store), opening.alone(source), opening.alone(target):
        old.store.sql.look()
        with closing((new := _side(target, fills=True)).store):
            return _Copy(old, new, _identity(source), opening.title(target), plain=plain).run(told)


def emptying(place: Place) -> str:
    """Return how a database is made empty."""
    if place.address:
        return f"`DROP SCHEMA monitor CASCADE` in the database {opening.title(place)}"
    return f"remove {place.path} and the files beside it that end in -wal and -shm"


def _identity(place: Place) -> str:
    return f"postgresql: {opening.title(place)}" if place.address else f"sqlite: {place.path.resolve()}"


def _side(place: Place, *, fills: bool) -> Side:
    kind: type[SqliteSide] | type[Any] = SqliteSide
    if place.address:
        opening.title(place)
        from monitor.store.pg_side import PgSide

        kind = PgSide
    side: Side = kind.target(place) if fills else kind.source(place)
    return side


class _Copy:
    """One copy. `plain`: texts lose what PostgreSQL has no place for."""

    def __init__(self, old: Side, new: Side, source: str, target: str, *, plain: bool) -> None:
        self._old, self._new = old, new
        self._source, self._target, self._plain = source, target, plain
        self._tables = tuple(table for table in tables() if table.name not in LEFT_OUT)
        self.mended = 0

    def run(self, told: Told) -> Copied:
        resumed = self._begin()
        for table in self._tables:
            self._rows(table, told)
        self._index(told)
        self._settle(told)
        compared = tuple(self._compare(table, told) for table in self._tables)
        done = Copied((*compared, self._indexed()), resumed, self.mended)
        if done.whole:
            with self._new.store.transaction():
                self._new.unmark()
            told("counting what is in the tables")
            self._new.plan()
        return done

    def _begin(self) -> bool:
        """Begin, or go on; return whether it goes on. Raises StoreError for a target that holds anything else."""
        state = {table.name: _state(self._old.store.sql, table) for table in self._tables}
        if self._new.begun():
            self._check_begun(state)
            return True
        held = {table.name: n for table in tables() if (n := self._foreign(table))}
        if held:
            names = ", ".join(f"{n} {name}" for name, n in held.items())
            raise StoreError(f"{self._target} holds rows already ({names}): a copy wants an empty database")
        with self._new.store.transaction():
            self._new.mark()
            for table in self._tables:
                if table.held:
                    self._new.store.sql.write(f"DELETE FROM {table.name}")  # noqa: S608 - a name of ours
            self._note("source", self._source)
            self._note("state", state)
        return False

    def _check_begun(self, state: Mapping[str, object]) -> None:
        noted = self._noted("source")
        if noted != self._source:
            raise StoreError(f"{self._target} is a copy that was begun from another source ({noted})")
        before = self._noted("state")
        changed = sorted(name for name, had in state.items() if before.get(name) != had)
        if changed:
            raise StoreError(
                f"the source was written since the copy into {self._target} was begun ({', '.join(changed)}): empty "
                "that one, and begin anew"
            )

    def _foreign(self, table: Table) -> int:
        """Return how many rows the target has beside those of a new database."""
        n = self._new.store.sql.number(f"SELECT count(*) FROM {table.name}")  # noqa: S608 - a name of ours
        return n if n != len(table.held) or not _holds(self._new.store.sql, table) else 0

    def _rows(self, table: Table, told: Told) -> None:
        progress = self._noted(table.name) or {"after": None, "rows": 0}
        after, n = progress["after"], progress["rows"]
        for rows in _batches(self._old.store.sql, table, after):
            values = [self._plainly(row) for row in rows] if self._plain else rows
            n += len(rows)
            with self._new.store.transaction():
                self._new.store.sql.fill(table.name, table.columns, values)
                self._note(table.name, {"after": _key(table, rows[-1]), "rows": n})
            told(f"copying {table.name}: {n} rows")

    def _index(self, told: Told) -> None:
        """Index the target's articles."""
        store = self._new.store
        fulltext = store.fulltext_kind(store.sql)
        after: int = self._noted(INDEX) or 0
        while rows := store.sql.all(_TEXTS, after, min(BATCH, _TEXTS_AT_ONCE)):
            after = rows[-1]["id"]
            # Before the index is written to: a dictionary may have to be read first.
            texts = [unpack_body(store.bodies.unpack(row["dictionary"], row["data"])) for row in rows]
            with store.transaction():
                fulltext.fill((row["id"], words(row["title"], *text)) for row, text in zip(rows, texts, strict=True))
                self._note(INDEX, after)
            told(f"indexing articles, up to {after}")

    def _settle(self, told: Told) -> None:
        if self._noted("settled"):
            return
        told("making indexes, and looking whether all that rows refer to is there")
        try:
            with self._new.store.transaction():
                self._new.tighten()
                for table in self._tables:
                    if table.number:
                        self._new.go_on(table, self._old.last(table))
                self._note("settled", value=True)
        except DamagedError as error:
            raise DamagedError(f"the source is not whole, `monitor db check` says more of it: {error}") from error

    def _compare(self, table: Table, told: Told) -> Compared:
        told(f"comparing {table.name}")
        mine = _digest(table, self._spoken(table))
        theirs = _digest(table, _every(self._new.store.sql, table))
        return Compared(table.name, *mine, *theirs)

    def _spoken(self, table: Table) -> Iterator[Sequence[Value]]:
        for row in _every(self._old.store.sql, table):
            plain = self._plainly(row) if self._plain else row
            self.mended += plain is not row
            yield plain

    def _indexed(self) -> Compared:
        """Compare which articles are in the index."""
        table = Table(f"{INDEX}_docsize", ("id",), ("id",))
        sides = [_digest(table, _every(side.store.sql, table)) for side in (self._old, self._new)]
        return Compared(INDEX, *sides[0], *sides[1])

    def _plainly(self, row: Row) -> Sequence[Value]:
        if not any(type(value) is str and "\0" in value for value in row):
            return row
        return tuple(map(speakable, row))

    def _note(self, name: str, value: object) -> None:
        self._new.store.sql.write(_NOTE, name, json.dumps(value))

    def _noted(self, name: str) -> Any:
        row = self._new.store.sql.one(f"SELECT value FROM {NOTES} WHERE name = ?", name)  # noqa: S608 - a constant
        return json.loads(row[0]) if row else None


def _holds(sql: Sql, table: Table) -> bool:
    return [tuple(row) for row in _every(sql, table)] == list(table.held)


def _state(sql: Sql, table: Table) -> list[object]:
    """Return what tells a table that was written meanwhile, at a glance."""
    row = sql.all(f"SELECT count(*), max({table.key[0]}) FROM {table.name}")[0]  # noqa: S608 - names of ours
    return [row[0], row[1]]


def _every(sql: Sql, table: Table) -> Iterator[Row]:
    for rows in _batches(sql, table, None):
        yield from rows


def _batches(sql: Sql, table: Table, after: Sequence[Value] | None) -> Iterator[list[Row]]:
    """Yield a table's rows in order of its key, those above a key only."""
    keys = ", ".join(table.key)
    beyond = f" WHERE ({keys}) > ({', '.join('?' * len(table.key))})"
    ordered = f" ORDER BY {keys} LIMIT ?"
    head = f"SELECT {', '.join(table.columns)} FROM {table.name}"  # noqa: S608 - names of ours
    while True:
        rows = sql.all(head + (beyond if after else "") + ordered, *(after or ()), BATCH)
        if not rows:
            return
        yield rows
        after = _key(table, rows[-1])


def _key(table: Table, row: Row) -> list[Value]:
    return [row[name] for name in table.key]


def _digest(table: Table, rows: Iterator[Sequence[Value]]) -> tuple[int, str]:
    """Return how many rows there are, and the sum of their digests: in whatever order they come. Numbers and blobs are
    exact; minus nought is nought, as SQLite keeps it.
    """
    n = total = 0
    for row in rows:
        values = tuple(value + 0.0 if type(value) is float else value for value in row) if table.floats else tuple(row)
        total += int.from_bytes(blake2b(repr(values).encode(), digest_size=16).digest(), "big")
        n += 1
    return n, f"{total % _SUM:032x}"
