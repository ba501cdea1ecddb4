"""`monitor db copy` at size: an archive to PostgreSQL and back to SQLite, and what all three answer.

    python -m tests.bench copy --data DIR --archive /tmp/archive --articles 100000

The archive is that of `python -m tests.bench archive`, built where there is none. The server is one of the tests' own, which
writes its commits through to the disk. Asked are generated queries, newest first down to the end or three hundred rows, and as
sets by relevance; all answers must be the same. Where more articles may match than are ranked, the engines rank others:
these are counted and not compared.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path

from monitor import search
from monitor.errors import QueryError
from monitor.place import Place
from monitor.query import parse
from monitor.search import RANKED, Asked, Sort
from monitor.store.copying import Copied, copy
from monitor.store.opening import open_readonly
from monitor.store.tables import SqlStore
from monitor.views import Filter
from tests import postgres
from tests.bench._archive_data import DAYS, END, OUTLETS, RULES, Texts, build
from tests.bench._archive_queries import MONTH

QUERIES = 200
# Frequent words are in every second article: so many rows of each answer are compared.
DEPTH = 300
NAMES = ("SQLite", "PostgreSQL", "SQLite again")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--archive", type=Path, required=True, help="the folder for the archive and its copies")
    parser.add_argument("--articles", type=int, default=100_000)


def main(data: Path, options: argparse.Namespace) -> None:
    """Build where there is none, copy there and back, compare."""
    if why := postgres.missing():
        print(f"not run: {why}")
        return
    texts = Texts.load(data)
    path: Path = options.archive / f"monitor-{options.articles}.db"
    if not path.exists():
        options.archive.mkdir(parents=True, exist_ok=True)
        build(path.with_suffix(".part"), texts, options.articles)
        path.with_suffix(".part").rename(path)
    back = options.archive / f"back-{options.articles}.db"
    for ending in ("", "-wal", "-shm", ".lock"):
        back.with_name(back.name + ending).unlink(missing_ok=True)
    server = postgres.Server(durable=True)
    try:
        places = Place(path), Place(path, server.database()), Place(back)
        same = [_timed(places[turn], places[turn + 1], f"{NAMES[turn]} to {NAMES[turn + 1]}") for turn in range(2)]
        with ExitStack() as stack:
            stores = [stack.enter_context(closing(open_readonly(place))) for place in places]
            for name, store in zip(NAMES, stores, strict=True):
                print(f"{name}: {store.sql.size() / 1e6:.0f} MB")
            wrong = _asked(stores, texts)
        print(f"{QUERIES} queries: {'all answers the same' if not wrong else f'{wrong} NOT THE SAME'}")
        assert all(same)
        assert not wrong
    finally:
        server.remove()


def _timed(source: Place, target: Place, name: str) -> bool:
    steps: dict[str, float] = {}
    doing = "copying"
    begun = last = time.perf_counter()

    def told(text: str) -> None:
        nonlocal last, doing
        now = time.perf_counter()
        # Of rows it is told what is done, of what follows what is to be done.
        step = text.split(maxsplit=1)[0] if text.startswith(("copying", "indexing")) else doing
        doing = text.split(maxsplit=1)[0]
        steps[step] = steps.get(step, 0.0) + now - last
        last = now

    done: Copied = copy(source, target, told)
    seconds = time.perf_counter() - begun
    rows = sum(one.rows for one in done.tables if one.table != "articles_fts")
    print(f"{name}: {rows} rows in {seconds:.0f} s; {'the same' if done.whole else 'NOT THE SAME'}")
    for step, spent in steps.items():
        each = f", {rows / spent:.0f} rows/s" if step == "copying" else ""
        print(f"    {step:12} {spent:6.1f} s{each}")
    return done.whole


def _asked(stores: list[SqlStore], texts: Texts) -> int:
    wrong, frequent, spent = 0, 0, dict.fromkeys(NAMES, 0.0)
    for query, wanted in _queries(texts):
        for ask in (search.articles, search.hits):
            found: list[list[list[str]]] = []
            few = all(_few(ask, store, query, wanted) for store in stores)
            frequent += not few
            for name, store in zip(NAMES, stores, strict=True):
                begun = time.perf_counter()
                ranked = [_ranked(ask, store, query, wanted)] if few else []
                found.append([_rows(ask, store, query, wanted), *ranked])
                spent[name] += time.perf_counter() - begun
            if found[0] != found[1] or found[0] != found[2]:
                wrong += 1
                print(f"    not the same: {ask.__name__} {query!r} {wanted}")
    print(f"    by relevance not compared: {frequent} of {2 * QUERIES}")
    print("    seconds to answer: " + ", ".join(f"{name} {seconds:.0f}" for name, seconds in spent.items()))
    return wrong


Asking = Callable[..., search.Page[object]]


def _rows(ask: Asking, store: SqlStore, query: str, wanted: Filter) -> list[str]:
    """Return the rows page by page, each with what the next goes on from, down to DEPTH."""
    rows: list[str] = []
    after = ""
    while len(rows) < DEPTH:
        page = ask(store, wanted, query, after=after)
        rows += [*map(repr, page.rows), page.next]
        after = page.next
        if not after:
            break
    return rows


def _few(ask: Asking, store: SqlStore, query: str, wanted: Filter) -> bool:
    noun = store.articles if ask is search.articles else store.hits
    return len(list(islice(noun.sift(Asked(store, query).sought, wanted), RANKED + 1))) <= RANKED


def _ranked(ask: Asking, store: SqlStore, query: str, wanted: Filter) -> list[str]:
    """Return the rows by relevance, in no order, and without what the next page goes on from."""
    rows: list[str] = []
    after = ""
    while True:
        page = ask(store, wanted, query, after=after, sort=Sort.RELEVANCE)
        rows += map(repr, page.rows)
        after = page.next
        if not after:
            return sorted(rows)


def _queries(texts: Texts) -> Iterator[tuple[str, Filter]]:
    rng, asked = random.Random(4), 0
    languages = list(texts.pools)

    def sentence() -> list[str]:
        language = "en" if rng.random() < 0.4 else rng.choice(languages)
        words = rng.choice(texts.pools[language]).split()
        return words if len(words) > 2 else sentence()

    def term() -> str:
        words = sentence()
        place = rng.randrange(len(words) - 1)
        word, other = words[place], words[place + 1]
        return rng.choice(
            (
                word,
                word,
                word,
                f'"{word} {other}"',
                f"{word[:4]}*",
                f"{word} NEAR/5 {other}",
                f"title:{word}",
                f"{{{word}}}",
            )
        )

    while asked < QUERIES:
        said = term()
        for _ in range(rng.choice((0, 0, 1, 2))):
            said += f" {rng.choice(('AND', 'OR', 'AND NOT'))} {term()}"
        try:
            parse(said)
        except QueryError:
            continue
        asked += 1
        since = END.timestamp() - rng.random() * DAYS * 86_400
        yield (
            said,
            Filter(
                rule=f"rule-{rng.randrange(1, RULES)}" if rng.random() < 0.15 else None,
                outlet=f"outlet-{rng.randrange(OUTLETS)}" if rng.random() < 0.15 else None,
                language=rng.choice(languages) if rng.random() < 0.1 else None,
                since=MONTH if rng.random() < 0.15 else None,
                until=END.fromtimestamp(since, END.tzinfo) if rng.random() < 0.15 else None,
                limit=rng.choice((20, 50, 200)),
            ),
        )
