"""Build a large archive and measure it: size, ingest, queries, a writer beside them, retention.

    python -m tests.bench archive --data DIR --archive /tmp/archive --articles 1000000

The archive is kept in the folder and used again where it has as many articles. Figures are 95th percentiles of calls
over warm pages, in ms, beside the limits of the issue.
"""

from __future__ import annotations

import argparse
import sqlite3
from contextlib import closing
from pathlib import Path

from monitor.store.sqlite import SqliteStore
from tests.bench._archive_data import Texts, build
from tests.bench._archive_queries import commands, ingest, plain, questions, retention, timed, writing
from tests.bench._archive_upkeep import upkeep

BODIES = ("bodies", "articles_fts", "dictionaries")
QUEUE = ("links", "sources", "outlets", "hosts", "robots")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--archive", type=Path, required=True, help="the folder for the archive")
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--upkeep", action="store_true", help="only the rarer commands: minutes, and room for a copy")
    parser.add_argument("--plain", type=int, default=50_000, help="articles of the plain FTS5 table")


def main(data: Path, options: argparse.Namespace) -> None:
    """Build where there is none, then measure."""
    texts = Texts.load(data)
    path = options.archive / f"monitor-{options.articles}.db"
    if not path.exists():
        options.archive.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        built = build(part, texts, options.articles)
        rate, last = built.articles / built.seconds, built.articles * 0.1 / built.last
        print(f"ingest: {rate:.0f} articles/s, of the last tenth {last:.0f} (limit 500); {built.hits} hits")
        print(f"text: {built.text_bytes / built.articles:.0f} bytes an article")
        part.rename(path)
    SqliteStore.open(path).close()  # of an earlier version, where it was kept
    if options.upkeep:
        upkeep(path, texts)
        return
    sizes(path, options.articles)
    asked = questions(texts)
    print("alone, ms:")
    timed(path, asked)
    print("beside a writer of 40 articles/s, ms:")
    with writing(path, texts):
        timed(path, asked, limit=60)
    print(f"ingest behind them: {ingest(path, texts):.0f} articles/s (limit 500)")
    print("whole commands:")
    commands(path)
    print("retention, a transaction of")
    retention(path)
    print(f"an anchor, {options.plain} articles:")
    plain(options.archive, texts, options.plain)


def sizes(path: Path, articles: int) -> None:
    """Print what an article takes, by table with its indexes."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as raw:
        tables = dict(raw.execute("SELECT name, tbl_name FROM sqlite_master WHERE type IN ('table', 'index')"))
        found: dict[str, int] = {}
        for name, size in raw.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"):
            table = tables.get(name, name)
            table = "articles_fts" if table.startswith("articles_fts") else table
            found[table] = found.get(table, 0) + size
    for table, size in sorted(found.items(), key=lambda item: -item[1]):
        if size / articles >= 1:
            print(f"    {table:14} {size / articles:7.0f}")
    bodies = sum(found.get(table, 0) for table in BODIES) / articles
    queue = sum(found.get(table, 0) for table in QUEUE) / articles
    every = sum(found.values()) / articles
    print(f"size: {every:.0f} bytes an article in all tables, {every - queue:.0f} without the links (limit 4,400)")
    print(f"      {bodies:.0f} of them bodies and index (limit 3,700)")
