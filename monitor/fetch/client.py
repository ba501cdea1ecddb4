"""GET and POST over HTTP and HTTPS. The only file that makes HTTP clients. GET has one small transport an origin.

A pool of 200 kept connections costs httpx 8 to 16 ms a request; two an origin cost 1 ms.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import sys
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import httpcore

# httpx brings a command line of its own along, a third of its import: 35 ms. It does without where that is missing.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
import httpx

from monitor.errors import FetchError, Reason
from monitor.fetch import connection, guard, policy, subscription
from monitor.fetch.connection import Backend, Dial, Resolve, Stream
from monitor.fetch.resolver import Resolver
from monitor.fetch.trail import Trail, redirects, target
from monitor.headers import Headers
from monitor.model import Page
from monitor.parse import urls
from monitor.ports import Answer, Request

MAX_HEADERS = 200
MAX_HEADER_BYTES = 65_536
# 5 MB in 20,000 pieces is 250 bytes a piece; each piece costs the loop 10 to 20 us, and some servers send single bytes.
MAX_PIECES = 20_000
# What one read brought is handed out without a turn of the loop: 16 kB of tiny chunks would hold it for 50 ms.
_YIELD = 256
# Pages wait for a reader, and forty bodies of 5 MB at once would be 200 MB. So many bodies longer than this are in hand
# at a time, the others are left in their sockets. Of 1,020 pages 8 are longer packed by gzip, 227 unpacked.
LARGE, LARGE_AT_ONCE = 262_144, 4
MAX_ORIGINS = 256
MAX_VALIDATOR = 1_000
# Node closes an idle connection after 5 s, others later: below that, no request meets a closing connection.
KEEPALIVE = 4.0
# Of the answer to a POST so much is read, for so many seconds: the status has said how it went.
ANSWER_BYTES, ANSWER_TIME = 4_096, 2.0
_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, text/html, application/xml;q=0.9, */*;q=0.8"
)
_QUOTED = re.compile(r"""(bytearray\()?b['"].*""", re.DOTALL)


class _Transport(httpx.AsyncHTTPTransport):
    """httpx's transport over a pool whose sockets come from `backend`."""

    def __init__(self, context: ssl.SSLContext, backend: Backend) -> None:
        super().__init__(verify=context, trust_env=False)
        self._backend = backend
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=2,
            max_keepalive_connections=1,
            keepalive_expiry=KEEPALIVE,
            network_backend=backend,
        )

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Return the answer as far as its headers. A kept connection that its server closed meanwhile is replaced: one
        in 300 requests met such a one where a server hangs up after each answer and does not say so.
        """
        dials = self._backend.dials
        try:
            return await self.handle_async_request(request)
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            if self._backend.dials > dials:
                raise
        return await self.handle_async_request(request)


@dataclass(slots=True)
class _Origin:
    transport: _Transport
    users: int = 0
    used_at: float = 0.0


class _Places:
    """Who may hold a large body: `count` tasks at once, each from its first until it ends, which is when nobody needs
    the body any more: a link or a source is a task.
    """

    def __init__(self, count: int) -> None:
        self._free = asyncio.Semaphore(count)
        self._held: set[asyncio.Task[object]] = set()

    async def take(self) -> None:
        """Wait for a place, for the task that asks. Its second large body needs none: it follows the first."""
        task = asyncio.current_task()
        if task is None or task in self._held:
            return
        await self._free.acquire()
        self._held.add(task)
        task.add_done_callback(self._leave)

    def _leave(self, task: asyncio.Task[object]) -> None:
        self._held.discard(task)
        self._free.release()


class Client:
    """The ports Fetcher and Poster. `max_bytes` and `deadline` (seconds) bound every GET, whatever it asks for.

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
        dial: Dial = connection.dial_tcp,
    ) -> None:
        self.adjust(agent, max_bytes, deadline)
        # One for all: making it reads certifi's file, 17 ms.
        self._context = verify or httpx.create_ssl_context(trust_env=False)
        self._resolver = Resolver()
        self._resolve = resolve or self._resolver.resolve
        self._dial = dial
        self._origins: OrderedDict[tuple[str, str], _Origin] = OrderedDict()
        self._places = _Places(LARGE_AT_ONCE)

    def adjust(self, agent: str, max_bytes: int, deadline: float) -> None:
        """Set who we say we are, and what one answer may weigh (bytes) and take (seconds), from the next visit on."""
        self._agent = agent.encode("ascii", "replace").decode()
        self._max_bytes = max_bytes
        self._deadline = deadline

    async def get(self, request: Request) -> Page:
        """Return the final answer. Raises FetchError and, cancellation apart, nothing else."""
        try:
            return await self._in_time(request)
        except FetchError as error:
            # A server may send the secret back where an error quotes it.
            detail = subscription.masked(error.detail, request.headers, request.cookies)
            if detail == error.detail:
                raise
            raise FetchError(error.reason, detail, retry=error.retry, retry_after=error.retry_after) from None

    async def _in_time(self, request: Request) -> Page:
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
        first, trail = request.url, Trail()
        while True:
            guard.check_url(request.url, request.ports)
            # A permission for another place is none for this one, nor for a way there.
            request = subscription.onward(request, trail.enter(request.url))
            page = await self._hop(request)
            further = target(page) if request.follow else None
            if further is None:
                return replace(page, requested_url=first)
            request = subscription.onward(request, further)

    async def _hop(self, request: Request) -> Page:
        """Return the answer of one URL; that of a redirect without its body."""
        outgoing = httpx.Request("GET", request.url, headers=self._headers(request))
        async with self._transport(request.url, request.private_origin.lower()) as transport:
            response = await transport.send(outgoing)
            try:
                headers = _bounded(response.headers)
                if redirects(response.status_code, headers):
                    return Page(request.url, request.url, response.status_code, headers, b"", datetime.now(UTC))
                cap = min(request.max_bytes, self._max_bytes)
                stream = response.extensions.get("network_stream")
                if isinstance(stream, Stream):
                    # A quarter above the body is for the sizes of its chunks.
                    stream.allow(cap * 5 // 4 + connection.READ)
                body = await _body(response, cap, self._places)
            finally:
                # Whatever was not read to its end is closed here, not kept.
                await response.aclose()
        return Page(request.url, request.url, response.status_code, headers, body, datetime.now(UTC))

    async def post(
        self, url: str, body: bytes, headers: Sequence[tuple[str, str]], *, deadline: float, private: bool = False
    ) -> Answer:
        """Send once. Raises FetchError and, cancellation apart, nothing else."""
        went = False

        async def watch(event: str, _: object) -> None:
            nonlocal went
            # A receiver acts on a whole body only; of one that was begun nobody knows how much went out.
            went = went or event.endswith(".send_request_body.started")

        try:
            guard.check_url(url, {urls.port(url)})
            ours = [("User-Agent", self._agent), ("Accept-Encoding", "identity"), ("Connection", "close")]
            named = httpx.Headers([*ours, *headers])
            outgoing = httpx.Request("POST", url, headers=named, content=body, extensions={"trace": watch})
            return await self._posted(outgoing, urls.origin(url).split("://", 1)[-1] if private else "", deadline)
        except FetchError as error:
            failure = error
        except TimeoutError:
            failure = FetchError(Reason.TIMEOUT, f"no answer within {deadline:g} s")
        except Exception as error:  # noqa: BLE001
            failure = _failure(error)
        # Without its cause, in whose words the URL may stand.
        raise FetchError(failure.reason, failure.detail, retry=failure.retry, sent=went) from None

    async def _posted(self, outgoing: httpx.Request, private: str, deadline: float) -> Answer:
        # A kept connection may be closing: whether what was sent over it arrived, nobody could say. And one receiver
        # that hangs would hold the two connections of its origin.
        transport = _Transport(self._context, Backend(self._resolve, self._dial, private))
        try:
            async with asyncio.timeout(deadline):
                response = await transport.handle_async_request(outgoing)
            try:
                text = await _beginning(response)
            finally:
                await response.aclose()
        finally:
            await asyncio.shield(transport.aclose())
        asked = policy.retry_after(Headers(response.headers.multi_items()), datetime.now(UTC))
        return Answer(response.status_code, text, asked)

    def _headers(self, request: Request) -> list[tuple[bytes, bytes]]:
        # Without br and zstd: 8 kB of brotli unpack to 10 GB.
        headers = [("User-Agent", self._agent), ("Accept", _ACCEPT), ("Accept-Encoding", "gzip, deflate")]
        validators = (("If-None-Match", request.etag), ("If-Modified-Since", request.last_modified))
        # A validator is the server's own text.
        headers += [(name, value) for name, value in validators if len(value) <= MAX_VALIDATOR]
        headers.append(("Cookie", subscription.cookie_header(request.cookies, request.url, datetime.now(UTC))))
        headers += request.headers
        # Of one name the last counts. What cannot stand in a header is left out: h11's error would quote it.
        sent = {
            name.lower(): (name.encode(), value.encode())
            for name, value in headers
            if value and subscription.sendable(value)
        }
        return list(sent.values())

    @asynccontextmanager
    async def _transport(self, url: str, private: str) -> AsyncIterator[_Transport]:
        """Lend the origin's transport. One that may dial a private address is never lent without that permission."""
        key = (urls.origin(url), private)
        if key not in self._origins:
            backend = Backend(self._resolve, self._dial, private)
            self._origins[key] = _Origin(_Transport(self._context, backend))
        origin = self._origins[key]
        origin.users += 1
        try:
            yield origin.transport
        except asyncio.CancelledError:
            # httpcore 1.0 keeps a connection that was cancelled before its first use, open and never to be used.
            if self._origins.get(key) is origin:
                del self._origins[key]
            raise
        finally:
            origin.users -= 1
            origin.used_at = asyncio.get_running_loop().time()
            if self._origins.get(key) is origin:
                self._origins.move_to_end(key)
            elif not origin.users:
                await asyncio.shield(origin.transport.aclose())
            await self._sweep(origin.used_at)

    async def _sweep(self, now: float) -> None:
        """Close transports whose connection would not be used again, and the oldest above the limit."""
        while (key := self._idle(now)) is not None:
            await asyncio.shield(self._origins.pop(key).transport.aclose())

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


def _bounded(headers: httpx.Headers) -> Headers:
    count, size = len(headers.raw), sum(len(name) + len(value) for name, value in headers.raw)
    if count > MAX_HEADERS or size > MAX_HEADER_BYTES:
        raise FetchError(Reason.PROTOCOL, f"{count} headers of {size} bytes", retry=False)
    return Headers(headers.multi_items())


async def _body(response: httpx.Response, cap: int, places: _Places) -> bytes:
    """Read the body as it comes, packed or not, up to `cap` bytes; a large one in a place of its own."""
    length = response.headers.get("content-length", "")
    if length.isdigit() and int(length[:20]) > cap:
        raise FetchError(Reason.TOO_LARGE, f"{length[:20]} bytes announced, at most {cap}", retry=False)
    pieces, size = [], 0
    async for piece in response.aiter_raw():
        pieces.append(piece)
        size += len(piece)
        if size > cap:
            raise FetchError(Reason.TOO_LARGE, f"more than {cap} bytes", retry=False)
        if size > LARGE:
            await places.take()
        if len(pieces) % _YIELD == 0:
            await asyncio.sleep(0)
        if len(pieces) > MAX_PIECES:
            raise FetchError(Reason.PROTOCOL, f"{size} bytes in more than {MAX_PIECES} pieces", retry=False)
    return b"".join(pieces)


async def _beginning(response: httpx.Response) -> str:
    """Return how the body begins, as far as it comes in time; "" for a packed one."""
    body = bytearray()
    with suppress(TimeoutError, FetchError, httpx.HTTPError, OSError):
        async with asyncio.timeout(ANSWER_TIME):
            async for piece in response.aiter_raw():
                body += piece
                if len(body) >= ANSWER_BYTES:
                    break
    packed = response.headers.get("content-encoding", "identity").strip().lower() != "identity"
    return "" if packed else bytes(body[:ANSWER_BYTES]).decode("utf-8", "replace")


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
    # h11 quotes the line that it cannot read, which is the server's to choose.
    return FetchError(Reason.PROTOCOL, f"{type(error).__name__}: {_QUOTED.sub('...', _text(error))}")
