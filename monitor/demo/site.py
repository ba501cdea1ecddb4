"""Two small outlets on loopback: a feed and articles from this package's pages, published when told to."""

from __future__ import annotations

import asyncio
import html
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from importlib import resources

from monitor.demo.loopback import Loopback

_HEADER_LIMIT = 16_384


@dataclass
class Site(Loopback):
    """One outlet. `published`: page names its feed lists now; `forbidden`: pages that answer 403."""

    name: str
    published: list[str] = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    async def listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._answer, "127.0.0.1", 0, limit=_HEADER_LIMIT)

    @property
    def url(self) -> str:
        """The home page, without a closing slash."""
        return f"http://127.0.0.1:{self.port}"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode("ascii", "replace")
            self.asked.append(path)
            status, kind, body = self._page(path)
            writer.write(
                f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                "Connection: close\r\n\r\n".encode()
                + body
            )
            await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, IndexError):
            pass  # a client that goes away is no fault of the demonstration
        finally:
            writer.close()

    def _page(self, path: str) -> tuple[str, str, bytes]:
        name = path.lstrip("/")
        if name == "feed.xml":
            return "200 OK", "application/rss+xml; charset=utf-8", self._feed().encode()
        if name in self.published and name not in self.forbidden:
            return "200 OK", "text/html; charset=utf-8", page(name, datetime.now(UTC)).encode()
        if name in self.forbidden:
            return "403 Forbidden", "text/html", b"<h1>Forbidden</h1>"
        return "404 Not Found", "text/html", b"<h1>Not found</h1>"

    def _feed(self) -> str:
        now = datetime.now(UTC)
        items = "".join(
            f"<item><title>{html.escape(headline(name))}</title><link>{self.url}/{name}</link>"
            f"<guid>{self.url}/{name}</guid><pubDate>{format_datetime(now)}</pubDate></item>"
            for name in self.published
        )
        return (
            f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>{html.escape(self.name)}</title>'
            f"<link>{self.url}/</link>{items}</channel></rss>"
        )


def page(name: str, now: datetime) -> str:
    """Return a page of the demonstration with its date filled in."""
    text = resources.files("monitor.demo").joinpath("pages", name).read_text("utf-8")
    return text.replace("{{now}}", now.isoformat(timespec="seconds"))


def headline(name: str) -> str:
    """Return the headline of a page."""
    text = resources.files("monitor.demo").joinpath("pages", name).read_text("utf-8")
    return html.unescape(text.split("<h1>", 1)[1].split("</h1>", 1)[0])
