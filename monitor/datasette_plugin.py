"""What `datasette monitor.db` needs to show texts: SQL functions, full-text search and two ready queries.

    monitor_text(dictionary, data)          of bodies and revisions: standfirst and own words, paragraphs apart
    monitor_blocks(dictionary, data)        of the same: [[role, text, time of a live blog's entry], ...] as JSON
    monitor_evidence(dictionary, evidence)  of hits: the pieces as JSON
    monitor_quote(dictionary, evidence)     of hits: the sentence of the first piece
    monitor_time(microseconds)              ISO 8601 in UTC
    monitor_words(text)                     what to MATCH articles_fts with: all these words

Datasette finds it by its entry point. Whatever needs no function stands in the views article_list, hit_list and
story_list, for every other program too.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from datasette import hookimpl

from monitor.errors import DamagedError
from monitor.parse.index import searchable
from monitor.store.bodies import SqlBodies
from monitor.store.codec import instant, unpack_body, unpack_evidence
from monitor.store.fulltext import own_text
from monitor.store.rows import SqliteSql

_TEXT = """
select l.*, monitor_text(b.dictionary, b.data) as text
from article_list l join bodies b on b.article_id = l.id where l.id = :id
"""
_SEARCH = """
select l.* from article_list l
where l.id in (
    select rowid from articles_fts where articles_fts match monitor_words(:words) order by rowid desc limit 100
)
order by l.id desc
"""
_QUERIES = {
    "article_text": {"sql": _TEXT, "title": "One article with its text"},
    "search": {"sql": _SEARCH, "title": "The newest 100 articles with all these words"},
}
# Datasette finds an index by the table that it indexes; this one keeps no text and names none.
_TABLES = {name: {"fts_table": "articles_fts", "fts_pk": "id"} for name in ("article_list", "articles")}


@hookimpl
def prepare_connection(conn: sqlite3.Connection, database: str) -> None:
    """Register the functions."""
    for name, arguments, function in functions(conn, database):
        conn.create_function(name, arguments, function, deterministic=True)


@hookimpl
def canned_queries() -> dict[str, dict[str, str]]:
    """Offer an article's text, and search by words as people write them."""
    return _QUERIES


@hookimpl
def get_metadata(datasette: Any) -> dict[str, Any]:
    """Give articles a search box."""
    return {"databases": {name: {"tables": _TABLES} for name in datasette.databases}}


def functions(conn: sqlite3.Connection, name: str) -> list[tuple[str, int, Callable[..., str | None]]]:
    """Return (name, number of arguments, function) over the dictionaries of this connection. What cannot be read is
    NULL: a query over many rows must not end at one.
    """
    bodies = SqlBodies(SqliteSql(conn, Path(name)))

    def unpacking(write: Callable[[str], str]) -> Callable[[int | None, bytes | None], str | None]:
        def unpacked(number: int | None, data: bytes | None) -> str | None:
            try:
                return write(bodies.unpack(number, data)) if isinstance(data, bytes) else None
            except (DamagedError, ValueError, TypeError, KeyError):
                return None

        return unpacked

    return [
        ("monitor_text", 2, unpacking(_text)),
        ("monitor_blocks", 2, unpacking(lambda packed: json.dumps(json.loads(packed)[1]))),
        ("monitor_evidence", 2, unpacking(str)),
        ("monitor_quote", 2, unpacking(_quote)),
        ("monitor_time", 1, _time),
        # An empty query is an error, an empty phrase finds nothing.
        ("monitor_words", 1, lambda text: searchable(str(text or "")).strip() or '""'),
    ]


def _text(packed: str) -> str:
    standfirst, blocks = unpack_body(packed)
    # Half of a surrogate pair has no UTF-8 form.
    return (
        "\n\n".join(filter(None, (standfirst, own_text(blocks).replace("\n", "\n\n"))))
        .encode("utf-8", "replace")
        .decode()
    )


def _quote(packed: str) -> str:
    return next((piece.quote for piece in unpack_evidence(packed)), "")


def _time(microseconds: int | None) -> str | None:
    try:
        return None if microseconds is None else instant(microseconds).isoformat()
    except (OverflowError, TypeError):
        return None
