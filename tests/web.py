"""A small real web server on loopback whose pages a test changes while it runs."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Web:
    """`pages`: path → bytes, or (status, content type, bytes). Others answer 404. `moves`: path → where a redirect leads.
    `asked`: paths in order.
    """

    def __init__(self) -> None:
        self.pages: dict[str, bytes | tuple[int, str, bytes]] = {}
        self.moves: dict[str, str] = {}
        self.asked: list[str] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.asked.append(self.path)
                answer = web.pages.get(self.path, (404, "text/html", b"<h1>Not found</h1>"))
                if isinstance(answer, bytes):
                    kind = "application/rss+xml" if answer[:5] == b"<?xml" else "text/html; charset=utf-8"
                    answer = (200, kind, answer)
                status, kind, body = answer if self.path not in web.moves else (301, "text/html", b"")
                self.send_response(status)
                self.send_header("Content-Type", kind)
                if self.path in web.moves:
                    self.send_header("Location", web.moves[self.path])
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Web:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def feed(
        self, entries: list[tuple[str, str]], path: str = "/feed.xml", dates: dict[str, datetime] | None = None
    ) -> None:
        """Publish a feed of (path, title), newest first. `dates`: of each path, else now."""
        now, dates = datetime.now(UTC), dates or {}
        items = "".join(
            f"<item><title>{escape(title)}</title><link>{self.url}{link}</link><guid>{self.url}{link}</guid>"
            f"<pubDate>{format_datetime(dates.get(link, now))}</pubDate></item>"
            for link, title in entries
        )
        self.pages[path] = (
            f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>T</title>{items}</channel></rss>'
        ).encode()


def article(title: str, *paragraphs: str, tail: str = "", lang: str = "en") -> bytes:
    """Return an article's page; `tail` is markup at the article's end."""
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    now = datetime.now(UTC).isoformat()
    return (
        f'<!doctype html><html lang="{lang}"><head><title>{title}</title><meta property="og:title" content="{title}">'
        f'<meta property="article:published_time" content="{now}"></head><body><nav><a href="/">Home</a></nav>'
        f"<main><article><h1>{title}</h1>{body}{tail}</article></main><footer>About us</footer></body></html>"
    ).encode()
