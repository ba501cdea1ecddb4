"""The tables in PostgreSQL: the same numbered steps as in SQLite.

A new database is given the image of them: the steps are run on an empty SQLite database in memory, and what stands
there in the end is made in PostgreSQL. So the two cannot come apart, and steps that move what old files held need no
second form. A database that is there gets the steps it lacks, translated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from monitor.store import schema
from monitor.store.dialect import FUNCTIONS, translate
from monitor.store.image import NUMBERED, statements

_REFERENCE = re.compile(
    r'("?(\w+)"?\s+(?:TEXT|INTEGER|REAL|BLOB)[^,()]*?)\s+REFERENCES\s+"?(\w+)"?\s*\((\w+)\)', re.DOTALL
)
WORDS = "articles_fts_words"
MAKE_WORDS = f"CREATE INDEX {WORDS} ON articles_fts USING gin (words)"
_OWN = (
    # What the index has of an article, a place a column of it (pg_search.py).
    "CREATE TABLE articles_fts (rowid bigint PRIMARY KEY, words tsvector NOT NULL)",
    MAKE_WORDS,
    "CREATE VIEW articles_fts_docsize AS SELECT rowid AS id FROM articles_fts",
    # A job of the cluster is a host with all that is due of it. A link's address goes once it has an article.
    "ALTER TABLE sources ADD COLUMN host text GENERATED ALWAYS AS (host_of(url)) STORED",
    "ALTER TABLE links ADD COLUMN host text NOT NULL DEFAULT ''",
    """CREATE FUNCTION set_host() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW.host := host_of(NEW.url); RETURN NEW; END $$""",
    "CREATE TRIGGER links_host BEFORE INSERT ON links FOR EACH ROW EXECUTE FUNCTION set_host()",
    "CREATE INDEX sources_host ON sources (host, next_check_at) WHERE active = 1",
    "CREATE INDEX links_host ON links (host, next_at) WHERE state IN ('new', 'partial', 'again')",
)


def image() -> Iterator[str]:
    """Yield the statements that make the tables as they stand after every step."""
    found = statements()
    keys: list[str] = []
    for kind, name, statement in found:
        if kind == "table":
            yield _table(name, statement, keys)
    # All tables are there now, in whatever order they were made.
    yield from keys
    for kind, _, statement in found:
        if kind != "table":
            yield translate(statement)
    yield from _OWN
    yield "INSERT INTO facts (key, value) VALUES ('timezone', 'UTC')"


def references() -> list[str]:
    """Return the statements that make rows refer to others, of tables that are there."""
    keys: list[str] = []
    for kind, name, statement in statements():
        if kind == "table":
            _table(name, statement, keys)
    return keys


def _table(name: str, statement: str, keys: list[str]) -> str:
    """Return what makes a table without its references, which are added to `keys`."""
    for _, own, target, column in _REFERENCE.findall(statement):
        keys.append(f"ALTER TABLE {name} ADD FOREIGN KEY ({own}) REFERENCES {target} ({column})")
    made = translate(_REFERENCE.sub(r"\1", statement))
    if name in NUMBERED:
        made = f"{made[: made.rindex(')')]}, rowid bigint GENERATED ALWAYS AS IDENTITY UNIQUE)"
    return made


def bring_up(execute: Callable[[str], object], applied: set[str] | None) -> list[str]:
    """Make the tables, or the steps that a database lacks; return the names of those. `applied`: its steps, None for a
    database without tables.
    """
    for function in FUNCTIONS:
        execute(function)
    names = [name for name, _ in schema.MIGRATIONS if applied is None or name not in applied]
    if applied is None:
        for statement in image():
            execute(statement)
    else:
        for name, step in schema.MIGRATIONS:
            if name in names:
                step(lambda statement: execute(translate(statement)))
    return names
