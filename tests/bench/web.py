"""Each screen of the page on a large archive, with 40 articles a second being written, and what the process takes.

    python -m tests.bench web --data DIR --archive /tmp/archive --articles 1000000

The archive is that of `python -m tests.bench archive`, built where there is none. Asked over loopback by one client on one
connection, in turn; figures are milliseconds. Beside it Datasette (the extra `datasette`) on the same file.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import httpx

from tests.bench._archive_data import DAYS, GROUP, Texts, Writer, articles, build
from tests.bench._archive_queries import writing
from tests.bench._service_gauges import below, pss, share

ROOT = Path(__file__).parents[2]
LIMIT, MEMORY = 50.0, 80e6
ROUNDS = 60


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--archive", type=Path, required=True, help="the folder for the archive")
    parser.add_argument("--articles", type=int, default=1_000_000)


def main(data: Path, options: argparse.Namespace) -> None:
    """Build where there is none, then ask every screen."""
    texts = Texts.load(data)
    path = options.archive / f"monitor-{options.articles}.db"
    if not path.exists():
        options.archive.mkdir(parents=True, exist_ok=True)
        build(path.with_suffix(".part"), texts, options.articles)
        path.with_suffix(".part").rename(path)
    _overnight(path, texts, options.articles // DAYS)
    screens = _screens(path)
    with tempfile.TemporaryDirectory() as folder:
        with _page(Path(folder), path) as (url, process):
            print("alone:")
            _ask(url, screens)
            print("beside a writer:")
            with writing(path, texts):
                _ask(url, screens)
            memory = pss(process) + sum(map(pss, below(process)))
        print(f"memory {memory / 1e6:.0f} MB (limit {MEMORY / 1e6:.0f}: {_met(memory, MEMORY)})")
    _datasette(path)


def _overnight(path: Path, texts: Texts, count: int) -> None:
    """Write a day's articles of the last 24 hours: the archive ends when it was built, and Today would be empty."""
    writer, now, day = Writer(path), datetime.now(UTC), timedelta(days=1)
    made = islice(articles(texts, count, seed=int(now.timestamp())), count)
    dated = []
    for number, (article, _) in enumerate(made):
        at, url = now - day + day * (number / count), f"{article.url}-{now:%m%d%H%M%S}"
        fresh = replace(article, url=url, canonical_url=url, published=at, content_hash=f"{now:%m%d%H%M%S}-{number}")
        dated.append((fresh, at))
    for start in range(0, count, GROUP):
        writer.write(dated[start : start + GROUP])
    writer.close()


def _screens(path: Path) -> dict[str, list[str]]:
    """Return the addresses of each screen, several where they are of one thing."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as raw:
        last = raw.execute("SELECT max(id) FROM hits").fetchone()[0]
        some = raw.execute(
            "SELECT id, article_id, story_id, rule_id FROM hits WHERE id > ? LIMIT 40", (last - 4_000,)
        ).fetchall()
    rules = sorted({row[3] for row in some})[:8]
    return {
        "today": ["/"],
        "hits": ["/hits"],
        "hits of a rule, 30 days": [f"/hits?rule={rule}&since=30d" for rule in rules],
        "hits by words": [f"/hits?q={word}" for word in ("minister", "harbour", "%22prime+minister%22", "nato")],
        "a hit": [f"/hits/{row[0]}" for row in some],
        "an article": [f"/articles/{row[1]}" for row in some],
        "a story": [f"/stories/{row[2]}" for row in some if row[2]] or ["/stories/none"],
        "alerts": ["/alerts"],
        "rules": ["/rules"],
        "outlets": ["/outlets"],
    }  # fmt: skip


def _ask(url: str, screens: dict[str, list[str]]) -> None:
    with httpx.Client(timeout=30.0) as client:
        for name, places in screens.items():
            times = []
            for number in range(ROUNDS):
                begun = time.perf_counter()
                answer = client.get(url + places[number % len(places)])
                times.append((time.perf_counter() - begun) * 1e3)
                assert answer.status_code in {200, 404}, (places[number % len(places)], answer.status_code)
            middle, high, most = share(times, 0.5, 0.95, 1.0)
            print(
                f"    {name:26} p50 {middle:6.1f}  p95 {high:6.1f}  max {most:6.1f}  limit {LIMIT:.0f}: {_met(high, LIMIT)}"
            )


def _met(found: float, limit: float) -> str:
    return "met" if found <= limit else "NOT MET"


@contextmanager
def _page(folder: Path, path: Path) -> Iterator[tuple[str, int]]:
    (folder / "monitor.yaml").write_text(f"storage: {{path: {path.resolve()}}}\n")
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as raw:
        rules = [row[0] for row in raw.execute("SELECT DISTINCT rule_id FROM hits LIMIT 200")]
    (folder / "rules.yaml").write_text(
        "rules:\n" + "".join(f"  {rule}: {{query: '\"of {rule}\"'}}\n" for rule in rules)
    )
    command = [sys.executable, "-m", "monitor", "--config", str(folder), "web", "--port"]
    with _serving(command, {"PYTHONPATH": str(ROOT)}, "/hits/0") as found:
        yield found


@contextmanager
def _serving(command: list[str], environment: dict[str, str], place: str) -> Iterator[tuple[str, int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        [*command, str(port)], env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            while True:
                try:
                    httpx.get(url + place, timeout=30.0)
                    break
                except httpx.TransportError:
                    assert process.poll() is None
                    time.sleep(0.1)
            yield url, process.pid
        finally:
            process.terminate()


def _datasette(path: Path) -> None:
    command = shutil.which("datasette", path=str(Path(sys.executable).parent))
    if command is None:
        print("beside Datasette: not run, it is not installed (the extra `datasette`)")
        return
    name = path.stem
    screens = {
        "hits": [f"/{name}/hits"],
        "hits of a rule": [f"/{name}/hits?rule_id=r1&_sort_desc=id"],
        "an article": [f"/{name}/articles/1000"],
    }
    print("Datasette:")
    words = [command, "serve", str(path), "--setting", "sql_time_limit_ms", "30000", "--port"]
    with _serving(words, {}, "/") as (url, process):
        _ask(url, screens)
        print(f"memory {pss(process) / 1e6:.0f} MB")
