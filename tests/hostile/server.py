"""The hostile server: every fault of faults.py by its path, and a listener for each thing that TLS can get wrong."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import trustme

from monitor.errors import Reason
from tests.hostile import faults

Accept = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
# How a listener fares: the status of its page, or the reason of the error.
TLS: dict[str, Reason | int] = {
    "good": 200,
    "expired": Reason.TLS_EXPIRED,
    "early": Reason.TLS_EXPIRED,
    "wrong-host": Reason.TLS_WRONG_HOST,
    "unknown-authority": Reason.TLS_UNTRUSTED,
    "self-signed": Reason.TLS_UNTRUSTED,
    "old": Reason.TLS,
    "plain": Reason.TLS,
    "garbage": Reason.TLS,
    "close": Reason.TLS,
    "silent": Reason.TIMEOUT,
}
_PLAIN = {
    "plain": b"HTTP/1.1 400 Bad Request\r\n\r\nspeak HTTP",
    "garbage": b"\x00\xff" * 200,
    "close": None,
    "silent": b"",
}


@dataclass
class Hostile:
    """Where it listens on 127.0.0.1: `port` for HTTP, `tls` by the names of TLS; `authority` is whom to trust."""

    port: int
    tls: dict[str, int]
    authority: trustme.CA


def context(kind: str, authority: trustme.CA, *names: str) -> ssl.SSLContext:
    """Return what a listener of this kind answers a handshake with."""
    now = datetime.now(UTC)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if kind == "self-signed":
        own = trustme.CA()
        with own.cert_pem.tempfile() as cert, own.private_key_pem.tempfile() as key:
            made.load_cert_chain(cert, key)
        return made
    signer = trustme.CA() if kind == "unknown-authority" else authority
    dates = {"expired": {"not_after": now - timedelta(days=1)}, "early": {"not_before": now + timedelta(days=1)}}
    names = ("elsewhere.example",) if kind == "wrong-host" else names
    signer.issue_cert(*names, **dates.get(kind, {})).configure_cert(made)
    if kind == "old":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            made.minimum_version = made.maximum_version = ssl.TLSVersion.TLSv1
        made.set_ciphers("ALL:@SECLEVEL=0")
    return made


@asynccontextmanager
async def hostile(port: int = 0, *names: str) -> AsyncIterator[Hostile]:
    """Serve until the block ends. `names`: what the good certificate is for, beside 127.0.0.1 and localhost."""
    authority = trustme.CA()
    running: set[asyncio.Task[None]] = set()
    servers = [await asyncio.start_server(_guarded(_serve, running), "127.0.0.1", port)]
    for kind in TLS:
        secure = None if kind in _PLAIN else context(kind, authority, "127.0.0.1", "localhost", *names)
        accept = _greet(_PLAIN[kind]) if kind in _PLAIN else _serve
        servers.append(await asyncio.start_server(_guarded(accept, running), "127.0.0.1", 0, ssl=secure))
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    try:
        yield Hostile(ports[0], dict(zip(TLS, ports[1:], strict=True)), authority)
    finally:
        for server in servers:
            server.close()
        for task in list(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _guarded(accept: Accept, running: set[asyncio.Task[None]]) -> Accept:
    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            await accept(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError, ssl.SSLError):
            pass  # whom it annoys has gone
        finally:
            writer.close()
            running.discard(task)

    return guarded


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    path = head.split(b" ")[1].decode("ascii", "replace")
    name, _, to = path.partition("?")
    if name == "/to":
        await faults.send(writer, faults.moved(to.encode()))
        return
    found = faults.FAULTS.get(name)
    if found is None:
        listing = "".join(f"<li><a href='{one}'>{one}</a>" for one in faults.FAULTS).encode()
        await faults.send(writer, faults.reply(listing, status="200 OK" if name == "/" else "404 X"))
        return
    await found.serve(writer)


def _greet(greeting: bytes | None) -> Accept:
    """Say something without waiting for the handshake, and then nothing; None: hang up."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if greeting is None:
            return
        writer.write(greeting)
        while await reader.read(65_536):
            pass

    return greet
