"""`python -m tests.hostile.street KIND ARGUMENTS`: outlets on loopback, each on a port of its own, in one process.

    good COUNT     a feed, some articles, of which one is a hit
    bad few|all    what hostile outlets do: in place of a feed, of robots.txt, of pages, of TLS
    bombs few|all  what is made to cost a parser, as feeds and as pages

Prints one outlet a line as JSON, then an empty line; ends when its stdin is closed.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import trustme

from monitor.errors import Reason
from tests import bombs
from tests.desk import words
from tests.hostile.bombs import gzipped
from tests.hostile.faults import FAULTS, INWARD, Fault, Serve, reply, send
from tests.hostile.server import _PLAIN, TLS, _greet, _guarded, context
from tests.web import article

ARTICLES = 5
PHRASE = "coalition of the willing"
# A reset and a close look alike where the system reports one before what came with the other is read.
LOST = frozenset({Reason.CONNECT, Reason.PROTOCOL})
# Each waits for the whole deadline, and a host is asked for one thing at a time.
SLOW = ("silent", "slow")
# Of these one stands for all in the small pass.
FEW = (
    "/silent", "/slow/headers", "/slow/byte", "/endless/body", "/endless/tiny-chunks", "/endless/headers", "/bomb/gzip",
    "/bomb/stacked-20000", "/length/too-long", "/chunk/cut", "/header/10000", "/status/garbage", "/close/at-once",
    "/reset/body", "/loop", "/chain/0", "/inward/0", "/type/pdf", "/charset/utf-7", "/busy/429-0", "/silent/half",
    "/slow/chunks", "/bomb/br", "/bomb/endless-gzip", "/endless/continue", "/header/nul", "/moved/long", "/status/ssh",
    "/page/one-line",
)  # fmt: skip
FEW_BOMBS = (
    "feed: billion laughs",
    "feed: 1M entries",
    "feed: title of 5 MB",
    "feed: sitemap deep",
    "feed: JSON 100k deep",
    "feed: gzip 256 MB",
)
FEW_PAGES = (
    "/endless/gzip",
    "/bomb/br",
    "/length/too-long",
    "/reset/body",
    "/loop",
    "/inward/3",
    "/type/mp4",
    "/type/pdf-as-html",
)
ROBOTS = ("/silent", "/slow/headers", "/endless/header", "/status/500", "/status/garbage", "/close/at-once", "/reset/body", "/inward/0")  # fmt: skip


@dataclass
class House:
    """An outlet. `url`: where it stands; `source`: the path that is polled. `wants`: by path, the reasons one of which
    it must be told by; none: by any. `harmless`: what has none may have been read. `title`: of the hit.
    """

    id: str
    source: str = "/feed.xml"
    wants: dict[str, list[str]] = field(default_factory=dict)
    harmless: bool = False
    title: str = ""
    url: str = ""
    trust: str = ""


Doors = dict[str, Serve]
Row = tuple[House, Doors, str]


def _whole(body: bytes, *headers: bytes) -> Serve:
    return partial(send, data=reply(body, *headers))


def feed(entries: Iterable[tuple[str, str]]) -> Serve:
    """Return a feed of (path, title)."""
    now = format_datetime(datetime.now(UTC))
    items = "".join(
        f"<item><title>{title}</title><link>{path}</link><pubDate>{now}</pubDate></item>" for path, title in entries
    )
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>{items}</channel></rss>'
    return _whole(body.encode(), b"Content-Type: application/rss+xml")


def good(count: int) -> Iterable[Row]:
    """Yield good outlets; every text is of its own, as copies would be one story."""
    for number in range(count):
        doors: Doors = {}
        entries = []
        for piece in range(ARTICLES):
            seed = number * ARTICLES + piece
            title = words(seed, 0, 6)
            texts = [words(seed, part, 45) + "." for part in range(1, 5)]
            if not piece:
                texts[2] = f"{texts[2]} They spoke of a {PHRASE}."
            doors[f"/{piece}.html"] = _whole(article(title, *texts))
            entries.append((f"/{piece}.html", title))
        doors["/feed.xml"] = feed(entries)
        yield House(f"good-{number}", title=entries[0][1]), doors, ""


def expected(fault: Fault) -> list[str]:
    """Return the reasons by which a fault may be told; none: by any, or as a page that can be read."""
    if fault.path.startswith("/inward/"):
        return [reason.value for reason in INWARD]
    if fault.makes is Reason.CONNECT:
        return [reason.value for reason in LOST]
    if "endless" in fault.path:
        # On a busy machine its time may be over before its bytes are.
        return [Reason.TOO_LARGE.value, Reason.PROTOCOL.value, Reason.TIMEOUT.value]
    if fault.path.startswith("/page/"):
        return []  # too large for those alone who take 2 MB at most
    return [fault.makes.value] if isinstance(fault.makes, Reason) else []


def bad(every: bool) -> Iterable[Row]:
    """Yield hostile outlets: every fault in place of a feed, of pages, of robots.txt, of TLS."""
    # Half a second, in which nothing else would be served.
    gzipped()
    all_doors = {path: fault.serve for path, fault in FAULTS.items()}
    for path in FAULTS if every else FEW:
        yield House(_name("feed", path), path, {path: expected(FAULTS[path])}), all_doors, ""
    for path in ROBOTS if every else ROBOTS[:4]:
        doors = {"/robots.txt": FAULTS[path].serve, "/feed.xml": feed([("/page", "Harbour")])}
        yield House(_name("robots", path), wants={"/feed.xml": expected(FAULTS[path])}), doors, ""
    for kind, makes in TLS.items():
        if isinstance(makes, Reason):
            yield House(f"tls-{kind}", wants={"/feed.xml": [makes.value]}), {}, kind
    yield from _pages(every)


def _pages(every: bool) -> Iterable[Row]:
    families: dict[str, list[str]] = {}
    for path in FAULTS if every else [path for path in FEW_PAGES if path in FAULTS]:
        families.setdefault(path.split("/")[1] if every else "some", []).append(path)
    # One that asks for a pause is left alone: nothing is asked of its other pages.
    families.pop("busy", None)
    for name, paths in families.items():
        doors = {path: FAULTS[path].serve for path in FAULTS} | {
            "/feed.xml": feed((path, f"Report of {path}") for path in paths)
        }
        wants = {path: expected(FAULTS[path]) for path in paths}
        yield House(f"pages-{name}", wants=wants, harmless=True), doors, ""


def explosive(every: bool) -> Iterable[Row]:
    """Yield outlets whose feeds, or whose pages, are made to cost a parser its time or its memory."""
    for bomb in bombs.ALL:
        if bomb.door == "links" and (every or bomb.name in FEW_BOMBS):
            house = House(_name("bomb", bomb.name), wants={"/feed.xml": []}, harmless=True)
            yield house, {"/feed.xml": _bomb(bomb)}, ""
    pages = [bomb for bomb in bombs.ALL if bomb.door == "article"]
    chosen = pages[:: 12 if every else 97]
    for start in range(0, len(chosen), 10):
        part = {f"/{start + place}.html": bomb for place, bomb in enumerate(chosen[start : start + 10])}
        doors = {path: _bomb(bomb) for path, bomb in part.items()}
        doors["/feed.xml"] = feed((path, f"Report of {path}") for path in part)
        yield House(f"bombs-{start}", wants={path: [] for path in part}, harmless=True), doors, ""


def _bomb(bomb: bombs.Bomb) -> Serve:
    headers = [f"{name}: {value}".encode() for name, value in {"Content-Type": bomb.kind, **bomb.headers}.items()]
    # Made before anything is served, which would wait for it; packed, as all of them are 400 MB.
    packed = zlib.compress(reply(bomb.make(), *headers), 1)

    async def serve(writer: asyncio.StreamWriter) -> None:
        await send(writer, zlib.decompress(packed))

    return serve


def _name(kind: str, what: str) -> str:
    return f"{kind}-" + "".join(letter if letter.isalnum() else "-" for letter in what.lower()).strip("-")[:50]


def _accept(doors: Doors) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], asyncio.Future[None]]:
    missing = partial(send, data=reply(b"no", status="404 X"))

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        await doors.get(head.split(b" ")[1].decode("ascii", "replace"), missing)(writer)

    return accept  # type: ignore[return-value]


async def serve(rows: Iterable[Row]) -> None:
    """Open all, say where they are, and serve until nobody holds the other end of stdin."""
    authority, running = trustme.CA(), set()
    folder = Path(tempfile.mkdtemp(prefix="street-"))
    trust = folder / "trust.pem"
    authority.cert_pem.write_to_path(str(trust))
    servers = []
    for house, doors, kind in rows:
        secure = context(kind, authority, "127.0.0.1") if kind and kind not in _PLAIN else None
        accept = _greet(_PLAIN[kind]) if kind in _PLAIN else _accept(doors)
        server = await asyncio.start_server(_guarded(accept, running), "127.0.0.1", 0, ssl=secure)
        servers.append(server)
        house.url = f"http{'s' if kind else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        house.trust = str(trust) if kind else ""
        print(json.dumps(asdict(house)))
    print(flush=True)
    await asyncio.to_thread(sys.stdin.read)
    trust.unlink()
    folder.rmdir()
    for server in servers:
        server.close()
    for task in list(running):
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


if __name__ == "__main__":
    kind, argument = sys.argv[1:]
    if kind == "good":
        asyncio.run(serve(good(int(argument))))
    else:
        asyncio.run(serve({"bad": bad, "bombs": explosive}[kind](argument == "all")))
