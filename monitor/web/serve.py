"""Serves the page until it is told to end: uvicorn, no process and no file of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from monitor.settings.describe import address

log = logging.getLogger("monitor")

# What a browser asks at once is a page and two files; more than this many at a time are refused.
AT_ONCE = 64
# Seconds for what is under way when it ends.
DRAIN = 3
# Seconds for a request and its answer: uvicorn waits for ever for whoever connects and is silent, or does not read.
PATIENCE = 30.0


class Hurried(H11Protocol):
    """Drops a connection on which nothing has come to its end within PATIENCE, so that 64 silent ones close nothing."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look at it."""
        super().connection_made(transport)
        self._begun: Any = None
        self._look = self.loop.call_later(PATIENCE, self._looked)

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        self._look.cancel()
        super().connection_lost(exc)

    def _looked(self) -> None:
        # One request's cycle lasts until the next one's; of an idle connection uvicorn itself tires sooner.
        if self.cycle is self._begun:
            self.transport.abort()
            return
        self._begun = self.cycle
        self._look = self.loop.call_later(PATIENCE, self._looked)


def bound(host: str, port: int) -> socket.socket:
    """Listen. Raises OSError, such as for a port in use."""
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        # Python's own words name the address once more.
        raise OSError(error.errno, os.strerror(error.errno or 0)) from error
    # What it accepts inherits it: asyncio sets it only on sockets that were made for TCP by number, and the body of an
    # answer waited 40 ms for the client to acknowledge its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def place(listener: socket.socket) -> str:
    """Return "host:port" as it is."""
    return address(*listener.getsockname()[:2])


def server(app: ASGIApp, proxies: Sequence[str] = ()) -> uvicorn.Server:
    """Return a server, to be run on a socket. No header tells what it is; X-Forwarded-For and -Proto are believed of
    `proxies` alone. What clients do wrong is not logged: they could fill the log with it.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app, http=Hurried, loop="asyncio", ws="none", lifespan="off", log_config=None, log_level="error",
            access_log=False, server_header=False, proxy_headers=bool(proxies), forwarded_allow_ips=list(proxies),
            limit_concurrency=AT_ONCE, timeout_graceful_shutdown=DRAIN,
        )
    )  # fmt: skip


class Beside:
    """Serves an application in a thread with a loop of its own, from `start` to `stop`: whatever hangs in it, another
    loop goes on, and the other way round. `ending` is called when no answer is waited for any more, then `closing`.
    """

    def __init__(
        self, app: ASGIApp, proxies: Sequence[str], ending: Callable[[], object], closing: Callable[[], object]
    ) -> None:
        self._server, self._ending, self._closing = server(app, proxies), ending, closing
        self._thread: threading.Thread | None = None

    def start(self, host: str, port: int) -> str:
        """Listen; return "host:port" as it is. Raises OSError."""
        listener = bound(host, port)
        self._thread = threading.Thread(target=self._run, args=(listener,), name="page", daemon=True)
        self._thread.start()
        return place(listener)

    def end(self) -> None:
        """Take no more; what is under way has DRAIN seconds."""
        self._server.should_exit = True

    def stop(self) -> None:
        """Wait for its end; twice is once."""
        self.end()
        if self._thread is not None:
            self._thread.join(timeout=DRAIN + 1)

    def _run(self, listener: socket.socket) -> None:
        try:
            self._server.run([listener])
        except Exception:
            log.exception("the page has ended")
        finally:
            listener.close()
            self._ending()
            self._closing()
