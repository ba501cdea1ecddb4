"""An HTTP/1.1 server on loopback whose every byte a test controls."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Raw = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Asked:
    path: str
    headers: dict[str, str]
    connection: int


@dataclass
class Origin:
    """`routes`: path → the whole answer as bytes, or a coroutine that writes it. `*` answers any other path."""

    routes: dict[str, bytes | Raw] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    port: int = 0
    scheme: str = "http"
    connections: int = 0

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.place}"

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        while head := await reader.readuntil(b"\r\n\r\n"):
            first, *lines = head.decode("latin-1").strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            path = first.split(" ")[1]
            self.asked.append(Asked(path, headers, number))
            route = self.routes.get(path) or self.routes.get("*") or answer(404, b"no such page")
            if not isinstance(route, bytes):
                await route(writer)
                break
            writer.write(route)
            await writer.drain()
            if b"connection: close" in route.split(b"\r\n\r\n")[0].lower():
                break


def answer(status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    if status not in {204, 304}:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def moved(to: str, status: int = 302) -> bytes:
    return answer(status, b"", {"Location": to})


@asynccontextmanager
async def serving(
    routes: dict[str, bytes | Raw] | None = None,
    *,
    context: ssl.SSLContext | None = None,
    greeting: bytes | None = None,
) -> AsyncIterator[Origin]:
    """Serve until the block ends. `greeting`: what every connection gets at once, and then nothing."""
    origin = Origin(routes if routes is not None else {}, scheme="https" if context else "http")
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        tasks.add(task)
        try:
            if greeting is None:
                await origin.serve(reader, writer)
            else:
                writer.write(greeting)
                await reader.read()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    origin.port = server.sockets[0].getsockname()[1]
    try:
        yield origin
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
        await asyncio.sleep(0)  # aborted transports close in the loop's next turn
