"""What is asked of the archive, and how long each answer takes."""

from __future__ import annotations

import multiprocessing
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from monitor import search
from monitor.model import Article
from monitor.search import Sort
from monitor.store.sqlite import SqliteStore
from monitor.upkeep import Pace
from monitor.views import By, Filter
from tests.bench._archive_data import END, RULES, Texts, Writer, articles

MONTH = END - timedelta(days=30)
DEPTH = 400_000
PACE = 40
Ask = Callable[[SqliteStore, random.Random], object]


def words(texts: Texts) -> list[str]:
    """Return queries of English words, from the most frequent to rare ones, of phrases and of both."""
    sentences = texts.pools["en"]
    counts = Counter(word for one in sentences for word in one.split() if word.isalpha() and word.isascii())
    ranked = [word for word, _ in counts.most_common(4_000)]
    found = [ranked[place] for place in (5, 20, 50, 100, 200, 300, 500, 700, 1_000, 1_500, 2_000, 3_000)]
    pairs = Counter(
        pair
        for one in sentences
        for pair in zip(one.split(), one.split()[1:], strict=False)
        if all(len(word) > 3 and word.isalpha() for word in pair)
    )
    found += [f'"{a} {b}"' for (a, b), _ in pairs.most_common(6)]
    found += [
        f"{ranked[150]} AND {ranked[400]}",
        f"{ranked[80]} -{ranked[90]}",
        f"title:{ranked[60]}",
        f"{ranked[900][:5]}*",
    ]
    # Words of the language itself are no query of their own.
    return [query for query in found if query.lower() not in {"and", "or", "not"}]


def questions(texts: Texts) -> dict[str, tuple[float, Ask]]:
    """Return of each question its limit in ms and how it is asked."""
    queries = words(texts)

    def deep(store: SqliteStore, rng: random.Random) -> object:
        newest = search.hits(store, Filter(limit=1)).rows[0].hit.id
        place = max(newest - DEPTH - rng.randrange(2_000), 60)
        return search.hits(store, Filter(limit=50), after=f"n{place:x}")

    def full_text(store: SqliteStore, rng: random.Random) -> object:
        return search.articles(store, Filter(limit=20), rng.choice(queries))

    def hits_text(store: SqliteStore, rng: random.Random) -> object:
        return search.hits(store, Filter(limit=20), rng.choice(queries))

    return {
        "hits by rule and 30 days, newest 50": (
            10, lambda store, rng: search.hits(store, Filter(rule=_rule(rng), since=MONTH)),
        ),
        "articles by full text, newest 20": (20, full_text),
        "hits by full text, newest 20": (20, hits_text),
        "articles by relevance, best 20": (
            50, lambda store, rng: search.articles(store, Filter(limit=20), rng.choice(queries), sort=Sort.RELEVANCE),
        ),
        "counts by day, 30 days": (
            20, lambda store, rng: search.counts(store, By.DAY, Filter(since=MONTH), UTC, END),
        ),
        "counts by outlet, 30 days, a rule": (
            20, lambda store, rng: search.counts(store, By.OUTLET, Filter(rule=_rule(rng), since=MONTH), UTC, END),
        ),
        f"a page of hits at depth {DEPTH:,}": (5, deep),
    }  # fmt: skip


def _rule(rng: random.Random) -> str:
    return f"rule-{rng.randrange(1, RULES + 1)}"


def timed(path: Path, asked: dict[str, tuple[float, Ask]], *, limit: float | None = None, rounds: int = 100) -> None:
    """Ask each question and print the times; `limit`: of all of them, in place of their own."""
    store = SqliteStore.open_readonly(path)
    rng = random.Random(3)
    for name, (own, ask) in asked.items():
        for _ in range(10):
            ask(store, rng)
        times, cpu = [], []
        for _ in range(rounds):
            begun, spent = time.perf_counter(), time.thread_time()
            ask(store, rng)
            times.append((time.perf_counter() - begun) * 1e3)
            cpu.append((time.thread_time() - spent) * 1e3)
        p95 = _p95(times)
        print(
            f"    {name:40} p50 {sorted(times)[rounds // 2]:6.1f}  p95 {p95:6.1f} (CPU {_p95(cpu):6.1f})"
            f"  max {max(times):6.1f}  limit {limit or own:.0f}"
        )
    store.close()


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


@contextmanager
def writing(path: Path, texts: Texts) -> Iterator[None]:
    """Let another process write PACE articles a second while the block runs."""
    stop = multiprocessing.Event()
    done = multiprocessing.Queue()
    process = multiprocessing.Process(target=_write, args=(path, texts, stop, done))
    process.start()
    time.sleep(1)
    try:
        yield
    finally:
        stop.set()
        count, times, errors = done.get(timeout=60)
        process.join()
        print(
            f"    the writer: {count} articles, transactions of ten p95 {_p95(times) * 1e3:.0f} ms, "
            f"slowest {max(times) * 1e3:.0f} ms, errors: {errors or 'none'}"
        )


