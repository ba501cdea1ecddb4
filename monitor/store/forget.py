"""Forgetting for good: not only out of the tables but out of the bytes of every file, down to digests.

Where an article's words may still stand after it was taken out (keeping.py): links, segments of the index that were not
merged yet, dictionaries that were trained on it, the log, exports and backups.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monitor.errors import StoreError
from monitor.parse import urls
from monitor.parse.digest import exact, key
from monitor.parse.index import searchable
from monitor.sought import Phrase
from monitor.store import export
from monitor.store.codec import instant, micros, unpack_body
from monitor.store.rows import NUMBERS, Row
from monitor.store.search import LAST
from monitor.store.tables import SqlStore

_BY_ADDRESS = """
SELECT id FROM articles WHERE key = ? AND (url = ? OR canonical = ?)
UNION SELECT id FROM articles WHERE url_key = ? AND url_key <> key AND url = ?
"""
_TEXTS = f"""
SELECT a.title, b.dictionary, b.data FROM articles a JOIN bodies b ON b.article_id = a.id WHERE a.id {NUMBERS}
UNION ALL SELECT title, dictionary, data FROM revisions WHERE article_id {NUMBERS}
"""  # noqa: S608 - constants
_TOMBSTONE = """
UPDATE links SET url = '', canonical = '', title = '', summary = '', author = '', content = '', detail = '',
    etag = '', last_modified = '', state = 'gone', next_at = NULL, leased = 0 WHERE id = ?
"""
# Tables with packed texts: their keys, and the packed column.
_PACKED = (
    ("bodies", ("article_id",), "data"),
    ("hits", ("id",), "evidence"),
    ("revisions", ("article_id", "revision"), "data"),
)
_WORD = re.compile(r"\w+")
_AT_ONCE, _REPACKED = 50, 200


@dataclass(frozen=True, slots=True)
class Found:
    """What is to be forgotten. `words`: those that no other article says; `dictionaries`: those that hold some."""

    articles: tuple[int, ...]
    links: tuple[int, ...]
    words: frozenset[str]
    dictionaries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was done. `backups`: those that hold it still; `faults`: what could not be done, and why."""

    articles: int
    hits: int
    links: int
    exports: tuple[Path, ...]
    backups: tuple[Path, ...]
    faults: tuple[str, ...]


def by_address(store: SqlStore, url: str) -> list[int]:
    """Return the articles that have this URL, or have it as the canonical one."""
    found = set()
    for one in {url, urls.canonical(url)}:
        number = key(one)
        found |= {row["id"] for row in store.sql.all(_BY_ADDRESS, number, one, one, number, one)}
    return sorted(found)


def find(store: SqlStore, articles: Sequence[int], url: str = "") -> Found:
    """Return all that belongs to these articles, and the links to `url` that made none."""
    ids = json.dumps(list(articles))
    links = {row["id"] for row in store.sql.all(f"SELECT id FROM links WHERE article_id {NUMBERS}", ids)}  # noqa: S608
    for one in {url, urls.canonical(url)} if url else ():
        links |= {row["id"] for row in store.sql.all("SELECT id FROM links WHERE url = ? OR key = ?", one, exact(one))}
    said: set[str] = set()
    for row in store.sql.all(_TEXTS, ids, ids):
        standfirst, blocks = unpack_body(store.bodies.unpack(row["dictionary"], row["data"]))
        said |= _words("\n".join([row["title"], standfirst, *(block.text for block in blocks)]))
    own = frozenset(word for word in said if not _elsewhere(store, word, set(articles)))
    tainted = [
        row["id"]
        for row in store.sql.all("SELECT id, data FROM dictionaries")
        if not own.isdisjoint(_words(row["data"].decode("utf-8", "ignore")))
    ]
    return Found(tuple(articles), tuple(sorted(links)), own, tuple(tainted))


def _elsewhere(store: SqlStore, word: str, article_ids: set[int]) -> bool:
    """Say whether another article has a word."""
    having = store.search.stream(store.search.expression(Phrase((word,))), 1, LAST)
    return any(number not in article_ids for number in having)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(searchable(text)))


def forget(store: SqlStore, found: Found, now: datetime, told: Callable[[str], object] = lambda _: None) -> Forgotten:
    """Forget what was found. Raises BusyError where a daemon runs that packs texts by a dictionary which must go."""
    if found.dictionaries:
        with store.alone():
            return _forget(store, found, now, told)
    return _forget(store, found, now, told)


