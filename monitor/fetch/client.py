"""GET over HTTP and HTTPS, one small transport an origin. The only file that opens connections to outlets.

A pool of 200 kept connections costs httpx 8 to 16 ms a request; two an origin cost 1 ms. Every address is judged by the
guard between its look-up and its socket, on every hop, so neither a redirect nor a second DNS answer gets past it.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpcore
import httpx

from monitor.errors import FetchError, Reason
from monitor.fetch import guard
from monitor.fetch.resolver import Resolver
from monitor.fetch.trail import Trail, redirects, target
from monitor.headers import Headers
from monitor.model import Page
from monitor.parse import urls
from monitor.ports import Request

MAX_HEADERS = 200
MAX_HEADER_BYTES = 65_536
# Headers with whatever "100 Continue" come first: a million of those would be 10 s of parsing.
HEAD_BYTES = 131_072
# 5 MB in 50,000 pieces is 100 bytes a piece; each piece costs the loop 15 us, and some servers send single bytes.
MAX_PIECES = 50_000
MAX_ORIGINS = 256
# Node closes an idle connection after 5 s, others later: below that, no request meets a closing connection.
KEEPALIVE = 4.0
# One address that swallows packets must leave time for the others within the deadline.
DIAL_TIMEOUT = 5.0
DIAL_ATTEMPTS = 4
# Smaller reads give the loop back sooner: 64 kB of tiny chunks or "100 Continue" hold it for 50 ms.
_READ = 16_384
_ACCEPT = (
    b"application/rss+xml, application/atom+xml, application/feed+json, text/html, application/xml;q=0.9, */*;q=0.8"
)

Resolve = Callable[[str], Awaitable[list[str]]]
Dial = Callable[[str, int, float], Awaitable[httpcore.AsyncNetworkStream]]


async def _dial(address: str, port: int, timeout: float) -> httpcore.AsyncNetworkStream:  # noqa: ASYNC109
    return await httpcore.AnyIOBackend().connect_tcp(address, port, timeout=timeout)


class _Stream(httpcore.AsyncNetworkStream):
    """A connection that reads in small pieces: up to HEAD_BYTES for an answer's head, then what `allow` says."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self._left = HEAD_BYTES

    def allow(self, size: int) -> None:
        """The head is read: let `size` bytes more come."""
        self._left = size

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        data = await self._inner.read(min(max_bytes, _READ), timeout)
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
            return _Stream(await self._inner.start_tls(ssl_context, server_hostname, timeout))
        except (httpcore.NetworkError, httpcore.TimeoutException, OSError, ValueError) as error:
            raise FetchError(Reason.TLS, f"{server_hostname}: {_text(error)}") from error
        except asyncio.CancelledError:
            # httpcore closes the socket after an error, not after a deadline.
            await self._inner.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.AsyncNetworkBackend):
    """Look up, judge, dial: the address that is dialled is the one that was judged."""

    def __init__(self, resolve: Resolve, dial: Dial, private_origin: str) -> None:
        self._resolve = resolve
        self._dial = dial
        self._private_origin = private_origin

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        addresses = guard.dialable(host, port, await self._resolve(host), self._private_origin)
        failure = FetchError(Reason.CONNECT, host)
        for address in _by_turns(addresses)[:DIAL_ATTEMPTS]:
            try:
                return _Stream(await self._dial(address, port, DIAL_TIMEOUT))
            except (httpcore.NetworkError, httpcore.TimeoutException, OSError) as error:
                failure = FetchError(Reason.CONNECT, f"{guard.host_port(address, port)}: {_text(error)}")
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


class _Transport(httpx.AsyncHTTPTransport):
    """httpx's transport over a pool whose sockets come from `backend`."""

    def __init__(self, context: ssl.SSLContext, backend: _Backend) -> None:
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=2,
            max_keepalive_connections=1,
            keepalive_expiry=KEEPALIVE,
            network_backend=backend,
        )


@dataclass(slots=True)
class _Origin:
    transport: _Transport
    users: int = 0
    used_at: float = 0.0


