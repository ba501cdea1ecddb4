"""What a poll costs the product, all its processes together: ask, read, compare, store. Beside the bare means: httpx's
default client and, where the feed has changed, feedparser.

A thousand outlets by name, on one server in a process of its own; names lead there by the client's own seams, so that
the guard, the turns of hosts and robots.txt are in it. `python -m tests.bench._polls serve` is the server.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpcore

from monitor.clock import SystemClock
from monitor.configured import Orders
from monitor.fetch.client import Client
from monitor.fetch.gate import Gate
from monitor.fetch.visit import Visitor
from monitor.model import Outlet, Rule, Source
from monitor.pipeline import Pipeline
from monitor.pool import Pool
from monitor.store.ledger import StoreLedger
from monitor.store.sqlite import SqliteStore
from monitor.views import DueSource
from monitor.zygote import memory
from tests import lines
from tests.bench._feed_samples import Newsroom

OUTLETS = 1_000
SLOTS = 100
NEW = 2
GOALS = {"changed": 4.0, "unchanged": 2.0}
AGENT = "news-monitor/1.0 (+desk@example.org)"
TICKS = 100.0


class _Server:
    """Answers feeds by host: 40 items, `NEW` of them new at each round; 304 to whoever has this round's."""

    def __init__(self) -> None:
        self.round = 0
        self._bodies: dict[int, bytes] = {}

    def answer(self, head: str) -> bytes:
        first, *lines = head.split("\r\n")
        path = first.split(" ")[1]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if path.startswith("/round/"):
            self.round = int(path.rsplit("/", 1)[1])
            return b"HTTP/1.1 204 No Content\r\n\r\n"
        if not path.endswith("feed.xml"):
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        tag = f'"{self.round}"'
        if headers.get("if-none-match") == tag:
            return f"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n".encode()
        body = self._bodies.get(self.round)
        if body is None:
            body = self._bodies[self.round] = _feed(self.round)
        return (
            f"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: {tag}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    async def serve(self) -> None:
        async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while head := await reader.readuntil(b"\r\n\r\n"):
                    writer.write(self.answer(head.decode("latin-1").strip()))
                    await writer.drain()
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()

        server = await asyncio.start_server(connection, "127.0.0.1", 0, backlog=2_000)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


def _feed(turn: int) -> bytes:
    """Return a feed of forty realistic items of which a round's are new."""
    items = Newsroom(1).rss(40, 24)
    head, *entries = items.split(b"<item>")
    tail = b"</channel></rss>"
    entries[-1] = entries[-1].split(b"</channel>")[0]
    made = []
    for place in range(40):
        number = turn * NEW + 40 - place
        link = f"<link>/story/{number}/what-the-council-decided</link><guid isPermaLink='false'>g{number}</guid>"
        text = entries[number % len(entries)]
        made.append(b"<item>" + _without(text, b"link", b"guid").replace(b"</item>", link.encode() + b"</item>"))
    return head + b"".join(made) + tail


def _without(text: bytes, *names: bytes) -> bytes:
    for name in names:
        start = text.find(b"<" + name)
        while start >= 0:
            end = text.find(b"</" + name + b">", start)
            text = text[:start] + text[end + len(name) + 3 :] if end >= 0 else text[:start]
            start = text.find(b"<" + name)
    return text


@contextmanager
def _server() -> Iterator[int]:
    command = [sys.executable, "-m", "tests.bench._polls", "serve"]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


def show_polls(_data: Path, _options: argparse.Namespace) -> None:
    """Measure and print."""
    with _server() as port, tempfile.TemporaryDirectory() as folder:
        ours = asyncio.run(_ours(port, Path(folder)))
    with _server() as port:
        peer = asyncio.run(_bare(port))
    print(f"polls of {OUTLETS:,} outlets, 40 items each, {NEW} of them new where the feed has changed")
    for kind, goal in GOALS.items():
        mine, theirs = ours[kind], peer[kind]
        verdict = "ok" if mine <= goal else "short"
        bare = "httpx and feedparser" if kind == "changed" else "httpx"
        print(
            f"    {kind:10} {mine:.2f} ms of CPU a poll (goal {goal:g}: {verdict}); {bare} {theirs:.2f} ms, "
            f"{theirs / mine:.2f} x ours"
        )
    print(f"    memory: daemon {ours['daemon MB']:.0f} MB, readers {ours['readers MB']:.0f} MB")


async def _ours(port: int, folder: Path) -> dict[str, float]:
    async def resolve(host: str) -> list[str]:
        return ["93.184.216.34"]

    async def dial(_address: str, _port: int, timeout: float) -> httpcore.AsyncNetworkStream:
        return await httpcore.AnyIOBackend().connect_tcp("127.0.0.1", port, timeout=timeout)

    rules = [Rule("nato", "nato"), Rule("willing", '"coalition of the willing"')]
    outlets = [
        Outlet(f"o{number}", homepage=f"http://o{number}.example/", sources=(Source(f"http://o{number}.example/feed.xml"),))
        for number in range(OUTLETS)
    ]  # fmt: skip
    pool = await Pool.start(rules, (), size=2)
    client = Client(agent=AGENT, resolve=resolve, dial=dial)
    ledger = StoreLedger(lambda: SqliteStore.open(folder / "monitor.db"))
    clock = SystemClock()
    try:
        visitor = Visitor(client, pool, ledger, clock, Gate(0.0), AGENT)
        orders = Orders({outlet.id: outlet for outlet in outlets}, {rule.id: rule for rule in rules}, {}, ())
        line, _ = lines.pipeline(visitor, pool, ledger, None, clock, orders)
        ledger.submit(lambda store: store.outlets.sync(outlets, clock.now())).result()
        found: dict[str, list[float]] = {kind: [] for kind in GOALS}
        await _round(line, pool, ledger, clock)
        for turn in range(1, 4):
            await _turn(port, turn)
            found["changed"].append(await _round(line, pool, ledger, clock))
            found["unchanged"].append(await _round(line, pool, ledger, clock))
        figures = {kind: min(values) for kind, values in found.items()}
        figures["daemon MB"] = memory()[1] / 1e6
        figures["readers MB"] = sum(memory(worker.pid)[1] for worker in pool._crew) / 1e6
        return figures
    finally:
        await pool.aclose()
        await client.aclose()
        ledger.close()


async def _round(line: Pipeline, pool: Pool, ledger: StoreLedger, clock: SystemClock) -> float:
    """Poll every outlet once; return the CPU milliseconds a poll of this process and the readers."""

    in_two_days = clock.now() + timedelta(days=2)
    sources = ledger.submit(lambda store: store.outlets.lease_due(in_two_days, limit=OUTLETS, lease=600.0)).result()
    assert len(sources) == OUTLETS
    slots = asyncio.Semaphore(SLOTS)

    async def one(source: DueSource) -> None:
        async with slots:
            done = await line.poll(source)
            assert done.reason is None, done

    before = time.process_time() + _readers(pool)
    await asyncio.gather(*(one(source) for source in sources))
    return (time.process_time() + _readers(pool) - before) / len(sources) * 1_000


def _readers(pool: Pool) -> float:
    """Return the CPU seconds of the reader processes."""
    spent = 0.0
    for worker in pool._crew:
        fields = Path(f"/proc/{worker.pid}/stat").read_text().rsplit(")", 1)[1].split()
        spent += (int(fields[11]) + int(fields[12])) / TICKS
    return spent


async def _turn(port: int, turn: int) -> None:
    import httpx

    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(f"http://127.0.0.1:{port}/round/{turn}")


async def _bare(port: int) -> dict[str, float]:
    """Return what httpx's default client, and feedparser, cost a poll."""
    import feedparser
    import httpx

    found: dict[str, list[float]] = {kind: [] for kind in GOALS}
    async with httpx.AsyncClient(trust_env=False) as client:
        slots = asyncio.Semaphore(SLOTS)

        async def one(number: int, tag: str) -> None:
            async with slots:
                headers = {"If-None-Match": tag, "Host": f"o{number}.example"}
                answer = await client.get(f"http://127.0.0.1:{port}/feed.xml", headers=headers)
            if answer.status_code == 200:
                feedparser.parse(answer.content)

        for turn in range(1, 3):
            await _turn(port, turn)
            for kind, tag in (("changed", '"old"'), ("unchanged", f'"{turn}"')):
                began = time.process_time()
                await asyncio.gather(*(one(number, tag) for number in range(OUTLETS)))
                found[kind].append((time.process_time() - began) / OUTLETS * 1_000)
    return {kind: statistics.fmean(values) for kind, values in found.items()}


def _main(words: Sequence[str]) -> None:
    if list(words) == ["serve"]:
        asyncio.run(_Server().serve())


if __name__ == "__main__":
    _main(sys.argv[1:])