def _forget(store: SqlStore, found: Found, now: datetime, told: Callable[[str], object]) -> Forgotten:
    ids = json.dumps(found.articles)
    since = store.sql.number(f"SELECT min(fetched_at) FROM articles WHERE id {NUMBERS}", ids)  # noqa: S608
    hits = [row["id"] for row in store.sql.all(f"SELECT id FROM hits WHERE article_id {NUMBERS}", ids)]  # noqa: S608
    for start in range(0, len(found.articles), _AT_ONCE):
        with store.transaction():
            store.keeping.take_out(found.articles[start : start + _AT_ONCE], quoted=True)
    for start in range(0, len(found.links), _AT_ONCE):
        with store.transaction():
            _bury(store, found.links[start : start + _AT_ONCE])
    faults = []
    told("the index is written anew")
    faults += store.purge()
    for number in found.dictionaries:
        told(f"what dictionary {number} packed is packed anew")
        _repack(store, number, now)
    free = True
    while free:
        with store.transaction():
            free = store.keeping.free(500) > 0
    faults += store.settle()
    exports, backups = _copies(store, since, found, hits, faults)
    return Forgotten(len(found.articles), len(hits), len(found.links), exports, backups, tuple(faults))


def _bury(store: SqlStore, links: Sequence[int]) -> None:
    """Leave of links the digests by which they are known."""
    store.sql.write_many(_TOMBSTONE, [(number,) for number in links])
    store.sql.write(f"DELETE FROM readings WHERE link_id {NUMBERS}", json.dumps(list(links)))  # noqa: S608


def _repack(store: SqlStore, number: int, now: datetime) -> None:
    """Pack anew, by a new dictionary, what a dictionary packed; then drop it."""
    row = store.sql.one("SELECT language FROM dictionaries WHERE id = ?", number)
    assert row is not None
    language = row["language"]
    with store.transaction():
        store.sql.write("UPDATE languages SET dictionary = NULL WHERE dictionary = ?", number)
        store.bodies.train(language, now)
    for table, keys, column in _PACKED:
        for rows in _packed(store, table, keys, column, number):
            with store.transaction():
                for one in rows:
                    packed = store.bodies.pack(store.bodies.unpack(number, one[column]), language)
                    store.sql.write(
                        f"UPDATE {table} SET dictionary = ?, {column} = ? WHERE "  # noqa: S608
                        + " AND ".join(f"{name} = ?" for name in keys),
                        *packed, *(one[name] for name in keys),
                    )  # fmt: skip
    with store.transaction():
        store.sql.write("DELETE FROM dictionaries WHERE id = ?", number)


def _packed(store: SqlStore, table: str, keys: Sequence[str], column: str, number: int) -> Iterator[list[Row]]:
    names, marks = ", ".join(keys), ", ".join("?" * len(keys))
    select = (
        f"SELECT {names}, {column} FROM {table} WHERE dictionary = ? AND ({names}) > ({marks}) "  # noqa: S608
        f"ORDER BY {names} LIMIT {_REPACKED}"
    )
    after: tuple[int, ...] = (0,) * len(keys)
    while rows := store.sql.all(select, number, *after):
        after = tuple(rows[-1][name] for name in keys)
        yield rows


# ---- copies


def note_copy(store: SqlStore, path: Path, kind: str, now: datetime) -> None:
    """Remember a file that articles were written to: an `export` or a `backup`."""
    with store.transaction():
        store.sql.write(
            "INSERT INTO copies (path, kind, at) VALUES (?, ?, ?) ON CONFLICT (path) DO UPDATE SET "
            "kind = excluded.kind, at = excluded.at",
            str(path.resolve()), kind, micros(now),
        )  # fmt: skip


def drop_copies(store: SqlStore, paths: Sequence[Path]) -> None:
    """Forget of files that they are there, as they were removed."""
    with store.transaction():
        for path in paths:
            store.sql.write("DELETE FROM copies WHERE path = ?", str(path.resolve()))


def _copies(
    store: SqlStore, since: int, found: Found, hits: Sequence[int], faults: list[str]
) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    exports, backups = [], []
    for row in store.sql.all("SELECT * FROM copies WHERE at >= ? ORDER BY at", since):
        path = Path(row["path"])
        if not path.exists():
            day = f"{instant(row['at']):%Y-%m-%d}"
            faults.append(f"the {row['kind']} {path} of {day} is not there: wherever it is now, it may hold it")
        elif row["kind"] == "backup":
            backups.append(path)
        else:
            try:
                if export.without(path, found.articles, hits):
                    exports.append(path)
            except (OSError, ValueError, KeyError, StoreError) as error:
                faults.append(f"the export {path} could not be rewritten: {error}")
    return tuple(exports), tuple(backups)