def _write(path: Path, texts: Texts, stop: multiprocessing.Event, done: multiprocessing.Queue) -> None:  # type: ignore[type-arg, valid-type]
    writer = Writer(path)
    coming = articles(texts, 1_000_000, seed=int(time.time()))
    count, errors, begun = 0, "", time.monotonic()
    times = []
    while not stop.is_set():
        time.sleep(max(0.0, begun + count / PACE - time.monotonic()))
        group = [_today(article, count + number) for number, (article, _) in enumerate(islice(coming, 10))]
        start = time.perf_counter()
        try:
            writer.write(group)
        except Exception as error:
            errors = repr(error)
        times.append(time.perf_counter() - start)
        count += len(group)
    writer.close()
    done.put((count, times, errors))


def _today(article: Article, number: int) -> tuple[Article, datetime]:
    at = datetime.now(UTC)
    url = f"{article.url}-{at:%H%M%S%f}-{number}"
    return Article(
        url, article.title, article.language, article.blocks, canonical_url=url, outlet=article.outlet, content_hash=url[-16:]
    ), at  # fmt: skip


def ingest(path: Path, texts: Texts, count: int = 4_000) -> float:
    """Write articles flat out behind those that are there; return how many a second."""
    writer = Writer(path)
    coming = articles(texts, 1_000_000, seed=int(time.time()))
    seconds = 0.0
    for start in range(0, count, 20):
        group = [_today(article, start + number) for number, (article, _) in enumerate(islice(coming, 20))]
        begun = time.perf_counter()
        writer.write(group)
        seconds += time.perf_counter() - begun
    writer.close()
    return count / seconds


def commands(path: Path) -> None:
    """Time `monitor hits --json` as a whole, and with a query."""
    with TemporaryDirectory() as folder:
        config = Path(folder)
        (config / "monitor.yaml").write_text(f"storage: {{path: {path}}}\n")
        (config / "outlets.yaml").write_text("outlets: {}\n")
        for words_ in (["hits", "--json"], ["hits", "--rule", "rule-1", "--json"], ["hits", "government", "--json"]):
            times = []
            for _ in range(10):
                begun = time.perf_counter()
                command = [sys.executable, "-m", "monitor", "--config", folder, *words_]
                subprocess.run(command, check=True, capture_output=True)
                times.append((time.perf_counter() - begun) * 1e3)
            print(f"    {' '.join(words_):40} median {sorted(times)[5]:.0f}  slowest {max(times):.0f} ms  limit 400")


def retention(path: Path, count: int = 2_000) -> None:
    """Take the oldest articles out, so many a transaction as the daemon does (upkeep.Pace)."""
    store, pace = SqliteStore.open(path), Pace(time.perf_counter)
    with closing(sqlite3.connect(path)) as raw:
        numbers = [number for (number,) in raw.execute("SELECT id FROM articles ORDER BY id LIMIT ?", (count,))]
    times, done = [], 0
    while done < len(numbers):
        begun = time.perf_counter()
        with pace.step() as most, store.transaction():
            store.keeping.take_out(numbers[done : done + most])
        times.append((time.perf_counter() - begun) * 1e3)
        done += most
    store.close()
    print(
        f"    {done / len(times):.0f} articles: p50 {sorted(times)[len(times) // 2]:.0f}  p95 {_p95(times):.0f}"
        f"  max {max(times):.0f} ms  limit 50"
    )


def plain(folder: Path, texts: Texts, count: int) -> None:
    """Build a plain FTS5 table with uncompressed bodies and measure the same questions on it."""
    path = folder / "plain.db"
    path.unlink(missing_ok=True)
    queries = [query for query in words(texts) if " " not in query.strip('"') and ":" not in query and "*" not in query]
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("CREATE VIRTUAL TABLE plain USING fts5 (title, body)")
        coming, seconds = articles(texts, count), 0.0
        while group := list(islice(coming, 20)):
            begun = time.perf_counter()
            raw.execute("BEGIN IMMEDIATE")
            for article, _ in group:
                raw.execute("INSERT INTO plain VALUES (?, ?)", (article.title, article.body))
            raw.execute("COMMIT")
            seconds += time.perf_counter() - begun
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        print(f"    plain FTS5: {count / seconds:.0f} articles/s, {path.stat().st_size / count:.0f} bytes an article")
        rng, times = random.Random(3), []
        for _ in range(100):
            ask = "SELECT rowid, title, snippet(plain, 1, '', '', '', 20) FROM plain WHERE plain MATCH ? ORDER BY rowid DESC LIMIT 20"
            begun = time.perf_counter()
            raw.execute(ask, (f'"{rng.choice(queries)}"',)).fetchall()
            times.append((time.perf_counter() - begun) * 1e3)
        print(f"    plain FTS5, newest 20 with snippets: p50 {sorted(times)[50]:.1f}  p95 {_p95(times):.1f} ms")
