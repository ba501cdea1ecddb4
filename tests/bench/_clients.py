"""What a request costs the client: this project's beside httpx's own, aiohttp and Scrapy, against a server on loopback.

Each client runs in a fresh process, and all bodies are unpacked. `python -m tests.bench._clients serve COUNT` is the
server, `… run CLIENT SHAPE PORT` prints the CPU milliseconds of one request.
"""

from __future__ import annotations

import asyncio
import gzip
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path

HOSTS = 200
# How many requests, to how many hosts, how many at a time: one host is asked one thing at a time, as the product does.
SHAPES = {"1 host, kept alive": (500, 1, 1), "200 hosts, 1 request each": (HOSTS, HOSTS, 100)}
ROUNDS = 4
CLIENTS = {"ours": "monitor.fetch.client", "httpx": "httpx", "aiohttp": "aiohttp", "scrapy": "scrapy"}

Get = Callable[[str], Awaitable[int]]


async def _serve(count: int) -> None:
    from tests.bench._feed_samples import Newsroom

    body = gzip.compress(Newsroom(1).rss(40, 24))
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}"
    )
    answer = head.encode() + b"\r\n\r\n" + body

    async def answer_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    first = await asyncio.start_server(answer_all, "127.0.0.1", 0, backlog=1_000)
    port = first.sockets[0].getsockname()[1]
    others = [await asyncio.start_server(answer_all, f"127.0.0.{n}", port, backlog=1_000) for n in range(2, count + 1)]
    print(port, flush=True)
    await asyncio.gather(first.serve_forever(), *(other.serve_forever() for other in others))


@contextmanager
def server() -> Iterator[int]:
    """Run the server in a process of its own, on 127.0.0.1 and up, and give the port."""
    command = [sys.executable, "-m", "tests.bench._clients", "serve", str(HOSTS)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


def _addresses(shape: str, port: int) -> list[str]:
    count, hosts, _ = SHAPES[shape]
    return [f"http://127.0.0.{1 + number % hosts}:{port}/feed/{number}" for number in range(count)]


async def _best(
    opened: Callable[[], AbstractAsyncContextManager[Get]], addresses: Sequence[str], at_once: int
) -> float:
    """Return CPU milliseconds a request, the least of some rounds, each with a client that has no connection yet."""
    least = float("inf")
    for _ in range(ROUNDS):
        turn = asyncio.Semaphore(at_once)
        async with opened() as get:
            began = time.process_time()
            await asyncio.gather(*(_one(get, url, turn) for url in addresses))
            least = min(least, time.process_time() - began)
    return least / len(addresses) * 1_000


async def _one(get: Get, url: str, turn: asyncio.Semaphore) -> None:
    async with turn:
        assert await get(url) > 30_000


@asynccontextmanager
async def _ours() -> AsyncIterator[Get]:
    from monitor.fetch.client import Client
    from monitor.parse.bytes import inflate
    from monitor.ports import Request

    client = Client(agent="bench")

    async def get(url: str) -> int:
        host = url.split("/")[2]
        ports = frozenset({int(host.split(":")[1])})
        return len(inflate(await client.get(Request(url, private_origin=host, ports=ports))))

    try:
        yield get
    finally:
        await client.aclose()


@asynccontextmanager
async def _httpx() -> AsyncIterator[Get]:
    import httpx

    async with httpx.AsyncClient() as client:

        async def get(url: str) -> int:
            return len((await client.get(url)).content)

        yield get


@asynccontextmanager
async def _aiohttp() -> AsyncIterator[Get]:
    import aiohttp

    async with aiohttp.ClientSession() as session:

        async def get(url: str) -> int:
            async with session.get(url) as response:
                return len(await response.read())

        yield get


def _scrapy(addresses: Sequence[str], at_once: int) -> float:
    import scrapy
    from scrapy.crawler import CrawlerProcess

    marks: list[float] = []

    class Spider(scrapy.Spider):
        name = "bench"

        async def start(self):
            marks.append(time.process_time())
            for url in addresses:
                yield scrapy.Request(url, dont_filter=True)

        def parse(self, response):
            assert len(response.body) > 30_000
            marks.append(time.process_time())

    process = CrawlerProcess(
        {
            "LOG_ENABLED": False,
            "TELNETCONSOLE_ENABLED": False,
            "ROBOTSTXT_OBEY": False,
            "CONCURRENT_REQUESTS": at_once,
            "CONCURRENT_REQUESTS_PER_DOMAIN": at_once,
            "DOWNLOAD_DELAY": 0,
        }
    )
    process.crawl(Spider)
    process.start()
    assert len(marks) == len(addresses) + 1
    return (marks[-1] - marks[0]) / len(addresses) * 1_000


def _run(client: str, shape: str, port: int) -> None:
    addresses, at_once = _addresses(shape, port), SHAPES[shape][2]
    if client == "scrapy":
        print(_scrapy(addresses, at_once))
    else:
        opened = {"ours": _ours, "httpx": _httpx, "aiohttp": _aiohttp}[client]
        print(asyncio.run(_best(opened, addresses, at_once)))


def _measured(client: str, shape: str, port: int) -> float:
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench._clients", "run", client, shape, str(port)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def show_clients(clients: Sequence[str]) -> None:
    """Print what a request costs every client, and how many times that of ours. Scrapy runs once a process: best of 3."""
    with server() as port:
        for shape in SHAPES:
            taken = {
                client: min(_measured(client, shape, port) for _ in range(3 if client == "scrapy" else 1))
                for client in clients
            }
            cells = [f"{name} {spent:.2f} ms ({spent / taken['ours']:.2f} x)" for name, spent in taken.items()]
            print(f"{shape}: CPU a request: {', '.join(cells)}")


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(_serve(int(sys.argv[2])))
    else:
        _run(sys.argv[2], sys.argv[3], int(sys.argv[4]))
