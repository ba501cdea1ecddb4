"""`python -m tests.bench._service_street SETTINGS`: the outlets of the service's benchmark, and who is told, in one process.

Each outlet is an address of its own, 127.1.0.0 and up, behind one listener on all of them: to the daemon so many hosts, with
a robots.txt, a turn and a pause each. With TLS they are names below `NAMES`, which the daemon is led to. SETTINGS is JSON, see
`Street`. Prints one line when it serves; ends when its stdin is closed.

    GET  /robots.txt /feed.xml /a/N.html   by the Host header
    POST /hook                             a message; what it tells of is noted with the time
    GET  /told                             {"URL path": Unix time}, of the first message that told it
"""

from __future__ import annotations

import asyncio
import gc
import json
import re
import socket
import sys
import time
import zlib
from collections import Counter
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import trustme

from tests import bombs
from tests.bench._service_places import NAMES, outlet_of
from tests.bench._service_press import ROBOTS, Calendar, Press, tag
from tests.hostile.bombs import gzipped
from tests.hostile.faults import FAULTS, Serve, reply, send
from tests.hostile.server import _guarded

# What every hundredth outlet serves in place of its feed, or of its pages.
BAD_FEEDS = (
    "/bomb/gzip", "/silent", "feed: billion laughs", "/slow/byte", "feed: 200k deep", "/endless/body", "/status/garbage",
    "feed: JSON 100k deep", "/bomb/endless-gzip", "/reset/body", "feed: 1M entries", "/length/too-long",
)  # fmt: skip
BAD_PAGES = (
    "/bomb/gzip", "div 100k deep", "/endless/body", "div at the bound, text", "/slow/chunks", "p at the bound", "/bomb/stacked-100",
    "table at the bound", "/bomb/endless-gzip", "select 100k deep", "/silent/half", "/type/pdf",
)  # fmt: skip
# Pages that are made already when they are asked for again.
_READY = 1_000
_TOLD = re.compile(rb"https?://([^/\"\s]+)(/a/\d+\.html)")


@dataclass(frozen=True)
class Street:
    """What is served. `start`: a Unix time, see Calendar; `latency`: seconds before each answer; `hits`: the share of articles
    with the phrase; `trust`: the file for the authority's certificate, "" for plain HTTP.
    """

    data: str
    count: int
    period: float
    start: float
    port: int = 0
    latency: float = 0.0
    hits: float = 0.1
    pages: int = 300
    hostile: bool = True
    trust: str = ""

    @property
    def calendar(self) -> Calendar:
        return Calendar(self.count, self.period, self.start)

    def said(self) -> str:
        return json.dumps(asdict(self))


class Server:
    """Answers for all outlets."""

    def __init__(self, street: Street) -> None:
        self._street, self._calendar = street, street.calendar
        self._press = Press.of(Path(street.data), street.pages, street.hits)
        self.told: dict[str, float] = {}
        self.counts: Counter[str] = Counter()
        self._bad = {name: _bad(name) for name in (*BAD_FEEDS, *BAD_PAGES)} if street.hostile else {}

    @lru_cache(maxsize=_READY)  # noqa: B019 - there is one
    def _packed(self, outlet: int, number: int) -> bytes:
        return self._press.packed(self._calendar, outlet, number)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").strip().split("\r\n")
            method, path, _ = first.split(" ", 2)
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            if method == "POST":
                self._hear(await reader.readexactly(int(headers["content-length"])))
                await send(writer, reply(b"", b"Connection: close"))
                return
            if path == "/told":
                await send(writer, reply(json.dumps({"told": self.told, "asked": self.counts}).encode()))
                return
            await asyncio.sleep(self._street.latency)
            answer = self.answer(outlet_of(headers["host"]), path, headers.get("if-none-match", ""))
            if not isinstance(answer, bytes):
                await answer(writer)
                return
            await send(writer, answer)

    def _hear(self, body: bytes) -> None:
        for place, path in _TOLD.findall(body):
            self.told.setdefault((place + path).decode(), time.time())

    def answer(self, outlet: int, path: str, known: str) -> bytes | Serve:
        """Return what an outlet says; a function where it misbehaves."""
        bad = self._calendar.hostile(outlet) if self._street.hostile else None
        newest = self._calendar.newest(outlet, time.time())
        if path == "/robots.txt":
            self.counts["robots"] += 1
            return _reply(ROBOTS, "text/plain")
        if path == "/feed.xml":
            self.counts["feed"] += 1
            if bad is not None and bad % 2 == 0:
                return self._bad[BAD_FEEDS[bad // 2 % len(BAD_FEEDS)]]
            # Half of all outlets know validators; the others send the same bytes again.
            validator = tag(newest) if outlet % 2 else ""
            if validator and known == validator:
                self.counts["304"] += 1
                return f"HTTP/1.1 304 Not Modified\r\nETag: {validator}\r\n\r\n".encode()
            body = self._calendar.feed(self._calendar.group(outlet), newest)
            return _reply(body, "application/rss+xml", f"ETag: {validator}" if validator else "")
        found = re.fullmatch(r"/a/(\d+)\.html", path)
        if found is None:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        self.counts["page"] += 1
        if bad is not None and bad % 2:
            return self._bad[BAD_PAGES[bad // 2 % len(BAD_PAGES)]]
        body = self._packed(outlet, int(found[1]))
        return _reply(body, "text/html; charset=utf-8", "Content-Encoding: gzip")


def _reply(body: bytes, kind: str, more: str = "") -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *filter(None, [more]), "", ""]
    return "\r\n".join(lines).encode() + body


def _bad(name: str) -> Serve:
    if name in FAULTS:
        return FAULTS[name].serve
    bomb = next(one for one in bombs.ALL if one.name == name)
    headers = [f"{key}: {value}".encode() for key, value in {"Content-Type": bomb.kind, **bomb.headers}.items()]
    # Made before anything is served, which would wait for it.
    packed = zlib.compress(reply(bomb.make(), *headers), 1)

    async def serve(writer: asyncio.StreamWriter) -> None:
        await send(writer, zlib.decompress(packed))

    return serve


async def serve(street: Street) -> None:
    server = Server(street)
    if street.hostile:
        gzipped()
    secure = None
    if street.trust:
        import ssl

        authority = trustme.CA()
        authority.cert_pem.write_to_path(street.trust)
        secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(f"*.{NAMES}").configure_cert(secure)
    # What was made stays: to look through it again and again would hold up answers.
    gc.freeze()
    running: set[asyncio.Task[None]] = set()
    accept = _guarded(server.accept, running)
    listener = await asyncio.start_server(accept, sock=_on_loopback(street.port), ssl=secure, backlog=4_096)
    # Messages come unencrypted.
    plain = await asyncio.start_server(accept, "127.0.0.1", 0)
    print(*(one.sockets[0].getsockname()[1] for one in (listener, plain)), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for one in (listener, plain):
        one.close()
    for task in list(running):
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def _on_loopback(port: int) -> socket.socket:
    """Return a socket for every address of this machine's loopback, and for none of its others."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    # As on a wire. Segments of loopback's 64 kB fill a window, and its next one is asked for after 0.2 s and more.
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1_460)
    made.bind(("0.0.0.0", port))
    return made


if __name__ == "__main__":
    asyncio.run(serve(Street(**json.loads(sys.argv[1]))))