class Client:
    """The Fetcher port. `max_bytes` and `deadline` (seconds) bound every request, whatever it asks for.

    `verify`, `resolve` and `dial` are for tests: a trust store, a resolver, and what opens a socket to an address
    that was judged. Keeps no cookies, reads no environment, uses no proxy.
    """

    def __init__(
        self,
        *,
        agent: str,
        max_bytes: int = 5_000_000,
        deadline: float = 30.0,
        verify: ssl.SSLContext | None = None,
        resolve: Resolve | None = None,
        dial: Dial = _dial,
    ) -> None:
        self._agent = agent.encode("ascii", "replace")
        self._max_bytes = max_bytes
        self._deadline = deadline
        # One for all: making it reads certifi's file, 17 ms.
        self._context = verify or httpx.create_ssl_context(trust_env=False)
        self._resolver = Resolver()
        self._resolve = resolve or self._resolver.resolve
        self._dial = dial
        self._origins: OrderedDict[tuple[str, str], _Origin] = OrderedDict()

    async def get(self, request: Request) -> Page:
        """Return the final answer. Raises FetchError and, cancellation apart, nothing else."""
        deadline = min(request.deadline, self._deadline)
        try:
            # httpx counts its timeouts anew at every read: a byte a second would never end.
            async with asyncio.timeout(deadline):
                return await self._visit(request)
        except FetchError:
            raise
        except TimeoutError:
            raise FetchError(Reason.TIMEOUT, f"no complete answer within {deadline:g} s") from None
        except Exception as error:
            raise _failure(error) from error

    async def _visit(self, request: Request) -> Page:
        trail, private, place = Trail(), request.private_origin.lower(), request.url
        while True:
            guard.check_url(place)
            url = trail.enter(place)
            if urls.origin(url).split("://", 1)[-1] != private:
                # The permission is for its own origin, and is gone once a visit has been elsewhere.
                private = ""
            page = await self._hop(url, private, request)
            further = target(page) if request.follow else None
            if further is None:
                return page
            place = further

    async def _hop(self, url: str, private: str, request: Request) -> Page:
        """Return the answer of one URL; that of a redirect without its body."""
        outgoing = httpx.Request("GET", url, headers=self._headers(request))
        async with self._transport(url, private) as transport:
            response = await transport.handle_async_request(outgoing)
            try:
                headers = _bounded(response.headers)
                if redirects(response.status_code, headers):
                    return Page(url, request.url, response.status_code, headers, b"", datetime.now(UTC))
                cap = min(request.max_bytes, self._max_bytes)
                stream = response.extensions.get("network_stream")
                if isinstance(stream, _Stream):
                    # A quarter above the body is for the sizes of its chunks.
                    stream.allow(cap * 5 // 4 + _READ)
                body = await _body(response, cap)
            finally:
                # Whatever was not read to its end is closed here, not kept.
                await response.aclose()
        return Page(url, request.url, response.status_code, headers, body, datetime.now(UTC))

    def _headers(self, request: Request) -> list[tuple[bytes, bytes]]:
        # Without br and zstd: 8 kB of brotli unpack to 10 GB.
        fixed = [(b"User-Agent", self._agent), (b"Accept", _ACCEPT), (b"Accept-Encoding", b"gzip, deflate")]
        asked = ((b"If-None-Match", request.etag), (b"If-Modified-Since", request.last_modified))
        # A validator is the server's own text: one that cannot stand in a header is left out.
        return fixed + [(name, value.encode()) for name, value in asked if value and _sendable(value)]

    @asynccontextmanager
    async def _transport(self, url: str, private: str) -> AsyncIterator[_Transport]:
        """Lend the origin's transport. One that may dial a private address is never lent without that permission."""
        key = (urls.origin(url), private)
        if key not in self._origins:
            backend = _Backend(self._resolve, self._dial, private)
            self._origins[key] = _Origin(_Transport(self._context, backend))
        origin = self._origins[key]
        origin.users += 1
        try:
            yield origin.transport
        finally:
            origin.users -= 1
            origin.used_at = asyncio.get_running_loop().time()
            self._origins.move_to_end(key)
            await self._sweep(origin.used_at)

    async def _sweep(self, now: float) -> None:
        """Close transports whose connection would not be used again, and the oldest above the limit."""
        while (key := self._idle(now)) is not None:
            await self._origins.pop(key).transport.aclose()

    def _idle(self, now: float) -> tuple[str, str] | None:
        key = next((key for key, origin in self._origins.items() if not origin.users), None)
        if key is None or (now - self._origins[key].used_at <= KEEPALIVE and len(self._origins) <= MAX_ORIGINS):
            return None
        return key

    async def aclose(self) -> None:
        """Close every connection."""
        while self._origins:
            await self._origins.popitem()[1].transport.aclose()
        await self._resolver.aclose()


def _sendable(value: str) -> bool:
    return len(value) <= 1_000 and all(" " <= char <= "~" for char in value)


def _bounded(headers: httpx.Headers) -> Headers:
    count, size = len(headers.raw), sum(len(name) + len(value) for name, value in headers.raw)
    if count > MAX_HEADERS or size > MAX_HEADER_BYTES:
        raise FetchError(Reason.PROTOCOL, f"{count} headers of {size} bytes", retry=False)
    return Headers(headers.multi_items())


async def _body(response: httpx.Response, cap: int) -> bytes:
    """Read the body as it comes, packed or not, up to `cap` bytes."""
    length = response.headers.get("content-length", "")
    if length.isdigit() and int(length[:20]) > cap:
        raise FetchError(Reason.TOO_LARGE, f"{length[:20]} bytes announced, at most {cap}", retry=False)
    pieces, size = [], 0
    async for piece in response.aiter_raw():
        pieces.append(piece)
        size += len(piece)
        if size > cap:
            raise FetchError(Reason.TOO_LARGE, f"more than {cap} bytes", retry=False)
        if len(pieces) > MAX_PIECES:
            raise FetchError(Reason.PROTOCOL, f"{size} bytes in more than {MAX_PIECES} pieces", retry=False)
    return b"".join(pieces)


def _text(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:200]


def _failure(error: Exception) -> FetchError:
    if isinstance(error, httpx.TimeoutException):
        return FetchError(Reason.TIMEOUT, _text(error))
    if isinstance(error, ssl.SSLError):
        return FetchError(Reason.TLS, _text(error))
    if isinstance(error, httpx.NetworkError | OSError):
        return FetchError(Reason.CONNECT, f"connection lost: {_text(error)}")
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return FetchError(Reason.BAD_URL, _text(error), retry=False)
    return FetchError(Reason.PROTOCOL, f"{type(error).__name__}: {_text(error)}")
