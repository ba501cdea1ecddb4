"""/healthz and /metrics over HTTP, from a thread with a loop of its own: they answer while the daemon's loop hangs.

Each connection has one answer and some seconds; of more than MOST at once the oldest is closed. Nothing that is sent
here is kept, and nothing here writes.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import struct
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress

log = logging.getLogger("monitor")

# Seconds from the first byte of a request to the last of its answer.
DEADLINE = 5.0
MOST = 32
LARGEST = 8_192
_STATUS = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
           500: "Internal Server Error", 503: "Service Unavailable"}  # fmt: skip

# The value of `Accept` → status, content type, body.
Answer = Callable[[str], tuple[int, str, bytes]]


class Service:
    """Serves `pages`, by path, from `start` to `stop`."""

    def __init__(self, pages: dict[str, Answer]) -> None:
        self._pages = pages
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._thread: threading.Thread | None = None
        self._open: dict[asyncio.Task[None], None] = {}
        self._local = True

    def start(self, host: str, port: int) -> str:
        """Listen; return "host:port" as it is. Raises OSError, such as for a port in use."""
        self._local = host == "localhost" or ipaddress.ip_address(host).is_loopback
        at: Future[tuple[str, int]] = Future()
        self._thread = threading.Thread(target=self._run, args=(host, port, at), name="service", daemon=True)
        self._thread.start()
        try:
            found, number = at.result()
        except OSError:
            self._thread.join()
            raise
        return f"[{found}]:{number}" if ":" in found else f"{found}:{number}"

    def stop(self) -> None:
        """Close what is open; twice is once."""
        if self._thread is not None and self._thread.is_alive():
            with suppress(RuntimeError):  # its loop ended between the two
                self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join(timeout=2.0)

    def _run(self, host: str, port: int, at: Future[tuple[str, int]]) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve(host, port, at))
        except OSError as error:
            at.set_exception(error)
        finally:
            self._loop.close()

    async def _serve(self, host: str, port: int, at: Future[tuple[str, int]]) -> None:
        server = await asyncio.start_server(self._connected, host, port, limit=LARGEST)
        at.set_result(server.sockets[0].getsockname()[:2])
        await self._ended.wait()
        server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = asyncio.current_task()
        assert mine is not None
        while len(self._open) >= MOST:
            # The one that is silent longest: a check of health must get through.
            oldest = next(iter(self._open))
            del self._open[oldest]
            oldest.cancel()
        self._open[mine] = None
        # Closed at once, with what was not taken: until its end says that all of it was.
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        try:
            # A client that says nothing, or does not read, or hangs up.
            with suppress(TimeoutError, OSError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError):
                async with asyncio.timeout(DEADLINE):
                    head = await reader.readuntil(b"\r\n\r\n")
                    writer.write(self._answer(head.decode("latin-1")))
                    await writer.drain()
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
                    writer.close()
                    await writer.wait_closed()
        finally:
            writer.transport.abort()
            self._open.pop(mine, None)

    def _answer(self, head: str) -> bytes:
        first, *lines = head.split("\r\n")
        method, _, rest = first.partition(" ")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        page = self._pages.get(rest.split(" ")[0].partition("?")[0])
        status, kind, body = 200, "text/plain; charset=utf-8", b""
        if not rest.endswith(("HTTP/1.1", "HTTP/1.0")):
            status = 400
        elif method not in {"GET", "HEAD"}:
            status = 405
        elif self._local and not _here(headers.get("host", "localhost")):
            # A page in this machine's browser, whose own name leads here.
            status = 403
        elif page is None:
            status = 404
        else:
            status, kind, body = self._ask(page, headers.get("accept", ""))
        body = body or f"{_STATUS[status]}\n".encode()
        lines = [f"HTTP/1.1 {status} {_STATUS[status]}", f"Content-Type: {kind}", f"Content-Length: {len(body)}",
                 "Connection: close", "Cache-Control: no-store", "X-Content-Type-Options: nosniff"]  # fmt: skip
        return "\r\n".join([*lines, "\r\n"]).encode("latin-1") + (b"" if method == "HEAD" else body)

    @staticmethod
    def _ask(page: Answer, accept: str) -> tuple[int, str, bytes]:
        try:
            return page(accept)
        except Exception:
            log.exception("a page of the daemon's own could not be made")
            return 500, "text/plain; charset=utf-8", b""


def _here(host: str) -> bool:
    """Say whether a `Host` names this machine by address: "127.0.0.1:9464", "[::1]", "localhost"."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name.lower() == "localhost"
    return True
