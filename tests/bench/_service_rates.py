"""Articles a second: from bytes to stored with hits, and with fetching over loopback; beside a plain script (_plain.py).

The pipeline's own `read` with two readers, the writer, 1,000 rules; HELD links in hand at once, of as many outlets, whose hosts
are asked one page at a time; those read first to warm up bring each robots.txt. Pages have the markup of real ones
(_service_press.py). Rates by the wall clock hold for the cores that were free; what was got of them stands beside.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor.configured import Orders
from monitor.fetch.client import Client
from monitor.fetch.gate import Gate
from monitor.fetch.visit import Visitor
from monitor.model import Channel, Headers, Link, Outlet, Page, Route, Rule, Source
from monitor.pipeline import Pipeline
from monitor.pool import Pool
from monitor.store.ledger import StoreLedger
from monitor.store.sqlite import SqliteStore
from monitor.wiring import SystemClock
from tests import lines
from tests.bench._service_gauges import below, spent
from tests.bench._service_places import host
from tests.bench._service_press import LISTED
from tests.bench._service_report import line
from tests.bench._service_room import queries
from tests.bench._service_run import ROOT, open_street
from tests.bench._service_street import Street

AGENT = "news-monitor/1.0 (+desk@example.org)"
HELD, WARM, READERS = 24, 60, 2
# Of the plain script, which takes a tenth of a second for each.
PLAIN, PLAIN_WARM = 60, 6
BYTES, FETCHED, TIMES, READER_MS = 300.0, 200.0, 8.0, 4.0


@dataclass(frozen=True)
class Rate:
    """What `count` articles took: seconds of the wall, and of CPU by who spent them."""

    count: int
    wall: float
    loop: float
    writer: float
    readers: float
    hits: int
    kinds: Counter[str]

    @property
    def cpu(self) -> float:
        return self.loop + self.writer + self.readers

    @property
    def a_second(self) -> float:
        return self.count / self.wall

    def ms(self, seconds: float) -> float:
        return seconds / self.count * 1e3


class Given:
    """Visits nobody: pages are there."""

    def __init__(self, pages: dict[str, bytes]) -> None:
        self._pages = pages

    async def get(self, url: str, _outlet: Outlet, **_: object) -> Page:
        headers = Headers([("Content-Type", "text/html; charset=utf-8"), ("Content-Encoding", "gzip")])
        return Page(url, url, 200, headers, self._pages[url], datetime.now(UTC))


def rates(data: Path, folder: Path, rules: int, count: int) -> None:
    """Measure and print."""
    said = queries(data, rules)
    outlets = max(WARM, -(-(count + WARM) // LISTED))
    street = Street(str(data), outlets, 86_400.0, time.time(), hostile=False)
    print(f"rates: {count} articles, {rules:,} rules, {READERS} readers; two cores", flush=True)
    with open_street(street) as (_, port, _told):
        outlets_ = [_outlet(number, f"http://{host(number)}:{port}") for number in range(outlets)]
        listed = [[_link(outlet, street, number) for number in _numbers(street, outlet)] for outlet in outlets_]
        links = [link for row in zip(*listed, strict=True) for link in row][: count + WARM]
        # Asked for once, so that whoever serves them has them ready.
        pages = {link.url: _body(link.url) for link in links}
        plainly_read = outlets_[: PLAIN // LISTED]
        for link in itertools.chain(*listed[: len(plainly_read)]):
            _body(link.url)
        ours = asyncio.run(_measure(folder / "bytes.db", said, outlets_, links, pages))
        fetched = asyncio.run(_measure(folder / "fetched.db", said, outlets_, links, None))
        plain = _plain(folder, "bytes", said, pages=_files(folder, pages))
        plainly = _plain(folder, "fetched", said, feeds=[one.sources[0].url for one in plainly_read])
    sizes = [len(body) for body in pages.values()]
    line("pages", f"{sum(sizes) / len(sizes) / 1e3:.0f} kB packed on average")
    _show("bytes to stored", ours, BYTES, plain)
    _show("fetched to stored", fetched, FETCHED, plainly)
    mean = ours.ms(ours.readers)
    line("a reader, on a mean page", f"{mean:.2f} ms of CPU", f"{READER_MS:g} ms", mean <= READER_MS)


def _show(what: str, ours: Rate, least: float, plain: dict[str, float]) -> None:
    cores = ours.cpu / ours.wall
    line(what, f"{ours.a_second:.0f} articles/s on {cores:.2f} cores", f"{least:g}/s", ours.a_second >= least)
    parts = f"loop {ours.ms(ours.loop):.2f} + writer {ours.ms(ours.writer):.2f} + readers {ours.ms(ours.readers):.2f}"
    line(
        "  CPU ms an article",
        f"{parts} = {ours.ms(ours.cpu):.2f}; two whole cores would do {2e3 / ours.ms(ours.cpu):.0f}/s",
    )
    kinds = ", ".join(f"{name} {count}" for name, count in ours.kinds.most_common(4))
    line("  of these", f"{ours.hits} hits; {kinds}")
    theirs = plain["articles"] / plain["wall"]
    each = plain["cpu"] / plain["articles"] * 1e3
    times = ours.a_second / theirs
    line("  the plain script", f"{theirs:.1f} articles/s, {each:.0f} ms of CPU an article, {plain['hits']:.0f} hits")
    line("", f'{plain["split"]:.0f} of them by rules like `"x y" AND (a OR b)`, which it takes for `x y … a` or `b`')
    text = f"{times:.1f} x by the wall, {each / ours.ms(ours.cpu):.1f} x by CPU"
    line("  ours beside it", text, f"{TIMES:g} x", times >= TIMES)


def _outlet(number: int, url: str) -> Outlet:
    return Outlet(f"o{number}", homepage=f"{url}/", sources=(Source(f"{url}/feed.xml"),), private=True)


def _numbers(street: Street, outlet: Outlet) -> range:
    newest = street.calendar.newest(int(outlet.id[1:]), time.time())
    return range(newest, newest - LISTED, -1)


def _link(outlet: Outlet, street: Street, number: int) -> Link:
    url = f"{outlet.homepage}a/{number}.html"
    at = datetime.fromtimestamp(street.calendar.published(int(outlet.id[1:]), number), UTC)
    return Link(
        outlet.id, outlet.sources[0].url, url, url, title=f"Report {number} of the day", published=at, first_seen=at
    )


def _body(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        body: bytes = answer.read()
    return body


async def _measure(
    path: Path, said: Sequence[str], outlets: Sequence[Outlet], links: Sequence[Link], pages: dict[str, bytes] | None
) -> Rate:
    """Read all links; `pages` None: fetch them."""
    rules = [Rule(f"r{number}", query, version="1") for number, query in enumerate(said)]
    pool = await Pool.start(rules, (), size=READERS)
    client = Client(agent=AGENT)
    clock = SystemClock()
    ledger = StoreLedger(lambda: SqliteStore.open(path), clock.monotonic)
    try:
        visitor: Any = Given(pages) if pages else Visitor(client, pool, ledger, clock, Gate(0.0), AGENT)
        channel = Channel("desk", "webhook", "http://127.0.0.1:9/")
        orders = Orders(
            {one.id: one for one in outlets},
            {one.id: one for one in rules},
            {"desk": channel},
            (Route("all", ("desk",)),),
        )
        line_, _ = lines.pipeline(visitor, pool, ledger, None, clock, orders)
        now = clock.now()

        def take(store: Any) -> list[Link]:
            store.outlets.sync(outlets, now)
            ids = {source.url: source.id for source in store.outlets.lease_due(now, limit=len(outlets), lease=600.0)}
            return [new for one in links for new in store.links.add([one], ids[one.source], now, lease=600.0)]

        leased = await asyncio.wrap_future(ledger.submit(take))
        await _read(line_, leased[:WARM])
        return await _read(line_, leased[WARM:])
    finally:
        await pool.aclose()
        await client.aclose()
        ledger.close()


async def _read(line_: Pipeline, links: Sequence[Link]) -> Rate:
    waiting, kinds, hits = list(reversed(links)), Counter[str](), 0

    async def one() -> None:
        nonlocal hits
        while waiting:
            # A task a link, as in the daemon: a large body's place is held by its task until that ends.
            done = await asyncio.create_task(line_.read(replace(waiting.pop(), attempts=0)))
            kinds[f"{done.text.value if done.text else 'none'} {done.reason.value if done.reason else ''}".strip()] += 1
            hits += done.hits

    wall, loop, everything, readers = time.monotonic(), time.thread_time(), time.process_time(), _readers()
    await asyncio.gather(*(one() for _ in range(HELD)))
    mine = time.thread_time() - loop
    return Rate(
        len(links),
        time.monotonic() - wall,
        mine,
        time.process_time() - everything - mine,
        _readers() - readers,
        hits,
        kinds,
    )


def _readers() -> float:
    return sum(spent(Path(f"/proc/{pid}"), reaped=True) for pid in below(os.getpid()))


def _files(folder: Path, pages: dict[str, bytes]) -> list[str]:
    place = folder / "pages"
    place.mkdir()
    found = []
    for number, body in enumerate(list(pages.values())[:PLAIN]):
        path = place / f"{number}.html.gz"
        path.write_bytes(body)
        found.append(str(path))
    return found


def _plain(folder: Path, name: str, rules: Sequence[str], **given: Sequence[str]) -> dict[str, float]:
    work = folder / f"plain-{name}.json"
    said = {**given, "rules": list(rules), "database": str(folder / f"plain-{name}.db"), "warm": PLAIN_WARM}
    work.write_text(json.dumps(said))
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench._plain", str(work)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
