"""Sockets to outlets: every address is judged by the guard between its look-up and its socket, on every hop, so neither
a redirect nor a second DNS answer gets past it; and bytes are counted where they come in.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpcore

from monitor.errors import FetchError, Reason
from monitor.fetch import guard, tls

# Headers with whatever "100 Continue" come first: a million of those would be 10 s of parsing.
HEAD_BYTES = 131_072
# Smaller reads give the loop back sooner: 64 kB of tiny chunks or "100 Continue" hold it for 50 ms.
READ = 16_384
# One address that swallows packets must leave time for the others within the deadline.
DIAL_TIMEOUT = 5.0
DIAL_ATTEMPTS = 4

Resolve = Callable[[str], Awaitable[list[str]]]
Dial = Callable[[str, int, float], Awaitable[httpcore.AsyncNetworkStream]]

# At DEBUG it writes out the headers of answers; a server may well send a subscription's cookie back. A level is not
# enough: whoever looks for a fault sets all of them to DEBUG.
logging.getLogger("httpcore").setLevel(logging.INFO)
logging.getLogger("httpcore").propagate = False
logging.getLogger("httpcore").addHandler(logging.NullHandler())


async def dial_tcp(address: str, port: int, timeout: float) -> httpcore.AsyncNetworkStream:  # noqa: ASYNC109
    """Open a socket to an address. Raises httpcore.NetworkError and TimeoutException."""
    return await httpcore.AnyIOBackend().connect_tcp(address, port, timeout=timeout)


class Stream(httpcore.AsyncNetworkStream):
    """A connection that reads in small pieces: up to HEAD_BYTES for an answer's head, then what `allow` says."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self._left = HEAD_BYTES

    def allow(self, size: int) -> None:
        """The head is read: let `size` bytes more come."""
        self._left = size

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        data = await self._inner.read(min(max_bytes, READ), timeout)
        self._left -= len(data)
        if self._left < 0:
            raise FetchError(Reason.TOO_LARGE, "more bytes on the wire than such an answer takes", retry=False)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        # HTTP/1.1: a request is written before its answer is read, so the count begins again here.
        self._left = HEAD_BYTES
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        try:
            return Stream(await self._inner.start_tls(ssl_context, server_hostname, timeout))
        except (httpcore.NetworkError, httpcore.TimeoutException, OSError, ValueError) as error:
            raise tls.failure(server_hostname or "", error) from error
        except asyncio.CancelledError:
            # httpcore closes the socket after an error, not after a deadline.
            await self._inner.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Backend(httpcore.AsyncNetworkBackend):
    """Look up, judge, dial: the address that is dialled is the one that was judged. `dials`: how often it was asked."""

    def __init__(self, resolve: Resolve, dial: Dial, private_origin: str) -> None:
        self._resolve = resolve
        self._dial = dial
        self._private_origin = private_origin
        self.dials = 0

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        self.dials += 1
        addresses = guard.dialable(host, port, await self._resolve(host), self._private_origin)
        failure = FetchError(Reason.CONNECT, host)
        for address in _by_turns(addresses)[:DIAL_ATTEMPTS]:
            try:
                return Stream(await self._dial(address, port, DIAL_TIMEOUT))
            except (httpcore.NetworkError, httpcore.TimeoutException, OSError) as error:
                said = (str(error) or type(error).__name__)[:200]
                failure = FetchError(Reason.CONNECT, f"{guard.host_port(address, port)}: {said}")
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        raise FetchError(Reason.BLOCKED_ADDRESS, f"{path} is no network address", retry=False)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def _by_turns(addresses: list[str]) -> list[str]:
    """Order addresses so that both families are among the first: one of them may lead nowhere on this network."""
    first = [address for address in addresses if (":" in address) == (":" in addresses[0])]
    second = [address for address in addresses if address not in first]
    paired = [address for pair in zip(first, second, strict=False) for address in pair]
    return paired + [address for address in addresses if address not in paired]
